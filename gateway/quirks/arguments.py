"""What the arguments of operations may be.

In: an argument as it stands in a profile.  Out: whether it is of that kind.
Not here: which operation takes which (`gateway.quirks.operation`).
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from gateway.quirks.bounded import bounded
from gateway.quirks.digits import is_number, spelled
from gateway.quirks.values import LONGEST


def is_true(argument: Any) -> bool:
    """True itself."""
    return argument is True


def is_factor(argument: Any) -> bool:
    """A number but 0, or {by: number, times: field, else: number}."""
    if isinstance(argument, dict):
        named = isinstance(argument.get("times", ""), str) and is_number(argument.get("else", 1))
        return is_factor(argument.get("by")) and named and {"by", "times", "else"} >= set(argument)
    return is_number(argument) and argument != 0


def is_count(argument: Any) -> bool:
    """A whole number of 1 or more."""
    return isinstance(argument, int) and is_number(argument) and argument > 0


def is_text(argument: Any) -> bool:
    """Text that is not empty."""
    return isinstance(argument, str) and bool(argument)


def is_texts(argument: Any) -> bool:
    """A list of texts."""
    return isinstance(argument, list) and bool(argument) and all(is_text(one) for one in argument)


def is_words(argument: Any) -> bool:
    """Word: value lines."""
    return isinstance(argument, dict) and bool(argument) and all(isinstance(a, str | int | Decimal) for a in argument.values())


def is_plain_list(argument: Any) -> bool:
    """A list of plain values."""
    return isinstance(argument, list) and bool(argument) and not any(isinstance(one, dict | list) for one in argument)


def is_bounds(argument: Any) -> bool:
    """{least: number, most: number}, or one of them."""
    known = isinstance(argument, dict) and bool(argument) and {"least", "most"} >= set(argument)
    return known and all(is_number(one) for one in argument.values())


def is_parts(argument: Any) -> bool:
    """{without: texts, only: texts, most: count}, or some of them."""
    if not isinstance(argument, dict) or not argument or not {"without", "only", "most"} >= set(argument):
        return False
    lists = all(is_texts(argument[key]) for key in ("without", "only") if key in argument)
    return lists and ("most" not in argument or is_count(argument["most"]))


def is_mark(argument: Any) -> bool:
    """Capital hexadecimal digits, or nothing."""
    return (
        isinstance(argument, str) and spelled(argument) == argument.upper() and all(one in "0123456789ABCDEF" for one in argument)
    )


def expression_trouble(argument: Any) -> str:
    """What is wrong with the expression of ``{find: …, put: …}``, or an empty text."""
    if not isinstance(argument, dict) or not all(isinstance(argument.get(key), str) for key in ("find", "put")):
        return ""
    try:
        bounded(argument["find"], LONGEST).sub(argument["put"], "")
    except (ValueError, IndexError, re.error) as error:
        return str(error)
    return ""
