"""Transaction messages as they come from the station: known again, bound to their transaction, stored, then answered.

In: calls that the dialect marks ``ack`` or ``content``, and states.  Out: rows, records, answers to the station.
Not here: delivery (`gateway.session.delivery`).

Nothing is answered before its commit.  After it an *ack* is answered at once; a *content* is held for the back end's word, but
not longer than `Policy.answer_within`, and not behind rows that wait themselves.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from gateway.journal.contract import Append, PutStation, PutTransaction, Restored, Row, Transaction, Write
from gateway.messages import Call
from gateway.session.asks import Asked, Asks
from gateway.session.desk import Desk
from gateway.session.queue import Queue, RowItem, StateItem
from gateway.session.text import stamp, to_text
from gateway.session.transactions import Then, Transactions

FLAGS: dict[str, str] = {
    "over_open": "a start on a connector where another transaction is open; both are kept",
    "bound": "its id means nothing (0, negative); taken for the one that it can only mean",
    "guessed": "an id that we never gave, where one open transaction is all it can mean by connector, token, time and meter",
    "unbound": "its id means nothing, and no open transaction fits; a stop is kept aside, readings go on without it",
    "takeover": "an id from before we came; passes unchanged",
    "foreign": "an id that we never gave to this station; kept aside, not forwarded",
    "forgotten": "an id that we gave long ago; kept aside, not forwarded",
    "again": "a second, different stop of a transaction; kept aside, not forwarded",
    "parked": "its transaction is parked, so it is too",
}
"""Words in `Row.flags` and `Transaction.flags`."""
ASIDE = ("foreign", "forgotten", "again", "parked")
MOST_KEYS = 256
"""A station repeats a message only until it is answered and sends no newer one before: a short memory is enough."""


class Intake:
    """The station's half of the queue."""

    def __init__(self, desk: Desk, asks: Asks, queue: Queue, transactions: Transactions) -> None:
        self.desk, self.asks, self.queue, self.transactions = desk, asks, queue, transactions
        self._keys: OrderedDict[str, None] = OrderedDict()
        self._pending: dict[str, RowItem] = {}  # not stored yet, or held
        self._holding: list[RowItem] = []
        self.flowing: Callable[[], bool] = lambda: False
        """Whether what is queued goes up at once."""
        self._next_seq = 1
        self._called: set[int] = set()  # transactions that the station has named by their right id
        self._since: datetime | None = None

    def restore(self, restored: Restored) -> None:
        """Take up what the journal knows."""
        self._next_seq = restored.next_seq
        since = restored.values.get("since")
        self._since = datetime.fromisoformat(since) if since else None
        for row in restored.queue:
            item = RowItem(row, committed=True, connector=self._connector(row.transaction))
            self.queue.add_row(item)
        self._keys.update(dict.fromkeys([*restored.keys, *(row.key for row in restored.queue)][-MOST_KEYS:]))

    def _connector(self, transaction: int | None) -> int | None:
        known = self.transactions.get(transaction)
        return known.connector if known is not None else None

    # -- states --------------------------------------------------------------------------------------------------

    def state(self, asked: Asked) -> None:
        """A connector's state: answered at once, queued in memory."""
        facts = self.desk.dialect.facts(asked.call)
        connector, state = facts.get("connector"), facts.get("state")
        self.asks.result(asked, "local")
        if "status" not in self.desk.switches.get("answer_locally", ()):
            change = self.queue.add_state(
                StateItem(asked.call, connector, state, Then(self.transactions, connector)), self.flowing()
            )
            if change is not None:
                self.desk.note("status", change=change)
        if state == "available" and connector is not None:
            self.transactions.available(connector)

    # -- transaction messages ------------------------------------------------------------------------------------

    def asked(self, asked: Asked) -> None:
        """A transaction message."""
        key = self.desk.dialect.key(asked.call, checked=bool(self.desk.up.steps))
        if self._repeats(asked, key):
            return
        facts = self.desk.dialect.facts(asked.call)
        if asked.role == "start":
            self._start(asked, key, facts)
        elif asked.role == "stop":
            self._stop(asked, key, facts)
        else:
            self._readings(asked, key, facts)

    def _start(self, asked: Asked, key: str, facts: dict[str, Any]) -> None:
        connector, token = facts.get("connector"), facts.get("token")
        flags = "over_open" if connector is not None and self.transactions.running(connector) else ""
        id, counter = self.transactions.allot()
        when, meter = facts.get("time"), facts.get("meter_start")
        made = Transaction(
            gateway_id=id,
            station_id=str(id),
            backend_id=None,
            connector=connector,
            token=token,
            start_key=key,
            started=str(when) if when is not None else stamp(self.desk.at.wall),
            meter_start=str(meter) if meter is not None else None,
            flags=flags,
        )
        made = self.transactions.begin(made)
        self._store(asked, asked.call, key, made, flags, [PutTransaction(self.desk.station, made), counter])

    def _stop(self, asked: Asked, key: str, facts: dict[str, Any]) -> None:
        transaction, call, flag = self._bind(asked.call, facts)
        if transaction is not None and transaction.ended is not None:
            flag = "again"
        writes: list[Write] = []
        if transaction is not None and flag != "again":
            when = facts.get("time")
            self._called.discard(transaction.gateway_id)
            transaction = self.transactions.end(transaction, str(when) if when is not None else stamp(self.desk.at.wall), key)
            writes.append(PutTransaction(self.desk.station, transaction))
        self._store(asked, call, key, transaction, flag, writes)

    def _readings(self, asked: Asked, key: str, facts: dict[str, Any]) -> None:
        transaction, call, flag = self._bind(asked.call, facts)
        if flag == "unbound":
            call = self.desk.dialect.with_facts(call, transaction=None)
        self._store(asked, call, key, transaction, flag, [])

    def _bind(self, call: Call, facts: dict[str, Any]) -> tuple[Transaction | None, Call, str]:
        named = facts.get("transaction")
        if named is None:
            return None, call, ""
        known = self.transactions.get(named) if isinstance(named, int) else None
        if known is not None:
            self._called.add(known.gateway_id)
            return known, call, "parked" if "parked" in known.flags.split() else ""
        if isinstance(named, int) and named <= 0:
            meant = self.transactions.meant(facts.get("connector"), facts.get("token"))
            return self._bound(call, meant, "bound") if meant is not None else (None, call, "unbound")
        if isinstance(named, int) and self.transactions.given(named):
            return None, call, "forgotten"
        if self.taking_over:
            return None, call, "takeover"
        meant = self.transactions.fitting(facts)
        # A station that has used the right id knows it: then another id is another transaction.
        if meant is not None and meant.gateway_id not in self._called:
            return self._bound(call, meant, "guessed")
        return None, call, "foreign"

    def _bound(self, call: Call, meant: Transaction, flag: str) -> tuple[Transaction, Call, str]:
        call = self.desk.dialect.with_facts(call, transaction=meant.gateway_id)
        return meant, call, "parked" if "parked" in meant.flags.split() else flag

    @property
    def taking_over(self) -> bool:
        """Whether ids from before we came may still pass."""
        passed = (self.desk.at.wall - self._since).total_seconds() if self._since is not None else 0.0
        return passed < self.desk.policy.takeover

    # -- storing -------------------------------------------------------------------------------------------------

    def _store(self, asked: Asked, call: Call, key: str, transaction: Transaction | None, flag: str, writes: list[Write]) -> None:
        aside = flag in ASIDE or (flag == "unbound" and asked.role == "stop")
        row = self._row(asked, call, key, transaction, flag, aside)
        item = RowItem(row, call, content=self._holds(asked), asks=[asked])
        item.connector = transaction.connector if transaction is not None else self.desk.dialect.facts(call).get("connector")
        if flag:
            self.desk.note("flag", f"{asked.call.action} {key}", why=flag)
        if not aside:
            self.queue.add_row(item)
        self._remember(key, item)
        self.desk.commit([Append(self.desk.station, row), *writes, *self._first_contact()], partial(self._stored, item))
        if item.content:
            self.asks.within(asked, partial(self._late, item))

    def _row(self, asked: Asked, call: Call, key: str, transaction: Transaction | None, flag: str, aside: bool) -> Row:
        seq, self._next_seq = self._next_seq, self._next_seq + 1
        return Row(
            seq=seq,
            role=asked.role or "",
            action=call.action,
            dialect=self.desk.dialect.name,
            codec="soap" if self.desk.exchange else "json",
            raw=asked.raw,
            payload=to_text(call.payload),
            key=key,
            transaction=transaction.gateway_id if transaction is not None else None,
            received=stamp(self.desk.at.wall),
            state="parked" if aside else "queued",
            flags=flag,
        )

    def _holds(self, asked: Asked) -> bool:
        """Whether the back end's answer matters: as the dialect says, and on a route without a step wherever it has fields."""
        kind = self.desk.dialect.answer(asked.call.action)
        fields = self.desk.dialect.messages[asked.call.action].result.fields
        passing = not self.desk.up.steps and bool(fields)
        return (kind == "content" or passing) and asked.role not in self.desk.switches.get("answer_locally", ())

    def _first_contact(self) -> list[Write]:
        if self._since is not None:
            return []
        self._since = self.desk.at.wall
        return [PutStation(self.desk.station, {"since": stamp(self._since)})]

    def _stored(self, item: RowItem) -> None:
        item.committed = True
        self.desk.note("row", change="parked" if item.row.state == "parked" else "stored")
        if item.content and not item.hasty and item.row.state == "queued":
            self._holding.append(item)
        else:
            self._pending.pop(item.row.key, None)
            self.answer_here(item, "stored")

    # -- holding and answering -----------------------------------------------------------------------------------

    def settle(self, hopeful: bool) -> None:
        """Answer those here who would wait for nothing."""
        if not self._holding:
            return
        for item in self._holding:
            if not (hopeful and not self.desk.stopping and item.row.state == "queued" and self.queue.may_wait(item)):
                self.answer_here(item, "local")
        for item in [item for item in self._holding if not any(asked.open for asked in item.asks)]:
            self._holding.remove(item)
            self._pending.pop(item.row.key, None)

    def _late(self, item: RowItem, asked: Asked) -> None:
        # What is not stored cannot be answered; it will be as soon as it is.
        item.hasty = True
        if item.committed:
            self.answer_here(item, "local")

    def answer_here(self, item: RowItem, outcome: str) -> None:
        """Answer all that wait for this row without the back end's word."""
        asks, item.asks = [asked for asked in item.asks if asked.open], []
        if not asks:
            return
        transaction = self.transactions.get(item.row.transaction)
        if item.row.role == "start" and transaction is not None and transaction.answer is None:
            transaction = self.transactions.put(replace(transaction, answer=self._status(transaction), local=True))
            self.desk.commit([PutTransaction(self.desk.station, transaction)])
        for asked in asks:
            self.asks.result(asked, outcome, **self._facts(item.row.role, transaction))

    def _facts(self, role: str, transaction: Transaction | None) -> dict[str, Any]:
        if role != "start" or transaction is None:
            return {}
        return {"transaction": transaction.gateway_id, "token_status": transaction.answer or self._status(transaction)}

    def _status(self, transaction: Transaction) -> str:
        return self.transactions.token_status(transaction.token, self.desk.policy.start_offline, "accepted")

    # -- repeats -------------------------------------------------------------------------------------------------

    def _remember(self, key: str, item: RowItem) -> None:
        self._pending[key] = item
        self._keys[key] = None
        while len(self._keys) > MOST_KEYS:
            self._keys.popitem(last=False)

    def _repeats(self, asked: Asked, key: str) -> bool:
        before = self.transactions.started(key) or self.transactions.stopped(key)
        item = self._pending.get(key) or self._unanswered(before)
        if item is not None:
            item.asks.append(asked)
            if item.content:
                self.asks.within(asked, partial(self._late, item))
        elif before is not None or (key in self._keys and asked.role != "start"):
            self.asks.result(asked, "repeat", **self._facts(asked.role or "", before))
            return True
        return item is not None

    def _unanswered(self, transaction: Transaction | None) -> RowItem | None:
        """The queued start of a transaction that the station asks about again before anyone answered it: hold it anew."""
        if transaction is None or transaction.answer is not None or transaction.ended is not None:
            return None
        for item in self.queue.rows():
            if item.row.role == "start" and item.row.transaction == transaction.gateway_id:
                item.content = True
                self._pending[item.row.key] = item
                self._holding.append(item)
                return item
        return None
