"""Each operation on one field: what it does, what it leaves alone, what argument it takes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.quirks.operation import OPERATIONS, compile_change, number, plain, spell
from gateway.quirks.path import Scene

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
    "now": True,
    "unset": ["Hz", 0],
    "move": "y",
    "add": {"key": "a"},
    "to_whole": True,
    "to_bool": True,
    "to_json": True,
    "from_json": True,
    "trim": True,
    "strip_control": True,
    "replace": {"find": "^[ab]{1,3}", "put": ""},
    "spelling": ["Hz"],
    "parts": {"most": 2},
    "clamp": {"least": 0, "most": 9},
    "zone": "+02:00",
    "local_as_utc": "+02:00",
    "not_before": "2020-01-01T00:00:00Z",
    "ahead": 60,
    "not_after": 60,
    "in_zone": "+02:00",
    "fraction": 3,
    "case": "upper",
    "from_epoch": "seconds",
    "shift": 60,
    "keep_clock": "Europe/Rome",
    "reverse_bytes": True,
    "radix": {"from": 10, "to": 16, "digits": 8},
    "local": "+02:00",
    "unskew": 60,
    "pem": "CERTIFICATE",
    "to_hex": "F0",
    "from_hex": "F0",
    "answer": {},
}
BY_THE_RULE = ("move", "answer", "give", "add")
NOW = datetime(2024, 5, 1, 12, tzinfo=UTC)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.decimals(allow_nan=False),
    st.text(max_size=8),
    st.lists(st.integers(), max_size=2),
)


def do(operation: str, argument: Any, value: Any) -> Any:
    return compile_change(operation, argument, False)({"a": 1, "x": value, "b": 2}, "x", Scene(now=NOW))


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
        ("unset", ["Hz", 0], "W", "W"),
        ("to_whole", True, "12.5", 13),
        ("to_whole", True, Decimal("-0.4"), 0),
        ("to_whole", True, "x", "x"),
        ("to_whole", "down", Decimal("8.8"), 8),
        ("to_whole", "down", "-0.4", -1),
        ("to_bool", True, 0, False),
        ("to_bool", True, " True ", True),
        ("to_bool", True, 2, 2),
        ("to_json", True, {"a": Decimal("1.50")}, '{"a":1.50}'),
        ("to_json", True, "x", "x"),
        ("from_json", True, ' {"a":1}', {"a": 1}),
        ("from_json", True, "{a}", "{a}"),
        ("trim", True, " a\n", "a"),
        ("strip_control", True, "AB\x01\x1f", "AB"),
        ("replace", {"find": "^0x([0-9A-F]{1,8})$", "put": r"\1"}, "0xAF", "AF"),
        ("spelling", ["Power"], " POWER", "Power"),
        ("spelling", ["Power"], "Powers", "Powers"),
        ("parts", {"most": 2}, "a, b,c", "a,b"),
        ("parts", {"without": ["b"]}, "a,b", "a"),
        ("parts", {"only": ["b"]}, "a,b", "b"),
        ("clamp", {"most": 0}, 3, 0),
        ("clamp", {"least": 1}, "0.5", "1"),
        ("clamp", {"least": 1}, "x", "x"),
        ("zone", "+02:00", "2024-05-01T12:00:00", "2024-05-01T10:00:00Z"),
        ("zone", "Europe/Rome", "2024-05-01 12:00:00.5", "2024-05-01T10:00:00.500Z"),
        ("zone", "+02:00", "2024-05-01T12:00:00Z", "2024-05-01T12:00:00Z"),
        ("local", "Europe/Rome", "2024-01-01T12:00:00Z", "2024-01-01T11:00:00Z"),
        ("local", "Europe/Rome", "2024-05-01T12:00:00+01:00", "2024-05-01T10:00:00Z"),
        ("local", "+01:00", "2024-05-01T12:00:00", "2024-05-01T11:00:00Z"),
        ("local", "Europe/Rome", "noon", "noon"),
        ("unskew", 60, "2024-05-01T09:00:00Z", "2024-05-01T09:00:00Z"),
        ("local_as_utc", "Europe/Rome", "2024-05-01T14:00:07Z", "2024-05-01T12:00:07Z"),
        ("local_as_utc", "Europe/Rome", "2024-05-01T12:00:07Z", "2024-05-01T12:00:07Z"),
        ("local_as_utc", "Europe/Rome", "2024-04-01T14:00:07Z", "2024-04-01T14:00:07Z"),
        ("not_before", "2020-01-01T00:00:00Z", "1970-01-01T00:00:09Z", "2024-05-01T12:00:00Z"),
        ("not_before", "2020-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "2024-05-01T12:00:00Z"),
        ("not_before", "2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z", "2021-01-01T00:00:00Z"),
        ("not_before", "2020-01-01T00:00:00Z", "yesterday", "yesterday"),
        ("not_after", 3600, "2024-05-01T13:00:01Z", "2024-05-01T12:00:00Z"),
        ("not_after", 3600, "2024-05-01T13:00:00Z", "2024-05-01T13:00:00Z"),
        ("not_after", 0, "tomorrow", "tomorrow"),
        ("in_zone", "Europe/Rome", "2024-05-01T12:00:00Z", "2024-05-01T14:00:00+02:00"),
        ("in_zone", "Europe/Rome", "2024-01-01T12:00:00.5Z", "2024-01-01T13:00:00.500+01:00"),
        ("in_zone", "Europe/Rome", "0001-01-01T00:00:00Z", "0001-01-01T00:49:56+00:49:56"),
        ("in_zone", "+02:00", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
        ("ahead", 3600, "2024-05-01T12:05:00Z", "2024-05-01T13:00:00Z"),
        ("ahead", 3600, "2024-05-01T11:00:00Z", "2024-05-01T11:00:00Z"),
        ("fraction", 3, "2024-05-01T12:05:00.1234567Z", "2024-05-01T12:05:00.123Z"),
        ("fraction", 0, "2024-05-01T12:05:00.1Z", "2024-05-01T12:05:00Z"),
        ("case", "upper", "04a2", "04A2"),
        ("case", "lower", "04A2", "04a2"),
        ("from_epoch", "seconds", 1714557600, "2024-05-01T10:00:00Z"),
        ("from_epoch", "milliseconds", "1714557600250", "2024-05-01T10:00:00.250Z"),
        ("from_epoch", "seconds", "2024-05-01T10:00:00Z", "2024-05-01T10:00:00Z"),
        ("from_epoch", "seconds", -1, -1),
        ("from_epoch", "seconds", 10**30, 10**30),
        ("shift", -3600, "2024-05-01T10:00:00Z", "2024-05-01T09:00:00Z"),
        ("shift", -3600, "0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ("pem", "CERTIFICATE", "MAAB", "-----BEGIN CERTIFICATE-----\nMAAB\n-----END CERTIFICATE-----\n"),
        ("pem", "CERTIFICATE", "hello", "hello"),
        ("truncate", 1, [{"limit": 6}, {"limit": 7}], [{"limit": 6}]),
        ("reverse_bytes", True, "04a1B2c3", "C3B2A104"),
        ("reverse_bytes", True, "04A", "04A"),
        ("reverse_bytes", True, "CARD-17", "CARD-17"),
        ("radix", {"from": 10, "to": 16, "digits": 8}, "2712847316", "A1B2C3D4"),
        ("radix", {"from": 16, "to": 10}, "0a", "10"),
        ("radix", {"from": 16, "to": 16, "digits": 4}, "a1", "00A1"),
        ("radix", {"from": 10, "to": 16}, "12A", "12A"),
        ("radix", {"from": 10, "to": 16}, "9" * 41, "9" * 41),
        ("to_hex", "F0", "ALI", "F0414C49"),
        ("to_hex", "F0", "CAFE", "CAFE"),
        ("from_hex", "F0", "f0414C49", "ALI"),
        ("from_hex", "F0", "F0FFFE", "F0FFFE"),
        ("scale", -1, 5, -5),
        ("scale", {"by": 230, "times": "a"}, 2, 460),
        ("scale", {"by": 230, "times": "no", "else": 3}, "1.5", "1035.0"),
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
def test_only_some_make_a_field(operation: str) -> None:
    if operation in BY_THE_RULE:
        return
    holder: dict[str, Any] = {"a": 1}
    made = compile_change(operation, ARGUMENTS[operation], False)(holder, "x", Scene())
    if operation in ("set", "default"):
        assert made == {"a": 1, "x": ARGUMENTS[operation]}
    elif operation == "now":
        assert made["x"]
    else:
        assert made is holder


def test_each_item_of_a_list() -> None:
    change = compile_change("to_text", True, True)
    assert change({"x": [1, "a", Decimal("2.0")]}, "x", Scene()) == {"x": ["1", "a", "2.0"]}
    untouched = {"x": ["a"]}
    assert change(untouched, "x", Scene()) is untouched
    no_list = {"x": 1}
    assert change(no_list, "x", Scene()) is no_list


@given(st.sampled_from(sorted(OPERATIONS)), SCALARS)
def test_doing_it_twice_is_doing_it_once(operation: str, value: Any) -> None:
    if not OPERATIONS[operation].repeatable or operation in BY_THE_RULE:
        return
    change = compile_change(operation, ARGUMENTS[operation], False)
    original = {"x": value}
    once = change(original, "x", Scene())
    assert change(once, "x", Scene()) is once
    assert original == {"x": value}


def test_scale_says_that_it_cannot_be_repeated() -> None:
    assert [name for name, operation in OPERATIONS.items() if not operation.repeatable] == [
        *("scale", "shift", "local", "unskew", "ahead", "keep_clock", "reverse_bytes", "radix")
    ]


@pytest.mark.parametrize(
    ("operation", "wrong"),
    [
        ("set", None), ("default", None), ("drop", False), ("rename", ""), ("rename", 3), ("to_text", "yes"), ("to_number", 1),
        ("wrap", "list"), ("unwrap", False), ("truncate", 0), ("truncate", True), ("truncate", Decimal("1.5")), ("enum", {}),
        ("enum", ["a"]), ("enum", {"a": None}), ("scale", 0), ("scale", "1000"), ("scale", True),
        ("scale", {"times": "x"}), ("scale", {"by": 2, "time": "x"}), ("replace", {"find": "(", "put": ""}),
        ("replace", {"find": "(a*)*", "put": ""}), ("replace", {"find": "a.*b.*c", "put": ""}),
        ("replace", {"find": "a", "put": r"\1"}),
        ("replace", {"find": "a"}), ("unset", []), ("unset", [{}]), ("parts", {}), ("parts", {"most": 0}),
        ("parts", {"first": 1}),
        ("clamp", {}), ("clamp", {"least": "0"}), ("zone", "Mars/North"), ("zone", "+25:00"), ("not_before", "2020-01-01"),
        ("ahead", 0), ("shift", 0), ("from_epoch", "days"), ("case", "title"),
        ("radix", {"from": 10}), ("radix", {"from": 10, "to": 8}), ("radix", {"from": 10, "to": 16, "digits": 0}),
        ("reverse_bytes", False), ("unskew", 0), ("local", "Mars/North"),
        ("to_whole", "up"), ("fraction", 7),
        ("fraction", True), ("spelling", []), ("to_hex", "xy"), ("answer", []), ("now", False),
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


@pytest.mark.parametrize("operation", ["zone", "local"])
@pytest.mark.parametrize(
    ("now", "told"),
    [
        ("2024-10-27T00:30:10", "2024-10-27T00:30:00Z"),  # the first 02:30 of the night in which clocks go back
        ("2024-10-27T01:24:50", "2024-10-27T00:30:00Z"),
        ("2024-10-27T01:30:10", "2024-10-27T01:30:00Z"),  # the second one
        ("2024-10-27T09:00:00", "2024-10-27T01:30:00Z"),
    ],
)
def test_the_hour_that_comes_twice(operation: str, now: str, told: str) -> None:
    change = compile_change(operation, "Europe/Rome", False)
    scene = Scene(now=datetime.fromisoformat(now).replace(tzinfo=UTC))
    assert change({"x": "2024-10-27T02:30:00"}, "x", scene) == {"x": told}


@pytest.mark.parametrize("operation", ["zone", "local"])
def test_the_hour_that_never_comes(operation: str) -> None:
    change = compile_change(operation, "Europe/Rome", False)
    assert change({"x": "2024-03-31T02:30:00"}, "x", Scene(now=NOW)) == {"x": "2024-03-31T01:30:00Z"}


@pytest.mark.parametrize(
    ("ahead", "before", "after"),
    [
        (-7200, "2024-05-01T10:00:00Z", "2024-05-01T12:00:00Z"),
        (-7200, "2024-05-01T08:15:00Z", "2024-05-01T10:15:00Z"),
        (-7200, "2024-05-01T11:30:00Z", "2024-05-01T11:30:00Z"),  # else it would not have come yet
        (7200, "2024-05-01T14:00:00Z", "2024-05-01T12:00:00Z"),
        (7200, "2024-05-01T13:00:00.5+00:00", "2024-05-01T11:00:00.500Z"),
        (7200, "2024-05-01T12:01:00Z", "2024-05-01T12:01:00Z"),  # it is right as it stands
        (60, "2024-05-01T11:00:00Z", "2024-05-01T11:00:00Z"),
        (-1714564790, "1970-01-01T00:00:10Z", "2024-05-01T12:00:00Z"),
        (-(10**11), "9999-01-01T00:00:00Z", "9999-01-01T00:00:00Z"),
        (7200, "yesterday", "yesterday"),
    ],
)
def test_a_clock_is_put_right_by_what_it_was_off(ahead: int, before: str, after: str) -> None:
    change = compile_change("unskew", 60, False)
    assert change({"x": before}, "x", Scene(now=NOW, skew=timedelta(seconds=ahead))) == {"x": after}
