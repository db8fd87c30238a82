"""The cheap test in front of the rules: where it says that nothing would change, nothing does."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_operation import ARGUMENTS, BY_THE_RULE

from gateway.quirks import path as paths
from gateway.quirks.guards import GUARDS, compiled
from gateway.quirks.operation import OPERATIONS, compile_change
from gateway.quirks.path import Scene

NOW = Scene(now=datetime(2024, 5, 1, 12, tzinfo=UTC))
WORDS: list[Any] = ["", " a", "abcd", "Hz", "hz", "0", "1", "7", "true", "MAAB", "F0414C", "a,b,c", "[1]", "A\x01"]
WORDS += ["2024-05-01T10:00:00", "1970-01-01T00:00:00Z", "2024-05-01T14:00:00Z", "2024-05-01T12:00:30.1234Z"]
WORDS += [None, 0, 5, 12, True, [], [1], {}, {"key": "a"}]
VALUES = (
    st.sampled_from(WORDS)
    | st.text(max_size=6)
    | st.integers(-20, 20)
    | st.decimals(allow_nan=False, places=2, min_value=-9, max_value=9)
)
HOLDERS = st.dictionaries(st.sampled_from(["x", "y"]), VALUES, max_size=2)
ITEMS = st.lists(HOLDERS | VALUES, max_size=3) | VALUES
PAYLOADS = (
    st.fixed_dictionaries({}, optional={"x": VALUES | st.lists(VALUES, max_size=3), "list": ITEMS, "one": HOLDERS | VALUES})
    | VALUES
)
PLACES = ["x", "list[].x", "one.x", "x[]"]


def rules(operation: str, place: str) -> tuple[Any, Any]:
    path = paths.parse(place)
    change = compile_change(operation, ARGUMENTS[operation], path.steps[-1][1])
    return path, change


@pytest.mark.parametrize("operation", sorted(set(OPERATIONS) - set(BY_THE_RULE)))
@given(payload=PAYLOADS, place=st.sampled_from(PLACES))
def test_what_is_idle_does_not_change(operation: str, payload: Any, place: str) -> None:
    if place.endswith("[]") and not OPERATIONS[operation].single:
        return
    path, change = rules(operation, place)
    idle = compiled([(operation, ARGUMENTS[operation], path.steps)], [])
    if idle(payload):
        assert paths.rewrite(payload, path.steps, change, NOW) is payload


@given(payload=PAYLOADS)
def test_woven_guards_are_those_of_each(payload: Any) -> None:
    listed = [("to_text", True, paths.parse("list[].x").steps), ("trim", True, paths.parse("list[].y").steps),
              ("enum", {"Hz": "V", "7": 8}, paths.parse("one.x").steps), ("drop", True, paths.parse("x").steps)]  # fmt: skip
    each = [compiled([one], [])(payload) for one in listed]
    assert compiled(listed, [])(payload) is all(each)


def test_sound_messages_are_idle() -> None:
    listed = [("to_text", True, paths.parse("list[].x").steps), ("zone", "+02:00", paths.parse("time").steps)]
    idle = compiled(listed, [lambda payload: payload.get("odd") is not None])
    assert idle({"list": [{"x": "1"}, {}], "time": "2024-05-01T10:00:00Z"})
    assert not idle({"list": [{"x": 1}]})
    assert not idle({"list": ["x"]})
    assert not idle({"odd": 1})
    assert not idle([])


def test_every_operation_has_a_guard_but_those_that_the_rule_does() -> None:
    assert set(OPERATIONS) - set(GUARDS) == {"answer", "add", "give"}
