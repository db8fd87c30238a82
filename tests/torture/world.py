"""One gateway process with stations that never give up and a back end that often does, and the account of it afterwards.

The peers are `tests.peers.storm`, which shares no line with the gateway.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.peers.running import AS_IT_IS, PATIENCE, Gateway, free_port
from tests.peers.storm import Backend, Station, compare, eventually
from tests.torture.disk import Disk
from tests.torture.events import EventBackend
from tests.torture.proxy import Proxy

POLICY = (
    "uplink_wait_min: 0.1, uplink_random: 0.2, uplink_wait_doublings: 1, answer_within: 1, retry_interval: 0.2, "
    "backend_call: 1.5, station_call: 2, call_deadline: 4, uplink_silent_calls: 1"
)


FAILURES = ("lost", "doubled", "disordered", "refused", "altered", "gaps", "broken")


@dataclass
class Account:
    """What came of it.  ``lost``: acknowledged and not booked; ``doubled``: booked and never acknowledged, or an id given twice;
    ``disordered``: stations whose books differ otherwise.  ``copies``: messages that the back end saw again, which it must know
    by their natural key.  ``refused``: answers that were errors, where none may be given.  ``altered`` and ``gaps``: see
    `tests.torture.events`.  ``broken``: the trial itself did not come to its end.
    """

    name: str
    cycles: int = 0
    acknowledged: int = 0
    lost: int = 0
    doubled: int = 0
    disordered: int = 0
    copies: int = 0
    refused: int = 0
    altered: int = 0
    gaps: int = 0
    broken: int = 0
    notes: dict[str, object] = field(default_factory=dict)

    @property
    def good(self) -> bool:
        """Whether every promise was kept."""
        return not any(getattr(self, what) for what in FAILURES)

    def __str__(self) -> str:
        counts = f"{self.cycles} cycles, {self.acknowledged} acknowledged, {self.lost} lost, {self.doubled} doubled"
        more = [f"{getattr(self, what)} {what}" for what in FAILURES[2:] if getattr(self, what)]
        notes = [f"{name} {value}" for name, value in {"copies on the wire": self.copies, **self.notes}.items()]
        return f"{self.name:10} {', '.join([counts, *more])} ({', '.join(notes)})"


@dataclass
class Trial:
    """What one scenario is given: its folder, chance, how many cycles and stations, the shim; ``world`` is there once it runs."""

    folder: Path
    chance: random.Random
    cycles: int = 0
    shim: Path | None = None
    stations: int = 3
    world: World | None = None


class World:
    """``chance`` decides everything that the test decides; what the machine does in between is its own."""

    def __init__(
        self,
        trial: Trial,
        name: str,
        stations: int = 0,
        shim: Path | None = None,
        backend: type[Backend] = Backend,
        policy: str = "",
    ) -> None:
        trial.world, chance, folder = self, trial.chance, trial.folder
        self.chance, self.account, self.policy, self.ordered = chance, Account(name), policy, True
        self.port, place, entrance, exit = (free_port() for _ in range(4))
        self.backend = backend(place, chance)
        self.street, self.uplinks = Proxy(entrance, self.port, chance=chance), Proxy(exit, place, chance=chance)
        self.stations = [Station(f"CP {number}", entrance, random.Random(number)) for number in range(stations or trial.stations)]
        folder.mkdir(parents=True, exist_ok=True)
        site = folder / "gateway.yaml"
        site.write_text(self.site(exit), encoding="utf-8")
        self.data = folder / "data"
        self.gateway = Gateway(self.data, "-c", str(site), way=AS_IT_IS)
        if shim is not None:
            self.data.mkdir()
            self.disk = Disk(self.data / "journal.sqlite", folder, shim)
            self.gateway.environment = self.disk.environment

    def site(self, place: int) -> str:
        """The site file, for a back end at that port."""
        return (
            f"listeners: [{{listen: 'ocpp1.5+http://127.0.0.1:{self.port}/ocpp'}}]\n"
            f"backends: [{{connect: '{self.backend.dialect}+ws://127.0.0.1:{place}/central'}}]\n"
            f"policy: {{{POLICY}{self.policy}}}\n"
        )

    async def start(self) -> None:
        """Start the gateway; it is ready when this returns."""
        await asyncio.to_thread(self.gateway.start)

    async def kill(self) -> None:
        """kill -9."""
        await asyncio.to_thread(self.gateway.kill)

    async def rest(self, least: float, most: float) -> None:
        """Let them work for a while."""
        await asyncio.sleep(least + self.chance.random() * (most - least))

    @asynccontextmanager
    async def storm(self) -> AsyncIterator[None]:
        """Stations and back end live while the body runs; then peace until all is delivered, and the account."""
        for server in (self.backend, self.street, self.uplinks):
            await server.start()
        await self.start()
        lives = [asyncio.create_task(one.live()) for one in self.stations]
        try:
            yield
            self.backend.faults.clear()
            await eventually(lambda: all(one.acknowledged for one in self.stations))
            for one in self.stations:
                one.enough = True
            async with asyncio.timeout(2 * PATIENCE):
                await asyncio.gather(*lives)
            await self._delivered()
            self.draw()
            self.account.notes["exit code"] = await asyncio.to_thread(self.gateway.stop)
        finally:
            for life in lives:
                life.cancel()
            self.gateway.__exit__()
            for server in (self.street, self.uplinks, self.backend):
                await server.stop()

    async def _delivered(self) -> None:
        """Wait until the books are equal, for as long as the back end still hears something new."""
        before = -1
        while not self.settled() and self._booked > before:
            before = self._booked
            await eventually(lambda before=before: self._booked > before)  # type: ignore[misc]

    @property
    def _booked(self) -> int:
        return sum(map(len, self.backend.rows.values()))

    def settled(self) -> bool:
        """Whether the books are equal; where something was brought back, whatever its place."""
        if self._booked != sum(len(one.acknowledged) for one in self.stations):
            return False
        if self.ordered:
            return not compare(self.backend, self.stations)
        return all(Counter(self.backend.booked(one.name)) == Counter(one.acknowledged) for one in self.stations)

    @property
    def so_far(self) -> str:
        """The counts while it runs.  What waits is not lost yet; but what was booked must already be what was acknowledged."""
        books = [(self.backend.booked(one.name), one.acknowledged) for one in self.stations]
        differ = sum(booked[: len(told)] != told[: len(booked)] for booked, told in books) if self.ordered else 0
        booked, told = (sum(map(len, side)) for side in zip(*books, strict=True))
        return f"{self.account.cycles} cycles, {told} acknowledged, {booked} booked, {differ} stations differ"

    def draw(self) -> None:
        """Hold the books of both sides against each other."""
        account = self.account
        account.copies = self.backend.copies
        if isinstance(self.backend, EventBackend):
            account.altered, account.gaps = self.backend.altered, self.backend.gaps
        for one in self.stations:
            booked, acknowledged = Counter(self.backend.booked(one.name)), Counter(one.acknowledged)
            account.acknowledged += len(one.acknowledged)
            account.lost += (acknowledged - booked).total()
            account.doubled += (booked - acknowledged).total() + len(one.numbers) - len(set(one.numbers))
        account.disordered = 0 if account.lost or account.doubled or self.settled() else 1
