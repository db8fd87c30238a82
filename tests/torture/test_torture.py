"""The short form of ``make torture``: each scenario a few times, side by side."""

from __future__ import annotations

import argparse
import asyncio
import random
from pathlib import Path

import pytest

from tests.torture.__main__ import cycles, left_out, tell, tortured
from tests.torture.scenarios import SCENARIOS, SHORT
from tests.torture.world import Account, Trial, World


def test_nothing_acknowledged_is_lost_or_doubled_whatever_happens(tmp_path: Path) -> None:
    names, left = [name for name, cycles in SHORT.items() if cycles], left_out(tmp_path)
    accounts = asyncio.run(tortured(tmp_path, SHORT, seed=1, at_once=3))
    assert [str(one) for one in accounts if not one.good] == []
    assert len(accounts) == len(names) - len(left)
    assert all(one.cycles and one.acknowledged for one in accounts)


def test_each_scenario_has_its_own_number_of_cycles() -> None:
    assert set(cycles("20").values()) == {20}
    assert cycles("kills=250,power=60") == {"kills": 250, "power": 60}
    with pytest.raises(argparse.ArgumentTypeError, match="powr: expected NAME=N; is power meant"):
        cycles("kills=2,powr=1")


def test_a_trial_that_breaks_leaves_the_others_and_its_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def broken(trial: Trial) -> Account:
        World(trial, "kills").account.cycles = 7
        raise RuntimeError("the machine")

    async def good(trial: Trial) -> Account:
        return Account("flaps", trial.cycles)

    monkeypatch.setitem(SCENARIOS, "kills", broken)
    monkeypatch.setitem(SCENARIOS, "flaps", good)
    accounts = asyncio.run(tortured(tmp_path, {"kills": 9, "flaps": 2, "steps": 0}, seed=1, at_once=1))
    assert [(one.name, one.cycles, one.good) for one in accounts] == [("kills", 7, False), ("flaps", 2, True)]
    assert "1 broken" in capsys.readouterr().out


def test_a_trial_that_runs_says_how_far_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trial = Trial(tmp_path, random.Random(1), stations=2)
    tell({"kills": trial})
    world = World(trial, "kills")
    first, second = (("MeterValues", (None, (str(minute), "1"))) for minute in range(2))
    world.stations[0].acknowledged += [first, second]
    world.backend.rows["CP 0"] = [first]
    tell({"kills": trial})
    world.backend.rows["CP 0"] = [second]
    tell({"kills": trial})
    assert capsys.readouterr().out.splitlines() == [
        "kills      so far: 0 cycles, 2 acknowledged, 1 booked, 0 stations differ",
        "kills      so far: 0 cycles, 2 acknowledged, 1 booked, 1 stations differ",
    ]
