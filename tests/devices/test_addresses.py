"""Bus addresses: each station keeps its own."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.devices.addresses import Allotments


def test_the_lowest_free_one_is_given_and_kept() -> None:
    one = Allotments(range(1, 3))
    assert [one.of(name) for name in "ABAC"] == [1, 2, 1, None]
    assert (one.station(2), one.station(9), one.known("C")) == ("B", None, False)
    assert Allotments(None).of("A") is None


@given(st.dictionaries(st.text(max_size=3), st.one_of(st.integers(-2, 9), st.text(max_size=2), st.none())))
def test_whatever_was_kept_no_address_is_had_twice(before: dict[str, object]) -> None:
    one = Allotments(range(1, 6), before)
    given_out = [one.of(name) for name in ("x", "y", "z")]
    taken = list(one.taken.values())
    assert len(set(taken)) == len(taken)
    assert all(address in range(1, 6) for address in taken)
    assert all(address is None or one.station(address) == name for name, address in zip(("x", "y", "z"), given_out, strict=True))
