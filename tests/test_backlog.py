"""What waits in the journal is taken up though its station stays away."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from gateway import backlog
from gateway.address import parse
from gateway.backlog import TAKEN_UP
from gateway.config import Listener
from tests.office import Office, data, soap_to_json


def test_a_large_backlog_is_taken_up_in_handfuls(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.refuse_uplinks = True
    for number in range(TAKEN_UP):
        office.start(identity=f"CP{number}")
    office.open()
    backlog.resume(office.relay)
    assert 0 < len(office.relay.conversations) < TAKEN_UP / 5
    office.clock.pump([0.1] * 11)
    assert len(office.relay.conversations) == TAKEN_UP


def test_a_backlog_is_taken_up_by_the_listener_that_the_station_came_by(tmp_path: Path) -> None:
    old = soap_to_json(tmp_path)
    other = Listener("other", parse("ocpp1.6+ws://192.0.2.1:8080/json", data().dialects), "open")
    office = Office(tmp_path, dataclasses.replace(old, listeners=(other, *old.listeners)))
    office.boot()
    office.accept()
    office.refuse_uplinks = True
    office.uplinks[-1].receiver.closed(1006, "gone")
    office.start()
    office.open()
    office.refuse_uplinks = False
    backlog.resume(office.relay)
    assert office.accept().calls("StartTransaction")[0][3]["idTag"] == "TAG"
    assert office.relay.conversations["CP1"].session.desk.dialect.name == "ocpp1.5"
