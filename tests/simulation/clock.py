"""Time that only moves when the next thing is due.

In: calls that shall happen later.  Out: they happen, one after the other, in an order that only the calls decide.
Not here: what happens.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import Any


class Later:
    """A call that will happen (the part of Twisted's IDelayedCall that anybody uses)."""

    __slots__ = ("_time", "args", "call", "due", "owner")

    def __init__(self, time: Time, due: float, call: Callable[..., Any] | None, args: tuple[Any, ...], owner: Any) -> None:
        self._time, self.due, self.call, self.args, self.owner = time, due, call, args, owner

    def cancel(self) -> None:
        self.call = None

    def active(self) -> bool:
        return self.call is not None

    def getTime(self) -> float:
        return self.due

    def reset(self, delay: float) -> None:
        self.due = self._time.now + delay
        self._time.enter(self)


class Time:
    """A heap of calls.  Equal moments keep the order in which they were asked for."""

    def __init__(self) -> None:
        self.now = 0.0
        self.steps = 0
        self._count = 0
        self._heap: list[tuple[float, int, Later]] = []

    def seconds(self) -> float:
        return self.now

    def later(self, owner: Any, delay: float, call: Callable[..., Any], *args: Any) -> Later:
        """As ``callLater``; what belongs to an ``owner`` that is dead by then does not happen."""
        made = Later(self, self.now + delay, call, args, owner)
        self.enter(made)
        return made

    def callLater(self, delay: float, call: Callable[..., Any], *args: Any) -> Later:
        return self.later(None, delay, call, *args)

    def enter(self, one: Later) -> None:
        """Put it into the heap; an entry that it has there already is no longer its moment."""
        self._count += 1
        heapq.heappush(self._heap, (one.due, self._count, one))

    def step(self, until: float) -> bool:
        """Let the next call happen; false if none is due by then."""
        heap = self._heap
        while heap and heap[0][0] <= until:
            due, _, one = heapq.heappop(heap)
            call = one.call
            if call is None or one.due != due or (one.owner is not None and one.owner.dead):
                continue
            self.now, one.call = due, None
            self.steps += 1
            call(*one.args)
            return True
        self.now = max(self.now, until)
        return False

    def pending(self, owner: Any) -> list[Later]:
        """What an owner still has to come."""
        return [one for due, _, one in self._heap if one.owner is owner and one.call is not None and one.due == due]
