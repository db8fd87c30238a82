"""Turns at a back end: never more backlogs than allowed, live messages at once, nobody forgotten."""

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
    assert [one.take(live=False) for one in (a, b, c, d)] == [True, True, False, False]
    assert c.take(live=False) is False, "asking again keeps the place"
    a.end()
    assert (come, c.held, d.held) == (["c"], True, False)
    assert a.take(live=False) is False, "who had one goes to the end of the line"
    b.end()
    c.end()
    assert come == ["c", "d", "a"]


def test_what_is_live_goes_at_once_and_backlogs_get_what_it_leaves() -> None:
    turns, come = Turns(1), list[str]()
    a, b, c = (of(turns, come, name) for name in "abc")
    assert a.take(live=False)
    assert [b.take(live=False), c.take(live=False), c.take(live=True)] == [False, False, True]
    assert len(turns) == 1, "who has a turn does not wait any more"
    a.end()
    assert come == [], "the live one has the only turn"
    c.end()
    assert come == ["b"]


def test_who_goes_away_leaves_the_line_and_gives_back_what_it_had() -> None:
    turns, come = Turns(1), list[str]()
    a, b, c = (of(turns, come, name) for name in "abc")
    assert [one.take(live=False) for one in (a, b, c)] == [True, False, False]
    b.end()
    a.end()
    a.end()
    assert (come, len(turns)) == (["c"], 0)
    c.end()
    assert b.take(live=False), "twice done gives back one turn"
    assert not a.take(live=False)


def test_a_crowd_that_has_nothing_to_say_is_served_in_one_loop() -> None:
    turns = Turns(1)
    first, crowd = Turn(turns), [Turn(turns) for _ in range(5000)]
    assert first.take(live=False)
    for one in crowd:
        one.come = one.end
        one.take(live=False)
    first.end()
    assert (len(turns), first.take(live=False)) == (0, True)


@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from(["take", "live", "end"])), max_size=60), st.integers(1, 3))
def test_whatever_happens_none_is_lost_and_none_too_many(deeds: list[tuple[int, str]], most: int) -> None:
    turns = Turns(most)
    crowd = [Turn(turns) for _ in range(6)]
    wanted: set[int] = set()
    for number, deed in deeds:
        if deed == "end":
            crowd[number].end()
            wanted.discard(number)
        else:
            assert crowd[number].take(deed == "live") or deed == "take"
            wanted.add(number)
        held = {number for number, one in enumerate(crowd) if one.held}
        live = {number for number in held if crowd[number].live}
        assert held <= wanted
        assert len(held - live) <= most
        assert len(held) >= min(most, len(wanted)), "no turn lies idle while somebody wants one"
