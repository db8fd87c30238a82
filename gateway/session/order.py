"""One command on its way to the station.

In: a call of the back end, or one of our own.  Out: `Order`.
Not here: when it goes and what is answered (`gateway.session.orders`).
"""

from __future__ import annotations

from dataclasses import dataclass

from gateway.messages import Call
from gateway.session.courses import Running
from gateway.session.trip import Trip


@dataclass(slots=True, eq=False)
class Order:
    """A command.  ``asked`` is the back end's call and ``trip`` what it became (None for one of our own).

    ``call`` is what the station shall hear (next: one command may become several, which go one after another).
    """

    asked: Call | None
    trip: Trip | None
    call: Call
    since: float
    open: bool = True
    first: Call | None = None
    """The call as it came, once a quirk profile had it said in other words."""
    tried: int = 0
    course: Running | None = None
    """Where a quirk profile has the command made of several calls."""

    @property
    def said(self) -> Call:
        """What the station shall hear, before its quirk profile made several calls of it."""
        return self.course.asked if self.course is not None else self.call

    @property
    def unsaid(self) -> bool:
        """Whether nothing of it was sent yet."""
        begun = self.tried or (self.course is not None and self.course.answers)
        return self.open and not begun and self.trip is not None and not self.trip.answers

    def turn(self, call: Call, course: Running | None) -> None:
        """What the station shall hear next."""
        self.call, self.course, self.first, self.tried = call, course, None, 0
