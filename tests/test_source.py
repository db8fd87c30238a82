"""What a data file may be, and how its mistakes are told."""

from __future__ import annotations

import contextlib
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.source import Checker, Fault, Map, SourceError, line_of, load, loads, nearest


def faults(text: str) -> list[str]:
    with pytest.raises(SourceError) as caught:
        loads(text, "f.yaml")
    return [str(fault) for fault in caught.value.faults]


def test_values_are_what_an_operator_means() -> None:
    top = loads('a: no\nb: 012345\nc: 1:20:30\nd: 1.50\ne: true\nf: 7\ng: "7"\nh:\ni: -3\nj: 1_000\nk: 1.6\n')
    assert top == {
        "a": "no", "b": "012345", "c": "1:20:30", "d": Decimal("1.50"), "e": True, "f": 7, "g": "7", "h": None, "i": -3,
        "j": "1_000", "k": Decimal("1.6"),
    }  # fmt: skip
    assert str(top["d"]) == "1.50"


def test_every_key_and_item_knows_its_line() -> None:
    top = loads("a: 1\nb:\n  c: 2\n  d:\n    - x\n    - y\n", "f.yaml")
    assert (line_of(top, "b"), line_of(top["b"], "d"), line_of(top["b"]["d"], 1)) == (2, 4, 6)
    assert top["b"].file == "f.yaml"


def test_a_key_that_stands_twice_is_a_fault() -> None:
    assert faults("a: 1\nb: 2\na: 3\n") == ["f.yaml:3: the key 'a' stands twice; expected once (first at line 1)"]


@pytest.mark.parametrize(
    "text",
    ["a: !!python/object/apply:os.system ['x']", "- a", "a: [1", "\tb: 1", "a: &x [*x]", "{a: 1}: 2", "just text"],
)
def test_what_is_no_data_file_is_refused(text: str) -> None:
    assert faults(text)


def test_an_alias_bomb_is_refused_before_it_explodes() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    assert "aliased" in faults("\n".join(lines))[0]


def test_depth_is_bounded() -> None:
    assert "deep" in faults("a: " + "[" * 100 + "]" * 100)[0]


def test_a_file_that_cannot_be_read_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be read"):
        load(tmp_path / "none.yaml")


def test_an_unknown_key_names_the_nearest() -> None:
    top, check = loads("conector: 1\n", "f.yaml"), Checker()
    check.keys(top, "a thing", ["connector"])
    with pytest.raises(SourceError) as caught:
        check.raise_if_any()
    assert "did you mean 'connector'?" in str(caught.value)
    assert len(caught.value.faults) == 2, "unknown, and missing"


def test_nearest_needs_some_likeness() -> None:
    assert nearest("idtag", ["idTag", "status"]) == "idTag"
    assert nearest("zzz", ["idTag", "status"]) == ""


def test_faults_sort_by_place() -> None:
    assert sorted([Fault("b", 1, "x"), Fault("a", 9, "y")])[0].file == "a"


@given(st.text(max_size=200))
def test_no_text_makes_it_crash(text: str) -> None:
    with contextlib.suppress(SourceError):
        assert isinstance(loads(text), Map)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a:\n  b: 1\n   c: 2\n", "3: not YAML: mapping values are not allowed in this context; expected the key in one column"),
        ("a:\n  b: 1\n c: 2\n", "3: not YAML"),
        ("title: It says: hello\n", "expected quotes around a text with a colon in it"),
    ],
)
def test_a_slip_of_yaml_is_told_with_what_was_probably_meant(text: str, says: str) -> None:
    with pytest.raises(SourceError) as caught:
        loads(text)
    assert says in str(caught.value)
