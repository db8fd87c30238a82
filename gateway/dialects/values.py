"""Single values: what a peer may write for a number, a time or a word, and what it becomes.

In: any JSON value, or the text of an XML node.  Out: the typed value, or `Violation` with the field's name as path.
Not here: objects and lists (`gateway.dialects.checks`), which quick checks make most calls to these unnecessary.

Text is taken for numbers and booleans because XML has nothing else; the same mercy is given to JSON.  A null, and an
empty text where the type is no string, mean that the field was left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from gateway.dialects.errors import Violation

_INTEGER = re.compile(r"([+-]?[0-9]{1,18})(?:\.0*)?", re.ASCII)
_DECIMAL = re.compile(r"[+-]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,3})?", re.ASCII)
BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
_BAD = re.compile("[\x00\ud800-\udfff]")
_SPACE = " \t\r\n"
# Beyond these no meter, tariff or timer has a value, and arithmetic or printing could be made to cost a lot.
_MOST_DIGITS, _HIGHEST, _LOWEST = 40, 18, -30

_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt]([0-9]{2}:[0-5][0-9]):([0-5][0-9]|60)(\.[0-9]{1,30})?"
    r"(?:([Zz])|([+-])([01][0-9]|2[0-3]):([0-5][0-9]))?",
    re.ASCII,
)
usual_time = re.compile(
    r"[0-9]{3}[1-9]-(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,9})?Z",
    re.ASCII,
).fullmatch
"""Matches the usual spellings, which need no second look (others may be right too: the 29th, a year that ends in 0)."""


def missing(name: str) -> Violation:
    """The violation for a required field that is not there."""
    return Violation("OccurrenceConstraintViolation", "is required", name)


def wrong_type(name: str, expected: str, value: Any) -> Violation:
    """The violation for a value of the wrong type; the value itself is not repeated (it may be a secret, or long)."""
    return Violation("TypeConstraintViolation", f"expected {expected}, not {_kind(value)}", name)


def _kind(value: Any) -> str:
    names = {str: "this text", int: "a number", Decimal: "a number", bool: "a boolean", dict: "an object", list: "a list"}
    return names.get(value.__class__, "null")


def _refuse(name: str, why: str) -> Violation:
    return Violation("PropertyConstraintViolation", why, name)


def string(value: Any, name: str, most: int | None) -> str:
    """Text of at most ``most`` code points, without NUL and lone surrogates (no store and no XML can hold them)."""
    if value is None:
        raise missing(name)
    if value.__class__ is not str:
        raise wrong_type(name, "text", value)
    if most is not None and len(value) > most:
        raise _refuse(name, f"is longer than {most} characters")
    if _BAD.search(value):
        raise Violation("FormatViolation", "holds a NUL or half a surrogate pair", name)
    return str(value)


def integer(value: Any, name: str, bits: int) -> int | None:
    """A whole number of ``bits``, also as text or as ``15.0``; None where it was left out."""
    if value is None:
        return None
    number: int | None = None
    if value.__class__ is str:
        value = value.strip(_SPACE)
        if not value:
            return None
        number = _from_text(value)
    elif value.__class__ is int:
        number = value
    elif value.__class__ is Decimal:
        number = _whole(value)
    if number is None:
        raise wrong_type(name, "a whole number", value)
    if not -(1 << bits - 1) <= number < 1 << bits - 1:
        raise _refuse(name, f"does not fit into {bits} bits")
    return number


def _from_text(text: str) -> int | None:
    if len(text) <= 18 and text.isascii() and text.isdigit():
        return int(text)
    match = _INTEGER.fullmatch(text)
    return int(match[1]) if match else None


def _whole(value: Decimal) -> int | None:
    if not value.is_finite() or value.adjusted() > _HIGHEST + 1 or len(value.as_tuple().digits) > _MOST_DIGITS:
        return None
    return int(value) if value == value.to_integral_value() else None


def decimal(value: Any, name: str, step: Decimal | None) -> Decimal | int | None:
    """An exact decimal, also as text; None where it was left out."""
    if value.__class__ is str:
        value = value.strip(_SPACE)
        if not value:
            return None
        if not _DECIMAL.fullmatch(value):
            raise wrong_type(name, "a decimal number", value)
        value = Decimal(value)
    if value is None:
        return None
    if value.__class__ is not int and value.__class__ is not Decimal:
        raise wrong_type(name, "a decimal number", value)
    return _bounded(value, name, step)


def _bounded(value: Decimal | int, name: str, step: Decimal | None) -> Decimal | int:
    if isinstance(value, int) and abs(value) >= 10**_HIGHEST:
        raise _refuse(name, f"has more than {_HIGHEST} digits")
    exact = Decimal(value)
    parts = exact.as_tuple()
    if not isinstance(parts.exponent, int) or len(parts.digits) > _MOST_DIGITS or parts.exponent < _LOWEST:
        raise _refuse(name, "is no number with a reasonable count of digits")
    if exact.adjusted() >= _HIGHEST or parts.exponent >= _HIGHEST:
        raise _refuse(name, f"has more than {_HIGHEST} digits")
    if step is not None and exact % step:
        raise _refuse(name, f"is no multiple of {step}")
    # 5E+3 is the number 5000, but not every reader of JSON knows it.
    return Decimal(format(exact, "f")) if parts.exponent > 0 else value


def boolean(value: Any, name: str) -> bool | None:
    """true or false, as text also 1 and 0; None where it was left out."""
    if value is None or value is True or value is False:
        return value
    if value.__class__ is str:
        text = value.strip(_SPACE)
        if not text:
            return None
        if text in BOOLEANS:
            return BOOLEANS[text]
    raise wrong_type(name, "true or false", value)


def word(value: Any, name: str, values: frozenset[str], read: Mapping[str, str | None]) -> str | None:
    """A word of a closed list; None where it was left out."""
    if value is None:
        return None
    if value.__class__ is not str:
        raise wrong_type(name, "a word", value)
    text = value.strip(_SPACE)
    if text in values or not text:
        return text or None
    if text in read:
        return read[text]
    raise _refuse(name, "is none of the words allowed here")


def time(value: Any, name: str) -> str | None:
    """A point in time, normalised to UTC (``2026-11-22T07:15:00.250Z``, digits of a second kept); None if left out.

    Accepts RFC 3339 and xs:dateTime; without a zone it is UTC.  Years 1 to 9999.
    """
    if value is None:
        return None
    if value.__class__ is not str:
        raise wrong_type(name, "a time", value)
    text = value.strip(_SPACE)
    if not text:
        return None
    if usual_time(text):
        return str(text)
    match = _TIME.fullmatch(text)
    normal = _normal(match) if match else None
    if normal is None:
        raise Violation("FormatViolation" if not match else "PropertyConstraintViolation", "is no time that exists", name)
    return normal


def _normal(match: re.Match[str]) -> str | None:
    """The time in UTC, or None where the calendar has no such time.  24:00:00 and a leap second roll over."""
    day, clock, second, digits, _, sign, hours, minutes = match.groups()
    roll = timedelta(0)
    if clock == "24:00" and second == "00" and not (digits or "").strip(".0"):
        clock, roll = "00:00", timedelta(days=1)
    if second == "60":
        second, roll = "59", timedelta(seconds=1)
    if sign:
        offset = timedelta(hours=int(hours), minutes=int(minutes))
        roll += -offset if sign == "+" else offset
    try:
        moved = datetime.fromisoformat(f"{day}T{clock}:{second}") + roll
    except (ValueError, OverflowError):
        return None
    # isoformat pads the year, which strftime does not do everywhere.
    return f"{moved.isoformat()}{digits or ''}Z"
