"""The SQL of writes and reads, where the contract cannot see it."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from gateway.journal import rows, schema
from gateway.journal.contract import Append, Mark, Park, Rendering


@pytest.fixture
def db(tmp_path):
    with closing(schema.connect(tmp_path / "j.db", 0, None)) as opened:
        yield opened


def files(db):
    """All that stands in the tables, as text."""
    tables = [name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    return str({name: db.execute(f"SELECT * FROM {name}").fetchall() for name in tables})


def test_a_delivered_row_gives_up_its_texts(db, row):
    rows.write(db, Append("A", row(1, raw="<tag>", payload="{}", rendered=Rendering((("Say", {}),), ({},)), flags="late")))
    rows.write(db, Append("A", row(2, raw="<other>")))
    rows.write(db, Mark("A", 1, "delivered", 1, why="at last", cuts=2))
    seen = "SELECT raw, payload, rendered, answers, state, attempts, flags, why, cuts, key FROM message WHERE seq = 1"
    given_up = ("", "", None, None, "delivered", 1, "late", "at last", 2, "key")
    assert db.execute(seen).fetchone() == given_up, "nobody is shown them any more"
    rows.fold(db)
    assert db.execute(seen).fetchone() == given_up
    assert "<tag>" not in files(db)
    assert "<other>" in files(db), "that one waits"


def test_a_row_that_is_delivered_again_says_how_often_it_was_tried(db, row):
    rows.write(db, Append("A", row(1)))
    for attempts in (1, 2):
        rows.write(db, Mark("A", 1, "delivered", attempts))
    rows.fold(db)
    rows.write(db, Mark("A", 1, "delivered", 3))
    assert db.execute("SELECT attempts FROM message").fetchall() == [(3,)]
    assert db.execute("SELECT count(*) FROM done").fetchone() == (0,)


def test_a_parked_row_keeps_its_texts_and_says_why(db, row):
    rows.write(db, Append("A", row(1, raw="<tag>")))
    rows.write(db, Mark("A", 1, "parked", 3, why="refused three times"))
    assert db.execute("SELECT raw, why FROM message").fetchone() == ("<tag>", "refused three times")


@pytest.mark.parametrize(
    "ask",
    [
        lambda db: rows.restored(db, "A"),
        lambda db: rows.waiting(db, "A", 3),
        lambda db: rows.write(db, Mark("A", 1, "delivered", 0)),
        lambda db: rows.write(db, Park("A", 7, "why")),
        lambda db: rows.prune(db, "A", 0),
    ],
    ids=["restore", "waiting", "mark", "park", "prune"],
)
def test_what_is_asked_often_never_reads_every_row(db, append, ask):
    """But for those that were delivered since the last fold, which are few."""
    for seq in range(1, 5):
        rows.write(db, append(seq, transaction=7))
    rows.write(db, Mark("A", 2, "delivered", 0))
    asked = []
    db.set_trace_callback(asked.append)
    ask(db)
    db.set_trace_callback(None)
    plans = [step[3] for one in asked for step in db.execute(f"EXPLAIN QUERY PLAN {one}")]
    assert plans
    assert not [plan for plan in plans if plan.startswith(("SCAN said", "SCAN queue", "SCAN known"))]


def test_what_waits_of_one_transaction_is_found_without_a_look_at_the_whole_queue(db):
    for asked in (rows._PARK, rows._PRUNE_ONE):
        plan = db.execute(f"EXPLAIN QUERY PLAN {asked}", (1,) * asked.count("?")).fetchall()
        assert any("queue_of (station=? AND transaction=?)" in step[3] for step in plan), plan


def test_a_rendering_that_cannot_be_read_spoils_only_its_own_row(open_drive, append, tmp_path):
    drive = open_drive()
    drive.commit(append(1), append(2))
    with closing(sqlite3.connect(tmp_path / "journal.db", isolation_level=None)) as beside:
        beside.execute("UPDATE queue SET rendered = '[[' WHERE seq = 1")
    first, second = drive.restore().queue
    assert (first.rendered, first.payload, second.payload) == (None, "", '{"a":1}')
