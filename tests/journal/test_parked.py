"""Looking into a journal, and bringing parked rows back to their place."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from gateway.journal import parked
from gateway.journal.contract import JournalFailed, Mark, PutTransaction, Rendering
from gateway.journal.parked import Station
from gateway.journal.store import Store

SAID = Rendering((("Say", {"n": 1}), ("Say", {"n": 2})))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal.sqlite"


@pytest.fixture
def store(path, append, transaction):
    """Transaction 7 is parked (rows 2, 3 and 5), one foreign row too (4), and row 6 is live."""
    with closing(Store(path)) as opened:
        rows = [
            append(1, transaction=7),
            append(2, transaction=7),
            append(3, transaction=7),
            append(4, flags="foreign", state="parked"),
            append(5, transaction=7, flags="parked", state="parked"),
            append(6),
        ]
        flagged = PutTransaction("A", transaction(7, ended="2026", flags="over_open parked"))
        marks = [Mark("A", 1, "delivered", 0), *(Mark("A", seq, "parked", 5, SAID, why="no") for seq in (2, 3))]
        assert opened.commit([[flagged, *rows, *marks]]) == [None]
        yield opened


def queue(store):
    return [(row.seq, row.attempts, row.rendered, row.flags) for row in store.restore("A").queue]


def test_what_comes_back_stands_before_what_came_later(store):
    assert store.bring_back("A", [3, 2, 5], anew=False) == 3
    assert queue(store) == [(2, 0, None, ""), (3, 0, None, ""), (5, 0, None, ""), (6, 0, None, "")]
    assert store.restore("A").transactions[0].flags == "over_open", "later messages of it go up again"
    assert store.depth().parked == 1


def test_a_transaction_stays_parked_while_one_of_its_rows_is(store):
    store.bring_back("A", [2, 3], anew=False)
    assert "parked" in store.restore("A").transactions[0].flags.split()
    store.bring_back("A", [5], anew=False)
    assert "parked" not in store.restore("A").transactions[0].flags.split()


def test_a_second_stop_that_was_kept_aside_does_not_hold_its_transaction(store, append):
    store.commit([[append(7, transaction=7, flags="again", state="parked")]])
    store.bring_back("A", [2, 3, 5], anew=False)
    assert store.restore("A").transactions[0].flags == "over_open"


@pytest.mark.parametrize(("anew", "kept"), [(False, Rendering(SAID.messages, ("yes",))), (True, None)])
def test_a_row_that_was_delivered_in_part_goes_on_unless_it_is_made_anew(store, anew, kept):
    store.commit([[Mark("A", 2, "parked", 5, Rendering(SAID.messages, ("yes",)))]])
    store.bring_back("A", [2], anew=anew)
    assert queue(store)[0][2] == kept


@pytest.mark.parametrize("seq", [1, 6, 99, -1])
def test_only_parked_rows_come_back(store, seq):
    before = store.restore("A")
    assert store.bring_back("A", [seq], anew=True) == 0
    assert store.restore("A") == before


def test_a_running_gateway_finds_what_was_asked_for_beside_it(store, path):
    with closing(sqlite3.connect(path, isolation_level=None)) as beside:
        parked.ask(beside, "A", [2, 3], anew=False)
        parked.ask(beside, "A", [3, 5], anew=True)
    assert (store.asked(), store.depth().asked) == (["A"], 3)
    assert store.replay("A") == 3
    assert (store.asked(), store.depth().asked, store.replay("A")) == ([], 0, 0)
    assert [row[0] for row in queue(store)] == [2, 3, 5, 6]


def test_a_look_beside_a_running_gateway_changes_nothing(store, path):
    with closing(parked.look(path)) as db:
        assert list(parked.stations(db)) == [Station("A", 1, 4, "2026-11-22T07:00:00.000Z", 0)]
        assert [(one.row.seq, one.why) for one in parked.stored(db, "A", ["parked"])] == [(2, "no"), (3, "no"), (4, ""), (5, "")]
        assert [one.row.seq for one in parked.stored(db, seqs=[6, 2])] == [2, 6]
        assert list(parked.stored(db, "B")) == []
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            db.execute("DELETE FROM said")
    assert store.depth().parked == 4


@pytest.mark.parametrize("version", [1, 99])
def test_a_journal_of_another_schema_is_not_guessed_at(store, path, version):
    store.close()
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version={version}")
    with pytest.raises(JournalFailed, match=f"schema {version}"):
        parked.look(path)


def test_what_is_no_journal_is_told(tmp_path):
    with pytest.raises(JournalFailed, match="there is no journal"):
        parked.look(tmp_path / "none")
    with closing(sqlite3.connect(tmp_path / "theirs")) as db:
        db.execute("CREATE TABLE x (y)")
    with pytest.raises(JournalFailed, match="no journal of this gateway"):
        parked.look(tmp_path / "theirs")
    (tmp_path / "text").write_text("hello" * 1000)
    with pytest.raises(JournalFailed, match="damaged"):
        parked.look(tmp_path / "text")
