"""Writes and reads of the journal, as SQL on an open connection.

In: a connection inside a transaction, writes.  Out: changed rows, or what `Restored` asks for; `ValueError` and
`sqlite3.Error` where a write cannot be carried out.
Not here: transactions, errors and their repair (`gateway.journal.store`), the schema (`gateway.journal.schema`).
"""
# ruff: noqa: S608 - statements are put together from the field names of our own dataclasses; every value is a parameter

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from sys import intern
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import astuple

from gateway.journal.contract import (
    KEYS_KEPT,
    MOST_TEXT,
    WINDOW,
    Append,
    Depth,
    Mark,
    Park,
    PutRegisters,
    PutStation,
    PutTransaction,
    Rendering,
    Restored,
    Row,
    Transaction,
    Waiting,
    Write,
)
from gateway.journal.trees import from_json, to_json

Values = TypeVar("Values", list[Any], tuple[Any, ...])

ENDED_KEPT = 20
"""How many ended transactions of a station are kept, newest end first."""


def _columns(made_of: type[Struct]) -> str:
    return ", ".join(f'"{name}"' for name in made_of.__struct_fields__)


def _marks(made_of: type[Struct], more: int) -> str:
    return ", ".join("?" * (len(made_of.__struct_fields__) + more))


_RENDERED, _PAYLOAD = map(Row.__struct_fields__.index, ("rendered", "payload"))
_WORDS = [Row.__struct_fields__.index(name) for name in ("role", "action", "dialect", "codec", "state")]
"""Columns of which a long queue has few different values: one copy in memory is enough."""

ROW = f"{_columns(Row)}, answers"
"""The columns that make a row, in the order that `row` takes them."""
_THIN = ROW.replace('"raw"', "''")
_SAY = """
    INSERT INTO said (station, seq, role, action, dialect, codec, raw, payload, key, received)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_said = attrgetter("role", "action", "dialect", "codec", "raw", "payload", "key", "received")
_QUEUE = """
    INSERT INTO queue (station, seq, id, "transaction", state, attempts, flags, cuts, rendered, answers)
    VALUES (?, ?, last_insert_rowid(), ?, ?, ?, ?, ?, ?, ?)"""
_stands = attrgetter("transaction", "state", "attempts", "flags", "cuts")
_PUT_TRANSACTION = (
    f"INSERT INTO txn (station, {_columns(Transaction)}) VALUES ({_marks(Transaction, 1)}) "
    "ON CONFLICT (station, gateway_id) DO UPDATE SET "
    + ", ".join(f'"{name}" = excluded."{name}"' for name in Transaction.__struct_fields__ if name != "gateway_id")
)
_CLOSE = """
    UPDATE txn SET closed = (SELECT coalesce(max(closed), 0) + 1 FROM txn WHERE station = :station)
    WHERE station = :station AND gateway_id = :id AND closed IS NULL"""
_REOPEN = "UPDATE txn SET closed = NULL WHERE station = :station AND gateway_id = :id AND closed IS NOT NULL"
_OLDEST_END = f"""
    (SELECT closed FROM txn WHERE station = :station AND closed IS NOT NULL
     ORDER BY closed DESC LIMIT 1 OFFSET {ENDED_KEPT - 1})"""
_KNOWN = f"closed IS NULL OR closed >= coalesce({_OLDEST_END}, 0)"
"""The transactions that a restore gives, whatever waits: open ones, and the newest ended ones."""
_OLDEST_KEY = f"(SELECT next_seq - 1 - {KEYS_KEPT} FROM station WHERE name = ?)"


def write(db: sqlite3.Connection, what: Write) -> None:
    """Carry out one write.  Raises `ValueError` where it contradicts the journal or holds what no store can hold."""
    _WRITERS[type(what)](db, what)


def _append(db: sqlite3.Connection, what: Append) -> None:
    """A row must be the station's next: a gap would mean that an earlier commit was lost on the way here."""
    row = what.row
    if not db.execute(_COUNT_ON, (what.station, row.seq)).rowcount:
        _begin(db, what.station, row.seq)
    db.execute(_SAY, _texts((what.station, row.seq, *_said(row))))
    db.execute(_QUEUE, _texts((what.station, row.seq, *_stands(row), *_written(row.rendered))))


_COUNT_ON = "UPDATE station SET next_seq = next_seq + 1 WHERE name = ? AND next_seq = ?"


def _begin(db: sqlite3.Connection, station: str, seq: int) -> None:
    """A station's first row.  `ValueError` where it is not that, nor the next one."""
    found = db.execute("SELECT next_seq FROM station WHERE name = ?", (station,)).fetchone()
    if found is not None or seq != 1:
        raise ValueError(f"row {seq} cannot follow row {found[0] - 1 if found is not None else 0}")
    db.execute("INSERT INTO station (name, next_seq) VALUES (?, 2)", _texts((station,)))


_MARK = """
    UPDATE queue SET state = ?, attempts = ?, why = ?, cuts = ?,
    rendered = coalesce(?, rendered), answers = coalesce(?, answers) WHERE station = ? AND seq = ?"""
_DELIVER = """
    INSERT INTO done (id, station, seq, "transaction", flags, attempts, why, cuts)
    SELECT id, station, seq, "transaction", flags, ?, ?, ? FROM queue WHERE station = ? AND seq = ?"""
_LEAVE = "DELETE FROM queue WHERE station = ? AND seq = ?"
_AGAIN = [f"UPDATE {table} SET attempts = ?, why = ?, cuts = ? WHERE station = ? AND seq = ?" for table in ("done", "known")]


def _mark(db: sqlite3.Connection, what: Mark) -> None:
    how = _texts((what.attempts, what.why, what.cuts, what.station, what.seq))
    if what.state == "delivered":
        found = _deliver(db, how)
    else:
        if what.rendered is not None:
            _see_once(db, what, what.rendered)
        changed = (what.state, *how[:3], *_written(what.rendered), *how[3:])
        found = db.execute(_MARK, _texts(changed)).rowcount > 0
    if not found:
        raise ValueError(f"row {what.seq} is not in the journal, or was delivered")


def _deliver(db: sqlite3.Connection, how: tuple[Any, ...]) -> bool:
    """The row leaves the queue; false where there is none.  Its texts go with the next `fold`."""
    if db.execute(_DELIVER, how).rowcount:
        db.execute(_LEAVE, how[3:])
        return True
    return any(db.execute(again, how).rowcount for again in _AGAIN)


def fold(db: sqlite3.Connection) -> None:
    """What was delivered gives up its texts; its key stays, to know a repeated message by.

    For many rows at once: then those of a station share a page, and the pages of their texts go whole.
    """
    db.execute(_KNOW)
    db.execute("DELETE FROM said WHERE id IN (SELECT id FROM done)")
    db.execute("DELETE FROM done")


_KNOW = """
    INSERT INTO known (station, seq, role, action, dialect, codec, key, "transaction", received, attempts, flags, cuts, why)
    SELECT done.station, done.seq, role, action, dialect, codec, key, "transaction", received, attempts, flags, cuts, why
    FROM done CROSS JOIN said USING (id) ORDER BY done.station, done.seq"""


def _written(rendering: Rendering | None) -> tuple[str | None, str | None]:
    """A rendering's messages, and the answers to them."""
    return (None, None) if rendering is None else (to_json(rendering.messages), to_json(rendering.answers))


def _see_once(db: sqlite3.Connection, what: Mark, new: Rendering) -> None:
    """A row is rendered once, and its answers only grow."""
    asked = "SELECT rendered, answers FROM queue WHERE station = ? AND seq = ?"
    old = _rendering(*(db.execute(asked, (what.station, what.seq)).fetchone() or (None, None)))
    if len(new.answers) > len(new.messages):
        raise ValueError(f"row {what.seq} has more answers than messages")
    if old is None or what.anew:
        return
    if to_json(old.messages) != to_json(new.messages):
        raise ValueError(f"row {what.seq} was rendered before, and otherwise")
    if to_json(old.answers) != to_json(new.answers[: old.done]):
        raise ValueError(f"row {what.seq} has other answers already")


def _rendering(messages: str | None, answers: str | None) -> Rendering | None:
    if messages is None:
        return None
    said = tuple((action, payload) for action, payload in from_json(messages))
    return Rendering(said, tuple(from_json(answers or "[]")))


def _park(db: sqlite3.Connection, what: Park) -> None:
    db.execute(_PARK, _texts((what.why, what.station, what.transaction)))


_PARK = """
    UPDATE queue INDEXED BY queue_of SET state = 'parked', why = ?
    WHERE station = ? AND "transaction" = ? AND state = 'queued'"""
"""Left to itself, SQLite would look at all that waits of the station."""


def _put_transaction(db: sqlite3.Connection, what: PutTransaction) -> None:
    one = what.transaction
    db.execute(_PUT_TRANSACTION, _texts((what.station, *astuple(one))))
    db.execute(_REOPEN if one.ended is None else _CLOSE, {"station": what.station, "id": one.gateway_id})


def _put_station(db: sqlite3.Connection, what: PutStation) -> None:
    for name, value in what.values.items():
        db.execute(
            "INSERT INTO value VALUES (?, ?, ?) ON CONFLICT (station, name) DO UPDATE SET json = excluded.json",
            _texts((what.station, name, to_json(value))),
        )


def _put_registers(db: sqlite3.Connection, what: PutRegisters) -> None:
    for name, entries in what.values.items():
        for key, value in entries.items():
            at = _texts((what.station, name, key))
            if value is None:
                db.execute("DELETE FROM register WHERE station = ? AND name = ? AND key = ?", at)
            else:
                db.execute(_PUT_REGISTER, (*at, to_json(value)))


_PUT_REGISTER = (
    "INSERT INTO register (station, name, key, json) VALUES (?, ?, ?, ?) "
    "ON CONFLICT (station, name, key) DO UPDATE SET json = excluded.json"
)


_WRITERS: dict[type[Any], Callable[[sqlite3.Connection, Any], None]] = {
    Append: _append,
    Mark: _mark,
    Park: _park,
    PutTransaction: _put_transaction,
    PutStation: _put_station,
    PutRegisters: _put_registers,
}


def _texts(values: Values) -> Values:
    """Refuse NUL: SQLite would keep it, PostgreSQL would not, and a journal must be able to move from one to the other."""
    for value in values:
        if isinstance(value, str) and "\0" in value:
            raise ValueError("a text holds a NUL character")
    return values


def restored(db: sqlite3.Connection, station: str) -> Restored:
    """What a session must know of one station (`Restored` says what that is)."""
    found = db.execute("SELECT next_seq FROM station WHERE name = ?", (station,)).fetchone()
    first, more = _window(db, station, 0)
    return Restored(
        queue=first,
        more=more,
        transactions=_transactions(db, station, f"{_KNOWN} OR {_among(first)}"),
        keys=_keys(db, station),
        values={n: from_json(j) for n, j in db.execute("SELECT name, json FROM value WHERE station = ?", (station,))},
        registers=_registers(db, station),
        next_seq=found[0] if found else 1,
    )


def depth(db: sqlite3.Connection) -> Depth:
    """How full it is."""
    return Depth(*db.execute(_DEPTH).fetchone())


_PARKED = "SELECT count(*) FROM queue WHERE state = 'parked'"
_FIRST = "SELECT id FROM queue WHERE station = name AND state = 'queued' ORDER BY seq LIMIT 1"
_OLDEST = f"SELECT received FROM said WHERE id = (SELECT min(({_FIRST})) FROM station)"
_DEPTH = f"SELECT (SELECT count(*) FROM queue) - ({_PARKED}), ({_PARKED}), ({_OLDEST}), (SELECT count(*) FROM replay)"
"""The queue is counted whole, which SQLite does by its pages; what else is looked at are the first rows of each station."""


def waiting(db: sqlite3.Connection, station: str, first: int) -> Waiting:
    """A piece of a station's queue (`Waiting` says how long)."""
    found, more = _window(db, station, first)
    return Waiting(found, _transactions(db, station, _among(found)), more)


def _window(db: sqlite3.Connection, station: str, first: int) -> tuple[list[Row], bool]:
    found: list[Row] = []
    size = 0
    asked = f"SELECT {_THIN} FROM waiting WHERE station = ? AND state = 'queued' AND seq >= ? ORDER BY seq"
    for one in db.execute(asked, (station, first)):
        made = row(one)
        size += len(made.payload)
        if found and (size > MOST_TEXT or len(found) == WINDOW):
            return found, True
        found.append(made)
    return found, False


def _among(found: Iterable[Row]) -> str:
    """Whether a transaction is one of those that the rows belong to."""
    return f"gateway_id IN ({', '.join(str(number) for number in {one.transaction for one in found} if number is not None)})"


def row(found: Sequence[Any]) -> Row:
    """A row from the columns of `ROW`.  One whose rendering cannot be read has no payload either: it can only be put aside."""
    *values, answers = found
    for at in _WORDS:
        values[at] = intern(values[at])
    try:
        values[_RENDERED] = _rendering(values[_RENDERED], answers)
    except (ValueError, TypeError):
        values[_RENDERED], values[_PAYLOAD] = None, ""
    return Row(*values)


def _transactions(db: sqlite3.Connection, station: str, which: str) -> list[Transaction]:
    asked = f"SELECT {_columns(Transaction)} FROM txn WHERE station = :station AND ({which}) ORDER BY rowid"
    return [_transaction(row) for row in db.execute(asked, {"station": station})]


def _transaction(row: Iterable[Any]) -> Transaction:
    """SQLite knows no booleans; everything else comes back as it went in."""
    values = dict(zip(Transaction.__struct_fields__, row, strict=True))
    return Transaction(**{**values, "local": bool(values["local"])})


def _keys(db: sqlite3.Connection, station: str) -> dict[str, int]:
    """Equal keys are possible (a clock without a battery): the newest row counts."""
    asked = f"SELECT key, seq FROM message WHERE station = ? AND seq > {_OLDEST_KEY} ORDER BY seq"
    newest: dict[str, int] = {}
    for key, seq in db.execute(asked, (station, station)):
        newest.pop(key, None)
        newest[key] = seq
    return newest


def _registers(db: sqlite3.Connection, station: str) -> dict[str, dict[str, Any]]:
    """By id: an update keeps it, so keys come back in the order in which they first came."""
    found: dict[str, dict[str, Any]] = {}
    for name, key, json in db.execute("SELECT name, key, json FROM register WHERE station = ? ORDER BY id", (station,)):
        found.setdefault(name, {})[key] = from_json(json)
    return found


def prune(db: sqlite3.Connection, station: str, after: int) -> tuple[int, int | None]:
    """Remove what no restore of this station would give any more: how many rows went, and how far it came with transactions.

    These are looked at in the order of their ends, `PRUNED_AT_ONCE` of them behind number ``after``; None: that were all.
    """
    gone = db.execute(_PRUNE_ROWS, {"station": station}).rowcount
    old = db.execute(_OLD, {"station": station, "after": after}).fetchall()
    gone += sum(db.execute(_PRUNE_ONE, (station, id, station, id)).rowcount for id, _ in old)
    return gone, old[-1][1] if len(old) == PRUNED_AT_ONCE else None


PRUNED_AT_ONCE = 100
_PRUNE_ROWS = f"DELETE FROM known WHERE station = :station AND seq <= {_OLDEST_KEY.replace('?', ':station')}"
_OLD = f"""
    SELECT gateway_id, closed FROM txn WHERE station = :station AND closed > :after
    AND closed < coalesce({_OLDEST_END}, 0) ORDER BY closed LIMIT {PRUNED_AT_ONCE}"""
_PRUNE_ONE = """
    DELETE FROM txn WHERE station = ? AND gateway_id = ? AND NOT EXISTS (
        SELECT 1 FROM queue WHERE station = ? AND "transaction" = ?)"""
