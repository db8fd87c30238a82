"""The meters of one station: what is known of each register, and whether it was heard.

In: the register as ``session: energy`` works it out of what was heard, or as a record says it.  Out: whole Wh; notes.
Not here: the arithmetic of one register (`gateway.devices.meter`), which session waits for it (`gateway.devices.watched`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from gateway.devices.desk import Desk
from gateway.devices.meter import Meter

METER = "meter"


class Meters:
    """``power(connector)`` is the most that the connector could deliver, W, or None."""

    def __init__(self, desk: Desk, power: Callable[[int], Decimal | None]) -> None:
        self.desk, self.power = desk, power
        session = desk.rules.session
        self._energy = session.energy if session is not None else None
        self._wraps = Decimal(session.wraps) if session is not None and session.wraps is not None else None
        variables = {*desk.rules.station, *desk.rules.connector}
        self._said_by = frozenset(variables & self._energy.reads) if self._energy is not None else frozenset()
        self._all: dict[int, Meter] = {}
        self._known: dict[int, Decimal] = {}
        self._heard: set[int] = set()
        self._awaited: set[int] = set()

    def restore(self, values: Mapping[str, Any]) -> None:
        """Take up what was kept."""
        for connector, kept in values.get(METER, {}).items():
            self.of(int(connector)).restore(kept)

    def keep(self) -> None:
        """What is known must outlive a restart."""
        self.desk.keep({METER: {str(connector): meter.kept() for connector, meter in self._all.items()}})

    def forget(self) -> None:
        """The station is gone: what was heard is old."""
        self._heard.clear()
        self._known.clear()

    # -- what is known -------------------------------------------------------------------------------------------

    def of(self, connector: int) -> Meter:
        """The meter of a connector."""
        if connector not in self._all:
            self._all[connector] = Meter(self._wraps)
        return self._all[connector]

    def wh(self, connector: int) -> int:
        """The register now, whole Wh."""
        return int((self.of(connector).register or Decimal(0)).to_integral_value())

    def heard(self, connector: int) -> bool:
        """Whether it was heard over the present link, or is never: the station has none."""
        return connector in self._heard or not self._said_by

    def expect(self, connector: int) -> None:
        """Its next word is waited for."""
        if self._said_by:
            self._awaited.add(connector)

    def awaited(self, connector: int) -> bool:
        """Whether a word that is waited for did not come yet."""
        return connector in self._awaited

    def unheard(self, connector: int) -> None:
        """A session begins without its word: what that says then is where the session began."""
        self.of(connector).blind = True
        self.keep()

    # -- what is heard -------------------------------------------------------------------------------------------

    def look(self, connector: int, said: frozenset[str]) -> None:
        """What is known now; ``said`` are the variables that were set since the last look."""
        raw = self._energy(self.desk.scope(connector)) if self._energy is not None else None
        if said & self._said_by:
            self._awaited.discard(connector)
        if raw is None:
            return
        if said & self._said_by:
            self._heard.add(connector)
        if raw != self._known.get(connector):  # else it is older than what was said, as long as it does not change
            self._known[connector] = raw
            self._take(connector, Decimal(raw), self.power(connector))

    def believe(self, connector: int, raw: Decimal) -> None:
        """A record says the register in so many words."""
        self._heard.add(connector)
        if raw != self.of(connector).last:
            self._take(connector, raw, None)

    def _take(self, connector: int, raw: Decimal, power: Decimal | None) -> None:
        odd = self.of(connector).take(raw, self.desk.at.mono, power)
        if odd:
            self.desk.note("meter", f"connector {connector}: {odd}")
            self.keep()
