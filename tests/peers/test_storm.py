"""kill -9 again and again, under load and with a bad back end: what was acknowledged is booked, in order, once by natural key."""

from __future__ import annotations

import asyncio
import json
import random
from pathlib import Path

from tests.peers.running import AS_IT_IS, PATIENCE, Gateway, free_port
from tests.peers.storm import Backend, Station, compare, eventually, further

KILLS = 5
POLICY = (
    "{uplink_wait_min: 0.1, uplink_random: 0.2, uplink_wait_doublings: 1, answer_within: 1, "
    "backend_call: 1.5, station_call: 2, call_deadline: 4, uplink_silent_calls: 1}"
)


def test_what_was_acknowledged_survives_every_kill(tmp_path: Path) -> None:
    port, backend_port = free_port(), free_port()
    site = tmp_path / "gateway.yaml"
    site.write_text(
        f"listeners: [{{listen: 'ocpp1.5+http://127.0.0.1:{port}/ocpp'}}]\n"
        f"backends: [{{connect: 'ocpp1.6+ws://127.0.0.1:{backend_port}/central'}}]\npolicy: {POLICY}\n"
    )
    chance = random.Random(4)
    backend = Backend(backend_port, chance)
    stations = [Station(f"CP {number}", port, random.Random(number)) for number in range(3)]
    with Gateway(tmp_path / "data", "-c", str(site), way=AS_IT_IS) as gateway:
        asyncio.run(storm(gateway, backend, stations, chance))
        assert compare(backend, stations) == []
        assert gateway.stop() == 0
        lines = [json.loads(line) for line in gateway.log.read_text().splitlines()]
    assert [line for line in lines if line["level"] in ("error", "critical")] == []


async def storm(gateway: Gateway, backend: Backend, stations: list[Station], chance: random.Random) -> None:
    """Kills, an outage of the back end that outlasts one of them, and then peace until all is delivered."""
    await backend.start()
    lives = [asyncio.create_task(one.live()) for one in stations]
    for number in range(KILLS):
        assert await eventually(further(stations)) < PATIENCE, "each gets something done between the kills"
        await asyncio.sleep(0.2 + chance.random() / 2)
        if number == 1:
            await backend.stop()
        await asyncio.to_thread(gateway.kill)
        await asyncio.to_thread(gateway.start)
        if number == 2:
            await backend.start()
    backend.faults.clear()
    for one in stations:
        one.enough = True
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*lives)
    await eventually(lambda: not compare(backend, stations))
    await backend.stop()
