"""What quirk profiles may know when they look at a message, or make one: the time, and what runs at the station.

In: the session's transactions and clock.  Out: `Moment`.
Not here: what profiles do with it (`gateway.quirks`), what the ladder asks (`gateway.session.transactions`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gateway.journal.contract import Transaction
from gateway.messages import Side
from gateway.session.desk import Desk
from gateway.session.text import from_text
from gateway.session.transactions import Transactions


class Moment:
    """For the profiles of the peer at ``side``: transactions are named as that peer names them.

    A connector of 0 or None means the station: then there is an answer only where one transaction runs.
    """

    def __init__(self, desk: Desk, transactions: Transactions, side: Side) -> None:
        self.desk, self.transactions, self.side = desk, transactions, side

    @property
    def facts(self) -> Moment:
        """What expressions may ask."""
        return self

    @property
    def now(self) -> datetime:
        """The gateway's time."""
        return self.desk.at.wall

    def _open(self, connector: int | None) -> Transaction | None:
        found = [one for one in self.transactions.open() if not connector or one.connector == connector]
        return found[0] if len(found) == 1 else None

    def transaction(self, connector: int | None) -> Any:
        """The id of the open transaction, or None."""
        found = self._open(connector)
        if found is None:
            return None
        if self.side == "backend":
            return None if found.backend_id is None else from_text(found.backend_id)
        return found.station_id if self.desk.dialect.names_transactions == "station" else found.gateway_id

    def running(self, connector: int | None) -> bool:
        """Whether a transaction runs there."""
        return self.transactions.running(connector) if connector else self.transactions.busy()

    def ended(self, connector: int) -> bool:
        """Whether one ended there since the connector was last available."""
        return self.transactions.ended(connector)

    def token(self, connector: int | None) -> str | None:
        """The token with which the open transaction began."""
        found = self._open(connector)
        return found.token if found is not None else None

    def meter_start(self, connector: int | None) -> Any:
        """The register in Wh with which the open transaction began."""
        found = self._open(connector)
        return None if found is None or found.meter_start is None else from_text(found.meter_start)


def moments(desk: Desk, transactions: Transactions) -> Mapping[Side, Moment]:
    """For the profiles of both peers."""
    return {"station": Moment(desk, transactions, "station"), "backend": Moment(desk, transactions, "backend")}
