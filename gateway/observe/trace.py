"""The trace: every message on both sides of the gateway, in the JSON Lines form of open-ocpp-trace.

In: messages as they were heard and said, losses.  Out: lines; what cannot be written is counted.
Not here: the files (`gateway.observe.rotate`), masking itself (`gateway.observe.mask`), who reads it.

Beside that form's keys a line has ``hop`` (which side of the gateway: station or backend), and where there is something
to say ``quirks``, ``losses``, ``rawLength`` (the raw text was cut), ``payloadLength`` (the payload was left out) and
``refused`` (why the message was turned away; such a line has its raw text alone).
With a masker the raw text is left out: it cannot be masked without being made anew.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import msgspec

from gateway.messages import Error, Message
from gateway.observe.rotate import RotatingFile

SCHEMA_VERSION = "1.1"
MOST_TEXT = 64 * 1024
"""Characters of a raw text, and bytes of a payload, that a line may hold."""
MOST_LOSSES = 50
"""Losses that one line may name, and stations whose losses may wait for their line times twenty."""

Masker = Callable[[str, Message], Message]
_TYPES = {"call": "CALL", "result": "CALLRESULT", "error": "CALLERROR"}
_TOWARDS = {"up": "cp-to-csms", "down": "csms-to-cp"}
_TRANSPORTS = {"soap": "soap", "json": "json"}
_ENCODER = msgspec.json.Encoder(decimal_format="number")
_STEERING = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
_VERSION = re.compile(r"ocpp(?=\d)")


class Fired(Protocol):
    """What is read of a quirk that fired."""

    @property
    def quirk(self) -> str:
        """Its id."""

    @property
    def verb(self) -> str:
        """How it acts."""


class Trace:
    """Writes lines to ``path``, in ``files`` files of ``max_bytes``; never raises.  ``now`` is aware; ``free`` is in bytes."""

    def __init__(
        self,
        path: Path,
        max_bytes: int,
        files: int,
        now: Callable[[], datetime],
        free: Callable[[Path], int],
        masker: Masker | None = None,
        on_drop: Callable[[], None] | None = None,
    ) -> None:
        self._file = RotatingFile(path, max_bytes, files, free, on_drop=on_drop)
        self._now, self._masker = now, masker
        self._losses: dict[str, list[str]] = {}
        self._acts: dict[str, list[str]] = {}

    @property
    def dropped(self) -> int:
        """Lines that were not written."""
        return self._file.dropped

    def lost(self, station: str, loss: str) -> None:
        """A value did not cross; it is named in the next line of that station."""
        _remember(self._losses, station, loss)

    def acted(self, station: str, what: str) -> None:
        """A quirk delayed, answered or held something; it is named in the next line of that station."""
        _remember(self._acts, station, what)

    def message(
        self,
        side: str,
        direction: str,
        station: str,
        dialect: str,
        codec: str,
        message: Message,
        raw: str,
        fired: Sequence[Fired] = (),
    ) -> None:
        """A message crossed ``side`` (station, backend) of the gateway; ``direction`` is up (to the back end) or down."""
        line: dict[str, Any] = {
            "schemaVersion": SCHEMA_VERSION,
            "timestamp": stamp(self._now()),
            "hop": side,
            "transport": _TRANSPORTS.get(codec, codec),
            "direction": _TOWARDS[direction],
            "messageType": _TYPES[message.kind],
            "ocppVersion": _VERSION.sub("", dialect, count=1),
            "chargePointId": station,
            "messageId": message.id,
            "action": message.action,
        }
        line |= self._content(dialect, message, raw)
        line |= _more("quirks", [*self._acts.pop(station, []), *(f"{one.quirk} {one.verb}" for one in fired)])
        line |= _more("losses", self._losses.pop(station, []))
        self._file.write(encoded(line))

    def refused(self, side: str, direction: str, station: str, dialect: str, codec: str, raw: str, why: str) -> None:
        """A message of a peer that was turned away: its text as it came, and why.  Not with a masker, which needs its fields."""
        if self._masker is not None:
            return
        cut = {"raw": raw} if len(raw) <= MOST_TEXT else {"raw": raw[:MOST_TEXT], "rawLength": len(raw)}
        line: dict[str, Any] = {
            "schemaVersion": SCHEMA_VERSION,
            "timestamp": stamp(self._now()),
            "hop": side,
            "transport": _TRANSPORTS.get(codec, codec),
            "direction": _TOWARDS[direction],
            "ocppVersion": _VERSION.sub("", dialect, count=1),
            "chargePointId": station,
        }
        self._file.write(encoded(line | cut | {"refused": why}))

    def _content(self, dialect: str, message: Message, raw: str) -> dict[str, Any]:
        short = 0 < len(raw) <= MOST_TEXT
        if self._masker is not None:
            return _body(self._masker(dialect, message), short)
        cut = {"raw": raw} if len(raw) <= MOST_TEXT else {"raw": raw[:MOST_TEXT], "rawLength": len(raw)}
        return _body(message, short) | cut

    def begin(self) -> None:
        """Open the file now.  Raises `OSError` where nothing can be written there."""
        self._file.begin()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def stamp(when: datetime) -> str:
    """An instant as the trace writes it."""
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _body(message: Message, short: bool) -> dict[str, Any]:
    """What the message says; a payload out of a ``short`` text need not be measured."""
    if isinstance(message, Error):
        details = {"errorDetails": message.details} if message.details else {}
        return {"errorCode": message.code, "errorDescription": message.description[:MOST_TEXT], **details}
    length = 0 if short else len(encoded(message.payload))
    return {"payload": message.payload} if length <= MOST_TEXT else {"payloadLength": length}


def _remember(of: dict[str, list[str]], station: str, what: str) -> None:
    if station in of or len(of) < 20 * MOST_LOSSES:
        noted = of.setdefault(station, [])
        if len(noted) < MOST_LOSSES:
            noted.append(what)


def _more(name: str, values: list[str]) -> dict[str, list[str]]:
    return {name: values} if values else {}


def encoded(value: Any) -> bytes:
    """One line of JSON.  What steers a terminal is escaped, and a lone surrogate shown as an escape inside the text."""
    try:
        line = _ENCODER.encode(value)
    except (UnicodeEncodeError, TypeError, ValueError, OverflowError, RecursionError):
        line = _ENCODER.encode(_plain(value, 0))
    if line.isascii() and b"\x7f" not in line:
        return line + b"\n"
    return _STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", line.decode("utf-8")).encode("utf-8") + b"\n"


def _plain(value: Any, depth: int) -> Any:
    """The value with everything turned into text that JSON cannot say."""
    if isinstance(value, dict) and depth < 100:
        return {str(_plain(str(name), depth)): _plain(one, depth + 1) for name, one in value.items()}
    if isinstance(value, list | tuple) and depth < 100:
        return [_plain(one, depth + 1) for one in value]
    if value is None or isinstance(value, bool):
        return value
    return str(value)[:MOST_TEXT].encode("utf-8", "backslashreplace").decode("utf-8")
