"""Asks the station again and again, as often as its state wants, and keeps it alive.

In: the polls of a ``device:`` section.  Out: records to the station.
Not here: what the answers mean (`gateway.devices.device`), the manners of the link (a bus).

The next round begins when the one before was answered, or was not: a slow station is not asked twice at once.  Of what a session
needs it is known what had no answer; what a station refuses to say is not waited for.
"""

from __future__ import annotations

from gateway.devices.desk import Desk
from gateway.devices.rules import Poll
from gateway.wires.shapes import Record

SOONEST = 0.1


class Polls:
    """All polls of one station; ``urge`` asks all of them at once."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._flying: set[str] = set()
        self._lost: dict[str, str] = {}
        session = desk.rules.session
        values = (session.energy, session.token, session.id) if session is not None else ()
        self._frames = desk.dialect.wire.frames if desk.dialect.wire is not None else {}
        self._needed: frozenset[str] = frozenset().union(*(value.reads for value in values if value is not None))

    def start(self) -> None:
        """The station is there: ask everything."""
        for number, poll in enumerate(self.desk.rules.polls):
            for connector in self.desk.memory.connectors if poll.each else (1,):
                self._go(f"poll {number} {connector}", poll, connector)

    urge = start

    @property
    def flying(self) -> bool:
        """Whether something that was asked is open."""
        return bool(self._flying)

    @property
    def lost(self) -> list[str]:
        """What a session needs, and had no answer when it was asked last."""
        return sorted(set(self._lost.values()))

    def stop(self) -> None:
        """The station is gone."""
        self._flying.clear()
        self._lost.clear()
        for number, _ in enumerate(self.desk.rules.polls):
            for connector in self.desk.memory.connectors:
                self.desk.cancel(f"poll {number} {connector}")

    def _go(self, name: str, poll: Poll, connector: int) -> None:
        if name in self._flying:
            return
        scope = self.desk.scope(connector)
        self._lost.pop(name, None)
        asks = poll.when(scope) if poll.when is not None else True
        if not asks:
            self._lose(name, poll, asks is None)  # whether it shall be asked is not known yet
            self._next(name, poll, connector)
        elif not poll.answered:
            self.desk.send(poll.message, scope)
            self._next(name, poll, connector)
        else:
            self._flying.add(name)
            self.desk.cancel(name)
            self.desk.ask(poll.message, scope, lambda record: self._done(name, poll, connector, record))

    def _done(self, name: str, poll: Poll, connector: int, record: Record | None) -> None:
        self._flying.discard(name)
        self._lose(name, poll, record is None)
        if record is not None and self._frames[record.name].refusal:
            self.desk.memory.refused(connector, self._tells(poll))
        if self.desk.up:
            self._next(name, poll, connector)

    def _lose(self, name: str, poll: Poll, lost: bool) -> None:
        if lost and self._tells(poll) & self._needed:
            self._lost[name] = poll.message.name

    def _tells(self, poll: Poll) -> frozenset[str]:
        """The variables that an answer to it may set."""
        rules = self.desk.rules.records.items()
        answering = (of for name, of in rules if poll.message.name in self._frames[name].answers)
        return frozenset(variable for of in answering for rule in of for variable in rule.set)

    def _next(self, name: str, poll: Poll, connector: int) -> None:
        scope = self.desk.scope(connector)
        every = poll.every.get(str(scope.get("state")), poll.every[""])(scope)
        self.desk.timer(name, max(SOONEST, float(every or 60)), lambda: self._go(name, poll, connector))
