from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.dialects import values
from gateway.dialects.errors import Violation

NAN = Decimal("NaN")


@pytest.mark.parametrize(
    ("came", "is_"),
    [
        (15, 15),
        ("15", 15),
        (" 15\n", 15),
        ("-7", -7),
        ("15.0", 15),
        (Decimal("15.00"), 15),
        (Decimal("1E+2"), 100),
        ("", None),
        (None, None),
    ],
)
def test_an_integer(came: Any, is_: int | None) -> None:
    assert values.integer(came, "n", 32) == is_


@pytest.mark.parametrize(
    "came", ["1_000", "１２", "0x10", "1e3", "1.5", Decimal("1.5"), True, [], {}, "9" * 5000, Decimal("NaN")]
)
def test_no_integer(came: Any) -> None:
    with pytest.raises(Violation) as caught:
        values.integer(came, "n", 32)
    assert (caught.value.code, caught.value.path) == ("TypeConstraintViolation", "n")


@pytest.mark.parametrize(("came", "bits"), [(2**31, 32), ("-2147483649", 32), (10**30, 60)])
def test_an_integer_that_does_not_fit(came: Any, bits: int) -> None:
    with pytest.raises(Violation) as caught:
        values.integer(came, "n", bits)
    assert caught.value.code == "PropertyConstraintViolation"


@pytest.mark.parametrize(
    ("came", "is_"),
    [
        ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z"),
        ("2026-01-02T03:04:05", "2026-01-02T03:04:05Z"),
        ("2026-01-02t03:04:05z", "2026-01-02T03:04:05Z"),
        ("2026-01-02T03:04:05+00:00", "2026-01-02T03:04:05Z"),
        ("2026-01-01T00:30:00.1234567+02:00", "2025-12-31T22:30:00.1234567Z"),
        ("2024-02-29T12:00:00-05:30", "2024-02-29T17:30:00Z"),
        ("2026-01-02T24:00:00Z", "2026-01-03T00:00:00Z"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        (" 2026-01-02T03:04:05Z ", "2026-01-02T03:04:05Z"),
        ("", None),
    ],
)
def test_a_time(came: str, is_: str | None) -> None:
    assert values.time(came, "t") == is_


@pytest.mark.parametrize(
    "came",
    [
        "2025-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-01-02T25:00:00Z",
        "2026-01-02T03:04:61Z",
        "2026-01-02",
        "2026-W01-1T10:00:00Z",
        "20260102T030405Z",
        "2026-01-02 03:04:05Z",
        "2026-01-02T03:04:05,5Z",
        "２026-01-02T03:04:05Z",
        "yesterday",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        "0000-01-01T00:00:00Z",
        1767322800,
        True,
    ],
)
def test_no_time(came: Any) -> None:
    with pytest.raises(Violation):
        values.time(came, "t")


@given(st.datetimes(timezones=st.timezones()) | st.datetimes(), st.text("0123456789", max_size=9))
def test_a_time_is_the_same_moment_and_normal(moment: Any, digits: str) -> None:
    written = moment.replace(microsecond=0).isoformat()
    head, zone = written[:19], written[19:]
    if len(zone) > 6:
        return  # an offset with seconds (old local times) is no RFC 3339
    try:
        normal = values.time(f"{head}.{digits}{zone}" if digits else written, "t")
    except Violation:
        assert moment.year in (1, 9999)
        return
    assert normal is not None
    assert normal.endswith(f".{digits}Z" if digits else "Z")
    assert values.time(normal, "t") == normal


@pytest.mark.parametrize(
    ("came", "is_"), [("true", True), ("1", True), (" false ", False), ("0", False), (True, True), ("", None), (None, None)]
)
def test_a_boolean(came: Any, is_: bool | None) -> None:
    assert values.boolean(came, "b") is is_


@pytest.mark.parametrize("came", [1, 0, "TRUE", "yes", [], Decimal(1)])
def test_no_boolean(came: Any) -> None:
    with pytest.raises(Violation):
        values.boolean(came, "b")


def test_a_decimal_keeps_its_digits() -> None:
    assert str(values.decimal(Decimal("15.10"), "d", None)) == "15.10"
    assert str(values.decimal(" 0.30 ", "d", Decimal("0.1"))) == "0.30"
    assert str(values.decimal(Decimal("5E+3"), "d", None)) == "5000"
    assert values.decimal(16, "d", Decimal("0.1")) == 16


@pytest.mark.parametrize("came", [Decimal("1E+400"), Decimal("1E-400"), NAN, Decimal("Infinity"), 10**18, "1" * 41, "1e400"])
def test_a_decimal_out_of_all_bounds(came: Any) -> None:
    with pytest.raises(Violation):
        values.decimal(came, "d", Decimal("0.1"))


def test_a_decimal_between_two_steps() -> None:
    with pytest.raises(Violation) as caught:
        values.decimal("16.25", "d", Decimal("0.1"))
    assert caught.value.code == "PropertyConstraintViolation"


def test_a_word() -> None:
    words, read = frozenset({"Amp", "Volt"}), {"A": "Amp", "Hertz": None}
    assert [values.word(came, "w", words, read) for came in ("Amp", " Volt ", "A", "Hertz", "", None)] == [
        "Amp",
        "Volt",
        "Amp",
        None,
        None,
        None,
    ]
    for bad in ("amp", "Ohm", 1, ["Amp"], {"Amp": 1}):
        with pytest.raises(Violation):
            values.word(bad, "w", words, read)


@pytest.mark.parametrize("came", ["a\0b", "\ud800", "a\udfff"])
def test_text_that_nobody_can_store(came: str) -> None:
    with pytest.raises(Violation) as caught:
        values.string(came, "s", None)
    assert caught.value.code == "FormatViolation"


def test_text_may_hold_line_feeds_and_emoji() -> None:
    assert values.string("a\n\t😀", "s", 4) == "a\n\t😀"
    with pytest.raises(Violation):
        values.string("abcde", "s", 4)
