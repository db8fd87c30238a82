"""Heads of HTTP messages: cut off from the stream within bounds, read by h11, and written.

In: received bytes; or headers to write.  Out: an h11 event with the connection that read it; or bytes.
Not here: bodies, what a header means to a link.

h11 reads the lines, but it forgives things that two programs can read in two ways (two equal Content-Lengths, a length
beside chunks, a lone line feed, a folded line) and it bounds a head only while it is incomplete.  Those checks are here,
on the raw bytes and before h11 sees any.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus

import h11

from gateway.links.limits import Limits, Refusal

Headers = Iterable[tuple[str, str]]

_END = b"\r\n\r\n"
_PREFACE = b"PRI * HTTP/2"
_EARLY = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|(?<!\r)\n")
_BAD = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)|(?<!\r)\n|\r\n[ \t]")
_LENGTH = re.compile(rb"\r\ncontent-length[ \t]*:([^\r]*)", re.IGNORECASE)
_DIGITS = re.compile(rb"[0-9]{1,19}\Z")
_NAME = re.compile(r"[-!#$%&'*+.^_`|~0-9a-zA-Z]+\Z")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*\Z")
_SINGLE = frozenset(("authorization", "content-encoding", "content-type", "host", "sec-websocket-key", "sec-websocket-version"))
_SLASHES = re.compile("/{2,}")
_PHRASES = {status.value: status.phrase for status in HTTPStatus}


class HeadCutter:
    """Takes one head after another off the front of a buffer."""

    __slots__ = ("_limits", "_seen")

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._seen = 0

    def take(self, buffer: bytearray) -> bytes | None:
        """The head with its blank line, removed from ``buffer``; None while it is incomplete.  Raises `Refusal`."""
        end = buffer.find(_END, max(0, self._seen - 3))
        if end < 0:
            self._look_early(buffer)
            return None
        self._seen = 0
        end += len(_END)
        if buffer.startswith(_PREFACE):
            raise Refusal(0, "http2")
        if end > self._limits.header_bytes:
            raise Refusal(431, "headers_too_large")
        head = bytes(buffer[:end])
        del buffer[:end]
        self._check(head)
        return head

    def _look_early(self, buffer: bytearray) -> None:
        bad = _EARLY.search(buffer, max(0, self._seen - 1))
        self._seen = len(buffer)
        if buffer.startswith(_PREFACE):
            raise Refusal(0, "http2")
        if len(buffer) > self._limits.header_bytes or buffer.count(b"\n") > self._limits.header_count + 1:
            raise Refusal(431, "headers_too_large")
        if bad:
            raise Refusal(400, "malformed")

    def _check(self, head: bytes) -> None:
        if head.count(b"\n") > self._limits.header_count + 2:
            raise Refusal(431, "headers_too_large")
        if _BAD.search(head):
            raise Refusal(400, "malformed")
        lengths = _LENGTH.findall(head)
        if len(lengths) > 1 or (lengths and not _DIGITS.match(lengths[0].strip(b" \t"))):
            raise Refusal(400, "smuggling")


@dataclass(frozen=True, slots=True)
class Ask:
    """The head of a request, read.  ``old`` means HTTP/1.0, ``last`` that the asker wants the connection closed."""

    method: str
    target: str
    path: str
    headers: tuple[tuple[str, str], ...]
    old: bool
    last: bool
    waits: bool  # for "100 Continue"
    encoding: str
    websocket: bool


def read_request(head: bytes, limits: Limits) -> Ask:
    """Parse the head of a request.  Raises `Refusal`."""
    event, _ = _read(head, h11.SERVER, limits)
    if not isinstance(event, h11.Request):
        raise Refusal(400, "malformed")
    if event.http_version not in (b"1.1", b"1.0"):
        raise Refusal(505, "version")
    headers, old = decoded(event), event.http_version == b"1.0"
    _check_framing(headers, old)
    _check_single(headers)
    target = event.target.decode("ascii")
    stays = has_token(headers, "connection", "keep-alive") if old else not has_token(headers, "connection", "close")
    return Ask(
        method=event.method.decode("ascii"),
        target=target,
        path=_SLASHES.sub("/", target.partition("?")[0]),
        headers=headers,
        old=old,
        last=not stays,
        waits=not old and has_token(headers, "expect", "100-continue"),
        encoding=next((value.strip().lower() for name, value in headers if name == "content-encoding"), ""),
        websocket=has_token(headers, "upgrade", "websocket"),
    )


class KnownHeads:
    """Reads requests, and remembers short heads without a secret: a station sends the same one again and again."""

    def __init__(self, limits: Limits, most: int = 512, longest: int = 1024) -> None:
        self._limits = limits
        self._most = most
        self._longest = longest
        self._known: dict[bytes, Ask] = {}

    def read(self, head: bytes) -> Ask:
        """As `read_request`."""
        ask = self._known.get(head)
        if ask is None:
            ask = read_request(head, self._limits)
            secret = any(name in ("authorization", "cookie") for name, _ in ask.headers)
            if len(head) <= self._longest and not secret and not ask.websocket:
                if len(self._known) >= self._most:
                    self._known.clear()
                self._known[head] = ask
        return ask


def reader_of(head: bytes, limits: Limits) -> h11.Connection:
    """The h11 connection that has read ``head`` and will read its chunks."""
    return _read(head, h11.SERVER, limits)[1]


def read_response(head: bytes, limits: Limits) -> tuple[h11.Response, h11.Connection]:
    """Parse the head of a final response.  Raises `Refusal`.

    h11 reads one without having written the request, because a server may refuse before it has read any.
    """
    event, wire = _read(head, h11.CLIENT, limits)
    if not isinstance(event, h11.Response):
        raise Refusal(0, "malformed")
    _check_framing(decoded(event), event.http_version == b"1.0")
    return event, wire


def is_interim(head: bytes) -> bool:
    """True for the head of an informational response other than 101."""
    return head[:5] == b"HTTP/" and head[8:10] == b" 1" and head[9:12] != b"101"


def _read(head: bytes, role: type[h11.CLIENT] | type[h11.SERVER], limits: Limits) -> tuple[object, h11.Connection]:
    wire = h11.Connection(role, limits.header_bytes)
    wire.receive_data(head)
    try:
        return wire.next_event(), wire
    except h11.RemoteProtocolError as error:
        raise Refusal(501 if error.error_status_hint == 501 else 400, "malformed") from None


def _check_framing(headers: tuple[tuple[str, str], ...], old: bool) -> None:
    names = [name for name, _ in headers]
    if "transfer-encoding" in names and (old or "content-length" in names):
        raise Refusal(400, "smuggling")


def _check_single(headers: tuple[tuple[str, str], ...]) -> None:
    seen = [name for name, _ in headers if name in _SINGLE]
    if len(seen) != len(set(seen)):
        raise Refusal(400, "duplicate_header")


def tokens(headers: Headers, name: str) -> list[str]:
    """The elements of a list header in the peer's spelling, over all its lines; empty elements are passed over."""
    return [part for key, value in headers if key == name for part in map(str.strip, value.split(",")) if part]


def has_token(headers: Headers, name: str, token: str) -> bool:
    """True if a list header names ``token`` in any case."""
    return any(part.lower() == token for part in tokens(headers, name))


def decoded(event: h11.Request | h11.Response | h11.InformationalResponse) -> tuple[tuple[str, str], ...]:
    """The headers as text: names in lower case, values byte for byte (Latin-1)."""
    return tuple([(name.decode("ascii").lower(), value.decode("latin-1")) for name, value in event.headers.raw_items()])


def status_line(status: int) -> str:
    """The first line of a response."""
    return f"HTTP/1.1 {status} {_PHRASES.get(status, 'Status')}"


def write_head(first: str, headers: Headers) -> bytes:
    """A head with its blank line.  Raises ValueError for a name or value that could not stand in one line."""
    lines = [first]
    for name, value in headers:
        if not _NAME.match(name) or not _VALUE.match(value):
            raise ValueError(f"the header {name[:40]!r} cannot be sent: it holds a control character or a bad name")
        lines.append(f"{name}: {value}")
    lines.append("\r\n")
    return "\r\n".join(lines).encode("latin-1")
