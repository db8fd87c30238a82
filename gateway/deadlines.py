"""Deadlines by name: what is to happen when, if nothing comes before.

In: names, moments, what to do then.  Out: what is due; the moment of the next one.
Not here: a clock (the joint wakes a session, `gateway.timers` a line or a device), what a deadline is for.

Nearly every deadline is taken back long before it is due.  So its owner asks to be woken at the earliest moment only, and one
that is taken back leaves that as it is: an owner that is woken for nothing asks anew.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf

A_HAIR = 1e-6
"""Seconds: what the owner was woken for is due, even if the sum of two floats says that a nanosecond is left."""
Then = Callable[[], None]


class Deadlines(dict[str, tuple[float, Then]]):
    """By name: when, and what then; `pop` takes one back.

    ``wake`` is the moment for which the owner has asked to be woken: infinity where it has not asked.
    """

    __slots__ = ("wake",)

    def __init__(self) -> None:
        self.wake = inf

    @property
    def moments(self) -> dict[str, float]:
        """Each name's moment, the one that was set first first."""
        return {name: at for name, (at, _) in self.items()}

    def set(self, name: str, at: float, then: Then) -> None:
        """Let ``then`` happen at that moment; an earlier setting of the name is forgotten."""
        self.pop(name, None)  # so that of two with one moment the one that was set first comes first
        self[name] = at, then

    def due(self, now: float) -> Then | None:
        """What is to happen now, taken out: the earliest, or None where the owner was woken for nothing."""
        self.wake = inf
        name = min(self, key=lambda one: self[one][0], default=None)
        return self.pop(name)[1] if name is not None and self[name][0] <= now + A_HAIR else None

    @property
    def next(self) -> float:
        """The earliest moment; infinity where there is none."""
        return min((at for at, _ in self.values()), default=inf)
