"""The way up: one call to the back end at a time.

In: calls from the rooms that have something to send, answers.  Out: `CallBackend`, and the answer to the room that asked.
Not here: which room comes first (`gateway.session.session`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from gateway.messages import Answer, Call
from gateway.session import commands as do
from gateway.session.desk import Desk
from gateway.session.uplink import Uplink


class Source(Protocol):
    """A room that sends calls up."""

    def offer(self) -> bool:
        """Send the next call through the lane; false if there is none to send now."""


@dataclass(slots=True)
class Flight:
    """A call that the back end has.  ``failed`` hears ``lost`` (the link went) or ``silent`` (no answer in time)."""

    id: str
    answered: Callable[[Answer], None]
    failed: Callable[[str], None]


class Lane:
    """Holds the one outstanding call."""

    def __init__(self, desk: Desk, uplink: Uplink, hang: Callable[[str], None]) -> None:
        self.desk, self.uplink, self.hang = desk, uplink, hang
        self.sources: tuple[Source, ...] = ()
        self.flight: Flight | None = None
        self.silent = 0

    def pump(self) -> None:
        """Send what can be sent, the first source first."""
        if self.flight is not None or not self.uplink.up:
            return
        for source in self.sources:
            if source.offer():
                return

    def send(self, call: Call, answered: Callable[[Answer], None], failed: Callable[[str], None]) -> None:
        """Send; exactly one of the two is called later."""
        assert self.flight is None
        self.flight = Flight(call.id, answered, failed)
        within = self.desk.policy.backend_call
        self.desk.say(do.CallBackend(call, within))
        self.desk.timer(f"up:{call.id}", within, self._unanswered)

    def hear(self, answer: Answer) -> None:
        """The back end answered something."""
        flight = self.flight
        if flight is None or flight.id != answer.id:
            self.desk.note("stray", answer.id, peer="backend", kind="answer")
            return
        self._land()
        self.silent = 0
        flight.answered(answer)

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
        self.desk.note("uplink", flight.id, change="unanswered")
        self.silent += 1
        flight.failed("silent")
        if self.silent >= self.desk.policy.uplink_silent_calls:
            self.hang("the back end does not answer")

    def _land(self) -> None:
        if self.flight is not None:
            self.desk.cancel(f"up:{self.flight.id}")
        self.flight = None
