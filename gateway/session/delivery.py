"""The queue's head on its way up: translated, its transaction named as the back end does, sent, and marked.

In: the queue, the back end's answers.  Out: calls in the lane, marks, bindings of ids, answers to a station that still waits.
Not here: what enters the queue (`gateway.session.intake`).

The next row does not wait until the mark of the one before is stored: commits are stored in order, so no row can be marked as
delivered on disk before the binding that it used.  After a crash in between both go up again, under one natural key each.  Only a
stop waits until its start cannot come again: a back end knows a repeated start by its content until the stop, and not after it.

Where a step of the way keeps registers a row is translated once: what it became is committed with the registers before the first
byte leaves, and after a crash the rest of just that is sent.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from msgspec.structs import replace

from gateway.dialects.errors import PeerError
from gateway.journal.contract import (
    Mark,
    Park,
    PutRegisters,
    PutTransaction,
    Rendering,
    Row,
    RowState,
    Transaction,
    Waiting,
    Write,
)
from gateway.ladder.facts import Facts
from gateway.ladder.route import Route
from gateway.messages import Answer, Call, Error, Result
from gateway.session import commands as do
from gateway.session.asks import Asked, Asks
from gateway.session.cuts import WHY, Cuts
from gateway.session.desk import Desk
from gateway.session.intake import Intake
from gateway.session.lane import Lane
from gateway.session.naming import Naming
from gateway.session.queue import Item, Queue, RowItem, StateItem
from gateway.session.registration import Registration
from gateway.session.replies import Replies
from gateway.session.text import to_text
from gateway.session.transactions import Transactions, Within
from gateway.session.trip import Trip
from gateway.turns import Turn, Turns

RETRY = "row-retry"
DELIVERED = do.Note("row", {"change": "delivered"})


class Delivery:
    """The queue's way up.  ``refuse_late`` is told of a transaction whose token was refused after we had let it charge."""

    due = True  # the queue knows

    def __init__(
        self,
        desk: Desk,
        asks: Asks,
        lane: Lane,
        queue: Queue,
        transactions: Transactions,
        registration: Registration,
        intake: Intake,
        naming: Naming,
        refuse_late: Callable[[Transaction], None],
    ) -> None:
        self.desk, self.asks, self.lane, self.queue = desk, asks, lane, queue
        self.transactions, self.registration, self.intake, self.naming = transactions, registration, intake, naming
        self.refuse_late = refuse_late
        self.cuts, self.replies = Cuts(desk), Replies(desk, transactions, intake)
        self.turn = Turn(Turns(1))
        self.in_turn = False
        """Whether something is on its way."""
        self._reading: int | None = None  # the last row when more rows were asked for
        self._unmarked: set[int] = set()  # transactions whose start went up, but a crash would bring it up again

    def offer(self) -> bool:
        """Send the head, if it may go; what goes no further than the tables is done with at once."""
        while self.registration.ready and RETRY not in self.desk.deadlines and not self.desk.stopping:
            head = self.queue.head
            if self.queue.absent is not None and self.queue.low:
                self._read_on()
            if head is None or not self._may_go(head):
                return False
            if self._state(head) if isinstance(head, StateItem) else self._row(head):
                self.in_turn = True
                return True
        return False

    def _may_go(self, head: Item) -> bool:
        """Whether it may leave, and in this turn: not what must be stored first, nor a row that waits for something else."""
        if head.trip is not None and not head.trip.stored:
            return False
        if isinstance(head, StateItem):
            return self.turn.take(head.live)
        unsure = head.row.role == "stop" and head.row.transaction in self._unmarked  # its start might come again
        return head.committed and not unsure and not self.cuts.waits(head) and self.turn.take(head.live or bool(head.asks))

    def _landed(self, item: Item) -> None:
        item.flying = self.in_turn = False
        self.turn.end()

    def _read_on(self) -> None:
        """The next rows are asked for once, and see all that was to be stored before."""
        if self._reading is None and self.queue.absent is not None:
            self._reading = self.queue.last
            self.desk.settle_debts()
            self.desk.say(do.Fetch(self.queue.absent))

    def fetched(self, found: Waiting) -> None:
        """The journal gave the next rows."""
        asked, self._reading = self._reading or 0, None
        self.transactions.fetched(found.transactions)
        later = asked + 1 if self.queue.last > asked else None  # rows that came since, and were left out
        self.queue.fill([self.intake.item(row) for row in found.rows], found.rows[-1].seq + 1 if found.more else later)

    # -- states --------------------------------------------------------------------------------------------------

    def _state(self, item: StateItem) -> bool:
        trip = item.trip
        if trip is None:
            trip = self.desk.upward(item.call, item.facts)
            if trip.local is not None:
                self.queue.remove(item)
                if trip.writes:
                    self.desk.commit_soon(trip.writes)
                return False
            if trip.writes:
                item.trip = trip
                self.desk.store(trip)
                return False
        item.trip, item.flying = trip, True
        self.lane.send(trip.onward(self.desk.ids()), partial(self._told, item, trip), partial(self._untold, item))
        return True

    def _told(self, item: StateItem, trip: Trip, answer: Answer) -> None:
        self._landed(item)
        if not trip.heard(answer):
            self.queue.remove(item)

    def _untold(self, item: StateItem, why: str) -> None:
        # A state is news, not money: one that gets no answer is not repeated, or it would hold up the rows behind it.
        self._landed(item)
        if why == "silent":
            self.queue.remove(item)
        elif item.trip is not None and not item.trip.writes:
            item.trip = None

    # -- rows ----------------------------------------------------------------------------------------------------

    def _row(self, item: RowItem) -> bool:
        if item.row.cuts and self.cuts.kills(item):
            self._park(item, WHY)
            return False
        trip = item.trip or self._rendered(item)
        if trip is None or not trip.stored:
            return False
        if not trip.left:  # all was answered before a restart, and only the mark is missing
            self._arrived(item, trip, [])
            return False
        leaf = trip.onward(self.desk.ids())
        named = self.naming.of(leaf)
        if named is None and item.row.transaction is not None:
            named = self.naming.unsaid(leaf, item.row.action, item.row.transaction)
        item.flying = True
        self.cuts.leaves(self.registration.standing == "accepted" and self.desk.policy.replay_boot)
        self.lane.send(
            self.naming.to_backend(leaf, named) if named is not None else leaf,
            partial(self._answered, item, trip, leaf, named),
            partial(self._failed, item),
        )
        return True

    def _rendered(self, item: RowItem) -> Trip | None:
        """What the row becomes; None where it goes no further, or must be stored first."""
        transaction, up = self.transactions.get(item.row.transaction), self.desk.route_from(item.row.dialect)
        call = item.message()
        if item.row.transaction is not None and transaction is None:
            self._park(item, "its transaction is not known any more")
        elif up is None:
            self._park(item, f"no table leads from {item.row.dialect} to this back end")
        elif call is None:
            self._park(item, "its text in the journal cannot be read")
        elif item.row.rendered is not None and self._speaks(item.row.rendered):
            done = list(item.row.rendered.answers)
            item.trip = Trip(call, None, item.row.rendered.messages, answers=done)
        else:
            self._render(item, call, up, transaction)
        return item.trip

    def _speaks(self, rendering: Rendering) -> bool:
        """Whether this back end speaks what a row became before: the site may have got another one since."""
        try:
            for action, payload in rendering.messages:
                self.desk.backend.check("call", action, payload)
        except PeerError:
            return False
        return True

    def _render(self, item: RowItem, call: Call, up: Route, transaction: Transaction | None) -> None:
        trip = self.desk.upward(call, self._facts(item.row, transaction), up, item.row.transaction, "offline" in item.row.flags)
        if isinstance(trip.local, Error):
            self._park(item, f"the tables refuse it: {trip.local.description}")
        elif trip.local is not None:
            self._done(item, call, trip.local, transaction, "local", trip.writes)
        else:
            item.trip = trip
            if trip.writes or len(trip.messages) > 1:
                anew = item.row.rendered is not None  # another back end stands there now
                item.row = replace(item.row, rendered=Rendering(tuple(trip.messages)))
                self.desk.store(trip, [replace(self._mark(item, "queued", rendered=item.row.rendered), anew=anew)])

    def _facts(self, row: Row, transaction: Transaction | None) -> Facts:
        """As they were when the row came, as far as its own transaction goes."""
        if transaction is None or transaction.ended is None or "late" in row.flags:
            return self.transactions
        return Within(self.transactions, transaction)

    def _failed(self, item: RowItem, why: str) -> None:
        # Neither a lost link nor silence is a refusal: the row stays at the head and goes up again, under a new id.
        self._landed(item)
        self.cuts.fails(item, why, lambda: self.desk.commit_soon([self._mark(item, "queued")]))
        self._anew(item)

    def _anew(self, item: RowItem) -> None:
        """Translated once more, if no register depends on it."""
        if item.row.rendered is None:
            item.trip = None

    def _answered(self, item: RowItem, trip: Trip, leaf: Call, named: Transaction | None, answer: Answer) -> None:
        self._landed(item)
        self.cuts.lands(item)
        if isinstance(answer, Error):
            self._onward(item, trip, answer, []) if self._news(item, leaf) else self._refused(item, answer)
            return
        writes: list[Write] = []
        result = Result(leaf.id, leaf.action, answer.payload)
        id = self.desk.backend.fact(result, "transaction")
        of = None if id is None else named or self.transactions.get(item.row.transaction)
        if of is not None:
            of = self.transactions.put(replace(self.transactions.get(of.gateway_id) or of, backend_id=to_text(id)))
            writes.append(PutTransaction(self.desk.station, of))
            result = self.desk.backend.with_facts(result, transaction=of.gateway_id)
        self._onward(item, trip, result, writes)

    def _news(self, item: RowItem, leaf: Call) -> bool:
        """Whether a message is no money: one that is refused is not repeated, or it would hold up the rows behind it."""
        return item.row.role == "status" or self.desk.backend.answer_of(leaf) is None

    def _onward(self, item: RowItem, trip: Trip, answer: Answer, writes: list[Write]) -> None:
        """One message of the row is answered for good."""
        if isinstance(answer, Error):
            self.desk.note("row", f"{answer.action} {item.row.seq}: {answer.code} {answer.description}".strip(), change="refused")
        if trip.heard(answer):
            self._progress(item, trip, writes)
        else:
            self._arrived(item, trip, writes)

    def _progress(self, item: RowItem, trip: Trip, writes: list[Write]) -> None:
        rendered = Rendering(tuple(trip.messages), tuple(trip.answers))
        item.row = replace(item.row, rendered=rendered)
        mark = self._mark(item, "queued", rendered=rendered)
        if writes:
            self.desk.commit([*writes, mark])
        else:
            self.desk.commit_soon([mark])

    # -- the end of a row ----------------------------------------------------------------------------------------

    def _arrived(self, item: RowItem, trip: Trip, writes: list[Write]) -> None:
        """The back end has answered all that the row became."""
        transaction = self.transactions.get(item.row.transaction)
        if trip.passage is None:
            answer: Answer = self.replies.of_facts(item.row, trip, transaction)
        else:
            offline = "offline" in item.row.flags
            answer, more = self.desk.answer(trip, trip.call, self._facts(item.row, transaction), item.row.transaction, offline)
            writes = [*writes, *more]
        self._done(item, trip.call, answer, transaction, "answered", writes)

    def _done(
        self, item: RowItem, call: Call, answer: Answer, transaction: Transaction | None, outcome: str, writes: list[Write]
    ) -> None:
        answer = self.replies.completed(item, call, answer, transaction)
        if transaction is not None and self.intake.judges(item.row.role, call, transaction):
            transaction, late = self.replies.judged(answer, transaction)
            writes = [write for write in writes if not _puts(write, transaction)]
            writes.append(PutTransaction(self.desk.station, transaction))
            if late:
                self.refuse_late(transaction)
        asks, item.asks = item.asks, []
        self._marked(item, writes, partial(self._reply, item, asks, answer, outcome))

    def _marked(self, item: RowItem, writes: list[Write], then: Callable[[], None]) -> None:
        mark = self._mark(item, "delivered")
        registers = bool(writes) and any(isinstance(write, PutRegisters) for write in writes)
        first = item.row.transaction if item.row.role == "start" else None
        if first is not None:
            self._unmarked.add(first)
        if registers:  # the answer may tell what a register holds
            self.desk.commit([*writes, mark], partial(self._kept, first, then))
        elif writes or first is not None:
            self.desk.commit([*writes, mark], partial(self._kept, first))
        else:
            # A crash before it is stored sends the row once more, as one before the back end's answer would have.
            self.desk.commit_soon([mark])
        self.queue.remove(item)
        if self._reading is None:  # else one of them may be on its way here as it was before
            self.transactions.prune(self.queue.has)
        self.desk.say(DELIVERED)
        if not registers:
            then()

    def _kept(self, first: int | None, then: Callable[[], None] | None = None) -> None:
        if first is not None:
            self._unmarked.discard(first)
        if then is not None:
            then()

    def _reply(self, item: RowItem, asks: list[Asked], answer: Answer, outcome: str) -> None:
        if isinstance(answer, Error):  # it went up, but its answer cannot be said here: the station still gets a result
            item.asks = asks
            self.intake.answer_here(item, "local")
        for asked in asks:
            self.asks.reply(asked, answer, outcome)

    def _mark(self, item: RowItem, state: RowState, why: str = "", rendered: Rendering | None = None) -> Mark:
        row = item.row
        return Mark(self.desk.station, row.seq, state, row.attempts, rendered=rendered, why=why, cuts=row.cuts)

    # -- refusals ------------------------------------------------------------------------------------------------

    def _refused(self, item: RowItem, error: Error) -> None:
        item.row = replace(item.row, attempts=item.row.attempts + 1)
        self._anew(item)
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
        writes: list[Write] = [self._mark(item, "parked", why), *([Park(self.desk.station, id, why)] if id is not None else [])]
        transaction = self.transactions.get(id)
        if transaction is not None:
            writes.append(PutTransaction(self.desk.station, self.transactions.flagged(transaction, "parked")))
        self.desk.commit(writes)
        for other in parked:
            other.row = replace(other.row, state="parked")
            self.queue.remove(other)
            self.desk.note("row", f"{other.row.action} {other.row.seq}: {why}", change="parked")


def _puts(write: Write, transaction: Transaction) -> bool:
    return isinstance(write, PutTransaction) and write.transaction.gateway_id == transaction.gateway_id
