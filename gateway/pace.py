"""Lets so many things happen in a second, and the others wait their turn: first come, first served.

In: calls.  Out: the same calls, perhaps later.
Not here: what they do (`gateway.relay` makes links with it).

After an outage all links to a back end want to be made at once, just when it can bear least.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from gateway.conversation import Clock

STEP = 0.1
"""Seconds between one handful and the next."""


class Pace:
    """At most ``most`` a second, in handfuls.  A call says whether it still wanted its turn; one that did not uses none up."""

    def __init__(self, clock: Clock, most: int) -> None:
        self._clock = clock
        self._handful = max(1, round(most * STEP))
        self._step = self._handful / max(1, most)
        self._waiting: deque[Callable[[], bool]] = deque()
        self._left = self._handful
        self._counting = False

    def __len__(self) -> int:
        return len(self._waiting)

    def take(self, call: Callable[[], bool]) -> None:
        """Call it in its turn; at once where there is room."""
        self._waiting.append(call)
        self._go_on()

    def _go_on(self) -> None:
        while self._waiting and self._left:
            self._left -= self._waiting.popleft()()
        if not self._counting and self._left < self._handful:
            self._counting = True
            self._clock.callLater(self._step, self._next)

    def _next(self) -> None:
        self._left, self._counting = self._handful, False
        self._go_on()
