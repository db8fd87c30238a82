"""Conditions: what may be said, and that what cannot be judged does not hold."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from quirk_toys import READINGS

from gateway.ladder.expressions import NotAllowed
from gateway.quirks.condition import Given, compile_when, like, loosened
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
        ("facts.running(it.connector)", GOOD, True),
        ("facts.running(2)", GOOD, False),
        ("facts.transaction(0) == 7", GOOD, True),
        ("found(one(s.value for s in it.samples), '[0-9]') == '5'", GOOD, True),
        ("found('ab', 'a(.)') == 'b' and found('ab', 'x') == None and found(it.samples, 'a') == None", GOOD, True),
        ("like('L1-N', 'L?-N') and not like(it.connector, '*')", GOOD, True),
        ("total(s.value for s in it.samples) == 12", {"samples": [{"value": "5"}, {"value": 7}]}, True),
        ("total(s.value for s in it.samples) == None", {"samples": [{"value": "5"}, {"value": "x"}]}, True),
        ("total(s.value for s in it.samples) == None", {"samples": []}, True),
        ("text(it.connector) == None", {}, True),
    ],
)
def test_conditions(text: str, it: Any, holds: bool) -> None:
    facts = Given({"running": {"1": True}, "transaction": {"0": 7}})
    assert compile_when(text, NAMES)(it, it, Scene(GOOD, {"connector": 2}, facts=facts)) is holds


@pytest.mark.parametrize(
    "text",
    [
        "facts.runing(1)",
        "facts.running()",
        "found(it.connector, value)",
        "found(value, '(a')",
        "found(value, '(a+)+b')",
        "like(value, it.connector)",
        "total(it.samples)",
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


def test_without_a_session_no_fact_holds() -> None:
    assert compile_when("facts.running(1)", NAMES)({}, None, Scene()) is False
    assert compile_when("not facts.running(1)", NAMES)({}, None, Scene()) is False


def test_like() -> None:
    fits = like(("CP*", "?"))
    assert [fits({}, value, Scene()) for value in ("CP7", "x", "xy", 7, Decimal(1), None, "C" * 5000)] == [
        True, True, False, False, False, False, False,
    ]  # fmt: skip
