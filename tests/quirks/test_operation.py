"""Each operation on one field: what it does, what it leaves alone, what argument it takes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.quirks.operation import OPERATIONS, compile_change, number, plain, spell

ARGUMENTS: dict[str, Any] = {
    "set": 0,
    "default": "Sample.Periodic",
    "drop": True,
    "rename": "y",
    "to_text": True,
    "to_number": True,
    "wrap": True,
    "unwrap": True,
    "truncate": 3,
    "enum": {"Hz": "A", "0": False},
    "scale": 1000,
}
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.decimals(allow_nan=False),
    st.text(max_size=8),
    st.lists(st.integers(), max_size=2),
)


def do(operation: str, argument: Any, value: Any) -> Any:
    return compile_change(operation, argument, False)({"a": 1, "x": value, "b": 2}, "x")


@pytest.mark.parametrize(
    ("operation", "argument", "value", "after"),
    [
        ("set", 0, 3, 0),
        ("set", False, 0, False),
        ("set", {"a": [1]}, None, {"a": [1]}),
        ("default", "W", None, "W"),
        ("default", "W", "kW", "kW"),
        ("to_text", True, 5, "5"),
        ("to_text", True, Decimal("604.2130"), "604.2130"),
        ("to_text", True, Decimal("1E+3"), "1000"),
        ("to_text", True, Decimal("1E+999999"), "1E+999999"),
        ("to_text", True, True, "true"),
        ("to_text", True, "5", "5"),
        ("to_text", True, None, None),
        ("to_number", True, " 12 ", 12),
        ("to_number", True, "-1.50", Decimal("-1.50")),
        ("to_number", True, "1e5", "1e5"),
        ("to_number", True, "9" * 31, "9" * 31),
        ("to_number", True, "", ""),
        ("wrap", True, {"k": 1}, [{"k": 1}]),
        ("wrap", True, [1], [1]),
        ("wrap", True, None, None),
        ("unwrap", True, [7], 7),
        ("unwrap", True, [7, 8], [7, 8]),
        ("unwrap", True, 7, 7),
        ("truncate", 3, "abcdef", "abc"),
        ("truncate", 3, "abc", "abc"),
        ("truncate", 3, 123456, 123456),
        ("enum", {"Hz": "A"}, "Hz", "A"),
        ("enum", {"Hz": "A"}, "hz", "hz"),
        ("enum", {"0": False}, 0, False),
        ("enum", {"True": "x"}, True, True),
        ("scale", 1000, 2, 2000),
        ("scale", 1000, "1.5", "1500.0"),
        ("scale", Decimal("0.001"), "1250", "1.250"),
        ("scale", 1000, "abc", "abc"),
        ("scale", 1000, True, True),
        ("scale", 1000, Decimal("1E+999999"), Decimal("1E+999999")),
    ],
)
def test_one_value(operation: str, argument: Any, value: Any, after: Any) -> None:
    made = do(operation, argument, value)
    assert list(made) == ["a", "x", "b"]
    assert made["x"] == after
    assert type(made["x"]) is type(after)


@pytest.mark.parametrize(("operation", "argument"), [("to_text", True), ("enum", {"1": 2}), ("scale", 10)])
def test_a_number_too_long_to_spell_is_left_alone(operation: str, argument: Any) -> None:
    huge = 10**5000
    assert do(operation, argument, huge)["x"] is huge


def test_scaling_is_exact_beyond_the_usual_precision() -> None:
    digits = Decimal("1234567890123456789012345678.901234567890")
    assert do("scale", Decimal("3"), digits)["x"] == Decimal("3703703670370370367037037036.703703703670")


def test_a_field_can_go_and_change_its_name_in_its_place() -> None:
    assert do("drop", True, 1) == {"a": 1, "b": 2}
    assert list(do("rename", "y", 1)) == ["a", "y", "b"]
    assert do("rename", "a", 1) == {"a": 1, "x": 1, "b": 2}  # the right one is there already: nothing is overwritten


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_only_set_and_default_make_a_field(operation: str) -> None:
    holder: dict[str, Any] = {"a": 1}
    made = compile_change(operation, ARGUMENTS[operation], False)(holder, "x")
    if operation in ("set", "default"):
        assert made == {"a": 1, "x": ARGUMENTS[operation]}
    else:
        assert made is holder


def test_each_item_of_a_list() -> None:
    change = compile_change("to_text", True, True)
    assert change({"x": [1, "a", Decimal("2.0")]}, "x") == {"x": ["1", "a", "2.0"]}
    untouched = {"x": ["a"]}
    assert change(untouched, "x") is untouched
    no_list = {"x": 1}
    assert change(no_list, "x") is no_list


@given(st.sampled_from(sorted(OPERATIONS)), SCALARS)
def test_doing_it_twice_is_doing_it_once(operation: str, value: Any) -> None:
    if not OPERATIONS[operation].repeatable:
        return
    change = compile_change(operation, ARGUMENTS[operation], False)
    original = {"x": value}
    once = change(original, "x")
    assert change(once, "x") is once
    assert original == {"x": value}


def test_scale_says_that_it_cannot_be_repeated() -> None:
    assert [name for name, operation in OPERATIONS.items() if not operation.repeatable] == ["scale"]


@pytest.mark.parametrize(
    ("operation", "wrong"),
    [
        ("set", None), ("default", None), ("drop", False), ("rename", ""), ("rename", 3), ("to_text", "yes"), ("to_number", 1),
        ("wrap", "list"), ("unwrap", False), ("truncate", 0), ("truncate", True), ("truncate", Decimal("1.5")), ("enum", {}),
        ("enum", ["a"]), ("enum", {"a": None}), ("scale", 0), ("scale", "1000"), ("scale", True),
    ],
)  # fmt: skip
def test_wrong_arguments_are_refused(operation: str, wrong: Any) -> None:
    assert not OPERATIONS[operation].accepts(wrong)
    assert OPERATIONS[operation].accepts(ARGUMENTS[operation])


@given(
    st.integers(-(10**20), 10**20)
    | st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**9), max_value=10**9)
)
def test_a_number_spelled_reads_back(value: int | Decimal) -> None:
    assert number(spell(value)) == value


def test_plain_forgets_lines_but_no_values() -> None:
    from gateway import source

    made = plain(source.loads("a: [1, {b: c}]"))
    assert made == {"a": [1, {"b": "c"}]}
    assert type(made) is dict
    assert type(made["a"]) is list
    assert type(made["a"][1]) is dict
