"""Bodies of HTTP messages: read within bounds, and inflated.

In: received bytes and the head they follow.  Out: the whole body, or `Refusal`.
Not here: heads, deadlines.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Protocol

import h11

from gateway.links.heads import Headers
from gateway.links.limits import Limits, Refusal

# A gzip file may be many joined; each costs a copy of all that follow.
_MEMBERS = 16
ENCODINGS = frozenset(("", "identity", "gzip", "x-gzip", "deflate"))


class Body(Protocol):
    """A body being read."""

    def take(self, buffer: bytearray) -> bytes | None:
        """The body, once all is there, removed from ``buffer``.  Raises `Refusal`."""

    def ended(self) -> bytes | None:
        """The peer has closed: the body if that completes it."""


def body_of(headers: Headers, wire: Callable[[], h11.Connection], limits: Limits, until_close: bool = False) -> Body:
    """The reader for the body that follows these headers; ``wire`` gives the h11 connection that read them.

    Raises `Refusal` 413 for a declared length above the cap.
    """
    named = dict(headers)
    if "transfer-encoding" in named:
        return ChunkedBody(wire(), limits)
    length = named.get("content-length")
    if length is None and until_close:
        return OpenBody(limits)
    if int(length or 0) > limits.body:
        raise Refusal(413, "body_too_large", mid_body=True)
    return FixedBody(int(length or 0))


class FixedBody:
    """A body of a declared length."""

    __slots__ = ("_length",)

    def __init__(self, length: int) -> None:
        self._length = length

    def take(self, buffer: bytearray) -> bytes | None:
        """See `Body`."""
        if len(buffer) < self._length:
            return None
        body = bytes(buffer[: self._length])
        del buffer[: self._length]
        return body

    def ended(self) -> bytes | None:
        """See `Body`."""
        return None


class OpenBody:
    """A response body that ends with the connection."""

    __slots__ = ("_body", "_limits")

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._body = bytearray()

    def take(self, buffer: bytearray) -> bytes | None:
        """See `Body`."""
        self._body += buffer
        buffer.clear()
        if len(self._body) > self._limits.body:
            raise Refusal(413, "body_too_large", mid_body=True)
        return None

    def ended(self) -> bytes | None:
        """See `Body`."""
        return bytes(self._body)


class ChunkedBody:
    """A body in chunks, read by h11.  Chunks are counted too: a million of one byte cost more than their bytes."""

    __slots__ = ("_body", "_chunks", "_limits", "_wire")

    def __init__(self, wire: h11.Connection, limits: Limits) -> None:
        self._wire = wire
        self._limits = limits
        self._body = bytearray()
        self._chunks = 0

    def take(self, buffer: bytearray) -> bytes | None:
        """See `Body`."""
        if not buffer:
            return None
        self._wire.receive_data(bytes(buffer))
        buffer.clear()
        try:
            return self._read(buffer)
        except h11.RemoteProtocolError:
            raise Refusal(400, "malformed") from None

    def _read(self, buffer: bytearray) -> bytes | None:
        while True:
            event = self._wire.next_event()
            if isinstance(event, h11.Data):
                self._add(event)
            elif isinstance(event, h11.EndOfMessage):
                buffer += self._wire.trailing_data[0]
                return bytes(self._body)
            else:
                return None

    def _add(self, event: h11.Data) -> None:
        self._body += event.data
        self._chunks += event.chunk_start
        if len(self._body) > self._limits.body or self._chunks > self._limits.chunks:
            raise Refusal(413, "body_too_large", mid_body=True)

    def ended(self) -> bytes | None:
        """See `Body`."""
        return None


def inflate(body: bytes, encoding: str, most: int) -> bytes:
    """Undo a Content-Encoding.  Raises `Refusal`: 415 unknown, 413 more than ``most`` bytes, 400 broken."""
    encoding = encoding.strip().lower()
    if encoding not in ENCODINGS:
        raise Refusal(415, "encoding")
    if encoding in ("", "identity"):
        return body
    try:
        return _inflate(body, _window(body, encoding), most)
    except zlib.error:
        raise Refusal(400, "encoding") from None


def _window(body: bytes, encoding: str) -> int:
    if encoding != "deflate":
        return 16 + zlib.MAX_WBITS
    # "deflate" should be the zlib format, but some senders leave its two header bytes away.
    wrapped = len(body) >= 2 and body[0] & 15 == 8 and int.from_bytes(body[:2], "big") % 31 == 0
    return zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS


def _inflate(body: bytes, window: int, most: int) -> bytes:
    out = bytearray()
    for _ in range(_MEMBERS):
        if not body:
            return bytes(out)
        member = zlib.decompressobj(window)
        out += member.decompress(body, most + 1 - len(out))
        if len(out) > most:
            raise Refusal(413, "body_too_large")
        if not member.eof:
            raise Refusal(400, "encoding")
        body = member.unused_data
    raise Refusal(400, "encoding")
