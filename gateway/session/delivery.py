"""The queue's head on its way up: translated, its transaction named as the back end does, sent, and marked.

In: the queue, the back end's answers.  Out: calls in the lane, marks, bindings of ids, answers to a station that still waits.
Not here: what enters the queue (`gateway.session.intake`).

The next row does not wait until the mark of the one before is stored: commits are stored in order, so no row can be marked as
delivered on disk before the binding that it used.  After a crash in between both go up again, under one natural key each.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from gateway.journal.contract import Mark, PutTransaction, RowState, Transaction, Write
from gateway.ladder.route import Passage
from gateway.messages import Answer, Call, Error, Result
from gateway.session.asks import Asks
from gateway.session.desk import Desk, local_answer
from gateway.session.intake import Intake
from gateway.session.lane import Lane
from gateway.session.queue import Queue, RowItem, StateItem
from gateway.session.registration import Registration
from gateway.session.text import from_text, to_text
from gateway.session.transactions import Transactions

RETRY = "row-retry"


class Delivery:
    """The queue's way up.  ``refuse_late`` is told of a transaction whose token was refused after we had let it charge."""

    def __init__(
        self,
        desk: Desk,
        asks: Asks,
        lane: Lane,
        queue: Queue,
        transactions: Transactions,
        registration: Registration,
        intake: Intake,
        refuse_late: Callable[[Transaction], None],
    ) -> None:
        self.desk, self.asks, self.lane, self.queue = desk, asks, lane, queue
        self.transactions, self.registration, self.intake = transactions, registration, intake
        self.refuse_late = refuse_late

    def offer(self) -> bool:
        """Send the head, if it may go; what goes no further than the tables is done with at once."""
        while self.registration.ready and not self.desk.running(RETRY) and not self.desk.stopping:
            head = self.queue.head
            if head is None or (isinstance(head, RowItem) and not head.committed):
                return False
            if self._state(head) if isinstance(head, StateItem) else self._row(head):
                return True
        return False

    # -- states --------------------------------------------------------------------------------------------------

    def _state(self, item: StateItem) -> bool:
        passage = self.desk.upward(item.call, item.facts)
        if local_answer(self.desk.dialect, item.call, passage) is not None:
            self.queue.remove(item)
            return False
        item.flying = True
        call = Call(self.desk.ids(), passage.action or item.call.action, passage.payload)
        self.lane.send(call, lambda answer: self._told(item), lambda why: self._untold(item, why))
        return True

    def _told(self, item: StateItem) -> None:
        self.queue.remove(item)

    def _untold(self, item: StateItem, why: str) -> None:
        # A state is news, not money: one that gets no answer is not repeated, or it would hold up the rows behind it.
        item.flying = False
        if why == "silent":
            self.queue.remove(item)

    # -- rows ----------------------------------------------------------------------------------------------------

    def _row(self, item: RowItem) -> bool:
        transaction = self.transactions.get(item.row.transaction)
        if item.row.transaction is not None and transaction is None:
            self._park(item, "its transaction is not known any more")
            return False
        up = self.desk.route_from(item.row.dialect)
        if up is None:
            self._park(item, f"no table leads from {item.row.dialect} to this back end")
            return False
        call = item.message()
        passage = self.desk.upward(call, self.transactions, up)
        local = local_answer(up.from_dialect, call, passage)
        if isinstance(local, Error):
            self._park(item, f"the tables refuse it: {local.description}")
            return False
        if local is not None:
            if item.row.role == "start" and transaction is not None:
                local = up.from_dialect.with_facts(local, transaction=transaction.gateway_id)
            self._done(item, local, transaction, "local")
            return False
        onward = self._named(Call(self.desk.ids(), passage.action or call.action, passage.payload), transaction)
        item.flying = True
        self.lane.send(onward, partial(self._answered, item, call, passage, onward), partial(self._failed, item))
        return True

    def _named(self, call: Call, transaction: Transaction | None) -> Call:
        """With the id by which the back end knows the transaction."""
        if transaction is None or transaction.backend_id is None or "transaction" not in self.desk.backend.facts(call):
            return call
        return self.desk.backend.with_facts(call, transaction=from_text(transaction.backend_id))

    def _failed(self, item: RowItem, why: str) -> None:
        # Neither a lost link nor silence is a refusal: the row stays at the head and goes up again, under a new id.
        item.flying = False

    def _answered(self, item: RowItem, call: Call, passage: Passage, onward: Call, answer: Answer) -> None:
        item.flying = False
        if isinstance(answer, Error):
            self._refused(item, answer)
            return
        transaction = self.transactions.get(item.row.transaction)
        result = Result(onward.id, onward.action, answer.payload)
        named = self.desk.backend.facts(result).get("transaction")
        if named is not None and transaction is not None:
            transaction = self.transactions.put(replace(transaction, backend_id=to_text(named)))
            result = self.desk.backend.with_facts(result, transaction=transaction.gateway_id)
        self._done(item, self.desk.climb(passage, call, result, self.transactions), transaction, "answered")

    def _done(self, item: RowItem, answer: Answer, transaction: Transaction | None, outcome: str) -> None:
        writes: list[Write] = []
        if item.row.role == "start" and transaction is not None:
            transaction, late = self._judged(answer, transaction)
            writes.append(PutTransaction(self.desk.station, transaction))
            if late:
                self.refuse_late(transaction)
        mark = self._mark(item, "delivered")
        if writes:
            self.desk.commit([*writes, mark])
        else:
            # A crash before it is stored sends the row once more, as one before the back end's answer would have.
            self.desk.commit_soon([mark])
        self.queue.remove(item)
        self.transactions.prune(self.queue.has)
        self.desk.note("row", change="delivered")
        if isinstance(answer, Error):  # it went up, but its answer cannot be said here: the station still gets a result
            self.intake.answer_here(item, "local")
        for asked in item.asks:
            self.asks.reply(asked, answer, outcome)

    def _judged(self, answer: Answer, transaction: Transaction) -> tuple[Transaction, bool]:
        """What the back end says of the token.  What the station was told stays; true if it was told better."""
        status = self.desk.dialect.facts(answer).get("token_status") if isinstance(answer, Result) else None
        self.transactions.heard(transaction.token, status)
        if transaction.answer is None:
            return self.transactions.put(replace(transaction, answer=status)), False
        return transaction, transaction.local and transaction.answer == "accepted" and status not in (None, "accepted")

    def _mark(self, item: RowItem, state: RowState, why: str = "") -> Mark:
        return Mark(self.desk.station, item.row.seq, state, item.row.attempts, why=why)

    # -- refusals ------------------------------------------------------------------------------------------------

    def _refused(self, item: RowItem, error: Error) -> None:
        item.row = replace(item.row, attempts=item.row.attempts + 1)
        why = f"{error.code} {error.description}".strip()
        self.desk.note("row", f"{item.row.action} {item.row.seq}: {why}", change="refused")
        if item.row.attempts >= self.desk.policy.max_attempts:
            self._park(item, why)
            return
        self.desk.commit([self._mark(item, "queued", why)])
        self.desk.timer(RETRY, self.desk.policy.retry_interval * item.row.attempts, lambda: None)

    def _park(self, item: RowItem, why: str) -> None:
        """Set it aside with all that belongs to its transaction; what comes later of it follows (`Intake`)."""
        id = item.row.transaction
        parked = [other for other in self.queue.rows() if other is item or (id is not None and other.row.transaction == id)]
        writes: list[Write] = [self._mark(other, "parked", why) for other in parked]
        transaction = self.transactions.get(id)
        if transaction is not None:
            writes.append(PutTransaction(self.desk.station, self.transactions.flagged(transaction, "parked")))
        self.desk.commit(writes)
        for other in parked:
            other.row = replace(other.row, state="parked")
            self.queue.remove(other)
            self.desk.note("row", f"{other.row.action} {other.row.seq}: {why}", change="parked")
