"""Looking into the journal, and bringing parked rows back: what an operator needs.

In: an open connection; which rows.  Out: rows as they stand, summaries, the number of rows brought back.
Not here: the command line (`gateway.cli.journal`), what a running gateway does with it (`gateway.replays`).

A row keeps its number for good, so rows that come back stand before all that their station said later.
"""
# ruff: noqa: S608 - the only parts put in are constants

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.journal import rows
from gateway.journal.contract import JournalFailed, Row, RowState
from gateway.journal.schema import APPLICATION_ID, MIGRATIONS, damaged, is_damage
from gateway.source import nearest

PARKED = "parked"
"""The word in a row's and a transaction's flags that makes what comes later of it parked too."""


EVERY_ROW = f"SELECT {rows.ROW}, station, why FROM message"


@dataclass(frozen=True, slots=True)
class Station:
    """One station's part of the journal: rows by state, the receipt time of the oldest queued one, open transactions."""

    name: str
    queued: int
    parked: int
    oldest: str | None
    open: int


@dataclass(frozen=True, slots=True)
class Stored:
    """A row, whose it is, and why it is where it is."""

    station: str
    row: Row
    why: str


def look(path: Path) -> sqlite3.Connection:
    """Open for reading only, also beside a running gateway.  Raises `JournalFailed`."""
    if not path.is_file():
        raise JournalFailed(f"there is no journal at {path}")
    try:
        db = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=5, isolation_level=None)
        version = db.execute("PRAGMA user_version").fetchone()[0]
        mark = db.execute("PRAGMA application_id").fetchone()[0]
    except sqlite3.Error as error:
        raise damaged(path, str(error)) if is_damage(error) else JournalFailed(f"cannot read {path}: {error}") from error
    if mark != APPLICATION_ID:
        raise JournalFailed(f"{path} is no journal of this gateway")
    if version != len(MIGRATIONS):
        better = "start this gateway on it once" if version < len(MIGRATIONS) else "use the newer gateway that wrote it"
        raise JournalFailed(f"the journal {path} has schema {version}, and this is for schema {len(MIGRATIONS)}: {better}")
    return db


def stations(db: sqlite3.Connection) -> Iterator[Station]:
    """All stations that the journal knows, by name."""
    asked = """SELECT name,
        (SELECT count(*) FROM queue WHERE station = name AND state = 'queued'),
        (SELECT count(*) FROM queue WHERE station = name AND state = 'parked'),
        (SELECT received FROM waiting WHERE station = name AND state = 'queued' ORDER BY seq LIMIT 1),
        (SELECT count(*) FROM txn WHERE station = name AND closed IS NULL)
        FROM (SELECT name FROM station UNION SELECT station FROM value) ORDER BY name"""
    return (Station(*found) for found in db.execute(asked))


def must_know(db: sqlite3.Connection, station: str) -> None:
    """Raises `JournalFailed`, with the nearest name, where the journal has nothing of that station: the name may be mistyped."""
    if db.execute("SELECT 1 FROM queue WHERE station = ? LIMIT 1", [station]).fetchone():
        return
    names = [name for [name] in db.execute("SELECT name FROM station UNION SELECT station FROM value")]
    if station not in names:
        near = nearest(station, names)
        raise JournalFailed(f"the journal knows no station {station}" + (f"; did you mean {near}?" if near else ""))


def stored(
    db: sqlite3.Connection, station: str | None = None, states: Sequence[RowState] = (), seqs: Sequence[int] = ()
) -> Iterator[Stored]:
    """Rows by station and number; ``states`` and ``seqs`` choose, where given."""
    wanted, values = ["1"], list[Any]()
    for column, chosen in (("station", [station] if station is not None else []), ("state", states), ("seq", seqs)):
        if chosen:
            wanted.append(f"{column} IN ({', '.join('?' * len(chosen))})")
            values += chosen
    asked = f"{EVERY_ROW} WHERE {' AND '.join(wanted)} ORDER BY station, seq"
    return map(made, db.execute(asked, values))


def made(found: Sequence[Any]) -> Stored:
    """What stands in the columns of `EVERY_ROW`."""
    *row, station, why = found
    return Stored(station, rows.row(row), why)


def ask(db: sqlite3.Connection, station: str, seqs: Sequence[int], anew: bool) -> None:
    """Ask the gateway that holds the file to bring these parked rows back; fsynced when it returns."""
    db.execute("PRAGMA synchronous=FULL")
    db.execute("BEGIN IMMEDIATE")
    db.executemany(
        "INSERT INTO replay VALUES (?, ?, ?) ON CONFLICT (station, seq) DO UPDATE SET anew = excluded.anew",
        [(station, seq, int(anew)) for seq in seqs],
    )
    db.execute("COMMIT")


def asked(db: sqlite3.Connection) -> list[str]:
    """The stations of which something is to be brought back."""
    return [found[0] for found in db.execute("SELECT DISTINCT station FROM replay ORDER BY station")]


def carry_out(db: sqlite3.Connection, station: str) -> int:
    """Bring back what was asked for of this station; the number of rows."""
    wanted = db.execute("SELECT seq, anew FROM replay WHERE station = ?", (station,)).fetchall()
    db.execute("DELETE FROM replay WHERE station = ?", (station,))
    return sum(bring_back(db, station, [seq], bool(anew)) for seq, anew in wanted)


def bring_back(db: sqlite3.Connection, station: str, seqs: Sequence[int], anew: bool) -> int:
    """Queue parked rows again, as if they had never been tried; the number of rows (one that is not parked stays as it is).

    They are rendered anew: that is what a mended table is for.  But one of whose messages the back end has answered some goes
    on with the rest as it was rendered, unless ``anew``: the back end would see those twice.  Transactions of which nothing is
    parked for their sake any more are as before.
    """
    count = 0
    for seq in seqs:
        changed = db.execute(_BRING_BACK, {"station": station, "seq": seq, "anew": int(anew)}).rowcount
        if changed:
            _drop_word(db, "queue", "seq", station, seq)
            count += changed
    for (id,) in db.execute(_CLEARED, {"station": station}).fetchall():
        _drop_word(db, "txn", "gateway_id", station, id)
    return count


_KEEPS = "NOT :anew AND coalesce(answers, '[]') <> '[]'"
_BRING_BACK = f"""
    UPDATE queue SET state = 'queued', attempts = 0, cuts = 0, why = '',
    rendered = CASE WHEN {_KEEPS} THEN rendered END, answers = CASE WHEN {_KEEPS} THEN answers END
    WHERE station = :station AND seq = :seq AND state = 'parked'"""
_WITH_WORD = f"' ' || flags || ' ' LIKE '% {PARKED} %'"
_CLEARED = f"""
    SELECT gateway_id FROM txn WHERE station = :station AND {_WITH_WORD} AND NOT EXISTS (
        SELECT 1 FROM queue INDEXED BY queue_of
        WHERE queue.station = txn.station AND "transaction" = gateway_id AND state = 'parked'
        AND (queue.flags = '' OR ' ' || queue.flags || ' ' LIKE '% {PARKED} %'))"""


def _drop_word(db: sqlite3.Connection, table: str, column: str, station: str, number: int) -> None:
    at = (station, number)
    flags = db.execute(f"SELECT flags FROM {table} WHERE station = ? AND {column} = ?", at).fetchone()[0]
    left = " ".join(word for word in flags.split() if word != PARKED)
    if left != flags:
        db.execute(f"UPDATE {table} SET flags = ? WHERE station = ? AND {column} = ?", (left, *at))
