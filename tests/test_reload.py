"""Changed files are taken into use while stations talk: all or nothing, nobody is dropped, a call ends as it began."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from gateway import loading, reload
from gateway.address import parse
from gateway.catalogue import Folders
from gateway.config import Device, Listener, Station
from gateway.data import Data
from gateway.ladder.ladder import Ladder
from gateway.loading import Loaded
from gateway.quirks.choose import Quirks
from tests.office import Office, Socket, data, pair, soap_to_json

HERTZ = """
quirks:
  v-hertz:
    title: Hz
    why: It says Hz, which is no unit there.
    link: https://example.org/1
    match: {side: station, dialect: ocpp1.6, vendor: V}
    repair:
      payload:
        - {on: call MeterValues, at: "meterValue[].sampledValue[].unit", unset: [Hz]}
    samples:
      - repair: call MeterValues
        before: {connectorId: 1, meterValue: [{timestamp: "2026-01-01T00:00:00Z", sampledValue: [{value: "1", unit: Hz}]}]}
        after: {connectorId: 1, meterValue: [{timestamp: "2026-01-01T00:00:00Z", sampledValue: [{value: "1"}]}]}
"""
READING = {
    "connectorId": 1,
    "meterValue": [{"timestamp": "2026-01-01T00:00:00Z", "sampledValue": [{"value": "1", "unit": "Hz"}]}],
}


def booted(office: Office) -> Socket:
    socket = office.connect().socket
    assert socket is not None
    socket.say(2, "b", "BootNotification", {"chargePointVendor": "V", "chargePointModel": "M", "firmwareVersion": "1"})
    office.accept()
    return socket


def own(folder: Path, text: str = HERTZ) -> Folders:
    (folder / "own" / "quirks").mkdir(parents=True, exist_ok=True)
    (folder / "own" / "quirks" / "v.yaml").write_text(text)
    return Folders([folder / "own"])


def loaded(folders: Folders, **more: object) -> Loaded:
    old = data()
    return Loaded(data=Data(old.dialects, old.ladder, Quirks.load(folders, old.dialects)), **more)  # type: ignore[arg-type]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path, pair(tmp_path, "ocpp1.6+ws", "ocpp1.6+ws"))


def test_a_new_quirk_cures_the_next_message_of_a_station_that_is_there(office: Office, tmp_path: Path) -> None:
    socket = booted(office)
    socket.say(2, "m1", "MeterValues", READING)
    assert socket.sent[-1][:3] == [4, "m1", "PropertyConstraintViolation"]
    outcome = reload.take(office.relay, loaded(own(tmp_path)), {}, {"quirks/v": "1"})
    assert (outcome.faults, outcome.changed) == ([], ["quirks/v"])
    socket.say(2, "m2", "MeterValues", READING)
    assert socket.sent[-1] == [3, "m2", {}]
    assert socket.end is None
    assert office.uplinks[-1].end is None
    assert len(office.uplinks) == 1
    reload.take(office.relay, loaded(Folders()), {"quirks/v": "1"}, {})
    socket.say(2, "m3", "MeterValues", READING)
    assert socket.sent[-1][0] == 4, "and goes when its file goes"


def test_a_bad_file_changes_nothing_and_says_why(office: Office, tmp_path: Path) -> None:
    own(tmp_path, HERTZ.replace("unset", "unsett"))
    before = office.relay.data
    found = loading.load(None, [tmp_path / "own"])
    outcome = reload.take(office.relay, found, {}, {"quirks/v": "1"})
    assert office.relay.data is before
    assert "unknown key in a rule 'unsett'" in str(outcome.faults[0])
    assert outcome.changed == []


def test_nothing_changed_is_nothing_done(office: Office, tmp_path: Path) -> None:
    before = office.relay.data
    assert reload.take(office.relay, loaded(Folders()), {"quirks/v": "1"}, {"quirks/v": "1"}).changed == []
    assert office.relay.data is before


def test_a_dialect_waits_for_a_restart_and_all_else_with_it(office: Office, tmp_path: Path) -> None:
    before = office.relay.data
    outcome = reload.take(office.relay, loaded(own(tmp_path)), {"dialects/x": "1"}, {"dialects/x": "2", "quirks/v": "1"})
    assert "dialects/x:1: a dialect cannot change while it is spoken; expected a restart" in str(outcome.faults[0])
    assert office.relay.data is before


def test_stations_change_at_once_and_the_rest_is_named(tmp_path: Path) -> None:
    site = soap_to_json(tmp_path, {"CP1": Station("CP1", "DE-1")}, enroll="listed")
    office = Office(tmp_path, site)
    office.boot("CP1")
    assert office.boot("CP2").answer is not None, "a stranger is refused at once"
    stations = {"CP1": Station("CP1", "DE-ONE"), "CP2": Station("CP2", "DE-2")}
    new = dataclasses.replace(site, stations=stations, drain=7.0)
    outcome = reload.take(office.relay, loaded(Folders(), site=new), {}, {})
    assert outcome.restart == ["drain", "station CP1 (upstream)"]
    assert outcome.changed == ["stations (1 new or changed, 0 gone)"]
    assert office.relay.site.drain == site.drain
    assert office.relay.site.stations["CP1"].upstream == "DE-1"
    office.boot("CP2")
    assert [uplink.url.rpartition("/")[2] for uplink in office.uplinks] == ["DE-1", "DE-2"]


def test_a_call_ends_on_the_route_on_which_it_began(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.boot()
    uplink = office.accept()
    waiting = office.start()
    [conversation] = office.relay.conversations.values()
    up = conversation.session.desk.up
    new = loaded(Folders())
    assert new.data is not None
    new.data = dataclasses.replace(new.data, ladder=Ladder(new.data.ladder.tables, new.data.dialects))
    outcome = reload.take(office.relay, new, {}, {"ladder/a--b": "1"})
    assert outcome.changed == ["ladder/a--b"]
    assert conversation.session.desk.up is not up
    assert waiting.answer is None
    uplink.say(3, uplink.calls("StartTransaction")[0][1], {"transactionId": 7, "idTagInfo": {"status": "Accepted"}})
    assert waiting.answer is not None
    assert b"<transactionId>" in waiting.answer[1]


def test_fingerprints_tell_files_apart(tmp_path: Path) -> None:
    own(tmp_path)
    before = reload.prints([tmp_path / "own"])
    assert {"dialects/ocpp1.6", "quirks/v", "quirks/wallbox/all"} <= set(before)
    own(tmp_path, HERTZ + "\n")
    after = reload.prints([tmp_path / "own"])
    assert [name for name in after if after[name] != before[name]] == ["quirks/v"]


def test_other_devices_are_told_and_need_no_restart(office: Office) -> None:
    names = data().dialects
    entrance = Listener("d", parse("evbox-max+tcp://192.0.2.9:4001", names, loading.wires(names)), "open")
    devices = (Device(entrance, None),)
    new = dataclasses.replace(office.relay.site, devices=devices)
    outcome = reload.take(office.relay, loaded(Folders([]), site=new), {}, {})
    assert (outcome.devices, outcome.restart) == (devices, [])
