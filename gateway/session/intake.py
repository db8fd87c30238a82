"""Transaction messages as they come from the station: known again, bound to their transaction, stored, then answered.

In: calls that the dialect marks ``ack`` or ``content``, states and notices.  Out: rows, records, answers to the station.
Not here: delivery (`gateway.session.delivery`).

Nothing is answered before its commit.  After it an *ack* is answered at once; a *content* is held for the back end's word, but
not longer than `Policy.answer_within`, and not behind rows that wait themselves.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from typing import Any

from msgspec.structs import replace

from gateway.journal.contract import KEYS_KEPT, Append, PutTransaction, Restored, Row, Transaction
from gateway.load import STATES, Load
from gateway.messages import Call
from gateway.session import commands as do
from gateway.session.asks import Asked, Asks
from gateway.session.binding import Binding, Bound
from gateway.session.desk import Desk
from gateway.session.moments import first_moment
from gateway.session.oddities import Oddities
from gateway.session.queue import Queue, RowItem, StateItem
from gateway.session.text import not_before, stamp, to_text
from gateway.session.transactions import Then, Transactions

ASIDE = ("foreign", "forgotten", "again", "parked")
STORED, PARKED = (do.Note("row", {"change": change}) for change in ("stored", "parked"))


EARLIEST, LATEST = "2000", "2100"
"""Years between which a station's clock is believed."""


class Intake:
    """The station's half of the queue."""

    def __init__(self, desk: Desk, asks: Asks, queue: Queue, transactions: Transactions) -> None:
        self.desk, self.asks, self.queue, self.transactions = desk, asks, queue, transactions
        self.oddities = Oddities(desk, transactions)
        self._keys: OrderedDict[str, None] = OrderedDict()
        self._pending: dict[str, RowItem] = {}  # not stored yet, or held
        self.holding: list[RowItem] = []
        """Rows that are stored, and whose station waits for the back end's word."""
        self.flowing: Callable[[], bool] = lambda: False
        """Whether what is queued goes up at once."""
        self.away: Callable[[], bool] = lambda: False
        """Whether the back end cannot be reached."""
        self.load = Load()
        self.linked: str | None = None
        """Since when the station's present link stands."""
        self.binding = Binding(desk, transactions)
        self._next_seq = 1

    def restore(self, restored: Restored) -> None:
        """Take up what the journal knows."""
        self._next_seq = restored.next_seq
        self.binding.restore(restored)
        self.queue.restore([self.item(row) for row in restored.queue], restored.more, restored.next_seq - 1)
        self._keys.update(dict.fromkeys(restored.keys))

    def item(self, row: Row) -> RowItem:
        """A row that the journal gave back."""
        known = self.transactions.get(row.transaction)
        return RowItem(row, committed=True, connector=known.connector if known is not None else None)

    # -- states --------------------------------------------------------------------------------------------------

    def state(self, asked: Asked) -> None:
        """A connector's state: answered at once, queued in memory; stored first where it is part of a transaction's story."""
        facts = self.desk.dialect.facts(asked.call)
        connector, state = facts.get("connector"), facts.get("state")
        if self.desk.answers_here("status") or self.oddities.repeats(asked.call, connector):
            self.asks.result(asked, "local")
        elif self._told_within(connector, asked.call):
            self._stored_state(asked, connector)
        else:
            self.asks.result(asked, "local")
            self.oddities.state(connector, state, partial(self._queued, asked.call, connector, state))
        if state == "available" and connector is not None:
            self.transactions.available(connector)

    def notice(self, asked: Asked) -> None:
        """Something happened: answered at once, queued in memory, and no other takes its place."""
        self.asks.result(asked, "local")
        if not self.desk.answers_here("notice"):
            self._queued(asked.call, None, None, fixed=True)

    def _told_within(self, connector: int | None, call: Call) -> bool:
        """Whether this state will be told as part of a transaction."""
        return bool(connector) and self.desk.up.stateful(call.action) and self.transactions.running(connector or 0)

    def _stored_state(self, asked: Asked, connector: int | None) -> None:
        of = self.transactions.at(connector or 0)
        flag = "parked" if of is not None and "parked" in of.flags.split() else ""
        # Equal states are no repeats: each is a change of its own.
        self._store(asked, f"state {self._next_seq}", Bound(asked.call, of, flag), connector)

    def _queued(self, call: Call, connector: int | None, state: str | None, fixed: bool = False) -> None:
        flowing = self.flowing() and self.load.level < STATES
        live = flowing and self.queue.live
        item = StateItem(call, connector, state, Then(self.transactions, connector), fixed=fixed, live=live)
        change = self.queue.add_state(item, flowing)
        if change is not None:
            self.desk.note("status", change=change)

    # -- transaction messages ------------------------------------------------------------------------------------

    def asked(self, asked: Asked) -> None:
        """A transaction message."""
        key = self.desk.dialect.key(asked.call, checked=bool(self.desk.up.steps))
        if self._repeats(asked, key):
            self.desk.note("row", key, change="repeated")
        else:
            if self.desk.switches and asked.role == "meter":
                asked.call = self.oddities.attached(asked.call)
            facts = self.desk.dialect.facts(asked.call)
            bound = self.binding.of(asked, key, facts)
            if self.desk.switches:
                bound = self._odd(asked.role, bound)
            doubtful = _doubtful(asked.call, facts.get("time"))
            self._remember(key, self._store(asked, key, bound, facts.get("connector"), doubtful))
            if asked.role == "stop" and bound.transaction is not None:
                self.oddities.release(bound.transaction.connector)

    def _odd(self, role: str | None, bound: Bound) -> Bound:
        """As the station's quirk profile has it."""
        if role == "stop":
            return replace(bound, call=self.oddities.stop(bound.call, bound.transaction))
        if role == "meter" and self.oddities.late(bound.call, bound.transaction):
            return replace(bound, call=self.desk.dialect.with_facts(bound.call, transaction=None), transaction=None)
        return bound

    # -- storing -------------------------------------------------------------------------------------------------

    def _store(self, asked: Asked, key: str, bound: Bound, connector: int | None, doubtful: bool = False) -> RowItem:
        transaction, flag = bound.transaction, bound.flag
        aside = flag in ASIDE or (flag == "unbound" and asked.role == "stop")
        row = self._row(asked, bound, key, aside, doubtful)
        item = RowItem(row, bound.call, content=self._holds(asked), asks=[asked])
        item.connector = transaction.connector if transaction is not None else connector
        for why in (flag, "bad_time" if doubtful else ""):
            if why:
                self.desk.note("flag", f"{asked.call.action} {key}", why=why)
        item.live = self.queue.live and self.flowing()
        if not aside:
            self.queue.add_row(item)
        writes = [Append(self.desk.station, row), *bound.writes, *self.binding.first_contact()]
        self.desk.commit(writes, partial(self._stored, item))
        if item.content:
            self.asks.within(asked, partial(self._late, item))
        return item

    def _row(self, asked: Asked, bound: Bound, key: str, aside: bool, doubtful: bool) -> Row:
        seq, self._next_seq = self._next_seq, self._next_seq + 1
        return Row(
            seq=seq,
            role=asked.role or "",
            action=bound.call.action,
            dialect=self.desk.dialect.name,
            codec="soap" if self.desk.exchange else "json",
            raw=asked.raw,
            payload=to_text(bound.call.payload),
            key=key,
            transaction=bound.transaction.gateway_id if bound.transaction is not None else None,
            received=stamp(self.desk.at.wall),
            state="parked" if aside else "queued",
            flags=self._flags(asked, bound, doubtful),
        )

    def _flags(self, asked: Asked, bound: Bound, doubtful: bool) -> str:
        """All words about the row; nearly always there is none."""
        words = [bound.flag] if bound.flag else []
        if doubtful:
            words.append("bad_time")
        if bound.transaction is not None and bound.transaction.ended is not None and asked.role != "stop":
            words.append("late")
        if self._offline(asked.call):
            words.append("offline")
        return " ".join(words)

    def _offline(self, call: Call) -> bool:
        """Whether it waited at the station, or must wait here; asked only where a step may want to tell."""
        if not self.desk.up.stateful(call.action):
            return False
        when = first_moment(self.desk.dialect.messages[call.action].request, call.payload)
        late = when is not None and self.linked is not None and not_before(self.linked, when) and when != self.linked
        return late or self.away()

    def _holds(self, asked: Asked) -> bool:
        """Whether the back end's answer matters: as the dialect says, and on a route without a step wherever it has fields."""
        fields = self.desk.dialect.messages[asked.call.action].result.fields
        passing = not self.desk.up.steps and bool(fields)
        return (asked.wants == "content" or passing) and not self.desk.answers_here(asked.role)

    def _stored(self, item: RowItem) -> None:
        item.committed = True
        self.desk.say(PARKED if item.row.state == "parked" else STORED)
        if item.content and not item.hasty and item.row.state == "queued":
            self.holding.append(item)
        else:
            self._pending.pop(item.row.key, None)
            self.answer_here(item, "stored")
            self.queue.lighten(item, self.flowing())

    # -- holding and answering -----------------------------------------------------------------------------------

    def settle(self, hopeful: bool) -> None:
        """Answer those here who would wait for nothing."""
        for item in self.holding:
            if not (hopeful and not self.desk.stopping and item.row.state == "queued" and self.queue.may_wait(item)):
                self.answer_here(item, "local")
        for item in [item for item in self.holding if not any(asked.open for asked in item.asks)]:
            self.holding.remove(item)
            self._pending.pop(item.row.key, None)
            self.queue.lighten(item, self.flowing())

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
        facts = self._decided(item.row.role, asks[0].call, self.transactions.get(item.row.transaction))
        for asked in asks:
            self.asks.result(asked, outcome, **facts)

    def _decided(self, role: str, call: Call, transaction: Transaction | None) -> dict[str, Any]:
        """The facts of an answer without the back end's word; what it says of the token is remembered."""
        if transaction is not None and transaction.answer is None and self.judges(role, call, transaction):
            transaction = self.transactions.put(replace(transaction, answer=self._status(transaction.token), local=True))
            self.desk.commit([PutTransaction(self.desk.station, transaction)])
            self.desk.judged(self.desk.policy.start_offline, transaction.answer or "", f"transaction {transaction.gateway_id}")
        return self.facts(role, call, transaction)

    def judges(self, role: str, call: Call, transaction: Transaction) -> bool:
        """Whether the answer to this message of a transaction says what the transaction's token may."""
        if not self.binding.theirs:
            return role == "start"
        token = self.desk.dialect.fact(call, "token")
        return role != "stop" and token is not None and token.casefold() == (transaction.token or "").casefold()

    def facts(self, role: str, call: Call, transaction: Transaction | None) -> dict[str, Any]:
        """What an answer to this message says where the back end does not say it."""
        if not self.binding.theirs:
            if role != "start" or transaction is None:
                return {}
            status = transaction.answer or self._status(transaction.token)
            return {"transaction": transaction.gateway_id, "token_status": status}
        token = self.desk.dialect.fact(call, "token")
        if token is None:
            return {}
        known = transaction.answer if transaction is not None and self.judges(role, call, transaction) else None
        return {"token_status": known or self._status(token)}

    def _status(self, token: str | None) -> str:
        return self.transactions.token_status(token, self.desk.policy.start_offline, "accepted")

    # -- repeats -------------------------------------------------------------------------------------------------

    def _remember(self, key: str, item: RowItem) -> None:
        self._pending[key] = item
        self._keys[key] = None
        while len(self._keys) > KEYS_KEPT:
            self._keys.popitem(last=False)

    def _repeats(self, asked: Asked, key: str) -> bool:
        before = self.transactions.bounded_by(key)
        item = self._pending.get(key)
        if item is None and asked.wants == "content":
            item = self._unanswered(key, before)
        if item is not None:
            item.asks.append(asked)
            if item.content:
                self.asks.within(asked, partial(self._late, item))
            return True
        # Where we name the transactions an equal start may follow the stop: it is another transaction.
        if before is None and (key not in self._keys or (asked.role == "start" and not self.binding.theirs)):
            return False
        self.asks.result(asked, "repeat", **self._decided(asked.role or "", asked.call, self._of(asked, before)))
        return True

    def _of(self, asked: Asked, before: Transaction | None) -> Transaction | None:
        if not self.binding.theirs:
            return before
        return self.transactions.called(str(self.desk.dialect.fact(asked.call, "transaction")))

    def _unanswered(self, key: str, before: Transaction | None) -> RowItem | None:
        """The queued row that the station asks about again before anyone answered it: hold it anew.

        One that is on the disk alone is none: older ones wait before it, and then a start is answered here.
        """
        if before is None and key not in self._keys:
            return None
        if before is not None and (before.answer is not None or before.ended is not None):
            return None
        for item in self.queue.rows():
            if item.row.key == key:
                item.content = True
                self._pending[key] = item
                self.holding.append(item)
                return item
        return None


def _doubtful(call: Call, when: Any) -> bool:
    """Whether a time was no time, or is of a year in which no station of ours ran."""
    return call.said is not None or (isinstance(when, str) and not EARLIEST <= when < LATEST)
