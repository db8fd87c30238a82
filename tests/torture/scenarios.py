"""What is done to a gateway, one function each: a trial → its account.

`SCENARIOS` names them; those in `NEED_SHIM` need the disk of `tests.torture.disk`.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import random
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from tests.peers.running import PATIENCE
from tests.peers.storm import Backend, eventually, further
from tests.torture.crowd import crowd
from tests.torture.disk import FOREVER
from tests.torture.events import EventBackend
from tests.torture.names import names
from tests.torture.proxy import TROUBLES
from tests.torture.world import Account, Trial, World

Scenario = Callable[[Trial], Awaitable[Account]]
WRITES, SYNCS, BOTH = 1, 2, 3


async def kills(trial: Trial) -> Account:
    """kill -9 at any moment, under load, with a back end that cuts links, loses answers and is away for a while."""
    return await _killed(World(trial, "kills"), trial)


async def kills_events(trial: Trial) -> Account:
    """The same towards a back end of 2.0.1, where a message becomes an event with an id and a number of ours."""
    return await _killed(World(trial, "kills-201", backend=EventBackend), trial)


async def _killed(world: World, trial: Trial) -> Account:
    async with world.storm():
        for number in range(trial.cycles):
            await world.rest(*(CALM if number % 8 == 7 else (0.2, 1.5)))
            if number % 5 == 1:
                await world.backend.stop()
            await world.kill()
            await world.start()
            if number % 5 == 2 or (number % 5 == 1 and number == trial.cycles - 1):
                await world.backend.start()
            world.account.cycles += 1
    return world.account


CALM = (3.0, 5.0)
"""Seconds: a message that was on its way when a link died twice waits for a calm one; so it is killed amid the backlog too."""


async def steps(trial: Trial) -> Account:
    """SIGKILL instead of the n-th write or fsync of the journal: before it, in it, after it; at the start too."""
    world = World(trial, "steps", shim=trial.shim)
    async with world.storm():
        for number in range(trial.cycles):
            await world.rest(0.0, 1.0 if number % 2 else 0.0)
            world.disk.order(kinds=BOTH, kill_in=1 + (number * 7 + trial.chance.randrange(7)) % 60)
            await eventually(lambda: world.gateway.child.poll() is not None)  # type: ignore[union-attr]
            world.disk.order(kill_in=0)
            await world.start()
            world.account.cycles += 1
    return world.account


async def power(trial: Trial) -> Account:
    """The power goes: what was not fsynced is lost, or not, sector by sector."""
    return await _cut(World(trial, "power", shim=trial.shim), trial)


async def power_events(trial: Trial) -> Account:
    """The same towards a back end of 2.0.1."""
    return await _cut(World(trial, "power-201", shim=trial.shim, backend=EventBackend), trial)


async def _cut(world: World, trial: Trial) -> Account:
    world.disk.order(kinds=BOTH)
    forgot = 0
    async with world.storm():
        for _ in range(trial.cycles):
            await world.rest(0.2, 1.0)
            world.disk.order(kill_in=1 + trial.chance.randrange(8))  # within a commit, where there is something to lose
            await eventually(lambda: world.gateway.child.poll() is not None)  # type: ignore[union-attr]
            world.disk.order(kill_in=0)
            forgot += world.disk.cut(trial.chance)
            await world.start()
            world.account.cycles += 1
    world.account.notes["bytes forgotten"] = forgot
    return world.account


async def errors(trial: Trial) -> Account:
    """The n-th write or fsync fails, once or a few times; nobody restarts anything."""
    world = World(trial, "errors", shim=trial.shim)
    async with world.storm():
        for number in range(trial.cycles):
            await world.rest(0.1, 0.4)
            await _fail(world, 1 + number % 40, trial.chance)
            world.account.cycles += 1
        world.disk.order(fail_in=0)
    world.account.notes["operations failed"] = world.disk.told("failed")
    return _unrefused(world)


async def _fail(world: World, nth: int, chance: random.Random) -> None:
    """Let the n-th operation from now fail, and wait until it did and the gateway is ready again."""
    kinds, error = chance.choice((WRITES, SYNCS, BOTH)), chance.choice((errno.EIO, errno.EIO, errno.ENOSPC))
    before = world.disk.told("failed")
    world.disk.order(kinds=kinds, error=error, fail_in=nth, fail_for=chance.choice((0, 0, 1, 5)))
    await eventually(lambda: world.disk.told("failed") > before)
    world.disk.order(fail_in=0, fail_for=0)
    await eventually(lambda: _ready(world))


async def full(trial: Trial) -> Account:
    """Every write fails for want of room, for some seconds: no byte of an answer, and it heals by itself."""
    world = World(trial, "full", shim=trial.shim)
    slowest = 0.0
    async with world.storm():
        for _ in range(trial.cycles):
            await world.rest(0.3, 0.8)
            world.disk.order(kinds=WRITES, error=errno.ENOSPC, fail_in=1, fail_for=FOREVER)
            await eventually(lambda: _unready(world))
            await _all_asked_anew(world)
            answered = sum(len(one.acknowledged) for one in world.stations)
            await world.rest(0.5, 1.5)
            assert sum(len(one.acknowledged) for one in world.stations) == answered, "something was acknowledged on a full disk"
            assert not await _listens(world), "the listener is open"
            world.disk.order(fail_in=0, fail_for=0)
            slowest = max(slowest, await eventually(lambda: _ready(world)))
            world.account.cycles += 1
    world.account.notes["s until it took stations again"] = round(slowest, 1)
    assert slowest < PATIENCE
    return _unrefused(world)


async def flaps(trial: Trial) -> Account:
    """The back end comes and goes, and now and then is there and says nothing."""
    world = World(trial, "flaps")
    async with world.storm():
        for number in range(trial.cycles):
            await world.rest(0.05, 0.4)
            if number % 3 == 2:
                world.backend.faults["lose"] = 1.0
                await world.rest(0.5, 2.5)
                world.backend.faults["lose"] = 0.01
            else:
                await world.backend.stop()
                await world.rest(0.05, 0.6)
                await world.backend.start()
            world.account.cycles += 1
    return world.account


class Deadly(Backend):
    """It closes the link on one message, whenever it sees it."""

    deadly = ""

    async def _answer(self, socket: Any, station: str, id: str, action: str, given: dict[str, Any]) -> bool:
        if self.deadly and given.get("idTag") == self.deadly:
            return False
        return await super()._answer(socket, station, id, action, given)


async def poison(trial: Trial) -> Account:
    """A message on which the back end dies is put aside with its transaction, the rest goes on; mended, it is brought back."""
    world = World(trial, "poison", stations=1, backend=Deadly, policy=", most_cuts: 3")
    world.ordered = False
    async with world.storm():
        world.backend.faults.clear()
        for number in range(trial.cycles):
            before = [len(one.numbers) for one in world.stations]
            world.backend.deadly = f"TAG{max(before) + 1}"  # type: ignore[attr-defined]
            await eventually(lambda before=before: _beyond(world, before))  # type: ignore[misc]
            world.backend.deadly = ""  # type: ignore[attr-defined]
            for one in world.stations:
                line = ("journal", "replay", one.name, "--data", str(world.data))
                await asyncio.to_thread(subprocess.run, [sys.executable, "-m", "gateway", *line], check=True, capture_output=True)
            world.account.cycles = number + 1
    return world.account


def _beyond(world: World, before: list[int]) -> bool:
    """Whether each station's deadly transaction is put aside whole, and a later one has gone up."""
    for one, number in zip(world.stations, before, strict=True):
        deadly = f"TAG{max(before) + 1}"
        booked = [key for action, key in world.backend.booked(one.name) if action == "StartTransaction"]
        later = [key for key in booked if int(key[1][3:]) > max(before) + 1]
        assert all(key[1] != deadly for key in booked)
        if not later or len(one.numbers) < number + 2:
            return False
    return True


async def half_open(trial: Trial) -> Account:
    """Connections stay up and nothing comes through: those of the stations, those to the back end, or both."""
    world = World(trial, "half-open")
    async with world.storm():
        for _ in range(trial.cycles):
            await world.rest(0.3, 1.0)
            for proxy in trial.chance.choice(([world.street], [world.uplinks], [world.street, world.uplinks])):
                proxy.freeze()
            world.account.cycles += 1
    world.account.notes["connections frozen"] = world.street.frozen + world.uplinks.frozen
    return world.account


async def lossy(trial: Trial) -> Account:
    """Bytes come late and in pieces, one direction stands still, connections end amid a message, by a close or a reset."""
    world = World(trial, "lossy")
    async with world.storm():
        for number in range(trial.cycles):
            bad = ([world.uplinks], [world.street, world.uplinks], [world.street])[number % 3]
            for proxy in bad:
                proxy.troubles = TROUBLES
            await world.rest(1.0, 4.0)
            for proxy in bad:
                proxy.troubles = {}
            await _all_asked_anew(world)
            world.account.cycles += 1
    world.account.notes["connections cut amid a message"] = world.street.severed + world.uplinks.severed
    return world.account


async def sleeps(trial: Trial) -> Account:
    """The whole process stands still for longer than anybody waits for it, as in a machine that is moved or suspended."""
    world = World(trial, "sleeps")
    async with world.storm():
        for _ in range(trial.cycles):
            await world.rest(0.3, 1.0)
            world.gateway.child.send_signal(signal.SIGSTOP)  # type: ignore[union-attr]
            await world.rest(0.1, 6.0)
            world.gateway.child.send_signal(signal.SIGCONT)  # type: ignore[union-attr]
            await _all_asked_anew(world)
            world.account.cycles += 1
    return _unrefused(world)


async def slow(trial: Trial) -> Account:
    """Each fsync takes up to three seconds for a while: late answers, and the right ones."""
    world = World(trial, "slow", shim=trial.shim)
    async with world.storm():
        for _ in range(trial.cycles):
            await world.rest(0.3, 1.0)
            world.disk.order(slow=trial.chance.choice((100, 1000, 3000)))
            await world.rest(1.0, 6.0)
            world.disk.order(slow=0)
            await _all_asked_anew(world)
            world.account.cycles += 1
    return _unrefused(world)


async def clock(trial: Trial) -> Account:
    """The wall clock is set to another hour, day or century; stations are answered as before, and the back end is not stormed."""
    world = World(trial, "clock", shim=trial.shim)
    slowest, links = 0.0, 0
    async with world.storm():
        for number in range(trial.cycles):
            await world.rest(0.3, 0.8)
            before = world.uplinks.made
            world.disk.order(wall=CLOCKS[number % len(CLOCKS)])
            await _all_asked_anew(world)
            slowest = max(slowest, await eventually(further(world.stations)))
            links = max(links, world.uplinks.made - before)
            world.account.cycles += 1
    world.account.notes |= {"s until all were answered again": round(slowest, 1), "links made meanwhile": links}
    assert slowest < PATIENCE
    assert links < 100 + 30 * slowest, "more than the waits between two allow"
    return world.account


CLOCKS = (86400, 0, -86400, 3600, -3600, -7, -1_700_000_000)
"""Seconds by which it is wrong; the last one is in the 1970s."""


async def tmpfs(trial: Trial) -> Account:
    """A file system of 3 MB that somebody else fills, and clears again; the log file is on it too."""
    world = World(trial, "tmpfs")
    world.data.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(world.data)], check=True)
    try:
        async with world.storm():
            for _ in range(trial.cycles):
                await world.rest(0.3, 0.8)
                _fill(world.data / "filler")
                await eventually(lambda: _unready(world))
                await world.rest(0.5, 1.5)
                (world.data / "filler").unlink()
                await eventually(lambda: _ready(world))
                world.account.cycles += 1
    finally:
        subprocess.run(["umount", str(world.data)], check=False)
    return _unrefused(world)


def may_mount(folder: Path) -> bool:
    """Whether file systems may be mounted here."""
    place = folder / "mount"
    place.mkdir(exist_ok=True)
    tried = subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(place)], check=False, capture_output=True)
    if tried.returncode == 0:
        subprocess.run(["umount", str(place)], check=True)
    return tried.returncode == 0


def _fill(path: Path) -> None:
    with contextlib.suppress(OSError), path.open("ab", buffering=0) as file:
        for size in (65536, 512, 1):
            with contextlib.suppress(OSError):
                while True:
                    file.write(bytes(size))


async def _all_asked_anew(world: World) -> None:
    """Wait until no answer from before can still be on its way."""
    tries = [one.tries for one in world.stations]
    await eventually(lambda: all(one.tries > before for one, before in zip(world.stations, tries, strict=True)))


def _unrefused(world: World) -> Account:
    """A station that gets an error may throw a transaction away, so a journal that cannot store must give none."""
    world.account.refused = sum(len(one.refusals) for one in world.stations)
    return world.account


async def _ready(world: World) -> bool:
    return await asyncio.to_thread(world.gateway.get, "/readyz") == 200


async def _unready(world: World) -> bool:
    return await asyncio.to_thread(world.gateway.get, "/readyz") == 503


async def _listens(world: World) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", world.port)
    except OSError:
        return False
    writer.close()
    return True


SCENARIOS: dict[str, Scenario] = {
    "kills": kills,
    "kills-201": kills_events,
    "steps": steps,
    "power": power,
    "power-201": power_events,
    "errors": errors,
    "full": full,
    "flaps": flaps,
    "half-open": half_open,
    "poison": poison,
    "clock": clock,
    "sleeps": sleeps,
    "slow": slow,
    "tmpfs": tmpfs,
    "crowd": crowd,
    "names": names,
    "lossy": lossy,
}
NEED_SHIM = ("steps", "power", "power-201", "errors", "full", "clock", "slow")
SHORT = {
    "kills": 0,
    "kills-201": 2,
    "steps": 2,
    "power": 2,
    "power-201": 2,
    "errors": 8,
    "full": 1,
    "flaps": 3,
    "half-open": 2,
    "poison": 1,
    "clock": 2,
    "sleeps": 1,
    "slow": 1,
    "tmpfs": 1,
    "crowd": 1,
    "names": 3,
    "lossy": 2,
}
"""How many cycles of each are enough for every run of the tests; tests/peers/test_storm.py kills too."""
