"""The two sets of books: what the stations say was charged, and what the back end wrote down.

In: finished transactions of either side.  Out: whether they are the same, and what is missing where.
Not here: who tells them (`gateway.demo.stations`, `gateway.demo.backend`).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Entry:
    """One finished transaction: who, where, when, how much (Wh), and every reading in between.

    No transaction id: each side has its own, and translating them is the gateway's work.
    """

    station: str
    connector: int
    tag: str
    began: datetime
    meter_start: int
    ended: datetime
    meter_stop: int
    readings: tuple[tuple[datetime, int | Decimal], ...] = ()

    @property
    def energy(self) -> int:
        """Watt-hours charged."""
        return self.meter_stop - self.meter_start


class Ledger:
    """The books of one side."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def book(self, entry: Entry) -> None:
        """Write down a finished transaction."""
        self.entries.append(entry)

    @property
    def energy(self) -> int:
        """Watt-hours of all entries."""
        return sum(entry.energy for entry in self.entries)

    def __str__(self) -> str:
        return f"{len(self.entries)} sessions {self.energy / 1000:.2f} kWh"


@dataclass(frozen=True, slots=True)
class Balance:
    """What is at the stations only, and at the back end only."""

    missing: tuple[Entry, ...]
    surplus: tuple[Entry, ...]

    @property
    def equal(self) -> bool:
        """Whether both books say the same, entry by entry."""
        return not self.missing and not self.surplus


def balance(stations: Ledger, backend: Ledger) -> Balance:
    """Compare the books; an entry that stands twice counts twice."""
    here, there = Counter(stations.entries), Counter(backend.entries)
    return Balance(tuple((here - there).elements()), tuple((there - here).elements()))


def line(stations: Ledger, backend: Ledger) -> str:
    """The balance as one line."""
    result = balance(stations, backend)
    verdict = "equal"
    if result.surplus:
        verdict = f"NOT EQUAL: {len(result.surplus)} at the back end that no station knows"
    elif result.missing:
        verdict = f"{len(result.missing)} on the way"
    return f"booked at the stations {stations} / at the back end {backend} : {verdict}"
