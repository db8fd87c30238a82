"""One run: a whole gateway between simulated stations and a simulated back end, on a simulated network, clock and disk.

In: a seed, a route.  Out: an `Outcome`: what was found, the statistics, a digest of everything that happened.
Not here: which faults (`tests.simulation.faults`), what must hold of transactions (`tests.simulation.truth`).

Two phases: faults, then everything is well, and then it must come to rest with nothing lost and nothing twice.
"""

from __future__ import annotations

import hashlib
import random
import sqlite3
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from twisted.internet.defer import ensureDeferred
from twisted.logger import LogEvent, globalLogPublisher

from gateway.links.limits import Limits
from gateway.server import Server
from tests.simulation.asks import Plan
from tests.simulation.backend import WELL, Backend
from tests.simulation.clock import Time
from tests.simulation.faults import Faults
from tests.simulation.machine import Disk, Process
from tests.simulation.network import Network
from tests.simulation.orders import Orders
from tests.simulation.routes import ROUTES
from tests.simulation.setting import GATEWAY, data, metrics, site
from tests.simulation.stations import Station
from tests.simulation.surroundings import Complaints, Ordered, surroundings
from tests.simulation.tokens import USUAL, Tokens
from tests.simulation.truth import Item, Ledger
from tests.simulation.watches import Wall
from tests.simulation.wires import End, Wire

REST_WITHIN = 900.0
"""Seconds after the last fault and the last session in which everything must have come to rest."""


@dataclass
class Outcome:
    """``found``: (invariant, words), empty if all holds."""

    route: str
    seed: int
    found: list[tuple[str, str]]
    stats: Counter[str]
    digest: str
    seconds: float
    log: list[str] = field(default_factory=list)


def run(route: str, seed: int, folder: Path, keep: bool = False) -> Outcome:
    """Run one seed.  ``folder`` is empty and ours; ``keep`` keeps the log of events."""
    with surroundings(f"{route} {seed}"):
        world = World(route, seed, folder, keep)
        globalLogPublisher.addObserver(world.overheard)
        try:
            world.live()
        finally:
            globalLogPublisher.removeObserver(world.overheard)
            world.end()
    return Outcome(route, seed, world.findings, world.stats, world.digest.hexdigest(), world.time.now, world.lines)


class World:
    """Everything of one run."""

    def __init__(self, route: str, seed: int, folder: Path, keep: bool) -> None:
        self.seed, self.keep, self.lines = f"{route} {seed}", keep, list[str]()
        self.chance = random.Random(self.seed)
        self.time, self.stats, self.digest = Time(), Counter[str](), hashlib.blake2b(digest_size=12)
        self.findings: list[tuple[str, str]] = []
        self.route, self.path = ROUTES[route], folder / "journal.sqlite"
        self.net = Network(self.time, self.seed, self)
        self.ledger = Ledger(self.time.seconds, self.found, self.count, lambda when, since: self.wall.showed(when, since))
        self.ledger.renumbered = route.startswith("2.0.1-1.")
        self.ledger.passing = len({*route.split("-")}) == 1
        self.orders = Orders(self)
        self.calm, self._mood, self.wall = False, "fast", Wall(self.time)
        self.local = self.chance.random() < 0.15
        self.sloppy = self.chance.random() < 0.4
        self.poison: list[tuple[str, str]] = []
        self.poisoned: set[Any] = set()
        self.process: Process | None = None
        self.server: Any = None
        self.disk: Disk | None = None
        self._reader: Any = None
        self._dying = False
        self._processes = self._ids = 0
        self.site = site(self.route, folder, self.chance)
        self.complaints = Complaints(lambda words: self.found("INV7", words))
        self.day = self.chance.uniform(400, 900)
        self.tokens = Tokens(self, self.day)
        self.stations = [Station(self, number, self.route.station, self._plans()) for number in range(self.chance.randint(2, 4))]
        self.backend = Backend(self, self.route.backend)
        self.faults = Faults(self, self.day)

    def _plans(self) -> list[Plan]:
        chance, plans = self.chance, []
        for _ in range(chance.randint(2, 4)):
            tag = chance.choice(USUAL) if chance.random() < 0.7 else f"T{chance.randrange(10**6)}"
            if self.ledger.renumbered and chance.random() < 0.2:
                tag = f"LONG-{chance.randrange(10**30):030}"
            at = chance.uniform(5, self.day + 60)
            plans.append(Plan(at, chance.randint(1, 2), tag, chance.uniform(15, 250)))
        return plans

    # -- the run -------------------------------------------------------------------------------------------------

    def live(self) -> None:
        """Both phases, and the reckoning."""
        self._phases()
        self.stats["transactions"] += len(self.ledger.sessions)
        self.stats["messages of transactions"] += sum(len(items) for items in self.ledger.items.values())
        if not self.findings:
            self._judge()

    def _phases(self) -> None:
        self.backend.up()
        self._start()
        for station in self.stations:
            self.time.later(None, self.chance.uniform(0, 5), station.power_on)
        for _ in range(self.chance.randint(2, 5)):
            self.time.later(None, self.chance.uniform(20, self.day + 60), self.backend.give_order)
        for station in self.stations:
            self.time.later(None, self.chance.uniform(20, self.day), station.loose_reading)
        self.time.later(None, 15.0, self._look)
        self._until(self.day, lambda: False)
        self._heal()
        self._until(self.day + 360, lambda: False, stop_at_rest=True)
        self._until(self.time.now + REST_WITHIN, self._at_rest)

    def _until(self, when: float, enough: Callable[[], bool], stop_at_rest: bool = False) -> None:
        while not self.findings and self.time.step(when):
            if self._dying:
                self._dying = False
                self._kill()
            if enough():
                return
            if stop_at_rest and self.time.now > self.day + 62 and self._at_rest():
                return

    def _at_rest(self) -> bool:
        if self.ledger.undone and not self.poisoned:
            return False
        if any(s.queue or s.running or s.starting or not s.on for s in self.stations):
            return False
        self._forgive()
        return not self.ledger.undone and self._rows("state = 'queued'") == 0

    def _judge(self) -> None:
        self._forgive()
        if not self._at_rest():
            rows = self._rows("state = 'queued'")
            busy = [(s.name, s.on, len(s.queue), [*s.running], [*s.starting]) for s in self.stations]
            self.found("INV5", f"no rest: {self.ledger.undone} messages under way, {rows} rows in the journal, stations {busy}")
        self.ledger.compare()
        self._judge_bystander()
        if not self.findings:
            self._close()

    def _judge_bystander(self) -> None:
        """The first station of a local run, which no fault was meant for."""
        if self.local:
            self.count("runs with a bystander")
            one = self.stations[0]
            if one.link_losses or one.slowest > 2.0:
                self.found("INV8", f"{one.name} lost {one.link_losses} links and waited up to {one.slowest:.1f} s")

    def _close(self) -> None:
        """Stations go, the gateway drains: then nothing of it may be left."""
        for station in self.stations:
            station.on = False
            station.speech.end()
        self._until(self.time.now + 5, lambda: False)
        stopped: list[bool] = []
        process = self.process
        assert process is not None
        self.server.stop().addCallback(stopped.append)
        self._until(self.time.now + 45, lambda: False)
        if stopped != [True]:
            self.found("INV6", f"the gateway did not drain: {stopped}")
        left = [one.call for one in self.time.pending(process)]
        wires = [w.number for w in self.net.wires.values() if any(e.owner is process and not e.gone for e in w.ends)]
        if left or wires:
            self.found("INV6", f"left over after the drain: timers {left}, connections {wires}")

    def end(self) -> None:
        """Let go of the files."""
        if self.disk is not None:
            self.disk.unplug()
        if self._reader is not None:
            self._reader.close()

    # -- the gateway ---------------------------------------------------------------------------------------------

    def _start(self) -> None:
        self._processes += 1
        self.process = Process(self.time, self.net, GATEWAY, self._processes)
        self.disk = Disk(self.process, self.path, self.seed, self.boundary, self._disk_failed, self._mood)
        self.disk.count = self.count
        if self._processes == 1:
            self._reader = sqlite3.connect(self.path, isolation_level=None)
        self.server = Server(
            self.site,
            data(),
            self.process,
            self.disk,  # type: ignore[arg-type]
            metrics(),
            None,
            self.complaints,  # type: ignore[arg-type]
            self.wall.now,
            self._id,
            random.Random(f"{self.seed} gateway {self._processes}"),
            Limits(ping_every=60.0, dead_after=150.0),
        )
        self.server.client._calls = Ordered()
        ensureDeferred(self.server.start()).addErrback(lambda failure: self.found("INV7", failure.getTraceback()))
        self.log(f"gateway {self._processes} starts")

    def _id(self) -> str:
        self._ids += 1
        return f"g{self._ids}"

    def _kill(self) -> None:
        process, disk = self.process, self.disk
        if process is None or disk is None or process.dead:
            return
        self.count("kills")
        if any(station.running for station in self.stations):
            self.count("kills amid a transaction")
        if any(station.busy and station.busy.item for station in self.stations):
            self.count("kills while a station waits for its acknowledgement")
        if disk.owes:
            self.count("kills between commit and answer")
        self._gone(process, disk)
        self.time.later(None, self.chance.choice((0.2, 1.0, 5.0, 30.0)), self._start)

    def _gone(self, process: Process, disk: Disk) -> None:
        self.log(f"gateway {process.number} dies")
        self.ledger.troubles.append(self.time.now)
        process.dead = True
        disk.unplug()
        self.net.owner_died(process)

    def restart(self) -> None:
        """Politely."""
        process, disk = self.process, self.disk
        if process is None or disk is None or process.dead:
            return
        self.log(f"gateway {process.number} drains")

        def stopped(whole: bool) -> None:
            self.count("drains" if whole else "drains that were cut short")
            self._gone(process, disk)
            self.time.later(None, 0.5, self._start)

        self.server.stop().addCallback(stopped)

    def disk_mood(self, mood: str) -> None:
        """The disk behaves otherwise from now on."""
        self._mood = mood
        if mood == "slow":
            self.ledger.window = 10.0
        if self.disk is not None:
            self.disk.mood = mood

    def _disk_failed(self) -> None:
        self.log("a commit fails")
        self.count("commits that failed")
        self.ledger.troubles.append(self.time.now)

    def _heal(self) -> None:
        self.log("all is well")
        self.calm = True
        self.faults.disarm()
        self.disk_mood("fast")
        self.net.calm()
        self.backend.mood, self.backend.hanging = WELL, False
        self.backend.up()

    # -- looking on ----------------------------------------------------------------------------------------------

    def found(self, name: str, words: str) -> None:
        """An invariant is broken."""
        self.log(f"{name} {words}")
        self.findings.append((name, words))

    def overheard(self, event: LogEvent) -> None:
        """Twisted complains of something that nobody caught."""
        if event.get("log_failure") is not None:
            self.found("INV7", event["log_failure"].getTraceback())

    def count(self, what: str) -> None:
        """For the statistics."""
        self.stats[what] += 1

    def log(self, words: str) -> None:
        """For the digest, and for whoever replays."""
        line = f"{self.time.now:.6f} {words}"
        self.digest.update(line.encode())
        if self.keep:
            self.lines.append(line)

    def sent(self, to: End, data: bytes) -> None:
        """Bytes are on their way."""
        wire = to.wire
        self.digest.update(b"%d %.6f " % (wire.number, self.time.now) + data)
        self.faults.touched(wire)
        if to.other.owner is not None:
            self.boundary("told the back end" if wire.callee is to else "told a station")
            self._count_turns()

    def _count_turns(self) -> None:
        """Never more messages of backlogs under way than the back end may be given."""
        sessions = [one.session for one in self.server.relay.conversations.values()]
        flying = sum(1 for one in sessions if one.turn.held and not one.turn.live)
        if flying > self.site.policy.most_in_flight:
            self.found("TURNS", f"{flying} messages of backlogs are under way, and {self.site.policy.most_in_flight} may be")

    def arrived(self, at: End) -> None:
        """Bytes were read."""
        if at.owner is not None:
            self.boundary("heard the back end" if at is at.wire.caller else "heard a station")

    def boundary(self, name: str) -> None:
        """A place where a kill may strike: after what happens now."""
        self._dying = self.faults.boundary(name) or self._dying

    def quiet(self, station: str) -> bool:
        """Whether no fault may touch this station."""
        return self.calm or (self.local and station == "CP-0")

    def hurt(self, since: float) -> bool:
        """Whether anything may have gone wrong since."""
        return since < self.day + 5

    def speaks_for(self, wire: Wire) -> str:
        """The station of an uplink; SOAP has none."""
        return getattr(wire.callee.protocol, "path", "").rpartition("/")[2]

    # -- the journal, as it is on disk ---------------------------------------------------------------------------

    def _rows(self, where: str, *values: Any) -> int:
        return int(self._reader.execute(f"SELECT count(*) FROM message WHERE {where}", values).fetchone()[0])

    def stored(self, item: Item) -> bool:
        """Whether it waits there, or was put aside."""
        return self._waits("state <> 'delivered'", item)

    def _waits(self, state: str, item: Item) -> bool:
        """Whether a row says what stands in the item's sign."""
        parts = item.sign.split("|")
        return self._rows(f"station = ? AND {state}" + " AND instr(raw, ?)" * len(parts), item.station, *parts) > 0

    def acknowledged(self, item: Item) -> None:
        """A station heard that it can forget something."""
        if item.booked is None and not self.stored(item):
            self.found("INV1", f"{item.kind} {item.sign} of {item.station} was acknowledged before it was stored")
        self.ledger.acknowledged(item)

    def _look(self) -> None:
        """Now and then: what was acknowledged is in the books or on the disk."""
        for item in self.ledger.waiting:
            if not self.stored(item):
                self.found("INV1", f"{item.kind} {item.sign} of {item.station} was acknowledged and is gone")
        self.time.later(None, 15.0, self._look)

    def _forgive(self) -> None:
        for item in list(self.ledger.waiting) if self.poisoned else ():
            if item.session in self.poisoned and self._waits("state = 'parked'", item):
                self.ledger.forgive(item)
                self.count("messages put aside")

    def begun(self, item: Item) -> Item:
        """A station has something to tell; perhaps the back end will never take it."""
        if (item.station, item.kind) in self.poison and item.session is not None:
            self.poison.remove((item.station, item.kind))
            item.poisoned = True
            self.poisoned.add(item.session)
        return item
