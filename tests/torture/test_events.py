"""The books of the 2.0.1 back end, and the account: each kind of fault is seen."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.torture.events import EventBackend
from tests.torture.world import Trial, World

START = (1, "TAG", "t0", 0)
ROWS = [("StartTransaction", START), ("MeterValues", (START, ("t1", "5"))), ("StopTransaction", (START, "t2", 9))]


def event(kind: str, number: int, when: str, value: int, id: str = "x") -> dict[str, Any]:
    made = {
        "eventType": kind,
        "seqNo": number,
        "timestamp": when,
        "transactionInfo": {"transactionId": id},
        "meterValue": [{"timestamp": when, "sampledValue": [{"value": value}]}],
    }
    return {**made, "evse": {"id": 1}, "idToken": {"idToken": "TAG"}} if kind == "Started" else made


GOOD = [event("Started", 0, "t0", 0), event("Updated", 1, "t1", 5), event("Ended", 2, "t2", 9)]


def account(folder: Path, told: list[dict[str, Any]]) -> Any:
    world = World(Trial(folder, random.Random(1), stations=1), "x", backend=EventBackend)
    world.stations[0].acknowledged = list(ROWS)
    world.stations[0].numbers = [1]
    for one in told:
        world.backend.book("CP 0", "TransactionEvent", dict(one))
    world.draw()
    return world.account


def test_equal_books_are_good(tmp_path: Path) -> None:
    found = account(tmp_path, [GOOD[0], *GOOD])
    assert found.good
    assert (found.acknowledged, found.copies) == (3, 1)


@pytest.mark.parametrize(
    ("what", "spoil"),
    [
        ("lost", lambda told: told[:2]),
        ("doubled", lambda told: [*told, *(event("Started", 0, "t0", 0, "y") for _ in "1")]),
        ("disordered", lambda told: [told[0], told[2], told[1]]),
        ("altered", lambda told: [*told, event("Ended", 2, "t2", 10)]),
        ("gaps", lambda told: [told[0], event("Updated", 2, "t1", 5), event("Ended", 3, "t2", 9)]),
        ("lost", lambda told: [*told[:2], event("Ended", 2, "t2", 8)]),
    ],
    ids=[
        "a stop is missing",
        "a start under another id",
        "the stop before a reading",
        "a copy says more",
        "a number left out",
        "Wh",
    ],
)
def test_each_fault_is_seen(tmp_path: Path, what: str, spoil: Callable[[list[Any]], list[Any]]) -> None:
    found = account(tmp_path, spoil(GOOD))
    assert getattr(found, what)
    assert not found.good
    assert what in str(found)
