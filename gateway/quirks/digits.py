"""Numbers as they are spelled, exactly, and values without line numbers: what the operations share.

In: numbers and texts of peers, values of data files.  Out: the same values in another form.
Not here: any operation.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

_NUMBER = re.compile(r"[-+]?[0-9]{1,30}(\.[0-9]{1,30})?\Z")
_FAR = 60
"""Powers of ten beyond which a number is left alone: `1e999999999` must not become a gigabyte of zeros."""


def plain(value: Any) -> Any:
    """The same value in plain dicts and lists, without line numbers."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def same(a: Any, b: Any) -> bool:
    """Equal, and not a truth value on one side only."""
    return isinstance(a, bool) == isinstance(b, bool) and bool(a == b)


def number(text: str) -> int | Decimal | None:
    """The number that ``text`` spells plainly, or None."""
    text = text.strip()
    if not _NUMBER.match(text):
        return None
    return Decimal(text) if "." in text else int(text)


def spell(value: int | Decimal) -> str:
    """A number in plain digits, never with an exponent, unless it is absurdly large or small."""
    if isinstance(value, Decimal) and near(value):
        return format(value, "f")
    return str(value)


def near(value: int | Decimal) -> bool:
    """Whether a number is of a size that may be worked with."""
    if isinstance(value, int):
        return value.bit_length() < 4 * _FAR
    exponent = value.as_tuple().exponent
    return isinstance(exponent, int) and abs(exponent) < _FAR and abs(value.adjusted()) < _FAR


def is_number(value: Any) -> bool:
    """Whether it is a number, and no truth value."""
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def spelled(value: Any) -> str | None:
    """The word under which a value is looked up: text as it is, a whole number in digits; else None."""
    if isinstance(value, bool) or not (isinstance(value, str) or (isinstance(value, int) and near(value))):
        return None
    return str(value)
