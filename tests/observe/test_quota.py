"""A minute's lines are bounded by kind and in all."""

from __future__ import annotations

from gateway.observe.quota import Quota


def test_so_many_of_a_kind_and_the_last_says_so() -> None:
    quota = Quota(most=3)
    assert [quota.take("a", 60.0 + second) for second in range(5)] == ["write", "write", "last", "leave", "leave"]
    assert quota.take("b", 66.0) == "write"


def test_a_new_minute_begins_anew() -> None:
    quota = Quota(most=1)
    assert [quota.take("a", at) for at in (60.0, 119.9, 120.0)] == ["last", "leave", "last"]


def test_ever_new_kinds_are_bounded_and_not_remembered() -> None:
    quota = Quota(most=3, most_in_all=10)
    words = [quota.take(number, 60.0) for number in range(1000)]
    assert words == ["write"] * 9 + ["last"] + ["leave"] * 990
    assert len(quota._of) <= 10
