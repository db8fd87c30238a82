"""Room that is kept for folding the log in on a full disk."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing

import pytest

from gateway.journal import store as room
from gateway.journal.contract import JournalFailed
from gateway.journal.reserve import LEAST, Reserve
from gateway.journal.store import Store


def test_it_is_given_up_and_made_again(tmp_path):
    reserve = Reserve(tmp_path / "j.db")
    assert reserve.keep()
    size = (tmp_path / "j.db-reserve").stat().st_size
    assert size >= LEAST
    assert reserve.spend()
    assert not reserve.spend()
    assert reserve.keep()
    assert (tmp_path / "j.db-reserve").stat().st_size == size


def test_without_room_there_is_none_and_nothing_half(tmp_path, monkeypatch):
    reserve = Reserve(tmp_path / "j.db")
    reserve.keep()
    reserve.spend()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    assert not reserve.keep()
    assert not (tmp_path / "j.db-reserve").exists()


def test_a_tiny_disk_does_without(tmp_path, monkeypatch):
    monkeypatch.setattr("gateway.journal.reserve.MOST", LEAST - 1)
    assert Reserve(tmp_path / "j.db").keep()
    assert not (tmp_path / "j.db-reserve").exists()


def test_a_log_that_filled_the_disk_is_folded_in_on_the_reserve(tmp_path, append, monkeypatch):
    with closing(Store(tmp_path / "j.db", reserve=True)) as store:
        store.commit([[append(1)]])
        store._drop()
        reserve, real = tmp_path / "j.db-reserve", room.connect

        def connect(*args):
            if reserve.exists():
                raise JournalFailed("database or disk is full")
            return real(*args)

        monkeypatch.setattr(room, "connect", connect)
        assert store.commit([[append(2)]]) == [None]
        assert reserve.exists(), "it is there again for the next time"


def test_without_room_for_the_reserve_nothing_is_stored(tmp_path, append, monkeypatch):
    with closing(Store(tmp_path / "j.db", reserve=True)) as store:
        store._drop()
        store._reserve.spend()
        monkeypatch.setattr(store._reserve, "keep", lambda: False)
        with pytest.raises(JournalFailed, match="no room for the reserve"):
            store.probe()
        monkeypatch.setattr(store._reserve, "keep", lambda: True)
        assert store.commit([[append(1)]]) == [None]


def test_damage_is_not_mended_by_room(tmp_path, append):
    with closing(Store(tmp_path / "j.db", reserve=True)) as store:
        store.commit([[append(1)]])
        store._drop()
        with closing(sqlite3.connect(tmp_path / "j.db")) as db:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (tmp_path / "j.db").write_bytes(b"\xff" * 8192)
        with pytest.raises(JournalFailed, match="damaged"):
            store.probe()
        assert (tmp_path / "j.db-reserve").exists()
