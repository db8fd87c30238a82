"""A WebSocket that carries the messages of a protocol of its own, text for text.

In: a WebSocket, accepted or dialled.  Out: messages as bytes, to a `gateway.links.streams.Receiver`; its messages to the peer.
Not here: what they mean, dialling again (`gateway.links.redial`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred

from gateway.links.frames import WebSocket
from gateway.links.limits import Limits
from gateway.links.redial import Attempt
from gateway.links.streams import Peer, Receiver
from gateway.links.trust import Trust
from gateway.links.websocket import connect


class Texts:
    """One WebSocket.  ``place`` is the path it was opened by."""

    def __init__(self, receiver: Receiver, peer: Peer, place: str, ended: Callable[[], None] = lambda: None) -> None:
        self._receiver, self.peer, self._place, self._ended = receiver, peer, place, ended
        self._socket: WebSocket | None = None

    def opened(self, socket: WebSocket) -> None:
        """It stands."""
        self._socket = socket
        self._receiver.opened(self)

    def text(self, text: str) -> None:
        """`gateway.links.frames.Receiver`: a message came."""
        self._receiver.heard(text.encode("utf-8", "surrogatepass"), self.peer, self._place)

    def closed(self, code: int, reason: str) -> None:
        """`gateway.links.frames.Receiver`: it is over."""
        if self._socket is not None:
            self._socket = None
            self._receiver.closed(f"closed with {code} {reason}".strip())
        self._ended()

    def open_to(self, peer: Peer) -> bool:
        """Whether something may be written."""
        return self._socket is not None

    def write(self, data: bytes, peer: Peer, place: str = "") -> None:
        """Send; bytes that are no text cannot be sent over a text link."""
        if self._socket is not None:
            self._socket.send(data.decode("utf-8", "replace"))

    def bad(self, peer: Peer) -> None:
        """What came could not be used: the owner knows what to do."""

    def close(self) -> None:
        """Close once all is written."""
        if self._socket is not None:
            self._socket.close(1001, "closed here")

    def abort(self, why: str = "") -> None:
        """Close now."""
        if self._socket is not None:
            self._socket.abort(why)


def dial_texts(
    reactor: Any, url: str, names: tuple[str, ...], receiver: Receiver, limits: Limits, trust: Trust, peer: Peer
) -> Attempt:
    """Begins one WebSocket: for `gateway.links.redial.Redial`."""

    def attempt(ended: Callable[[], None]) -> tuple[Deferred[Any], Callable[[], None]]:
        texts = Texts(receiver, peer, "", ended)
        made = connect(reactor, url, names, [], texts, limits, limits.handshake_deadline, trust)
        made.addCallback(texts.opened)
        return made, texts.abort

    return attempt
