"""The fast lane: the station's calls that no ledger waits for, and the heartbeats that go up.

In: authorizations, vendors' messages, anything unknown; heartbeats.  Out: calls in the lane, answers to the station.
Not here: transaction messages (`gateway.session.intake`), boots (`gateway.session.registration`).
"""

from __future__ import annotations

from functools import partial

from msgspec import Struct

from gateway.load import ERRANDS, Load
from gateway.messages import Answer, Call, Error, Result
from gateway.session.asks import Asked, Asks
from gateway.session.desk import Desk
from gateway.session.lane import Lane
from gateway.session.naming import Naming
from gateway.session.registration import Registration
from gateway.session.text import stamp
from gateway.session.transactions import Transactions
from gateway.session.trip import Trip

EARLY = 0.95
"""A station's clock is not ours: a heartbeat this much of the interval after the last one is the next one."""


class Errand(Struct, eq=False):
    """A call on its way up.  ``asked`` is None for one whose answer nobody waits for."""

    call: Call
    asked: Asked | None
    trip: Trip | None = None


class Errands:
    """In order of arrival, before the queue."""

    def __init__(
        self, desk: Desk, asks: Asks, lane: Lane, registration: Registration, transactions: Transactions, naming: Naming
    ) -> None:
        self.desk, self.asks, self.lane, self.naming = desk, asks, lane, naming
        self.registration, self.transactions = registration, transactions
        self.triggered = False
        self.load = Load()
        self.due: list[Errand] = []
        """What waits."""
        self._flying: Errand | None = None
        self._last_beat: float | None = None

    @property
    def idle(self) -> bool:
        """Whether nothing waits."""
        return not self.due and self._flying is None

    def asked(self, asked: Asked) -> None:
        """The station asks something that the back end shall answer."""
        if self.desk.answers_here(asked.role) or len(self.due) >= self.desk.policy.most_calls:
            self._answer_here(asked)
            return
        if self.load.level >= ERRANDS and asked.role != "authorize":
            self.asks.unreachable(asked, "busy")
            return
        self.due.append(Errand(asked.call, asked))
        self.asks.within(asked, self._answer_here)

    def beat(self, asked: Asked) -> None:
        """The station shows that it lives: answer with our clock; one per interval, and each that was asked for, goes up."""
        self.asks.result(asked, "local", now=stamp(self.desk.at.wall))
        due = self._last_beat is None or self.desk.at.mono - self._last_beat >= EARLY * self.registration.interval
        if (due or self.triggered) and self.registration.ready and not any(e.asked is None for e in self.due):
            self.triggered = False
            self._last_beat = self.desk.at.mono
            self.due.append(Errand(asked.call, None))

    def give_up(self) -> None:
        """The back end cannot be asked: all are answered here."""
        waiting = [*self.due, *([self._flying] if self._flying else [])]
        self.due.clear()
        for errand in waiting:
            if errand.asked is not None:
                self._answer_here(errand.asked)

    def offer(self) -> bool:
        """Send the next one.  One that may not leave before its registers are stored lets those behind it wait."""
        while self.due and self.registration.ready:
            errand = self.due[0]
            if errand.asked is not None and not errand.asked.open:
                self.due.pop(0)
                continue
            trip = errand.trip or self._rendered(errand)
            if not trip.stored:
                return False
            self.due.pop(0)
            if trip.local is None:
                self._send(errand, trip)
                return True
            if errand.asked is not None:
                self.asks.reply(errand.asked, trip.local, "local")
        return False

    def _rendered(self, errand: Errand) -> Trip:
        trip = errand.trip = self.desk.upward(self.naming.from_station(errand.call), self.transactions)
        if not trip.stored:
            self.desk.store(trip)
        return trip

    def _send(self, errand: Errand, trip: Trip) -> None:
        call = trip.onward(self.desk.ids())
        self._flying = errand
        call = call if self.naming.alike else self.naming.to_backend(call)
        self.lane.send(call, partial(self._answered, errand, trip), partial(self._failed, errand))

    def _answered(self, errand: Errand, trip: Trip, answer: Answer) -> None:
        self._flying = None
        if trip.heard(answer):
            self.due.insert(0, errand)
            return
        asked = errand.asked
        if asked is None:
            return
        answer, writes = self.desk.answer(trip, errand.call, self.transactions)
        if asked.role == "authorize" and isinstance(answer, Result):
            said = self.desk.dialect.facts(answer)
            self.transactions.heard(self._token(errand.call), said.get("token_status"), said.get("token_expiry"))
        self.desk.after(writes, partial(self._reply, asked, answer))

    def _reply(self, asked: Asked, answer: Answer) -> None:
        self.asks.reply(asked, answer, "refused" if isinstance(answer, Error) else "answered")

    def _failed(self, errand: Errand, why: str) -> None:
        self._flying = None
        if errand.asked is not None:
            self._answer_here(errand.asked)

    def _answer_here(self, asked: Asked) -> None:
        if asked.role == "authorize":
            choice = self.desk.policy.authorize_offline
            status = self.transactions.token_status(self._token(asked.call), choice, "invalid")
            if self.asks.result(asked, "local", token_status=status):
                self.desk.judged(choice, status, f"{asked.call.action} {asked.call.id}")
        elif asked.role in self.desk.switches.get("answer_locally", ()):
            self.asks.result(asked, "local")
        else:
            self.asks.unreachable(asked)

    def _token(self, call: Call) -> str | None:
        token = self.desk.dialect.fact(call, "token")
        return token if isinstance(token, str) else None
