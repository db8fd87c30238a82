"""A command of the back end that its station needs as several calls: what is sent next, and the answer in the end.

In: the session's switches ``sequences`` and ``split``, a command, the answers to its calls.  Out: calls, then one answer.
Not here: sending and waiting (`gateway.session.orders`), how a profile says it (`gateway.quirks.courses`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from msgspec.structs import replace

from gateway.messages import Answer, Call, Payload
from gateway.session.desk import Desk

COURSES = ("sequences", "split")


class Course(Protocol):
    """One command as several calls (`gateway.quirks.courses`)."""

    def fits(self, asked: Payload) -> bool:
        """Whether that command takes this course."""

    def call(self, number: int, asked: Payload, answers: Sequence[Answer], now: datetime) -> tuple[str, Payload, float] | None:
        """The call of that number, with seconds to wait before it; None where the course has ended."""

    def answer(self, asked: Payload, answers: Sequence[Answer], now: datetime) -> Answer:
        """The answer to the command."""


class Running:
    """A command on its course.  ``asked`` is the command as the station would hear it."""

    def __init__(self, desk: Desk, course: Course, asked: Call) -> None:
        self.desk, self.course, self.asked = desk, course, asked
        self.answers: list[Answer] = []
        self.not_before = 0.0

    def next(self) -> Call | None:
        """What to ask now, not before ``not_before`` (monotonic); None where there is nothing more."""
        move = self.course.call(len(self.answers), self.asked.payload, self.answers, self.desk.at.wall)
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
        made = self.course.answer(self.asked.payload, self.answers, self.desk.at.wall)
        return replace(made, id=self.asked.id, action=self.asked.action)


def begun(desk: Desk, call: Call) -> Running | None:
    """The course of a command, where a profile has one for it."""
    for switch in COURSES:
        for course in desk.switches.get(switch, {}).get(call.action, ()):
            if course.fits(call.payload):
                desk.acted(switch, call.action)
                return Running(desk, course, call)
    return None
