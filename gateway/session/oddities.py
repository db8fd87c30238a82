"""What a quirk profile says of a station's own messages: tokens, late readings, states that come too early.

In: the session's switches, transaction messages, states.  Out: the messages as they shall count; states told later.
Not here: what a payload looks like (`gateway.quirks` mends it before it comes here), commands (`gateway.session.fallbacks`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from gateway.journal.contract import Transaction
from gateway.messages import Call, Payload
from gateway.session.asks import Asked
from gateway.session.desk import Desk
from gateway.session.moments import first_moment
from gateway.session.text import moment
from gateway.session.transactions import MOST_CONNECTORS, Transactions


class Oddities:
    """A station without such a profile costs one look into an empty mapping."""

    def __init__(self, desk: Desk, transactions: Transactions) -> None:
        self.desk, self.transactions = desk, transactions
        self._early: dict[int, Callable[[], None]] = {}
        self._said: dict[int | None, Payload] = {}
        self._last: dict[str, tuple[float, Payload]] = {}  # by operation
        self._passed: dict[int | None, datetime] = {}

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

    def spare(self, asked: Asked) -> bool:
        """Whether a call need not go on: it repeats the last of its kind, or there are too many of them."""
        return self._floods(asked.call) or (asked.wants != "content" and self._thinned(asked))

    def _floods(self, call: Call) -> bool:
        seconds = (self.desk.switches.get("drop_repeats") or {}).get(call.action)
        if seconds is None:
            return False
        said, before = self._timeless(call), self._last.get(call.action)
        if before is not None and before[1] == said and self.desk.at.mono - before[0] < seconds:
            self.desk.acted("drop_repeats", call.action)
            return True
        self._last[call.action] = self.desk.at.mono, said
        return False

    def _thinned(self, asked: Asked) -> bool:
        seconds = self.desk.switches.get("thin_out") if asked.role == "meter" else None
        if seconds is None:
            return False
        key = self.desk.dialect.facts(asked.call).get("connector")
        told = first_moment(self.desk.dialect.messages[asked.call.action].request, asked.call.payload)
        when, before = (moment(told) if told is not None else None) or self.desk.at.wall, self._passed.get(key)
        if before is not None and 0 <= (when - before).total_seconds() < seconds:
            self.desk.acted("thin_out")
            return True
        if len(self._passed) < MOST_CONNECTORS or key in self._passed:
            self._passed[key] = when
        return False

    def attached(self, call: Call) -> Call:
        """Readings, with the transaction that runs at their connector where they name none."""
        facts = self.desk.dialect.facts(call)
        if not self.desk.switches.get("attach_readings") or facts.get("transaction") is not None:
            return call
        running = self.transactions.at(facts.get("connector") or 0)
        if running is None or running.ended is not None:
            return call
        self.desk.acted("attach_readings")
        return self.desk.dialect.with_facts(call, transaction=running.gateway_id)

    def _timeless(self, call: Call) -> Payload:
        timed = "time" in self.desk.dialect.facts(call)
        return self.desk.dialect.with_facts(call, time=None).payload if timed else call.payload

    def repeats(self, call: Call, connector: int | None) -> bool:
        """Whether this state says nothing that was not said of the connector before, but for its time."""
        if not self.desk.switches.get("drop_repeated_states"):
            return False
        said = self._timeless(call)
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
