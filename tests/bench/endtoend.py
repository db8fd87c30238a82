"""End to end: calls a second through the gateway on one core, against relays that look at nothing.

In: processes.  Out: figures.
Same machine, same load, same stations, turn by turn (relay, gateway, relay, gateway), the median of each.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from tests.bench.figures import Figure, figure
from tests.bench.processes import Backend, BareRelay, Child, Gateway, load

CASES = (
    ("Authorize", False, "the bare relay"),
    ("MeterValues", True, "the bare relay with a commit"),
)


def measure(quick: bool, stations: int = 64) -> Iterator[Figure]:
    """For each case the gateway's calls a second with the relay's as baseline, latency, and how busy the others were."""
    seconds, rounds = (1.0, 2) if quick else (3.0, 4)
    with tempfile.TemporaryDirectory(prefix="ocpp-bench-") as name, ExitStack() as open_:
        folder = Path(name)
        backend = open_.enter_context(Backend(folder))
        gateway = open_.enter_context(Gateway(folder, backend))
        log, count = folder / "stations.log", ("--stations", str(stations))
        load(gateway.port, log, *count, "--boot")
        for action, commit, against in CASES:
            relay = open_.enter_context(BareRelay(folder, backend, action, commit))
            yield from _case(action, against, (relay, gateway), backend, log, (*count, "--seconds", str(seconds)), rounds)


def _case(
    action: str,
    against: str,
    pair: tuple[BareRelay, Gateway],
    backend: Child,
    log: Path,
    how: tuple[str, ...],
    rounds: int,
) -> Iterator[Figure]:
    for one in pair:
        load(one.port, log, *how[:2], "--seconds", "0.7", "--action", action)
    rates: tuple[list[float], list[float]] = ([], [])
    costs: tuple[list[float], list[float]] = ([], [])
    late: list[float] = []
    ceilings: list[float] = []
    for _ in range(rounds):
        for index, one in enumerate(pair):
            theirs, ours = backend.ask("cpu")["cpu"], one.cpu()
            ran = load(one.port, log, *how, "--action", action)
            if ran["errors"]:
                raise RuntimeError(f"{ran['errors']} calls of {ran['calls']} failed: {one.log.read_text()[-2000:]}")
            rates[index].append(ran["calls"] / ran["seconds"])
            costs[index].append((one.cpu() - ours) / ran["calls"] * 1e6)
            others = backend.ask("cpu")["cpu"] - theirs + ran["cpu"]
            ceilings.append(ran["calls"] / others)
            if index:
                late.append(ran["p99_ms"])
    relay, gateway = (median(one) for one in rates)
    yield figure(f"end to end {action}, against {against}", gateway, "calls/s", relay, ">= 0.5")
    yield figure(f"end to end {action}, 99th percentile", median(late), "ms")
    yield figure(f"end to end {action}, processor time for one call", median(costs[1]), "us", median(costs[0]))
    yield figure(f"end to end {action}, most that load and back end could do", median(ceilings), "calls/s")
