"""Parked messages that an operator brings back while the gateway runs: in their old place, before what came later."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from gateway import replays
from gateway.journal import parked
from tests.office import Broken, Office, Socket, Wire


def number_of(wire: Wire) -> str:
    assert wire.answer is not None
    return wire.answer[1].partition(b"<transactionId>")[2].partition(b"<")[0].decode()


def refused(office: Office, uplink: Socket) -> str:
    """A start that the back end refuses once too often, so that it is parked with its stop; the station's id for it."""
    wire = office.start()
    uplink.say(4, uplink.calls("StartTransaction")[-1][1], "InternalError", "no table fits", {})
    number = number_of(wire)
    office.soap("StopTransaction", stop(number))
    assert not uplink.calls("StopTransaction")
    return number


def stop(number: str) -> str:
    return f"<transactionId>{number}</transactionId><timestamp>2026-01-01T01:00:00Z</timestamp><meterStop>9</meterStop>"


def ask(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "journal.sqlite", isolation_level=None)) as beside:
        rows = [one.row.seq for one in parked.stored(beside, "CP1", ["parked"])]
        parked.ask(beside, "CP1", rows, anew=False)


def accepted(uplink: Socket, action: str, result: dict[str, Any]) -> dict[str, Any]:
    _, id, _, payload = uplink.calls(action)[-1]
    uplink.say(3, id, result)
    return dict(payload)


def test_they_go_up_before_what_the_station_said_later(tmp_path: Path) -> None:
    office = Office(tmp_path, max_attempts=1)
    office.boot()
    first = office.accept()
    number = refused(office, first)
    first.receiver.closed(1006, "gone")
    office.refuse_uplinks = True
    office.start("LATER", "2026-01-01T02:00:00Z")
    ask(tmp_path)
    office.refuse_uplinks = False
    replays.carry_out(office.relay)
    second = office.accept()
    assert second is not first
    assert accepted(second, "StartTransaction", {"transactionId": 70, "idTagInfo": {"status": "Accepted"}})["idTag"] == "TAG"
    assert accepted(second, "StopTransaction", {})["transactionId"] == 70
    assert accepted(second, "StartTransaction", {"transactionId": 71, "idTagInfo": {"status": "Accepted"}})["idTag"] == "LATER"
    depth: list[Any] = []
    office.clock.advance(1)
    office.journal.depth(depth.append)
    assert (depth[0].queued, depth[0].parked, depth[0].asked) == (0, 0, 0)
    assert number_of(office.soap("StopTransaction", stop(number))) == "", "a stop that is repeated is answered as before"


def test_a_conversation_that_runs_is_begun_anew(tmp_path: Path) -> None:
    office = Office(tmp_path, max_attempts=1)
    office.boot()
    refused(office, office.accept())
    ask(tmp_path)
    before = office.relay.conversations["CP1"]
    replays.carry_out(office.relay)
    assert before.over
    assert office.relay.conversations["CP1"] is not before
    assert "parked messages brought back" in office.log.getvalue()


def test_a_journal_that_cannot_answer_keeps_the_request(tmp_path: Path) -> None:
    from gateway.journal.contract import JournalFailed

    office = Office(tmp_path, max_attempts=1)
    office.boot()
    refused(office, office.accept())
    ask(tmp_path)
    office.relay.journal = broken = Broken(office.journal)
    broken.asked = lambda done: done(JournalFailed("no disk"))  # type: ignore[attr-defined]
    before = office.relay.conversations["CP1"]
    replays.carry_out(office.relay)
    assert office.relay.conversations["CP1"] is before
    asked: list[Any] = []
    office.journal.asked(asked.append)
    assert asked == [["CP1"]]
