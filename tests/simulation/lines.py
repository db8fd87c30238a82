"""How the simulated peers speak: HTTP and WebSocket from the standards, in as few lines as they need.

In: bytes.  Out: texts, requests, answers.  It shares nothing with `gateway.links`, so that one cannot excuse the other.
Not here: OCPP.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from typing import Any

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
KEY = base64.b64encode(b"a simulated key!").decode()


class Line:
    """A Twisted protocol that cares about nothing but bytes."""

    def __init__(self) -> None:
        self.end: Any = None
        self.data = b""
        self.over = False

    def makeConnection(self, end: Any) -> None:
        self.end = end
        if self.over:
            end.abortConnection()
        else:
            self.begun()

    def begun(self) -> None:
        """The connection stands."""

    def dataReceived(self, data: bytes) -> None:
        self.data += data
        self.read()

    def read(self) -> None:
        """More bytes are here."""

    def connectionLost(self, why: Any) -> None:
        if not self.over:
            self.over = True
            self.gone(why.type.__name__)

    def gone(self, why: str) -> None:
        """The connection is over, not by our wish."""

    def hang_up(self, politely: bool = True) -> None:
        """Close; ``gone`` is not called."""
        if not self.over:
            self.over = True
            if self.end is not None:  # else it is not connected yet, and will be over when it is
                (self.end.loseConnection if politely else self.end.abortConnection)()

    def head(self) -> tuple[str, dict[str, str]] | None:
        """The first line and the headers, if they are complete."""
        text, found, rest = self.data.partition(b"\r\n\r\n")
        if not found:
            return None
        self.data = rest
        first, *lines = text.decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in lines)
        return first, {name.strip().lower(): value.strip() for name, _, value in pairs}


class Dialling:
    """What the network wants of one who connects."""

    def __init__(self, line: Line, failed: Callable[[str], None]) -> None:
        self.line, self.failed = line, failed

    def startedConnecting(self, call: Any) -> None:
        """Fine."""

    def buildProtocol(self, address: Any) -> Line:
        return self.line

    def clientConnectionFailed(self, call: Any, why: Any) -> None:
        self.failed(why.type.__name__)


class Socket(Line):
    """A WebSocket, either end.  ``opened``, ``text`` and ``lost`` are set by its owner."""

    def __init__(self, subprotocol: str, path: str = "", host: str = "") -> None:
        super().__init__()
        self.subprotocol, self.path, self.host, self.client = subprotocol, path, host, bool(path)
        self.open = False
        self.parts = b""
        self.fragments = False
        self.opened: Callable[[Socket], None] = lambda socket: None
        self.text: Callable[[str], None] = lambda text: None
        self.lost: Callable[[str], None] = lambda why: None
        self.finished: Callable[[], None] = lambda: None

    def begun(self) -> None:
        if self.client:
            lines = [f"GET {self.path} HTTP/1.1", f"Host: {self.host}", "Upgrade: websocket", "Connection: Upgrade"]
            lines += [f"Sec-WebSocket-Key: {KEY}", "Sec-WebSocket-Version: 13"]
            lines += [f"Sec-WebSocket-Protocol: {self.subprotocol}", "", ""]
            self.end.write("\r\n".join(lines).encode())

    def read(self) -> None:
        if not self.open and not self._shake():
            return
        while self.open and not self.over and (found := unframe(self.data)) is not None:
            final, opcode, payload, size = found
            self.data = self.data[size:]
            self._frame(final, opcode, payload)

    def _shake(self) -> bool:
        head = self.head()
        if head is None:
            return False
        first, headers = head
        if self.client:
            good = " 101 " in first and headers.get("sec-websocket-accept") == accepted(KEY)
            good = good and headers.get("sec-websocket-protocol") == self.subprotocol
        else:
            self.path = first.split(" ")[1]
            good = self.subprotocol in headers.get("sec-websocket-protocol", "").split(", ")
        if not good:
            self.hang_up()
            self.lost(f"handshake: {first}")
            return False
        if not self.client:
            lines = ["HTTP/1.1 101 Switching", "Upgrade: websocket", "Connection: Upgrade"]
            lines += [f"Sec-WebSocket-Accept: {accepted(headers['sec-websocket-key'])}"]
            lines += [f"Sec-WebSocket-Protocol: {self.subprotocol}", "", ""]
            self.end.write("\r\n".join(lines).encode())
        self.open = True
        self.opened(self)
        return not self.over

    def _frame(self, final: bool, opcode: int, payload: bytes) -> None:
        if opcode in (0, 1):
            self.parts += payload
            if final:
                whole, self.parts = self.parts.decode(), b""
                self.text(whole)
        elif opcode == 9:
            self.end.write(framed(10, payload, self.client))
        elif opcode == 8:
            self.end.write(framed(8, payload, self.client))
            self.hang_up()
            self.lost(f"closed {int.from_bytes(payload[:2], 'big')}")

    def say(self, text: str, heard: Callable[[bool], None] | None = None) -> None:
        """Send a text, in one frame or in two."""
        data = text.encode()
        if self.fragments and len(data) > 20:
            wire = framed(1, data[:9], self.client, False) + framed(0, data[9:], self.client)
        else:
            wire = framed(1, data, self.client)
        self.end.tell(wire, heard or (lambda reached: None))

    def close(self) -> None:
        """Say goodbye, and go."""
        if self.open and not self.over:
            self.end.write(framed(8, (1000).to_bytes(2, "big"), self.client))
        self.hang_up()

    def gone(self, why: str) -> None:
        self.lost(why)


def accepted(key: str) -> str:
    return base64.b64encode(hashlib.sha1(key.encode() + GUID).digest()).decode()


def masked(data: bytes, mask: bytes) -> bytes:
    if not data:
        return b""
    long = (mask * (len(data) // 4 + 1))[: len(data)]
    return (int.from_bytes(data, "big") ^ int.from_bytes(long, "big")).to_bytes(len(data), "big")


def framed(opcode: int, payload: bytes, client: bool, final: bool = True) -> bytes:
    first, mask = opcode | (0x80 if final else 0), 0x80 if client else 0
    size = len(payload)
    if size < 126:
        head = bytes((first, size | mask))
    elif size < 65536:
        head = bytes((first, 126 | mask)) + size.to_bytes(2, "big")
    else:
        head = bytes((first, 127 | mask)) + size.to_bytes(8, "big")
    return head + b"\x37\xfa\x21\x3d" + masked(payload, b"\x37\xfa\x21\x3d") if client else head + payload


def unframe(data: bytes) -> tuple[bool, int, bytes, int] | None:
    """Final, opcode, payload and the size of the first frame; None if it is not complete."""
    if len(data) < 2:
        return None
    size, at = data[1] & 0x7F, 2
    if size > 125:
        at = 4 if size == 126 else 10
        size = int.from_bytes(data[2:at], "big")
    mask = b""
    if data[1] & 0x80:
        mask, at = data[at : at + 4], at + 4
    if len(data) < at + size:
        return None
    payload = data[at : at + size]
    return bool(data[0] & 0x80), data[0] & 15, masked(payload, mask) if mask else payload, at + size


class Post(Line):
    """One request as a client.  ``answered`` hears the status and the body, or None and why there is none."""

    def __init__(self, path: str, host: str, body: bytes, answered: Callable[[int | None, str], None]) -> None:
        super().__init__()
        self.path, self.host, self.body, self.answered = path, host, body, answered
        self._headers: dict[str, str] | None = None
        self._status = 0

    def begun(self) -> None:
        head = f"POST {self.path} HTTP/1.1\r\nHost: {self.host}\r\nContent-Type: application/soap+xml; charset=utf-8\r\n"
        self.end.write(f"{head}Content-Length: {len(self.body)}\r\nConnection: close\r\n\r\n".encode() + self.body)

    def read(self) -> None:
        if self._headers is None:
            head = self.head()
            if head is None:
                return
            self._status, self._headers = int(head[0].split(" ")[1]), head[1]
        size = int(self._headers.get("content-length", 0))
        if len(self.data) >= size and not self.over:
            self.hang_up()
            self.answered(self._status, self.data[:size].decode())

    def gone(self, why: str) -> None:
        self.answered(None, why)


class Serving(Line):
    """The server's end of HTTP: one request after the other.  ``asked`` gets the path, the body and this."""

    def __init__(self, asked: Callable[[str, str, Serving], None]) -> None:
        super().__init__()
        self.asked = asked
        self._head: tuple[str, dict[str, str]] | None = None

    def read(self) -> None:
        self._head = self._head or self.head()
        if self._head is None:
            return
        first, headers = self._head
        size = int(headers.get("content-length", 0))
        if len(self.data) >= size:
            body, self.data, self._head = self.data[:size].decode(), self.data[size:], None
            self.asked(first.split(" ")[1], body, self)

    def answer(self, status: int, body: str, heard: Callable[[bool], None] | None = None) -> None:
        """Answer the request."""
        if self.over:
            if heard is not None:
                heard(False)
            return
        data = body.encode()
        head = f"HTTP/1.1 {status} Whatever\r\nContent-Type: application/soap+xml\r\nContent-Length: {len(data)}\r\n\r\n"
        self.end.tell(head.encode() + data, heard or (lambda reached: None))
