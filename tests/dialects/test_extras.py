from __future__ import annotations

from typing import Any

import pytest

from gateway.dialects.errors import Violation
from gateway.dialects.load import read_text
from gateway.ladder.facts import Recorded
from gateway.ladder.pairs import Key
from gateway.ladder.run import Run
from gateway.ladder.tables import Table
from gateway.messages import Call, Result
from gateway.source import SourceError, loads

NEW = """\
dialect: new
title: New
status: official
codecs: {json: {subprotocol: new}}
extras: {note: Note?}
shapes:
  Note: {who: string(5), "*": any}
  Part: {size: integer, colour: string?}
messages:
  Tell:
    from: station
    request: {parts: Part*, best: Part?}
"""
NEWER = NEW.replace("dialect: new", "dialect: newer").replace("colour: string?", "colour: string?, weight: integer?")
OLD = NEW.replace("dialect: new", "dialect: old").replace("extras: {note: Note?}\n", "")
OLD = OLD.replace(NEW[NEW.index("  Note") : NEW.index("  Part")], "")
DIALECTS = {dialect.name: dialect for dialect in map(read_text, (OLD, NEW, NEWER))}
DIALECT = DIALECTS["new"]
NOTE = {"who": "me", "more": [{"deep": None}], "count": 3}
FULL = {"parts": [{"size": 1, "note": NOTE}], "best": {"size": 2}, "note": NOTE}


@pytest.mark.parametrize("mode", ["refuse", "drop", "pass"])
def test_every_object_may_carry_an_extra_field(mode: Any) -> None:
    assert DIALECT.check("call", "Tell", FULL, mode) == FULL
    assert DIALECT.check("result", "Tell", {"note": NOTE}, mode) == {"note": NOTE}


@pytest.mark.parametrize(
    ("payload", "code", "path"),
    [
        ({"note": {"more": 1}}, "OccurrenceConstraintViolation", "note.who"),
        ({"note": {"who": "too long"}}, "PropertyConstraintViolation", "note.who"),
        ({"note": "text"}, "TypeConstraintViolation", "note"),
        ({"parts": [{"size": 1}, {"size": 1, "note": []}]}, "TypeConstraintViolation", "parts[1].note"),
        ({"best": {"size": 1, "note": NOTE, "odd": 1}}, "FormatViolation", "best.odd"),
    ],
)
def test_what_stands_in_it_is_checked(payload: Any, code: str, path: str) -> None:
    with pytest.raises(Violation) as caught:
        DIALECT.check("call", "Tell", payload)
    assert (caught.value.code, caught.value.path) == (code, path)


@pytest.mark.parametrize("nothing", [None, ""])
def test_an_empty_one_counts_as_left_out(nothing: Any) -> None:
    assert DIALECT.check("call", "Tell", {"note": nothing, "best": {"size": 1, "note": nothing}}) == {"best": {"size": 1}}


def test_other_unknown_fields_are_dropped_beside_it() -> None:
    assert DIALECT.check("call", "Tell", {"odd": 1, "note": NOTE}, "drop") == {"note": NOTE}


def translate(left: str, right: str, way: str, payload: Any, rules: str = "") -> tuple[Any, list[Any]]:
    table = Table.build(loads(f"ladder: {{left: {left}, right: {right}}}\n{rules}"), "t", DIALECTS)
    run = Run(Recorded(), [])
    return table.translate(Key("Tell", "Tell", "call", way))(payload, run), run.losses  # type: ignore[arg-type]


def test_between_dialects_that_know_it_it_is_carried() -> None:
    lost = "shapes:\n  Part:\n    unfilled >: {weight: new has none}\n    lost <: {weight: new has none}\n"
    lost += "messages:\n  Tell:\n    request:\n"
    for field, value in (("parts", "[{size: 1}]"), ("best", "{size: 1}")):
        lost += f"      {field}: {{by: Part, sample: {{left: {{{field}: {value}}}, right: {{{field}: {value}}}}}}}\n"
    for way in "><":
        made, losses = translate("new", "newer", way, FULL, lost)
        assert made == FULL
        assert losses == []


def test_to_a_dialect_without_it_it_is_left_behind_and_no_loss() -> None:
    made, losses = translate("old", "new", "<", FULL)
    assert made == {"parts": [{"size": 1}], "best": {"size": 2}}
    assert losses == []
    assert translate("old", "new", ">", made)[0] == made


MISTAKES = [
    ("Note?}", "Note}", "every object would need the extra field 'note'"),
    ("Note?}", "Note*}", "every object would need the extra field 'note'"),
    ("Note?}", "Nose?}", "did you mean 'Note'"),
    ('"*": any', '"*": string', "other fields of Note are 'string'"),
    ('"*": any', '"**": any', "'**' is no name of a field"),
    ("{note: Note?}", "note", "'extras' is no map"),
    ("{subprotocol: new}}", "{subprotocol: new}, soap: {}}", "has no place in XML"),
]


@pytest.mark.parametrize(("right", "wrong", "said"), MISTAKES)
def test_a_mistake_is_named(right: str, wrong: str, said: str) -> None:
    with pytest.raises(SourceError) as caught:
        read_text(NEW.replace(right, wrong, 1))
    assert any(said in str(fault) for fault in caught.value.faults), caught.value.faults


def test_a_message_made_here_has_none() -> None:
    assert DIALECT.result_of(Call("1", "Tell", FULL)) == Result("1", "Tell", {})
