"""Many runs: which seed goes on which route, where a run keeps its files, and what many runs say together.

In: seeds.  Out: outcomes, one after the other; sums.
Not here: one run (`tests.simulation.world`).
"""

from __future__ import annotations

import gc
import os
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from multiprocessing import get_context
from pathlib import Path

from tests.simulation.mutants import MUTANTS
from tests.simulation.routes import ROUTES
from tests.simulation.setting import data
from tests.simulation.world import Outcome, run

MEMORY = Path("/dev/shm")
AT_ONCE = 10
"""Seeds that a process takes at a time."""


def route_of(seed: int) -> str:
    """The route of a seed where none is named."""
    return list(ROUTES)[seed % len(ROUTES)]


def once(seed: int, route: str | None = None, keep: bool = False, mutant: str | None = None) -> Outcome:
    """One run, in memory where the system has a place for that."""
    where = MEMORY if os.access(MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=where) as folder, MUTANTS[mutant]() if mutant else nullcontext():
        return run(route or route_of(seed), seed, Path(folder), keep)


def campaign(seeds: Iterable[int], route: str | None = None, mutant: str | None = None) -> Iterator[Outcome]:
    """One after the other, in this process.  The collector runs between them: what it finds first is no matter of a run."""
    data()
    gc.collect()
    gc.freeze()  # what was loaded stays: no need to look at it again and again
    gc.disable()
    try:
        for number, seed in enumerate(seeds):
            if number % AT_ONCE == 0:
                gc.collect()
            yield once(seed, route, mutant=mutant)
    finally:
        gc.enable()
        gc.unfreeze()


def parallel(seeds: Iterable[int], route: str | None, mutant: str | None, jobs: int) -> Iterator[Outcome]:
    """As `campaign`, in several processes; the outcomes come in the order of the seeds."""
    listed = list(seeds)
    if jobs == 1 or len(listed) <= AT_ONCE:
        yield from campaign(listed, route, mutant)
        return
    shares = [listed[at : at + AT_ONCE] for at in range(0, len(listed), AT_ONCE)]
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        for share in pool.map(_share, shares, [route] * len(shares), [mutant] * len(shares)):
            yield from share


def _share(seeds: list[int], route: str | None, mutant: str | None) -> list[Outcome]:
    return list(campaign(seeds, route, mutant))


def first_caught(mutant: str, seeds: Iterable[int]) -> Outcome | None:
    """The first run that finds a mutant."""
    return next((outcome for outcome in campaign(seeds, mutant=mutant) if outcome.found), None)


def summed(outcomes: Iterable[Outcome]) -> Counter[str]:
    """The statistics of many runs."""
    total = Counter[str]()
    for outcome in outcomes:
        total.update(outcome.stats)
    return total


def told(outcome: Outcome, mutant: str | None = None) -> str:
    """A failure, and how to see it again."""
    name, words = outcome.found[0]
    again = f"python -m tests.simulation --replay {outcome.seed} --route {outcome.route}"
    again += f' --mutant "{mutant}"' if mutant else ""
    return f"seed {outcome.seed} on {outcome.route}: {name} {words}\n  digest {outcome.digest}; again: {again}"
