"""The lock that keeps a second gateway off a journal."""

from __future__ import annotations

import os
import stat

import pytest

from gateway.journal.contract import JournalFailed
from gateway.journal.lock import FileLock


def test_a_second_one_is_refused_and_told_who_has_it(tmp_path):
    first = FileLock(tmp_path / "journal.db")
    with pytest.raises(JournalFailed, match=f"in use by process {os.getpid()}"):
        FileLock(tmp_path / "journal.db")
    first.release()


def test_a_released_lock_can_be_taken_again(tmp_path):
    first = FileLock(tmp_path / "journal.db")
    first.release()
    first.release()
    second = FileLock(tmp_path / "journal.db")
    assert second.held
    assert not first.held
    second.release()


def test_the_file_is_private(tmp_path):
    lock = FileLock(tmp_path / "journal.db")
    assert stat.S_IMODE((tmp_path / "journal.db.lock").stat().st_mode) == 0o600
    lock.release()


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(JournalFailed, match="nowhere"):
        FileLock(tmp_path / "nowhere" / "journal.db")
