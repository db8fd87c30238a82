"""Repairs of frames: each on what it mends and on what it must leave alone; and regular expressions in time."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.quirks.bounded import bounded
from gateway.quirks.frame import ANSWERING, NAMED, on_text, read_frame_rules, with_number_id
from gateway.quirks.text import TextRule
from gateway.source import Checker, loads

SOUND = ['[2,"1","Heartbeat",{}]', '[3,"1",{"a":1.50}]', '[4,"1","InternalError","why",{}]']
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("type_to_number", '["2","1","A",{}]', '[2,"1","A",{}]'),
        ("type_to_number", '["9","1"]', '["9","1"]'),
        ("id_to_text", '[2,17,"A",{}]', '[2,"17","A",{}]'),
        ("id_to_text", '[2,true,"A",{}]', '[2,true,"A",{}]'),
        ("null_payload", '[2,"1","A",null]', '[2,"1","A",{}]'),
        ("null_payload", '[3,"1",""]', '[3,"1",{}]'),
        ("missing_payload", '[2,"1","A"]', '[2,"1","A",{}]'),
        ("missing_payload", '[3,"1"]', '[3,"1",{}]'),
        ("text_payload", '[2,"1","A","{\\"a\\":1.50}"]', '[2,"1","A",{"a":1.50}]'),
        ("text_payload", '[2,"1","A","hello"]', '[2,"1","A","hello"]'),
        ("action_in_result", '[3,"1","A",{}]', '[3,"1",{}]'),
        ("extra_items", '[3,"1",{},null]', '[3,"1",{}]'),
        ("extra_items", '[2,"1","A",{},7]', '[2,"1","A",{}]'),
        ("error_items", '[4,"1","InternalError"]', '[4,"1","InternalError","",{}]'),
        ("error_items", '[4,"1"]', '[4,"1","GenericError","",{}]'),
        ("error_items", '[4,"1","X",null,"why"]', '[4,"1","X","",{"text":"why"}]'),
    ],
)
def test_each(name: str, before: str, after: str) -> None:
    assert on_text(NAMED[name][0])(before) == after


@pytest.mark.parametrize("name", sorted(NAMED))
@pytest.mark.parametrize("text", [*SOUND, "[", "{}", "7", "[]", "null"])
def test_what_is_sound_or_no_frame_stays(name: str, text: str) -> None:
    assert on_text(NAMED[name][0])(text) is text


@given(st.sampled_from(sorted(NAMED)), JSON)
def test_twice_is_once_on_anything(name: str, frame: object) -> None:
    mend = on_text(NAMED[name][0])
    once = mend(json.dumps(frame))
    assert mend(once) == once


def answering(name: str) -> TextRule:
    [rule] = read_frame_rules(Checker(), loads(f"r: [{name}]"), "r", ())
    return rule


@pytest.mark.parametrize(
    ("name", "open", "before", "after"),
    [
        ("id_spelling", ["ab-1"], '[3,"AB-1",{}]', '[3,"ab-1",{}]'),
        ("id_spelling", ["ab-1"], '[3,"\\"{ab1} \\"",{}]', '[3,"ab-1",{}]'),
        ("id_spelling", ["17", "18"], "[3,17,{}]", '[3,"17",{}]'),
        ("id_spelling", ["ab-1"], '[3,"ab-2",{}]', '[3,"ab-2",{}]'),
        ("id_spelling", ["a-b", "A-B"], '[3,"ab",{}]', '[3,"ab",{}]'),
        ("id_spelling", ["ab-1"], '[2,"AB-1","A",{}]', '[2,"AB-1","A",{}]'),
        ("id_spelling", ["ab-1"], '[4,"AB-1","InternalError","",{}]', '[4,"ab-1","InternalError","",{}]'),
        ("id_in_turn", ["a", "b"], '[3,"z",{}]', '[3,"b",{}]'),
        ("id_in_turn", ["a", "b"], '[3,"a",{}]', '[3,"a",{}]'),
        ("id_in_turn", ["a"], "[3,null,{}]", '[3,"a",{}]'),
        ("id_in_turn", ["a"], "[3,[1],{}]", '[3,"a",{}]'),
        ("id_in_turn", [], '[3,"z",{}]', '[3,"z",{}]'),
        ("id_in_turn", ["a"], '[2,"z","A",{}]', '[2,"z","A",{}]'),
    ],
)
def test_answers_get_the_id_of_their_call(name: str, open: list[str], before: str, after: str) -> None:
    assert answering(name).apply(before, open) == after


@given(st.sampled_from(sorted(ANSWERING)), JSON, st.lists(st.text(max_size=3), unique=True))
def test_ids_are_mended_once_on_anything(name: str, frame: object, open: list[str]) -> None:
    rule = answering(name)
    once = rule.apply(json.dumps(frame), open)
    assert rule.apply(once, open) == once


def test_the_number_comes_back() -> None:
    assert with_number_id('[3,"17",{"a":"17"}]') == '[3,17,{"a":"17"}]'
    assert with_number_id('[4,"a17","X","",{}]') == '[4,"a17","X","",{}]'


@pytest.mark.parametrize(
    ("yaml", "says"), [("r: []", "no list of frame repairs"), ("r: [id_to_txt]", "did you mean 'id_to_text'")]
)
def test_faults_are_named(yaml: str, says: str) -> None:
    check = Checker()
    assert read_frame_rules(check, loads(yaml), "r", ("Heartbeat",)) == ()
    assert says in str(check.faults[0])


@pytest.mark.parametrize("text", ["^V([0-9]+)$", "a{1,9}b{0,9}", "x|yy", r"\s{0,3}:", "(?:abc)?", "[^,]{1,40},"])
def test_expressions_that_may_stand(text: str) -> None:
    assert bounded(text, 4096).pattern == text


@pytest.mark.parametrize(
    "text", ["(a+)+", "(a*)*b", "a+b+c", r"(a)\1", "a(?=b)", "(", "a" * 500, "(?:a{1,9}){1,9}", "[a-z]{1,99}[a-z]{1,999}"]
)
def test_expressions_that_may_not(text: str) -> None:
    with pytest.raises(ValueError, match=r"allowed|repeats|regular|longer"):
        bounded(text, 4096)
