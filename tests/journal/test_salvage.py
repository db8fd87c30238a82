"""What can still be read of a journal is read, whatever of it is damaged."""

from __future__ import annotations

from contextlib import closing

import pytest

from gateway.journal.contract import Mark
from gateway.journal.parked import look
from gateway.journal.salvage import salvaged
from gateway.journal.store import Store


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal.sqlite"


@pytest.fixture
def full(path, append, monkeypatch):
    """Of B and D all waits, of C all was delivered; one row of each says where it stands."""
    rows = [append(seq, name, raw="r" * 900, key="k" * 60) for name in ("B", "C", "D") for seq in range(1, 150)]
    marks = [Mark("C", seq, "delivered", 1, why="in keys" if seq == 75 else "") for seq in range(1, 150)]
    monkeypatch.setattr("gateway.journal.store.FOLDED_AT_ONCE", 1)
    with closing(Store(path)) as store:
        assert store.commit([[*rows, *marks, Mark("D", 149, "parked", 1)]]) == [None]
        store.fold()
        assert store.commit([[append(150, "C"), Mark("C", 150, "delivered", 0)]]) == [None]
        assert store.commit([[Mark("B", 75, "queued", 1, why="in the queue")]]) == [None]
    return read(path)[0]


def read(path):
    """What an export tells: rows, and what it says of damage."""
    told = []
    with closing(look(path)) as db:
        found = list(salvaged(db, None, (), told.append))
    return {(one.station, one.row.seq): (one.row.state, one.row.raw) for one in found}, told, len(found)


def spoil(path, word):
    """Make the pages unreadable on which this stands."""
    content = path.read_bytes()
    pages = [content[at : at + 4096] for at in range(0, len(content), 4096)]
    path.write_bytes(b"".join(b"\xff" * 4096 if word in page else page for page in pages))


def test_messages_whose_place_cannot_be_read_count_as_queued(full, path):
    spoil(path, b"in the queue")
    rows, told, count = read(path)
    assert told
    assert (count, rows.keys()) == (len(rows), full.keys())
    assert [rows[at][1] for at in rows] == [full[at][1] for at in rows], "every text is there"
    assert (rows["B", 75][0], rows["D", 149][0], rows["C", 1][0]) == ("queued", "parked", "delivered")


def test_keys_that_cannot_be_read_cost_no_message(full, path):
    spoil(path, b"in keys")
    rows, told, count = read(path)
    assert told
    assert count == len(rows)
    missing = full.keys() - rows.keys()
    assert ("C", 75) in missing
    assert {station for station, _ in missing} == {"C"}
    assert {("C", 1), ("C", 149)} <= rows.keys()


def test_of_a_sound_journal_every_row_is_told_once(full):
    assert full.keys() == {(name, seq) for name in "BCD" for seq in range(1, 151 if name == "C" else 150)}
    assert full["C", 150] == ("delivered", ""), "its texts are still in the file"


def test_only_what_was_asked_for_is_told(full, path):
    with closing(look(path)) as db:
        assert [(one.station, one.row.seq) for one in salvaged(db, "D", ["parked"], str)] == [("D", 149)]
