from __future__ import annotations

import base64

import pytest
from twisted.internet.error import ConnectionRefusedError
from twisted.internet.testing import MemoryReactorClock
from twisted.python.failure import Failure
from wsproto.utilities import generate_accept_token

from gateway.links.limits import Limits, LinkFailed
from gateway.links.websocket import WebSocket, connect


class Dialling:
    """A client's handshake against a server that the test plays."""

    def __init__(self, wire, heard, url="ws://192.0.2.1:9000/ocpp/CP1", offered=("ocpp1.6", "ocpp1.5"), headers=()):
        self.reactor = MemoryReactorClock()
        self.result: list = []
        self.deferred = connect(self.reactor, url, offered, headers, heard, Limits(), 8.0)
        self.deferred.addBoth(self.result.append)
        self._wire = wire

    def connected(self):
        (host, port, factory, _, _) = self.reactor.tcpClients[0]
        self.place = (host, port)
        self.wire = self._wire(factory.buildProtocol(None))
        self.request = self.wire.taken()
        lines = self.request.decode().split("\r\n")
        self.headers = dict(line.split(": ", 1) for line in lines[1:-2])
        return self

    def answer(self, **change):
        headers = {
            "Upgrade": "WebSocket",
            "Connection": "upgrade",
            "Sec-WebSocket-Accept": generate_accept_token(self.headers["Sec-WebSocket-Key"].encode()).decode(),
            **change,
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items() if value is not None)
        return f"HTTP/1.1 101 Switching Protocols\r\n{lines}\r\n".encode()

    def say(self, data, step=1000):
        for start in range(0, len(data), step):
            self.wire.protocol.dataReceived(data[start : start + step])

    @property
    def failure(self) -> LinkFailed:
        (result,) = self.result
        assert isinstance(result, Failure), result
        assert isinstance(result.value, LinkFailed)
        assert not [call for call in self.reactor.getDelayedCalls() if call.getTime() > self.reactor.seconds() + 20]
        return result.value


@pytest.fixture
def dial(wire, heard):
    return lambda *args, **named: Dialling(wire, heard, *args, **named)


@pytest.mark.parametrize("step", [1, 7, 1000])
def test_a_handshake(dial, heard, step):
    basic = "Basic " + base64.b64encode(b"CP1:secret").decode()
    dialled = dial(headers=[("Authorization", basic)]).connected()
    assert dialled.place == ("192.0.2.1", 9000)
    assert dialled.request.startswith(b"GET /ocpp/CP1 HTTP/1.1\r\nHost: 192.0.2.1:9000\r\n")
    assert dialled.headers["Authorization"] == basic
    assert dialled.headers["Sec-WebSocket-Version"] == "13"
    assert dialled.headers["Sec-WebSocket-Protocol"] == "ocpp1.6, ocpp1.5"
    answer = dialled.answer(**{"Sec-WebSocket-Protocol": "ocpp1.5"})
    dialled.say(b"HTTP/1.1 103 Early Hints\r\n\r\n" + answer + b"\x81\x02hi\x81\x02ho", step)
    (socket,) = dialled.result
    assert isinstance(socket, WebSocket)
    assert socket.subprotocol == "ocpp1.5"
    assert heard.texts == ["hi", "ho"]
    dialled.wire.lost()
    assert [code for code, _ in heard.ends] == [1006]
    assert not dialled.reactor.getDelayedCalls()


def test_a_server_without_a_subprotocol(dial):
    dialled = dial().connected()
    dialled.say(dialled.answer())
    assert dialled.result[0].subprotocol is None


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"Upgrade": None}, "something else"),
        ({"Upgrade": "h2c"}, "something else"),
        ({"Connection": "close"}, "something else"),
        ({"Sec-WebSocket-Accept": "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="}, "accept key"),
        ({"Sec-WebSocket-Accept": None}, "accept key"),
        ({"Sec-WebSocket-Protocol": "ocpp2.0.1"}, "not offered: 'ocpp2.0.1'"),
        ({"Sec-WebSocket-Protocol": "OCPP1.6"}, "not offered"),
        ({"Sec-WebSocket-Protocol": "ocpp1.6, ocpp1.5"}, "not offered"),
        ({"Sec-WebSocket-Extensions": "permessage-deflate"}, "extension"),
    ],
)
def test_wrong_answers(dial, heard, change, why):
    dialled = dial().connected()
    dialled.say(dialled.answer(**change))
    assert why in dialled.failure.why
    assert dialled.failure.reached
    assert dialled.wire.aborted
    dialled.wire.lost()
    assert not heard.ends


@pytest.mark.parametrize("status", [401, 404, 503, 301, 200])
def test_a_refusal_gives_its_status(dial, status):
    dialled = dial().connected()
    dialled.say(b"HTTP/1.1 %d No\r\nContent-Length: 2\r\nLocation: http://127.0.0.1/\r\n\r\nno" % status)
    assert dialled.failure.status == status
    assert dialled.wire.aborted
    assert len(dialled.reactor.tcpClients) == 1
    assert dialled.failure.after == 0


@pytest.mark.parametrize(("said", "after"), [("120", 120.0), ("Tue, 01 Dec 2026 12:00:30 GMT", 30.0), ("soon", 0.0)])
def test_a_refusal_gives_the_time_that_the_server_asks_for(dial, said, after):
    dialled = dial().connected()
    dialled.say(f"HTTP/1.1 503 No\r\nDate: Tue, 01 Dec 2026 12:00:00 GMT\r\nRetry-After: {said}\r\n\r\n".encode())
    assert dialled.failure.after == after
    assert (f"in {after:g} seconds" in dialled.failure.why) == bool(after)


@pytest.mark.parametrize(
    "data",
    [
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"\x15\x03\x01",
        b"HTTP/1.1 101 x\r\n" + b"X: y\r\n" * 200,
        b"HTTP/1.1 200 x\r\nX: " + b"y" * 20000,
    ],
)
def test_garbage_answers(dial, data):
    dialled = dial().connected()
    dialled.say(data)
    assert "cannot be read" in dialled.failure.why
    assert dialled.wire.aborted


def test_the_server_goes_away(dial):
    dialled = dial().connected()
    dialled.wire.lost()
    assert dialled.failure.reached
    assert not dialled.reactor.getDelayedCalls()


def test_nobody_listens(dial):
    dialled = dial()
    dialled.reactor.tcpClients[0][2].clientConnectionFailed(None, Failure(ConnectionRefusedError()))
    assert not dialled.failure.reached
    assert "refused" in dialled.failure.why
    assert not dialled.reactor.getDelayedCalls()


def test_one_deadline_for_all(dial):
    dialled = dial()
    dialled.reactor.advance(4)
    dialled.connected()
    dialled.reactor.advance(3)
    dialled.say(b"HTTP/1.1 101 ")
    dialled.reactor.advance(1)
    assert "within 8 seconds" in dialled.failure.why
    assert dialled.wire.aborted


def test_a_deadline_before_tcp_is_there(dial):
    dialled = dial()
    dialled.reactor.advance(8)
    assert not dialled.failure.reached
    assert dialled.reactor.connectors[0].stoppedConnecting


def test_cancelling(dial):
    dialled = dial().connected()
    dialled.deferred.cancel()
    assert dialled.failure.why == "cancelled"
    assert dialled.wire.aborted


@pytest.mark.parametrize(
    ("url", "headers"),
    [
        ("http://192.0.2.1/", ()),
        ("ws://192.0.2.1/a\r\nX: y", ()),
        ("ws://u:p@192.0.2.1/", ()),
        ("ws://192.0.2.1/", [("X", "a\r\nY: b")]),
        ("ws://192.0.2.1/", [("Sec-WebSocket-Key", "x")]),
        ("ws://192.0.2.1/", [("Host", "x")]),
    ],
)
def test_what_could_not_be_sent_is_refused_before_any_byte(dial, url, headers):
    dialled = dial(url, headers=headers)
    assert not dialled.failure.reached
    assert not dialled.reactor.tcpClients
