"""The journal without a thread: when its callbacks run."""

from __future__ import annotations

from contextlib import closing

from gateway.journal.contract import Restored
from gateway.journal.sqlite import SqliteJournal


def test_callbacks_run_before_the_call_returns(tmp_path, append):
    journal = SqliteJournal(tmp_path / "j.db")
    heard = []
    journal.commit([append(1)], heard.append)
    assert heard == [None]
    journal.close(lambda: heard.append("closed"))
    assert heard == [None, "closed"]


def test_a_simulation_decides_when_callbacks_run(tmp_path, append):
    later, heard = [], []
    journal = SqliteJournal(tmp_path / "j.db", deliver=later.append)
    journal.commit([append(1)], heard.append)
    journal.restore("A", heard.append)
    journal.close(lambda: heard.append("closed"))
    assert heard == []
    for callback in later:
        callback()
    assert heard[0] is None
    assert isinstance(heard[1], Restored)
    assert heard[2] == "closed"


def test_nothing_of_it_outlives_close(tmp_path, append):
    journal = SqliteJournal(tmp_path / "j.db")
    journal.close(lambda: None)
    with closing((tmp_path / "j.db").open("rb")) as file:
        assert file.read(6) == b"SQLite"
    assert not (tmp_path / "j.db-wal").exists()
