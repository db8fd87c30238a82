"""The short form of ``make scale``, and that it fails when it should.

No time is asserted: what 40 stations take says nothing.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.bench.figures import Figure
from tests.peers.running import free_port
from tests.peers.storm import compare
from tests.scale import flood, town, trials
from tests.scale.backend import SPAN, SlowBackend, Uplink
from tests.scale.stations import Place, Station

AT_ONCE_AGAIN = "uplink_wait_min: 0.1, uplink_random: 0.1, uplink_wait_doublings: 0"


def broken(figures: list[Figure]) -> list[str]:
    """Promises that are not about time and were not kept."""
    return [one.name for one in figures if one.met is False and one.unit == ""]


def test_nothing_is_lost_doubled_or_disordered_when_the_back_end_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trials, "TRANSACTIONS", 1)
    figures = asyncio.run(trials.outage(tmp_path, 40, policy=AT_ONCE_AGAIN))
    assert broken(figures) == []
    assert figures[0].value == 200


def test_every_station_comes_back_over_tls(tmp_path: Path) -> None:
    figures = asyncio.run(trials.herd(tmp_path, 40))
    assert broken(figures) == []


def test_memory_is_that_of_stations_that_are_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trials, "WARM", 5)
    (figure,) = asyncio.run(trials.idle(tmp_path, 10, tls=True))
    assert figure.unit == "KiB"


def test_a_flood_costs_the_others_no_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flood, "SECONDS", 1.0)
    names = ["heartbeats", "noise", "envelopes of 1 MiB", "bad handshakes"]
    figures = asyncio.run(flood.flood(tmp_path, 0, names, rounds=1))
    assert broken(figures) == []
    assert all(one.value > 0 for one in figures if one.name.endswith("that went out"))


class Deaf:
    """A transport that only knows whether it was cut."""

    aborted = False

    def abort(self) -> None:
        self.aborted = True


def link(home: SlowBackend, now: float = 0.0) -> Uplink:
    made = Uplink(home)
    made.transport = Deaf()
    home.connected(made, now)
    return made


def test_the_back_end_falls_when_too_many_messages_are_in_flight() -> None:
    home = SlowBackend(free_port(), most_in_flight=2)
    links = [link(home, 10.0 * number) for number in range(3)]
    for one in links[:2]:
        home.asked(one, [2, "1", "MeterValues", {}])
    home.asked(links[2], [2, "1", "BootNotification", {}])
    assert home.falls == []
    home.lost(links[0])
    home.asked(links[2], [2, "2", "StopTransaction", {}])
    assert home.falls == [], "who is gone waits for nothing"
    home.asked(link(home, 40.0), [2, "1", "StartTransaction", {}])
    assert home.falls == ["3 messages were in flight"]
    assert all(one.transport.aborted for one in links[1:])
    assert trials.none("falls", home.falls).met is False


def test_the_back_end_falls_when_links_come_too_fast() -> None:
    home = SlowBackend(free_port(), most_connects=10)
    for number in range(200):
        link(home, number / 10)
    assert home.falls == []
    for number in range(int(SPAN * 10)):
        link(home, 20 + number / 100)
    assert home.falls[0] == "11 links were made in a second"


def test_what_was_acknowledged_and_is_not_booked_is_told() -> None:
    home, station = SlowBackend(free_port()), Station("S", Place(1))
    said: dict[str, Any] = {"connectorId": 1, "idTag": "T", "timestamp": "2026-02-01T00:00:00Z", "meterStart": 0}
    home.book("S", "StartTransaction", said)
    station.acknowledged = [("StartTransaction", (1, "T", "2026-02-01T00:00:00Z", 0))]
    assert trials.none("books", compare(home, [station])).met is True
    station.acknowledged.append(("MeterValues", (station.acknowledged[0][1], ("2026-02-01T00:01:00Z", "7"))))
    assert trials.none("books", compare(home, [station])).met is False


def test_a_machine_that_forbids_so_many_links_is_told_before(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    limits = SimpleNamespace(RLIMIT_NOFILE=7, RLIM_INFINITY=-1)
    limits.getrlimit = lambda what: (256, 1000)
    limits.setrlimit = lambda *given: asked.append(given)
    monkeypatch.setattr(town, "resource", limits)
    assert town.may_open(10_000) == "10200 open files are needed, and the hard limit of this machine is 1000 (ulimit -Hn)"
    assert town.may_open(500) == ""
    assert asked == [(7, (700, 1000))]
