"""A listening port that can be shut in everybody's face and opened again at the same place.

In: what `gateway.links.server.listen` takes; ``open``, ``shut``.  Out: a port, or none.
Not here: when to do it (`gateway.server`).

A station that cannot connect takes itself for offline and keeps its transactions; one that is refused may throw them away.
"""

from __future__ import annotations

from typing import Any, Protocol

from twisted.internet.defer import Deferred, maybeDeferred, succeed

from gateway.links.server import listen
from gateway.links.trust import CertificateFiles


class Accepting(Protocol):
    """A Twisted factory that knows its connections (`gateway.links.http`, `gateway.links.streams`)."""

    live: set[Any]

    def pause(self, paused: bool) -> None:
        """Stop or go on reading from all of them."""

    def drain(self) -> None:
        """Close the connections as soon as that costs nobody anything."""


class Gate:
    """One host and port.  A port of 0 becomes the one that was found free at first, for good."""

    def __init__(self, reactor: Any, host: str, port: int, factory: Accepting, tls: CertificateFiles | None = None) -> None:
        self.reactor, self.host, self.port, self.factory, self.tls = reactor, host, port, factory, tls
        self._open: Any = None
        self._closing: Deferred[Any] = succeed(None)

    @property
    def name(self) -> str:
        """What to call it in a message."""
        return f"{self.host}:{self.port}"

    @property
    def listening(self) -> Any:
        """The IListeningPort, or None while it is shut."""
        return self._open

    async def open(self) -> None:
        """Listen, if it does not yet.  Raises what `listen` fails with."""
        await self._closing
        if self._open is None:
            self._open = await listen(self.reactor, self.host, self.port, self.factory, self.tls)
            self.port = self._open.getHost().port

    def close(self) -> None:
        """Take no more connections; those that are there stay."""
        found, self._open = self._open, None
        if found is not None:
            self._closing = maybeDeferred(found.stopListening)

    def shut(self) -> None:
        """Take no more connections, and drop those that are there without another byte."""
        self.close()
        for connection in list(self.factory.live):
            transport: Any = connection.transport
            transport.abortConnection()

    def pause(self, paused: bool) -> None:
        """Stop or go on reading: what is not read stays with the peers."""
        self.factory.pause(paused)

    def drain(self) -> None:
        """Close the connections as soon as that costs nobody anything."""
        self.factory.drain()
