"""The journal: messages stored and acknowledged a second, against the same rows in a bare SQLite loop; how long that takes.

In: a folder on the disk that is measured.  Out: figures.
Both sides fsync (synchronous=FULL).  "In turn" is one station that waits for each answer, "side by side" many that each wait for
theirs: the bare loop then commits as many rows at once as there are stations, which is the best that could be done.
The bare loop uses the journal's tables, and folds as often.
"""

from __future__ import annotations

import queue
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from statistics import median
from typing import Any

from msgspec.structs import astuple

from gateway.journal import rows, schema
from gateway.journal.contract import Append, JournalFailed, Mark, Row
from gateway.journal.store import FOLDED_AT_ONCE
from gateway.journal.threaded import ThreadedJournal
from tests.bench import samples
from tests.bench.figures import Figure, figure
from tests.bench.processes import Backend, Child, Gateway, cores, load

STATIONS, CROWD = 64, 128
PROMISED = {500: {"p50_ms": 5.0, "p99_ms": 50.0}, 2000: {"p99_ms": 250.0}}
"""Calls a second of a steady pace by the crowd, and how many milliseconds an answer may take then."""


def measure(quick: bool) -> Iterator[Figure]:
    """All figures of the journal."""
    seconds, rounds = (0.5, 2) if quick else (2.0, 5)
    for name, stations in (("in turn", 1), ("side by side", STATIONS)):
        pairs = [(ours(stations, seconds), bare(stations, seconds)) for _ in range(rounds)]
        stored, loop = (median(one) for one in zip(*pairs, strict=True))
        yield figure(f"journal {name}: stored and acknowledged", stored, "rows/s", loop, ">= 0.5")
    yield from end_to_end(seconds)


def row(seq: int) -> Row:
    """Meter values as they come from a station: its text, the message read, and its key."""
    text = str(samples.REQUESTS["ocpp1.5"]["MeterValues"])
    return Row(seq, "meter", "MeterValues", "ocpp1.5", "soap", text, text, f"meter:{seq}", 7, "2026-11-22T07:00:00.000Z")


def ours(stations: int, seconds: float) -> float:
    """Rows a second through `ThreadedJournal`; a row is delivered, as in life, when the next one of its station is stored."""
    mail: queue.SimpleQueue[Callable[[], Any]] = queue.SimpleQueue()

    class Reactor:
        def callFromThread(self, call: Callable[..., Any], *args: Any) -> None:
            mail.put(lambda: call(*args))

    with tempfile.TemporaryDirectory(prefix="ocpp-bench-") as folder:
        journal = ThreadedJournal(Reactor(), Path(folder) / "journal.sqlite")
        crowd = [_Station(f"BENCH-{number:05d}", journal) for number in range(stations)]
        begin = time.perf_counter()
        for one in crowd:
            one.store()
        while time.perf_counter() < begin + seconds:
            mail.get()()
        took, count = time.perf_counter() - begin, sum(one.seq for one in crowd)
        for one in crowd:
            one.enough = True
        ended: list[bool] = []
        journal.close(lambda: ended.append(True))
        while not ended:
            mail.get()()
    return count / took


class _Station:
    def __init__(self, name: str, journal: ThreadedJournal) -> None:
        self.name, self.journal, self.seq, self.enough = name, journal, 0, False

    def store(self, failed: JournalFailed | None = None) -> None:
        if failed is not None:
            raise failed
        if self.enough:
            return
        self.seq += 1
        before = [Mark(self.name, self.seq - 1, "delivered", 0)] if self.seq > 1 else []
        self.journal.commit([Append(self.name, row(self.seq)), *before], self.store)


def bare(stations: int, seconds: float) -> float:
    """Rows a second in a plain loop on a file of the same schema: insert, deliver the one before, commit; now and then fold."""
    with tempfile.TemporaryDirectory(prefix="ocpp-bench-") as folder, ExitStack() as open_:
        db = open_.enter_context(closing(schema.connect(Path(folder) / "bare.sqlite", 1, None)))
        begin, count = time.perf_counter(), 0
        while time.perf_counter() < begin + seconds:
            count += 1
            db.execute("BEGIN IMMEDIATE")
            for number in range(stations):
                _insert(db, number, count)
            if count % (FOLDED_AT_ONCE // stations) == 0:
                rows.fold(db)
            db.execute("COMMIT")
        return count * stations / (time.perf_counter() - begin)


def _insert(db: sqlite3.Connection, number: int, count: int) -> None:
    station = f"BENCH-{number:05d}"
    seq, role, action, dialect, codec, raw, payload, key, transaction, received = astuple(row(count))[:10]
    db.execute(
        "INSERT INTO said VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (station, seq, role, action, dialect, codec, raw, payload, key, received),
    )
    queued = "INSERT INTO queue VALUES (?, ?, last_insert_rowid(), ?, 'queued', 0, NULL, NULL, '', 0, '')"
    db.execute(queued, (station, seq, transaction))
    before = (station, count - 1)
    left = """SELECT id, station, seq, "transaction", 0, '', 0, '' FROM queue WHERE station = ? AND seq = ?"""
    db.execute(f"INSERT INTO done {left}", before)
    db.execute("DELETE FROM queue WHERE station = ? AND seq = ?", before)


def end_to_end(seconds: float) -> Iterator[Figure]:
    """A whole gateway at a steady pace: from when a station's meter values were due to its answer, which is after the fsync."""
    with tempfile.TemporaryDirectory(prefix="ocpp-bench-") as name, ExitStack() as open_:
        folder = Path(name)
        gateway = open_.enter_context(Gateway(folder, open_.enter_context(Backend(folder))))
        load(gateway.port, folder / "paced.log", "--stations", str(CROWD), "--boot")
        for rate, promised in PROMISED.items():
            _paced(gateway, folder, rate, 0.5)
            ran = _paced(gateway, folder, rate, seconds * 2)
            for name, most in promised.items():
                yield figure(f"acknowledged at {rate}/s, {name}", ran[name], "ms", most, "<= 1")
            yield figure(f"acknowledged at {rate}/s, turns lost", float(ran["late"]), "calls")


def _paced(gateway: Gateway, folder: Path, rate: int, seconds: float) -> dict[str, Any]:
    line = ("--port", str(gateway.port), "--stations", str(CROWD), "--rate", str(rate), "--seconds", str(seconds))
    with Child(cores()[1], folder / "paced.log", "tests.bench.paced", *line) as paced:
        ran: dict[str, Any] = paced.ask("")
    if ran["errors"]:
        raise RuntimeError(f"{ran['errors']} of {ran['calls']} failed: {gateway.log.read_text()[-2000:]}")
    return ran
