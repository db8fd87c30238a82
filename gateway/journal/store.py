"""The database with its transactions and its errors, for one thread.

In: batches of writes, questions.  Out: what happened to each batch, answers; `JournalFailed` where there is none.
Not here: SQL (`gateway.journal.rows`), the thread and the callbacks (`gateway.journal.threaded`, `.sqlite`).

After an error of the disk or of SQLite the connection is thrown away and the next question opens a new one.  A batch
whose commit failed is reported as failed even if it may have reached the disk: the session restores and sees.
"""
# ruff: noqa: S608 - the only parts put in are constants

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from gateway.journal import parked, rows
from gateway.journal.contract import Contradicted, Damaged, Depth, JournalFailed, Mark, Restored, Waiting, Write
from gateway.journal.lock import FileLock
from gateway.journal.reserve import Reserve
from gateway.journal.schema import connect, is_damage

T = TypeVar("T")
FOLDED_AT_ONCE = 500
"""So many rows are delivered before their texts go all at once; less often, it takes a commit behind it longer (here 10 ms)."""

_OWN_FAULT = (sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.DataError, sqlite3.InterfaceError)


class _Full(JournalFailed):
    """There was no room for this batch; a smaller one may still be stored."""


class _Removed(JournalFailed):
    """The file is not where it was."""


class Store:
    """One open journal.  Raises `JournalFailed` at once where the file cannot be opened, is in use, or is damaged.

    ``wait`` is how many seconds another program's lock on the file is waited for; ``most_pages`` caps the file's size
    in SQLite pages (4 KiB unless the file says otherwise).  ``reserve`` keeps room on the disk (`gateway.journal.reserve`).
    """

    def __init__(self, path: Path, wait: float = 2.0, most_pages: int | None = None, reserve: bool = False) -> None:
        self._path, self._wait, self._most_pages = path.resolve(), wait, most_pages
        self._lock = FileLock(self._path)
        self._unpruned: dict[str, int] = {}  # station → the end up to which its transactions were looked at
        self._delivered = 0  # rows since the last fold
        self._db: sqlite3.Connection | None = None
        self._reserve = Reserve(self._path, reserve)
        self._suspect = True  # read the whole file for damage when it is opened next
        try:
            self._connect()
            self._reserve.keep()
        except BaseException:
            self._lock.release()
            raise

    def commit(self, batches: Sequence[Sequence[Write]]) -> list[JournalFailed | None]:
        """Store each batch whole or not at all; all of them with one fsync where all are sound.

        One bad batch costs the others nothing but time: they are then stored one by one.
        """
        try:
            self._commit(batches)
        except _Removed as error:  # a new, empty file would take them, but not what they rest upon
            return [error] * len(batches)
        except JournalFailed as error:
            return [error] if len(batches) == 1 else self._one_by_one(batches)
        return [None] * len(batches)

    def _one_by_one(self, batches: Sequence[Sequence[Write]]) -> list[JournalFailed | None]:
        """Once the disk itself fails the rest is not tried: each try may wait for a lock."""
        results: list[JournalFailed | None] = []
        broken: JournalFailed | None = None
        for batch in batches:
            result = broken or self.commit([batch])[0]
            if result is not None and not isinstance(result, Contradicted | _Full):
                broken = result
            results.append(result)
        return results

    def _commit(self, batches: Sequence[Sequence[Write]]) -> None:
        with self._transaction() as db:
            for batch in batches:
                for what in batch:
                    rows.write(db, what)
        for batch in batches:
            for what in batch:
                self._unpruned.setdefault(what.station, 0)
                self._delivered += isinstance(what, Mark) and what.state == "delivered"

    def restore(self, station: str) -> Restored:
        """All that is known of one station."""
        return self._read(lambda db: rows.restored(db, station))

    def waiting(self, station: str, first: int) -> Waiting:
        """The queued rows from that number on, as many as may be kept in memory."""
        return self._read(lambda db: rows.waiting(db, station, first))

    def backlog(self) -> list[str]:
        """Stations with queued rows, by name."""
        waits = "SELECT 1 FROM queue WHERE station = name AND state = 'queued'"
        asked = f"SELECT name FROM station WHERE EXISTS ({waits}) ORDER BY name"
        return self._read(lambda db: [row[0] for row in db.execute(asked)])

    def depth(self) -> Depth:
        """How full it is."""
        return self._read(rows.depth)

    def asked(self) -> list[str]:
        """Stations with parked rows that somebody asked to bring back."""
        return self._read(parked.asked)

    def replay(self, station: str) -> int:
        """Bring back what was asked for of one station; the number of rows."""
        return self._read(lambda db: parked.carry_out(db, station))

    def bring_back(self, station: str, seqs: Sequence[int], anew: bool) -> int:
        """Bring back parked rows now, for who holds the file alone; the number of rows."""
        return self._read(lambda db: parked.bring_back(db, station, seqs, anew))

    def probe(self) -> None:
        """Write and fsync something."""
        with self._transaction() as db:
            db.execute("UPDATE probe SET count = count + 1")

    def fold(self) -> None:
        """Drop the texts of what was delivered, once that are enough rows."""
        if self._delivered >= FOLDED_AT_ONCE:
            with self._transaction() as db:
                self._fold(db)

    def _fold(self, db: sqlite3.Connection) -> None:
        self._delivered = 0  # also where it fails: it is tried with the next ones
        rows.fold(db)

    def prune(self, stations: int = 50) -> int:
        """Drop the texts of what was delivered, and remove what no restore needs; the number of rows that went.

        That is of at most ``stations`` that wrote since.
        """
        chosen = list(self._unpruned)[:stations]
        with self._transaction() as db:
            self._fold(db)
            found = [rows.prune(db, station, self._unpruned[station]) for station in chosen]
        for station, (_, reached) in zip(chosen, found, strict=True):
            del self._unpruned[station]
            if reached is not None:  # the rest of it, after the others
                self._unpruned[station] = reached
        return sum(gone for gone, _ in found)

    def close(self) -> None:
        """Close the file and let another gateway in.  Twice does no harm."""
        self._drop()
        self._lock.release()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        db = self._live()
        try:
            db.execute("BEGIN IMMEDIATE")
            yield db
            self._see_file()
            db.execute("COMMIT")
        except sqlite3.Error as error:
            raise self._failed(db, error) from error
        except _Removed:
            self._drop()
            raise
        except Exception as error:
            self._roll_back(db)
            raise Contradicted(f"{type(error).__name__}: {error}") from error
        except BaseException:
            self._drop()
            raise

    def _see_file(self) -> None:
        """SQLite goes on writing into a file that no name leads to any more; the next start would find none of it."""
        try:
            found = _identity(self._path)
        except OSError:
            found = None
        if found != self._file:
            raise _Removed(f"the journal {self._path} was removed or replaced while it was open")

    def _failed(self, db: sqlite3.Connection, error: sqlite3.Error) -> JournalFailed:
        text = f"{type(error).__name__}: {error}"
        if isinstance(error, _OWN_FAULT):
            self._roll_back(db)
            return Contradicted(text)
        self._drop()
        self._suspect = self._suspect or is_damage(error)
        full = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
        return _Full(text) if full else JournalFailed(text)

    def _roll_back(self, db: sqlite3.Connection) -> None:
        try:
            db.execute("ROLLBACK")
        except sqlite3.Error:
            self._drop()

    def _read(self, ask: Callable[[sqlite3.Connection], T]) -> T:
        with self._transaction() as db:
            return ask(db)

    def _live(self) -> sqlite3.Connection:
        if self._db is None:
            self._reconnect()
        assert self._db is not None
        return self._db

    def _reconnect(self) -> None:
        """After an error.  Where there is no room even for folding the log in, the reserve is given up for that alone."""
        try:
            self._connect(renew=True)
        except Damaged:
            raise
        except JournalFailed:
            if not self._reserve.spend():
                raise
            self._connect(renew=True)
        if not self._reserve.keep():
            self._drop()
            raise JournalFailed("the disk is full: there is no room for the reserve")

    def _connect(self, renew: bool = False) -> None:
        if not self._lock.held:
            raise JournalFailed("the journal is closed")
        self._db = connect(self._path, self._wait, self._most_pages, renew, self._suspect)
        self._suspect = False
        self._file = _identity(self._path)
        names = self._db.execute("SELECT name FROM station ORDER BY name")
        for (name,) in names:
            self._unpruned.setdefault(name, 0)

    def _drop(self) -> None:
        db, self._db = self._db, None
        if db is not None:
            with suppress(sqlite3.Error):
                db.close()


def _identity(path: Path) -> tuple[int, int]:
    stat = os.stat(path)
    return stat.st_dev, stat.st_ino
