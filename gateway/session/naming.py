"""The three names of a transaction: ours, the station's, the back end's.

In: calls that may name a transaction.  Out: the same calls under the name that who hears them knows.
Not here: which transaction a message belongs to (`gateway.session.binding`), or when a name becomes known
(`gateway.session.delivery`).

Inside the ladder a transaction goes by our number, written as text where a dialect's ids are text.  Only the fact ``transaction``
is looked at: ids inside vendors' data or signed data are never rewritten.
"""

from __future__ import annotations

from typing import Any

from gateway.dialects.schema import Dialect
from gateway.journal.contract import Transaction
from gateway.messages import Call
from gateway.session.desk import Desk
from gateway.session.text import from_text
from gateway.session.transactions import Transactions


class Naming:
    """``alike`` where station and back end name a transaction alike: then only rows, which hold our number, are renamed."""

    def __init__(self, desk: Desk, transactions: Transactions) -> None:
        self.desk, self.transactions = desk, transactions
        self.theirs = desk.dialect.names_transactions == "station"
        self.alike = self.theirs and desk.backend.names_transactions == "station"

    def of_station(self, call: Call) -> Transaction | None:
        """The transaction that a call in the station's dialect names in the station's way."""
        named = _named(self.desk.dialect, call)
        if named is None:
            return None
        return self.transactions.called(str(named)) if self.theirs else self.transactions.get(number(named))

    def unsaid(self, call: Call, asked: str, bound: int) -> Transaction | None:
        """The transaction of a message, where only the back end has a word for it, and the station has none in ``asked``."""
        own, theirs = self.desk.dialect.messages.get(asked), self.desk.backend.messages.get(call.action)
        if own is None or theirs is None or "transaction" in own.request_facts or "transaction" not in theirs.request_facts:
            return None
        return self.transactions.get(bound)

    def of(self, call: Call) -> Transaction | None:
        """The transaction that a call in the back end's dialect names by our number."""
        named = _named(self.desk.backend, call)
        return self.transactions.get(number(named)) if named is not None else None

    def from_station(self, call: Call) -> Call:
        """A call of the station, by our number; unchanged where it names none that is known."""
        known = self.of_station(call) if self.theirs and not self.alike else None
        return call if known is None else self.desk.dialect.with_facts(call, transaction=known.gateway_id)

    def to_station(self, call: Call) -> Call:
        """A call in the station's dialect that has our number, as the station names it."""
        if not self.theirs or self.alike:
            return call
        known = self.transactions.get(number(_named(self.desk.dialect, call)))
        return call if known is None else self.desk.dialect.with_facts(call, transaction=known.station_id)

    def to_backend(self, call: Call, known: Transaction | None = None) -> Call:
        """A call in the back end's dialect that has our number (that of ``known``), as the back end names it."""
        known = known or self.of(call)
        if known is None or known.backend_id is None:
            return call
        return self.desk.backend.with_facts(call, transaction=from_text(known.backend_id))

    def from_backend(self, call: Call) -> Call | None:
        """A call of the back end, by our number; None where it names a transaction that this station never had."""
        named = _named(self.desk.backend, call)
        if named is None or self.alike:
            return call
        known = self.transactions.named(named)
        return None if known is None else self.desk.backend.with_facts(call, transaction=known.gateway_id)


def _named(dialect: Dialect, call: Call) -> Any:
    message = dialect.messages.get(call.action)
    if message is None or "transaction" not in message.request_facts:
        return None
    return dialect.fact(call, "transaction")


def number(named: Any) -> int | None:
    """Our number, whether it stands as such or as text; None for what is none."""
    if isinstance(named, int):
        return named
    return int(named) if isinstance(named, str) and named.isascii() and named.isdigit() and len(named) <= 10 else None
