"""What a station may be told of a token: each wrong word is found, and no right one."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace

import pytest

from tests.simulation.clock import Time
from tests.simulation.tokens import Tokens
from tests.simulation.watches import Wall


@pytest.fixture
def world():
    made = SimpleNamespace(seed="1", time=Time(), findings=[], counts=Counter[str]())
    made.wall, made.ledger = Wall(made.time), SimpleNamespace(troubles=[])
    made.site = SimpleNamespace(policy=SimpleNamespace(authorize_offline="last_known", start_offline="last_known"))
    made.found = lambda name, words: made.findings.append(name)
    made.count = lambda what: made.counts.update([what])
    made.tokens = Tokens(made, 500.0)
    return made


def test_the_back_end_says_until_when(world):
    tag = world.tokens.ending(100)
    assert world.tokens.judged(tag) == {"status": "Accepted", "until": "2026-03-01T08:01:40Z"}
    world.time.now = 101.0
    assert world.tokens.judged(tag)["status"] == "Expired"
    assert world.tokens.judged("X9") == {"status": "Blocked"}


@pytest.mark.parametrize(("since", "right"), [(99.0, True), (101.0, False)])
def test_a_good_word_ends(world, since, right):
    tag = world.tokens.ending(100)
    world.tokens.judged(tag)
    world.time.now = 102.0
    world.tokens.authorized("CP", tag, "Accepted", since)
    assert world.findings == ([] if right else ["TOKEN"])


def test_nobody_said_so(world):
    world.tokens.authorized("CP", "A1", "Accepted", 0.0)
    assert world.findings == ["TOKEN"]


def test_it_may_hold_by_a_clock_that_is_behind(world):
    tag = world.tokens.ending(100)
    world.tokens.judged(tag)
    world.wall.set(-3600.0)
    world.time.now = 150.0
    world.tokens.authorized("CP", tag, "Accepted", 149.0)
    assert world.findings == []


@pytest.mark.parametrize(("learnt", "trouble", "right"), [(True, None, False), (True, 10.5, True), (False, None, True)])
def test_a_start_is_told_what_was_known(world, learnt, trouble, right):
    tag = world.tokens.ending(100)
    world.tokens.judged(tag)
    world.time.now = 10.0
    if learnt:
        world.tokens.authorized("CP", tag, "Accepted", 9.0)
    world.ledger.troubles += [trouble] if trouble is not None else []
    world.time.now = 160.0
    world.tokens.started("CP", tag, "Accepted", 150.0)
    assert world.findings == ([] if right else ["TOKEN"])


def test_what_had_expired_while_nobody_could_be_asked_is_counted(world):
    tag = world.tokens.ending(100)
    world.tokens.judged(tag)
    world.time.now = 110.0
    world.tokens.authorized("CP", tag, "Expired", 105.0)
    assert world.counts["tokens that had expired while the back end was away"] == 1
