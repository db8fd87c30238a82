"""The demo's own time, and the cars that come in it.

In: a clock of real seconds, where the day begins, how fast it runs, a source of chance.  Out: moments, time stamps, cars.
Not here: what a station does with a car (`gateway.demo.stations`).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

FACTOR = 360.0
"""Simulated seconds in a real one: a day lasts four minutes."""
BUSIEST = 2.0
"""Cars that come to one station in an hour, when most come."""
CURVE = (1, 1, 1, 1, 1, 2, 5, 8, 9, 8, 7, 7, 8, 8, 7, 7, 8, 10, 10, 9, 7, 5, 3, 2)
"""Arrivals by the hour of the day, in tenths of `BUSIEST`."""
POWERS = (3_700, 7_400, 11_000, 11_000, 22_000)
"""Watts a car may draw."""
STRANGERS = 0.12
"""The share of cars whose tag the back end does not take."""


class Clock(Protocol):
    """The part of a reactor that the demo needs."""

    def seconds(self) -> float:
        """Monotonic seconds."""

    def callLater(self, delay: float, call: Callable[..., Any], *args: Any) -> Any:
        """Call later."""


class Calendar:
    """Simulated time: ``factor`` times as fast as ``clock``, from ``begins`` (aware, UTC) on."""

    def __init__(self, clock: Clock, begins: datetime, factor: float = FACTOR) -> None:
        self._clock, self._begins, self.factor = clock, begins, factor
        self._zero = clock.seconds()

    def now(self) -> datetime:
        """The simulated time."""
        return self._begins + timedelta(seconds=(self._clock.seconds() - self._zero) * self.factor)

    def stamp(self) -> str:
        """The simulated time as an old station writes it: whole seconds, UTC."""
        return self.now().strftime("%Y-%m-%dT%H:%M:%SZ")

    def real(self, seconds: float) -> float:
        """How many real seconds so many simulated ones last."""
        return max(0.0, seconds) / self.factor


def moment(stamp: str) -> datetime:
    """Read a time stamp, whole seconds.  Raises ValueError."""
    read = datetime.fromisoformat(stamp.replace("Z", "+00:00"))
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC).replace(microsecond=0)


@dataclass(frozen=True, slots=True)
class Car:
    """One car: when it comes, whose it is, how much it wants (Wh) and how fast (W)."""

    comes: datetime
    tag: str
    watts: int
    wanted: int


def cars(rng: random.Random, after: datetime, good: Sequence[str], bad: Sequence[str]) -> Iterator[Car]:
    """All cars that ever come to one station: a Poisson stream that follows the hours of the day.

    The first comes within the first ten minutes, whatever the hour: somebody is watching.
    """
    at = after + timedelta(minutes=rng.uniform(1, 10))
    while True:
        yield _car(rng, at, good, bad)
        at += timedelta(hours=rng.expovariate(BUSIEST))
        while rng.random() * 10 >= CURVE[at.hour]:
            at += timedelta(hours=rng.expovariate(BUSIEST))


def _car(rng: random.Random, at: datetime, good: Sequence[str], bad: Sequence[str]) -> Car:
    watts = rng.choice(POWERS)
    tag = rng.choice(bad if rng.random() < STRANGERS else good)
    return Car(at, tag, watts, int(watts * rng.uniform(0.7, 2.5)))
