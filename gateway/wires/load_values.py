"""Reads values that many keys of a wire have: bytes in a text, one word of several.

In: a map and a key.  Out: the value, or the usual one; faults go to the `Checker`.
Not here: numbers (`gateway.wires.load_turns`).
"""

from __future__ import annotations

from typing import Any

from gateway.source import Checker, Map, nearest, one_of


def text(checker: Checker, where: Map, key: str, usual: str = "") -> bytes:
    """The bytes of a text; each character is one byte (``"\\x02"``)."""
    given = where.get(key, usual)
    if not isinstance(given, str) or any(ord(one) > 255 for one in given):
        checker.fault(where, key, f"{key} is {given!r}", 'text in quotes, such as "\\x02"')
        return usual.encode("latin-1")
    return given.encode("latin-1")


def word(checker: Checker, given: Map, key: str, known: tuple[str, ...], usual: str) -> Any:
    """The word at a key, one of ``known``."""
    value = given.get(key, usual)
    if value not in known:
        checker.fault(given, key, f"{key} is {value!r}", one_of(filter(None, known)), nearest(str(value), known))
        return usual
    return value
