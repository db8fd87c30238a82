"""A register that never goes back, whatever the station's own does."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from gateway.devices.meter import Meter


def read(meter: Meter, *raws: float, power: int | None = None) -> list[str]:
    watts = Decimal(power) if power is not None else None
    return [meter.take(Decimal(str(raw)), 60.0 * number, watts) for number, raw in enumerate(raws)]


def test_what_goes_on_goes_on() -> None:
    meter = Meter()
    assert read(meter, 100, 100.5, 101) == ["", "", ""]
    assert meter.register == Decimal("101")


def test_a_reset_goes_on_from_where_it_was() -> None:
    meter = Meter()
    assert "went back" in read(meter, 1000, 1200, 5)[-1]
    assert meter.register == 1205


def test_a_register_of_32_bits_rolls_over() -> None:
    meter = Meter(Decimal(2**32))
    assert "rolled over" in read(meter, 2**32 - 10, 15)[-1]
    assert meter.register == 2**32 + 15
    assert "went back" in read(Meter(Decimal(2**32)), 50_000, 10)[-1]  # too far round for a roll-over


def test_a_change_of_unit_counts_for_nothing() -> None:
    meter = Meter()
    assert "jumped" in read(meter, 100_000, 1_000_000, power=22_000)[-1]
    assert meter.register == 100_000
    assert meter.take(Decimal(1_000_100), 180.0, Decimal(22_000)) == ""
    assert meter.register == 100_100


def test_after_a_restart_no_jump_is_too_far() -> None:
    before, after = Meter(), Meter()
    read(before, 10, 20, 5)
    after.restore(before.kept())
    assert after.take(Decimal(900_000), 0.0, Decimal(22_000)) == ""
    assert after.register == 900_020


@given(st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=30), st.booleans(), st.booleans())
def test_the_register_never_goes_back(raws: list[int], wraps: bool, bounded: bool) -> None:
    meter = Meter(Decimal(2**32) if wraps else None)
    before = Decimal(0)
    for number, raw in enumerate(raws):
        meter.take(Decimal(raw), 10.0 * number, Decimal(22_000) if bounded else None)
        assert meter.register is not None
        assert meter.register >= before
        before = meter.register
