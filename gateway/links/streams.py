"""Raw bytes over TCP, with or without TLS.

In: connections, a place to dial.  Out: bytes, to a `Receiver`; its bytes to the peer.
Not here: what the bytes mean, who is let in, dialling again (`gateway.links.redial`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import ISSLTransport
from twisted.internet.protocol import Factory, connectionDone
from twisted.python.failure import Failure

from gateway.links.address import Address
from gateway.links.allowance import Allowance, Allowances
from gateway.links.dial import Dialled, dial, words
from gateway.links.flow import Outlet
from gateway.links.limits import Limits
from gateway.links.redial import Attempt
from gateway.links.trust import Trust

Peer = tuple[str, int]
SHORT = 64
"""Bytes of a stream that are priced like a message: where one ends is not known here."""


class Receiver(Protocol):
    """Whoever takes the bytes of a link."""

    def opened(self, link: Any) -> None:
        """The link is there: ``link.write(data, peer, place)``, ``link.close()``, ``link.abort()``."""

    def heard(self, data: bytes, peer: Peer, place: str = "") -> None:
        """Bytes came; ``place`` is the topic, or method and path, where the link has such."""

    def closed(self, why: str) -> None:
        """The link is gone."""


class Stream(Dialled):
    """One connection.  After ``abort`` its receiver hears nothing but ``closed``."""

    def __init__(
        self, reactor: Any, limits: Limits, receiver: Receiver, on_ended: Callable[[Stream], None] | None = None
    ) -> None:
        self._reactor, self._limits, self._receiver, self._on_ended = reactor, limits, receiver, on_ended
        self._outlet: Outlet | None = None
        self._aborted = ""
        self.peer: Peer = ("", 0)

    # -- Twisted's side ------------------------------------------------------------------------------------------

    def ready(self) -> None:
        """`Dialled`: bytes may go."""
        transport: Any = self.transport
        there = transport.getPeer()
        self.peer = (getattr(there, "host", ""), getattr(there, "port", 0))
        keep_alive = getattr(transport, "setTcpKeepAlive", None)
        if keep_alive is not None:
            keep_alive(True)
        self._outlet = Outlet(transport, self._reactor, self._limits, lambda: self.abort("the peer does not read"))
        self._receiver.opened(self)

    def dataReceived(self, data: bytes) -> None:
        """Twisted: bytes came."""
        if self._outlet is not None and not self._aborted:
            self._receiver.heard(data, self.peer)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Twisted: it is over."""
        if self._outlet is not None:
            self._outlet.gone()
        self._receiver.closed(self._aborted or words(reason))
        if self._on_ended is not None:
            self._on_ended(self)

    # -- the receiver's side -------------------------------------------------------------------------------------

    def open_to(self, peer: Peer) -> bool:
        """Whether something may be written."""
        return self._outlet is not None and not self._aborted

    def write(self, data: bytes, peer: Peer, place: str = "") -> None:
        """Send; a peer that does not read is given up."""
        if self._outlet is not None and not self._aborted:
            self._outlet.write(data)

    def bad(self, peer: Peer) -> None:
        """What came could not be used: the owner knows what to do."""

    def close(self) -> None:
        """Close once all is written."""
        if self._outlet is not None and not self._aborted:
            self._aborted = "closed here"
            self._outlet.close()

    def abort(self, why: str = "closed here") -> None:
        """Close now."""
        self._aborted = self._aborted or why
        if self._outlet is not None:
            self._outlet.abort()
        elif self.transport is not None:
            self.transport.abortConnection()

    def pause(self, paused: bool) -> None:
        """Stop or go on reading."""
        if self._outlet is not None:
            self._outlet.pause(paused)


class StreamFactory(Factory):
    """Accepted connections; ``live`` holds the open ones.  ``receiver`` is made anew for each."""

    noisy = False

    def __init__(self, reactor: Any, receiver: Callable[[], Receiver], limits: Limits, on_refused: Callable[[str], None]) -> None:
        self._reactor, self._receiver, self._limits, self._on_refused = reactor, receiver, limits, on_refused
        self.live: set[Stream] = set()
        self.allowances = Allowances(reactor)

    def buildProtocol(self, addr: Any) -> Stream | None:
        """Twisted: a connection was accepted; None closes it."""
        if len(self.live) >= self._limits.connections:
            self._on_refused("connections")
            return None
        made = _Accepted(self._reactor, self._limits, self._receiver(), self.live.discard)
        made.allowances = self.allowances
        self.live.add(made)
        return made

    def pause(self, paused: bool) -> None:
        """Stop or go on reading from all of them."""
        for stream in list(self.live):
            stream.pause(paused)

    def drain(self) -> None:
        """Close every connection."""
        for stream in list(self.live):
            stream.close()


class _Accepted(Stream):
    allowances: Allowances
    _allowance: Allowance | None = None
    _held = False

    def connectionMade(self) -> None:
        """Twisted: TCP is there; with TLS, bytes may go once that is agreed on."""
        self.secure = bool(ISSLTransport.providedBy(self.transport))
        super().connectionMade()

    def ready(self) -> None:
        """`Dialled`: bytes may go."""
        super().ready()
        self._allowance = self.allowances.take(self.peer[0], "")

    def dataReceived(self, data: bytes) -> None:
        """Twisted: bytes came."""
        super().dataReceived(data)
        if self._allowance is not None and not self._allowance.spend(len(data), 0, SHORT):
            self._hold()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Twisted: it is over."""
        super().connectionLost(reason)
        if self._allowance is not None:
            self._allowance.end()

    def _hold(self) -> None:
        """Read no more until its allowance is there again."""
        if self._allowance is not None and self._outlet is not None and not self._held:
            self._held = True
            self._outlet.hold(True)
            self._reactor.callLater(self._allowance.wait(), self._go_on)

    def _go_on(self) -> None:
        self._held = False
        if self._allowance is not None and self._allowance.wait():  # more was under way already
            self._hold()
        elif self._outlet is not None:
            self._outlet.hold(False)


def dial_stream(reactor: Any, address: Address, receiver: Receiver, limits: Limits, trust: Trust | None) -> Attempt:
    """Begins one connection: for `gateway.links.redial.Redial`."""

    def attempt(ended: Callable[[], None]) -> tuple[Deferred[Any], Callable[[], None]]:
        stream = Stream(reactor, limits, receiver, lambda _: ended())
        return dial(reactor, address, stream, trust, limits.handshake_deadline), stream.abort

    return attempt
