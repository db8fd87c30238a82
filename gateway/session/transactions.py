"""One record of each transaction: ids, who is open where, natural keys, and the facts that the ladder may ask.

In: the journal's transactions, starts and stops.  Out: `Transaction` values to store.
Not here: the queue (`gateway.session.queue`), or when a message is answered (`gateway.session.intake`).

All ids are per station: an id of another station is as unknown as one that nobody gave.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from gateway.journal.contract import PutStation, Restored, Transaction, Write
from gateway.ladder.facts import Known
from gateway.session.text import from_text, not_before, stamp, to_text
from gateway.session.tokens import Tokens

LAST_ID = 2**31 - 1
MOST_ENDED = 20
MOST_OPEN = 200
"""A station that begins one after the other and never ends them; the connectors of any station are far fewer."""
MOST_CONNECTORS = 100
REASON = "reason:"


class Transactions:
    """The station's transactions: the last `MOST_OPEN` open ones, and the last `MOST_ENDED` that ended."""

    def __init__(self, station: str, rng: random.Random, tokens: Tokens) -> None:
        self.station, self.rng, self.tokens = station, rng, tokens
        self._all: dict[int, Transaction] = {}
        self._over: set[int] = set()  # connectors where one ended since they were last available
        self.remember: Callable[[Write], None] = lambda write: None
        """Stores what was learnt of a token, soon."""
        self._first: int | None = None
        self._next: int | None = None
        self.clock: Callable[[], datetime] = lambda: datetime.fromtimestamp(0, UTC)
        self.waiting: Callable[[int], bool] = lambda transaction: False  # in the queue; 0: anything
        self.largest: Callable[[], int] = lambda: LAST_ID
        """The largest id that the station can hold."""
        self.forwards = False  # the site's policy on certificates
        self.boot: str = "unknown"  # why the station boots: `gateway.session.registration` knows

    def restore(self, restored: Restored) -> None:
        """Take up what the journal knows."""
        in_order = sorted(restored.transactions, key=lambda t: (t.ended is None, t.ended or t.started))
        self._all = {t.gateway_id: t for t in in_order}
        self._first = restored.values.get("first_transaction")
        self._next = restored.values.get("next_transaction")

    def fetched(self, older: Sequence[Transaction]) -> None:
        """The journal gave back those of rows that wait.  What is known here is newer."""
        new = {t.gateway_id: t for t in older if t.gateway_id not in self._all}
        if new:
            self._all = {**new, **self._all}

    # -- the ladder's facts --------------------------------------------------------------------------------------

    def running(self, connector: int) -> bool:
        """Whether a transaction runs there."""
        return any(t.connector == connector for t in self.open())

    def ended(self, connector: int) -> bool:
        """Whether one ended there since the connector was last available."""
        return connector in self._over

    def forwards_certificates(self) -> bool:
        """See `gateway.ladder.facts.Facts.forwards_certificates`."""
        return self.forwards

    def busy(self) -> bool:
        """See `gateway.ladder.facts.Facts.busy`."""
        return any(True for _ in self.open())

    def stop_reason(self, transaction: int) -> str | None:
        """``remote``, ``hard_reset`` or ``soft_reset`` where a command preceded the end, else None."""
        known = self._all.get(transaction)
        words = known.flags.split() if known is not None else []
        return next((word.removeprefix(REASON) for word in words if word.startswith(REASON)), None)

    def transaction(self, transaction: int) -> Known | None:
        """What is known of it; it counts as open until its stop is stored."""
        known = self._all.get(transaction)
        if known is None:
            return None
        named = None if known.backend_id is None else str(from_text(known.backend_id))
        return Known(known.connector, known.token, known.started, known.meter_start, known.ended is None, named)

    def now(self) -> str:
        """The gateway's time; the epoch where nobody gave a clock."""
        return stamp(self.clock())

    def boot_reason(self) -> str:
        """``reset``, ``triggered``, ``power_up`` or ``unknown``."""
        return self.boot

    def token_said(self, token: str) -> str:
        """What was last said of a token; ``accepted`` where nothing was."""
        return self.tokens.last(token) or "accepted"

    def queued(self, transaction: int) -> bool:
        """See `gateway.ladder.facts.Facts.queued`."""
        return self.waiting(transaction)

    # -- finding -------------------------------------------------------------------------------------------------

    def open(self) -> Iterator[Transaction]:
        """Those that have not ended, the oldest first."""
        return (t for t in self._all.values() if t.ended is None)

    def get(self, gateway_id: int | None) -> Transaction | None:
        """By our id."""
        return self._all.get(gateway_id) if gateway_id is not None else None

    def called(self, station_id: str) -> Transaction | None:
        """By the id that the station gave it, where stations do."""
        return next((t for t in reversed(self._all.values()) if t.station_id == station_id), None)

    def at(self, connector: int) -> Transaction | None:
        """The open transaction of a connector; the newest, should there be several."""
        return next((t for t in reversed(self._all.values()) if t.ended is None and t.connector == connector), None)

    def named(self, backend_id: Any) -> Transaction | None:
        """By the back end's id; an open one before an ended one, a new one before an old one."""
        text = to_text(backend_id)
        found = [t for t in self._all.values() if t.backend_id == text]
        return next((t for t in reversed(found) if t.ended is None), found[-1] if found else None)

    def bounded_by(self, key: str) -> Transaction | None:
        """The open transaction that began with the message of this natural key, else the ended one whose last message has it."""
        ended = None
        for t in self._all.values():
            if t.ended is None:
                if t.start_key == key:
                    return t
            elif t.stop_key == key and ended is None:
                ended = t
        return ended

    def given(self, id: int) -> bool:
        """Whether we ever gave this id."""
        circle = self.largest()
        if self._first is None or self._next is None or id > circle:
            return False
        return (id - self._first) % circle < (self._next - self._first) % circle

    def meant(self, connector: int | None, token: str | None) -> Transaction | None:
        """The open transaction of a message with a meaningless id: the connector's, else the only one, else the token's."""
        found = [t for t in self.open() if connector in (None, 0, t.connector)]
        if len(found) > 1 and token is not None:
            found = [t for t in found if (t.token or "").casefold() == token.casefold()]
        return found[0] if len(found) == 1 else None

    def fitting(self, facts: Mapping[str, Any]) -> Transaction | None:
        """The open transaction that a message with an unknown id can only mean: the only one, and nothing speaks against it.

        OCPP says nothing of such ids; a station has them when it never heard the answer to its start, or heard another's.
        """
        meant = self.meant(facts.get("connector"), None)
        if meant is None or ("time" in facts and not not_before(facts["time"], meant.started)):
            return None
        token, meter = facts.get("token"), facts.get("meter_stop")
        if token is not None and token.casefold() != (meant.token or "").casefold():
            return None
        less = meter is not None and meant.meter_start is not None and meter < Decimal(meant.meter_start)
        return None if less else meant

    # -- changing ------------------------------------------------------------------------------------------------

    def allot(self) -> tuple[int, Write]:
        """A new id, positive and never given before to this station, and what must be stored with its first use.

        Where its profile leaves but few they come again: but none that is remembered or still waits to be delivered.
        """
        circle = self.largest()
        if self._next is None or self._first is None or self._next > circle:
            self._first = self._next = self.rng.randint(1, circle)
        tried = ((self._next - 1 + step) % circle + 1 for step in range(circle))
        id = next((one for one in tried if one not in self._all and not self.waiting(one)), self._next)
        self._next = id % circle + 1
        return id, PutStation(self.station, {"first_transaction": self._first, "next_transaction": self._next})

    def put(self, transaction: Transaction) -> Transaction:
        """Remember a transaction as it is now."""
        self._all[transaction.gateway_id] = transaction
        return transaction

    def begin(self, transaction: Transaction) -> Transaction:
        """A transaction began."""
        self._over.discard(transaction.connector or 0)
        return self.put(transaction)

    def end(self, transaction: Transaction, when: str, key: str) -> Transaction:
        """A transaction ended; it goes behind those that ended before."""
        if transaction.connector is not None and len(self._over) < MOST_CONNECTORS:
            self._over.add(transaction.connector)
        self._all.pop(transaction.gateway_id, None)
        return self.put(replace(transaction, ended=when, stop_key=key))

    def given_up(self, when: str) -> Transaction | None:
        """The oldest of too many open ones, over now: nobody expects its stop any more."""
        oldest = next(iter(open := list(self.open())), None)
        if oldest is None or len(open) <= MOST_OPEN:
            return None
        self._all.pop(oldest.gateway_id)
        return self.flagged(replace(oldest, ended=when), "given_up")

    def available(self, connector: int) -> None:
        """A connector is free again."""
        self._over.discard(connector)

    def flagged(self, transaction: Transaction, word: str) -> Transaction:
        """With one more flag; a newer reason takes an older one's place."""
        words = [w for w in transaction.flags.split() if w != word and not (w.startswith(REASON) and word.startswith(REASON))]
        return self.put(replace(transaction, flags=" ".join([*words, word])))

    def unflagged(self, transaction: Transaction, word: str) -> Transaction:
        """Without a flag."""
        return self.put(replace(transaction, flags=" ".join(w for w in transaction.flags.split() if w != word)))

    def prune(self, needed: Callable[[int], bool]) -> None:
        """Forget the oldest ended ones, but for those that are still ``needed`` by a queued row."""
        if len(self._all) <= MOST_ENDED:
            return
        ended = [t.gateway_id for t in self._all.values() if t.ended is not None]
        for id in ended[:-MOST_ENDED]:
            if not needed(id):
                del self._all[id]

    # -- tokens --------------------------------------------------------------------------------------------------

    def heard(self, token: str | None, status: str | None, until: str | None = None) -> None:
        """The back end said what a token may, and until when."""
        if token is not None and status is not None:
            for write in self.tokens.heard(token, status, until):
                self.remember(write)

    def token_status(self, token: str | None, choice: str, unknown: str) -> str:
        """What a token is told by policy: ``accept``, ``refuse`` or ``last_known`` (``unknown`` where nothing holds)."""
        if choice == "last_known":
            return self.tokens.said(token or "", self.clock()) or unknown
        return "accepted" if choice == "accept" else "invalid"


class Then:
    """The facts as they were when a message came that is translated later."""

    def __init__(self, transactions: Transactions, connector: int | None) -> None:
        self._there = connector
        self._running = connector is not None and transactions.running(connector)
        self._ended = connector is not None and transactions.ended(connector)
        self._now = transactions
        self.now, self.stop_reason, self.transaction = transactions.now, transactions.stop_reason, transactions.transaction
        self.boot_reason, self.token_said, self.busy = transactions.boot_reason, transactions.token_said, transactions.busy
        self.queued, self.forwards_certificates = transactions.queued, transactions.forwards_certificates

    def running(self, connector: int) -> bool:
        """As `Transactions.running`, then."""
        return self._running if connector == self._there else self._now.running(connector)

    def ended(self, connector: int) -> bool:
        """As `Transactions.ended`, then."""
        return self._ended if connector == self._there else self._now.ended(connector)


class Within:
    """The facts for a message that came while ``transaction`` ran, and is translated later."""

    def __init__(self, transactions: Transactions, transaction: Transaction) -> None:
        self._of, self._now = transaction, transactions
        self.now, self.stop_reason, self.busy = transactions.now, transactions.stop_reason, transactions.busy
        self.boot_reason, self.token_said = transactions.boot_reason, transactions.token_said
        self.queued, self.forwards_certificates = transactions.queued, transactions.forwards_certificates

    def running(self, connector: int) -> bool:
        """As `Transactions.running`, then."""
        return connector == self._of.connector or self._now.running(connector)

    def ended(self, connector: int) -> bool:
        """As `Transactions.ended`, then."""
        return connector != self._of.connector and self._now.ended(connector)

    def transaction(self, transaction: int) -> Known | None:
        """As `Transactions.transaction`, then."""
        known = self._now.transaction(transaction)
        return known if known is None or transaction != self._of.gateway_id else replace(known, open=True)
