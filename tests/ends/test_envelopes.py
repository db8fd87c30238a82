"""A SOAP peer: one request at a time, and every exchange has an end."""

from __future__ import annotations

from typing import Any

import pytest
from twisted.internet.defer import Deferred

from gateway.dialects.soap import read_envelope
from gateway.ends.envelopes import MOST_WAITING, EnvelopeEnd
from gateway.ends.voice import Voice
from gateway.links.client import Response
from gateway.links.exchange import Exchange, Request
from gateway.links.limits import LinkFailed
from gateway.messages import Call, Error, Result
from tests.ends.test_frames import Owner, Witness
from tests.office import Wire, data, envelope


class Poster:
    def __init__(self) -> None:
        self.posted: list[tuple[str, bytes, Deferred[Response]]] = []

    def post(self, url: str, headers: Any, body: bytes, within: float) -> Deferred[Response]:
        self.posted.append((url, body, Deferred()))
        return self.posted[-1][2]


class Table:
    def __init__(self, side: Any = "station", dialect: str = "ocpp1.5") -> None:
        self.witness, self.owner, self.poster, self.count = Witness(), Owner(), Poster(), 0
        self.dialect = data().dialects[dialect]
        voice = Voice(side, "S", self.dialect, "soap", self.witness, "drop")
        self.end = EnvelopeEnd(voice, self.owner, self.poster, "S", "http://192.0.2.7/cp", "http://us/", self.id)

    def id(self) -> str:
        self.count += 1
        return f"n{self.count}"

    def hear(self, action: str, inner: str = "", id: str = "m1") -> Wire:
        sender = {"station": "Cs", "backend": "Cp"}[self.end.voice.side]
        wire, body = Wire(), envelope(action, inner, "S", "http://192.0.2.7/cp", id, f"urn://Ocpp/{sender}/2012/06/")
        exchange = Exchange(wire, Request("POST", "/", "/", (), body, "192.0.2.7", 1, False))
        wire.exchange = exchange  # type: ignore[attr-defined]
        self.end.hear(exchange, read_envelope(body, [self.dialect]), body.decode())
        return wire

    def answer(self, body: bytes, status: int = 200, **headers: str) -> None:
        self.poster.posted[-1][2].callback(Response(status, tuple((k.replace("_", "-"), v) for k, v in headers.items()), body))


@pytest.fixture
def table() -> Table:
    return Table()


def reply(inner: str) -> bytes:
    return f'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>{inner}</s:Body></s:Envelope>'.encode()


def test_the_next_request_waits_for_the_answer_before(table: Table) -> None:
    first, second = table.hear("Heartbeat", id="a"), table.hear("Authorize", "<idTag>T</idTag>", id="b")
    assert [call.action for call, _ in table.owner.calls] == ["Heartbeat"]
    table.end.answer(Result(table.owner.calls[0][0].id, "Heartbeat", {"currentTime": "2026-01-01T00:00:00Z"}))
    assert [call.action for call, _ in table.owner.calls] == ["Heartbeat", "Authorize"]
    assert first.answer is not None
    assert b">a</" in first.answer[1], "RelatesTo names the question"
    assert second.answer is None


def test_an_answer_to_another_question_is_not_sent(table: Table) -> None:
    wire = table.hear("Heartbeat")
    table.end.answer(Result("other", "Heartbeat", {"currentTime": "2026-01-01T00:00:00Z"}))
    assert wire.answer is None


def test_an_error_is_a_fault_with_its_status(table: Table) -> None:
    wire = table.hear("Heartbeat")
    table.end.answer(Error(table.owner.calls[0][0].id, "Heartbeat", "InternalError", "no"))
    assert wire.answer is not None
    assert wire.answer[0] == 500
    assert b"Receiver" in wire.answer[1]


def test_one_peer_has_a_bounded_share(table: Table) -> None:
    wires = [table.hear("Heartbeat") for _ in range(MOST_WAITING + 3)]
    assert [wire.ended for wire in wires].count(True) == 2
    assert table.witness.refusals == ["overload", "overload"]


def test_a_peer_that_hangs_up_blocks_nobody(table: Table) -> None:
    wire = table.hear("Heartbeat")
    table.hear("Authorize", "<idTag>T</idTag>")
    wire.exchange.gone()  # type: ignore[attr-defined]
    table.end.answer(Result(table.owner.calls[0][0].id, "Heartbeat", {"currentTime": "2026-01-01T00:00:00Z"}))
    assert len(table.owner.calls) == 2


def test_we_ask_and_hear_the_result(table: Table) -> None:
    table.end.ask(Call("c", "ClearCache", {}), 5)
    url, body, _ = table.poster.posted[0]
    assert url == "http://192.0.2.7/cp"
    assert b"urn://Ocpp/Cp/2012/06/" in body
    table.answer(reply('<clearCacheResponse xmlns="urn://Ocpp/Cp/2012/06/"><status>Accepted</status></clearCacheResponse>'))
    assert table.owner.answers == [Result("c", "ClearCache", {"status": "Accepted"})]


@pytest.mark.parametrize("status", [200, 400, 500])
def test_a_fault_is_an_error_whatever_the_status(table: Table, status: int) -> None:
    table.end.ask(Call("c", "ClearCache", {}), 5)
    fault = "<s:Fault><s:Code><s:Value>s:Sender</s:Value></s:Code><s:Reason><s:Text>no</s:Text></s:Reason></s:Fault>"
    table.answer(reply(fault), status)
    (answer,) = table.owner.answers
    assert isinstance(answer, Error)
    assert (answer.code, answer.description) == ("ProtocolError", "no")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Log in</html>",
        reply('<resetResponse xmlns="urn://Ocpp/Cp/2012/06/"><status>Accepted</status></resetResponse>'),
        reply('<clearCacheResponse xmlns="urn://Ocpp/Cp/2012/06/"><status>Perhaps</status></clearCacheResponse>'),
        reply('<clearCacheRequest xmlns="urn://Ocpp/Cp/2012/06/"/>'),
    ],
)
def test_q109_what_is_no_answer_is_a_failure_and_no_refusal(table: Table, body: bytes) -> None:
    table.end.ask(Call("c", "ClearCache", {}), 5)
    table.answer(body)
    assert table.owner.answers == []
    assert [(id, reached) for id, _, reached in table.owner.failures] == [("c", True)]


def test_a_peer_that_asks_to_be_left_alone_is_told_of(table: Table) -> None:
    table.end.ask(Call("c", "ClearCache", {}), 5)
    table.answer(b"<html>Back soon</html>", 503, retry_after="120")
    assert table.owner.after == 120.0


def test_a_peer_that_cannot_be_reached_is_told(table: Table) -> None:
    table.end.ask(Call("c", "ClearCache", {}), 5)
    table.poster.posted[0][2].errback(LinkFailed("refused", reached=False))
    assert table.owner.failures == [("c", "refused", False)]


def test_a_peer_without_an_address_is_not_called(table: Table) -> None:
    table.end.url = None
    table.end.ask(Call("c", "ClearCache", {}), 5)
    assert table.poster.posted == []
    assert table.owner.failures[0][0] == "c"


def test_dropped_means_no_byte_for_anybody(table: Table) -> None:
    wires = [table.hear("Heartbeat"), table.hear("Heartbeat")]
    table.end.ask(Call("c", "ClearCache", {}), 5)
    table.end.drop()
    table.answer(reply('<clearCacheResponse xmlns="urn://Ocpp/Cp/2012/06/"><status>Accepted</status></clearCacheResponse>'))
    assert [wire.answer for wire in wires] == [None, None]
    assert [wire.ended for wire in wires] == [True, True]
    assert table.owner.answers == []


def test_an_answer_that_xml_cannot_say_is_given_as_well_as_it_can(table: Table) -> None:
    wire = table.hear("Authorize", "<idTag>T</idTag>")
    call = table.owner.calls[-1][0]
    table.end.answer(Result(call.id, "Authorize", {"idTagInfo": {"status": "Accepted", "parentIdTag": "a\x01<b"}}))
    assert wire.answer is not None
    assert wire.answer[0] == 200
    assert "<status>Accepted</status><parentIdTag>a\ufffd&lt;b<" in wire.answer[1].decode()
    assert table.witness.refusals == ["violation"]


def test_a_call_that_xml_cannot_say_fails_at_once(table: Table) -> None:
    table.end.ask(Call("c", "ChangeConfiguration", {"key": "k", "value": "a\x08"}), 25)
    assert not table.poster.posted
    assert [(a.id, a.code) for a in table.owner.answers] == [("c", "FormatViolation")]


def test_the_calls_of_a_back_end_do_not_wait_for_each_other() -> None:
    table = Table("backend")
    slow, quick = table.hear("ClearCache"), table.hear("GetLocalListVersion")
    assert [call.action for call, _ in table.owner.calls] == ["ClearCache", "GetLocalListVersion"]
    table.end.answer(Result(table.owner.calls[1][0].id, "GetLocalListVersion", {"listVersion": 3}))
    assert quick.answer is not None
    assert slow.answer is None
    table.end.drop()
    assert (slow.ended, quick.ended) == (True, False)


def test_an_operation_of_json_alone_is_not_implemented_and_nobody_s_fault() -> None:
    table = Table(dialect="ocpp1.6")
    table.end.ask(Call("1", "GetInstalledCertificateIds", {"certificateType": "ManufacturerRootCertificate"}), 5)
    (error,) = table.owner.answers
    assert (error.code, error.description) == ("NotImplemented", "ocpp1.6 has GetInstalledCertificateIds in JSON only")
    assert table.poster.posted == []
    assert table.witness.refusals == []


def test_a_number_that_xml_schema_cannot_hold_is_refused_and_counted() -> None:
    table = Table(dialect="ocpp1.6")
    table.end.ask(Call("1", "RemoteStopTransaction", {"transactionId": 1 << 40}), 5)
    (error,) = table.owner.answers
    assert error.code == "PropertyConstraintViolation"
    assert len(table.witness.refusals) == 1
