"""One timer of a connection, which may be moved for nothing.

In: a clock (``seconds`` and ``callLater``) and what to ring.  Out: one call, not before the moment last set.
Not here: what the moment means.

A connection sets its deadline anew with each request.  Moving a Twisted timer costs a heap operation; here a later
moment is only noted, and the timer looks again when it goes off.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Alarm:
    """Rings ``ring()`` once when the clock passes the moment given to `set`."""

    __slots__ = ("_call", "_clock", "_due", "_ring")

    def __init__(self, clock: Any, ring: Callable[[], None]) -> None:
        self._clock = clock
        self._ring = ring
        self._due: float | None = None
        self._call: Any = None

    def set(self, within: float) -> None:
        """Ring ``within`` seconds from now instead of whenever it was."""
        due = self._clock.seconds() + within
        self._due = due
        if self._call is None:
            self._call = self._clock.callLater(within, self._look)
        elif due < self._call.getTime():
            self._call.reset(within)

    def off(self) -> None:
        """Do not ring, and let go of the clock."""
        self._due = None
        if self._call is not None:
            call, self._call = self._call, None
            call.cancel()

    def _look(self) -> None:
        self._call = None
        if self._due is None:
            return
        left = self._due - self._clock.seconds()
        if left > 0:
            self._call = self._clock.callLater(left, self._look)
        else:
            self._due = None
            self._ring()
