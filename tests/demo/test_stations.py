"""A simulated station, with a central system of three lines."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from twisted.internet.task import Clock

from gateway.demo import envelopes
from gateway.demo.books import Ledger
from gateway.demo.calendar import Calendar, Car
from gateway.demo.envelopes import Dress, Envelope
from gateway.demo.stations import MAKES, Station

CENTRAL = Dress("e", "w", "c")
MORNING = datetime(2026, 5, 4, 7, 0, tzinfo=UTC)


class Central:
    """Answers each request at once, and remembers it."""

    def __init__(self) -> None:
        self.heard: list[Envelope] = []
        self.away = False
        self.token = "Accepted"
        self.start_token = "Accepted"
        self._ids = itertools.count(70)

    def post(self, action: str, body: bytes, done: Callable[[bytes | None], None]) -> None:
        if self.away:
            done(None)
            return
        envelope = envelopes.read(body)
        self.heard.append(envelope)
        done(envelopes.answer(CENTRAL, action, "S-1", envelope.id, self.answer(action)))

    def answer(self, action: str) -> envelopes.Inner:
        if action == "BootNotification":
            return [("status", "Accepted"), ("currentTime", "2026-05-04T07:00:00Z"), ("heartbeatInterval", 20)]
        if action == "Authorize":
            return [("idTagInfo", [("status", self.token)])]
        if action == "StartTransaction":
            return [("transactionId", next(self._ids)), ("idTagInfo", [("status", self.start_token)])]
        return []

    def said(self, name: str) -> list[Envelope]:
        return [one for one in self.heard if one.name == name]

    def names(self) -> list[str]:
        return [one.name.removesuffix("Request") for one in self.heard]


class World:
    def __init__(self, boot: bool = True) -> None:
        self.clock, self.central, self.ledger = Clock(), Central(), Ledger()
        calendar = Calendar(self.clock, MORNING, 360)
        self.station = Station("S-1", MAKES[0], self.clock, calendar, random.Random(1), self.central.post, self.ledger)
        if boot:
            self.station.boot()
            self.station.closing = True  # no cars but ours
            self.clock.advance(10)
            self.station.closing = False

    def plug(self, watts: int = 11_000, wanted: int = 11_000) -> None:
        self.station.plug(self.station.connectors[0], Car(MORNING, "CARD0001", watts, wanted))

    def run(self, seconds: float) -> None:
        for _ in range(int(seconds * 10)):
            self.clock.advance(0.1)

    def ask(self, action: str, inner: envelopes.Inner = ()) -> tuple[int, Envelope]:
        status, body = self.station.asked(envelopes.request(CENTRAL, action, "S-1", "", "", "q-1", inner))
        return status, envelopes.read(body)


def test_a_boot_tells_every_connector() -> None:
    world = World()
    assert world.central.names() == ["bootNotification", "statusNotification", "statusNotification", "statusNotification"]
    assert [one.get("connectorId") for one in world.central.heard[1:]] == ["0", "1", "2"]
    world.run(11)
    assert world.central.names()[-1] == "heartbeat"


def test_a_station_that_nobody_hears_boots_again() -> None:
    world = World(boot=False)
    world.central.away = True
    world.station.boot()
    world.run(1)
    assert not world.station.accepted
    world.central.away = False
    world.run(1)
    assert world.station.accepted
    assert len(world.central.said("bootNotificationRequest")) == 1


def test_a_whole_session_is_booked_as_it_was_told() -> None:
    world = World()
    world.plug(watts=11_000, wanted=11_000)
    world.run(15)
    order = [name for name in world.central.names()[4:] if name != "heartbeat"]
    assert order[:4] == ["statusNotification", "authorize", "startTransaction", "statusNotification"]
    assert order[-3:] == ["stopTransaction", "statusNotification", "statusNotification"]
    states = [one.get("status") for one in world.central.said("statusNotificationRequest")[3:]]
    assert states == ["Occupied", "Occupied", "Occupied", "Available"]
    [entry] = world.ledger.entries
    assert entry.energy == 11_000
    [start] = world.central.said("startTransactionRequest")
    [stop] = world.central.said("stopTransactionRequest")
    assert (start.get("meterStart"), stop.get("meterStop")) == (str(entry.meter_start), str(entry.meter_stop))
    assert stop.get("transactionId") == "70"
    meters = world.central.said("meterValuesRequest")
    assert len(meters) == len(entry.readings) >= 2
    assert [one.get("values/value") for one in meters] == [str(register) for _, register in entry.readings]
    assert world.station.idle


def test_a_refused_tag_starts_nothing() -> None:
    world = World()
    world.central.token = "Blocked"
    world.plug()
    world.run(5)
    assert world.central.said("startTransactionRequest") == []
    assert world.station.refused == 1
    assert world.station.idle


def test_a_tag_refused_at_the_start_stops_at_once() -> None:
    world = World()
    world.central.start_token = "Invalid"
    world.plug()
    assert len(world.central.said("stopTransactionRequest")) == 1
    assert [entry.energy for entry in world.ledger.entries] == [0]


def test_nothing_is_lost_while_the_central_system_is_away() -> None:
    world = World()
    world.plug(wanted=16_000)
    world.run(3)
    world.central.away = True
    world.run(12)
    world.central.away = False
    world.run(3)
    [entry] = world.ledger.entries
    assert entry.energy == 16_000
    heard = world.central.said("meterValuesRequest")
    assert [one.get("values/value") for one in heard] == [str(register) for _, register in entry.readings]
    assert len(world.central.said("stopTransactionRequest")) == 1


def test_remote_start_asks_nobody_again() -> None:
    world = World()
    status, answer = world.ask("RemoteStartTransaction", [("idTag", "CARD0009"), ("connectorId", 2)])
    assert (status, answer.name, answer.get("status")) == (200, "remoteStartTransactionResponse", "Accepted")
    assert world.ask("RemoteStartTransaction", [("idTag", "CARD0009"), ("connectorId", 2)])[1].get("status") == "Rejected"
    world.run(1)
    [start] = world.central.said("startTransactionRequest")
    assert (start.get("connectorId"), start.get("idTag")) == ("2", "CARD0009")
    assert world.central.said("authorizeRequest") == []


def test_remote_stop_goes_by_the_id_that_the_station_was_given() -> None:
    world = World()
    world.plug()
    assert world.ask("RemoteStopTransaction", [("transactionId", 71)])[1].get("status") == "Rejected"
    assert world.ask("RemoteStopTransaction", [("transactionId", 70)])[1].get("status") == "Accepted"
    world.run(2)
    assert len(world.ledger.entries) == 1
    assert world.station.idle


def test_a_reset_stops_what_charges_and_boots_again() -> None:
    world = World()
    world.plug()
    assert world.ask("Reset", [("type", "Soft")])[1].get("status") == "Accepted"
    world.run(5)
    assert len(world.ledger.entries) == 1
    assert len(world.central.said("bootNotificationRequest")) == 2
    assert world.station.accepted


def test_configuration_and_what_it_does_not_know() -> None:
    world = World()
    _, answer = world.ask("GetConfiguration", [("key", "HeartBeatInterval"), ("key", "Nonsense")])
    assert answer.get("configurationKey/key") == "HeartBeatInterval"
    assert answer.all("unknownKey") == ["Nonsense"]


@pytest.mark.parametrize(("connector", "word"), [("1", "Rejected"), ("2", "Accepted"), ("9", "Rejected")])
def test_unlock_only_where_nobody_charges(connector: str, word: str) -> None:
    world = World()
    world.plug()
    assert world.ask("UnlockConnector", [("connectorId", connector)])[1].get("status") == word


def test_what_it_cannot_do_is_a_fault() -> None:
    world = World()
    assert world.ask("UpdateFirmware")[0] == 500
    assert world.ask("UpdateFirmware")[1].name == "Fault"
    status, body = world.station.asked(b"<nonsense")
    assert (status, envelopes.read(body).name) == (500, "Fault")


def test_the_end_of_the_day_stops_everybody() -> None:
    world = World()
    world.plug(wanted=100_000)
    world.run(2)
    world.station.finish()
    world.run(1)
    assert world.station.idle
    assert len(world.ledger.entries) == 1


def test_cars_come_by_themselves() -> None:
    world = World(boot=False)
    world.station.boot()
    world.run(40)
    assert len(world.ledger.entries) >= 2
