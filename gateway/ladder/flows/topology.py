"""Connectors by one number, and connectors of an EVSE.

In: a connector of either side.  Out: the same on the other.
Not here: which of them are in use.

A station that counts connectors has one EVSE for each, with one connector.  Of a station that has EVSEs each connector gets a
number when it is first heard of, its EVSE's own number if that is free, and keeps it for good (register ``evses``: {number:
[evse, connector]}).
"""

from __future__ import annotations

from typing import Any

from gateway.ladder.facts import Facts, Known
from gateway.messages import Payload


def there(place: Payload) -> bool:
    """Whether an EVSE of a station that counts connectors has this connector: it has one."""
    return bool(place.get("connectorId", 1) == 1)


class Alone:
    """A station that counts connectors.  Left its number, right ``{id, connectorId}``; 0 is the whole station: no EVSE."""

    total = "<"
    reads = ("id",)

    def right(self, value: int, run: Any) -> Payload | None:
        """The EVSE and connector of a number."""
        return {"id": value, "connectorId": 1} if value else None

    def left(self, value: Payload, run: Any) -> int:
        """The number of an EVSE's connector."""
        return int(value["id"])


class Learnt:
    """A station that has EVSEs.  Left the number we gave, right ``{id, connectorId}``; 0 is the whole station: no EVSE."""

    total = "<"

    def right(self, value: int, run: Any) -> Payload | None:
        """The EVSE and connector that were given this number; of one never heard of, the EVSE of that number."""
        evse, connector = _place(value, run)
        return {"id": evse, "connectorId": connector} if value else None

    def left(self, value: Payload, run: Any) -> int:
        """The number, given now if it is the first time."""
        return number(value["id"], value.get("connectorId"), run.cx.registers)


class EvseLearnt:
    """The same, where the right side names the EVSE only: its first connector stands for it."""

    total = "<"

    def right(self, value: int, run: Any) -> int | None:
        """The EVSE of a number; of the whole station none."""
        return _place(value, run)[0] if value else None

    def left(self, value: int, run: Any) -> int:
        """The number of the EVSE's first known connector."""
        return number(value, None, run.cx.registers) if value else 0


class PlaceLearnt(EvseLearnt):
    """The same, where the right side names the whole station by 0, too."""

    total = "<>"

    def right(self, value: int, run: Any) -> int:
        """The EVSE of a number, or 0."""
        return _place(value, run)[0] if value else 0


class ConnectorLearnt:
    """The same, where the right side names the connector of an EVSE beside it."""

    total = "<>"

    def right(self, value: int, run: Any) -> int:
        """Which connector of its EVSE a number is."""
        return _place(value, run)[1]

    def left(self, value: int, run: Any) -> int:
        """A connector alone has no number."""
        return value


def _place(number: int, run: Any) -> tuple[int, int]:
    """EVSE and connector of a number that we gave; of one never heard of, the EVSE of that number."""
    known = run.cx.registers.get("evses", str(number))
    return (int(known[0]), int(known[1])) if known else (number, 1)


def number(evse: int, connector: int | None, registers: Any) -> int:
    """The number of a connector; where only the EVSE is named, of the first connector of it that has one.

    EVSE 0 is the whole station, 0 on both sides; some stations report a state for it, though 2.0.1 has none (seen:
    ocpp-cp-simulator).
    """
    if evse <= 0:
        return 0
    given = {int(key): tuple(place) for key, place in registers.items("evses")}
    for one, place in given.items():
        if place[0] == evse and connector in (None, place[1]):
            return one
    made = evse if evse not in given else next(n for n in range(1, len(given) + 2) if n not in given)
    registers.put("evses", str(made), [evse, connector or 1])
    return made


class Renumbered:
    """The station's facts for those who speak of connectors by the numbers that we gave."""

    def __init__(self, facts: Facts, registers: Any) -> None:
        self._facts, self._registers = facts, registers

    def _evse(self, connector: int) -> int:
        known = self._registers.get("evses", str(connector))
        return int(known[0]) if known else connector

    def running(self, connector: int) -> bool:
        """See `Facts.running`."""
        return self._facts.running(self._evse(connector))

    def ended(self, connector: int) -> bool:
        """See `Facts.ended`."""
        return self._facts.ended(self._evse(connector))

    def stop_reason(self, transaction: int) -> str | None:
        """See `Facts.stop_reason`."""
        return self._facts.stop_reason(transaction)

    def transaction(self, transaction: int) -> Known | None:
        """See `Facts.transaction`; its connector stays the station's own."""
        return self._facts.transaction(transaction)

    def now(self) -> str:
        """See `Facts.now`."""
        return self._facts.now()

    def boot_reason(self) -> str:
        """See `Facts.boot_reason`."""
        return self._facts.boot_reason()

    def busy(self) -> bool:
        """See `Facts.busy`."""
        return self._facts.busy()

    def forwards_certificates(self) -> bool:
        """See `Facts.forwards_certificates`."""
        return self._facts.forwards_certificates()

    def token_said(self, token: str) -> str:
        """See `Facts.token_said`."""
        return self._facts.token_said(token)

    def queued(self, transaction: int) -> bool:
        """See `Facts.queued`."""
        return self._facts.queued(transaction)
