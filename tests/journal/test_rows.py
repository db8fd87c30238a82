"""The SQL of writes and reads, where the contract cannot see it."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from gateway.journal import rows, schema
from gateway.journal.contract import Append, Mark, Rendering


@pytest.fixture
def db(tmp_path):
    with closing(schema.connect(tmp_path / "j.db", 0, None)) as opened:
        yield opened


def test_a_delivered_row_gives_up_its_texts(db, row):
    rows.write(db, Append("A", row(1, raw="<tag>", payload="{}", rendered=Rendering((("Say", {}),), ({},)))))
    rows.write(db, Mark("A", 1, "delivered", 1))
    assert db.execute("SELECT raw, payload, rendered, answers FROM message").fetchone() == ("", "", None, None)


def test_a_parked_row_keeps_its_texts_and_says_why(db, row):
    rows.write(db, Append("A", row(1, raw="<tag>")))
    rows.write(db, Mark("A", 1, "parked", 3, why="refused three times"))
    assert db.execute("SELECT raw, why FROM message").fetchone() == ("<tag>", "refused three times")


@pytest.mark.parametrize(
    "asked",
    [
        f"SELECT count(*) FROM message WHERE {rows.QUEUED}",
        f"SELECT count(*) FROM message WHERE {rows.PARKED}",
        f"SELECT min(received) FROM message WHERE {rows.QUEUED}",
        f"SELECT DISTINCT station FROM message WHERE {rows.QUEUED}",
        "SELECT \"transaction\" FROM message WHERE station = 'A' AND state <> 'delivered'",
        "SELECT 1 FROM message WHERE station = 'A' AND state = 'queued' ORDER BY seq",
    ],
)
def test_what_is_asked_often_never_reads_every_row(db, asked):
    plan = " / ".join(row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {asked}"))
    assert "INDEX" in plan, plan
    assert plan != "SCAN message"


def test_a_rendering_that_cannot_be_read_spoils_only_its_own_row(open_drive, append, tmp_path):
    drive = open_drive()
    drive.commit(append(1), append(2))
    with closing(sqlite3.connect(tmp_path / "journal.db", isolation_level=None)) as beside:
        beside.execute("UPDATE message SET rendered = '[[' WHERE seq = 1")
    first, second = drive.restore().queue
    assert (first.rendered, first.payload, second.payload) == (None, "", '{"a":1}')
