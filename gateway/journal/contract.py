"""What a session may store, and what it gets back.

In: nothing.  Out: the writes, `Restored`, and the `Journal` contract that every store keeps.
Not here: SQL (`gateway.journal.sqlite`), the thread it runs in, or when to write (`gateway.session`).

All writes of one `commit` are one transaction.  A station is named by its identity as the gateway knows it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeAlias

RowState: TypeAlias = Literal["queued", "delivered", "parked"]


@dataclass(frozen=True, slots=True)
class Row:
    """One transaction message.  ``seq`` grows by one per station and is the order of delivery.

    ``raw`` is the text as it came; ``codec`` and ``dialect`` say how to read it again.  ``payload`` is the message after
    repair, as JSON text in the station's dialect with the gateway's transaction id in it.  ``key`` is the natural key for
    dedupe.  ``transaction`` is the gateway's id of the transaction it belongs to, if any.  ``rendered`` is what a step
    with registers made of it (JSON text), once that was committed.
    """

    seq: int
    role: str
    action: str
    dialect: str
    codec: str
    raw: str
    payload: str
    key: str
    transaction: int | None
    received: str
    state: RowState = "queued"
    attempts: int = 0
    rendered: str | None = None
    flags: str = ""


@dataclass(frozen=True, slots=True)
class Transaction:
    """One transaction of one station.

    ``gateway_id`` is ours, allotted at the first message; ``station_id`` is what the station calls it (the same for 1.x);
    ``backend_id`` is the back end's, known from its answer to the start (text, as it stands in its JSON).
    ``answer`` is the token status that the station was given, ``local`` that we gave it ourselves.
    """

    gateway_id: int
    station_id: str
    backend_id: str | None
    connector: int | None
    token: str | None
    start_key: str
    started: str
    meter_start: str | None
    ended: str | None = None
    stop_key: str | None = None
    answer: str | None = None
    local: bool = False
    flags: str = ""


@dataclass(frozen=True, slots=True)
class Append:
    """Add a row at the end of the station's queue."""

    station: str
    row: Row


@dataclass(frozen=True, slots=True)
class Mark:
    """A row changed: delivered (its raw text may be dropped), parked, tried again, or rendered."""

    station: str
    seq: int
    state: RowState
    attempts: int
    rendered: str | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class PutTransaction:
    """Write a transaction's row whole."""

    station: str
    transaction: Transaction


@dataclass(frozen=True, slots=True)
class PutStation:
    """Remember facts of the station by name (JSON-able values): boot, registration, interval, callback, states …"""

    station: str
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class PutRegisters:
    """Remember registers of the ladder for this station: {register name: {key: JSON-able value, or None to forget}}."""

    station: str
    values: dict[str, dict[str, Any]]


Write: TypeAlias = Append | Mark | PutTransaction | PutStation | PutRegisters


@dataclass(frozen=True, slots=True)
class Restored:
    """All that the journal knows of one station.

    ``queue``: rows still queued, in order.  ``transactions``: the open ones, and the newest ended ones (at least 20).
    ``keys``: natural key → seq of rows delivered or parked that belong to those transactions.  ``values`` and ``registers``
    as put.  ``next_seq`` is the first free one.  ``id_base`` is the station's random base for transaction ids, or None if
    it never had one.
    """

    queue: Sequence[Row] = ()
    transactions: Sequence[Transaction] = ()
    keys: dict[str, int] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    registers: dict[str, dict[str, Any]] = field(default_factory=dict)
    next_seq: int = 1


@dataclass(frozen=True, slots=True)
class Depth:
    """The state of the store: rows queued and parked in all, and the receipt time of the oldest queued one (ISO), if any."""

    queued: int
    parked: int
    oldest: str | None


class JournalFailed(Exception):
    """A write or a read did not succeed; nothing of it may be believed."""


Done: TypeAlias = Callable[[JournalFailed | None], None]


class Journal(Protocol):
    """A store.  Callbacks run in the caller's (the reactor's) thread, in the order of the calls that they answer."""

    def commit(self, writes: Sequence[Write], done: Done) -> None:
        """Store all writes or none; ``done(None)`` once they would survive a power cut, ``done(failure)`` otherwise."""

    def restore(self, station: str, done: Callable[[Restored | JournalFailed], None]) -> None:
        """Read what is known of a station; it sees every commit that was asked for before it."""

    def backlog(self, done: Callable[[Sequence[str] | JournalFailed], None]) -> None:
        """The stations that have queued rows."""

    def depth(self, done: Callable[[Depth | JournalFailed], None]) -> None:
        """How full it is."""

    def prune(self, done: Callable[[int | JournalFailed], None]) -> None:
        """Remove what no restore would give any more; ``done`` gets the number of rows that went."""

    def probe(self, done: Done) -> None:
        """Try a durable write; for readiness and for healing."""

    def close(self, done: Callable[[], None]) -> None:
        """Finish what was asked for, then close."""
