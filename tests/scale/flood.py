"""64 stations at a steady 500 messages a second, and beside them one that floods the gateway: what do the others notice?

In: a folder.  Out: figures (promise: docs/scale.rst).
Not here: what floods (`tests.scale.floods`).

Each flood has its turn between two turns without one; what is compared are the medians of the turns.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench.figures import Figure, figure
from tests.bench.processes import Backend, Child, Gateway, cores, load
from tests.peers.running import free_port
from tests.scale.floods import FLOODS

ROUNDS, SECONDS, RATE, OTHERS = 2, 8.0, 500, 64
MEMORY = Path("/dev/shm")
"""Where the journal is: a disk that now and then takes a tenth of a second for an fsync hits all, and hides what is sought."""
WORSE, LAG, WORST = 2.0, 100.0, 250.0
"""By how much the others' answers may take longer; ms by which the reactor may be late, 99 of 100 times and ever."""
_CALM = ""


class Pulse(threading.Thread):
    """Asks the console again and again whether it is alive: no answer comes sooner than the reactor turns."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self.link = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.took: list[float] = []
        self.over = False

    def run(self) -> None:
        while not self.over:
            begin = time.perf_counter()
            self.link.request("GET", "/livez")
            self.link.getresponse().read()
            self.took.append((time.perf_counter() - begin) * 1000)
            time.sleep(0.01)
        self.link.close()

    def end(self) -> list[float]:
        """Stop asking; milliseconds of each answer."""
        self.over = True
        self.join()
        return self.took


class Street:
    """The gateway with two doors, a back end, and the stations that behave."""

    def __init__(self, folder: Path, backend: Backend, gateway: Gateway, ws: int) -> None:
        self.log, self.gateway, self.backend, self.ws = folder / "load.log", gateway, backend, ws

    def turn(self, name: str, seconds: float) -> dict[str, Any]:
        """One turn beside this flood; what the others saw."""
        if name == _CALM:
            return self.steady(seconds)
        doors = ("--ws", str(self.ws), "--soap", str(self.gateway.port), "--seconds", str(seconds))
        with Child(cores()[1], self.log, "tests.scale.floods", name, *doors) as flood:
            flood.line()
            return {**self.steady(seconds), **json.loads(flood.line())}

    def steady(self, seconds: float) -> dict[str, Any]:
        """The others at their work."""
        pulse = Pulse(self.gateway.admin)
        pulse.start()
        how = ("--stations", str(OTHERS), "--rate", str(RATE), "--seconds", str(seconds), "--action", "MeterValues")
        with Child(cores()[1], self.log, "tests.bench.paced", "--port", str(self.gateway.port), *how) as others:
            found: dict[str, Any] = json.loads(others.line())
        return {**found, "lag": pulse.end()}


async def flood(folder: Path, count: int, names: Sequence[str] = tuple(FLOODS), rounds: int = ROUNDS) -> list[Figure]:
    """All floods in turn; ``count`` is of no account, for the others are always as many."""
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else folder, prefix="ocpp-flood-") as where:
        return await asyncio.to_thread(_flood, Path(where), names, rounds)


def _flood(folder: Path, names: Sequence[str], rounds: int) -> list[Figure]:
    ws = free_port()
    with (
        Backend(folder) as backend,
        Gateway(folder, backend, "ocpp1.5+http", "--listen", f"ocpp1.6+ws://127.0.0.1:{ws}/ocpp") as gateway,
    ):
        load(gateway.port, folder / "load.log", "--stations", str(OTHERS), "--boot")
        street = Street(folder, backend, gateway, ws)
        street.turn(_CALM, SECONDS)
        seen: dict[str, list[dict[str, Any]]] = {name: [] for name in (_CALM, *names)}
        for _ in range(rounds):
            for name in names:
                seen[_CALM].append(street.turn(_CALM, SECONDS))
                seen[name].append(street.turn(name, SECONDS))
    alone = median(one["p99_ms"] for one in seen[_CALM])
    return [
        figure("flood: p99 of the others, alone", alone, "ms"),
        *(one for name in names for one in _figures(name, seen[name], alone)),
        figure("flood: errors told to the others", sum(one["errors"] for turns in seen.values() for one in turns), "", 1, "<= 0"),
    ]


def _figures(name: str, turns: list[dict[str, Any]], alone: float) -> list[Figure]:
    lag = sorted(took for one in turns for took in one["lag"])
    target = f"<= {WORSE:g}" if FLOODS[name].promised else ""
    return [
        figure(f"flood: p99 of the others beside {name}", median(one["p99_ms"] for one in turns), "ms", alone, target),
        figure(f"flood: the console answers beside {name}, p99", lag[int(len(lag) * 0.99)], "ms", LAG, "<= 1"),
        figure(f"flood: the console answers beside {name}, worst", lag[-1], "ms", WORST, "<= 1"),
        figure(f"flood: {name} that went out", median(one["said"] for one in turns) / SECONDS, "/s"),
    ]
