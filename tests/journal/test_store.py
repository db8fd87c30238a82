"""Batches, errors and their repair."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from gateway.journal.contract import Contradicted, Damaged, JournalFailed, PutStation
from gateway.journal.store import Store


@pytest.fixture
def store(tmp_path):
    opened = Store(tmp_path / "journal.db", wait=0)
    yield opened
    opened.close()


class Flaky:
    """A connection whose ``nth`` statement fails, and which must not be used again after that."""

    def __init__(self, db, nth, error):
        self.db, self.left, self.error, self.closed = db, nth, error, False

    def execute(self, *args):
        assert not self.closed
        self.left -= 1
        if self.left == 0:
            raise self.error
        return self.db.execute(*args)

    def close(self):
        self.closed = True
        self.db.close()


def test_a_group_is_one_transaction(store, append):
    begun = []
    store._db.set_trace_callback(lambda text: begun.append(text) if text.startswith("COMMIT") else None)
    assert store.commit([[append(1)], [append(2)], [append(1, "B")]]) == [None, None, None]
    assert len(begun) == 1


def test_one_bad_batch_costs_the_others_nothing(store, append):
    results = store.commit([[append(1)], [append(7)], [append(2)], [PutStation("A", {"x": object()})], [append(3)]])
    assert [result is None for result in results] == [True, False, True, False, True]
    assert store.restore("A").next_seq == 4


@pytest.mark.parametrize("nth", range(1, 7))
def test_an_error_at_any_statement_loses_nothing_and_heals(store, append, nth):
    """BEGIN, two inserts per row, COMMIT: fail each in its turn; what was not reported as stored may not be half there."""
    store.commit([[append(1)]])
    flaky = store._db = Flaky(store._db, nth, sqlite3.OperationalError("disk I/O error"))
    assert isinstance(store.commit([[append(2), append(3)]])[0], JournalFailed)
    assert flaky.closed
    assert store.restore("A").next_seq == 2
    assert store.commit([[append(2)]]) == [None]


def test_a_commit_of_unknown_fate_is_reported_as_failed(store, append):
    """The bytes may have reached the disk; the session restores, and sees whether they did."""

    class Late(Flaky):
        def execute(self, *args):
            done = self.db.execute(*args)
            if args[0] == "COMMIT":
                raise self.error
            return done

    store._db = Late(store._db, 0, sqlite3.OperationalError("disk I/O error"))
    assert isinstance(store.commit([[append(1)]])[0], JournalFailed)
    assert store.restore("A").next_seq == 2


def test_a_broken_disk_is_not_tried_again_for_every_batch(store, append, monkeypatch):
    tries = []

    def refuse(*args):
        tries.append(args)
        raise JournalFailed("no disk")

    store._drop()
    monkeypatch.setattr("gateway.journal.store.connect", refuse)
    results = store.commit([[append(n)] for n in range(1, 50)])
    assert all(isinstance(result, JournalFailed) for result in results)
    assert len(tries) == 2


def test_a_log_that_saw_an_error_is_not_appended_to(store, append, tmp_path):
    store.commit([[append(1)]])
    assert (tmp_path / "journal.db-wal").stat().st_size > 0
    with closing(sqlite3.connect(tmp_path / "journal.db")) as reader:  # keeps the log alive when the store lets go
        reader.execute("SELECT count(*) FROM message").fetchall()
        store._db = Flaky(store._db, 1, sqlite3.OperationalError("disk I/O error"))
        assert isinstance(store.commit([[append(2)]])[0], JournalFailed)
        assert store.restore("A").next_seq == 2
        assert (tmp_path / "journal.db-wal").stat().st_size == 0


def test_a_lock_of_another_program_is_a_failure_and_passes(store, append, tmp_path):
    with closing(sqlite3.connect(tmp_path / "journal.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        failed = store.commit([[append(1)]])[0]
        assert isinstance(failed, JournalFailed)
        assert not isinstance(failed, Contradicted)
        other.execute("ROLLBACK")
    assert store.commit([[append(1)]]) == [None]


def test_a_corrupt_file_is_a_failure(store, append, tmp_path):
    store.commit([[append(1)]])
    store._drop()
    (tmp_path / "journal.db").write_bytes(b"\xff" * 8192)
    for ask in (store.depth, store.backlog, store.probe, lambda: store.restore("A")):
        with pytest.raises(JournalFailed):
            ask()


def test_a_file_that_breaks_while_it_is_open_is_not_served_again(store, append, tmp_path):
    store.commit([[append(n) for n in range(1, 200)]])
    store._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    store._db = Flaky(store._db, 1, damage())
    assert isinstance(store.commit([[append(200)]])[0], JournalFailed)
    data = (tmp_path / "journal.db").read_bytes()
    (tmp_path / "journal.db").write_bytes(data[:-4096] + b"\xff" * 4096)
    for _ in range(2):
        with pytest.raises(Damaged):
            store.probe()
    (tmp_path / "journal.db").write_bytes(data)
    store.probe()
    assert store.restore("A").next_seq == 200


def damage():
    error = sqlite3.DatabaseError("database disk image is malformed")
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    return error


def test_probe_notices_a_file_that_went_away(store, append, tmp_path):
    """SQLite would go on writing into a file that no name leads to any more."""
    store.probe()
    (tmp_path / "journal.db").rename(tmp_path / "elsewhere.db")
    with pytest.raises(JournalFailed, match="removed or replaced"):
        store.probe()


def test_nothing_is_stored_in_a_file_that_was_removed(store, tmp_path, append):
    for file in tmp_path.glob("journal.db*"):
        if not file.name.endswith(".lock"):
            file.unlink()
    for result in store.commit([[append(1)], [append(2)]]):
        assert "removed or replaced" in str(result)
    assert store.commit([[append(1)]]) == [None], "it heals with a new file"
    assert [row.seq for row in store.restore("A").queue] == [1]


def backed_up(beside, path):
    with closing(sqlite3.connect(path)) as target:
        beside.backup(target)


def vacuumed(beside, path):
    beside.execute("VACUUM INTO ?", (str(path),))


@pytest.mark.parametrize("copied", [backed_up, vacuumed])
def test_a_copy_that_sqlite_makes_beside_it_is_whole(store, append, tmp_path, copied):
    for seq in range(1, 200):
        assert store.commit([[append(seq)]]) == [None]
    with closing(sqlite3.connect(tmp_path / "journal.db")) as beside:
        copied(beside, tmp_path / "copy.db")
    with closing(Store(tmp_path / "copy.db", wait=0)) as copy:
        assert copy.restore("A") == store.restore("A")
        assert copy.waiting("A", 100) == store.waiting("A", 100)
    assert store.commit([[append(200)]]) == [None]


def test_two_stores_cannot_share_a_file(store, tmp_path):
    (tmp_path / "link.db").symlink_to(tmp_path / "journal.db")
    with pytest.raises(JournalFailed, match="in use by process"):
        Store(tmp_path / "link.db")


def test_a_store_that_cannot_open_lets_go_of_its_lock(tmp_path):
    (tmp_path / "j.db").write_text("no database" * 100)
    with pytest.raises(JournalFailed):
        Store(tmp_path / "j.db")
    (tmp_path / "j.db").unlink()
    Store(tmp_path / "j.db").close()


def test_pruning_takes_a_few_stations_at_a_time(store, append):
    store.commit([[PutStation(f"S{n}", {"x": 1}) for n in range(5)]])
    store.prune(stations=3)
    assert len(store._unpruned) == 2
    store.prune(stations=3)
    assert not store._unpruned
