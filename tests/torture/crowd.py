"""Strangers take all descriptors that a gateway has for stations; it has few of them.

In: a trial.  Out: its account.
Not here: how descriptors are counted (``tests/links/test_descriptors.py``).
"""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Sequence

from tests.peers.running import free_port
from tests.peers.storm import eventually, further
from tests.scale.stations import Place
from tests.scale.stations import Station as Linked
from tests.torture.world import Account, Trial, World

DESCRIPTORS = 64
"""Of the whole gateway; it needs some fifteen for itself."""
STRANGERS = 50
"""At each port."""
SCARCE = "ocpp_gateway_descriptors_scarce 1.0"
NOTHING_LEFT = "descriptors are running out"


class Stays(Linked):
    """A 1.6J station that is there before the strangers, and charges until it is enough."""

    enough, tries = False, 0

    async def live(self) -> None:
        """As a station of `tests.peers.storm`."""
        staying = asyncio.create_task(self.stay())
        try:
            while not self.enough:
                await self.charge()
        finally:
            staying.cancel()


class Besieged(World):
    """With a second listener, for stations on WebSockets; the last of its stations is one."""

    def __init__(self, trial: Trial) -> None:
        self.second = free_port()
        super().__init__(trial, "crowd")
        self.linked = Stays("CP-W", Place(self.second))
        self.stations.append(self.linked)  # type: ignore[arg-type]
        self.gateway.most[resource.RLIMIT_NOFILE] = DESCRIPTORS

    def site(self, place: int) -> str:
        """As it is, and one listener more."""
        first = f"{{listen: 'ocpp1.5+http://127.0.0.1:{self.port}/ocpp'}}"
        return super().site(place).replace(first, f"{first}, {{listen: 'ocpp1.6+ws://127.0.0.1:{self.second}/ocpp'}}")


class Strangers:
    """They connect, say nothing, and come again when they are cut off."""

    def __init__(self, ports: Sequence[int]) -> None:
        self._tasks = [asyncio.create_task(self._stand(port)) for port in ports for _ in range(STRANGERS)]

    async def _stand(self, port: int) -> None:
        while True:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                try:
                    await reader.read()
                finally:
                    writer.transport.abort()
            except OSError:
                pass
            await asyncio.sleep(0.05)

    async def go(self) -> None:
        """All at once."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def crowd(trial: Trial) -> Account:
    """Nobody new is let in; who is there is served, the admin port too; and all is as before once the strangers have gone."""
    world = Besieged(trial)
    async with world.storm():
        for _ in range(trial.cycles):
            await world.linked.here.wait()
            strangers = Strangers([world.port, world.second])
            await eventually(lambda: _scarce(world))
            assert await _scarce(world), "the strangers never took all"
            on = further([world.linked])  # type: ignore[list-item]
            await eventually(on)
            assert on(), "who was there is not served"
            await strangers.go()
            await eventually(further(world.stations))
            world.account.cycles += 1
        await eventually(lambda: _at_ease(world))
    told = world.gateway.log.read_text().count(NOTHING_LEFT)
    world.account.notes |= {"links of the station that was there": 1 + world.linked.refused, "lines in the log": told}
    assert told, "nobody was told"
    return world.account


async def _scarce(world: World) -> bool:
    return SCARCE in await asyncio.to_thread(world.gateway.metrics)


async def _at_ease(world: World) -> bool:
    return not await _scarce(world)
