"""Text repairs: each on what it mends, on what it must leave alone, and on anything."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.quirks import text
from gateway.source import Checker, loads

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(alphabet='ab[]{},"\\', max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(alphabet='a[{,"', max_size=3), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('[3,"1",{"configurationKey":[]', '[3,"1",{"configurationKey":[]}]'),
        ("[", "[]"),
        ('[{"a":"]}"', '[{"a":"]}"}]'),
        ("[1]", "[1]"),
        ("[1]]", "[1]]"),
        ("[{]", "[{]"),
        ('["broken', '["broken'),
        ("", ""),
    ],
)
def test_balance_brackets(before: str, after: str) -> None:
    assert text.balance_brackets(before) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('{"sampledValue":[,{"value":"1"}]}', '{"sampledValue":[{"value":"1"}]}'),
        ("[ ,\n 1]", "[ \n 1]"),
        ("[,,1]", "[1]"),
        ('{,"a":1}', '{"a":1}'),
        ('["[,",[,2]]', '["[,",[2]]'),
        ("[1,2]", "[1,2]"),
        ('["a\\"[,"]', '["a\\"[,"]'),
        ('["open [,', '["open [,'),
        ('["a",,1]', '["a",,1]'),
        ("[null,1]", "[null,1]"),
    ],
)
def test_drop_leading_comma(before: str, after: str) -> None:
    assert text.drop_leading_comma(before) == after


def test_strip_control_keeps_what_separates_tokens() -> None:
    assert text.strip_control('[\t2,\r\n"a\x00b\x1f\x7f"]') == '[\t2,\r\n"ab"]'


def test_replace_is_literal() -> None:
    assert text.replace("N.aN", "null")("[N.aN,NxaN]") == "[null,NxaN]"


@given(st.sampled_from(sorted(text.NAMED)), st.text(alphabet='[]{},:"\\ ab1\x00\n', max_size=40))
def test_twice_is_once_on_anything(name: str, raw: str) -> None:
    once = text.NAMED[name](raw)
    assert text.NAMED[name](once) == once


@given(st.sampled_from(sorted(text.NAMED)), JSON)
def test_sound_json_is_left_alone(name: str, value: object) -> None:
    raw = json.dumps(value)
    assert text.NAMED[name](raw) is raw


@given(JSON, st.integers(1, 4))
def test_missing_closing_brackets_come_back(value: object, cut: int) -> None:
    raw = json.dumps([2, value])
    while cut and raw[-1] in "]}":
        raw, cut = raw[:-1], cut - 1
    assert json.loads(text.balance_brackets(raw)) == [2, value]


@pytest.mark.parametrize(
    ("yaml", "says"),
    [
        ("r: strip_control", "no list of text repairs"),
        ("r: []", "no list of text repairs"),
        ("r: [strip_controls]", "did you mean 'strip_control'"),
        ("r: [{balance_brackets: true}]", "not a text repair"),
        ("r: [{replace: {from: a}}]", "lacks the key 'to'"),
        ("r: [{replace: {from: '', to: b}}]", "from not empty"),
        ("r: [{replace: {from: 1, to: b}}]", "quoted text"),
        ("r: [{replace: {from: a, to: aa}}]", "stands in its replacement"),
    ],
)
def test_faults_are_named(yaml: str, says: str) -> None:
    check = Checker()
    assert text.read_text_rules(check, loads(yaml), "r") == ()
    assert len(check.faults) == 1
    assert says in str(check.faults[0])


@given(st.text())
def test_beyond_ascii_the_same_is_said_in_ascii(value: str) -> None:
    said = json.dumps([2, "1", value], ensure_ascii=False)
    made = text.escape_non_ascii(said)
    assert made.isascii()
    assert json.loads(made) == json.loads(said)
