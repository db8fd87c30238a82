"""Opens a database file, and brings it to the newest schema.

In: a path.  Out: a `sqlite3.Connection` in WAL mode that waits for the disk at each commit, or `JournalFailed`.
Not here: what is written (`gateway.journal.store`), who may open the file (`gateway.journal.lock`).

``synchronous=FULL`` is the promise: with NORMAL, a power cut takes commits that were already acknowledged.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from gateway.journal.contract import Damaged, JournalFailed

APPLICATION_ID = 0x4F475731
"""Marks our files (``OGW1``), so that a wrong path in a site file cannot spoil somebody else's database."""

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE station (name TEXT PRIMARY KEY, next_seq INTEGER NOT NULL) STRICT, WITHOUT ROWID",
        """CREATE TABLE message (
            station TEXT NOT NULL, seq INTEGER NOT NULL, role TEXT NOT NULL, action TEXT NOT NULL,
            dialect TEXT NOT NULL, codec TEXT NOT NULL, raw TEXT NOT NULL, payload TEXT NOT NULL, key TEXT NOT NULL,
            "transaction" INTEGER, received TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('queued', 'delivered', 'parked')),
            attempts INTEGER NOT NULL, rendered TEXT, flags TEXT NOT NULL, why TEXT NOT NULL DEFAULT '',
            PRIMARY KEY (station, seq)) STRICT""",
        "CREATE INDEX waiting ON message (state, received, station) WHERE state <> 'delivered'",
        """CREATE INDEX waiting_of ON message (station, "transaction") WHERE state <> 'delivered'""",
        """CREATE TABLE txn (
            station TEXT NOT NULL, gateway_id INTEGER NOT NULL, station_id TEXT NOT NULL, backend_id TEXT,
            connector INTEGER, token TEXT, start_key TEXT NOT NULL, started TEXT NOT NULL, meter_start TEXT,
            ended TEXT, stop_key TEXT, answer TEXT, local INTEGER NOT NULL, flags TEXT NOT NULL,
            closed INTEGER, UNIQUE (station, gateway_id)) STRICT""",
        "CREATE INDEX txn_closed ON txn (station, closed)",
        """CREATE TABLE value (station TEXT NOT NULL, name TEXT NOT NULL, json TEXT NOT NULL,
            PRIMARY KEY (station, name)) STRICT, WITHOUT ROWID""",
        """CREATE TABLE register (station TEXT NOT NULL, name TEXT NOT NULL, key TEXT NOT NULL, json TEXT NOT NULL,
            PRIMARY KEY (station, name, key)) STRICT, WITHOUT ROWID""",
        "CREATE TABLE probe (id INTEGER PRIMARY KEY CHECK (id = 1), count INTEGER NOT NULL) STRICT",
        "INSERT INTO probe VALUES (1, 0)",
    ),
    (
        # No gateway with the first schema ever wrote a rendering or a register.
        "UPDATE message SET rendered = NULL",
        "ALTER TABLE message ADD COLUMN answers TEXT",
        "ALTER TABLE message ADD COLUMN cuts INTEGER NOT NULL DEFAULT 0",
        "DROP TABLE register",
        """CREATE TABLE register (id INTEGER PRIMARY KEY, station TEXT NOT NULL, name TEXT NOT NULL, key TEXT NOT NULL,
            json TEXT NOT NULL, UNIQUE (station, name, key)) STRICT""",
        """CREATE TABLE replay (station TEXT NOT NULL, seq INTEGER NOT NULL, anew INTEGER NOT NULL,
            PRIMARY KEY (station, seq)) STRICT, WITHOUT ROWID""",
    ),
    (
        "ALTER TABLE message RENAME TO message_2",
        """CREATE TABLE said (id INTEGER PRIMARY KEY, station TEXT NOT NULL, seq INTEGER NOT NULL, role TEXT NOT NULL,
            action TEXT NOT NULL, dialect TEXT NOT NULL, codec TEXT NOT NULL, raw TEXT NOT NULL, payload TEXT NOT NULL,
            key TEXT NOT NULL, received TEXT NOT NULL) STRICT""",
        """CREATE TABLE queue (station TEXT NOT NULL, seq INTEGER NOT NULL, id INTEGER NOT NULL, "transaction" INTEGER,
            state TEXT NOT NULL CHECK (state IN ('queued', 'parked')), attempts INTEGER NOT NULL, rendered TEXT, answers TEXT,
            flags TEXT NOT NULL, cuts INTEGER NOT NULL, why TEXT NOT NULL DEFAULT '',
            PRIMARY KEY (station, seq)) STRICT, WITHOUT ROWID""",
        """CREATE INDEX queue_of ON queue (station, "transaction") WHERE "transaction" IS NOT NULL""",
        "CREATE INDEX queue_parked ON queue (state) WHERE state = 'parked'",
        """CREATE TABLE done (id INTEGER PRIMARY KEY, station TEXT NOT NULL, seq INTEGER NOT NULL, "transaction" INTEGER,
            attempts INTEGER NOT NULL, flags TEXT NOT NULL, cuts INTEGER NOT NULL, why TEXT NOT NULL) STRICT""",
        """CREATE TABLE known (station TEXT NOT NULL, seq INTEGER NOT NULL, role TEXT NOT NULL, action TEXT NOT NULL,
            dialect TEXT NOT NULL, codec TEXT NOT NULL, key TEXT NOT NULL, "transaction" INTEGER, received TEXT NOT NULL,
            attempts INTEGER NOT NULL, flags TEXT NOT NULL, cuts INTEGER NOT NULL, why TEXT NOT NULL,
            PRIMARY KEY (station, seq)) STRICT, WITHOUT ROWID""",
        """INSERT INTO said SELECT rowid, station, seq, role, action, dialect, codec, raw, payload, key, received
            FROM message_2 WHERE state <> 'delivered' ORDER BY rowid""",
        """INSERT INTO queue SELECT station, seq, rowid, "transaction", state, attempts, rendered, answers, flags, cuts, why
            FROM message_2 WHERE state <> 'delivered' ORDER BY rowid""",
        """INSERT INTO known SELECT station, seq, role, action, dialect, codec, key, "transaction", received,
            attempts, flags, cuts, why FROM message_2 WHERE state = 'delivered' ORDER BY rowid""",
        "DROP TABLE message_2",
        """CREATE VIEW waiting AS SELECT queue.station, queue.seq, role, action, dialect, codec, raw, payload, key,
            "transaction", received, state, attempts, rendered, answers, flags, cuts, why
            FROM queue CROSS JOIN said USING (id)""",
        """CREATE VIEW message AS SELECT * FROM waiting
            UNION ALL SELECT done.station, done.seq, role, action, dialect, codec, '', '', key, "transaction", received,
            'delivered', attempts, NULL, NULL, flags, cuts, why FROM done CROSS JOIN said USING (id)
            UNION ALL SELECT station, seq, role, action, dialect, codec, '', '', key, "transaction", received,
            'delivered', attempts, NULL, NULL, flags, cuts, why FROM known""",
    ),
)
"""One entry per schema version, oldest first; a released entry never changes.  ``user_version`` counts those applied.

Where a row stands decides what is written (`decision 14 <docs/decisions/0014-journal-rows.rst>`_).  ``said`` is what came,
written once, at the end.  ``queue`` is what waits or is parked, and how far it is; ``done`` what was delivered since the last
fold, whose texts are still to go; ``known`` what was delivered before.  The view ``message`` is every row, as it stands.
``rendered`` holds a rendering's messages and ``answers`` the answers to them, both JSON lists.  ``replay`` holds the parked rows
that somebody asked to bring back while a gateway ran.

``txn.closed`` numbers the ended transactions of a station in the order in which their ends were stored: a station's own
clock cannot order them (some boot in 1970), and a long transaction ends after many with a higher id.
"""

OLDEST_SQLITE = (3, 37, 0)


DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
HELP = """\
the journal {path} is damaged ({what}).
Nothing was changed, and nothing is served: what is missing cannot be told from here, and stations keep what is not answered.
1. Copy {path} and, if it is there, {path}-wal to a safe place, and look at the disk.
2. `ocpp-gateway journal export --data {folder}` writes all that can still be read.
3. Put back a good copy, or move both files away to begin with an empty journal."""


def connect(path: Path, wait: float, most_pages: int | None, renew: bool = False, check: bool = False) -> sqlite3.Connection:
    """Open the file, made with mode 0600 where it is not there, at the newest schema.

    ``wait`` is how many seconds another program's lock is waited for, ``most_pages`` a cap on the file's size in pages.
    ``renew`` starts a fresh write-ahead log: after a failed fsync the kernel may call pages clean that never reached the
    disk, so nothing may be appended to a log that has seen an error.  ``check`` reads the whole file for damage first (1 s
    for 200 MB).  Raises `JournalFailed`; `Damaged` says what to do.
    """
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise JournalFailed(f"SQLite {sqlite3.sqlite_version} is too old; 3.37 or newer is needed")
    try:
        _make(path)
        db = sqlite3.connect(path, timeout=wait, isolation_level=None, check_same_thread=False)
    except (OSError, sqlite3.Error) as error:
        raise _failed(path, error) from error
    try:
        if check:
            _check(db, path)
        _prepare(db, path, most_pages, renew)
    except BaseException as error:
        db.close()
        if isinstance(error, (OSError, sqlite3.Error)):
            raise _failed(path, error) from error
        raise
    return db


def _failed(path: Path, error: Exception) -> JournalFailed:
    if is_damage(error):
        return damaged(path, str(error))
    return JournalFailed(f"cannot open the journal {path}: {error}")


def is_damage(error: Exception) -> bool:
    """Whether SQLite says that the file is broken or no database."""
    return (getattr(error, "sqlite_errorcode", 0) & 0xFF) in DAMAGE


def damaged(path: Path, what: str) -> Damaged:
    """The failure that names the file and what to do."""
    return Damaged(HELP.format(path=path, what=what, folder=path.parent))


def _check(db: sqlite3.Connection, path: Path) -> None:
    found = db.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise damaged(path, found.splitlines()[-1])


def _make(path: Path) -> None:
    """Make the file private from its first moment; a new name in a folder is itself to be fsynced."""
    if not path.exists():
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _prepare(db: sqlite3.Connection, path: Path, most_pages: int | None, renew: bool) -> None:
    version = _version(db, path)
    path.chmod(0o600)  # SQLite gives its side files the mode of the main one
    mode = db.execute("PRAGMA journal_mode=WAL").fetchone()[0]
    if mode != "wal":
        raise JournalFailed(f"the journal {path} cannot use a write-ahead log (its file system gives {mode!r})")
    for pragma in ("synchronous=FULL", "fullfsync=ON", "trusted_schema=OFF"):
        db.execute(f"PRAGMA {pragma}")
    if most_pages is not None:
        db.execute(f"PRAGMA max_page_count={int(most_pages)}")
    if renew and db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
        raise JournalFailed(f"the journal {path} is locked by another program")
    for number in range(version, len(MIGRATIONS)):
        _migrate(db, number)
    db.execute("PRAGMA temp_store=MEMORY")  # not before: a table that is moved would be held in memory twice


def _version(db: sqlite3.Connection, path: Path) -> int:
    version: int = db.execute("PRAGMA user_version").fetchone()[0]
    mark = db.execute("PRAGMA application_id").fetchone()[0]
    if mark != APPLICATION_ID and db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        raise JournalFailed(f"{path} is a database of another program")
    if version > len(MIGRATIONS):
        raise JournalFailed(f"the journal {path} has schema {version}; this gateway knows {len(MIGRATIONS)}: use a newer one")
    return version


def _migrate(db: sqlite3.Connection, number: int) -> None:
    """Apply one version, whole or not at all."""
    db.execute("BEGIN IMMEDIATE")
    for statement in MIGRATIONS[number]:
        db.execute(statement)
    db.execute(f"PRAGMA application_id={APPLICATION_ID}")
    db.execute(f"PRAGMA user_version={number + 1}")
    db.execute("COMMIT")
