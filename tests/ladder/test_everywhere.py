"""What a table says once for a type, words out of any text, and an object that is worse lost than refused."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.dialects.load import read_text
from gateway.ladder.facts import Recorded
from gateway.ladder.losses import Loss
from gateway.ladder.pairs import Key
from gateway.ladder.run import Run
from gateway.ladder.samples import faults
from gateway.ladder.tables import Table
from gateway.source import SourceError, loads

LEFT = """\
dialect: old
title: Old
status: unofficial
codecs: {json: {subprotocol: old}}
enums:
  Colour: [red, green]
  Source: [grid, sun, other]
shapes:
  Note: {text: string(5), colour: Colour?}
  Limit: {most: integer, source: Source}
messages:
  Tell:
    from: station
    request: {first: Note, notes: Note*, limit: Limit?, source: Source}
    result: {note: Note?}
  Ask:
    from: backend
    request: {limit: Limit?, colours: Colour*}
"""
RIGHT = (
    LEFT.replace("dialect: old", "dialect: new")
    .replace("string(5)", "string(9)")
    .replace("[red, green]", "[red, green, blue]")
    .replace("source: Source", "source: string(8)")
    .replace("  Source: [grid, sun, other]\n", "")
    .replace("most: integer", "most: integer?")
)
DIALECTS = {dialect.name: dialect for dialect in map(read_text, (LEFT, RIGHT))}
TABLE = """\
ladder: {left: old, right: new}
everywhere: [Colour, Note, Limit]
enums:
  Colour:
    - row: red < blue
      why: old is colour-blind
  Source:
    - sun < wind
    - row: other < *
      why: old knows only some
shapes:
  Note:
    text < text:
      too long: cut
      why: old is short
      sample: {right: {text: x*6}, left: {text: x*5}, lost: [text]}
  Limit:
    most:
      needed: true
      sample: {left: {most: 7}, right: {most: 7}}
    source: &source
      by: Source
      sample: {left: {source: sun}, right: {source: sun}}
messages:
  Tell:
    request:
      source: *source
  Ask:
    request:
      limit:
        needed: if there
        sample: {left: {limit: {most: 7, source: sun}}, right: {limit: {most: 7, source: sun}}}
    empty <:
      answer: {}
      why: no limit would be any limit
      sample: {right: {limit: {source: sun}}}
"""
TABLE = TABLE.replace("    - sun < wind\n", "    - row: sun < wind\n      why: old has one word for both\n")


def build(text: str = TABLE) -> Table:
    return Table.build(loads(text), "t", DIALECTS)


def left(action: str, kind: str, payload: Any) -> tuple[Any, list[Loss]]:
    run = Run(Recorded(), [])
    return build().translate(Key(action, action, kind, "<"))(payload, run), run.losses


def test_the_table_is_right() -> None:
    assert list(faults(build())) == []


def test_what_holds_for_a_type_holds_in_every_place() -> None:
    note = {"text": "123456789", "colour": "blue"}
    made, losses = left("Tell", "call", {"first": note, "notes": [note, {"text": "a"}], "source": "grid"})
    assert made == {
        "first": {"text": "12345", "colour": "red"},
        "notes": [{"text": "12345", "colour": "red"}, {"text": "a"}],
        "source": "grid",
    }
    assert sorted(loss.field for loss in losses) == ["first.colour", "first.text", "notes.colour", "notes.text"]
    assert left("Tell", "result", {"note": note})[0] == {"note": {"text": "12345", "colour": "red"}}


@pytest.mark.parametrize(
    ("said", "word", "lost"), [("grid", "grid", 0), ("wind", "sun", 1), ("tide", "other", 1), ("*", "other", 1)]
)
def test_any_text_becomes_a_word(said: str, word: str, lost: int) -> None:
    made, losses = left("Tell", "call", {"first": {"text": "a"}, "source": said})
    assert made["source"] == word
    assert len(losses) == lost


def test_an_object_that_is_needed_if_there() -> None:
    assert left("Ask", "call", {"limit": {"most": 1, "source": "sun"}})[0] == {"limit": {"most": 1, "source": "sun"}}
    assert left("Ask", "call", {})[0] == {}
    assert left("Ask", "call", {"limit": {"source": "sun"}})[0] is None


def test_an_optional_object_just_goes() -> None:
    made, _ = left("Tell", "call", {"first": {"text": "a"}, "source": "sun", "limit": {"source": "sun"}})
    assert made == {"first": {"text": "a"}, "source": "sun"}


MISTAKES = [
    ("[Colour, Note, Limit]", "[Colour, Note, Limits]", "'Limits' is no map of values and no shape of this table"),
    ("[Colour, Note, Limit]", "[Colour, Note, Limit, Note]", "'Note' stands twice"),
    ("[Colour, Note, Limit]", "Colour", "'everywhere' is no list"),
    ("[Colour, Note, Limit]", "[Colour, Limit]", "may be longer than 5"),
    ("[Colour, Note, Limit]", "[Note, Limit]", "'blue' has no row"),
    ("needed: if there", "needed: if they are", "'needed' says nothing"),
    ("    - row: other < *\n      why: old knows only some\n", "", "may say anything"),
    ("      why: old knows only some\n", "", "cannot come back"),
    ("sun < wind", "sun < *", "two rows"),
    ("blue\n", "*\n", "unknown value '*'"),
]


@pytest.mark.parametrize(("right", "wrong", "said"), MISTAKES)
def test_a_mistake_is_named(right: str, wrong: str, said: str) -> None:
    assert right in TABLE
    with pytest.raises(SourceError) as caught:
        build(TABLE.replace(right, wrong, 1))
    assert any(said in str(fault) for fault in caught.value.faults), caught.value.faults


def test_needed_if_there_where_nothing_can_get_lost_is_a_mistake() -> None:
    with pytest.raises(SourceError) as caught:
        build(
            TABLE.replace("      needed: true\n", "      default <: 3\n").replace(
                "      sample: {right: {limit: {source: sun}}}\n", ""
            )
        )
    assert any("'needed' says nothing here" in str(fault) for fault in caught.value.faults), caught.value.faults
