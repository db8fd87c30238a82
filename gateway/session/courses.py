"""A command of the back end that its station needs as several calls: what is sent next, and the answer in the end.

In: the session's switches ``sequences`` and ``split``, a command, the answers to its calls.  Out: calls, then one answer.
Not here: sending and waiting (`gateway.session.orders`), how a profile says it (`gateway.quirks.courses`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from msgspec.structs import replace

from gateway.messages import Answer, Call, Payload
from gateway.session.scenery import Moment

COURSES = ("sequences", "split")


class Course(Protocol):
    """One command as several calls (`gateway.quirks.courses`)."""

    def fits(self, asked: Payload, moment: Moment) -> bool:
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
            if course.fits(call.payload, moment):
                desk.acted(switch, call.action)
                return Running(moment, course, call)
    return None
