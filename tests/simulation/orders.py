"""The back end's orders: each reaches its station at most once, and means the transaction that was meant.

In: orders given, reached, answered.  Out: findings under the name ``CMD``.
Not here: what a station does with them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

ANSWERED_WITHIN = 33.0
"""The gateway's deadline for a call of the back end, and some for the way."""


@dataclass(eq=False)
class Order:
    """One order.  ``session`` is the transaction that a remote stop means; ``clean`` that its link was never hurt."""

    station: str
    kind: str
    fields: dict[str, Any]
    session: Any
    given: float
    sent: bool = False
    reached: bool = False
    answers: int = 0


class Orders:
    """All orders of a run."""

    def __init__(self, world: Any) -> None:
        self.world = world
        self.all: list[Order] = []

    def given(self, station: str, kind: str, fields: dict[str, Any], session: Any) -> Order:
        """The back end gives one."""
        made = Order(station, kind, fields, session, self.world.time.now)
        self.all.append(made)
        self.world.log(f"the back end wants {kind} {fields} of {station}")
        return made

    def reached(self, station: str, kind: str, fields: dict[str, Any], running: dict[int, Any]) -> None:
        """A station hears one."""
        mine = [o for o in self.all if o.station == station and o.kind == kind and o.sent and self._means(o, fields)]
        fresh = [o for o in mine if not o.reached]
        if fresh:
            fresh[0].reached = True
            self.world.count("orders that reached their station")
        elif mine:
            self.world.found("CMD", f"{station} was asked {kind} {fields} more often than the back end wanted")
        elif not (kind == "remote_stop" and self._late_refusal(station, fields)):
            self.world.found("CMD", f"{station} was asked {kind} {fields}, which the back end did not want")

    def _means(self, order: Order, fields: dict[str, Any]) -> bool:
        if order.kind == "remote_start":
            same = order.fields["connector"] == fields["connector"] or self.world.ledger.renumbered
            return bool(order.fields["tag"] == fields["tag"] and same)
        if order.kind == "reset":
            return True
        if not order.session.told:  # it may be asked to stop before it was told the id; it will be told the same
            order.session.told.append(fields["id"])
        return fields["id"] in order.session.told

    def _late_refusal(self, station: str, fields: dict[str, Any]) -> bool:
        """The gateway itself may end a transaction whose token was refused after the station had been let charge."""
        return any(
            s.station == station and fields["id"] in s.told and s.tag.startswith(("X", "V")) for s in self.world.ledger.sessions
        )

    def answered(self, order: Order, error: bool) -> None:
        """The back end hears an answer."""
        order.answers += 1
        if order.answers > 1:
            self.world.found("CMD", f"{order.kind} to {order.station} was answered {order.answers} times")
        if self.world.time.now - order.given > ANSWERED_WITHIN and not self.world.hurt(order.given):
            self.world.found(
                "CMD", f"{order.kind} to {order.station} was answered after {self.world.time.now - order.given:.1f} s"
            )
        self.world.count("orders that failed" if error else "orders that were answered")
