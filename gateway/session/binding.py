"""Which transaction a message of the station belongs to, and what it teaches of it.

In: a transaction message, its natural key and facts.  Out: `Bound`: the message under our number, the record, flags, writes.
Not here: storing and answering (`gateway.session.intake`), what the back end calls it (`gateway.session.naming`).

A station either is given an id by us, and names that, or another one by mistake; or it names its transactions itself, and the
first message of one makes the record, whatever it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from gateway.journal.contract import PutStation, PutTransaction, Restored, Transaction, Write
from gateway.messages import Call
from gateway.session.asks import Asked
from gateway.session.desk import Desk
from gateway.session.text import stamp, to_text
from gateway.session.transactions import Transactions

FLAGS: dict[str, str] = {
    "over_open": "a start on a connector where another transaction is open; both are kept",
    "given_up": "its stop did not come, and too many others began after it; a late stop is kept aside, not forwarded",
    "joined": "of a transaction that the station names and that we did not hear begin",
    "bound": "its id means nothing (0, negative); taken for the one that it can only mean",
    "guessed": "an id that we never gave, where one open transaction is all it can mean by connector, token, time and meter",
    "unbound": "its id means nothing, and no open transaction fits; a stop is kept aside, readings go on without it",
    "takeover": "an id from before we came; passes unchanged",
    "foreign": "an id that we never gave to this station; kept aside, not forwarded",
    "forgotten": "an id that we gave long ago; kept aside, not forwarded",
    "again": "a second, different stop of a transaction; kept aside, not forwarded",
    "parked": "its transaction is parked, so it is too",
    "bad_time": "a time in it could not be read and became the time of receipt, or its year is far off; ``raw`` has what came",
    "late": "came after the end of its transaction",
    "offline": "older than the link that brought it, or the back end was away when it came",
}
"""Words in `Row.flags` and `Transaction.flags`."""


class Bound(Struct, frozen=True, gc=False):
    """``call`` bears our number where it bears one; ``writes`` belong into the commit of its row."""

    call: Call
    transaction: Transaction | None
    flag: str
    writes: Sequence[Write] = ()


class Binding:
    """Binds the messages of one station."""

    def __init__(self, desk: Desk, transactions: Transactions) -> None:
        self.desk, self.transactions = desk, transactions
        self.theirs = desk.dialect.names_transactions == "station"
        """Whether the station names its transactions itself."""
        self._we_name = desk.backend.names_transactions == "station"
        self._called: set[int] = set()  # transactions that the station has named by their right id
        self._since: datetime | None = None

    def restore(self, restored: Restored) -> None:
        """Take up what the journal knows.  A back end that wants to be told a name hears one, though it came after the start."""
        since = restored.values.get("since")
        self._since = datetime.fromisoformat(since) if since else None
        nameless = [t for t in self.transactions.open() if t.backend_id is None] if self._we_name else []
        named = [self.transactions.put(replace(t, backend_id=self._name(t.station_id))) for t in nameless]
        if named:
            self.desk.commit([PutTransaction(self.desk.station, one) for one in named])

    def of(self, asked: Asked, key: str, facts: dict[str, Any]) -> Bound:
        """Bind a message."""
        if self.theirs and facts.get("transaction") is not None:
            return self._event(asked, key, facts)
        if asked.role == "start":
            return self._start(asked.call, key, facts)
        if asked.role == "stop":
            return self._stop(asked.call, key, facts)
        return self._readings(asked, facts)

    def first_contact(self) -> list[Write]:
        """What must be stored with the first message ever."""
        if self._since is not None:
            return []
        self._since = self.desk.at.wall
        return [PutStation(self.desk.station, {"since": stamp(self._since)})]

    @property
    def taking_over(self) -> bool:
        """Whether ids from before we came may still pass.  A wall clock that was set back opens nothing."""
        passed = (self.desk.at.wall - self._since).total_seconds() if self._since is not None else 0.0
        return abs(passed) < self.desk.policy.takeover

    # -- records -------------------------------------------------------------------------------------------------

    def _made(self, station_id: str | None, key: str, facts: dict[str, Any], flag: str) -> tuple[Transaction, list[Write]]:
        """A new record, and what must be stored beside it."""
        id, counter = self.transactions.allot()
        if "largest_id" in self.desk.switches:
            self.desk.acted("largest_id")
        meter = facts.get("meter_start")
        made = Transaction(
            gateway_id=id,
            station_id=station_id if station_id is not None else str(id),
            backend_id=self._name(station_id) if self._we_name else None,
            connector=facts.get("connector"),
            token=facts.get("token"),
            start_key=key,
            started=self._when(facts),
            meter_start=str(meter) if meter is not None else None,
            flags=flag,
        )
        return self.transactions.begin(made), [counter, *self._given_up()]

    def _given_up(self) -> list[Write]:
        oldest = self.transactions.given_up(stamp(self.desk.at.wall))
        if oldest is None:
            return []
        self._called.discard(oldest.gateway_id)
        self.desk.note("flag", f"transaction {oldest.gateway_id}, begun at {oldest.started}", why="given_up")
        return [self._kept(oldest)]

    def _name(self, station_id: str | None) -> str:
        """What the back end shall call a transaction: as the station does, or a name that nobody had."""
        return to_text(station_id if self.theirs and station_id is not None else self.desk.ids())

    def _kept(self, transaction: Transaction) -> Write:
        return PutTransaction(self.desk.station, transaction)

    def _when(self, facts: dict[str, Any]) -> str:
        when = facts.get("time")
        return str(when) if when is not None else stamp(self.desk.at.wall)

    def _over_open(self, facts: dict[str, Any]) -> str:
        connector = facts.get("connector")
        return "over_open" if connector is not None and self.transactions.running(connector) else ""

    # -- stations that we give an id -----------------------------------------------------------------------------

    def _start(self, call: Call, key: str, facts: dict[str, Any]) -> Bound:
        flag = self._over_open(facts)
        made, writes = self._made(None, key, facts, flag)
        return Bound(call, made, flag, [self._kept(made), *writes])

    def _stop(self, call: Call, key: str, facts: dict[str, Any]) -> Bound:
        transaction, call, flag = self._bind(call, facts)
        if transaction is None:
            return Bound(call, None, flag)
        if transaction.ended is not None:
            return Bound(call, transaction, "again")
        self._called.discard(transaction.gateway_id)
        transaction = self.transactions.end(transaction, self._when(facts), key)
        return Bound(call, transaction, flag, [self._kept(transaction)])

    def _readings(self, asked: Asked, facts: dict[str, Any]) -> Bound:
        transaction, call, flag = self._bind(asked.call, facts)
        if flag == "unbound":
            call = self.desk.dialect.with_facts(call, transaction=None)
        elif transaction is None and not flag and facts.get("connector") and self._where(call.action):
            transaction = self.transactions.at(facts["connector"])
            flag = _parked(transaction, "")
        return Bound(call, transaction, flag)

    def _where(self, action: str) -> bool:
        """Whether the connector tells whose readings these are: the station has no word for it, or a flow asks."""
        return "transaction" not in self.desk.dialect.messages[action].request_facts or self.desk.up.stateful(action)

    def _bind(self, call: Call, facts: dict[str, Any]) -> tuple[Transaction | None, Call, str]:
        named = facts.get("transaction")
        if named is None:
            return None, call, ""
        known = self.transactions.get(named) if isinstance(named, int) else None
        if known is not None:
            if known.ended is None:
                self._called.add(known.gateway_id)
            return known, call, _parked(known, "")
        if isinstance(named, int) and named <= 0:
            meant = self.transactions.meant(facts.get("connector"), facts.get("token"))
            return self._meant(call, meant, "bound") if meant is not None else (None, call, "unbound")
        if isinstance(named, int) and self.transactions.given(named):
            return None, call, "forgotten"
        if self.taking_over:
            return None, call, "takeover"
        meant = self.transactions.fitting(facts)
        # A station that has used the right id knows it: then another id is another transaction.
        if meant is not None and meant.gateway_id not in self._called:
            return self._meant(call, meant, "guessed")
        return None, call, "foreign"

    def _meant(self, call: Call, meant: Transaction, flag: str) -> tuple[Transaction, Call, str]:
        call = self.desk.dialect.with_facts(call, transaction=meant.gateway_id)
        return meant, call, _parked(meant, flag)

    # -- stations that name their transactions -------------------------------------------------------------------

    def _event(self, asked: Asked, key: str, facts: dict[str, Any]) -> Bound:
        station_id, begins = str(facts["transaction"]), asked.role == "start"
        writes: list[Write] = []
        before = known = self.transactions.called(station_id)
        flag = _parked(known, "")
        if known is None:
            flag = self._over_open(facts) if begins else "joined"
            known, writes = self._made(station_id, key, facts, flag)
        elif known.ended is not None and asked.role == "stop":
            flag = "again"
        known = self._learned(known, begins, key, facts)
        if asked.role == "stop" and flag != "again":
            known = self.transactions.end(known, self._when(facts), key)
        if known is not before:
            writes.append(self._kept(known))
        return Bound(self.desk.dialect.with_facts(asked.call, transaction=known.gateway_id), known, flag, writes)

    def _learned(self, known: Transaction, begins: bool, key: str, facts: dict[str, Any]) -> Transaction:
        """Token and connector may come with any message; the begin may come after others (a station that resends)."""
        token = known.token if known.token is not None else facts.get("token")
        connector = known.connector if known.connector is not None else facts.get("connector")
        new = known
        if token != known.token or connector != known.connector:
            new = self.transactions.put(replace(known, token=token, connector=connector))
        if begins and "joined" in new.flags.split():
            new = self.transactions.unflagged(replace(new, start_key=key, started=self._when(facts)), "joined")
        return new


def _parked(transaction: Transaction | None, flag: str) -> str:
    return "parked" if transaction is not None and "parked" in transaction.flags.split() else flag
