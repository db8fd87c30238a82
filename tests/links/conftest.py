"""Peers in memory for the link tests, a certificate, and a watch over Twisted's log."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from twisted.internet.address import IPv4Address
from twisted.internet.error import ConnectionAborted, ConnectionDone
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.logger import globalLogPublisher
from twisted.python.failure import Failure

from gateway.links.http import Exchange, Handshake, HttpFactory
from gateway.links.limits import REFUSED, Limits
from gateway.links.trust import CertificateFiles
from tests.certified import certified


@pytest.fixture(autouse=True, scope="module")
def old_garbage_stays() -> Iterator[None]:
    """What other tests left is no business of the collector here: after every test it looks at what is new."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(autouse=True)
def nothing_swallowed(old_garbage_stays: None) -> Iterator[None]:
    """A failure that nobody handled, or any other error in Twisted's log, fails the test."""
    seen: list[str] = []

    def observe(event: dict[str, Any]) -> None:
        if event.get("log_failure") is not None or event.get("isError"):
            seen.append(str(event.get("log_failure") or event))

    globalLogPublisher.addObserver(observe)
    yield
    gc.collect()
    globalLogPublisher.removeObserver(observe)
    assert not seen, "\n".join(seen)


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> CertificateFiles:
    """A self-signed certificate for 127.0.0.1 and localhost."""
    return CertificateFiles(*certified(tmp_path_factory.mktemp("tls")))


class Wire(StringTransport):
    """A transport that keeps what a real one would tell its protocol."""

    aborted = False
    protocol: Any = None

    def abortConnection(self) -> None:
        self.aborted = True
        self.disconnecting = True

    def taken(self) -> bytes:
        """What was written since the last call."""
        data = self.value()
        self.clear()
        return data

    def stop_reading(self) -> None:
        """The peer does not read any more, and 64 KiB wait."""
        assert self.producer is not None
        self.producer.pauseProducing()

    def lost(self) -> None:
        """The connection ends."""
        kind = ConnectionAborted if self.aborted else ConnectionDone
        self.protocol.connectionLost(Failure(kind()))


@pytest.fixture
def wire() -> Callable[[Any], Wire]:
    """Connects a protocol to a transport in memory."""

    def connect(protocol: Any) -> Wire:
        made = Wire(peerAddress=IPv4Address("TCP", "192.0.2.7", 4711))
        made.protocol = protocol
        protocol.makeConnection(made)
        return made

    return connect


@pytest.fixture
def turn() -> Callable[[Clock], None]:
    """One turn of a reactor: what is due now, but not what that asks for in its turn."""

    def once(clock: Clock) -> None:
        for call in [one for one in clock.calls if one.getTime() <= clock.seconds()]:
            clock.calls.remove(call)
            call.called = 1
            call.func(*call.args, **call.kw)

    return once


class Served:
    """A server in memory: what it was asked, what it refused, and a way to reach it."""

    def __init__(self, connect: Callable[[Any], Wire], limits: Limits, answers: bool) -> None:
        self.clock = Clock()
        self.exchanges: list[Exchange] = []
        self.handshakes: list[Handshake] = []
        self.refused: list[str] = []
        self.answers = answers
        self.factory = HttpFactory(self.clock, self._ask, self.handshakes.append, limits, self._refuse)
        self._connect = connect

    def _refuse(self, word: str) -> None:
        assert word in REFUSED
        self.refused.append(word)

    def _ask(self, exchange: Exchange) -> None:
        self.exchanges.append(exchange)
        if self.answers:
            exchange.respond(200, [("Content-Type", "text/plain")], exchange.request.path.encode() + exchange.request.body)

    def peer(self) -> Wire:
        """A new connection to it."""
        return self._connect(self.factory.buildProtocol(None))

    def say(self, data: bytes) -> Wire:
        """A new connection that sent ``data``."""
        made = self.peer()
        made.protocol.dataReceived(data)
        return made


@pytest.fixture
def serve(wire: Callable[[Any], Wire]) -> Callable[..., Served]:
    """Makes servers: ``serve(limits=Limits(), answers=True)``."""

    def make(limits: Limits | None = None, answers: bool = True) -> Served:
        return Served(wire, limits or Limits(), answers)

    return make


class Heard:
    """A `Receiver` that remembers."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.ends: list[tuple[int, str]] = []
        self.then: Callable[[str], None] | None = None

    def text(self, text: str) -> None:
        assert not self.ends, "a message after the end"
        self.texts.append(text)
        if self.then is not None:
            self.then(text)

    def closed(self, code: int, reason: str) -> None:
        self.ends.append((code, reason))


@pytest.fixture
def heard() -> Heard:
    return Heard()
