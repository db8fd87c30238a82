"""A backlog on the disk is none in memory: what a gateway takes to start on it, and to hold it while its back end is away.

In: a folder, how many stations and messages.  Out: `Figures`.
Not here: how fast it goes up (``make scale``).

Stations tell a gateway one transaction each; then, while it is off, each message is multiplied in the journal, and may be padded.
"""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

from gateway.journal.contract import Append, Row
from gateway.journal.store import Store
from tests.peers.running import Gateway, free_port
from tests.peers.storm import Backend
from tests.scale.stations import Place, Station

MIB = 2**20
MOST = 32 * MIB
"""What any backlog may take of memory."""
TOLD = 5
"""Messages that each station tells at first."""


@dataclass(frozen=True)
class Figures:
    """``before`` and ``after``: bytes resident, with next to no backlog and with it; ``file``: bytes; ``start``: seconds."""

    messages: int
    before: int
    after: int
    file: int
    start: float

    @property
    def good(self) -> bool:
        """Whether the promise was kept."""
        return self.after - self.before <= MOST

    def __str__(self) -> str:
        sizes = f"{self.before / MIB:.1f} MiB resident without, {self.after / MIB:.1f} MiB with"
        return f"{self.messages} messages, {self.file / MIB:.0f} MiB on disk: {sizes}; ready after {self.start:.1f} s"


class Laden:
    """A gateway whose back end goes away for good, and its journal."""

    def __init__(self, folder: Path, stations: int) -> None:
        port, place = free_port(), free_port()
        site = folder / "gateway.yaml"
        site.write_text(
            f"listeners: [{{listen: 'ocpp1.6+ws://127.0.0.1:{port}/ocpp'}}]\n"
            f"backends: [{{connect: 'ocpp1.6+ws://127.0.0.1:{place}/central'}}]\n",
            encoding="utf-8",
        )
        self.gateway = Gateway(folder / "data", "-c", str(site))
        self.file = folder / "data" / "journal.sqlite"
        self.stations = [Station(f"CP-{number}", Place(port)) for number in range(stations)]
        self.backend = Backend(place, random.Random(1))
        self.backend.faults.clear()

    async def told(self) -> None:
        """All stations were here once, and told a transaction that waits now."""
        await self.backend.start()
        await asyncio.to_thread(self.gateway.start)
        staying = [asyncio.create_task(one.stay()) for one in self.stations]
        await asyncio.gather(*(one.here.wait() for one in self.stations))
        await self.backend.stop()
        await asyncio.gather(*(one.charge() for one in self.stations))
        for task in staying:
            task.cancel()
        self.gateway.kill()

    def multiply(self, times: int, pad: int) -> None:
        """So many of each message wait, each with so many spaces more."""
        store = Store(self.file)
        try:
            assert store.depth().queued == TOLD * len(self.stations)
            told = {one.name: store.waiting(one.name, 0).rows for one in self.stations}
            for number in range(1, times):
                batches = [[Append(name, _again(row, number, pad)) for row in rows] for name, rows in told.items()]
                assert not any(store.commit(batches))
        finally:
            store.close()

    def resident(self) -> tuple[int, float]:
        """Start it, let it take up what waits, and look; then it is off again.  Bytes, and seconds until it was ready."""
        begin = time.monotonic()
        with self.gateway as gateway:
            took = time.monotonic() - begin
            while "journal_measured_timestamp_seconds 0.0" in gateway.metrics():
                time.sleep(0.1)
            assert gateway.child is not None
            status = Path(f"/proc/{gateway.child.pid}/status").read_text(encoding="utf-8")
        return 1024 * int(status.partition("VmHWM:")[2].split()[0]), took


def _again(row: Row, number: int, pad: int) -> Row:
    return replace(row, seq=row.seq + number * TOLD, key=f"{row.key} {number}", raw=row.raw + " " * pad)


def measured(folder: Path, stations: int, times: int, pad: int = 0) -> Figures:
    """Of a backlog of ``stations`` × ``times`` × `TOLD` messages."""
    laden = Laden(folder, stations)
    asyncio.run(laden.told())
    before, _ = laden.resident()
    laden.multiply(times, pad)
    size = laden.file.stat().st_size
    after, took = laden.resident()
    return Figures(stations * times * TOLD, before, after, size, took)
