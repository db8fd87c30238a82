"""Memory of the gateway for each idle station: announced, accepted, its uplink open, nothing to say.

In: processes.  Out: figures.
Not here: stations that hold a connection (`tests.scale.trials`).
The first hundred stations are not counted: what they bring is code, compiled on first use.  A SOAP station at rest holds no
connection.  A gateway of its own for each kind, so that nothing freed by one is used by the other.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

from tests.bench.figures import Figure, figure
from tests.bench.processes import Backend, Gateway, load
from tests.scale.trials import WARM, idle


def measure(quick: bool) -> Iterator[Figure]:
    """KiB for each SOAP station, and for each on ws and on wss."""
    count = 300 if quick else 2000
    with tempfile.TemporaryDirectory(prefix="ocpp-bench-") as folder:
        yield _soap(Path(folder), count)
    for tls in (False, True):
        with tempfile.TemporaryDirectory(prefix="ocpp-bench-") as folder:
            yield from asyncio.run(idle(Path(folder), count, tls))


def _soap(folder: Path, count: int) -> Figure:
    with ExitStack() as open_:
        backend = open_.enter_context(Backend(folder))
        gateway = open_.enter_context(Gateway(folder, backend))
        soap_stations(gateway.port, folder, 0, WARM)
        before = settled(gateway, lambda: backend.ask("cpu")["connections"] == WARM)
        soap_stations(gateway.port, folder, WARM, count)
        after = settled(gateway, lambda: backend.ask("cpu")["connections"] == WARM + count)
        return figure(f"memory of an idle SOAP station, of {count}", (after - before) / count / 1024, "KiB")


def settled(gateway: Gateway, ready: Callable[[], bool]) -> int:
    """Bytes that the gateway holds once it is ready and has been quiet for a moment."""
    end = time.monotonic() + 60
    while not ready():
        if time.monotonic() > end:
            raise RuntimeError(f"the uplinks do not come up: {gateway.log.read_text()[-2000:]}")
        time.sleep(0.1)
    used = -1.0
    while gateway.cpu() - used > 0.02:
        used = gateway.cpu()
        time.sleep(0.5)
    return gateway.rss()


def soap_stations(port: int, folder: Path, first: int, count: int) -> None:
    """Announce stations in crowds; each crowd's connections are closed at its end."""
    for start in range(first, first + count, 200):
        crowd = min(200, first + count - start)
        load(port, folder / "stations.log", "--boot", "--stations", str(crowd), "--first", str(start))
