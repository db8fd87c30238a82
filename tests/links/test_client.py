from __future__ import annotations

import gzip

import pytest
from twisted.internet.error import ConnectionRefusedError
from twisted.internet.testing import MemoryReactorClock
from twisted.python.failure import Failure

from gateway.links.client import HttpClient
from gateway.links.limits import Limits, LinkFailed

DEFAULT = Limits()
URL = "http://192.0.2.1:8080/cp?x=1"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: a/b\r\n\r\nok"


class Asking:
    def __init__(self, wire, limits):
        self.reactor = MemoryReactorClock()
        self.client = HttpClient(self.reactor, limits)
        self._wire = wire

    def post(self, url=URL, headers=(("X", "y"),), body=b"hi", within=5.0):
        result: list = []
        self.deferred = self.client.post(url, headers, body, within)
        self.deferred.addBoth(result.append)
        return result

    def connected(self, number=-1):
        factory = self.reactor.tcpClients[number][2]
        return self._wire(factory.buildProtocol(None))


@pytest.fixture
def ask(wire):
    return lambda limits=DEFAULT: Asking(wire, limits)


def failed(result) -> LinkFailed:
    (failure,) = result
    assert isinstance(failure, Failure), failure
    assert isinstance(failure.value, LinkFailed), failure
    return failure.value


@pytest.mark.parametrize("step", [1, 3, 1000])
def test_a_post_and_another_on_the_same_connection(ask, step):
    asking = ask()
    for number in range(3):
        result = asking.post(body=b"hi%d" % number)
        if not number:
            wire = asking.connected()
        head = b"POST /cp?x=1 HTTP/1.1\r\nHost: 192.0.2.1:8080\r\nX: y\r\nContent-Length: 3\r\n\r\n"
        assert wire.taken() == head + b"hi%d" % number
        for start in range(0, len(OK), step):
            assert not result
            wire.protocol.dataReceived(OK[start : start + step])
        (response,) = result
        assert (response.status, response.body, response.header("content-type")) == (200, b"ok", "a/b")
    assert len(asking.reactor.tcpClients) == 1


@pytest.mark.parametrize(
    ("answer", "status", "body"),
    [
        (b"HTTP/1.1 100 Continue\r\n\r\n" + OK, 200, b"ok"),
        (b"HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n", 500, b"no"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b""),
        (b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n", 302, b""),
        (b"HTTP/1.1 200\r\nContent-Encoding: gzip\r\nContent-Length: 22\r\n\r\n" + gzip.compress(b"ok", mtime=0), 200, b"ok"),
    ],
)
def test_answers(ask, answer, status, body):
    asking = ask()
    result = asking.post()
    asking.connected().protocol.dataReceived(answer)
    assert (result[0].status, result[0].body) == (status, body)
    assert len(asking.reactor.tcpClients) == 1


def test_an_answer_that_ends_with_the_connection(ask):
    asking = ask()
    result = asking.post()
    wire = asking.connected()
    wire.protocol.dataReceived(b"HTTP/1.0 200 OK\r\n\r\nok")
    assert not result
    wire.lost()
    assert result[0].body == b"ok"
    assert not asking.reactor.getDelayedCalls()


def test_an_answer_cut_short_is_no_answer(ask):
    asking = ask()
    result = asking.post()
    wire = asking.connected()
    wire.protocol.dataReceived(OK[:-1])
    wire.lost()
    assert failed(result).reached
    assert not asking.reactor.getDelayedCalls()


@pytest.mark.parametrize(
    "answer",
    [
        b"\x15\x03\x01\x00",
        b"220 smtp ready\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 20_000,
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200,
        b"HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n" + b"x" * 101,
        b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 101,
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
    ],
)
def test_bad_answers(ask, answer):
    asking = ask(Limits(body=100))
    result = asking.post()
    wire = asking.connected()
    wire.protocol.dataReceived(answer)
    assert "cannot be read" in failed(result).why
    assert failed(result).reached
    assert wire.aborted
    wire.lost()
    assert not asking.reactor.getDelayedCalls()


@pytest.mark.parametrize("answer", [OK.replace(b"OK", b"OK\r\nConnection: close"), OK.replace(b"1.1", b"1.0"), OK + b"more"])
def test_connections_that_are_not_kept(ask, answer):
    asking = ask()
    result = asking.post()
    wire = asking.connected()
    wire.protocol.dataReceived(answer)
    assert result[0].status == 200
    assert wire.disconnecting
    asking.post().clear()
    assert len(asking.reactor.tcpClients) == 2


def test_one_deadline_for_all(ask):
    asking = ask()
    result = asking.post()
    asking.reactor.advance(3)
    wire = asking.connected()
    wire.protocol.dataReceived(OK[:-1])
    asking.reactor.advance(2)
    assert failed(result).reached
    assert "within 5 seconds" in failed(result).why
    assert wire.aborted


def test_a_deadline_before_tcp_is_there(ask):
    asking = ask()
    result = asking.post()
    asking.reactor.advance(5)
    assert not failed(result).reached
    assert asking.reactor.connectors[0].stoppedConnecting


def test_nobody_listens(ask):
    asking = ask()
    result = asking.post()
    asking.reactor.tcpClients[0][2].clientConnectionFailed(None, Failure(ConnectionRefusedError()))
    assert not failed(result).reached
    assert not asking.reactor.getDelayedCalls()


def test_a_kept_connection_that_died_is_not_used(ask):
    asking = ask()
    asking.post()
    wire = asking.connected()
    wire.protocol.dataReceived(OK)
    wire.lost()
    asking.post()
    assert len(asking.reactor.tcpClients) == 2


def test_a_kept_connection_that_dies_under_a_request_is_not_tried_again(ask):
    asking = ask()
    asking.post()
    wire = asking.connected()
    wire.protocol.dataReceived(OK)
    result = asking.post()
    wire.lost()
    assert failed(result).reached
    assert len(asking.reactor.tcpClients) == 1


def test_a_kept_connection_that_speaks_unasked_is_cut(ask):
    asking = ask()
    asking.post()
    wire = asking.connected()
    wire.protocol.dataReceived(OK)
    wire.protocol.dataReceived(OK)
    assert wire.aborted
    asking.post()
    assert len(asking.reactor.tcpClients) == 2


def test_kept_connections_are_few_and_not_kept_long(ask):
    asking = ask(Limits(pooled=2, pooled_idle=15))
    results = [asking.post() for _ in range(4)]
    wires = [asking.connected(number) for number in range(4)]
    for wire in wires:
        wire.protocol.dataReceived(OK)
    assert all(result[0].status == 200 for result in results)
    assert [wire.disconnecting for wire in wires] == [False, False, True, True]
    asking.reactor.advance(15)
    assert all(wire.disconnecting for wire in wires)


def test_each_place_has_its_own_connections(ask):
    asking = ask()
    asking.post()
    asking.connected().protocol.dataReceived(OK)
    asking.post("http://192.0.2.1:8081/")
    asking.post("http://192.0.2.2:8080/")
    assert len(asking.reactor.tcpClients) == 3


def test_an_answer_may_ask_again_at_once(ask):
    asking, results = ask(), []
    asking.post()
    asking.deferred.addCallback(lambda _: results.append(asking.post()))
    wire = asking.connected()
    wire.protocol.dataReceived(OK)
    wire.protocol.dataReceived(OK)
    assert results[0][0].status == 200
    assert len(asking.reactor.tcpClients) == 1


def test_cancelling(ask):
    asking = ask()
    result = asking.post()
    wire = asking.connected()
    asking.deferred.cancel()
    assert failed(result).why == "cancelled"
    assert wire.aborted


def test_closing_ends_everything(ask):
    asking = ask()
    asking.post()
    kept = asking.connected()
    kept.protocol.dataReceived(OK)
    busy, waiting = asking.post(), asking.post("http://192.0.2.9/")
    asking.client.close()
    assert failed(busy).reached
    assert not failed(waiting).reached
    assert kept.aborted
    assert not failed(asking.post()).reached


@pytest.mark.parametrize(
    ("url", "headers"),
    [
        ("ws://192.0.2.1/", ()),
        ("http://192.0.2.1/\r\nX: y", ()),
        ("http://u:p@192.0.2.1/", ()),
        (URL, [("X", "a\r\nY: b")]),
        (URL, [("X\r\nY", "b")]),
        (URL, [("content-LENGTH", "3")]),
        (URL, [("Transfer-Encoding", "chunked")]),
    ],
)
def test_what_could_not_be_sent_is_refused_before_any_byte(ask, url, headers):
    asking = ask()
    assert not failed(asking.post(url, headers)).reached
    assert not asking.reactor.tcpClients


def test_a_get(ask):
    asking = ask()
    result: list = []
    asking.client.get(URL, [], 5).addBoth(result.append)
    wire = asking.connected()
    assert wire.taken() == b"GET /cp?x=1 HTTP/1.1\r\nHost: 192.0.2.1:8080\r\n\r\n"
    wire.protocol.dataReceived(OK)
    assert result[0].body == b"ok"
