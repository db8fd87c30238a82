"""Turns at a back end: never more than allowed, those for whom somebody waits first, nobody forgotten."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.turns import Turn, Turns


def of(turns: Turns, come: list[str], name: str) -> Turn:
    turn = Turn(turns)
    turn.come = lambda: come.append(name)
    return turn


def test_only_so_many_hold_one_and_the_next_comes_when_one_is_done() -> None:
    turns, come = Turns(2), list[str]()
    a, b, c, d = (of(turns, come, name) for name in "abcd")
    assert [one.take(urgent=False) for one in (a, b, c, d)] == [True, True, False, False]
    assert c.take(urgent=False) is False, "asking again keeps the place"
    a.end()
    assert (come, c.held, d.held) == (["c"], True, False)
    assert a.take(urgent=False) is False, "who had one goes to the end of the line"
    b.end()
    c.end()
    assert come == ["c", "d", "a"]


def test_who_is_waited_for_goes_first() -> None:
    turns, come = Turns(1), list[str]()
    a, b, c = (of(turns, come, name) for name in "abc")
    assert a.take(urgent=False)
    assert [b.take(urgent=False), c.take(urgent=False), c.take(urgent=True)] == [False, False, False]
    assert len(turns) == 2
    a.end()
    c.end()
    assert come == ["c", "b"]


def test_who_goes_away_leaves_the_line_and_gives_back_what_it_had() -> None:
    turns, come = Turns(1), list[str]()
    a, b, c = (of(turns, come, name) for name in "abc")
    assert [one.take(urgent=False) for one in (a, b, c)] == [True, False, False]
    b.end()
    a.end()
    a.end()
    assert (come, len(turns)) == (["c"], 0)
    c.end()
    assert b.take(urgent=False), "twice done gives back one turn"
    assert not a.take(urgent=False)


def test_a_crowd_that_has_nothing_to_say_is_served_in_one_loop() -> None:
    turns = Turns(1)
    first, crowd = Turn(turns), [Turn(turns) for _ in range(5000)]
    assert first.take(urgent=False)
    for one in crowd:
        one.come = one.end
        one.take(urgent=False)
    first.end()
    assert (len(turns), first.take(urgent=False)) == (0, True)


@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from(["take", "urgent", "end"])), max_size=60), st.integers(1, 3))
def test_whatever_happens_none_is_lost_and_none_too_many(deeds: list[tuple[int, str]], most: int) -> None:
    turns = Turns(most)
    crowd = [Turn(turns) for _ in range(6)]
    wanted: set[int] = set()
    for number, deed in deeds:
        if deed == "end":
            crowd[number].end()
            wanted.discard(number)
        else:
            crowd[number].take(deed == "urgent")
            wanted.add(number)
        held = {number for number, one in enumerate(crowd) if one.held}
        assert held <= wanted
        assert len(held) == min(most, len(wanted)), "no turn lies idle while somebody wants one"
