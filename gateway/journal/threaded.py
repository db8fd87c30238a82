"""The journal on SQLite behind one writer thread, so that an fsync never holds up the reactor.

In: what `gateway.journal.contract.Journal` takes, from the reactor's thread.  Out: its callbacks, in that thread, in
the order of the calls.
Not here: the database (`gateway.journal.store`).

Group commit: while one fsync runs, commits gather; the thread takes them all and stores them with the next one.  Under load it
waits for as many as came together lately, and is woken once for all of them.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from msgspec import Struct

from gateway.journal.contract import Done, JournalFailed, Write
from gateway.journal.questions import Questions, answered
from gateway.journal.store import Store

MOST_WAITING = 20_000
"""Commits that may wait for the disk; further ones fail at once, which closes their stations until it has caught up."""

GATHER = 0.003
"""Seconds at the most to let commits gather before the next transaction, while several came together lately: who is alone does
not wait, and under load one fsync serves more.  Once so many are there again, nobody else is waited for."""

MOST_GROUPED = 1_000
"""Commits in one transaction: bounds what one bad batch makes the others wait for."""


class Reactor(Protocol):
    """What is used of a Twisted reactor."""

    def callFromThread(self, callable: Callable[..., Any], *args: Any) -> Any:
        """Run it soon in the reactor's thread; calls keep their order."""


class _Commit(Struct, frozen=True):
    writes: Sequence[Write]
    done: Done


class _Ask(Struct, frozen=True):
    """Anything that stands alone; ``done`` gets the answer, or the failure."""

    question: Callable[[], Any]
    done: Callable[[Any], None]


class ThreadedJournal(Questions):
    """A `Journal`.  Raises `JournalFailed` at once where the file cannot be opened or another gateway has it."""

    def __init__(
        self,
        reactor: Reactor,
        path: Path,
        wait: float = 2.0,
        most_pages: int | None = None,
        most_waiting: int = MOST_WAITING,
        reserve: bool = False,
    ) -> None:
        self._reactor, self._most_waiting = reactor, most_waiting
        self._store = Store(path, wait, most_pages, reserve)
        self._jobs: deque[_Commit | _Ask] = deque()
        self._waiting = 0
        self._closing = self._ended = False
        self._wake = threading.Condition()
        self._lately = 1  # the most jobs that were carried out together, one less each time since
        self._wanted = 1  # for how many the thread sleeps
        self._thread = threading.Thread(target=self._work, name="journal", daemon=True)
        self._thread.start()

    def commit(self, writes: Sequence[Write], done: Done) -> None:
        """See `Journal.commit`.  Too many waiting commits are a failure too, delivered in its turn."""
        full = self._waiting >= self._most_waiting  # the writer thread only takes away
        self._put(_Ask(_too_many, done) if full else _Commit(tuple(writes), done))

    def close(self, done: Callable[[], None]) -> None:
        """See `Journal.close`.  What is asked for afterwards fails."""
        self._ask(self._store.close, lambda _: done(), closing=True)

    def _ask(self, question: Callable[[], Any], done: Callable[[Any], None], closing: bool = False) -> None:
        self._put(_Ask(question, done), closing)

    def _put(self, job: _Commit | _Ask, closing: bool = False) -> None:
        """After `close` the store refuses all; once the thread has ended the answer comes straight through the reactor."""
        with self._wake:
            self._closing |= closing
            if not (ended := self._ended):
                self._jobs.append(job)
                self._waiting += isinstance(job, _Commit)
                if self._closing or len(self._jobs) >= self._wanted:
                    self._wake.notify()
        if ended:
            self._reactor.callFromThread(job.done, JournalFailed("the journal is closed"))

    def _work(self) -> None:
        while True:
            with self._wake:
                if self._lately > 1:
                    self._sleep(self._lately, GATHER)
                self._sleep(1)
                if not self._jobs:
                    self._ended = True
                    return
                jobs = self._take()
            self._carry_out(jobs)

    def _sleep(self, wanted: int, longest: float | None = None) -> None:
        """Until so many jobs are there, or so many seconds have passed, or nothing more will come."""
        self._wanted = wanted
        self._wake.wait_for(lambda: self._closing or len(self._jobs) >= wanted, longest)

    def _take(self) -> list[_Commit | _Ask]:
        """The next question, or all commits up to the next question (some question may have to see them)."""
        jobs = [self._jobs.popleft()]
        if isinstance(jobs[0], _Commit):
            while self._jobs and isinstance(self._jobs[0], _Commit) and len(jobs) < MOST_GROUPED:
                jobs.append(self._jobs.popleft())
            self._waiting -= len(jobs)
        return jobs

    def _carry_out(self, jobs: list[_Commit | _Ask]) -> None:
        """An unforeseen exception is a failure like any other: the thread must live, and every caller hear of it."""
        results: Sequence[Any]
        try:
            results = self._results(jobs)
        except Exception as error:
            results = [JournalFailed(f"{type(error).__name__}: {error}")] * len(jobs)
        # One call for all: each wakes the reactor by a system call, and hands the interpreter over twice.
        self._reactor.callFromThread(_tell, [(job.done, result) for job, result in zip(jobs, results, strict=True)])
        self._lately = max(len(jobs), self._lately - 1)
        answered(self._store.fold)  # nobody waits for it; what breaks here breaks the next commit too

    def _results(self, jobs: list[_Commit | _Ask]) -> Sequence[Any]:
        if isinstance(jobs[0], _Ask):
            return [answered(jobs[0].question)]
        return self._store.commit([job.writes for job in jobs if isinstance(job, _Commit)])


def _tell(told: Sequence[tuple[Callable[[Any], None], Any]]) -> None:
    """Bring each caller its result; one that raises costs the others nothing."""
    failures: list[Exception] = []
    for done, result in told:
        try:
            done(result)
        except Exception as error:
            failures.append(error)
    if failures:
        raise failures[0]


def _too_many() -> None:
    raise JournalFailed("too many writes wait for the disk")
