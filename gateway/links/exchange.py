"""What a listener hands on: a request to answer, a handshake to accept or refuse.

In: a request that was read, and the connection it came on.  Out: at most one answer to that connection.
Not here: reading and writing (http.py), what is asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from gateway.links.frames import Receiver, WebSocket
from gateway.links.heads import Headers, has_token, tokens
from gateway.links.limits import LinkFailed

_KEY = re.compile(r"[A-Za-z0-9+/]{22}==\Z")


@dataclass(frozen=True, slots=True)
class Request:
    """A whole request.  ``target`` is as it came, ``path`` without its query and with repeated slashes as one; header
    names are in lower case, values Latin-1 text; ``secure`` means TLS."""

    method: str
    target: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    peer_host: str
    peer_port: int
    secure: bool

    def header(self, name: str) -> str | None:
        """The first value of the header with this lower-case name."""
        for key, value in self.headers:
            if key == name:
                return value
        return None

    def handshake_faults(self) -> list[str]:
        """What is wrong with the headers of a WebSocket handshake: ``version``, ``connection``, ``key``."""
        faults = {
            "version": self.header("sec-websocket-version") != "13",
            "connection": not has_token(self.headers, "connection", "upgrade"),
            "key": not _KEY.match(self.header("sec-websocket-key") or ""),
        }
        return [name for name, wrong in faults.items() if wrong]


class Answering(Protocol):
    """What an exchange needs of its connection."""

    last: bool  # the answer closes the connection

    def respond(self, status: int, headers: Headers, body: bytes) -> None:
        """Write the answer."""

    def upgrade(self, request: Request, subprotocol: str | None, receiver: Receiver) -> WebSocket:
        """Switch to WebSocket."""
        raise NotImplementedError

    def end(self) -> None:
        """Close."""


class Exchange:
    """One request, to be answered once."""

    __slots__ = ("_connection", "on_gone", "request")

    def __init__(self, connection: Answering, request: Request) -> None:
        self._connection: Answering | None = connection
        self.request = request
        self.on_gone: Callable[[], None] | None = None

    @property
    def waiting(self) -> bool:
        """True until it was answered or dropped, or the asker has gone."""
        return self._connection is not None

    def respond(self, status: int, headers: Headers = (), body: bytes = b"") -> None:
        """Answer; nothing happens if it was answered already or the asker has gone.

        Raises ValueError for a header that cannot be sent.  Content-Length and Connection are set here.
        """
        connection = self._connection
        if connection is not None:
            connection.respond(status, headers, body)
            self._connection = None

    def drop(self) -> None:
        """Close the connection without a byte of answer."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.end()

    def gone(self) -> None:
        """The connection has ended before an answer."""
        waiting, self._connection = self._connection, None
        if waiting is not None and self.on_gone is not None:
            self.on_gone()


class Handshake(Exchange):
    """A wish to open a WebSocket.  ``subprotocols`` are those offered, in the peer's order and spelling."""

    __slots__ = ("subprotocols",)

    def __init__(self, connection: Answering, request: Request) -> None:
        super().__init__(connection, request)
        self.subprotocols = tuple(dict.fromkeys(tokens(request.headers, "sec-websocket-protocol")))

    def accept(self, subprotocol: str | None, receiver: Receiver) -> WebSocket:
        """Open it.  Raises `LinkFailed` if the peer has gone or was answered, ValueError for a subprotocol not offered."""
        if subprotocol is not None and subprotocol not in self.subprotocols:
            raise ValueError(f"the subprotocol {subprotocol!r} was not offered")
        connection, self._connection = self._connection, None
        if connection is None:
            raise LinkFailed("the peer has gone", reached=False)
        return connection.upgrade(self.request, subprotocol, receiver)

    def refuse(self, status: int, body: bytes = b"", headers: Headers = ()) -> None:
        """Answer with an HTTP error instead, and close."""
        if self._connection is not None:
            self._connection.last = True
        self.respond(status, headers, body)
