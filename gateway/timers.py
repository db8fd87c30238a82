"""The named timers of one line or one device over a single delayed call of the reactor.

In: set and cancel, by name.  Out: one call for each timer that came due, in the order of their times.
Not here: what a timer is for.

Nearly every timer is a deadline that is cancelled long before it is due.  So a cancelled one only leaves its entry, and the
delayed call stays where it is: when it comes too early, it is made anew for the next.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol


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

    __slots__ = ("_alarm", "_at", "_clock", "_due", "_times")

    def __init__(self, clock: Clock, due: Callable[[str], None]) -> None:
        self._clock, self._due = clock, due
        self._times: dict[str, float] = {}
        self._alarm: Timer | None = None
        self._at = 0.0

    def __len__(self) -> int:
        return len(self._times)

    def set(self, name: str, seconds: float) -> None:
        """Let ``name`` come due in so many seconds (at once where negative); an earlier setting of it is forgotten."""
        now = self._clock.seconds()
        at = now + seconds if seconds > 0.0 else now
        self._times.pop(name, None)  # so that of two with one time the one that was set first comes first
        self._times[name] = at
        if self._alarm is None or at < self._at:
            self._wake(at, now)

    def cancel(self, name: str) -> None:
        """Forget a timer."""
        self._times.pop(name, None)

    def clear(self) -> None:
        """Forget all."""
        self._times.clear()
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _wake(self, at: float, now: float) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm, self._at = self._clock.callLater(max(0.0, at - now), self._ring), at

    def _ring(self) -> None:
        self._alarm = None
        # What the alarm was set for is due, even if the sum of two floats says that a nanosecond is left.
        until = max(self._clock.seconds(), self._at)
        for name in sorted((name for name, at in self._times.items() if at <= until), key=self._times.__getitem__):
            if self._times.get(name, until + 1.0) <= until:
                del self._times[name]
                self._due(name)
        first = min(self._times.values(), default=None)
        if first is not None and (self._alarm is None or first < self._at):  # what was due may have set a later one
            self._wake(first, self._clock.seconds())
