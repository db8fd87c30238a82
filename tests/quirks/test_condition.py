"""Conditions: what may be said, and that what cannot be judged does not hold."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from quirk_toys import READINGS

from gateway.ladder.expressions import NotAllowed
from gateway.quirks.condition import compile_when, like, loosened
from gateway.quirks.path import Scene

NAMES = {"it": loosened(READINGS), "value": None, "top": loosened(READINGS), "asked": READINGS}
GOOD = {"connector": 1, "samples": [{"value": "5", "unit": "Q"}]}


@pytest.mark.parametrize(
    ("text", "it", "holds"),
    [
        ("it.connector == 1", GOOD, True),
        ("it.connector > 1", GOOD, False),
        ("it.connector > 1", {"connector": "x"}, False),
        ("it.connector > 1", {}, False),
        ("any(one.unit == 'Q' for one in it.samples)", GOOD, True),
        ("any(one.unit == 'Q' for one in it.samples)", {}, False),
        ("any(one.unit == 'Q' for one in it.samples)", {"samples": 3}, False),
        ("any(one.unit == 'Q' for one in it.samples)", {"samples": ["x"]}, False),
        ("count(1 for one in it.samples) == 1", GOOD, True),
        ("decimal(it.samples) == None", GOOD, True),
        ("text(it.connector) == '1'", GOOD, True),
        ("it.connector in (1, 2)", GOOD, True),
        ("it.connector not in it.samples", {"connector": 1}, True),
        ("top.connector == 1 and asked.connector == 2", GOOD, True),
        ("asked.connector == 1", GOOD, False),
        ("not value", GOOD, False),
    ],
)
def test_conditions(text: str, it: Any, holds: bool) -> None:
    assert compile_when(text, NAMES)(it, it, Scene(GOOD, {"connector": 2})) is holds


@pytest.mark.parametrize(
    "text",
    [
        "facts.running(1)",
        "it.conector",
        "open('x')",
        "it.__class__",
        "value.real",
        "[1]",
        "it.connector ** 9",
        "lambda: 1",
        "(",
        "x",
    ],
)
def test_what_may_not_be_said(text: str) -> None:
    with pytest.raises(NotAllowed):
        compile_when(text, NAMES)


def test_without_a_question_there_is_nothing_asked() -> None:
    assert compile_when("asked.connector == None", NAMES)({}, None, Scene()) is True


def test_like() -> None:
    fits = like(("CP*", "?"))
    assert [fits({}, value, Scene()) for value in ("CP7", "x", "xy", 7, Decimal(1), None, "C" * 5000)] == [
        True, True, False, False, False, False, False,
    ]  # fmt: skip
