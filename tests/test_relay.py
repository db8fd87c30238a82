"""The joint: uplinks, displaced links, a journal that cannot store, draining.  For what a session decides see tests/session."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from gateway import backlog
from gateway.address import parse
from gateway.config import Listener, Secret, Station
from gateway.ladder.ladder import Ladder
from gateway.links.client import Response
from tests.office import Broken, Office, data, envelope, json_to_soap, pair, soap_to_json


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def test_one_uplink_per_station_under_its_own_name(office: Office) -> None:
    office.boot("CP1")
    office.boot("CP 2")
    assert [u.url for u in office.uplinks] == ["ws://192.0.2.2:9000/central/CP1", "ws://192.0.2.2:9000/central/CP%202"]


def test_stations_share_a_route_until_the_tables_change(office: Office) -> None:
    desks = []
    for name in ("CP1", "CP2", "CP3"):
        office.boot(name)
        desks.append(office.relay.conversations[name].session.desk)
        if name == "CP2":
            before = office.relay.data
            office.relay.data = dataclasses.replace(before, ladder=Ladder(before.ladder.tables, before.dialects))
    assert desks[0].up is desks[1].up is not desks[2].up
    assert desks[0].down is desks[1].down is not desks[2].down


def test_a_boot_is_answered_by_the_back_end(office: Office) -> None:
    wire = office.boot()
    assert wire.answer is None
    office.accept()
    assert wire.answer is not None
    assert wire.answer[0] == 200
    assert b"<heartbeatInterval>300</heartbeatInterval>" in wire.answer[1]


def test_a_start_is_on_disk_before_its_answer_and_its_id_is_mapped(office: Office) -> None:
    office.boot()
    uplink = office.accept()
    wire = office.start()
    call = uplink.calls("StartTransaction")[0]
    assert wire.answer is None, "a start waits for the back end's word on the tag"
    uplink.say(3, call[1], {"transactionId": -7, "idTagInfo": {"status": "Accepted"}})
    assert wire.answer is not None
    ours = int(wire.answer[1].partition(b"<transactionId>")[2].partition(b"<")[0])
    assert 0 < ours < 2**31
    stop = f"<transactionId>{ours}</transactionId><timestamp>2026-01-01T01:00:00Z</timestamp><meterStop>9</meterStop>"
    assert office.soap("StopTransaction", stop).answer is not None
    assert uplink.calls("StopTransaction")[0][3]["transactionId"] == -7


def test_credentials_and_names_towards_the_back_end(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"\xffkey")
    site = soap_to_json(tmp_path, {"CP1": Station("CP1", "DE-1", credential=Secret(file=tmp_path / "key"))})
    office = Office(tmp_path, site)
    office.boot("CP1")
    assert office.uplinks[0].url.endswith("/DE-1")
    assert office.uplinks[0].headers["authorization"] == "Basic REUtMTr/a2V5"


def test_an_uplink_that_fails_is_tried_again_later(office: Office) -> None:
    office.refuse_uplinks = True
    office.boot()
    assert office.uplinks == []
    office.refuse_uplinks = False
    for _ in range(10):
        office.clock.advance(1)
    assert len(office.uplinks) == 1


def test_a_back_end_is_not_called_before_the_time_that_it_named(office: Office) -> None:
    office.refuse_uplinks, office.retry_after = True, 120.0
    office.boot()
    office.refuse_uplinks = False
    office.clock.pump([1.0] * 119)
    assert office.uplinks == []
    office.clock.pump([1.0] * 7)  # and a random part of up to five seconds
    assert len(office.uplinks) == 1


def test_a_soap_back_end_is_not_asked_before_the_time_that_it_named(tmp_path: Path) -> None:
    office = Office(tmp_path, json_to_soap(tmp_path))
    station = office.connect().socket
    assert station is not None
    station.say(2, "b", "BootNotification", {"chargePointVendor": "V", "chargePointModel": "M"})
    begin = {"connectorId": 1, "idTag": "T", "timestamp": "2026-01-01T00:00:00Z", "meterStart": 0}
    station.say(2, "s", "StartTransaction", begin)
    office.posts[-1][2].callback(Response(503, (("retry-after", "120"),), b"<html>Back soon</html>"))
    asked = len(office.posts)
    office.clock.pump([1.0] * 119)
    assert len(office.posts) == asked
    office.clock.pump([1.0] * 7)
    assert len(office.posts) == asked + 1


def test_a_crowd_of_links_is_made_in_turn(tmp_path: Path) -> None:
    office = Office(tmp_path, most_connects=2)
    for number in range(5):
        office.boot(f"CP{number}")
    assert len(office.uplinks) == 1
    office.relay.conversations["CP2"].close("gone before its turn")
    office.clock.pump([0.5] * 3)
    assert [u.url[-3:] for u in office.uplinks] == ["CP0", "CP1", "CP3", "CP4"]


def test_a_back_end_has_only_so_many_messages_of_backlogs_at_a_time(tmp_path: Path) -> None:
    office = Office(tmp_path, most_in_flight=2)
    stations = [f"CP{number}" for number in range(4)]
    office.refuse_uplinks = True
    for one in stations:
        office.start(identity=one)
    office.refuse_uplinks = False
    office.clock.pump([1.0] * 10)
    up = {socket.url.rpartition("/")[2]: socket for socket in office.uplinks}

    def asked() -> list[str]:
        return sorted(one for one in up if up[one].calls("StartTransaction"))

    first = asked()
    assert len(first) == 2
    live = "CP9"
    office.boot(live)
    office.accept()
    office.start(identity=live)
    assert office.uplinks[-1].calls("StartTransaction"), "what is live does not wait for the past of others"
    call = up[first[0]].calls("StartTransaction")[0]
    up[first[0]].say(3, call[1], {"transactionId": 7, "idTagInfo": {"status": "Accepted"}})
    assert len(asked()) == 2, "the live one counts"
    office.relay.conversations[live].abandon()
    assert len(asked()) == 3, "who goes away gives its turn back"
    office.relay.conversations[first[1]].abandon()
    assert asked() == stations


def test_stations_of_a_back_end_share_what_is_known_of_tokens(tmp_path: Path) -> None:
    how: dict[str, Any] = {"known_tokens": "site", "authorize_offline": "last_known"}
    office = Office(tmp_path, **how)
    office.boot("CP1")
    uplink = office.accept()
    office.soap("Authorize", "<idTag>TAG</idTag>", "CP1")
    uplink.say(3, uplink.calls("Authorize")[0][1], {"idTagInfo": {"status": "Accepted", "expiryDate": "2026-01-02T00:00:00Z"}})
    office.clock.advance(1)
    office.open()
    office.refuse_uplinks = True

    def told() -> str:
        wire = office.soap("Authorize", "<idTag>tag</idTag>", "CP2")
        office.clock.advance(20)
        assert wire.answer is not None
        return wire.answer[1].decode().partition("<status>")[2].partition("<")[0]

    assert told() == "Accepted"
    assert 'local_verdicts_total{choice="last_known",verdict="accepted"} 1.0' in office.metrics.exposition().decode()
    office.clock.advance(86400)
    assert told() == "Expired", "the back end said until when"


@pytest.mark.parametrize("at", ["222222017-10-27T19:10:11Z", "1000000", "9999-12-31T23:59:59-12:00", ""])
def test_a_start_whose_time_is_none_is_stored_once_and_told_with_the_time_of_receipt(office: Office, at: str) -> None:
    office.boot()
    office.accept().receiver.closed(1006, "gone")
    office.refuse_uplinks = True
    office.clock.advance(7)
    first = office.start(at=at)
    office.clock.advance(7)
    again = office.start(at=at)
    assert first.answer is not None
    assert again.answer is not None
    assert first.answer[1].partition(b"<transactionId>")[2][:9] == again.answer[1].partition(b"<transactionId>")[2][:9]
    office.refuse_uplinks = False
    while len(office.uplinks) == 1:
        office.clock.advance(1)
    calls = office.accept().calls("StartTransaction")
    assert [call[3]["timestamp"] for call in calls] == ["2026-01-01T00:00:07Z"]
    assert 'flags_total{why="bad_time"} 1.0' in office.metrics.exposition().decode()


def test_a_clock_of_1970_is_told_as_it_is_and_noticed(office: Office) -> None:
    office.boot()
    uplink = office.accept()
    office.start(at="1970-01-01T00:00:00Z")
    assert uplink.calls("StartTransaction")[0][3]["timestamp"] == "1970-01-01T00:00:00Z"
    assert 'flags_total{why="bad_time"} 1.0' in office.metrics.exposition().decode()


def test_a_state_with_such_a_time_or_a_start_with_more_faults_is_refused(office: Office) -> None:
    office.boot()
    office.accept()
    state = "<connectorId>1</connectorId><errorCode>NoError</errorCode><status>Available</status><timestamp>1000000</timestamp>"
    for action, inner in (
        ("StatusNotification", state),
        ("StartTransaction", "<connectorId>x</connectorId><timestamp>1000000</timestamp>"),
    ):
        wire = office.soap(action, inner)
        assert wire.answer is not None
        assert b"Fault" in wire.answer[1]


def test_where_nothing_can_be_stored_nobody_gets_a_byte_until_it_heals(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.boot()
    office.accept()
    broken = office.relay.journal = Broken(office.journal)
    wire = office.start()
    assert wire.answer is None
    assert wire.ended
    assert office.uplinks[0].end is not None
    assert not office.relay.healthy
    late = office.soap("Heartbeat", "")
    assert late.ended, "heartbeats included: the station must see that it is offline"
    assert late.answer is None
    broken.mended = True
    for _ in range(3):
        office.clock.advance(1)
    assert office.relay.healthy
    assert not office.relay._listeners, "who never returns is not remembered"
    again = office.start()
    assert office.uplinks[-1].calls("BootNotification"), "the stored boot goes up first"
    office.accept()
    assert len(office.uplinks[-1].calls("StartTransaction")) == 1
    assert again.answer is not None or not again.ended


def test_a_conversation_that_contradicts_the_journal_is_begun_anew_and_nobody_else_is_hurt(office: Office) -> None:
    from gateway.journal.contract import Contradicted

    office.boot("CP1")
    office.accept()
    office.boot("CP2")
    office.accept()
    wrong, other = office.relay.conversations["CP1"], office.relay.conversations["CP2"]
    office.relay.storing_failed(wrong, Contradicted("row 7 cannot follow row 2"))
    assert wrong.over
    assert office.relay.healthy
    assert office.relay.conversations == {"CP2": other}
    assert "row 7 cannot follow row 2" in office.log.getvalue()


def test_what_was_acknowledged_is_delivered_by_the_next_process(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.boot()
    office.accept()
    office.uplinks[-1].receiver.closed(1006, "gone")
    office.refuse_uplinks = True
    first = office.start()
    assert first.answer is not None, "answered here, for the back end is away"
    office.open()
    office.refuse_uplinks = False
    backlog.resume(office.relay)
    office.accept()
    assert office.uplinks[-1].calls("StartTransaction")[0][3]["idTag"] == "TAG"
    again = office.start()
    assert again.answer is not None
    assert again.answer[1].partition(b"<transactionId>")[2][:8] == first.answer[1].partition(b"<transactionId>")[2][:8]


def test_a_newer_link_of_a_station_takes_over_and_the_old_one_is_mute(tmp_path: Path) -> None:
    office = Office(tmp_path, json_to_soap(tmp_path))
    old, new = office.connect().socket, office.connect().socket
    assert old is not None
    assert new is not None
    assert old.end is not None
    old.say(2, "1", "Heartbeat", {})
    old.receiver.closed(1006, "late")
    assert old.sent == []
    new.say(2, "1", "Heartbeat", {})
    assert new.sent[0][:2] == [3, "1"], "the late close of the old link did not touch the new one"


def test_a_1_6_station_on_a_soap_back_end(tmp_path: Path) -> None:
    office = Office(tmp_path, json_to_soap(tmp_path))
    station = office.connect().socket
    assert station is not None
    station.say(2, "b", "BootNotification", {"chargePointVendor": "V", "chargePointModel": "M"})
    url, body, done = office.posts[0]
    assert url == "http://192.0.2.2:9000/cs"
    assert b"bootNotificationRequest" in body
    assert b"http://192.0.2.1:8081/back" in body, "where the back end reaches us"
    done.callback(
        answer(
            "BootNotification",
            "<status>Accepted</status><currentTime>2026-01-01T00:00:00Z</currentTime><heartbeatInterval>60</heartbeatInterval>",
        )
    )
    assert station.sent == [[3, "b", {"status": "Accepted", "currentTime": "2026-01-01T00:00:00Z", "interval": 60}]]
    wire = office.http("POST", "/back", call_down("UnlockConnector", "<connectorId>1</connectorId>"))
    assert station.sent[-1][2:] == ["UnlockConnector", {"connectorId": 1}]
    station.say(3, station.sent[-1][1], {"status": "Unlocked"})
    assert wire.answer is not None
    assert (
        b"<status>Accepted</status>" in wire.answer[1].replace(b"cp:", b"").replace(b"ns:", b"") or b"Accepted" in wire.answer[1]
    )


def test_a_station_that_speaks_another_dialect_now_leaves_nothing_behind(tmp_path: Path) -> None:
    """New firmware: 1.5 SOAP yesterday, 1.6 JSON today; what it left in the old words goes up before what it says in the new."""
    old = soap_to_json(tmp_path)
    new = Listener("new", parse("ocpp1.6+ws://192.0.2.1:8080/json", data().dialects), "open")
    office = Office(tmp_path, dataclasses.replace(old, listeners=(new, *old.listeners)))
    office.boot()
    office.accept()
    office.refuse_uplinks = True
    office.uplinks[-1].receiver.closed(1006, "gone")
    assert office.start().answer is not None
    socket = office.connect("/json/CP1").socket
    assert socket is not None
    office.refuse_uplinks = False
    socket.say(2, "b", "BootNotification", {"chargePointVendor": "V", "chargePointModel": "M"})
    for _ in range(10):
        office.clock.advance(1)
    uplink = office.accept()
    assert uplink.calls("StartTransaction")[0][3]["idTag"] == "TAG"
    assert office.relay.conversations["CP1"].session.desk.dialect.name == "ocpp1.6"


def test_the_same_rung_in_soap_is_passed_on_and_mended(tmp_path: Path) -> None:
    """1.5 to 1.5: what a station writes in its own way reaches the back end as the WSDL has it."""
    office = Office(tmp_path, pair(tmp_path, "ocpp1.5+http", "ocpp1.5+http"))
    boot = office.boot()
    office.posts[-1][2].callback(answer("BootNotification", ACCEPTED))
    assert boot.answer is not None
    assert b"heartbeatInterval>60<" in boot.answer[1]
    wire = office.start()
    sent = office.posts[-1][1]
    assert [
        sent.find(name) > 0
        for name in (b"<connectorId>1<", b"<idTag>TAG<", b"<timestamp>2026-01-01T00:00:00Z<", b"<meterStart>5<")
    ] == [True] * 4
    office.posts[-1][2].callback(
        answer("StartTransaction", "<transactionId>-5</transactionId><idTagInfo><status>Blocked</status></idTagInfo>")
    )
    assert wire.answer is not None
    assert b"Blocked" in wire.answer[1]
    assert b">-5<" not in wire.answer[1], "the station has the gateway's id"
    down = office.http("POST", "/back", call_down("RemoteStopTransaction", "<transactionId>-5</transactionId>"))
    url, body, done = office.posts[-1]
    assert url == "http://192.0.2.7:9/cp"
    assert b">-5<" not in body
    done.callback(answer("RemoteStopTransaction", "<status>Accepted</status>", "Cp"))
    assert down.answer is not None
    assert b"Accepted" in down.answer[1]


def test_the_same_rung_in_json_keeps_what_it_does_not_know(tmp_path: Path) -> None:
    """1.6 to 1.6: unknown actions and fields, the order of fields, null and the text of numbers pass both ways."""
    office = Office(tmp_path, pair(tmp_path, "ocpp1.6+ws", "ocpp1.6+ws"))
    station = office.connect().socket
    assert station is not None
    station.say(2, "b", "BootNotification", {"zz": None, "chargePointModel": "M", "chargePointVendor": "V"})
    up = office.uplinks[-1]
    assert list(up.sent[0][3].items()) == [("zz", None), ("chargePointModel", "M"), ("chargePointVendor", "V")]
    up.say(3, up.sent[0][1], {"status": "Accepted", "currentTime": "2026-01-01T00:00:00Z", "interval": 60, "extra": [1]})
    assert station.sent[0][2]["extra"] == [1]
    station.receiver.text('[2,"v","VendorThing",{"a":1.10,"b":null}]')
    assert up.texts[-1].endswith('"VendorThing",{"a":1.10,"b":null}]')
    up.say(3, up.sent[-1][1], {"c": {"d": None}})
    assert station.sent[-1] == [3, "v", {"c": {"d": None}}]
    up.say(2, "down", "OtherThing", {"e": []})
    assert station.sent[-1][2:] == ["OtherThing", {"e": []}]


def test_draining_lets_what_is_in_flight_finish(office: Office) -> None:
    office.boot()
    office.accept()
    wire = office.start()
    ended: list[bool] = []
    office.relay.stop(30, ended.append)
    assert ended == []
    call = office.uplinks[0].calls("StartTransaction")[0]
    office.uplinks[0].say(3, call[1], {"transactionId": 1, "idTagInfo": {"status": "Accepted"}})
    office.clock.advance(0.1)
    assert wire.answer is not None
    assert ended == [True]
    assert office.uplinks[0].end is not None


def test_draining_has_an_end(office: Office) -> None:
    office.boot()
    office.accept()
    office.soap("Authorize", "<idTag>T</idTag>")
    ended: list[bool] = []
    office.relay.stop(3, ended.append)
    for _ in range(80):
        office.clock.advance(0.05)
    assert ended == [False]


def test_a_conversation_with_nobody_and_nothing_is_forgotten(tmp_path: Path) -> None:
    office = Office(tmp_path, json_to_soap(tmp_path))
    socket = office.connect().socket
    assert socket is not None
    socket.receiver.closed(1000, "")
    for _ in range(100):
        office.clock.advance(1)
    assert office.relay.conversations == {}
    assert office.clock.getDelayedCalls() == []


ACCEPTED = "<status>Accepted</status><currentTime>2026-01-01T00:00:00Z</currentTime><heartbeatInterval>60</heartbeatInterval>"


def answer(action: str, inner: str, side: str = "Cs") -> Response:
    name = action[0].lower() + action[1:] + "Response"
    body = f'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><{name} xmlns="urn://Ocpp/{side}/2012/06/">{inner}</{name}></s:Body></s:Envelope>'
    return Response(200, (), body.encode())


def call_down(action: str, inner: str) -> bytes:
    return envelope(action, inner, "CP1", "http://192.0.2.2:9000/cs", space="urn://Ocpp/Cp/2012/06/")


def test_a_fault_of_ours_costs_one_station_its_links_and_the_journal_brings_it_back(office: Office) -> None:
    office.boot("CP2")
    office.boot()
    uplink = office.accept()
    wire = office.start()
    conversation = office.relay.conversations["CP1"]

    def fault(event: object, at: object) -> list[object]:
        raise RuntimeError("a mistake")

    conversation.session.receive = fault  # type: ignore[method-assign, assignment]
    uplink.say(3, uplink.calls("StartTransaction")[0][1], {"transactionId": 4, "idTagInfo": {"status": "Accepted"}})
    assert (wire.ended, wire.answer) == (True, None), "no byte: the station asks again"
    assert uplink.end is not None
    assert set(office.relay.conversations) == {"CP2"}
    assert "a mistake" in office.log.getvalue()
    again = office.start()
    assert again.answer is None
    office.accept()
    assert len(office.uplinks[-1].calls("StartTransaction")) == 1, "from the journal"


def test_readings_of_a_station_without_a_word_for_it_name_the_transaction_of_their_connector(tmp_path: Path) -> None:
    office = Office(tmp_path, pair(tmp_path, "ocpp1.2+ws", "ocpp1.6+ws"))
    station = office.connect("/ocpp/CP1", [("sec-websocket-protocol", "ocpp1.2")]).socket
    assert station is not None
    station.say(2, "1", "BootNotification", {"chargePointVendor": "V", "chargePointModel": "M"})
    uplink = office.accept()
    station.say(2, "2", "MeterValues", {"connectorId": 1, "values": [{"timestamp": "2026-01-01T00:00:00Z", "value": 5}]})
    uplink.say(3, uplink.calls("MeterValues")[-1][1], {})
    start = {"connectorId": 1, "idTag": "T", "timestamp": "2026-01-01T00:00:00Z", "meterStart": 5}
    station.say(2, "3", "StartTransaction", start)
    begun = uplink.calls("StartTransaction")[-1][1]
    uplink.say(3, begun, {"transactionId": 77, "idTagInfo": {"status": "Accepted"}})
    for connector in (1, 0, 2):
        reading = {"connectorId": connector, "values": [{"timestamp": "2026-01-01T00:01:00Z", "value": 9}]}
        station.say(2, f"4{connector}", "MeterValues", reading)
        uplink.say(3, uplink.calls("MeterValues")[-1][1], {})
    heard = [frame[3] for frame in uplink.calls("MeterValues")]
    assert [(one["connectorId"], one.get("transactionId")) for one in heard] == [(1, None), (1, 77), (0, None), (2, None)]
