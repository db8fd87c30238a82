"""The writer thread: groups, order, bounds, and what a killed process leaves."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

import gateway
from gateway.journal.contract import WINDOW, JournalFailed, Mark
from gateway.journal.store import FOLDED_AT_ONCE, Store
from gateway.journal.threaded import ThreadedJournal


@pytest.fixture
def journal(tmp_path, mailbox):
    opened = ThreadedJournal(mailbox, tmp_path / "journal.db", most_waiting=5)
    yield opened
    opened.close(lambda: None)
    opened._thread.join(120)
    assert not opened._thread.is_alive()


@pytest.fixture
def held(journal, monkeypatch):
    """Holds the writer thread up inside a question, as a slow disk would; set the event to let it go on."""
    begun, go = threading.Event(), threading.Event()

    def slow():
        begun.set()
        assert go.wait(120)

    monkeypatch.setattr(journal._store, "probe", slow)
    journal.probe(lambda failed: None)
    assert begun.wait(120)
    yield go
    go.set()


def test_commits_that_wait_together_are_stored_together(journal, held, mailbox, append, monkeypatch):
    groups, heard = [], []
    commit = journal._store.commit
    monkeypatch.setattr(journal._store, "commit", lambda batches: groups.append(len(batches)) or commit(batches))
    for seq in (1, 2, 3):
        journal.commit([append(seq)], heard.append)
    journal.restore("A", lambda found: heard.append(found.next_seq))
    journal.commit([append(4)], heard.append)
    held.set()
    mailbox.until(heard, 5)
    assert groups == [3, 1]
    assert heard == [None, None, None, 4, None]


@pytest.fixture
def together(journal, held, mailbox, append, monkeypatch):
    """Three commits were stored together, and whoever has to wait for more now waits for an hour."""
    monkeypatch.setattr("gateway.journal.threaded.GATHER", 3600.0)
    heard = []
    for seq in (1, 2, 3):
        journal.commit([append(seq)], heard.append)
    held.set()
    mailbox.until(heard, 3)


def test_when_as_many_came_as_lately_nobody_else_is_waited_for(journal, together, mailbox, append):
    heard = []
    for seq in (4, 5, 6):
        journal.commit([append(seq)], heard.append)
    mailbox.until(heard, 3)
    assert heard == [None, None, None]


def test_closing_ends_the_wait_for_others(journal, together, mailbox, append):
    heard = []
    journal.commit([append(4)], heard.append)
    journal.close(lambda: heard.append("closed"))
    mailbox.until(heard, 2)
    assert heard == [None, "closed"]


def test_who_is_alone_again_soon_waits_for_nobody(journal, held, mailbox, append):
    heard = []
    for seq in (1, 2, 3):
        journal.commit([append(seq)], heard.append)
    held.set()
    mailbox.until(heard, 3)
    for seq in (4, 5, 6):
        journal.commit([append(seq)], heard.append)
        mailbox.until(heard, seq)
    assert journal._lately == 1


def test_a_commit_beyond_the_bound_fails_in_its_turn(journal, held, mailbox, append):
    heard = []
    for seq in range(1, 8):
        journal.commit([append(seq)], lambda failed, seq=seq: heard.append((seq, str(failed))))
    held.set()
    mailbox.until(heard, 7)
    waits = "too many writes wait for the disk"
    assert heard == [*((seq, "None") for seq in range(1, 6)), (6, waits), (7, waits)]
    journal.commit([append(6)], heard.append)
    mailbox.step()
    assert heard[-1] is None


def test_callbacks_run_in_the_callers_thread(journal, mailbox, append):
    threads = []
    journal.commit([append(1)], lambda failed: threads.append(threading.current_thread()))
    mailbox.step()
    assert threads == [threading.main_thread()]


def test_an_unforeseen_exception_reaches_its_caller_and_spares_the_thread(journal, mailbox, append, monkeypatch):
    heard = []
    monkeypatch.setattr(journal._store, "depth", lambda: 1 // 0)
    journal.depth(heard.append)
    journal.commit([append(1)], heard.append)
    mailbox.until(heard, 2)
    assert isinstance(heard[0], JournalFailed)
    assert "ZeroDivisionError" in str(heard[0])
    assert heard[1] is None


def test_a_list_that_is_changed_after_the_call_is_stored_as_it_was(journal, held, mailbox, append):
    heard, writes = [], [append(1)]
    journal.commit(writes, heard.append)
    writes.clear()
    held.set()
    mailbox.until(heard, 1)
    journal.restore("A", lambda found: heard.append(found.next_seq))
    mailbox.step()
    assert heard == [None, 2]


def test_closing_finishes_what_was_asked_for(journal, held, mailbox, append, tmp_path):
    heard = []
    journal.commit([append(1)], heard.append)
    journal.close(lambda: heard.append("closed"))
    held.set()
    mailbox.until(heard, 2)
    assert heard == [None, "closed"]
    store = Store(tmp_path / "journal.db")
    assert store.restore("A").next_seq == 2
    store.close()


CHILD = """
import os, queue, sys
from pathlib import Path
from gateway.journal.contract import Append, Row
from gateway.journal.threaded import ThreadedJournal

class Mail(queue.Queue):
    def callFromThread(self, call, *args): self.put((call, args))

mail = Mail()
journal = ThreadedJournal(mail, Path(sys.argv[1]))
told = 0
def acknowledge(seq):
    def done(failed):
        global told
        told += 1
        if failed is None:
            os.write(1, b"%d\\n" % seq)
    return done
seq = 0
while True:
    for _ in range(5):
        seq += 1
        row = Row(seq, "meter", "Say", "red", "soap", "raw", "{}", "key", None, "2026")
        journal.commit([Append("A", row)], acknowledge(seq))
    while told < seq:
        call, args = mail.get()
        call(*args)
"""


@pytest.mark.parametrize("acknowledged", [1, 33, 200])
def test_what_was_acknowledged_survives_a_kill(tmp_path, acknowledged):
    env = {**os.environ, "PYTHONPATH": str(Path(gateway.__file__).parents[1])}
    command = [sys.executable, "-c", CHILD, str(tmp_path / "journal.db")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=env) as child:
        seen = [int(child.stdout.readline()) for _ in range(acknowledged)]
        child.send_signal(signal.SIGKILL)
        seen += [int(line) for line in child.stdout.read().split()]
    assert child.returncode == -signal.SIGKILL
    store = Store(tmp_path / "journal.db")
    stored = [row.seq for first in range(1, len(seen) + 2, WINDOW) for row in store.waiting("A", first).rows]
    store.close()
    assert seen == list(range(1, len(seen) + 1))
    assert stored[: len(seen)] == seen
    assert stored == list(range(1, len(stored) + 1))


def test_a_second_gateway_is_told_that_the_journal_is_in_use(journal, mailbox, tmp_path):
    with pytest.raises(JournalFailed, match="in use by process"):
        ThreadedJournal(mailbox, tmp_path / "journal.db")


def test_a_caller_that_raises_costs_the_others_nothing(journal, held, mailbox, append):
    heard = []

    def broken(failed):
        raise RuntimeError("a fault of ours")

    journal.commit([append(1)], broken)
    journal.commit([append(2)], heard.append)
    held.set()
    mailbox.step()
    with pytest.raises(RuntimeError):
        mailbox.step()
    assert heard == [None]


def test_once_enough_is_delivered_its_texts_go(journal, mailbox, append, tmp_path):
    heard = []
    rows = [append(seq) for seq in range(1, FOLDED_AT_ONCE + 1)]
    for count in (FOLDED_AT_ONCE - 1, 1):
        these, rows = rows[:count], rows[count:]
        journal.commit([*these, *(Mark("A", one.row.seq, "delivered", 0) for one in these)], heard.append)
        journal.restore("A", lambda found: heard.append(found.next_seq - 1))
        mailbox.until(heard, 2)
        failed, stored = heard
        heard.clear()
        with closing(sqlite3.connect(tmp_path / "journal.db")) as beside:
            counts = [beside.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("said", "done", "known")]
        assert (failed, counts) == (None, [stored, stored, 0] if stored < FOLDED_AT_ONCE else [0, 0, stored])


def test_texts_that_cannot_be_dropped_cost_no_commit(journal, mailbox, append, monkeypatch):
    """The disk breaks just then: what was stored is told, and the next one sees for itself."""
    monkeypatch.setattr("gateway.journal.store.FOLDED_AT_ONCE", 1)
    monkeypatch.setattr("gateway.journal.rows.fold", broken)
    heard = []
    for seq in (1, 2):
        journal.commit([append(seq), Mark("A", seq, "delivered", 0)], heard.append)
        mailbox.until(heard, seq)
    assert heard == [None, None]
    monkeypatch.undo()
    journal.prune(heard.append)
    journal.restore("A", lambda found: heard.append(found.keys))
    mailbox.until(heard, 4)
    assert heard[2:] == [0, {"key": 2}]


def broken(db):
    raise sqlite3.OperationalError("disk I/O error")
