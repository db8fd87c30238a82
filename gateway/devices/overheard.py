"""Traffic of a protocol, decoded for the eye of whoever writes its dialect.

In: bytes and where they came from.  Out: lines of text: each record with its fields, each piece that could not be read and why.
Not here: links (`gateway.cli.dialect_listen`), any use of the records.

On a bus both sides are heard.  What the back end said last is what an answer is read by, where only that tells what it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from gateway.dialects.errors import PeerError
from gateway.messages import Side
from gateway.wires.shapes import Noise, Record
from gateway.wires.wire import Wire

MOST_HEX = 64
"""Bytes of a piece that are shown."""


class Overheard:
    """``sides`` are those who may be heard, the likelier first; ``whole``: what comes at once is whole messages."""

    def __init__(self, wire: Wire, sides: tuple[Side, ...], whole: bool) -> None:
        self.wire, self.sides, self.whole = wire, sides, whole
        self._framer = wire.framer(sides[0])
        self._asked: Record | None = None
        self.records = 0

    def feed(self, data: bytes, place: str = "") -> list[str]:
        """What was heard, a line for each thing."""
        pieces = self._framer.feed(data)
        return list(self._lines(pieces + self._framer.idle() if self.whole else pieces, place))

    def idle(self) -> list[str]:
        """The line was silent: what was begun will not be finished."""
        return list(self._lines(self._framer.idle(), ""))

    def _lines(self, pieces: list[bytes | Noise], place: str) -> Iterator[str]:
        for piece in pieces:
            yield self._noise(piece.data, piece.why) if isinstance(piece, Noise) else self._frame(piece, place)

    def _frame(self, frame: bytes, place: str) -> str:
        why = ""
        for side in self.sides:
            try:
                record = self.wire.read(frame, side, self._asked if side == "station" else None, place)
            except PeerError as error:
                why = why or str(error)
                continue
            if side == "backend":
                self._asked = record
            self.records += 1
            return f"{side}  {shown(record)}" + "".join(f"  ({one})" for one in record.warnings)
        return self._noise(frame, why)

    def _noise(self, data: bytes, why: str) -> str:
        more = " …" if len(data) > MOST_HEX else ""
        return f"?        {why}: {data[:MOST_HEX].hex(' ')}{more}"


def shown(record: Record) -> str:
    """The record's name and fields as one line."""
    return " ".join([record.name, *(f"{name}={_value(value)}" for name, value in record.fields.items())])


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_value(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, str):
        return repr(value)
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
