"""Opening a database file: settings, versions, other people's files."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from gateway.journal import parked, schema
from gateway.journal.contract import Damaged, JournalFailed, Mark, PutRegisters, Rendering
from gateway.journal.store import Store


def test_commits_wait_for_the_disk(tmp_path):
    with closing(schema.connect(tmp_path / "j.db", 0, None)) as db:
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert db.execute("PRAGMA synchronous").fetchone() == (2,)


def test_all_tables_are_strict(tmp_path):
    with closing(schema.connect(tmp_path / "j.db", 0, None)) as db:
        tables = db.execute("SELECT name, strict FROM pragma_table_list WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
        assert {row[1] for row in tables} == {1}


def test_all_files_are_private_whatever_the_umask(tmp_path):
    before = os.umask(0)
    try:
        with closing(schema.connect(tmp_path / "j.db", 0, None)) as db:
            db.execute("UPDATE probe SET count = 1")
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    finally:
        os.umask(before)
    assert modes == {"j.db": 0o600, "j.db-wal": 0o600, "j.db-shm": 0o600}


def test_a_journal_that_was_left_open_to_others_is_closed_to_them(tmp_path):
    schema.connect(tmp_path / "j.db", 0, None).close()
    (tmp_path / "j.db").chmod(0o644)
    schema.connect(tmp_path / "j.db", 0, None).close()
    assert stat.S_IMODE((tmp_path / "j.db").stat().st_mode) == 0o600


def test_versions_are_counted_and_applied_once(tmp_path, monkeypatch):
    schema.connect(tmp_path / "j.db", 0, None).close()
    more = (*schema.MIGRATIONS, ("CREATE TABLE later (x TEXT) STRICT",))
    monkeypatch.setattr(schema, "MIGRATIONS", more)
    for _ in range(2):
        with closing(schema.connect(tmp_path / "j.db", 0, None)) as db:
            assert db.execute("PRAGMA user_version").fetchone() == (len(more),)


def test_a_migration_that_fails_leaves_the_old_version(tmp_path, monkeypatch):
    schema.connect(tmp_path / "j.db", 0, None).close()
    known = schema.MIGRATIONS
    monkeypatch.setattr(schema, "MIGRATIONS", (*known, ("CREATE TABLE later (x TEXT) STRICT", "SELECT nonsense")))
    with pytest.raises(JournalFailed, match="nonsense"):
        schema.connect(tmp_path / "j.db", 0, None)
    monkeypatch.setattr(schema, "MIGRATIONS", known)
    with closing(schema.connect(tmp_path / "j.db", 0, None)) as db:
        assert db.execute("SELECT count(*) FROM sqlite_master WHERE name = 'later'").fetchone() == (0,)


def test_a_newer_schema_is_not_touched(tmp_path):
    with closing(schema.connect(tmp_path / "j.db", 0, None)) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(JournalFailed, match="schema 99"):
        schema.connect(tmp_path / "j.db", 0, None)


def test_somebody_elses_database_is_not_touched(tmp_path):
    with closing(sqlite3.connect(tmp_path / "j.db")) as db:
        db.execute("CREATE TABLE theirs (x)")
        db.commit()
    before = (tmp_path / "j.db").read_bytes(), (tmp_path / "j.db").stat().st_mode
    with pytest.raises(JournalFailed, match="another program"):
        schema.connect(tmp_path / "j.db", 0, None)
    assert ((tmp_path / "j.db").read_bytes(), (tmp_path / "j.db").stat().st_mode) == before


def filled(path):
    with closing(schema.connect(path, 0, None)) as db:
        db.executemany("INSERT INTO value VALUES ('A', ?, ?)", [(str(n), '"' + "x" * 500 + '"') for n in range(200)])
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def spoil(path, at, data):
    with path.open("r+b") as file:
        file.seek(at, os.SEEK_END if at < 0 else os.SEEK_SET)
        file.write(data)


@pytest.mark.parametrize(
    ("at", "data"),
    [(0, b"a site file, say"), (4096, b"\0" * 4096), (-4096, os.urandom(4096)), (4096 * 20, b"\xff" * 64)],
    ids=["no database", "a page of zeros", "a page of rubbish", "a broken page head"],
)
def test_a_damaged_file_is_refused_with_what_to_do_and_left_as_it_is(tmp_path, at, data):
    path = tmp_path / "journal.sqlite"
    filled(path)
    spoil(path, at, data)
    before = path.read_bytes()
    with pytest.raises(Damaged) as told:
        schema.connect(path, 0, None, check=True)
    for word in (str(path), f"{path}-wal", f"journal export --data {tmp_path}", "good copy", "move both files away"):
        assert word in str(told.value)
    assert path.read_bytes() == before


def test_a_torn_end_of_the_log_is_no_damage(tmp_path):
    """Power went while the last commit was written: it was not acknowledged, and all before it is there."""
    path = tmp_path / "journal.sqlite"
    with closing(schema.connect(path, 0, None)) as db:
        for name in ("one", "two"):
            db.execute("INSERT INTO value VALUES ('A', ?, '1')", (name,))
        files = [path, Path(f"{path}-wal")]
        cut = [file.read_bytes() for file in files]
    for file, data in zip(files, (cut[0], cut[1][:-100]), strict=True):
        file.write_bytes(data)
    with closing(schema.connect(path, 0, None, check=True)) as db:
        assert db.execute("SELECT name FROM value").fetchall() == [("one",)]


def test_an_old_sqlite_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(schema.sqlite3, "sqlite_version_info", (3, 36, 0))
    with pytest.raises(JournalFailed, match="too old"):
        schema.connect(tmp_path / "j.db", 0, None)


def test_a_journal_of_the_first_schema_is_taken_up_whole(tmp_path):
    """The file was written by the gateway of 2026-11-22: a start delivered, readings parked, a stop that waits."""
    with closing(sqlite3.connect(tmp_path / "j.db")) as db:
        db.executescript((Path(__file__).parent / "schema_1.sql").read_text())
    store = Store(tmp_path / "j.db")
    with closing(store):
        found = store.restore("CP 1")
        assert [(row.seq, row.role, row.rendered, row.cuts) for row in found.queue] == [(3, "stop", None, 0)]
        assert (found.transactions[0].backend_id, found.values["next_transaction"], found.next_seq) == ("99", 8, 4)
        assert found.keys == {"k1": 1, "k2": 2, "k3": 3}
        rendered = Rendering((("Say", {}),))
        assert store.commit([[Mark("CP 1", 3, "queued", 0, rendered), PutRegisters("CP 1", {"seq": {"7": 1}})]]) == [None]
        assert store.restore("CP 1").queue[0].rendered == rendered


def second(path):
    """A journal that the gateway of 2026-12-01 wrote."""
    with closing(sqlite3.connect(path)) as db:
        db.executescript((Path(__file__).parent / "schema_2.sql").read_text())


def test_a_journal_of_the_second_schema_is_taken_up_whole(tmp_path):
    """A start delivered, two readings parked (one rendered, one to be brought back), one kept aside, two that wait."""
    second(tmp_path / "j.db")
    half = Rendering((("TransactionEvent", {"seqNo": 1}), ("TransactionEvent", {"seqNo": 2})), ({},))
    with closing(Store(tmp_path / "j.db")) as store:
        found = store.restore("CP 1")
        assert [(row.seq, row.payload, row.attempts, row.rendered, row.cuts) for row in found.queue] == [
            (5, '{"n":5}', 1, half, 2),
            (6, '{"n":6}', 0, None, 0),
        ]
        assert (found.keys, found.next_seq) == ({f"k{seq}": seq for seq in range(1, 7)}, 7)
        assert (found.values, found.registers) == ({"next_transaction": 8}, {"seq": {"7": 3}})
        assert (store.backlog(), store.asked(), store.depth().parked) == (["CP 1", "CP 2"], ["CP 1"], 3)
        with closing(parked.look(tmp_path / "j.db")) as db:
            rows = {one.row.seq: one for one in parked.stored(db, "CP 1")}
        assert [(seq, one.row.state, one.row.raw, one.why) for seq, one in rows.items()] == [
            (1, "delivered", "", ""),
            (2, "parked", "<raw 2/>", "no"),
            (3, "parked", "<raw 3/>", "no"),
            (4, "parked", "<raw 4/>", ""),
            (5, "queued", "<raw 5/>", ""),
            (6, "queued", "<raw 6/>", ""),
        ]
        assert (rows[2].row.rendered, rows[4].row.flags, rows[1].row.attempts, rows[1].row.transaction) == (half, "foreign", 2, 7)
        assert store.replay("CP 1") == 1
        assert [row.seq for row in store.restore("CP 1").queue] == [3, 5, 6], "in its old place"


def everything(path):
    with closing(sqlite3.connect(path)) as db:
        return [line for line in db.iterdump() if "INSERT" in line]


@pytest.mark.parametrize("after", [1, 8, 12, len(schema.MIGRATIONS[2])])
def test_who_dies_while_a_journal_is_taken_up_loses_nothing(tmp_path, after):
    path = tmp_path / "j.db"
    second(path)
    before = everything(path)
    dies = f"""
import os, signal
from pathlib import Path
from gateway.journal import schema
def some():
    yield from schema_3[:{after}]
    os.kill(os.getpid(), signal.SIGKILL)
schema_3 = schema.MIGRATIONS[2]
schema.MIGRATIONS = (*schema.MIGRATIONS[:2], some())
schema.connect(Path({str(path)!r}), 0, None)
"""
    died = subprocess.run([sys.executable, "-c", dies], timeout=300)
    assert died.returncode == -signal.SIGKILL
    assert everything(path) == before
    with closing(Store(path)) as store:
        assert [row.seq for row in store.restore("CP 1").queue] == [5, 6]
