"""The few functions that compiled tables may call; they see nothing else of Python.

In: values of payloads.  Out: `GIVEN`, the names by which compiled functions know them.
Not here: which of them an expression may name (`gateway.ladder.expressions`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from gateway.ladder.losses import Refused

_MOST_DIGITS = 30
"""A longer number is no amount of anything."""
_URI = re.compile(
    # A scheme (without one no colon in the first part), then who is where, path, query and fragment.
    r"""(?:[a-z][a-z0-9+.-]*:|(?![^/?\#]*:))
        (?://(?:(?:[^/?\#\[\]@%]|%[0-9a-f]{2})*@)?
             (?:\[[0-9a-f:.]+\]|(?:[^/?\#\[\]@%:]|%[0-9a-f]{2})*)(?::[0-9]{0,5})?
             (?=[/?\#]|\Z)|(?!//))
        (?:[^?\#\[\]%]|%[0-9a-f]{2})*
        (?:\?(?:[^\#\[\]%]|%[0-9a-f]{2})*)?
        (?:\#(?:[^\#\[\]%]|%[0-9a-f]{2})*)?\Z""",
    re.IGNORECASE | re.ASCII | re.VERBOSE | re.DOTALL,
)
"""RFC 3986; what must be escaped there need not be here (XML Schema 1.0 part 2, 3.2.17)."""


def _count(things: Iterable[Any]) -> int:
    return sum(1 for _ in things)


def _one(things: Iterable[Any]) -> Any:
    return next(iter(things), None)


def _decimal(text: Any) -> Decimal | None:
    """The number that a text says, or None; never zero for what is no number.  One that no dialect takes is none either."""
    try:
        number = Decimal(text) if text is not None else None
    except (InvalidOperation, TypeError, ValueError):
        return None
    return number if number is not None and _reasonable(number) else None


def _reasonable(number: Decimal) -> bool:
    """Within the bounds of `gateway.dialects.values.decimal`."""
    _, digits, exponent = number.as_tuple()
    return isinstance(exponent, int) and -30 <= exponent < 18 and len(digits) <= 40 and number.adjusted() < 18


def _total(things: Iterable[Any]) -> Decimal | None:
    """The sum of numbers, or of texts that say numbers; None where there is none, or one that is no number."""
    numbers = [_decimal(thing) for thing in things]
    return sum(filter(None, numbers), Decimal(0)) if numbers and None not in numbers else None


def _text(value: Any) -> str:
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _whole(number: Decimal) -> int:
    """Rounded half up."""
    return int(Decimal(number).to_integral_value(ROUND_HALF_UP))


def _tenths(number: Decimal | None) -> Decimal | None:
    """Rounded down to a tenth."""
    return None if number is None else Decimal(number).quantize(Decimal("0.1"), ROUND_FLOOR)


def _shifted(number: Decimal, exponent: int | None) -> str:
    """``number`` times ten to the ``exponent``, exactly, as text without an exponent; None is 0."""
    shift = exponent or 0
    if abs(shift) > _MOST_DIGITS:
        raise Refused("PropertyConstraintViolation", f"a power of ten of {shift}")
    return _text(Decimal(number).scaleb(shift))


def _uri(text: str) -> bool:
    """Whether a text may stand where the other side has an address (xs:anyURI)."""
    return _URI.match(text) is not None


def _scaled(value: Any, factor: Decimal, down: bool, whole: bool) -> Any:
    """``value`` times (or, down, by) ``factor``: exact, or half up where only whole numbers fit."""
    made = Decimal(value) / factor if down else Decimal(value) * factor
    if whole:
        return _whole(made)
    return made if made.as_tuple().exponent <= 0 else made.quantize(Decimal(1))  # type: ignore[operator]


def _spellings(asked: Any, path: tuple[str, ...], table: Mapping[str, str]) -> dict[str, str]:
    for name in path:
        asked = (asked or {}).get(name)
    return {table.get(one, one).casefold(): one for one in reversed([asked] if isinstance(asked, str) else asked or [])}


def _too_much(path: str, why: str) -> None:
    raise Refused("PropertyConstraintViolation", f"{path}: {why or 'the number is too large for the other side'}")


GIVEN: dict[str, Any] = {
    "count": _count,
    "one": _one,
    "any": any,
    "total": _total,
    "decimal": _decimal,
    "text": _text,
    "whole": _whole,
    "pick": lambda value, word, one, other: one if value == word else other,
    "scaled": _scaled,
    "shifted": _shifted,
    "tenths": _tenths,
    "uri": _uri,
    "spellings": _spellings,
    "too_much": _too_much,
    "len": len,
}
