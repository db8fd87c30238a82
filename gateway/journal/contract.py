"""What a session may store, and what it gets back.

In: nothing.  Out: the writes, `Restored`, and the `Journal` contract that every store keeps.
Not here: SQL (`gateway.journal.sqlite`), the thread it runs in, or when to write (`gateway.session`).

All writes of one `commit` are one transaction: a row, its rendering, the registers and the transaction record that belong
together are put into one list, and after a power cut all of them are there or none.  Writes apply in the order of the list,
commits in the order of the calls.  A station is named by its identity as the gateway knows it.

A *value tree* is None, bool, int, text, `decimal.Decimal`, and lists and dicts of these with text keys; it comes back equal,
kinds and digits included (tuples come back as lists).  Anything else, floats too, fails its commit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, Protocol, TypeAlias

from msgspec import Struct

WINDOW = 8
MOST_TEXT = 256 * 1024
"""So many of one station's waiting messages are kept in memory, and so many bytes of them; the others are on the disk only."""

KEYS_KEPT = 64
"""The natural keys of so many newest messages of a station are remembered: it repeats one only until it is answered, and sends
no newer one before."""

RowState: TypeAlias = Literal["queued", "delivered", "parked"]


Message: TypeAlias = tuple[str, dict[str, Any]]
"""Action and payload (a value tree), in the back end's dialect."""


class Rendering(Struct, frozen=True):
    """What a row became on its way up, made once: the ``messages``, in the order of sending (there may be none).

    ``answers`` are the result payloads that the back end gave to the first of them (value trees; None where one does not
    matter), as many as are done with.  After a crash the delivery goes on with ``messages[done]``, same content, new message id.
    """

    messages: tuple[Message, ...]
    answers: tuple[Any, ...] = ()

    @property
    def done(self) -> int:
        """How many messages the back end has answered."""
        return len(self.answers)


class Row(Struct, frozen=True):
    """One transaction message.  ``seq`` grows by one per station and is the order of delivery.

    ``raw`` is the text as it came; ``codec`` and ``dialect`` say how to read it again.  ``payload`` is the message after
    repair, as JSON text in the station's dialect with the gateway's transaction id in it.  ``key`` is the natural key for
    dedupe.  ``transaction`` is the gateway's id of the transaction it belongs to, if any.  ``attempts`` counts the back end's
    refusals.  ``rendered`` is what a step with registers made of it, once that was committed.  ``cuts`` counts how often in a
    row it was on its way when the link or this process died.
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
    rendered: Rendering | None = None
    flags: str = ""
    cuts: int = 0


class Transaction(Struct, frozen=True):
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


class Append(Struct, frozen=True):
    """Add a row at the end of the station's queue."""

    station: str
    row: Row


class Mark(Struct, frozen=True):
    """A row changed: rendered, partly delivered, tried again, parked, or delivered (texts and rendering are then dropped).

    ``state``, ``attempts``, ``why`` and ``cuts`` are written as they stand here.  ``rendered`` is written where it is given and
    else stays: first with the messages and no answers, in one commit with the registers that they used and before the first
    byte is sent; then again with each answer added.  Where the row is rendered already and the messages are others, or where an
    answer that is stored would change or go, it is `Contradicted`: unless ``anew`` says that this is meant, because another back
    end stands there now, which has heard nothing of it.
    """

    station: str
    seq: int
    state: RowState
    attempts: int
    rendered: Rendering | None = None
    why: str = ""
    cuts: int = 0
    anew: bool = False


class Park(Struct, frozen=True):
    """All rows of a transaction that are queued now are put aside; their attempts stay."""

    station: str
    transaction: int
    why: str


class PutTransaction(Struct, frozen=True):
    """Write a transaction's row whole."""

    station: str
    transaction: Transaction


class PutStation(Struct, frozen=True):
    """Remember facts of the station by name (value trees): boot, registration, interval, callback, states …"""

    station: str
    values: dict[str, Any]


class PutRegisters(Struct, frozen=True):
    """Remember registers of the ladder for this station: {register: {key: value tree, or None to forget the key}}.

    The value of a key is written whole; keys and registers that are not named stay.  The store never forgets one by itself:
    what belongs to one transaction must be forgotten by who made it.
    """

    station: str
    values: dict[str, dict[str, Any]]


Write: TypeAlias = Append | Mark | Park | PutTransaction | PutStation | PutRegisters


class Restored(Struct, frozen=True):
    """What the journal knows of one station.

    ``queue``: the first rows still queued, as `Waiting.rows`; ``more`` says that others wait behind them.  ``transactions``: the
    open ones, the newest ended ones (at least 20), and those of these rows.  ``keys``: natural key → seq of the newest
    `KEYS_KEPT` rows, in the order in which they came.  ``values`` and ``registers`` as put, the keys of a register in the order
    in which they came; a register without keys is not there.  ``next_seq`` is the first free one.
    """

    queue: Sequence[Row] = ()
    more: bool = False
    transactions: Sequence[Transaction] = ()
    keys: dict[str, int] = {}
    values: dict[str, Any] = {}
    registers: dict[str, dict[str, Any]] = {}
    next_seq: int = 1


class Waiting(Struct, frozen=True):
    """A piece of a station's queue: ``rows`` in order, without ``raw``, and the ``transactions`` that they belong to.

    At most `WINDOW` rows, and as many as `MOST_TEXT` allows (at least one); ``more`` says that others wait behind them.
    """

    rows: Sequence[Row] = ()
    transactions: Sequence[Transaction] = ()
    more: bool = False


class Depth(Struct, frozen=True):
    """The state of the store: rows queued and parked in all, and when the queued one that was stored first came (ISO), if any.

    ``asked`` counts the parked rows that an operator asked to bring back while this gateway ran.
    """

    queued: int
    parked: int
    oldest: str | None
    asked: int = 0


class JournalFailed(Exception):
    """A write or a read did not succeed; nothing of it may be believed."""


class Contradicted(JournalFailed):
    """These writes contradict what is stored, or hold what cannot be: the disk is well, but who asked has lost track.

    Nothing of them is stored.  Only that station's conversation is wrong; it must be begun anew from `Journal.restore`.
    """


class Damaged(JournalFailed):
    """The file holds what no gateway wrote: nothing is served from it.  The text says what to do."""


Done: TypeAlias = Callable[[JournalFailed | None], None]


class Journal(Protocol):
    """A store.  Callbacks run in the caller's (the reactor's) thread, in the order of the calls that they answer."""

    def commit(self, writes: Sequence[Write], done: Done) -> None:
        """Store all writes or none; ``done(None)`` once they would survive a power cut, ``done(failure)`` otherwise."""

    def restore(self, station: str, done: Callable[[Restored | JournalFailed], None]) -> None:
        """Read what is known of a station; it sees every commit that was asked for before it."""

    def waiting(self, station: str, first: int, done: Callable[[Waiting | JournalFailed], None]) -> None:
        """The next piece of the queue, from number ``first`` on; it sees every commit that was asked for before it."""

    def backlog(self, done: Callable[[Sequence[str] | JournalFailed], None]) -> None:
        """The stations that have queued rows."""

    def depth(self, done: Callable[[Depth | JournalFailed], None]) -> None:
        """How full it is."""

    def prune(self, done: Callable[[int | JournalFailed], None]) -> None:
        """Remove what no restore would give any more; ``done`` gets the number of rows that went."""

    def asked(self, done: Callable[[Sequence[str] | JournalFailed], None]) -> None:
        """The stations with parked rows that somebody asked to bring back (`gateway.journal.parked`)."""

    def replay(self, station: str, done: Callable[[int | JournalFailed], None]) -> None:
        """Bring them back, as `gateway.journal.parked.bring_back` does; ``done`` gets their number.

        Nobody may hold this station's queue in memory then: it is wrong afterwards, and must be restored.
        """

    def probe(self, done: Done) -> None:
        """Try a durable write; for readiness and for healing."""

    def close(self, done: Callable[[], None]) -> None:
        """Finish what was asked for, then close."""
