"""Named timers over one delayed call: each comes once, in order, and at its time."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.task import Clock

from gateway.timers import Timers
from tests.test_deadlines import STEPS


def test_each_comes_once_at_its_time_and_in_order() -> None:
    clock, heard = Clock(), []  # type: ignore[var-annotated]
    timers = Timers(clock, lambda name: heard.append((name, clock.seconds())))
    timers.set("late", 3.0)
    timers.set("soon", 1.0)
    timers.set("also soon", 1.0)
    clock.pump([1.0] * 5)
    assert heard == [("soon", 1.0), ("also soon", 1.0), ("late", 3.0)]
    assert (len(timers), clock.getDelayedCalls()) == (0, [])


def test_a_deadline_that_is_set_and_cancelled_again_and_again_costs_one_delayed_call() -> None:
    clock = Clock()
    timers = Timers(clock, lambda name: None)
    for number in range(100):
        timers.set(f"answer:{number}", 30.0)
        timers.cancel(f"answer:{number}")
        clock.advance(0.1)
    assert (len(timers), len(clock.getDelayedCalls())) == (0, 1)
    clock.advance(30.0)
    assert clock.getDelayedCalls() == []


def test_one_that_is_cancelled_by_one_before_it_does_not_come() -> None:
    clock, heard = Clock(), []  # type: ignore[var-annotated]

    def due(name: str) -> None:
        heard.append(name)
        timers.cancel("b")
        if len(heard) < 3:
            timers.set("c", -1.0)

    timers = Timers(clock, due)
    timers.set("a", 1.0)
    timers.set("b", 1.0)
    clock.advance(1.0)
    assert heard == ["a", "c", "c"]


def test_nothing_comes_after_clear() -> None:
    clock, heard = Clock(), []  # type: ignore[var-annotated]
    timers = Timers(clock, heard.append)
    timers.set("a", 1.0)
    timers.clear()
    clock.advance(2.0)
    assert (heard, clock.getDelayedCalls()) == ([], [])


@settings(deadline=None)
@given(STEPS)
def test_they_come_as_delayed_calls_of_their_own_would(steps: list[tuple[str, str, float]]) -> None:
    clock, other, heard, wanted = Clock(), Clock(), [], []  # type: ignore[var-annotated]
    timers = Timers(clock, heard.append)
    own = {}  # type: ignore[var-annotated]
    for what, name, seconds in steps:
        if what == "advance":
            clock.advance(seconds)
            other.advance(seconds)
            continue
        timers.cancel(name)
        if name in own and own[name].active():
            own[name].cancel()
        if what == "set":
            timers.set(name, seconds)
            own[name] = other.callLater(max(0.0, seconds), wanted.append, name)
    clock.advance(10.0)
    other.advance(10.0)
    assert heard == wanted


def test_what_is_due_may_set_a_later_one_while_others_wait() -> None:
    clock, rung = Clock(), list[str]()
    timers: Timers

    def due(name: str) -> None:
        rung.append(name)
        if name == "first":
            timers.set("late", 300)

    timers = Timers(clock, due)
    timers.set("first", 1)
    timers.set("soon", 2)
    clock.advance(1)
    clock.advance(1)
    assert rung == ["first", "soon"]


def test_one_that_fails_costs_the_others_nothing() -> None:
    clock, rung = Clock(), list[str]()

    def due(name: str) -> None:
        if name == "broken":
            raise RuntimeError("a fault of ours")
        rung.append(name)

    timers = Timers(clock, due)
    timers.set("broken", 1)
    timers.set("other", 2)
    with pytest.raises(RuntimeError):
        clock.advance(1)
    clock.advance(1)
    assert rung == ["other"]


@given(st.lists(st.floats(0.0, 5.0), max_size=20))
def test_none_is_forgotten_whatever_the_sums_of_its_floats_are(seconds: list[float]) -> None:
    clock, rung = Clock(), list[str]()
    timers = Timers(clock, rung.append)
    for number, one in enumerate(seconds):
        timers.set(str(number), one)
        clock.advance(one / 3)
    clock.advance(6.0)
    assert sorted(rung, key=int) == [str(number) for number in range(len(seconds))]
    assert clock.getDelayedCalls() == []
