"""The demo's course, with a clock in memory and nobody at the other end."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime
from typing import Any

import pytest
from twisted.internet.task import Clock

from gateway.demo.books import Entry
from gateway.demo.show import SETTLE, TICK, Places, Plan, Show
from gateway.demo.snapshot import Snapshot

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
ENTRY = Entry("DEMO-1", 1, "CARD0001", NOON, 0, NOON, 5)


class Child:
    def __init__(self) -> None:
        self.running, self.stubborn, self.asked, self.killed = True, False, False, False

    def alive(self) -> bool:
        return self.running

    def end(self) -> None:
        self.asked, self.running = True, self.running and self.stubborn

    def kill(self) -> None:
        self.killed, self.running = True, False


class Screen:
    def __init__(self) -> None:
        self.shown: list[Snapshot] = []
        self.events: list[str] = []

    def show(self, now: Snapshot) -> None:
        self.shown.append(now)

    def event(self, text: str) -> None:
        self.events.append(text)


class World:
    def __init__(self, **plan: Any) -> None:
        self.clock, self.child, self.screen, self.codes = Clock(), Child(), Screen(), list[int]()
        places = Places("http://127.0.0.1:1/ocpp", "http://127.0.0.1:2/", 3, 4)
        chance = lambda name: random.Random(name)  # noqa: E731
        self.show = Show(self.clock, Plan(**plan), places, lambda: NOON, chance, self.child, self.screen, self.codes.append)

    def run(self, seconds: float) -> None:
        for _ in range(int(seconds / TICK) + 1):
            self.clock.advance(TICK)


@pytest.mark.parametrize(("seconds", "outage"), [(None, (30, 15)), (120.0, (30, 15)), (8.0, (3.2, 2)), (40.0, (16, 10))])
def test_the_back_end_goes_away_once_and_is_back_before_the_end(seconds: float | None, outage: tuple[float, float]) -> None:
    assert Plan(seconds=seconds).outage == outage


def test_it_ends_when_everything_is_delivered() -> None:
    world = World()
    world.show.at_stations.book(ENTRY)
    world.show.finish()
    world.run(1)
    assert world.codes == []
    world.show.at_backend.book(ENTRY)
    world.run(1)
    assert world.codes == [0]
    assert world.child.asked
    assert not world.child.killed


def test_books_that_differ_are_a_failure() -> None:
    world = World()
    world.show.at_stations.book(ENTRY)
    world.show.finish()
    world.run(SETTLE + 1)
    assert world.codes == [1]
    assert "1 on the way" in world.screen.shown[-1].books


def test_empty_books_prove_nothing() -> None:
    world = World()
    world.show.finish()
    world.run(1)
    assert world.codes == [1]


def test_a_gateway_that_does_not_end_is_killed_and_told_once() -> None:
    world = World()
    world.child.stubborn = True
    world.show.interrupt()
    world.show.interrupt()
    world.run(10)
    assert world.child.killed
    assert world.codes == [0]


def test_both_forms_are_of_the_same_message() -> None:
    world = World()
    station = world.show.stations["DEMO-2"]
    station.say("StopTransaction", [("transactionId", 1), ("timestamp", "2026-05-04T07:00:00Z")])
    assert world.show.now().said == ()
    line = world.show.backend.connected("DEMO-2", lambda text: None)
    for stamp in ("2026-05-04T07:00:00Z", "2026-05-04T07:30:00Z"):
        payload = {"transactionId": 9, "timestamp": stamp, "meterStop": 1}
        line.text(json.dumps([2, "x", "StopTransaction", payload]))
    assert any("07:00:00Z" in text for text in world.show.now().said)
    assert any("07:00:00Z" in text for text in world.show.now().heard)


def test_a_row_shows_both_sides() -> None:
    world = World(stations=1)
    world.show.backend.states["DEMO-1", 2] = "Charging"
    line = world.show.backend.connected("DEMO-1", lambda text: None)
    start = {"connectorId": 2, "idTag": "CARD0001", "timestamp": "2026-05-04T07:00:00Z", "meterStart": 100}
    line.text(json.dumps([2, "x", "StartTransaction", start]))
    row = world.show.now().rows[1]
    assert (row.place, row.state, row.there_state, row.there) == ("DEMO-1/2", "Unavailable", "Charging", "9000001")
    assert world.show.now().day == "07:00"


def test_a_guest_has_a_row_and_is_not_in_the_books() -> None:
    world = World(stations=1)
    line = world.show.backend.connected("MINE", lambda text: None)
    line.text(json.dumps([2, "x", "StatusNotification", {"connectorId": 1, "status": "Charging"}]))
    assert world.show.now().rows[-1].place == "MINE/1"
    start = {"connectorId": 1, "idTag": "ANY", "timestamp": "2026-05-04T07:00:00Z", "meterStart": 100}
    line.text(json.dumps([2, "x", "StartTransaction", start]))
    reading = {"timestamp": "2026-05-04T07:15:00Z", "sampledValue": [{"value": "350"}]}
    line.text(json.dumps([2, "x", "MeterValues", {"connectorId": 1, "transactionId": 9000001, "meterValue": [reading]}]))
    assert world.show.now().rows[-1].energy == 250
    line.text(
        json.dumps([2, "x", "StopTransaction", {"transactionId": 9000001, "timestamp": "2026-05-04T08:00:00Z", "meterStop": 400}])
    )
    assert world.show.now().rows[-1].tag == ""
    assert world.show.now().books.endswith("equal")
