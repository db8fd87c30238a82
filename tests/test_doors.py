"""Whom to let in, and what the others are told.  Named after the attack or field report behind it."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from gateway.address import parse
from gateway.config import Listener, Secret, Station
from gateway.doors import genuine, reached_at, sound_identity
from gateway.links.exchange import Request
from tests.office import PEER, Office, json_to_soap, soap_to_json

OFFER = ("sec-websocket-protocol", "ocpp1.6")


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


@pytest.fixture
def ws(tmp_path: Path) -> Office:
    (tmp_path / "key").write_bytes(b"\xff\x00:key\n")
    listed = {"KEY": Station("KEY", "KEY", password=Secret(file=tmp_path / "key")), "CP1": Station("CP1", "CP1")}
    return Office(tmp_path, json_to_soap(tmp_path, listed, enroll="listed"))


def basic(user: bytes, password: bytes) -> tuple[str, str]:
    return ("authorization", "Basic " + base64.b64encode(user + b":" + password).decode())


def test_a_listed_station_comes_in(ws: Office) -> None:
    assert ws.connect("/ocpp/CP1").socket is not None
    assert ws.connect("/ocpp/KEY", [OFFER, basic(b"KEY", b"\xff\x00:key")]).socket is not None


def test_an_unknown_station_gets_404_and_nothing_happens(ws: Office) -> None:
    wire = ws.connect("/ocpp/NOBODY")
    assert wire.answer is not None
    assert wire.answer[0] == 404
    assert ws.relay.conversations == {}


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [basic(b"KEY", b"wrong")],
        [basic(b"CP1", b"\xff\x00:key")],
        [basic(b"KEY", b"")],
        [("authorization", "Basic")],
        [("authorization", "Basic !!!")],
        [("authorization", "Bearer x")],
        [("authorization", "Basic " + "A" * 100_000)],
        [basic(b"KEY", b"\xff\x00:key"), basic(b"KEY", b"\xff\x00:key")],
    ],
)
def test_sec_002_003_only_the_exact_pair_passes(ws: Office, headers: list[tuple[str, str]]) -> None:
    wire = ws.connect("/ocpp/KEY", [OFFER, *headers])
    assert wire.answer is not None
    assert wire.answer[0] == 401
    assert wire.socket is None
    assert ws.relay.conversations == {}


def test_sec_019_a_page_in_a_browser_is_refused(ws: Office) -> None:
    wire = ws.connect("/ocpp/CP1", [OFFER, ("origin", "https://evil.example")])
    assert wire.answer is not None
    assert wire.answer[0] == 403


@pytest.mark.parametrize("path", ["/ocpp", "/ocpp/", "/other/CP1", "/ocpp/%00", "/ocpp/" + "x" * 300, "/ocpp/%1b%5b2J"])
def test_a_path_without_an_identity_is_refused(ws: Office, path: str) -> None:
    wire = ws.connect(path)
    assert wire.answer is not None
    assert wire.answer[0] == 404


@pytest.mark.parametrize("offer", [(), (("sec-websocket-protocol", "ocpp2.0.1"),), (("sec-websocket-protocol", "OCPP1.6"),)])
def test_without_a_common_sub_protocol_it_opens_and_closes_at_once(ws: Office, offer: Any) -> None:
    wire = ws.connect("/ocpp/CP1", offer)
    assert wire.socket is not None
    assert wire.socket.subprotocol is None
    assert wire.socket.end is not None
    assert ws.relay.conversations == {}


def test_q108_json_on_the_soap_address_is_told_so(office: Office) -> None:
    assert office.connect().answer is not None


def test_q108_soap_on_the_json_address_is_told_so(ws: Office) -> None:
    wrong = ws.http("POST", "/ocpp", b"<x/>")
    assert wrong.answer is not None
    assert wrong.answer[0] == 426
    assert b"WebSocket" in wrong.answer[1]


def test_an_unlisted_soap_station_gets_a_fault(tmp_path: Path) -> None:
    office = Office(tmp_path, soap_to_json(tmp_path, enroll="listed"))
    wire = office.boot("NOBODY")
    assert wire.answer is not None
    assert wire.answer[0] == 400
    assert b"SecurityError" in wire.answer[1]
    assert office.relay.conversations == {}


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/", "http://127.0.0.1:5432/", "file:///etc/passwd", "gopher://192.0.2.7/", "http://[::1]/",
        "http://u:p@192.0.2.7/", "http://192.0.2.7:0/", "http://192.0.2.7:99999/", "http://192.0.2.77/", "x" * 600, "",
        "http://192.0.2.7.evil.example/", "http://www.w3.org/2005/08/addressing/anonymous",
    ],
)  # fmt: skip
def test_sec_040_an_address_that_is_not_the_peer_s_own_is_never_called(office: Office, url: str) -> None:
    office.boot(callback=url)
    uplink = office.accept()
    uplink.say(2, "c1", "ClearCache", {})
    assert office.posts == []
    assert uplink.sent[-1][:2] == [4, "c1"], "the back end is told at once"


def test_sec_041_another_peer_cannot_move_the_callback(office: Office) -> None:
    office.boot()
    uplink = office.accept()
    office.soap("Heartbeat", "", callback="http://198.51.100.1:9/cp", peer=PEER)
    uplink.say(2, "c1", "ClearCache", {})
    assert [url for url, _, _ in office.posts] == [f"http://{PEER}:9/cp"]


def test_a_configured_callback_stands(tmp_path: Path) -> None:
    site = soap_to_json(tmp_path, {"CP1": Station("CP1", "CP1", callback="http://198.51.100.9/cp")})
    office = Office(tmp_path, site)
    office.boot()
    office.accept().say(2, "c1", "ClearCache", {})
    assert [url for url, _, _ in office.posts] == ["http://198.51.100.9/cp"]


def test_the_callback_is_remembered_over_a_restart(office: Office) -> None:
    office.boot()
    office.accept()
    office.open()
    office.soap("Heartbeat", "", callback="")
    office.accept().say(2, "c1", "ClearCache", {})
    assert [url for url, _, _ in office.posts] == [f"http://{PEER}:9/cp"]


def test_the_wsdl_is_served(office: Office) -> None:
    wire = office.http("GET", "/ocpp?wsdl")
    assert wire.answer is not None
    assert wire.answer[0] == 200
    assert b"http://192.0.2.1:8080/ocpp" in wire.answer[1]
    other = office.http("GET", "/ocpp")
    assert other.answer is not None
    assert other.answer[0] == 405


@pytest.mark.parametrize(
    ("listen", "public", "host", "told"),
    [
        ("192.0.2.1", None, "evil.example", "http://192.0.2.1:8080/ocpp"),
        ("0.0.0.0", None, "gw.example:8080", "http://gw.example:8080/ocpp"),
        ("[::]", None, "[2001:db8::1]:8080", "http://[2001:db8::1]:8080/ocpp"),
        ("0.0.0.0", None, '"><x>', "http://0.0.0.0:8080/ocpp"),
        ("0.0.0.0", "http://public.example/x", "gw.example", "http://public.example/x"),
    ],
)
def test_a_listener_on_every_address_is_called_as_its_visitor_called_it(
    listen: str, public: str | None, host: str, told: str
) -> None:
    listener = Listener("street", parse(f"ocpp1.5+http://{listen}:8080/ocpp", ["ocpp1.5"]), "open", public=public)
    request = Request("GET", "/ocpp?wsdl", "/ocpp", (("host", host),), b"", PEER, 4711, False)
    assert reached_at(listener, request) == told


@pytest.mark.parametrize(
    "body",
    [
        b"", b"\x00", b"<", b"<html><body>Log in</body></html>", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
        "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>".encode("utf-16"), b"<a>" * 10_000, b"{}", b"[2,\"1\",\"Heartbeat\",{}]",
    ],
)  # fmt: skip
def test_sec_044_046_what_is_no_envelope_gets_a_fault(office: Office, body: bytes) -> None:
    wire = office.http("POST", "/ocpp", body)
    assert wire.answer is not None
    assert wire.answer[0] in (400, 500)
    assert b"Fault" in wire.answer[1]
    assert office.relay.conversations == {}


def test_sec_04b_a_request_for_stations_does_not_belong_here(office: Office) -> None:
    from tests.office import envelope

    wire = office.http("POST", "/ocpp", envelope("Reset", "<type>Hard</type>", "CP1", "", space="urn://Ocpp/Cp/2012/06/"))
    assert wire.answer is not None
    assert b"NotSupported" in wire.answer[1]


@pytest.mark.parametrize("action", ["StartTransaction", "MeterValues", "BootNotification", "Authorize", "StatusNotification"])
def test_sec_057_an_empty_message_is_refused_and_not_forwarded(office: Office, action: str) -> None:
    office.boot()
    uplink = office.accept()
    before = len(uplink.sent)
    wire = office.soap(action, "")
    assert wire.answer is not None
    assert b"ProtocolError" in wire.answer[1]
    assert len(uplink.sent) == before


def test_requests_of_one_soap_station_are_taken_one_after_the_other(office: Office) -> None:
    office.boot()
    uplink = office.accept()
    first = office.soap("Authorize", "<idTag>A</idTag>")
    second = office.soap("Heartbeat", "")
    assert (first.answer, second.answer) == (None, None)
    uplink.say(3, uplink.calls("Authorize")[0][1], {"idTagInfo": {"status": "Accepted"}})
    assert first.answer is not None
    assert second.answer is not None


def test_a_station_cannot_open_more_requests_than_its_share(office: Office) -> None:
    office.boot()
    office.accept()
    wires = [office.soap("Authorize", "<idTag>A</idTag>") for _ in range(40)]
    assert [w.ended for w in wires].count(True) > 10
    assert "overload" in office.metrics.exposition().decode()


@pytest.mark.parametrize("name", [".", "..", None, "", "  ", "a\nb", "\x1b[2J", "x" * 256, "\u202e"])
def test_what_is_no_identity(name: str | None) -> None:
    assert sound_identity(name) is None


def test_an_identity_loses_its_white_space() -> None:
    assert sound_identity("  RDAM 123 ") == "RDAM 123"


def test_this_machine_may_call_itself_by_any_of_its_names() -> None:
    assert genuine("http://localhost:8080/cp", "127.0.0.1")
    assert not genuine("http://localhost:8080/cp", "192.0.2.7")


@pytest.mark.parametrize(
    "url", ["http://192.0.2.7/a b", "http://192.0.2.7/\r\nX: y", "http://192.0.2.7/\u00e9", "http://192.0.2.7/#a"]
)
def test_an_address_that_cannot_be_asked_does_not_take_the_place_of_one_that_can(url: str) -> None:
    assert not genuine(url, "192.0.2.7")
