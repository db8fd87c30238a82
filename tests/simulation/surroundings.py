"""What a run needs around it so that it repeats: randomness of the system, sets in order, a log that complains.

In: a seed.  Out: a context in which nothing is left to chance.
Not here: the run.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from gateway import server


class Ordered(dict[Any, None]):
    """A set that keeps its order: the addresses of objects decide nothing then."""

    def add(self, one: Any) -> None:
        self[one] = None

    def discard(self, one: Any) -> None:
        self.pop(one, None)


class Complaints:
    """A log that only minds errors."""

    def __init__(self, complain: Callable[[str], None]) -> None:
        self.complain = complain

    def info(self, event: str, station: str | None = None, **values: Any) -> None:
        """Fine."""

    debug = warn = info

    def error(self, event: str, station: str | None = None, **values: Any) -> None:
        """Somebody must look at it; a disk that refuses is what we wanted."""
        if "stor" not in event:
            self.complain(f"{event} {values}")

    def failure(self, event: str, error: BaseException, station: str | None = None, **values: Any) -> None:
        """A crash."""
        import traceback

        self.complain(f"{event} {station}: " + "".join(traceback.format_exception(error)))


@contextmanager
def surroundings(seed: str) -> Iterator[None]:
    """The system's randomness comes from the seed, and the depth of the journal is not measured every five seconds."""
    chance = random.Random(f"{seed} system")
    urandom, measure = os.urandom, server.MEASURE_EVERY
    os.urandom = chance.randbytes
    server.MEASURE_EVERY = 60.0
    try:
        yield
    finally:
        os.urandom, server.MEASURE_EVERY = urandom, measure
