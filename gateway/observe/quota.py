"""How many lines of one kind a minute may have: whoever sends rubbish by the thousand must not fill a disk with our log.

In: the kind of each line and its time.  Out: whether it may be written, and whether it is the last of its minute.
Not here: what a kind is (`gateway.observe.log`); counting what is left out (`gateway.observe.metrics` counts everything).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from typing import Literal

MOST = 30
"""Lines of one kind in a minute."""
MOST_IN_ALL = 1000
"""Lines of all kinds that take part, in a minute; it also bounds how many kinds are remembered."""


class Quota:
    """Counts by the minute."""

    def __init__(self, most: int = MOST, most_in_all: int = MOST_IN_ALL) -> None:
        self._most, self._most_in_all = most, most_in_all
        self._minute = 0
        self._in_all = 0
        self._of: Counter[Hashable] = Counter()

    def take(self, kind: Hashable, at: float) -> Literal["write", "last", "leave"]:
        """Whether a line of that kind may be written at that time (seconds)."""
        if int(at // 60) != self._minute:
            self._minute, self._in_all = int(at // 60), 0
            self._of.clear()
        if self._in_all >= self._most_in_all or self._of[kind] >= self._most:
            return "leave"
        self._in_all += 1
        self._of[kind] += 1
        return "last" if self._in_all == self._most_in_all or self._of[kind] == self._most else "write"
