"""So many in a second, in order, and none twice."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.task import Clock

from gateway.pace import STEP, Pace


def test_a_few_go_at_once_and_a_crowd_waits_its_turn() -> None:
    clock, went = Clock(), list[int]()
    pace = Pace(clock, 10)
    for number in range(25):
        pace.take(lambda number=number: went.append(number) or True)  # type: ignore[misc]
    assert went == [0]
    clock.pump([0.1] * 9)
    assert went == list(range(10))
    assert len(pace) == 15
    clock.pump([0.1] * 16)
    assert went == list(range(25))
    assert clock.getDelayedCalls() == [], "nothing ticks where nobody waits"


def test_who_no_longer_wants_its_turn_uses_none_up() -> None:
    clock, went = Clock(), list[int]()
    pace = Pace(clock, 2)
    for number in range(10):
        pace.take(lambda number=number: number % 5 == 4 and (went.append(number) or True))  # type: ignore[misc]
    clock.pump([0.5])
    assert went == [4, 9]


@given(st.lists(st.floats(0, 2), min_size=1, max_size=60), st.integers(1, 300))
def test_no_second_sees_more_than_a_handful_too_many(gaps: list[float], most: int) -> None:
    """A handful may come just before the second, and its successor just in it."""
    clock, at = Clock(), list[float]()
    pace = Pace(clock, most)
    for gap in gaps:
        clock.advance(gap)
        pace.take(lambda: at.append(clock.seconds()) or True)  # type: ignore[func-returns-value]
    clock.pump([max(0.1, 1 / most)] * (len(gaps) + 1))
    assert len(at) == len(gaps)
    for one in at:
        assert sum(one <= other < one + 0.999 for other in at) <= most + max(1, round(most * STEP))
