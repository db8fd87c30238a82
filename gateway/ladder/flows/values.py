"""Amounts and units between a number in text with its unit's name, and a number with a unit and a power of ten.

In: one value of either side.  Out: the same on the other.
Not here: which units the other side lacks (the tables say what then goes).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from gateway.ladder.given import GIVEN

_ENCODER = msgspec.json.Encoder(decimal_format="number")
_CELSIUS = {"Celcius": "Celsius"}


class Amounts:
    """Left text, right a number.  Text that is no number must not come here."""

    total = "<>"

    def right(self, value: str, run: Any) -> Decimal | None:
        """As a number, exactly."""
        found: Decimal | None = GIVEN["decimal"](value)
        return found

    def left(self, value: Decimal, run: Any) -> str:
        """As text, without an exponent."""
        return str(GIVEN["text"](value))


class Units:
    """Names of units: the same but for one that the left side misspells."""

    total = "<>"

    def right(self, value: str, run: Any) -> str:
        """Spelled right."""
        return _CELSIUS.get(value, value)

    def left(self, value: str, run: Any) -> str:
        """Spelled as the left side does."""
        return next((left for left, right in _CELSIUS.items() if right == value), value)


class Json:
    """Left text, right anything: what is no text crosses as its JSON text."""

    total = "<>"

    def right(self, value: str, run: Any) -> Any:
        """The text."""
        return value

    def left(self, value: Any, run: Any) -> str:
        """The text, or the JSON text of anything else."""
        return value if isinstance(value, str) else _ENCODER.encode(value).decode("utf-8")
