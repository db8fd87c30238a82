"""The named timers of one line or one device over a single delayed call of the reactor.

In: set and cancel, by name.  Out: one call for each timer that came due, in the order of their times.
Not here: what a timer is for, which is the next (`gateway.deadlines`).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

from gateway.deadlines import Deadlines


class Timer(Protocol):
    """A call that will happen."""

    def cancel(self) -> None:
        """Let it not happen."""


class Clock(Protocol):
    """The part of a reactor that timers need."""

    def seconds(self) -> float:
        """Monotonic seconds."""

    def callLater(self, delay: float, call: Callable[..., Any], *args: Any) -> Timer:
        """Call later."""


class Timers:
    """``due`` hears the name of each timer whose time has come."""

    __slots__ = ("_alarm", "_clock", "_deadlines", "_due")

    def __init__(self, clock: Clock, due: Callable[[str], None]) -> None:
        self._clock, self._due = clock, due
        self._deadlines = Deadlines()
        self._alarm: Timer | None = None

    def __len__(self) -> int:
        return len(self._deadlines)

    def set(self, name: str, seconds: float) -> None:
        """Let ``name`` come due in so many seconds (at once where negative); an earlier setting of it is forgotten."""
        at = self._clock.seconds() + max(0.0, seconds)
        self._deadlines.set(name, at, partial(self._due, name))
        self._wake(at)

    def cancel(self, name: str) -> None:
        """Forget a timer."""
        self._deadlines.pop(name, None)

    def clear(self) -> None:
        """Forget all."""
        self._deadlines = Deadlines()
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _wake(self, at: float) -> None:
        if at >= self._deadlines.wake:
            return
        if self._alarm is not None:
            self._alarm.cancel()
        self._deadlines.wake = at
        self._alarm = self._clock.callLater(max(0.0, at - self._clock.seconds()), self._ring)

    def _ring(self) -> None:
        self._alarm = None
        then = self._deadlines.due(self._clock.seconds())
        try:
            if then is not None:
                then()
        finally:
            self._wake(self._deadlines.next)
