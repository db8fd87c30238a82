"""Deadlines of a session over one alarm: each comes once, in order, and at its time."""

from __future__ import annotations

from collections.abc import Callable
from math import inf

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.task import Clock

from gateway.deadlines import Deadlines


class Sleeper:
    """Wakes as the joint does, and asks to be woken as a desk does."""

    def __init__(self, clock: Clock) -> None:
        self.clock, self.deadlines, self.alarm = clock, Deadlines(), None
        self.woken = 0

    def set(self, name: str, seconds: float, then: Callable[[], None]) -> None:
        self.deadlines.set(name, self.clock.seconds() + max(0.0, seconds), then)
        self.sleep()

    def sleep(self) -> None:
        if self.deadlines.next < self.deadlines.wake:
            if self.alarm is not None and self.alarm.active():  # type: ignore[unreachable]
                self.alarm.cancel()  # type: ignore[unreachable]
            self.deadlines.wake = self.deadlines.next
            self.alarm = self.clock.callLater(self.deadlines.next - self.clock.seconds(), self.wake)

    def wake(self) -> None:
        self.woken += 1
        then = self.deadlines.due(self.clock.seconds())
        if then is not None:
            then()
        self.sleep()


def test_each_comes_once_at_its_time_and_in_order() -> None:
    clock, heard = Clock(), []  # type: ignore[var-annotated]
    sleeper = Sleeper(clock)
    for name, seconds in (("late", 3.0), ("soon", 1.0), ("also soon", 1.0)):
        sleeper.set(name, seconds, lambda name=name: heard.append((name, clock.seconds())))  # type: ignore[misc]
    clock.pump([1.0] * 5)
    assert heard == [("soon", 1.0), ("also soon", 1.0), ("late", 3.0)]
    assert (len(sleeper.deadlines), clock.getDelayedCalls()) == (0, [])


def test_one_that_is_set_and_taken_back_again_and_again_wakes_once() -> None:
    clock = Clock()
    sleeper = Sleeper(clock)
    for number in range(100):
        sleeper.set(f"answer:{number}", 30.0, lambda: None)
        sleeper.deadlines.pop(f"answer:{number}", None)
        clock.advance(0.1)
    assert (len(sleeper.deadlines), len(clock.getDelayedCalls())) == (0, 1)
    clock.advance(30.0)
    assert (sleeper.woken, sleeper.deadlines.wake, clock.getDelayedCalls()) == (1, inf, [])


def test_one_that_is_taken_back_by_one_before_it_does_not_come() -> None:
    clock, heard = Clock(), []  # type: ignore[var-annotated]
    sleeper = Sleeper(clock)

    def due(name: str) -> None:
        heard.append(name)
        sleeper.deadlines.pop("b", None)
        if len(heard) < 3:
            sleeper.set("c", -1.0, lambda: due("c"))

    sleeper.set("a", 1.0, lambda: due("a"))
    sleeper.set("b", 1.0, lambda: due("b"))
    clock.pump([1.0, 0.0, 0.0])
    assert heard == ["a", "c", "c"]


def test_of_two_settings_of_one_name_the_newer_counts() -> None:
    deadlines = Deadlines()
    deadlines.set("a", 1.0, lambda: None)
    deadlines.set("a", 5.0, lambda: None)
    assert (deadlines.moments, deadlines.next, deadlines.due(1.0)) == ({"a": 5.0}, 5.0, None)


EIGHTHS = st.integers(-8, 40).map(lambda count: count / 8)
"""Seconds whose sums are exact: two clocks that add in another order are not what is tried."""
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("set"), st.sampled_from("abcd"), EIGHTHS),
        st.tuples(st.just("cancel"), st.sampled_from("abcd"), st.just(0.0)),
        st.tuples(st.just("advance"), st.just(""), EIGHTHS.map(abs)),
    ),
    max_size=40,
)


@settings(deadline=None)
@given(STEPS)
def test_they_come_as_delayed_calls_of_their_own_would(steps: list[tuple[str, str, float]]) -> None:
    clock, other, heard, wanted = Clock(), Clock(), [], []  # type: ignore[var-annotated]
    sleeper = Sleeper(clock)
    own = {}  # type: ignore[var-annotated]
    for what, name, seconds in steps:
        if what == "advance":
            clock.advance(seconds)
            other.advance(seconds)
            continue
        sleeper.deadlines.pop(name, None)
        if name in own and own[name].active():
            own[name].cancel()
        if what == "set":
            sleeper.set(name, seconds, lambda name=name: heard.append(name))  # type: ignore[misc]
            own[name] = other.callLater(max(0.0, seconds), wanted.append, name)
    clock.advance(10.0)
    other.advance(10.0)
    assert heard == wanted
