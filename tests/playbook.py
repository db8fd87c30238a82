"""Dialogues with a session, written as they happen.

    with Play(session, MemoryJournal()) as play:
        play >> StationAsked(call, "raw") << CallBackend        # a type: any of that kind; play.last is it
        play >> 10.0 << AnswerStation(answer)                   # seconds pass, deadlines end; a value: exactly that

What a session says must all be expected, in order, before the next event and at the end: a half-checked dialogue fails.
Notes, timers and (with a journal) commits are background: they need not be expected, but can be.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from math import inf
from typing import Any

from gateway.session import commands as do
from gateway.session import events as on
from gateway.session.session import Session
from tests.memory_journal import MemoryJournal

BEGIN = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
BACKGROUND = (do.Note, do.Wake, do.Learned, do.Acted)


class Play:
    """One session on stage.  ``play.journal`` stores at once, unless it is None: then `Commit` is expected like any other."""

    def __init__(self, session: Session, journal: MemoryJournal | None = None, begin: float = 1000.0) -> None:
        self.session, self.journal, self.now = session, journal, begin
        self.unheard: list[do.Command] = []
        self.background: list[do.Command] = []
        self.alarm = inf
        self.last: Any = None

    def __enter__(self) -> Play:
        return self

    def __exit__(self, kind: type | None, *rest: object) -> None:
        if kind is None:
            self.nothing_left()

    def __rshift__(self, happens: on.Event | float) -> Play:
        """An event happens, or seconds pass."""
        self.nothing_left()
        self.background = []
        if isinstance(happens, int | float):
            self._pass(happens)
        else:
            self._feed(happens)
        return self

    def __lshift__(self, wanted: Any) -> Play:
        """The session said this: a command, a kind of command, or what a function finds true."""
        heard = self._background(wanted)
        if heard is None:
            assert self.unheard, f"nothing (more) was said; expected {wanted}"
            heard = self.unheard.pop(0)
            assert fits(heard, wanted), f"said:     {heard}\nexpected: {wanted}"
        self.last = heard
        return self

    def nothing_left(self) -> None:
        """All that was said has been expected."""
        left, self.unheard = self.unheard, []
        assert not left, "said, but not expected:\n" + "\n".join(map(str, left))

    @property
    def timers(self) -> dict[str, float]:
        """The moments of the session's deadlines."""
        return self.session.desk.deadlines.moments

    @property
    def notes(self) -> list[tuple[str, dict[str, str]]]:
        """What was counted since the last ``>>``."""
        return [(note.what, note.labels) for note in self.background if isinstance(note, do.Note)]

    def _background(self, wanted: Any) -> do.Command | None:
        return next((said for said in self.background if isinstance(wanted, said.__class__ | type) and fits(said, wanted)), None)

    def _pass(self, seconds: float) -> None:
        end = self.now + seconds
        while self.alarm <= end:
            self.now, self.alarm = max(self.now, self.alarm), inf
            self._feed(on.Woken())
        self.now = end

    def _feed(self, event: on.Event) -> None:
        events = [event]
        while events:
            at = on.Instant(self.now, BEGIN + timedelta(seconds=self.now - 1000.0))
            for command in self.session.receive(events.pop(0), at):
                events += self._carry_out(command)

    def _carry_out(self, command: do.Command) -> list[on.Event]:
        if isinstance(command, do.Wake):
            self.alarm = self.now + command.seconds
        if isinstance(command, do.Commit) and self.journal is not None:
            self.background.append(command)
            self.journal.apply(command.writes)
            return [on.Committed(command.tag)]
        if isinstance(command, do.Fetch) and self.journal is not None:
            self.background.append(command)
            return [on.Fetched(self.journal.waiting(command.first))]
        (self.background if isinstance(command, BACKGROUND) else self.unheard).append(command)
        return []


def fits(said: do.Command, wanted: Any) -> bool:
    """Whether a command is what was wanted."""
    if isinstance(wanted, type):
        return isinstance(said, wanted)
    if isinstance(wanted, Callable) and not isinstance(wanted, do.Command):  # type: ignore[arg-type]
        return bool(wanted(said))
    return bool(said == wanted)
