"""One UDP socket that many stations share.

In: a place to bind.  Out: datagrams with where they came from, to a `Receiver`; its datagrams to them.
Not here: whose a datagram is, what it means.

There is no connection, so the socket is the link: it opens once it is bound and closes when it is shut.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred, maybeDeferred, succeed
from twisted.internet.protocol import DatagramProtocol

from gateway.links.streams import Peer, Receiver

LARGEST = 65507
"""Bytes of a datagram's payload, as IPv4 allows."""


class Socket(DatagramProtocol):
    """What is bound.  ``reply_port``: everybody is spoken to at this port, whatever port they speak from."""

    def __init__(
        self, receiver: Receiver, reply_port: int | None = None, on_refused: Callable[[str], None] | None = None
    ) -> None:
        self._receiver, self._reply_port, self._on_refused = receiver, reply_port, on_refused

    def startProtocol(self) -> None:
        """Twisted: it is bound."""
        self._receiver.opened(self)

    def stopProtocol(self) -> None:
        """Twisted: it is closed."""
        self._receiver.closed("the socket is closed")

    def datagramReceived(self, data: bytes, addr: Any) -> None:
        """Twisted: a datagram came."""
        host, port = addr[0], addr[1]
        self._receiver.heard(data, (host, self._reply_port or port))

    def open_to(self, peer: Peer) -> bool:
        """Whether something may be written."""
        return self.transport is not None

    def write(self, data: bytes, peer: Peer, place: str = "") -> None:
        """Send; what the system refuses at once (no route, too large) is lost like any datagram, and counted."""
        transport: Any = self.transport
        if transport is None:
            return
        try:
            transport.write(data, peer)
        except OSError:
            if self._on_refused is not None:
                self._on_refused("unsent")

    def bad(self, peer: Peer) -> None:
        """What came could not be used: nobody is told."""

    def close(self) -> None:
        """Nothing: others share the socket."""

    def abort(self, why: str = "") -> None:
        """Nothing: others share the socket."""


class UdpPort:
    """A host and port for datagrams that can be shut and opened again.  A port of 0 becomes the one found free at first."""

    def __init__(self, reactor: Any, host: str, port: int, socket: Callable[[], Socket]) -> None:
        self._reactor, self.host, self.port, self._socket = reactor, host, port, socket
        self._open: Any = None
        self._closing: Deferred[Any] = succeed(None)

    @property
    def listening(self) -> Any:
        """The IListeningPort, or None while it is shut."""
        return self._open

    async def open(self) -> None:
        """Bind, if it is not.  Raises CannotListenError."""
        await self._closing
        if self._open is None:
            self._open = self._reactor.listenUDP(self.port, self._socket(), self.host, LARGEST)
            self.port = self._open.getHost().port

    def shut(self) -> None:
        """Close it."""
        found, self._open = self._open, None
        if found is not None:
            self._closing = maybeDeferred(found.stopListening)
