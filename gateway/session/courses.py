"""A command of the back end that its station needs as several calls: what is sent next, and the answer in the end.

In: the session's switches ``sequences`` and ``split``, a command, the answers to its calls.  Out: calls, then one answer.
Not here: sending and waiting (`gateway.session.orders`), how a profile says it (`gateway.quirks.courses`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from msgspec.structs import replace

from gateway.messages import Answer, Call, Payload
from gateway.session.desk import Desk
from gateway.session.transactions import Transactions

COURSES = ("sequences", "split")


class Moment:
    """What a profile may know when it makes a command: the time, and which transaction runs where."""

    def __init__(self, desk: Desk, transactions: Transactions) -> None:
        self.desk, self.transactions = desk, transactions

    @property
    def facts(self) -> Moment:
        """What expressions may ask."""
        return self

    @property
    def now(self) -> datetime:
        """The gateway's time."""
        return self.desk.at.wall

    def transaction(self, connector: int | None) -> Any:
        """The open transaction of a connector (0 or None: the only one of the station) as the station names it, or None."""
        open = [one for one in self.transactions.open() if not connector or one.connector == connector]
        if len(open) != 1:
            return None
        return open[0].station_id if self.desk.dialect.names_transactions == "station" else open[0].gateway_id


class Course(Protocol):
    """One command as several calls (`gateway.quirks.courses`)."""

    def fits(self, asked: Payload) -> bool:
        """Whether that command takes this course."""

    def call(self, number: int, asked: Payload, answers: Sequence[Answer], moment: Moment) -> tuple[str, Payload, float] | None:
        """The call of that number, with seconds to wait before it; None where the course has ended."""

    def answer(self, asked: Payload, answers: Sequence[Answer], moment: Moment) -> Answer:
        """The answer to the command."""


class Running:
    """A command on its course.  ``asked`` is the command as the station would hear it."""

    def __init__(self, moment: Moment, course: Course, asked: Call) -> None:
        self.moment, self.desk, self.course, self.asked = moment, moment.desk, course, asked
        self.answers: list[Answer] = []
        self.not_before = 0.0

    def next(self) -> Call | None:
        """What to ask now, not before ``not_before`` (monotonic); None where there is nothing more."""
        move = self.course.call(len(self.answers), self.asked.payload, self.answers, self.moment)
        if move is None:
            return None
        action, payload, wait = move
        self.not_before = self.desk.at.mono + wait
        return Call(self.desk.ids(), action, payload)

    def heard(self, answer: Answer) -> Call | None:
        """The station answered the last one; what to ask then."""
        self.answers.append(answer)
        return self.next()

    def answer(self) -> Answer:
        """The answer to the command."""
        made = self.course.answer(self.asked.payload, self.answers, self.moment)
        return replace(made, id=self.asked.id, action=self.asked.action)


def begun(moment: Moment, call: Call) -> Running | None:
    """The course of a command, where a profile has one for it."""
    desk = moment.desk
    for switch in COURSES:
        for course in desk.switches.get(switch, {}).get(call.action, ()):
            if course.fits(call.payload):
                desk.acted(switch, call.action)
                return Running(moment, course, call)
    return None
