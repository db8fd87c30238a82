"""The ladder, step by step and as one walk: what a message costs by the number of steps and by its size.

In: the shipped data.  Out: figures.

Each step is measured alone, with its own check of what comes; then the longest walk.  The walk must not cost more than its steps
one by one, and a message of a hundred readings not more for each of them than one of ten.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

from gateway.ladder.facts import Context, Recorded
from gateway.ladder.registers import Registers
from tests.bench import samples
from tests.bench.figures import Figure, figure, timed
from tests.bench.translate import Data, load

RUNGS = ("ocpp1.2", "ocpp1.5", "ocpp1.6", "ocpp2.0.1", "ocpp2.1")
OLD = {
    **{action: samples.REQUESTS["ocpp1.5"][action] for action in ("BootNotification", "Authorize", "Heartbeat")},
    "MeterValues": {"connectorId": 1, "values": [{"timestamp": "2026-11-22T07:15:00Z", "value": 1024333}]},
}
"""Requests that every rung has, as a station of the lowest one sends them."""
READING = {"value": "230.1", "measurand": "Voltage", "unit": "V", "context": "Sample.Periodic", "phase": "L1"}
FEW, MANY = 10, 100


def context() -> Context:
    """A station at rest of which nothing is remembered yet."""
    return Context(Recorded(), registers=Registers({}))


def by_tables(data: Data, pair: tuple[str, str], action: str, given: dict[str, Any]) -> Callable[[], Any]:
    """Check and route, as the gateway does them: the messages that come out."""
    route, check, cx = data.ladder.route(*pair), data.dialects[pair[0]].check, context()
    return lambda: route.request(action, check("call", action, given, "drop"), cx).onward()


def climbed(data: Data, action: str) -> Iterator[tuple[tuple[str, str], Callable[[], Any]]]:
    """Each step of the ladder, with what the one before it made of the message."""
    given = OLD[action]
    for pair in pairwise(RUNGS):
        step = by_tables(data, pair, action, given)
        yield pair, step
        ((action, given),) = step()


def measure(quick: bool) -> Iterator[Figure]:
    """Every operation of `OLD` over every step and the whole ladder; readings by their number."""
    data, (seconds, rounds) = load(), (0.001, 7) if quick else (0.002, 25)
    for action in OLD:
        pairs, steps = zip(*climbed(data, action), strict=True)
        whole = by_tables(data, (RUNGS[0], RUNGS[-1]), action, OLD[action])
        *took, walk = timed([*steps, whole], seconds, rounds)
        for (left, right), one in zip(pairs, took, strict=True):
            yield figure(f"step {left[4:]}->{right[4:]} {action} request", one, "us")
        yield figure(f"walk {RUNGS[0][4:]}->{RUNGS[-1][4:]} {action} request, to its steps", walk, "us", sum(took), "<= 1.1")
    few, many = timed([readings(data, FEW), readings(data, MANY)], seconds, rounds)
    yield figure(f"walk 1.6->2.1, one of {MANY} readings, to one of {FEW}", many / MANY, "us", few / FEW, "<= 1.1")


def readings(data: Data, count: int) -> Callable[[], Any]:
    """So many readings of one moment."""
    given = {"connectorId": 1, "meterValue": [{"timestamp": "2026-11-22T07:15:00Z", "sampledValue": [READING] * count}]}
    return by_tables(data, ("ocpp1.6", "ocpp2.1"), "MeterValues", given)
