"""Asks the station again and again, as often as its state wants, and keeps it alive.

In: the polls of a ``device:`` section.  Out: records to the station.
Not here: what the answers mean (`gateway.devices.device`), the manners of the link (a bus).

The next round begins when the one before was answered, or was not: a slow station is not asked twice at once.
"""

from __future__ import annotations

from gateway.devices.desk import Desk
from gateway.devices.rules import Poll

SOONEST = 0.1


class Polls:
    """All polls of one station; ``urge`` asks all of them at once."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._flying: set[str] = set()

    def start(self) -> None:
        """The station is there: ask everything."""
        for number, poll in enumerate(self.desk.rules.polls):
            for connector in self.desk.memory.connectors if poll.each else (1,):
                self._go(f"poll {number} {connector}", poll, connector)

    urge = start

    @property
    def idle(self) -> bool:
        """Whether nothing that was asked is open."""
        return not self._flying

    def stop(self) -> None:
        """The station is gone."""
        self._flying.clear()
        for number, _ in enumerate(self.desk.rules.polls):
            for connector in self.desk.memory.connectors:
                self.desk.cancel(f"poll {number} {connector}")

    def _go(self, name: str, poll: Poll, connector: int) -> None:
        if name in self._flying:
            return
        scope = self.desk.scope(connector)
        if poll.when is not None and not poll.when(scope):
            self._next(name, poll, connector)
        elif not poll.answered:
            self.desk.send(poll.message, scope)
            self._next(name, poll, connector)
        else:
            self._flying.add(name)
            self.desk.cancel(name)
            self.desk.ask(poll.message, scope, lambda record: self._done(name, poll, connector))

    def _done(self, name: str, poll: Poll, connector: int) -> None:
        self._flying.discard(name)
        if self.desk.up:
            self._next(name, poll, connector)

    def _next(self, name: str, poll: Poll, connector: int) -> None:
        scope = self.desk.scope(connector)
        every = poll.every.get(str(scope.get("state")), poll.every[""])(scope)
        self.desk.timer(name, max(SOONEST, float(every or 60)), lambda: self._go(name, poll, connector))
