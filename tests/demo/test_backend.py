"""The simulated back end, with frames as text."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from gateway.demo.backend import OWN_TAGS, BackEnd, Line, Office
from gateway.demo.books import Ledger

NOW = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)
START = {"connectorId": 1, "idTag": "GOOD", "timestamp": "2026-05-04T07:00:00Z", "meterStart": 100}
SAMPLES = [
    {"value": "150", "measurand": "Energy.Active.Import.Register", "unit": "Wh"},
    {"value": "7", "measurand": "Power.Active.Import"},
]


class World:
    def __init__(self) -> None:
        self.ledger = Ledger()
        self.backend = BackEnd(lambda: NOW, ("S-1", "S-2"), ("GOOD",), ("BAD",), self.ledger)
        self.sent: list[Any] = []
        self.line: Line = self.backend.connected("S-1", lambda text: self.sent.append(json.loads(text)))

    def call(self, action: str, **payload: Any) -> Any:
        self.line.text(json.dumps([2, "x", action, payload]))
        return self.sent[-1]

    def start(self, **changed: Any) -> int:
        return int(self.call("StartTransaction", **{**START, **changed})[2]["transactionId"])


def test_a_session_is_booked_with_its_readings() -> None:
    world = World()
    id = world.start()
    world.call(
        "MeterValues",
        connectorId=1,
        transactionId=id,
        meterValue=[{"timestamp": "2026-05-04T07:15:00Z", "sampledValue": SAMPLES}],
    )
    world.call("StopTransaction", transactionId=id, idTag="GOOD", timestamp="2026-05-04T08:00:00Z", meterStop=200)
    [entry] = world.ledger.entries
    assert (entry.station, entry.connector, entry.tag, entry.energy) == ("S-1", 1, "GOOD", 100)
    assert [register for _, register in entry.readings] == [150]
    assert world.backend.open_at("S-1", 1) is None


def test_what_comes_twice_is_booked_once() -> None:
    world = World()
    id = world.start()
    assert world.start() == id
    assert world.start(meterStart=101) != id
    stop = {"transactionId": id, "timestamp": "2026-05-04T08:00:00Z", "meterStop": 200}
    assert world.call("StopTransaction", **stop) == world.call("StopTransaction", **stop) == [3, "x", {}]
    assert len(world.ledger.entries) == 1
    assert world.backend.repeats == 2


def test_ids_of_others_are_nobody() -> None:
    world = World()
    id = world.start()
    other = world.backend.connected("S-2", lambda text: None)
    other.text(
        json.dumps([2, "x", "StopTransaction", {"transactionId": id, "timestamp": "2026-05-04T08:00:00Z", "meterStop": 200}])
    )
    world.call("StopTransaction", transactionId=5, timestamp="2026-05-04T08:00:00Z", meterStop=200)
    assert world.ledger.entries == []
    assert world.backend.strays == 2


@pytest.mark.parametrize(
    ("tag", "status"), [("GOOD", "Accepted"), ("BAD", "Blocked"), ("WHO", "Invalid"), (OWN_TAGS[0], "Accepted")]
)
def test_tags(tag: str, status: str) -> None:
    assert World().call("Authorize", idTag=tag)[2] == {"idTagInfo": {"status": status}}


def test_the_rest_is_answered() -> None:
    world = World()
    assert world.call("BootNotification")[2]["status"] == "Accepted"
    assert world.call("Heartbeat")[2] == {"currentTime": "2026-05-04T08:00:00.000Z"}
    assert world.call("StatusNotification", connectorId=1, status="Charging")[2] == {}
    assert world.backend.states == {("S-1", 1): "Charging"}
    assert world.call("Nonsense")[0] == 4


def test_a_line_that_is_gone_is_forgotten_unless_a_newer_is_there() -> None:
    world = World()
    newer = world.backend.connected("S-1", lambda text: None)
    world.backend.gone(world.line)
    assert world.backend.lines == {"S-1": newer}
    world.backend.gone(newer)
    assert world.backend.lines == {}


def test_the_office_asks_for_everything_in_turn() -> None:
    world = World()
    events: list[str] = []
    office = Office(world.backend, random.Random(1), events.append)
    world.start()
    world.backend.states["S-1", 2] = "Available"
    for _ in Office.ROUND:
        office.act()
    asked = [frame for frame in world.sent if frame[0] == 2]
    assert [frame[2] for frame in asked] == list(Office.ROUND)
    remote = [frame[3] for frame in asked if frame[2] == "RemoteStartTransaction"]
    assert [command["connectorId"] for command in remote] == [2, 2]
    assert {command["idTag"] for command in remote} <= set(OWN_TAGS)
    assert {frame[3]["transactionId"] for frame in asked if frame[2] == "RemoteStopTransaction"} == set(
        world.backend.transactions
    )
    world.line.text(json.dumps([3, asked[0][1], {"configurationKey": []}]))
    world.line.text(json.dumps([3, asked[1][1], {"status": "Rejected"}]))
    world.line.text(json.dumps([4, asked[2][1], "NotSupported", "no", {}]))
    assert (office.asked, office.accepted, office.refused) == (len(Office.ROUND), 1, 1)
    assert events[1:] == [
        "back end asked S-1: RemoteStartTransaction → Rejected",
        "back end asked S-1: TriggerMessage → NotSupported: no",
    ]


def test_the_office_asks_nobody_where_nobody_is() -> None:
    world = World()
    office = Office(world.backend, random.Random(1), lambda event: None)
    world.backend.gone(world.line)
    world.backend.connected("GUEST", lambda text: None)
    office.act()
    assert office.asked == 0


def test_a_guest_may_charge_with_any_tag_and_has_books_of_its_own() -> None:
    world = World()
    guest = world.backend.connected("MINE", lambda text: world.sent.append(json.loads(text)))
    guest.text(json.dumps([2, "x", "StartTransaction", {**START, "idTag": "WHO"}]))
    assert world.sent[-1][2]["idTagInfo"] == {"status": "Accepted"}
    id = world.sent[-1][2]["transactionId"]
    guest.text(
        json.dumps([2, "x", "StopTransaction", {"transactionId": id, "timestamp": "2026-05-04T08:00:00Z", "meterStop": 200}])
    )
    assert world.ledger.entries == []
    assert world.backend.guests.energy == 100


def test_readings_without_energy_and_with_fractions() -> None:
    world = World()
    id = world.start()
    for stamp, samples in [("2026-05-04T07:15:00Z", SAMPLES[1:]), ("2026-05-04T07:20:00Z", [{"value": "150.5"}])]:
        world.call("MeterValues", connectorId=1, transactionId=id, meterValue=[{"timestamp": stamp, "sampledValue": samples}])
    assert list(world.backend.transactions[id].readings.values()) == [Decimal("150.5")]
    assert world.call("MeterValues", connectorId=1, meterValue=[]) == [3, "x", {}]


def test_what_it_cannot_read_is_an_error() -> None:
    assert World().call("Authorize", nothing=1)[:3] == [4, "x", "FormationViolation"]
    assert World().call("StartTransaction", **{**START, "timestamp": "noon"})[:3] == [4, "x", "FormationViolation"]
