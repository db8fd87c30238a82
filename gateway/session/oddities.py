"""What a quirk profile says of a station's own messages: tokens, late readings, states that come too early.

In: the session's switches, transaction messages, states.  Out: the messages as they shall count; states told later.
Not here: what a payload looks like (`gateway.quirks` mends it before it comes here), commands (`gateway.session.fallbacks`).
"""

from __future__ import annotations

from collections.abc import Callable

from gateway.journal.contract import Transaction
from gateway.messages import Call, Payload
from gateway.session.desk import Desk
from gateway.session.transactions import Transactions

MOST_CONNECTORS = 100


class Oddities:
    """A station without such a profile costs one look into an empty mapping."""

    def __init__(self, desk: Desk, transactions: Transactions) -> None:
        self.desk, self.transactions = desk, transactions
        self._early: dict[int, Callable[[], None]] = {}
        self._said: dict[int | None, Payload] = {}

    def stop(self, call: Call, transaction: Transaction | None) -> Call:
        """The stop, with the token of its start where the station cannot be trusted with it."""
        if transaction is None or transaction.token is None or not self.desk.switches.get("restore_token"):
            return call
        facts = self.desk.dialect.facts(call)
        if facts.get("token") in (None, transaction.token):
            return call
        self.desk.acted("restore_token")
        return self.desk.dialect.with_facts(call, token=transaction.token)

    def late(self, call: Call, transaction: Transaction | None) -> bool:
        """Whether these readings must not count as part of the transaction that they name."""
        late = transaction is not None and transaction.ended is not None and self.desk.switches.get("detach_late_readings")
        if late:
            self.desk.acted("detach_late_readings")
        return bool(late)

    def repeats(self, call: Call, connector: int | None) -> bool:
        """Whether this state says nothing that was not said of the connector before, but for its time."""
        if not self.desk.switches.get("drop_repeated_states"):
            return False
        said = self.desk.dialect.with_facts(call, time=None).payload if "time" in self.desk.dialect.facts(call) else call.payload
        repeated = self._said.get(connector) == said
        if repeated:
            self.desk.acted("drop_repeated_states")
        if len(self._said) < MOST_CONNECTORS or connector in self._said:
            self._said[connector] = said
        return repeated

    def state(self, connector: int | None, state: str | None, tell: Callable[[], None]) -> None:
        """Tell a state now; or, where a connector says that it is free while its transaction runs, a while later."""
        seconds = self.desk.switches.get("hold_available")
        if connector is None or seconds is None:
            tell()
            return
        self.release(connector)
        if state == "available" and self.transactions.running(connector):
            self.desk.acted("hold_available")
            self._early[connector] = tell
            self.desk.timer(f"available:{connector}", float(seconds), lambda: self.release(connector))
        else:
            tell()

    def release(self, connector: int | None) -> None:
        """The stop came, or the time is over: tell what was held."""
        tell = self._early.pop(connector, None) if connector is not None else None
        if tell is not None:
            self.desk.cancel(f"available:{connector}")
            tell()
