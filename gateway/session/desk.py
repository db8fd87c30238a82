"""What the rooms of one session share: the event's moment, the commands so far, commits, deadlines, and the two dialects.

In: what a room wants done.  Out: the commands of this event, in order.
Not here: any rule of the conversation.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from gateway.deadlines import A_HAIR, Deadlines, Then
from gateway.dialects.schema import Dialect
from gateway.journal.contract import PutRegisters, Write
from gateway.ladder.facts import Context, Facts
from gateway.ladder.losses import Loss
from gateway.ladder.registers import Registers
from gateway.ladder.route import Route
from gateway.messages import Answer, Call, Side
from gateway.session import commands as do
from gateway.session.events import Instant
from gateway.session.policy import Policy
from gateway.session.trip import Trip, further, travel

SOON = 0.25
"""Seconds that a write may wait for the next commit to take it along."""


class Desk:
    """Shared by reference.  ``at`` is the event's moment, ``say`` asks for a command: what was asked for gathers in ``out``.

    ``switches`` are those of the station's quirk profiles, ``theirs`` those of the back end's that count for calls to it.
    """

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
        self.theirs: Mapping[str, Any] = {}
        self.at = Instant(0.0, datetime.min.replace(tzinfo=UTC))
        self.registers = Registers()
        self.exchange = False
        self.present = False
        self.stopping = False
        self.out: list[do.Command] = []
        self.say: Callable[[do.Command], None] = self.out.append
        self._commits: dict[int, Then | None] = {}
        self.deadlines = Deadlines()
        self._owed: list[Write] = []
        self._owed_since = 0.0
        self._tag = 0

    # -- one event -----------------------------------------------------------------------------------------------

    def note(self, what: str, detail: str = "", **labels: str) -> None:
        """Count something; ``what`` and its labels are in `gateway.session.notes`."""
        self.out.append(do.Note(what, labels, detail))

    def acted(self, switch: str, detail: str | None = "", side: Side = "station") -> None:
        """A switch of a quirk profile did something."""
        self.say(do.Acted(side, switch, detail or ""))

    def answers_here(self, role: str | None) -> bool:
        """Whether a quirk profile wants the station's calls of that role to be answered without the back end."""
        found = role in self.switches.get("answer_locally", ())
        if found:
            self.acted("answer_locally", role)
        return found

    def judged(self, choice: str, status: str, what: str) -> None:
        """Count a word on a token that was given here, by the site's ``choice``, because the back end was away or too slow."""
        self.note("token", what, choice=choice, verdict="accepted" if status == "accepted" else "rejected")

    # -- commits and deadlines -----------------------------------------------------------------------------------

    @property
    def storing(self) -> bool:
        """Whether a commit is under way, or owed."""
        return bool(self._commits) or bool(self._owed)

    def commit(self, writes: Sequence[Write], then: Then | None = None) -> None:
        """Store; ``then`` runs when it is fsynced.  Commits end in the order in which they were asked for."""
        self._tag += 1
        self._commits[self._tag] = then
        if self._owed:
            writes, self._owed = [*self._owed, *writes], []
        self.out.append(do.Commit(self._tag, writes))

    def commit_soon(self, writes: Sequence[Write]) -> None:
        """Store with the next commit, or `SOON` from now: for what nobody waits for and a crash may forget.

        A busy station's next message takes it along, which saves every second commit.
        """
        if not self._owed:
            self._owed_since = self.at.mono
        self._owed += writes
        if self.stopping:
            self.settle_debts()
        elif "soon" not in self.deadlines:
            self.timer("soon", SOON, self._soon)

    def _soon(self) -> None:
        """What this timer was set for has gone along with a commit, nearly always: what is owed since then has its own time."""
        left = self._owed_since + SOON - self.at.mono if self._owed else 0.0
        if left > A_HAIR:
            self.timer("soon", left, self._soon)
        else:
            self.settle_debts()

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
        at = self.at.mono + seconds if seconds > 0.0 else self.at.mono
        self.deadlines.set(name, at, then)
        if at < self.deadlines.wake:
            self._wake_at(at)

    def _wake_at(self, moment: float) -> None:
        self.deadlines.wake = moment
        self.say(do.Wake(max(0.0, moment - self.at.mono)))

    def cancel(self, name: str) -> None:
        """Forget a timer."""
        self.deadlines.pop(name, None)

    def woken(self) -> None:
        """Do what is due, one thing at a time: the rest is an event of its own."""
        then = self.deadlines.due(self.at.mono)
        if then is not None:
            then()
        if self.deadlines.next < self.deadlines.wake:
            self._wake_at(self.deadlines.next)

    # -- the two languages ---------------------------------------------------------------------------------------

    def context(self, facts: Facts, transaction: int | None = None, offline: bool = False) -> Context:
        """What the ladder may read beside a message."""
        return Context(facts, self.at.wall, self.registers, transaction, offline)

    def lost(self, losses: Iterable[Loss]) -> None:
        """Count what did not cross."""
        for loss in losses:
            self.note("loss", f"{loss.action} {loss.field}: {loss.why}", table=loss.table, rule=loss.rule)

    def route_from(self, dialect: str) -> Route | None:
        """The way up from the dialect in which a row was stored: the station may have spoken another one then."""
        return self.up if dialect == self.dialect.name else self.older(dialect)

    def upward(
        self, call: Call, facts: Facts, up: Route | None = None, transaction: int | None = None, offline: bool = False
    ) -> Trip:
        """The station's call as the back end shall hear it."""
        return self._travelled(travel(up or self.up, call, self.context(facts, transaction, offline)))

    def downward(self, call: Call, facts: Facts) -> Trip:
        """The back end's call as the station shall hear it."""
        return self._travelled(travel(self.down, call, self.context(facts)))

    def further(self, trip: Trip, facts: Facts) -> Trip | None:
        """What the station is asked next for the same command, if there is more to ask."""
        more = further(self.down, trip, self.context(facts))
        return None if more is None else self._travelled(more)

    def _travelled(self, trip: Trip) -> Trip:
        if trip.passage is not None and trip.passage.losses:
            self.lost(trip.passage.losses)
        if self.registers.unsaved:
            trip.writes, trip.stored = self.registered(), False
        return trip

    def registered(self) -> list[Write]:
        """What the ladder has put into registers since it was last asked for, to be stored."""
        return [PutRegisters(self.station, self.registers.taken())]

    def store(self, trip: Trip, more: Sequence[Write] = ()) -> None:
        """Store what a trip wrote; it may go on when that is done."""

        def stored() -> None:
            trip.stored = True

        trip.stored = False
        self.commit([*more, *trip.writes], stored)

    def answer(
        self, trip: Trip, asked: Call, facts: Facts, transaction: int | None = None, offline: bool = False
    ) -> tuple[Answer, list[Write]]:
        """The answer to ``asked``, which went as ``trip``, and what must be stored before it is given."""
        answer, losses = trip.answer(asked, self.context(facts, transaction, offline))
        if losses:
            self.lost(losses)
        return answer, self.registered() if self.registers.unsaved else []

    def after(self, writes: Sequence[Write], then: Then) -> None:
        """Run ``then`` when ``writes`` are stored; at once if there are none."""
        if writes:
            self.commit(writes, then)
        else:
            then()

    def ended(self, direction: str, dialect: Dialect, call: Call, outcome: str) -> None:
        """Count a call that is answered.  A name that the ``dialect`` of its asker does not know counts as ``other``."""
        operation = call.action if call.action in dialect.messages else "other"
        self.out.append(_ended(direction, dialect.name, operation, outcome))


@lru_cache(maxsize=1024)
def _ended(direction: str, dialect: str, operation: str, outcome: str) -> do.Note:
    """One note serves all calls that end alike: it is made for every message."""
    return do.Note("call", {"direction": direction, "dialect": dialect, "operation": operation, "outcome": outcome})
