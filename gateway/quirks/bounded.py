"""Regular expressions that cannot keep the gateway busy, whatever text a peer sends.

In: the text of an expression.  Out: it compiled, or ValueError that says what to change.
Not here: where expressions may stand.

Python's expressions try again and again where repeats meet.  So repeats may not stand inside each other, groups that look
back or around are not allowed, and the ways in which the repeats of one expression can share a text of the caller's
longest length (an open repeat, ``*`` or ``+``, can have as many), at each place of it, are at most `MOST`.
"""

from __future__ import annotations

import re
from typing import Any

from re import _parser  # type: ignore[attr-defined]  # isort: skip

MOST = 50_000_000
"""About a second of work, and far less in all but made-up cases."""
LONGEST = 400
_AT_ALL = ("GROUPREF", "GROUPREF_EXISTS", "ASSERT", "ASSERT_NOT")


def bounded(text: str, length: int, most: int = MOST) -> re.Pattern[str]:
    """Compile ``text`` for texts of at most ``length``.  Raises ValueError with a sentence for its author."""
    if len(text) > LONGEST:
        raise ValueError(f"the expression is longer than {LONGEST} characters")
    try:
        compiled = re.compile(text)
        ways = _ways(_parser.parse(text), False, length)
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(f"not a regular expression: {error}") from None
    if ways * length > most:
        raise ValueError("the expression has too many repeats; write {1,8} instead of + or *, or split it into two rules")
    return compiled


def _ways(parsed: Any, inside: bool, length: int) -> int:
    """In how many ways the repeats of an expression can share a text, roughly and never too low."""
    ways = 1
    for code, argument in parsed:
        name = str(code)
        if name in _AT_ALL:
            raise ValueError("the expression looks back or around, which is not allowed here")
        if name.endswith("REPEAT"):
            least, most, inner = argument
            spread = min(int(most) - int(least) + 1, length) if int(most) != int(least) else 1
            if inside and spread > 1:
                raise ValueError("a repeat stands inside another, which is not allowed here")
            ways *= spread * _ways(inner, inside or int(most) > 1, length)
        elif name == "SUBPATTERN":
            ways *= _ways(argument[-1], inside, length)
        elif name == "ATOMIC_GROUP":
            ways *= _ways(argument, inside, length)
        elif name == "BRANCH":
            ways *= max(1, sum(_ways(one, inside, length) for one in argument[1]))
    return ways
