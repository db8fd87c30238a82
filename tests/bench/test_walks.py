"""What `tests.bench.walks` compares does the same: a walk is its steps one after the other."""

from __future__ import annotations

from typing import Any

import pytest

from tests.bench import walks
from tests.bench.translate import load

DATA = load()


@pytest.mark.parametrize("action", walks.OLD)
def test_a_walk_says_what_its_steps_say(action: str) -> None:
    steps = [step() for _, step in walks.climbed(DATA, action)]
    whole = walks.by_tables(DATA, (walks.RUNGS[0], walks.RUNGS[-1]), action, walks.OLD[action])()
    assert len(steps) == len(walks.RUNGS) - 1
    assert timeless(whole) == timeless(steps[-1])


def timeless(said: Any) -> Any:
    return [(action, {**payload, "timestamp": None}) for action, payload in said]


@pytest.mark.parametrize("count", [walks.FEW, walks.MANY])
def test_all_readings_cross(count: int) -> None:
    ((_, made),) = walks.readings(DATA, count)()
    assert len(made["meterValue"][0]["sampledValue"]) == count
