"""The journal on SQLite in the caller's own thread: every call is finished when it returns.

In: what `gateway.journal.contract.Journal` takes.  Out: its callbacks, at once or through ``deliver``.
Not here: a thread (`gateway.journal.threaded`); this one is for simulations and tests, where order must repeat.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from gateway.journal.contract import Depth, Done, JournalFailed, Restored, Write
from gateway.journal.store import Store

T = TypeVar("T")
Deliver = Callable[[Callable[[], None]], None]


class SqliteJournal:
    """A `Journal`.  ``deliver`` decides when a callback runs (a simulated reactor's ``callLater(0, …)``); default: now.

    Raises `JournalFailed` where the file cannot be opened or another gateway has it.
    """

    def __init__(self, path: Path, deliver: Deliver | None = None, wait: float = 2.0, most_pages: int | None = None) -> None:
        self._store = Store(path, wait, most_pages)
        self._deliver = deliver or _at_once

    def commit(self, writes: Sequence[Write], done: Done) -> None:
        """See `Journal.commit`."""
        result = self._store.commit([writes])[0]
        self._deliver(lambda: done(result))

    def restore(self, station: str, done: Callable[[Restored | JournalFailed], None]) -> None:
        """See `Journal.restore`."""
        self._ask(lambda: self._store.restore(station), done)

    def backlog(self, done: Callable[[Sequence[str] | JournalFailed], None]) -> None:
        """See `Journal.backlog`."""
        self._ask(self._store.backlog, done)

    def depth(self, done: Callable[[Depth | JournalFailed], None]) -> None:
        """See `Journal.depth`."""
        self._ask(self._store.depth, done)

    def probe(self, done: Done) -> None:
        """See `Journal.probe`."""
        self._ask(self._store.probe, done)

    def prune(self, done: Callable[[int | JournalFailed], None]) -> None:
        """Remove what no restore needs any more, of some stations; ``done`` gets the number of rows that went."""
        self._ask(self._store.prune, done)

    def close(self, done: Callable[[], None]) -> None:
        """See `Journal.close`."""
        self._store.close()
        self._deliver(done)

    def _ask(self, question: Callable[[], T], done: Callable[[T | JournalFailed], None]) -> None:
        answer = answered(question)
        self._deliver(lambda: done(answer))


def answered(question: Callable[[], T]) -> T | JournalFailed:
    """The answer, or the failure as a value."""
    try:
        return question()
    except JournalFailed as error:
        return error


def _at_once(callback: Callable[[], None]) -> None:
    callback()
