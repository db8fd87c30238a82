"""Cuts the messages of a peer anew that glues several together, or sends one in pieces.

In: texts as they came.  Out: texts, each from the first bracket of a list to its last.
Not here: who may do so (`gateway.quirks.connect`), what the texts say.

What is no list is handed on as it is, to be refused and counted; so is a list that never ends, once another begins.
"""

from __future__ import annotations

import re

LONGEST = 65536
"""Characters of a message that may be waited for."""
_BEGINS = re.compile(r'\s*\[\s*[234]\s*,\s*"')


class Pieces:
    """One peer's texts.  ``cut`` says whether the last ones were cut otherwise than they came."""

    def __init__(self) -> None:
        self.cut = False
        self._held: list[str] = []
        self._size = self._depth = 0
        self._quoted = self._escaped = False

    def take(self, text: str) -> list[str]:
        """The whole messages that end in ``text``."""
        made = self._given_up() if self._held and (_BEGINS.match(text) or self._size + len(text) > LONGEST) else []
        waited, start = bool(self._held), 0
        for at, char in enumerate(text):
            if self._ends(char):
                made.append("".join([*self._held, text[start : at + 1]]))
                self._held, self._size, start = [], 0, at + 1
        rest = text[start:]
        if self._depth:
            self._held.append(rest)
            self._size += len(rest)
        elif rest.strip():
            made.append(rest)
        self.cut = waited or bool(self._held) or len(made) != 1
        return made

    def _given_up(self) -> list[str]:
        left = "".join(self._held)
        self._held, self._size, self._depth = [], 0, 0
        self._quoted = self._escaped = False
        return [left]

    def _ends(self, char: str) -> bool:
        """Whether a list ends with this character."""
        if self._quoted:
            self._quoted = self._escaped or char != '"'
            self._escaped = char == "\\" and not self._escaped
        elif char == '"':
            self._quoted = self._depth > 0
        elif char == "[":
            self._depth += 1
        elif char == "]" and self._depth:
            self._depth -= 1
            return not self._depth
        return False
