"""The machine that a gateway runs on: a reactor on the simulated network, and a disk that takes its time and may refuse.

In: a network, a folder in memory.  Out: what `gateway.server.Server` asks of a reactor and of a journal; one process's life.
Not here: when it fails (`tests.simulation.faults`).

A commit reaches the (real) SQLite file some time after it was asked for, and the gateway hears of it some time after that: a
kill before, between or after loses what a kill would lose.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from gateway.journal.contract import JournalFailed, Write
from gateway.journal.sqlite import SqliteJournal
from tests.simulation.clock import Later, Time
from tests.simulation.network import Network, Port
from tests.simulation.surroundings import Ordered


class Process:
    """One life of the gateway's process: all that belongs to it is void once it is ``dead``.  It is also its reactor."""

    def __init__(self, time: Time, net: Network, host: str, number: int) -> None:
        self.time, self.net, self.host, self.number = time, net, host, number
        self.dead = False

    def seconds(self) -> float:
        return self.time.now

    def callLater(self, delay: float, call: Callable[..., Any], *args: Any) -> Later:
        return self.time.later(self, delay, call, *args)

    def listenTCP(self, port: int, factory: Any, backlog: int = 50, interface: str = "") -> Port:
        if isinstance(getattr(factory, "live", None), set):
            factory.live = Ordered()  # in what order connections are drained may not hang on their addresses
        return self.net.listen((interface or self.host, port), factory.buildProtocol, self)

    def connectTCP(self, host: str, port: int, factory: Any, timeout: float = 30, bindAddress: Any = None) -> Any:
        return self.net.connect(self, self.host, (host, port), factory, timeout)


class Disk:
    """A `gateway.journal.contract.Journal`.  ``mood`` is fast, slow, refuses, or lies (it stores, and says that it did not)."""

    def __init__(
        self, process: Process, path: Path, seed: str, boundary: Callable[[str], None], failed: Callable[[], None], mood: str
    ) -> None:
        self.process, self._boundary, self._failed = process, boundary, failed
        self._chance = random.Random(f"{seed} disk {process.number}")
        self._store = SqliteJournal(path)
        self._jobs: deque[tuple[bool, Callable[[Callable[[Any], None]], None], Callable[[Any], None]]] = deque()
        self._answers: deque[Callable[[], None]] = deque()
        self._working = False
        self.mood = mood
        self.count: Callable[[str], None] = lambda what: None

    # -- what the gateway asks -----------------------------------------------------------------------------------

    def commit(self, writes: Sequence[Write], done: Callable[[Any], None]) -> None:
        self._ask(True, lambda then: self._store.commit(writes, then), done)

    def __getattr__(self, name: str) -> Callable[..., None]:
        """Questions: each takes the callback last."""
        if name.startswith("_"):
            raise AttributeError(name)
        self.count(f"questions: {name}")
        return lambda *given: self._ask(False, lambda then: getattr(self._store, name)(*given[:-1], then), given[-1])

    def probe(self, done: Callable[[Any], None]) -> None:
        self._ask(True, self._store.probe, done)

    def close(self, done: Callable[[], None]) -> None:
        self._ask(False, lambda then: self._store.close(lambda: then(None)), lambda _: done())

    @property
    def owes(self) -> bool:
        """Whether something is stored, and the gateway has not heard so yet."""
        return bool(self._answers)

    # -- what a disk does ----------------------------------------------------------------------------------------

    def unplug(self) -> None:
        """The process is dead: what was not written never will be."""
        self._jobs.clear()
        self._store.close(lambda: None)

    def _ask(self, writes: bool, job: Callable[[Callable[[Any], None]], None], done: Callable[[Any], None]) -> None:
        self._jobs.append((writes, job, done))
        if not self._working:
            self._working = True
            self.process.callLater(self._latency(), self._work)

    def _latency(self) -> float:
        if self.mood == "slow":
            return self._chance.choice((0.05, 0.2, 0.5, 1.5))
        return self._chance.choice((0.0005, 0.002, 0.01))

    def _work(self) -> None:
        """One turn: all that waits, in order; the answers come a moment later."""
        answers: list[Callable[[], None]] = []
        wrote = False
        jobs, self._jobs = list(self._jobs), deque()
        for writes, job, done in jobs:
            result = self._carry_out(writes, job)
            wrote = wrote or writes
            answers.append(lambda done=done, result=result: done(result))
        if wrote:
            self._boundary("committed")
        for answer in answers:
            self.process.callLater(self._chance.random() * 0.002, self._in_turn, answer)
        self._answers = deque(answers)
        self.process.callLater(0.003, self._next)

    def _in_turn(self, answer: Callable[[], None]) -> None:
        """Answers keep the order of the questions, whatever moments were drawn."""
        self._answers.popleft()()
        self._boundary("told")

    def _next(self) -> None:
        self._working = bool(self._jobs)
        if self._working:
            self.process.callLater(self._latency(), self._work)

    def _carry_out(self, writes: bool, job: Callable[[Callable[[Any], None]], None]) -> Any:
        if writes and self.mood == "refuses":
            self._failed()
            return JournalFailed("the disk refuses")
        results: list[Any] = []
        job(results.append)
        if writes and self.mood == "lies" and results[0] is None:
            self._failed()
            return JournalFailed("the disk says that it failed")
        return results[0]
