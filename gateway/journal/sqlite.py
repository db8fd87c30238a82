"""The journal on SQLite in the caller's own thread: every call is finished when it returns.

In: what `gateway.journal.contract.Journal` takes.  Out: its callbacks, at once or through ``deliver``.
Not here: a thread (`gateway.journal.threaded`); this one is for simulations and tests, where order must repeat.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from gateway.journal.contract import Done, Write
from gateway.journal.questions import Questions, answered
from gateway.journal.store import Store

Deliver = Callable[[Callable[[], None]], None]


class SqliteJournal(Questions):
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

    def close(self, done: Callable[[], None]) -> None:
        """See `Journal.close`."""
        self._store.close()
        self._deliver(done)

    def _ask(self, question: Callable[[], Any], done: Callable[[Any], None]) -> None:
        answer = answered(question)
        self._deliver(lambda: done(answer))


def _at_once(callback: Callable[[], None]) -> None:
    callback()
