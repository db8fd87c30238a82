"""What is tried with thousands of stations, and what must come of it.

In: a folder, how many stations.  Out: figures, each with what was promised (docs/scale.rst).
Not here: the stations and the back end (`tests.scale.town`).
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from tests.bench.figures import Figure, figure
from tests.peers.storm import compare, eventually
from tests.scale.stations import Station
from tests.scale.town import Town

TRANSACTIONS = 4
"""For each station while the back end is away; each has five messages."""
DRAINED, BACK = 600.0, 60.0
"""Seconds that are promised for the two."""
IDLE = {False: 64.0, True: 128.0}
"""KiB that are promised for an idle station, by whether it has TLS."""
WARM, CROWD = 100, 50
"""So many stations bring what is made on first use; so many come at once where that is not what is tried."""


def none(name: str, wrong: list[str]) -> Figure:
    """That there is nothing of a kind; what there is is told."""
    for one in wrong[:5]:
        print(f"{name}: {one}")
    return figure(name, len(wrong), "", 1, "<= 0")


async def outage(folder: Path, count: int, policy: str = "") -> list[Figure]:
    """The back end goes away, every station charges, and the back end comes back and is slow."""
    async with Town(folder, count, False, policy) as town:
        await town.come(at_once=CROWD)
        back = town.backend
        await back.stop()
        begin = time.monotonic()
        await asyncio.gather(*(charges(one) for one in town.stations))
        filled = time.monotonic() - begin
        rows = sum(len(one.acknowledged) for one in town.stations)
        await back.start()
        drained = await eventually(lambda: back.booked_rows >= rows, 2 * DRAINED)
        refusals = [why for one in town.stations for why in one.refusals]
        return [
            figure("outage: messages acknowledged meanwhile", rows, ""),
            figure("outage: acknowledged in a second", rows / filled, "/s"),
            figure("outage: drained in", drained, "s", DRAINED, "<= 1"),
            figure("outage: delivered in a second", rows / drained, "/s", back.rate),
            figure("outage: most links made in a second", back.busiest["connects"], "/s", back.most_connects, "<= 1.1"),
            figure("outage: most messages in flight", back.busiest["in flight"], "", back.most_in_flight, "<= 1"),
            figure("outage: most calls before the back end", back.busiest["calls"], ""),
            none("outage: falls of the back end", back.falls),
            none("outage: stations whose books differ", compare(back, town.stations)),
            none("outage: errors told to stations", refusals),
            none("outage: complaints in the gateway's log", town.complaints()),
            figure("outage: copies on the wire", back.copies, ""),
            figure("outage: how far the gateway was behind, at most 4", town.behind(), ""),
            figure("outage: memory at the end", town.memory() / 2**20, "MiB"),
        ]


async def charges(station: Station) -> None:
    """One station's transactions."""
    for _ in range(TRANSACTIONS):
        await station.charge()


async def herd(folder: Path, count: int) -> list[Figure]:
    """The gateway is killed and started again; every station comes back over TLS, none waits for another."""
    async with Town(folder, count, True) as town:
        await town.come(at_once=CROWD)
        for one in town.stations:
            one.refused = one.rejected = 0
        town.backend.boots = 0
        await asyncio.to_thread(town.gateway.kill)
        begin = time.monotonic()
        await asyncio.gather(town.restart(), town.all_back())
        back = time.monotonic() - begin
        await town.linked()
        linked = time.monotonic() - begin
        return [
            figure("herd: boots answered in", back, "s", BACK, "<= 1"),
            figure("herd: links to the back end stand after", linked, "s"),
            figure("herd: processor time of the gateway for each station", town.processor() / count * 1000, "ms"),
            figure("herd: how far the gateway was behind, at most 4", town.behind(), ""),
            figure("herd: boots that reached the back end", town.backend.boots, ""),
            figure("herd: attempts refused or cut, for each station", sum(one.refused for one in town.stations) / count, ""),
            figure("herd: boots not accepted", sum(one.rejected for one in town.stations), ""),
            none("herd: falls of the back end", town.backend.falls),
            none("herd: complaints in the gateway's log", town.complaints()),
        ]


async def idle(folder: Path, count: int, tls: bool) -> list[Figure]:
    """What each station that is connected and announced, with its uplink, adds to the memory of the gateway."""
    async with Town(folder, WARM + count, tls) as town:
        await town.come(WARM, CROWD)
        await town.rest()
        before = town.memory()
        await town.come(count, CROWD)
        await town.rest()
        each = (town.memory() - before) / count / 1024
        return [figure(f"memory of an idle {'wss' if tls else 'ws'} station, of {count}", each, "KiB", IDLE[tls], "<= 1")]
