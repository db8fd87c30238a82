"""The questions that every SQLite journal answers in the same way, whatever thread it runs in.

In: the calls of `gateway.journal.contract.Journal` but for commits.  Out: questions for the store, put by ``_ask``.
Not here: when and where a question is carried out (`gateway.journal.sqlite`, `gateway.journal.threaded`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from gateway.journal.contract import Depth, Done, JournalFailed, Restored, Waiting
from gateway.journal.store import Store

T = TypeVar("T")


class Questions:
    """The part of a `Journal` that asks.  A subclass has a ``_store`` and says how something is asked of it."""

    _store: Store

    def _ask(self, question: Callable[[], Any], done: Callable[[Any], None]) -> None:
        raise NotImplementedError

    def restore(self, station: str, done: Callable[[Restored | JournalFailed], None]) -> None:
        """See `Journal.restore`."""
        self._ask(lambda: self._store.restore(station), done)

    def waiting(self, station: str, first: int, done: Callable[[Waiting | JournalFailed], None]) -> None:
        """See `Journal.waiting`."""
        self._ask(lambda: self._store.waiting(station, first), done)

    def backlog(self, done: Callable[[Sequence[str] | JournalFailed], None]) -> None:
        """See `Journal.backlog`."""
        self._ask(self._store.backlog, done)

    def depth(self, done: Callable[[Depth | JournalFailed], None]) -> None:
        """See `Journal.depth`."""
        self._ask(self._store.depth, done)

    def asked(self, done: Callable[[Sequence[str] | JournalFailed], None]) -> None:
        """See `Journal.asked`."""
        self._ask(self._store.asked, done)

    def replay(self, station: str, done: Callable[[int | JournalFailed], None]) -> None:
        """See `Journal.replay`."""
        self._ask(lambda: self._store.replay(station), done)

    def probe(self, done: Done) -> None:
        """See `Journal.probe`."""
        self._ask(self._store.probe, done)

    def prune(self, done: Callable[[int | JournalFailed], None]) -> None:
        """Remove what no restore needs any more, of some stations; ``done`` gets the number of rows that went."""
        self._ask(self._store.prune, done)


def answered(question: Callable[[], T]) -> T | JournalFailed:
    """The answer, or the failure as a value."""
    try:
        return question()
    except JournalFailed as error:
        return error
