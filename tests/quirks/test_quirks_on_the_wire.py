"""Profiles at work in a whole gateway: what the peers hear, what is counted, what is remembered."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.catalogue import Folders
from gateway.config import Secret, Station
from gateway.data import Data
from gateway.quirks.choose import Quirks
from gateway.quirks.connect import Connect, hidden
from tests.office import Office, Socket, data, envelope, pair

HEAD = "    title: T\n    why: W\n    link: https://example.org/1\n    match: "
METER = {"connectorId": 1, "meterValue": []}


def office(folder: Path, *profiles: str, listen: str = "ocpp1.6+ws", connect: str = "ocpp1.6+ws") -> Office:
    (folder / "own" / "quirks").mkdir(parents=True)
    listed = "".join(f"  odd-{number}:\n{HEAD}{text}\n" for number, text in enumerate(profiles))
    (folder / "own" / "quirks" / "own.yaml").write_text(f"quirks:\n{listed}")
    made = Office(folder, pair(folder, listen, connect))
    old = data()
    made.relay.data = Data(old.dialects, old.ladder, Quirks.load(Folders([folder / "own"], shipped_too=False), old.dialects))
    return made


def booted(made: Office, vendor: str = "V") -> Socket:
    socket = made.connect().socket
    assert socket is not None
    socket.say(2, "b", "BootNotification", {"chargePointVendor": vendor, "chargePointModel": "M", "firmwareVersion": "1"})
    made.accept()
    return socket


V = "{side: station, dialect: ocpp1.6, vendor: V}\n    deliberate: true\n"


def test_a_call_is_answered_by_a_profile_and_goes_no_further(tmp_path: Path) -> None:
    made = office(
        tmp_path,
        V + "    repair: {payload: [{on: call MeterValues, when: not it.meterValue, answer: {}}]}\n"
        "    samples: [{repair: call MeterValues, before: {connectorId: 1, meterValue: []}, answer: {}}]",
    )
    socket = booted(made)
    socket.say(2, "m", "MeterValues", METER)
    assert socket.sent[-1] == [3, "m", {}]
    assert made.uplinks[-1].calls("MeterValues") == []
    assert 'quirk_firings_total{quirk="odd-0"} 1.0' in made.metrics.exposition().decode()


def test_a_command_is_answered_by_a_profile_without_asking_the_station(tmp_path: Path) -> None:
    made = office(
        tmp_path,
        V + "    adjust: [{on: call ClearCache, answer: {status: Rejected}}]\n"
        "    samples: [{adjust: call ClearCache, before: {}, answer: {status: Rejected}}]",
    )
    socket = booted(made)
    made.uplinks[-1].say(2, "c", "ClearCache", {})
    assert made.uplinks[-1].sent[-1] == [3, "c", {"status": "Rejected"}]
    assert socket.calls("ClearCache") == []


def test_an_error_becomes_a_result(tmp_path: Path) -> None:
    made = office(
        tmp_path,
        V + "    repair: {payload: [{on: error ClearCache, when: it.code == 'NotImplemented', answer: {status: Rejected}}]}\n"
        "    samples: [{repair: error ClearCache, before: {code: NotImplemented}, answer: {status: Rejected}}]",
    )
    socket = booted(made)
    made.uplinks[-1].say(2, "c", "ClearCache", {})
    socket.say(4, socket.calls("ClearCache")[0][1], "NotImplemented", "", {})
    assert made.uplinks[-1].sent[-1] == [3, "c", {"status": "Rejected"}]


def test_a_result_is_mended_by_what_was_asked(tmp_path: Path) -> None:
    made = office(
        tmp_path,
        V + "    repair: {payload: [{on: result ChangeConfiguration, at: status, set: RebootRequired, when: asked.key == 'K'}]}\n"
        "    samples: [{repair: result ChangeConfiguration, asked: {key: K, value: '1'}, before: {status: Accepted},"
        " after: {status: RebootRequired}}]",
    )
    socket = booted(made)
    for key, status in (("K", "RebootRequired"), ("L", "Accepted")):
        made.uplinks[-1].say(2, key, "ChangeConfiguration", {"key": key, "value": "1"})
        socket.say(3, socket.calls("ChangeConfiguration")[-1][1], {"status": "Accepted"})
        assert made.uplinks[-1].sent[-1] == [3, key, {"status": status}]


def test_message_ids_that_are_numbers_come_back_as_numbers(tmp_path: Path) -> None:
    made = office(
        tmp_path,
        "{side: station, station: CP1}\n    repair: {frame: [id_to_text, null_payload]}\n    samples:\n"
        '      - {repair: text, before: \'[2,7,"Heartbeat",null]\', after: \'[2,"7","Heartbeat",{}]\'}',
    )
    socket = booted(made)
    socket.receiver.text('[2,7,"Heartbeat",null]')
    assert socket.sent[-1][:2] == [3, 7]
    assert socket.texts[-1].startswith("[3,7,")


def test_an_error_code_is_spelled_as_the_back_end_wants_it(tmp_path: Path) -> None:
    made = office(
        tmp_path,
        "{side: backend, dialect: ocpp1.6, backend: main}\n    beyond_schema: true\n    adjust:\n"
        "      - {on: error *, at: code, enum: {OccurenceConstraintViolation: OccurrenceConstraintViolation}}\n    samples:\n"
        "      - {adjust: error ClearCache, before: {code: OccurenceConstraintViolation},"
        " after: {code: OccurrenceConstraintViolation}}",
    )
    socket = booted(made)
    made.uplinks[-1].say(2, "c", "ClearCache", {})
    socket.say(4, socket.calls("ClearCache")[0][1], "OccurenceConstraintViolation", "", {})
    assert made.uplinks[-1].sent[-1][:3] == [4, "c", "OccurrenceConstraintViolation"]


def test_a_code_that_is_none_is_mended_by_a_rule(tmp_path: Path) -> None:
    made = office(
        tmp_path,
        "{side: station, dialect: ocpp1.6, vendor: V}\n    repair:\n      payload:\n"
        "        - {on: error *, at: code, enum: {Not Implemented: NotImplemented}}\n    samples:\n"
        "      - {repair: error ClearCache, before: {code: Not Implemented, description: no},"
        " after: {code: NotImplemented, description: no}}",
    )
    socket = booted(made)
    for code, heard in (("Not Implemented", "NotImplemented"), ("Odd One", "GenericError")):
        made.uplinks[-1].say(2, code, "ClearCache", {})
        socket.say(4, socket.calls("ClearCache")[-1][1], code, "no", {})
        assert made.uplinks[-1].sent[-1][:3] == [4, code, heard]
    assert made.uplinks[-1].sent[-1][3] == "Odd One: no"


@pytest.mark.parametrize("header", [(), (("sec-websocket-protocol", "OCPP-16"),)])
def test_sub_protocols_are_forgiven(tmp_path: Path, header: Any) -> None:
    made = office(
        tmp_path, "{side: station, user_agent: 'Old*'}\n    connect: {assume_subprotocol: true, subprotocols: [ocpp-16]}"
    )
    assert made.connect(headers=header).socket is not None
    refused = made.connect(headers=header).socket
    assert refused is not None
    assert refused.end is not None, "nobody else is forgiven"
    socket = made.connect(headers=(("user-agent", "Old 1"), *header)).socket
    assert socket is not None
    assert socket.end is None
    assert socket.subprotocol == (header[0][1] if header else None)
    socket.say(2, "b", "Heartbeat", {})
    assert socket.sent[-1][0] == 3


def test_the_identity_stands_in_the_query(tmp_path: Path) -> None:
    made = office(tmp_path, "{side: station, user_agent: 'Old*'}\n    connect: {identity: {query: id}}")
    headers = (("user-agent", "Old 1"), ("sec-websocket-protocol", "ocpp1.6"))
    wire = made.connect("/ocpp/ws?id=CP%209", headers)
    assert wire.socket is not None
    assert list(made.relay.conversations) == ["CP 9"]


def test_a_station_speaks_another_version_than_it_agreed_on(tmp_path: Path) -> None:
    made = office(
        tmp_path, "{side: station, station: CP1, dialect: ocpp2.0.1}\n    connect: {by_shape: [ocpp1.6]}", listen="ocpp2.0.1+ws"
    )
    socket = made.connect(headers=(("sec-websocket-protocol", "ocpp2.0.1"),)).socket
    assert socket is not None
    assert made.relay.conversations == {}
    socket.say(2, "b", "BootNotification", {"chargePointVendor": "V", "chargePointModel": "M"})
    assert made.relay.conversations["CP1"].session.desk.dialect.name == "ocpp1.6"
    made.accept()
    assert socket.sent[-1][:2] == [3, "b"]


def test_a_soap_request_that_cannot_be_read_is_mended(tmp_path: Path) -> None:
    made = office(
        tmp_path,
        "{side: station, user_agent: 'Old*'}\n    repair: {text: [{replace: {from: '&nbsp;', to: ' '}}]}\n"
        "    samples: [{repair: text, before: 'a&nbsp;b', after: 'a b'}]",
        listen="ocpp1.5+http",
    )
    inner = "<chargePointVendor>A&nbsp;B</chargePointVendor><chargePointModel>M</chargePointModel>"
    body = envelope("BootNotification", inner, "CP1", "http://192.0.2.7:9/cp")
    assert made.http("POST", "/ocpp", body).answer is not None, "a stranger gets a Fault at once"
    assert made.relay.conversations == {}
    made.http("POST", "/ocpp", body, headers=(("user-agent", "Old 1"),))
    assert made.uplinks[-1].calls("BootNotification")[0][3]["chargePointVendor"] == "A B"


def test_pings_by_profile(tmp_path: Path) -> None:
    made = office(tmp_path, "{side: station, vendor: V}\n    connect: {ping_every: 20, dead_after: 0}")
    asked: list[Any] = []
    socket = made.connect().socket
    assert socket is not None
    socket.pulse = lambda *how: asked.append(how)  # type: ignore[attr-defined]
    socket.say(2, "b", "BootNotification", {"chargePointVendor": "V", "chargePointModel": "M"})
    assert asked[-1] == (20.0, 0.0)


def test_first_firings_and_warnings_are_told(tmp_path: Path) -> None:
    made = office(
        tmp_path,
        V + "    warn: Look at its clock.\n    repair: {payload: [{on: call MeterValues, when: not it.meterValue, answer: {}}]}\n"
        "    samples: [{repair: call MeterValues, before: {connectorId: 1, meterValue: []}, answer: {}}]",
    )
    socket = booted(made)
    assert "Look at its clock." in made.log.getvalue()
    socket.say(2, "m", "MeterValues", METER)
    socket.say(2, "m", "MeterValues", METER)
    found: list[Any] = []
    made.journal.restore("CP1", found.append)
    assert found[0].values["quirks"] == {"odd-0": {"1": "2026-01-01T00:00:00.000Z"}}
    socket.say(2, "b2", "BootNotification", {"chargePointVendor": "V", "chargePointModel": "M", "firmwareVersion": "2"})
    made.relay.choose(made.relay.conversations["CP1"])
    made.relay.conversations["CP1"].firings.chosen = ()
    made.relay.choose(made.relay.conversations["CP1"])
    lines = [json.loads(line) for line in made.log.getvalue().splitlines() if "quirks" in line]
    assert any(line.get("quiet") == "odd-0" for line in lines), "it has not fired under firmware 2"


def test_a_back_end_is_cured_from_its_first_message_on(tmp_path: Path) -> None:
    made = office(
        tmp_path,
        "{side: backend, dialect: ocpp1.6, backend: main}\n    deliberate: true\n"
        "    adjust: [{on: call BootNotification, at: chargePointModel, truncate: 1}]\n    samples:\n"
        "      - {adjust: call BootNotification, before: {chargePointVendor: V, chargePointModel: MODEL},"
        " after: {chargePointVendor: V, chargePointModel: M}}",
    )
    socket = made.connect().socket
    assert socket is not None
    socket.say(2, "b", "BootNotification", {"chargePointVendor": "V", "chargePointModel": "MODEL"})
    assert made.uplinks[-1].calls("BootNotification")[0][3]["chargePointModel"] == "M"


def test_a_station_without_quirks_has_the_shared_nothing(tmp_path: Path) -> None:
    from gateway.quirks.cures import NONE

    made = office(tmp_path, V + "    behave: {command_gap: 1}")
    booted(made, "Other")
    conversation = made.relay.conversations["CP1"]
    assert conversation.station_end.voice.cures is NONE  # type: ignore[union-attr]
    assert conversation.session.desk.switches == {}
    assert replace(made.site).stations == {}


# -- the door, and the door of the back end --------------------------------------------------------------------------

PLAIN = (("sec-websocket-protocol", "ocpp1.6"),)


def test_a_small_controller_of_the_field_gets_in(tmp_path: Path) -> None:
    """As reported: no sub-protocol, and the library's page as its Origin."""
    made = Office(tmp_path, pair(tmp_path, "ocpp1.6+ws", "ocpp1.6+ws"))
    headers = (("user-agent", "TinyWebsockets Client"), ("origin", "https://github.com/gilmaimon/TinyWebsockets"))
    socket = made.connect(headers=headers).socket
    assert socket is not None
    assert (socket.subprotocol, socket.end) == (None, None)
    assert made.connect(headers=headers[1:]).answer == (403, b"a browser has no business here")
    assert 'quirk_firings_total{quirk="no-subprotocol"} 1.0' in made.metrics.exposition().decode()


@pytest.mark.parametrize(
    ("forgive", "shown", "let_in"),
    [
        ("", b"CP1:\x01\xab", True),
        ("", b"other:\x01\xab", False),
        ("user", b"other:\x01\xab", True),
        ("user", b"other:\x01\xac", False),
        ("", b"CP1:01AB", False),
        ("hex_password", b"CP1:01AB", True),
        ("hex_password", b"CP1:01AC", False),
        ("hex_password", b"other:01AB", False),
    ],
)
def test_odd_credentials(tmp_path: Path, forgive: str, shown: bytes, let_in: bool) -> None:
    made = office(tmp_path, f"{{side: station, user_agent: 'Old*'}}\n    connect: {{forgive: [{forgive or 'key'}]}}")
    (tmp_path / "secret").write_bytes(b"\x01\xab")
    station = Station("CP1", "CP1", password=Secret(file=tmp_path / "secret"))
    made.relay.site = replace(made.site, stations={"CP1": station})
    basic = "Basic " + base64.b64encode(shown).decode()
    wire = made.connect(headers=(("user-agent", "Old 1"), ("authorization", basic), *PLAIN))
    assert (wire.socket is not None) == let_in


@pytest.mark.parametrize(
    ("where", "path", "headers", "status"),
    [
        ("identity: {path: '/([^/]+)$'}, password: {path: '^([^/]+)/'}", "/ocpp/s3cret/CP1", (), 101),
        ("identity: {path: '/([^/]+)$'}, password: {path: '^([^/]+)/'}", "/ocpp/secret/CP1", (), 401),
        ("identity: {path: '/([^/]+)$'}, password: {path: '^([^/]+)/'}", "/ocpp/s3cret/CP2", (), 404),
        ("password: {query: key}", "/ocpp/CP1?user=CP1&key=s3cret", (), 101),
        ("password: {query: key}", "/ocpp/CP1?user=CP1&key=", (), 401),
        ("password: {query: key}", "/ocpp/CP1", (), 401),
        ("password: {header: X-Key}", "/ocpp/CP1", (("x-key", "s3cret"),), 101),
        ("password: {query: key}", "/ocpp/CP1", (("authorization", "Basic Q1AxOnMzY3JldA=="),), 101),
        ("forgive: [scheme]", "/ocpp/CP1", (("authorization", "Basic: Q1AxOnMzY3JldA=="),), 101),
        ("forgive: [user]", "/ocpp/CP1", (("authorization", "Basic: Q1AxOnMzY3JldA=="),), 401),
    ],
)
def test_a_password_stands_where_a_station_can_put_it(
    tmp_path: Path, where: str, path: str, headers: tuple[tuple[str, str], ...], status: int
) -> None:
    made = office(tmp_path, f"{{side: station, user_agent: 'Old*'}}\n    connect: {{{where}}}")
    (tmp_path / "secret").write_bytes(b"s3cret")
    listener = replace(made.site.listeners[0], enroll="listed")
    made.relay.site = replace(made.site, stations={"CP1": Station("CP1", "CP1", password=Secret(file=tmp_path / "secret"))})
    made.doors.listeners = [listener]
    wire = made.connect(path, headers=(("user-agent", "Old 1"), *headers, *PLAIN))
    assert (101 if wire.socket is not None else wire.answer[0]) == status  # type: ignore[index]
    counted = 'quirk_firings_total{quirk="odd-0"}' in made.metrics.exposition().decode()
    assert counted == (status == 101)


def test_a_password_in_the_path_is_not_shown(tmp_path: Path) -> None:
    rules = Connect(password={"path": "^([^/]+)/"})
    assert hidden(rules, "/ocpp/s3cret/CP1", "s3cret/CP1") == "/ocpp/***/CP1"
    assert hidden(rules, "/ocpp/CP1", "CP1") == hidden(None, "/ocpp/CP1", "CP1") == "/ocpp/CP1"


def test_of_several_versions_the_one_that_works_is_spoken(tmp_path: Path) -> None:
    made = office(tmp_path, "{side: station, user_agent: 'New*'}\n    connect: {speak: [ocpp1.6]}", listen="ocpp2.0.1,ocpp1.6+ws")
    for agent, spoken in (("New 2", "ocpp1.6"), ("Other", "ocpp2.0.1")):
        socket = made.connect(headers=(("user-agent", agent), ("sec-websocket-protocol", "ocpp1.6, ocpp2.0.1"))).socket
        assert socket is not None
        assert socket.subprotocol == spoken


def test_a_back_end_is_offered_what_it_wants_to_hear(tmp_path: Path) -> None:
    made = office(
        tmp_path,
        "{side: backend, backend: main}\n    connect:\n      {subprotocols: [OCPP16, ocpp1.6], ping_every: 20,"
        " headers: {User-Agent: acme 1}, forgive: [binary]}",
    )
    offers: list[Any] = []
    usual = made.dial

    def dial(url: str, names: tuple[str, ...], *more: Any) -> Any:
        offers.append(names)
        return usual(url, names, *more)

    made.relay._dial = dial
    pulses: list[Any] = []
    Socket.pulse = lambda self, *how: pulses.append(how)  # type: ignore[attr-defined]
    try:
        made.connect()
    finally:
        del Socket.pulse  # type: ignore[attr-defined]
    assert offers == [("OCPP16", "ocpp1.6")]
    assert made.uplinks[0].headers["User-Agent"] == "acme 1"
    assert set(pulses) == {(20.0, None)}
    assert made.uplinks[0].takes_binary  # type: ignore[attr-defined]


def test_a_back_end_may_be_offered_nothing(tmp_path: Path) -> None:
    made = office(tmp_path, "{side: backend, backend: main}\n    connect: {assume_subprotocol: true}")
    offers: list[Any] = []

    def dial(url: str, names: tuple[str, ...], *more: Any) -> Any:
        offers.append(names)
        return made.dial(url, names or ("none",), *more)

    made.relay._dial = dial
    made.connect()
    assert offers == [()]


# -- switches at work are counted ------------------------------------------------------------------------------------


def test_a_switch_that_did_something_is_counted_and_remembered(tmp_path: Path) -> None:
    made = office(tmp_path, "{side: station, vendor: V}\n    behave: {delay_answer: {heartbeat: 2}}")
    socket = booted(made)
    socket.say(2, "h", "Heartbeat", {})
    assert 'quirk_firings_total{quirk="odd-0"} 1.0' in made.metrics.exposition().decode()
    found: list[Any] = []
    made.journal.restore("CP1", found.append)
    assert found[0].values["quirks"] == {"odd-0": {"1": "2026-01-01T00:00:00.000Z"}}


def test_each_operation_of_a_switch_counts_for_its_own_profile(tmp_path: Path) -> None:
    made = office(
        tmp_path,
        "{side: station, dialect: ocpp1.6, vendor: V}\n    behave: {silence: {ClearCache: {after: 5}}}",
        "{side: station, dialect: ocpp1.6, vendor: V, model: M}\n    behave: {silence: {Reset: {after: 5}}}",
    )
    booted(made)
    made.uplinks[-1].say(2, "r", "Reset", {"type": "Soft"})
    made.clock.advance(6)
    exposed = made.metrics.exposition().decode()
    assert 'quirk_firings_total{quirk="odd-1"} 1.0' in exposed
    assert 'quirk_firings_total{quirk="odd-0"}' not in exposed


def test_a_new_firmware_shows_what_is_quiet(tmp_path: Path) -> None:
    made = office(tmp_path, "{side: station, vendor: V}\n    behave: {delay_answer: {heartbeat: 2}}")
    socket = booted(made)
    socket.say(2, "h", "Heartbeat", {})
    socket.say(2, "b2", "BootNotification", {"chargePointVendor": "V", "chargePointModel": "M", "firmwareVersion": "2"})
    lines = [json.loads(line) for line in made.log.getvalue().splitlines() if "quirks" in line]
    assert [line.get("quiet") for line in lines if "odd-0" in line.get("detail", "")] == [None, "odd-0"]


def test_a_profile_for_another_field_of_the_boot(tmp_path: Path) -> None:
    made = office(
        tmp_path, "{side: station, dialect: ocpp1.6, boot: {meterType: '*NON compliant*'}}\n    warn: Look at its meter."
    )
    socket = booted(made)
    assert "Look at its meter." not in made.log.getvalue()
    boot = {"chargePointVendor": "V", "chargePointModel": "M", "meterType": "Internal NON compliant"}
    socket.say(2, "b2", "BootNotification", boot)
    assert "Look at its meter." in made.log.getvalue()


# -- answers under another id, links, clocks -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("repair", "id_of"), [("id_spelling", lambda id: f"{{{id.upper()}}}"), ("id_in_turn", lambda id: "the one before")]
)
def test_an_answer_under_another_id(tmp_path: Path, repair: str, id_of: Any) -> None:
    shown = "{repair: text, asked: [a-1], before: '[3,\"A1\",{}]', after: '[3,\"a-1\",{}]'}"
    made = office(tmp_path, V + f"    repair: {{frame: [{repair}]}}\n    samples: [{shown}]")
    socket = booted(made)
    made.uplinks[-1].say(2, "c", "ClearCache", {})
    socket.say(3, id_of(socket.calls("ClearCache")[-1][1]), {"status": "Accepted"})
    assert made.uplinks[-1].sent[-1] == [3, "c", {"status": "Accepted"}]
    assert 'quirk_firings_total{quirk="odd-0"} 1.0' in made.metrics.exposition().decode()
    socket.say(3, "nobody", {"status": "Rejected"})
    assert made.uplinks[-1].sent[-1] == [3, "c", {"status": "Accepted"}]


class Link(Socket):
    """A socket that knows when it was heard."""

    is_open, heard_at, pinged = True, 0.0, 0

    def ping(self) -> None:
        self.pinged += 1


def test_a_second_link_may_have_to_wait(tmp_path: Path) -> None:
    made = office(tmp_path, "{side: station, dialect: ocpp1.6, vendor: V}\n    connect: {keep_link: 60}")
    booted(made)
    [conversation] = made.relay.conversations.values()
    first = Link(conversation.station_end)
    conversation.station_end.socket = first  # type: ignore[union-attr,assignment]
    made.clock.advance(59)
    refused = made.connect()
    assert refused.socket is None
    assert refused.answer is not None
    assert refused.answer[0] == 409
    assert (first.pinged, first.end) == (1, None)
    assert 'quirk_firings_total{quirk="odd-0"} 1.0' in made.metrics.exposition().decode()
    made.clock.advance(1)
    assert made.connect().socket is not None
    assert first.end is not None


def test_a_clock_is_measured_by_states(tmp_path: Path) -> None:
    state = {"connectorId": 1, "status": "Available", "errorCode": "NoError"}
    shown = "{connectorId: 1, status: Available, errorCode: NoError, timestamp: '2024-05-01T%s:00:00Z'}"
    made = office(
        tmp_path,
        V + "    repair: {payload: [{on: call *, at: timestamp, unskew: 300}]}\n"
        "    samples:\n      - repair: call StatusNotification\n        skew: 3600\n        now: '2024-05-01T10:00:00Z'\n"
        f"        before: {shown % 11}\n        after: {shown % 10}",
    )
    socket = booted(made)
    for number, (told, after) in enumerate(
        [
            ("2025-12-31T22:00:00Z", "2026-01-01T00:00:00Z"),  # two hours behind
            ("2025-12-31T23:59:00Z", "2025-12-31T23:59:00Z"),  # as good as right
            (None, None),
            ("1970-01-01T00:00:09Z", "2026-01-01T00:00:00Z"),
        ]
    ):
        socket.say(
            2, f"s{number}", "StatusNotification", {**state, "connectorId": number, **({"timestamp": told} if told else {})}
        )
        up = made.uplinks[-1].calls("StatusNotification")[-1]
        assert up[3].get("timestamp") == after
        made.uplinks[-1].say(3, up[1], {})
    start = {"connectorId": 1, "idTag": "A", "meterStart": 1, "timestamp": "1970-01-01T00:00:01Z"}
    socket.say(2, "t", "StartTransaction", start)  # of before, by the same clock
    assert made.uplinks[-1].calls("StartTransaction")[-1][3]["timestamp"] == "2025-12-31T23:59:52Z"


def test_messages_glued_together_and_in_pieces(tmp_path: Path) -> None:
    made = office(tmp_path, "{side: station, dialect: ocpp1.6, vendor: V}\n    connect: {cut_anew: true}")
    socket = booted(made)
    socket.receiver.text('[2,"h1","Heartbeat",{}][2,"h2","Heartb')
    socket.receiver.text('eat",{}]')
    assert [frame[1] for frame in socket.sent[-2:]] == ["h1", "h2"]
    assert 'quirk_firings_total{quirk="odd-0"} 2.0' in made.metrics.exposition().decode()


def test_what_is_put_right_on_a_link_is_counted(tmp_path: Path) -> None:
    made = office(
        tmp_path,
        "{side: station, dialect: ocpp1.6, vendor: V}\n    connect: {forgive: [unmasked]}",
        "{side: station, dialect: ocpp1.6, vendor: V, model: M}\n    connect: {forgive: [reserved_bits], charset: gbk}",
    )
    asked: list[Any] = []
    Socket.straighten = lambda self, *how: asked.append(how)  # type: ignore[attr-defined]
    try:
        socket: Any = booted(made)
    finally:
        del Socket.straighten  # type: ignore[attr-defined]
    assert asked[-1] == (True, True, "gbk")
    for what in ("unmasked", "charset", "charset", "reserved_bits"):
        socket.on_mended(what)
    exposed = made.metrics.exposition().decode()
    assert 'quirk_firings_total{quirk="odd-0"} 1.0' in exposed
    assert 'quirk_firings_total{quirk="odd-1"} 3.0' in exposed


def test_a_rule_may_ask_what_runs_at_the_station(tmp_path: Path) -> None:
    made = office(
        tmp_path,
        V + "    repair:\n      payload:\n        - {on: call StatusNotification, at: status, set: Preparing,"
        " when: it.status == 'Finishing' and not facts.running(it.connectorId)}\n"
        "    samples:\n      - repair: call StatusNotification\n"
        "        before: {connectorId: 1, errorCode: NoError, status: Finishing}\n"
        "        after: {connectorId: 1, errorCode: NoError, status: Preparing}",
        "{side: backend, dialect: ocpp1.6, backend: main}\n    deliberate: true\n    adjust:\n"
        "      - {on: call StatusNotification, at: info, give: text(facts.transaction(it.connectorId))}\n    samples:\n"
        "      - adjust: call StatusNotification\n        facts: {transaction: {1: 7}}\n"
        "        before: {connectorId: 1, errorCode: NoError, status: Available}\n"
        "        after: {connectorId: 1, errorCode: NoError, status: Available, info: '7'}",
    )
    socket = booted(made)
    state = {"connectorId": 1, "errorCode": "NoError", "status": "Finishing"}

    def told(id: str) -> Any:
        socket.say(2, id, "StatusNotification", state)
        up = made.uplinks[-1].calls("StatusNotification")[-1]
        made.uplinks[-1].say(3, up[1], {})
        return up[3]

    assert told("s1") == {**state, "status": "Preparing"}
    socket.say(2, "t", "StartTransaction", {"connectorId": 1, "idTag": "A", "meterStart": 5, "timestamp": "2024-05-01T10:00:00Z"})
    start = made.uplinks[-1].calls("StartTransaction")[-1]
    made.uplinks[-1].say(3, start[1], {"transactionId": 4711, "idTagInfo": {"status": "Accepted"}})
    assert told("s2") == {**state, "info": "4711"}
