"""How long a server asks to be left alone, whatever it writes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.links.retry_after import retry_after

NOW = "Tue, 01 Dec 2026 12:00:00 GMT"


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        (" 7 ", 7.0),
        ("9" * 5000, float("inf")),
        ("-5", 0.0),
        ("1.5", 0.0),
        ("١٢", 0.0),
        ("soon", 0.0),
        ("", 0.0),
        ("Tue, 01 Dec 2026 12:02:00 GMT", 120.0),
        ("Tuesday, 01-Dec-26 12:02:00 GMT", 120.0),
        ("Tue Dec  1 12:02:00 2026", 120.0),
        ("Tue, 01 Dec 2026 11:00:00 GMT", 0.0),
        ("Tue, 99 Dec 2026 12:02:00 GMT", 0.0),
        ("Tue, 01 Dec 99999999999999999999 12:02:00 GMT", 0.0),
    ],
)
def test_seconds_or_a_date(said: str, seconds: float) -> None:
    assert retry_after([("retry-after", said), ("date", NOW)]) == seconds


def test_a_date_alone_is_held_against_nobodys_clock() -> None:
    assert retry_after([("retry-after", "Tue, 01 Dec 2026 12:02:00 GMT")]) == 0.0
    assert retry_after([("date", NOW)]) == 0.0


def test_the_first_of_two_counts() -> None:
    assert retry_after([("retry-after", "3"), ("retry-after", "4")]) == 3.0


@given(st.text(alphabet=st.characters(max_codepoint=255)), st.text(alphabet=st.characters(max_codepoint=255)))
def test_nothing_that_a_header_may_hold_breaks_it(said: str, date: str) -> None:
    assert retry_after([("retry-after", said), ("date", date)]) >= 0.0
    assert retry_after([("retry-after", f"Tue, 01 Dec 2026 {said}"), ("date", NOW)]) >= 0.0
