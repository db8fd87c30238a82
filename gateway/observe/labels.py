"""Label values that can never grow without end, and never spoil a scrape.

In: any text, also a peer's.  Out: a word of a closed set, or the word for everything else.
Not here: which metrics there are (`gateway.observe.metrics`).

One lone surrogate in one label makes every scrape fail, and every new value costs memory for ever: so a value is looked
up, never passed on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._:/+>-]{0,119}\Z")
MOST_NAMES = 500


class Words:
    """A closed set of words; all else is ``otherwise``."""

    def __init__(self, words: Iterable[str], otherwise: str = "other") -> None:
        self._words = frozenset(word for word in words if _NAME.match(word))
        self._otherwise = otherwise

    def __call__(self, value: object) -> str:
        """The word to use as label."""
        return value if isinstance(value, str) and value in self._words else self._otherwise


class Names:
    """Names out of our own data files (rules, quirks), learned as they come: of a plain spelling, and at most ``most``."""

    def __init__(self, most: int = MOST_NAMES, otherwise: str = "other") -> None:
        self._known: set[str] = set()
        self._most, self._otherwise = most, otherwise

    def __call__(self, value: object) -> str:
        """The name to use as label."""
        if isinstance(value, str) and (value in self._known or self._learned(value)):
            return value
        return self._otherwise

    def _learned(self, value: str) -> bool:
        if len(self._known) >= self._most or not _NAME.match(value):
            return False
        self._known.add(value)
        return True
