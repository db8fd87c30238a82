"""Nothing lost, nothing twice, in order, through all faults, on all routes; and the simulation itself finds what it must find."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.simulation import __main__ as command
from tests.simulation.campaign import first_caught, once, parallel, route_of, summed, told
from tests.simulation.faults import KINDS
from tests.simulation.mutants import ASKED, MUTANTS
from tests.simulation.routes import ROUTES

SEEDS = 500
MUTANT_SEEDS = range(1, 61)
FLOORS = {
    "transactions": 2000,
    "messages of transactions": 8330,
    "kills": 330,
    "kills amid a transaction": 200,
    "kills between commit and answer": 40,
    "kills while a station waits for its acknowledgement": 80,
    "retries of a station": 415,
    "doubles from a station": 100,
    "doubles on the wire": 415,
    "links of stations": 3330,
    "links to the back end": 2500,
    "reboots of a station": 200,
    "second links": 65,
    "refused connections": 1665,
    "connections cut": 330,
    "connections stalled": 100,
    "connections half-open": 80,
    "connections half-open for good": 80,
    "torn in the middle": 500,
    "commits that failed": 100,
    "drains": 40,
    "errors of the back end": 250,
    "answers of the back end: late": 100,
    "answers of the back end: lost": 100,
    "answers of the back end: slow": 100,
    "answers of the back end: twice": 100,
    "answers of the back end: wrong": 100,
    "answers of the back end: cut": 100,
    "answers that came too late for a station": 15,
    "calls that nobody answered": 130,
    "boots that were not accepted": 65,
    "starts that were refused": 15,
    "messages put aside": 100,
    "orders that were answered": 500,
    "orders that failed": 5,
    "runs with a bystander": 40,
    "questions: waiting": 200,
    "messages with a time that is none": 500,
    "starts with a token that the gateway knew": 250,
    "tokens that had expired while the back end was away": 15,
}
"""What all runs together must at least have seen: a simulation in which nothing happens finds nothing."""


@pytest.fixture(scope="module")
def outcomes():
    return list(parallel(range(1, SEEDS + 1), None, None, min(2, os.cpu_count() or 1)))


def test_all_holds(outcomes):
    assert [told(outcome) for outcome in outcomes if outcome.found] == []


def test_it_was_hard(outcomes):
    stats = summed(outcomes)
    assert {what: stats[what] for what, floor in FLOORS.items() if stats[what] < floor} == {}
    assert [kind for kind in KINDS if not stats[f"fault: {kind}"]] == []


def test_every_route_had_its_share(outcomes):
    for route in ROUTES:
        stats = summed(outcome for outcome in outcomes if outcome.route == route)
        assert stats["transactions"] >= 200, route
        assert stats["kills amid a transaction"] >= 15, route
        assert stats["doubles on the wire"] >= 35, route


@pytest.mark.parametrize("seed", range(1, 2 * len(ROUTES)))
def test_a_seed_always_says_the_same(seed, outcomes):
    assert once(seed, keep=True).digest == outcomes[seed - 1].digest


def test_hashes_decide_nothing():
    said = {replayed(hashes) for hashes in ("1", "2")}
    assert len(said) == 1
    assert "the same both times" in said.pop()


def replayed(hashes: str) -> str:
    call = [sys.executable, "-m", "tests.simulation", "--replay", "4"]
    environ = {**os.environ, "PYTHONHASHSEED": hashes}
    return subprocess.run(call, env=environ, capture_output=True, text=True, timeout=300, check=True).stdout


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_is_caught(name):
    caught = first_caught(name, MUTANT_SEEDS)
    assert caught is not None, f"{name} lives through {len(MUTANT_SEEDS)} seeds"
    print(f"{name}: seed {caught.seed} on {caught.route}: {caught.found[0]}")


def test_the_asked_mutants_are_all_there():
    asked = ["drop on close", "no dedupe", "dedupe by message id", "ack before commit", "reorder", "mint ids again after a crash"]
    assert list(ASKED) == asked


def test_the_command_counts(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["simulation", "--seeds", "2", "--jobs", "1"])
    assert command.main() == 0
    assert capsys.readouterr().out.splitlines()[-1] == "2 passed, 0 failed"


def test_the_command_tells_how_to_see_a_failure_again(monkeypatch, capsys):
    caught = first_caught("no dedupe", MUTANT_SEEDS)
    argv = ["simulation", "--seeds", "1", "--first", str(caught.seed), "--mutant", "no dedupe"]
    monkeypatch.setattr(sys, "argv", argv)
    assert command.main() == 1
    said = capsys.readouterr().out
    again = f'python -m tests.simulation --replay {caught.seed} --route {caught.route} --mutant "no dedupe"'
    assert f"digest {caught.digest}; again: {again}" in said
    assert said.splitlines()[-1] == "0 passed, 1 failed"
    monkeypatch.setattr(sys, "argv", ["simulation", "--replay", str(caught.seed), "--mutant", "no dedupe"])
    assert command.main() == 1
    assert f"digest {caught.digest}: the same both times" in capsys.readouterr().out


def test_each_seed_has_a_route():
    assert {route_of(seed) for seed in range(len(ROUTES))} == set(ROUTES)
