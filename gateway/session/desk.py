"""What the rooms of one session share: the event's moment, the commands so far, commits, timers, and the two dialects.

In: what a room wants done.  Out: the commands of this event, in order.
Not here: any rule of the conversation.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from gateway.dialects.schema import Dialect
from gateway.journal.contract import Write
from gateway.ladder.facts import Context, Facts
from gateway.ladder.losses import Loss, Refused
from gateway.ladder.route import Passage, Route
from gateway.messages import Answer, Call, Error, Result
from gateway.session import commands as do
from gateway.session.events import Instant
from gateway.session.policy import Policy

Then = Callable[[], None]
SOON = 0.05
"""Seconds that a write may wait for the next commit to take it along."""


class Desk:
    """Shared by reference; ``begin`` opens an event, ``take`` closes it."""

    def __init__(
        self,
        station: str,
        dialect: Dialect,
        backend: Dialect,
        up: Route,
        down: Route,
        policy: Policy,
        ids: Callable[[], str],
        rng: random.Random,
        older: Callable[[str], Route | None] = lambda dialect: None,
    ) -> None:
        self.station, self.dialect, self.backend = station, dialect, backend
        self.up, self.down, self.policy, self.ids, self.rng = up, down, policy, ids, rng
        self.older = older
        self.switches: Mapping[str, Any] = {}
        self.at = Instant(0.0, datetime.min.replace(tzinfo=UTC))
        self.exchange = False
        self.present = False
        self.stopping = False
        self._out: list[do.Command] = []
        self._commits: dict[int, Then | None] = {}
        self._timers: dict[str, Then] = {}
        self._owed: list[Write] = []
        self._tag = 0

    # -- one event -----------------------------------------------------------------------------------------------

    def begin(self, at: Instant) -> None:
        """An event begins."""
        self.at, self._out = at, []

    def take(self) -> list[do.Command]:
        """The commands of this event."""
        out, self._out = self._out, []
        return out

    def say(self, command: do.Command) -> None:
        """Ask for something."""
        self._out.append(command)

    def note(self, what: str, detail: str = "", **labels: str) -> None:
        """Count something; ``what`` and its labels are in `gateway.session.notes`."""
        self.say(do.Note(what, labels, detail))

    # -- commits and timers --------------------------------------------------------------------------------------

    @property
    def storing(self) -> bool:
        """Whether a commit is under way, or owed."""
        return bool(self._commits) or bool(self._owed)

    def commit(self, writes: Sequence[Write], then: Then | None = None) -> None:
        """Store; ``then`` runs when it is fsynced.  Commits end in the order in which they were asked for."""
        self._tag += 1
        self._commits[self._tag] = then
        self.say(do.Commit(self._tag, [*self._owed, *writes] if self._owed else writes))
        self._owed = []

    def commit_soon(self, writes: Sequence[Write]) -> None:
        """Store with the next commit, or `SOON` from now: for what nobody waits for and a crash may forget.

        A busy station's next message takes it along, which saves every second commit.
        """
        self._owed += writes
        if self.stopping:
            self.settle_debts()
        elif not self.running("soon"):
            self.timer("soon", SOON, self.settle_debts)

    def settle_debts(self) -> None:
        """Store what is owed now."""
        if self._owed:
            self.commit([])

    def committed(self, tag: int) -> None:
        """A commit is on disk."""
        if tag not in self._commits:
            self.note("stray", f"commit {tag}", peer="gateway", kind="commit")
            return
        then = self._commits.pop(tag)
        if then is not None:
            then()

    def timer(self, name: str, seconds: float, then: Then) -> None:
        """Run ``then`` after ``seconds``, unless cancelled or set anew before."""
        self._timers[name] = then
        self.say(do.SetTimer(name, seconds))

    def running(self, name: str) -> bool:
        """Whether a timer of that name runs."""
        return name in self._timers

    def cancel(self, name: str) -> None:
        """Forget a timer."""
        if self._timers.pop(name, None) is not None:
            self.say(do.CancelTimer(name))

    def fired(self, name: str) -> None:
        """A timer came due.  One that was cancelled meanwhile may still say so."""
        then = self._timers.pop(name, None)
        if then is None:
            self.note("stray", name, peer="gateway", kind="timer")
        else:
            then()

    # -- the two languages ---------------------------------------------------------------------------------------

    def context(self, facts: Facts) -> Context:
        """What the ladder may read beside a message."""
        return Context(facts=facts, now=self.at.wall)

    def lost(self, losses: Iterable[Loss]) -> None:
        """Count what did not cross."""
        for loss in losses:
            self.note("loss", f"{loss.action} {loss.field}: {loss.why}", table=loss.table, rule=loss.rule)

    def route_from(self, dialect: str) -> Route | None:
        """The way up from the dialect in which a row was stored: the station may have spoken another one then."""
        return self.up if dialect == self.dialect.name else self.older(dialect)

    def upward(self, call: Call, facts: Facts, up: Route | None = None) -> Passage:
        """The station's call as the back end shall hear it."""
        passage = (up or self.up).request(call.action, call.payload, self.context(facts))
        self.lost(passage.losses)
        return passage

    def downward(self, call: Call, facts: Facts) -> Passage:
        """The back end's call as the station shall hear it."""
        passage = self.down.request(call.action, call.payload, self.context(facts))
        self.lost(passage.losses)
        return passage

    def climb(self, passage: Passage, asked: Call, answer: Answer, facts: Facts) -> Answer:
        """The answer to what went through ``passage``, as the asker of ``asked`` shall hear it."""
        if isinstance(answer, Error):
            return Error(asked.id, asked.action, answer.code, answer.description, answer.details)
        try:
            payload, losses = passage.result(answer.payload, self.context(facts))
        except Refused as refused:
            return Error(asked.id, asked.action, refused.code, refused.why)
        self.lost(losses)
        return Result(asked.id, asked.action, payload)

    def ended(self, direction: str, dialect: Dialect, call: Call, outcome: str) -> None:
        """Count a call that is answered.  A name that the ``dialect`` of its asker does not know counts as ``other``."""
        operation = call.action if call.action in dialect.messages else "other"
        self.note("call", call.id, direction=direction, dialect=dialect.name, operation=operation, outcome=outcome)


def local_answer(dialect: Dialect, call: Call, passage: Passage) -> Answer | None:
    """The answer that the tables themselves give, in the asker's ``dialect``; None if the call goes onward."""
    if passage.refusal is not None:
        return Error(call.id, call.action, *passage.refusal)
    if passage.answer is not None:
        return Result(call.id, call.action, passage.answer)
    return dialect.result_of(call) if passage.action is None else None
