"""Stations come and go, the back end comes and goes, files change: what the gateway holds afterwards is what it held before.

In: a folder, numbers.  Out: `Findings`.
Not here: counting inside the process (`tests.soak.spied`), memory in bytes (``make scale``).

A first part of the cycles fills what may be remembered: compiled routes, heads that are known again, what a first reload brings.
Then it is counted, at rest, and once more after the others.  What grows by one in two visits of a station is a leak.  Of the
journal's rows it is known how many there may be.
"""

from __future__ import annotations

import asyncio
import json
import random
import signal
import sqlite3
import time
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.peers.running import PATIENCE, Gateway, free_port
from tests.peers.storm import Backend, Station, compare, eventually
from tests.scale.stations import Place
from tests.scale.stations import Station as Linked

POLICY = (
    "uplink_wait_min: 0.1, uplink_random: 0.1, uplink_wait_doublings: 1, uplink_grace: 0.2, answer_within: 1, "
    "retry_interval: 0.2, backend_call: 1.5, station_call: 2, call_deadline: 4, uplink_silent_calls: 1"
)
QUIRK = """\
quirks:
  soak-{number}:
    title: Changes with each reload
    why: So that there is something to load.
    link: https://example.org/
    match: {{side: station, vendor: "Soak {number}*"}}
    warn: Nothing.
"""
ROWS = {"message": 64, "txn": 20, "register": 50, "value": 20, "station": 1}
"""Of each table, for each station: the last messages, ended transactions, tokens; and what it said of itself."""
PART = 2
"""A leak is what grows by one in so many visits."""
NOISE = ("sqlite3.Statement", "weakref.ReferenceType", "twisted.internet.base.DelayedCall", "builtins.method")
"""SQLite keeps the last 128 statements of a connection, the reactor some fifty timers that were called off, and two methods of
each; those that are set are counted by themselves."""
PRESENT = {
    "gateway.conversation.Conversation": 1,
    "gateway.links.http.HttpConnection": 0,
    "gateway.links.frames.WebSocket": 1,
}
"""How many there are while nobody is there: the SOAP station is not taken for gone so soon."""


class Spied(Gateway):
    """A gateway that can be looked into."""

    def see(self) -> dict[str, int]:
        """What it holds now: objects by type, timers, threads, descriptors."""
        place = Path(self.environment["SOAK_SEEN"])
        place.unlink(missing_ok=True)
        assert self.child is not None
        self.child.send_signal(signal.SIGUSR1)
        end = time.monotonic() + PATIENCE
        while not place.exists():
            assert time.monotonic() < end, "it does not say what it holds"
            time.sleep(0.02)
        found = json.loads(place.read_text(encoding="utf-8"))
        return {what: count for what, count in {**found.pop("objects"), **found}.items() if what not in NOISE}

    def rows(self) -> dict[str, int]:
        """How many rows each table has."""
        with closing(sqlite3.connect(self.data / "journal.sqlite")) as db:
            return {f"rows of {one}": db.execute(f"SELECT count(*) FROM {one}").fetchone()[0] for one in ROWS}


@dataclass
class Findings:
    """``grown``: what there is more of than may be, with both counts; ``differ``: stations whose books are not equal."""

    cycles: int
    grown: dict[str, tuple[int, int]] = field(default_factory=dict)
    differ: list[str] = field(default_factory=list)
    acknowledged: int = 0
    reloads: int = 0

    @property
    def good(self) -> bool:
        """Whether nothing has grown, and nothing was lost or doubled."""
        return not self.grown and not self.differ

    def __str__(self) -> str:
        said = f"{self.cycles} cycles, {self.reloads} reloads, {self.acknowledged} acknowledged, "
        said += f"{len(self.differ)} stations differ, {len(self.grown)} kinds of things too many"
        grown = [f"  {what}: {count}, at most {most}" for what, (most, count) in self.grown.items()]
        return "\n".join([said, *grown, *self.differ])


class Churn:
    """One gateway, so many stations on WebSockets and one that speaks SOAP."""

    def __init__(self, folder: Path, stations: int, reload_every: int) -> None:
        port, second, place = free_port(), free_port(), free_port()
        self.folder, self.reload_every, self.found = folder, reload_every, Findings(0)
        self.backend = Backend(place, random.Random(1))
        self.linked = [Linked(f"CP-{number}", Place(port)) for number in range(stations)]
        self.soap = Station("CP S", second, random.Random(2))
        self._listen = f"{{listen: 'ocpp1.6+ws://127.0.0.1:{port}/ocpp'}}, {{listen: 'ocpp1.5+http://127.0.0.1:{second}/ocpp'}}"
        self._backend = f"{{connect: 'ocpp1.6+ws://127.0.0.1:{place}/central'}}"
        (folder / "mappings" / "quirks").mkdir(parents=True)
        self._write(0)
        self.gateway = Spied(folder / "data", "-c", str(folder / "gateway.yaml"), way=["-m", "tests.soak.spied"])
        self.gateway.environment = {"SOAK_SEEN": str(folder / "seen.json")}

    def _write(self, number: int) -> None:
        """The files, in one of two forms."""
        number %= 2
        site = f"listeners: [{self._listen}]\nbackends: [{self._backend}]\nmappings: [mappings]\npolicy: {{{POLICY}}}\n"
        (self.folder / "gateway.yaml").write_text(f"{site}stations: {{CP-X{number}: }}\n", encoding="utf-8")
        (self.folder / "mappings" / "quirks" / "soak.yaml").write_text(QUIRK.format(number=number), encoding="utf-8")

    async def run(self, warm: int, cycles: int) -> Findings:
        """Warm up, count, go on, count again."""
        await self.backend.start()
        try:
            await asyncio.to_thread(self.gateway.start)
            await self._cycles(0, warm)
            before = await self._at_rest()
            await self._cycles(warm, warm + cycles)
            await self._at_rest()
            await self._compare(before, cycles * len(self.linked) // PART)
        finally:
            self.gateway.__exit__()
            await self.backend.stop()
        return self.found

    async def _cycles(self, first: int, end: int) -> None:
        for number in range(first, end):
            away = number % 4 == 1
            if away:
                await self.backend.stop()
            if number % self.reload_every == self.reload_every - 1:
                await self._reload()
            await asyncio.gather(self._post(), *map(self._visit, self.linked))
            if away:
                await self.backend.start()
            self.found.cycles += 1

    async def _visit(self, one: Linked) -> None:
        """Come, charge, go without a word."""
        staying = asyncio.create_task(one.stay())
        try:
            async with asyncio.timeout(PATIENCE):
                await one.charge()
        finally:
            staying.cancel()
            with suppress(asyncio.CancelledError):
                await staying
            one.leave()

    async def _post(self) -> None:
        async with asyncio.timeout(PATIENCE):
            if not self.soap.numbers:
                await self.soap.boot()
            await self.soap.charge()

    async def _reload(self) -> None:
        self._write(self.found.reloads + 1)
        before = self._reloaded()
        assert self.gateway.child is not None
        self.gateway.child.send_signal(signal.SIGHUP)
        await eventually(lambda: self._reloaded() > before)
        self.found.reloads += 1

    def _reloaded(self) -> int:
        return self.gateway.log.read_text(encoding="utf-8").count('"reloaded"')

    async def _at_rest(self) -> dict[str, int]:
        """What it holds once all is delivered and nobody is there."""
        self.backend.faults.clear()
        peers = [*self.linked, self.soap]
        await eventually(lambda: not compare(self.backend, peers))
        self.found.differ = compare(self.backend, peers)
        self.found.acknowledged = sum(len(one.acknowledged) for one in peers)
        held: dict[str, int] = {}

        async def alone() -> bool:
            held.clear()
            held.update(await asyncio.to_thread(self.gateway.see))
            return all(held.get(one, 0) <= most for one, most in PRESENT.items())

        await eventually(alone)
        return held

    async def _compare(self, before: dict[str, int], slack: int) -> None:
        async def settled() -> bool:
            after, rows = await asyncio.to_thread(self.gateway.see), self.gateway.rows()
            most = {what: before.get(what, 0) + slack for what in after}
            most |= {f"rows of {one}": count * (len(self.linked) + 1) for one, count in ROWS.items()}
            held = {**after, **rows}
            self.found.grown = {what: (most[what], count) for what, count in held.items() if count > most[what]}
            return not self.found.grown

        await eventually(settled)
