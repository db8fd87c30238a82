"""Whom to let in, and what the others are told.  Named after the attack or field report behind it."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from gateway import backlog
from gateway.address import parse
from gateway.config import Backend, Listener, Secret, Site, Station
from gateway.doors import genuine, reached_at, sound_identity
from gateway.links.exchange import Request
from tests.office import PEER, Office, data, envelope, json_to_soap, soap_to_json

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


# ------------------------------------------------------------------------------------------- several dialects at one door
def many(folder: Path, *listen: str, assumed: str | None = None) -> Office:
    """One port with all of these, before a 1.6 back end."""
    names = data().dialects
    addresses = [parse(f"{one}://192.0.2.1:8080/ocpp", names) for one in listen]
    listeners = tuple(Listener(f"street-{n}", one, "open", assumed=assumed) for n, one in enumerate(addresses))
    return Office(folder, Site(listeners, (Backend("main", parse("ocpp1.6+ws://192.0.2.2:9000/cs", names)),), folder))


def offering(*names: str) -> list[tuple[str, str]]:
    return [("sec-websocket-protocol", ", ".join(names))] if names else []


@pytest.mark.parametrize(
    ("offered", "agreed"),
    [
        (["ocpp1.5", "ocpp1.6"], "ocpp1.6"),
        (["ocpp1.6", "ocpp1.5"], "ocpp1.6"),
        (["ocpp2.9", "ocpp1.5", "mqtt"], "ocpp1.5"),
        (["ocpp1.2"], "ocpp1.2"),
        (["ocpp2.9"], None),
        ([], None),
    ],
)
def test_the_newest_of_the_offered_is_spoken(tmp_path: Path, offered: list[str], agreed: str | None) -> None:
    office = many(tmp_path, "ocpp1.2,ocpp1.5,ocpp1.6+ws")
    socket = office.connect("/ocpp/CP1", offering(*offered)).socket
    assert socket is not None
    assert (socket.subprotocol, socket.end is None) == (agreed, agreed is not None)
    spoken = [one.session.desk.dialect.name for one in office.relay.conversations.values()]
    assert spoken == ([agreed] if agreed else [])


def test_who_offers_nothing_speaks_what_the_listener_says(tmp_path: Path) -> None:
    office = many(tmp_path, "ocpp1.6,ocpp1.5+ws", assumed="ocpp1.5")
    socket = office.connect("/ocpp/CP1", []).socket
    assert socket is not None
    assert (socket.subprotocol, socket.end) == (None, None)
    assert office.relay.conversations["CP1"].session.desk.dialect.name == "ocpp1.5"
    assert office.connect("/ocpp/CP2", offering("mqtt")).socket.end is not None  # type: ignore[union-attr]


def test_soap_says_its_version_by_its_namespace_and_shares_the_path_with_websockets(tmp_path: Path) -> None:
    office = many(tmp_path, "ocpp1.2,ocpp1.5,ocpp1.6+http", "ocpp1.6+ws")
    inner = "<chargePointVendor>V</chargePointVendor><chargePointModel>M</chargePointModel>"
    for name, year in (("ocpp1.2", "2010/08"), ("ocpp1.5", "2012/06"), ("ocpp1.6", "2015/10")):
        body = envelope("BootNotification", inner, name, f"http://{PEER}:9/cp", space=f"urn://Ocpp/Cs/{year}/")
        wire = office.http("POST", "/ocpp", body)
        assert office.relay.conversations[name].session.desk.dialect.name == name
        office.accept()
        assert wire.answer is not None
        assert wire.answer[0] == 200
        assert f"urn://Ocpp/Cs/{year}/".encode() in wire.answer[1]
    assert office.connect("/ocpp/CP4").socket.subprotocol == "ocpp1.6"  # type: ignore[union-attr]
    wrong = office.http("POST", "/ocpp", envelope("Heartbeat", "", "CP9", "", space="urn://Ocpp/Cs/2009/01/"))
    assert wrong.answer is not None
    assert b"not spoken here" in wrong.answer[1]


def test_each_wsdl_can_be_had(tmp_path: Path) -> None:
    office = many(tmp_path, "ocpp1.5,ocpp1.2+http")
    for query, space in (("?wsdl", b"2012/06"), ("?WSDL=ocpp1.2", b"2010/08"), ("?wsdl=ocpp1.5", b"2012/06")):
        wire = office.http("GET", f"/ocpp{query}")
        assert wire.answer is not None
        assert (wire.answer[0], space in wire.answer[1]) == (200, True)
    assert office.http("GET", "/ocpp?wsdl=ocpp1.6").answer[0] == 405  # type: ignore[index]


def test_a_station_that_comes_back_newer_keeps_its_backlog(tmp_path: Path) -> None:
    office = many(tmp_path, "ocpp1.5,ocpp1.6+ws")
    old = office.connect("/ocpp/CP1", offering("ocpp1.5")).socket
    assert old is not None
    old.say(2, "1", "BootNotification", {"chargePointVendor": "V", "chargePointModel": "M"})
    office.accept()
    new = office.connect("/ocpp/CP1", offering("ocpp1.6")).socket
    assert new is not None
    assert old.end is not None
    assert office.relay.conversations["CP1"].session.desk.dialect.name == "ocpp1.6"


def test_after_a_restart_a_backlog_is_taken_up_in_the_dialect_that_was_spoken(tmp_path: Path) -> None:
    office = many(tmp_path, "ocpp1.6,ocpp1.5+ws")
    station = office.connect("/ocpp/CP1", offering("ocpp1.5")).socket
    assert station is not None
    station.say(2, "1", "BootNotification", {"chargePointVendor": "V", "chargePointModel": "M"})
    office.accept()
    office.refuse_uplinks = True
    office.uplinks[-1].receiver.closed(1001, "gone")
    start = {"connectorId": 1, "idTag": "T", "timestamp": "2026-01-01T00:00:00Z", "meterStart": 1}
    station.say(2, "2", "StartTransaction", start)
    office.open()
    backlog.resume(office.relay)
    assert office.relay.conversations["CP1"].session.desk.dialect.name == "ocpp1.5"
