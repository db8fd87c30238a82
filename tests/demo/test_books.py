"""The two sets of books."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest

from gateway.demo.books import Entry, Ledger, balance, line

BEGAN = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)
ENTRY = Entry("S-1", 1, "CARD0001", BEGAN, 1000, BEGAN + timedelta(hours=1), 12_500, ((BEGAN + timedelta(minutes=15), 3_000),))


def books(*entries: Entry) -> Ledger:
    made = Ledger()
    for entry in entries:
        made.book(entry)
    return made


def test_equal_in_any_order() -> None:
    other = dataclasses.replace(ENTRY, connector=2)
    assert balance(books(ENTRY, other), books(other, ENTRY)).equal
    assert line(books(ENTRY, other), books(other, ENTRY)).endswith("2 sessions 23.00 kWh : equal")


CHANGES = [
    {"station": "S-2"},
    {"connector": 2},
    {"tag": "CARD0002"},
    {"began": BEGAN + timedelta(seconds=1)},
    {"meter_start": 1001},
    {"ended": BEGAN},
    {"meter_stop": 12_501},
    {"readings": ()},
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: next(iter(change)))
def test_every_fact_counts(change: dict[str, object]) -> None:
    result = balance(books(ENTRY), books(dataclasses.replace(ENTRY, **change)))  # type: ignore[arg-type]
    assert not result.equal
    assert len(result.missing) == len(result.surplus) == 1


def test_what_is_under_way_is_not_yet_wrong() -> None:
    assert line(books(ENTRY), books()).endswith(": 1 on the way")


def test_twice_at_the_back_end_is_wrong() -> None:
    assert "NOT EQUAL: 1 at the back end" in line(books(ENTRY), books(ENTRY, ENTRY))
