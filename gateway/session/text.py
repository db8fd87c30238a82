"""Payloads and moments as text.

In: JSON-able values with exact decimals; aware datetimes.  Out: text, and values back.
Not here: what is in them.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec

_ENCODER = msgspec.json.Encoder(decimal_format="number")


def to_text(value: Any) -> str:
    """JSON text; decimals keep their digits."""
    return _ENCODER.encode(value).decode("utf-8")


def from_text(text: str) -> Any:
    """The value of JSON text; numbers with a fraction or an exponent become `Decimal`."""
    if text.isascii() and text.isdigit() and not text.startswith("0"):
        return int(text)  # nearly every transaction id, once a message
    return json.loads(text, parse_float=Decimal)


def not_before(moment: Any, start: str) -> bool:
    """Whether a moment is surely not earlier than ``start``: false too where one of them cannot be read."""
    try:
        return datetime.fromisoformat(str(moment)) >= datetime.fromisoformat(start)
    except (ValueError, TypeError):
        return False


def moment(text: str) -> datetime | None:
    """The moment that a text tells, in UTC where it names no zone; None where it cannot be read."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    return read if read.tzinfo is not None else read.replace(tzinfo=UTC)


def stamp(moment: datetime) -> str:
    """``2026-01-31T23:59:59.123Z``: UTC, milliseconds at most, which every dialect can read."""
    # Each row has one; ``isoformat`` takes three times as long.
    seconds = _ENCODER.encode(moment.astimezone(UTC))[1:20].decode("ascii")
    return f"{seconds}.{moment.microsecond // 1000:03}Z"
