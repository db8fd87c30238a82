"""What a simulated back end does: books by natural key as a real one would, has moods, gives orders.

In: messages from its speech.  Out: answers (or none, or too late, or twice, or wrong), orders to stations.
Not here: words on the wire (`tests.simulation.json_backend`, `.soap_backend`), whether the books are right (`.truth`).
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any, Protocol

from tests.simulation.truth import Booking, Copy, Item, Reading


class Reply(Protocol):
    """How one call can be answered."""

    def result(self, said: dict[str, Any], copy: Copy | None) -> None:
        """The answer; ``copy`` learns when the gateway has it."""

    def wrong(self, said: dict[str, Any]) -> None:
        """An answer that belongs to nothing."""

    def error(self, copy: Copy | None) -> None:
        """An error."""

    def cut(self) -> None:
        """No answer, and no link."""


@dataclass(frozen=True)
class Mood:
    """How often what goes wrong with an answer."""

    slow: float = 0.0
    late: float = 0.0
    lost: float = 0.0
    twice: float = 0.0
    wrong: float = 0.0
    error: float = 0.0
    cut: float = 0.0


WELL = Mood()
MOST_ERRORS = 3
"""Errors for one message; the gateway puts it aside after five."""


class Backend:
    """One back end for all stations."""

    def __init__(self, world: Any, speech: Any) -> None:
        self.world = world
        self.chance = random.Random(f"{world.seed} backend")
        self.mood, self.hanging = WELL, False
        self.interval = self.chance.choice((60, 120, 300))
        self.boots: dict[str, int] = {}
        self.accepted: set[str] = set()
        self._ids = self.chance.randint(1, 100_000)
        self._tags = 0
        self.speech = speech(self)

    def up(self) -> None:
        """It listens."""
        self.speech.listen()

    def down(self) -> None:
        """It is gone, and so are its links."""
        self.world.net.ports.pop(("192.0.2.2", 9000), None)
        for wire in self.world.net.of("192.0.2.2", 9000):
            wire.cut()

    # -- what it hears -------------------------------------------------------------------------------------------

    def hear(
        self, station: str, kind: str, fields: dict[str, Any], reply: Reply, readings: tuple[Reading, ...], id: Any, sent: float
    ) -> None:
        """A call of a station.  ``fields``, ``readings`` and ``sent`` as `Ledger.arrived` has them, ``id`` of the transaction."""
        self.world.log(f"the back end hears {kind} of {station}")
        if self.hanging and not self.world.quiet(station):
            return
        item = copy = None
        if kind in ("start", "meter", "stop"):
            item = self.world.ledger.arrived(kind, station, fields, readings, sent)
            if item is None:
                return
            copy = item.copies[-1]
        fate = self._fate(station)
        if item is not None and (item.poisoned or (fate == "error" and item.errors < MOST_ERRORS)):
            item.errors += 1
            copy.error = True  # type: ignore[union-attr]
            self.world.count("errors of the back end")
            self._soon(reply.error, copy)
            return
        self._answer(reply, self._said(station, kind, fields, item, id), copy, fate)

    def _fate(self, station: str) -> str:
        draw = self.chance.random()
        if self.world.quiet(station):
            return "now"
        for name in ("slow", "late", "lost", "twice", "wrong", "error", "cut"):
            draw -= getattr(self.mood, name)
            if draw < 0:
                return name
        return "now"

    def _answer(self, reply: Reply, said: dict[str, Any], copy: Copy | None, fate: str) -> None:
        if fate not in ("now", "error"):
            self.world.count(f"answers of the back end: {fate}")
        if fate == "slow":
            self.world.time.later(None, self.chance.uniform(0.5, 20), reply.result, said, copy)
        elif fate == "late":
            self.world.time.later(None, self.chance.uniform(31, 70), reply.result, said, copy)
        elif fate == "lost":
            pass
        elif fate == "wrong":
            self._soon(reply.wrong, said)
        elif fate == "cut":
            self._soon(reply.cut)
        else:
            self._soon(reply.result, said, copy)
            if fate == "twice":
                self.world.time.later(None, 0.06, reply.result, said, None)

    def _soon(self, call: Any, *args: Any) -> None:
        self.world.time.later(None, self.chance.uniform(0, 0.05), call, *args)

    # -- what it knows -------------------------------------------------------------------------------------------

    def _said(self, station: str, kind: str, fields: dict[str, Any], item: Item | None, id: Any) -> dict[str, Any]:
        if kind == "boot":
            return self._boot(station)
        if kind == "authorize":
            return self.world.tokens.judged(fields["tag"])
        if kind == "start":
            assert item is not None
            booking = self.world.ledger.book_start(item, self._new_id if id is None else lambda: id)
            if id not in (None, booking.id):
                self.world.found("INV2", f"start {item.sign} of {station} is transaction {booking.id}, and {id} too")
            return {**self.world.tokens.judged(fields["tag"]), "id": booking.id}
        if item is not None:
            self.world.ledger.book_more(item, id)
        return {}

    def _boot(self, station: str) -> dict[str, Any]:
        self.boots[station] = self.boots.get(station, 0) + 1
        rough = self.mood is not WELL and not self.world.quiet(station)
        if rough and self.chance.random() < 0.15:
            self.world.count("boots that were not accepted")
            return {"status": self.chance.choice(("Pending", "Rejected")), "interval": self.chance.randint(3, 20)}
        self.accepted.add(station)
        return {"status": "Accepted", "interval": self.interval}

    def _new_id(self) -> int:
        self._ids += self.chance.randint(1, 3)
        return self._ids

    # -- what it wants -------------------------------------------------------------------------------------------

    def give_order(self) -> None:
        """Ask one of the stations for something."""
        station = self.chance.choice(self.world.stations)
        kind = self.chance.choices(("remote_start", "remote_stop", "reset"), (5, 5, 0 if self.world.local else 1))[0]
        if kind == "remote_start":
            self._tags += 1
            tag = f"R{self._tags}"
            self._order(station, kind, {"tag": tag, "connector": self.chance.randint(1, station.connectors)}, None)
        elif kind == "reset":
            self._order(station, kind, {}, None)
        else:
            open_ = [b for b in self.world.ledger.bookings.get(station.name, {}).values() if b.stop is None]
            if open_:
                booking: Booking = self.chance.choice(open_)
                self._order(station, kind, {"id": booking.id}, booking.session)

    def _order(self, station: Any, kind: str, fields: dict[str, Any], session: Any) -> None:
        order = self.world.orders.given(station.name, kind, fields, session)
        if self.speech.order(station.name, kind, fields, order):
            order.sent = True
            self.world.count("orders of the back end")
