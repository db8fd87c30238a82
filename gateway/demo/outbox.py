"""What one simulated station has to say, one request after the other, as stations over HTTP do.

In: requests in order, and a way to post.  Out: posts; answers to whoever asked.
Not here: what the requests mean (`gateway.demo.stations`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from gateway.demo import envelopes
from gateway.demo.calendar import Clock

AGAIN = 0.5
"""Real seconds until a request that must not be lost is tried again."""

Post = Callable[[str, bytes, Callable[[bytes | None], None]], None]
"""Posts a body (action first); the answer's body follows, or None where none came."""
Done = Callable[[envelopes.Envelope | None], None]


@dataclass(slots=True)
class _Item:
    action: str
    body: bytes
    keep: bool
    done: Done


class Outbox:
    """One request at a time.  What must be kept is tried until it is answered; the rest is given up at the first failure."""

    def __init__(self, clock: Clock, post: Post) -> None:
        self._clock, self._post = clock, post
        self._items: deque[_Item] = deque()
        self._busy = False
        self.sent = self.answered = self.faults = 0

    @property
    def empty(self) -> bool:
        """Whether everything was said and answered."""
        return not self._items

    def put(self, action: str, body: bytes, keep: bool, done: Done) -> None:
        """Say this when everything before it is answered; ``done`` gets the answer, or None where there is none."""
        self._items.append(_Item(action, body, keep, done))
        self._next()

    def _next(self) -> None:
        if self._busy or not self._items:
            return
        self._busy = True
        self.sent += 1
        item = self._items[0]
        self._post(item.action, item.body, lambda data: self._came(item, data))

    def _came(self, item: _Item, data: bytes | None) -> None:
        answer = _readable(data)
        if answer is None and item.keep:
            self._clock.callLater(AGAIN, self._retry)
            return
        self._busy = False
        self._items.popleft()
        if answer is not None:
            self.answered += 1
            self.faults += answer.name == "Fault"
        item.done(None if answer is None or answer.name == "Fault" else answer)
        self._next()

    def _retry(self) -> None:
        self._busy = False
        self._next()


def _readable(data: bytes | None) -> envelopes.Envelope | None:
    if data is None:
        return None
    try:
        return envelopes.read(data)
    except envelopes.Unreadable:
        return None
