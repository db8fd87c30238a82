"""Reads messages out of whatever text an operator has: envelopes, HTTP captures, OCPP-J frames, JSON lines, traces.

In: bytes.  Out: `Heard` for each message, or for each piece that cannot be read, with its line.
Not here: translating (`gateway.ladder.dialogue`), the command line (`gateway.cli.translate`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from gateway.dialects.errors import CODES, Garbled, PeerError
from gateway.dialects.ocppj import read_frame
from gateway.dialects.schema import Dialect
from gateway.dialects.soap import error_of, read_envelope
from gateway.messages import Call, Error, Message, Result, Side

_ENVELOPE = re.compile(
    rb"(?:<\?xml[^>]*\?>\s*)?(?:<!DOCTYPE.*?>\s*)?<([\w.-]+:)?Envelope[\s>].*?</(?:\1)?Envelope\s*>", re.DOTALL
)
_HTTP = re.compile(rb"(?m)^(?=(?:[A-Z]{3,7} \S+ HTTP/1\.[01]|HTTP/1\.[01] \d{3}[^\r\n]*)\r?$)")
_CHUNKED = re.compile(rb"^transfer-encoding:\s*chunked\s*$", re.IGNORECASE | re.MULTILINE)
_CALLERS: dict[str, Side] = {"cp-to-csms": "station", "csms-to-cp": "backend"}
_OTHER: dict[str, Side] = {"station": "backend", "backend": "station"}


@dataclass(frozen=True)
class Heard:
    """One message.  ``caller`` is None where the text does not tell who asks; ``fault`` says why there is no message."""

    line: int
    message: Message | None = None
    caller: Side | None = None
    identity: str = ""
    fault: str = ""


def read(data: bytes, dialect: Dialect, codec: str | None) -> Iterator[Heard]:
    """Every message in ``data``; ``codec`` says ``soap`` or ``json`` where the first character shall not decide."""
    start = data.lstrip(b"\xef\xbb\xbf \t\r\n")
    soap = codec == "soap" or (codec is None and start[:1] not in (b"[", b"{", b""))
    yield from _soap(data, dialect) if soap else _lines(data, dialect)


# ----------------------------------------------------------------------------------------------------- SOAP
def _soap(data: bytes, dialect: Dialect) -> Iterator[Heard]:
    seen = 0
    open_calls: list[Call] = []
    for offset, part in _unchunked(data):
        end = 0
        for match in _ENVELOPE.finditer(part):
            seen += 1
            end = match.end()
            yield _envelope(match[0], dialect, 1 + data.count(b"\n", 0, offset + match.start()), seen, open_calls)
        if b"<" in part[end:] and (end == 0 or b"Envelope" in part[end:]):
            seen += 1
            yield Heard(1 + data.count(b"\n", 0, offset + end), fault="no whole SOAP envelope")
    if seen == 0 and data.strip():
        yield Heard(1, fault="no SOAP envelope")


def _unchunked(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The HTTP messages of a capture with their offsets, chunks joined; all of it where there is no HTTP."""
    starts = [match.start() for match in _HTTP.finditer(data)]
    if not starts:
        yield 0, data
        return
    for start, end in zip(starts, [*starts[1:], len(data)], strict=True):
        head, gap, body = data[start:end].replace(b"\r\n\r\n", b"\n\n", 1).partition(b"\n\n")
        yield start, (_join(body) if _CHUNKED.search(head.replace(b"\r", b"")) else body) if gap else head


def _join(body: bytes) -> bytes:
    joined = b""
    while body:
        size, gap, rest = body.partition(b"\r\n")
        try:
            length = int(size.split(b";")[0], 16)
        except ValueError:
            break
        if not gap or length == 0:
            break
        joined, body = joined + rest[:length], rest[length + 2 :]
    return joined


def _envelope(data: bytes, dialect: Dialect, line: int, number: int, open_calls: list[Call]) -> Heard:
    try:
        found = read_envelope(data, [dialect])
    except Garbled as error:
        return Heard(line, fault=str(error))
    caller: Side | None = None if found.caller == "both" else found.caller
    if found.kind == "call":
        call = Call(found.message_id or str(number), found.action, found.payload)
        open_calls.append(call)
        return Heard(line, call, caller, found.identity)
    asked = next((c for c in open_calls if found.relates_to and c.id == found.relates_to), None)
    if asked is None and not found.relates_to:
        asked = next((c for c in reversed(open_calls) if found.action in ("", c.action)), None)
    id = asked.id if asked else found.relates_to
    if asked is not None:
        open_calls.remove(asked)
    if found.kind == "result":
        return Heard(line, Result(id, found.action, found.payload), caller, found.identity)
    return Heard(line, error_of(dialect, found, id, asked.action if asked else ""), caller, found.identity)


# ----------------------------------------------------------------------------------------------------- JSON
def _lines(data: bytes, dialect: Dialect) -> Iterator[Heard]:
    for number, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").splitlines(), 1):
        text = line.strip()
        if not text:
            continue
        try:
            heard = Heard(number, read_frame(text)) if text.startswith(b"[") else _object(text, number, dialect)
        except (PeerError, ValueError, RecursionError) as error:
            yield Heard(number, fault=str(error) or type(error).__name__)
            continue
        if heard is not None:
            yield heard


def _object(text: bytes, number: int, dialect: Dialect) -> Heard | None:
    try:
        value = json.loads(text, parse_float=Decimal, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg}, column {error.colno}") from None
    if not isinstance(value, dict):
        raise ValueError("neither a frame nor an object")
    if "messageType" in value:
        return _traced(value, number, dialect)
    kind, id, action = value.get("kind", "call"), str(value.get("id", number)), value.get("action", "")
    payload, to = value.get("payload", {}), value.get("to")
    if not isinstance(action, str) or kind not in ("call", "result", "error"):
        raise ValueError("action must be text, and kind call, result or error")
    asker = _OTHER.get(to) if isinstance(to, str) else None
    caller = asker if kind == "call" or asker is None else _OTHER[asker]
    return Heard(number, _message(kind, id, action, payload, value), caller, str(value.get("station", "")))


def _no_number(word: str) -> Any:
    raise ValueError(f"{word} is no number")


def _message(kind: str, id: str, action: str, payload: Any, value: dict[str, Any]) -> Message:
    if kind == "error":
        code = value.get("code", "GenericError")
        return Error(id, action, code if code in CODES else "GenericError", str(value.get("description", "")))
    return Call(id, action, payload) if kind == "call" else Result(id, action, payload)


def _traced(value: dict[str, Any], number: int, dialect: Dialect) -> Heard | None:
    """A line of an open-ocpp-trace; of a trace with both sides of a gateway, only the lines in ``dialect``."""
    if "hop" in value and not dialect.name.endswith(str(value.get("ocppVersion", ""))):
        return None
    kind = {"CALL": "call", "CALLRESULT": "result", "CALLERROR": "error"}.get(str(value["messageType"]))
    if kind is None:
        raise ValueError(f"unknown messageType {value['messageType']!r}")
    identity = str(value.get("chargePointId", ""))
    speaker = _CALLERS.get(str(value.get("direction")))
    caller = speaker if kind == "call" or speaker is None else _OTHER[speaker]
    raw = value.get("raw")
    if isinstance(raw, str) and raw.startswith("[4") and "rawLength" not in value:
        return Heard(number, read_frame(raw), caller, identity)
    message = _message(kind, str(value.get("messageId", number)), str(value.get("action", "")), value.get("payload", {}), value)
    return Heard(number, message, caller, identity)
