"""What the back end is told once it has the answer to a command, by calls of our own.

In: calls in the back end's dialect.  Out: the same calls in the lane, in order.
Not here: what is told (`gateway.ladder.flows`), the station's own calls (`gateway.session.errands`).

Each goes up once, and nobody waits for its answer.  They belong to a command of this link and end with it.  A back end may ask
before it has accepted the station, so they do not wait for that.
"""

from __future__ import annotations

from collections.abc import Iterable

from gateway.messages import Call, Payload
from gateway.session.desk import Desk
from gateway.session.lane import Lane
from gateway.session.registration import Registration


class Afterwards:
    """In order; the lane sends one at a time."""

    def __init__(self, desk: Desk, lane: Lane, registration: Registration) -> None:
        self.desk, self.lane, self.registration = desk, lane, registration
        self.due: list[tuple[str, Payload]] = []
        """What waits."""

    def tell(self, messages: Iterable[tuple[str, Payload]]) -> None:
        """Say these, (action, payload), when the lane is free."""
        self.due.extend(messages)

    def offer(self) -> bool:
        """Send the next one."""
        if not (self.registration.ready or self.registration.told == "pending"):
            return False
        action, payload = self.due.pop(0)
        self.lane.send(Call(self.desk.ids(), action, payload), lambda answer: None, lambda why: None)
        return True

    def backend_gone(self) -> None:
        """Who asked is not there any more."""
        self.due.clear()
