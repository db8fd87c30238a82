"""One station with a protocol of its own, played as if it spoke the plain dialect: records become calls, commands become records.

In: `gateway.devices.events` with the time at which they happen.  Out: its commands, in order.
Not here: bytes (`gateway.wires`), lines (`gateway.devices.bus`), any vendor (the ``device:`` section of a dialect says it all).

Sans-I/O: no clock, no ids but what is handed in; never raises for what a station says.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any

from gateway.devices import events as on
from gateway.devices.orders import Orders
from gateway.devices.records import Records
from gateway.devices.station import Station
from gateway.dialects.schema import Dialect
from gateway.session.events import Instant


class Device:
    """``options`` are what the site says of this station; ``ids`` gives ids of calls."""

    def __init__(
        self, dialect: Dialect, identity: str, options: Mapping[str, Any], ids: Callable[[], str], rng: random.Random
    ) -> None:
        self.station = Station(dialect, identity, options, ids)
        self.desk = self.station.desk
        self.records, self.orders = Records(self.station), Orders(self.station)
        self.desk.record = self.records.heard

    def receive(self, event: on.Event, at: Instant) -> list[on.Command]:
        """What follows from an event, in order."""
        self.desk.begin(at)
        _ROOMS[type(event)](self, event)
        self.station.settle()
        return self.desk.take()

    def _restored(self, event: on.Restored) -> None:
        self.station.restore(event.values)

    def _link_up(self, event: on.LinkUp) -> None:
        self.desk.up = True
        self.station.procedures.run(self.station.rules.up, 1, self._greeted)

    def _greeted(self, good: bool, word: str) -> None:
        if self.desk.up:
            self.station.polls.start()

    def _link_down(self, event: on.LinkDown) -> None:
        self.station.gone()

    def _heard(self, event: on.Heard) -> None:
        self.station.here()
        self.records.heard(event.record)

    def _answered(self, event: on.Answered) -> None:
        self.station.here()
        self.desk.answered(event.tag, event.record)

    def _unanswered(self, event: on.Unanswered) -> None:
        self.desk.note("unanswered", event.why)
        self.desk.answered(event.tag, None)

    def _fired(self, event: on.TimerFired) -> None:
        self.desk.fired(event.name)

    def _asked(self, event: on.Asked) -> None:
        self.orders.asked(event.call)

    def _told(self, event: on.AnsweredUp) -> None:
        self.desk.told(event.answer)

    def _kept(self, event: on.Kept) -> None:
        self.desk.kept(event.tag)


_ROOMS: dict[type, Callable[[Device, Any], None]] = {
    on.Restored: Device._restored,
    on.LinkUp: Device._link_up,
    on.LinkDown: Device._link_down,
    on.Heard: Device._heard,
    on.Answered: Device._answered,
    on.Unanswered: Device._unanswered,
    on.TimerFired: Device._fired,
    on.Asked: Device._asked,
    on.AnsweredUp: Device._told,
    on.Kept: Device._kept,
}
