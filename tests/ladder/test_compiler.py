"""What the shipped table does not use, on the example of the manual: scales, defaults, texts, and what may not run."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from gateway.dialects.load import read_text
from gateway.dialects.schema import Enum, Field, Scalar, Shape
from gateway.ladder.compiler import Run, compile_expression
from gateway.ladder.expressions import NotAllowed, parse
from gateway.ladder.facts import Recorded
from gateway.ladder.given import GIVEN
from gateway.ladder.pairs import Key
from gateway.ladder.tables import Table
from gateway.source import loads
from tests.ladder.test_manual import blocks

ACME = {d.name: d for d in (read_text(block) for block in blocks() if block.startswith("dialect:"))}
TABLE = Table.build(loads(next(block for block in blocks() if block.startswith("ladder:"))), "manual", ACME)
SHAPE = Shape(
    "Thing", {n: Field(n, t) for n, t in (("a", Scalar("integer")), ("s", Scalar("string")), ("e", Enum("E", ("x", "y"))))}
)


def right(**fields: Any) -> Any:
    payload = {"port": 1, "energy": 1, "state": "Idle", "cause": "Local", **fields}
    return TABLE.translate(Key("Report", "Report", "call", ">"))(payload, Run(Recorded(), []))


def left(**fields: Any) -> Any:
    payload = {"connector": 1, "energy": Decimal(1), "state": "Idle", **fields}
    return TABLE.translate(Key("Report", "Report", "call", "<"))(payload, Run(Recorded(), []))


@pytest.mark.parametrize(("wh", "kwh"), [(1, "0.001"), (12345, "12.345"), (0, "0"), (-7, "-0.007"), (10**15, "1000000000000")])
def test_a_scale_is_exact(wh: int, kwh: str) -> None:
    assert right(energy=wh)["energy"] == Decimal(kwh)
    assert left(energy=Decimal(kwh))["energy"] == wh
    assert "E" not in str(right(energy=wh)["energy"])


def test_what_is_between_two_whole_numbers_is_rounded_half_up() -> None:
    assert [left(energy=Decimal(text))["energy"] for text in ("0.0004", "0.0005", "0.0015", "0.0025")] == [0, 1, 2, 3]


def test_a_default_stands_for_what_is_absent() -> None:
    assert left()["cause"] == "Local"
    assert left(cause="Far")["cause"] == "Remote"


def test_a_field_may_be_made_of_others() -> None:
    assert (right()["source"], right(serial="7")["source"]) == ("acme", "acme 7")


@pytest.mark.parametrize(
    "text",
    [
        "it.a.real",
        "it['a']",
        "().__class__",
        "[x for x in it]",
        "lambda: 1",
        "it.get('a')",
        "open('x')",
        "f'{it.a}'",
        "it.a ** 9",
        "1.5",
        "facts.__class__",
        "facts",
        "eval('1')",
        "any(1)",
        "it.a + it.s",
        "it.nope",
        "it.e == 'z'",
        "(x := 1)",
        "decimal(1, 2)",
        "text(x=1)",
        "__import__('os')",
        "it.a if",
        "b'x'",
        "'a' * 10 ** 9",
    ],
)
def test_what_is_no_expression_of_ours_is_refused(text: str) -> None:
    if text == "facts":
        assert parse(text, {"facts": None}).type is None  # a name, and nothing that a table could do with it
        return
    with pytest.raises(NotAllowed):
        parse(text, {"it": SHAPE, "facts": None})


def test_compiled_code_sees_no_builtins() -> None:
    made = compile_expression(parse("it.a + 1", {"it": SHAPE}))
    assert made.__globals__["__builtins__"] == {}
    assert made({"a": 2}, Run(Recorded(), [])) == 3


def test_no_number_is_never_zero() -> None:
    assert [GIVEN["decimal"](text) for text in ("1.50", "x", "NaN", "", None)] == [Decimal("1.50"), None, None, None, None]
