"""The readings of running sessions, told from time to time, and when asked for.

In: the list ``readings:`` of a ``device:`` section, meters.  Out: messages of the role meter.
Not here: the first and the last register of a session (`gateway.devices.sessions`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gateway.devices.desk import Desk
from gateway.devices.expressions import text
from gateway.devices.meter import Meter
from gateway.devices.sessions import Sessions
from gateway.messages import Payload

TRIGGERED = "Trigger"


class Readings:
    """Of every connector of one station."""

    def __init__(self, desk: Desk, sessions: Sessions, meter: Callable[[int], Meter]) -> None:
        self.desk, self.sessions, self.meter = desk, sessions, meter

    def start(self, connector: int) -> None:
        """A session runs there: read it after each interval."""
        self.desk.timer(f"reading {connector}", self.desk.memory.sample_interval, lambda: self._due(connector))

    def stop(self, connector: int | None = None) -> None:
        """It does not any more; without a connector: none does."""
        for one in self.desk.memory.connectors if connector is None else (connector,):
            self.desk.cancel(f"reading {one}")

    def _due(self, connector: int) -> None:
        if self.sessions.open(connector) is not None:
            self.tell(connector)
            self.start(connector)

    def tell(self, connector: int, triggered: bool = False, then: Callable[[Payload], None] = lambda payload: None) -> None:
        """Tell what is known now, if anything is."""
        session, scope = self.sessions.open(connector), self.desk.scope(connector)
        values = self._values(connector, scope, triggered)
        if not values or (session is not None and session.number is None):
            then({})
            return
        facts = {"connector": connector, "transaction": session.number if session is not None else None}
        more = {"meterValue": [{"timestamp": self.desk.now, "sampledValue": values}]}
        self.desk.play("meter", facts, lambda answer: then({}), more)

    def _values(self, connector: int, scope: Any, triggered: bool) -> list[dict[str, str]]:
        register = self.meter(connector).register
        found: list[tuple[dict[str, str], Any]] = [({}, register)] if register is not None else []
        found += [(dict(sample.labels), sample.value(scope)) for sample in self.desk.rules.readings]
        context = {"context": TRIGGERED} if triggered else {}
        return [{"value": text(value), **context, **labels} for labels, value in found if value is not None]
