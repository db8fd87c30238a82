"""The way up: one call to the back end at a time.

In: calls from the rooms that have something to send, answers.  Out: `CallBackend`, and the answer to the room that asked.
Not here: which room comes first (`gateway.session.session`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from msgspec import Struct

from gateway.messages import Answer, Call
from gateway.session import commands as do
from gateway.session.fallbacks import Fallbacks
from gateway.session.scenery import Moment
from gateway.session.uplink import Uplink


class Source(Protocol):
    """A room that sends calls up."""

    @property
    def due(self) -> object:
        """Empty, or false, where there is surely nothing to send."""

    def offer(self) -> bool:
        """Send the next call through the lane; false if there is none to send now."""


HOLD = "hold-up"
UNANSWERED = "up"


class Flight(Struct, eq=False):
    """A call that the back end has.  ``failed`` hears ``lost`` (the link went) or ``silent`` (no answer in time).

    ``first`` is the call as it was to be sent, ``tried`` how often a quirk profile had it said in other words.
    """

    call: Call
    answered: Callable[[Answer], None]
    failed: Callable[[str], None]
    first: Call
    tried: int = 0


class Lane:
    """Holds the one outstanding call."""

    def __init__(self, moment: Moment, uplink: Uplink, hang: Callable[[str], None]) -> None:
        self.desk, self.uplink, self.hang = moment.desk, uplink, hang
        self.sources: tuple[Source, ...] = ()
        self.flight: Flight | None = None
        self.silent = 0
        self.fallbacks = Fallbacks(moment)
        self.ready_since: Callable[[], float | None] = lambda: None
        """Since when more than a boot may go up."""

    def pump(self) -> None:
        """Send what can be sent, the first source first."""
        if self.flight is not None or not self.uplink.up or (self.desk.theirs and self._held()):
            return
        for source in self.sources:
            if source.due and source.offer():
                return

    def _held(self) -> bool:
        """Whether the back end's quirk profile wants it to be left alone for a while."""
        since = self.ready_since()
        settling = self.fallbacks.settling(since) if since is not None else 0.0
        wait = max(settling, self.fallbacks.rest())
        if wait > 0 and HOLD not in self.desk.deadlines:
            self.fallbacks.told(settling)
            self.desk.timer(HOLD, wait, lambda: None)
        return wait > 0

    def send(self, call: Call, answered: Callable[[Answer], None], failed: Callable[[str], None]) -> None:
        """Send; exactly one of the two is called later."""
        assert self.flight is None
        self._fly(Flight(call, answered, failed, call))

    def _fly(self, flight: Flight) -> None:
        self.flight, call = flight, flight.call
        within = self.desk.policy.backend_call
        if self.desk.theirs:
            within = self.fallbacks.patience(call, within)
        self.desk.say(do.CallBackend(call, within))
        self.desk.timer(UNANSWERED, within, self._unanswered)

    def hear(self, answer: Answer) -> None:
        """The back end answered something."""
        flight = self.flight
        if flight is None or flight.call.id != answer.id:
            self.desk.note("stray", answer.id, peer="backend", kind="answer")
            return
        self._land()
        self.silent = 0
        if self.desk.theirs:
            self._by_profile(flight, answer)
        else:
            flight.answered(answer)

    def _by_profile(self, flight: Flight, answer: Answer) -> None:
        """Tell the room that asked, or say it in other words, where the back end's quirk profile has them."""
        call = self.fallbacks.next(flight.first, flight.tried, answer)
        if call is None:
            flight.answered(answer)
        else:
            self._fly(Flight(call, flight.answered, flight.failed, flight.first, flight.tried + 1))

    def lost(self) -> None:
        """The link is gone."""
        flight = self.flight
        self.silent = 0
        if flight is not None:
            self._land()
            flight.failed("lost")

    def _unanswered(self) -> None:
        flight = self.flight
        if flight is None:
            return
        self._land()
        if self.desk.theirs and self.fallbacks.expects(flight.call):
            answer = self.fallbacks.silent(flight.call)
            if answer is not None:
                self._by_profile(flight, answer)
            else:
                flight.failed("silent")
            return
        self.desk.note("uplink", flight.call.id, change="unanswered")
        self.silent += 1
        flight.failed("silent")
        if self.silent >= self.desk.policy.uplink_silent_calls:
            self.hang("the back end does not answer")

    def _land(self) -> None:
        if self.flight is not None:
            self.desk.deadlines.pop(UNANSWERED, None)
            self.fallbacks.landed()
        self.flight = None
