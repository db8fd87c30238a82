"""Mistakes in entries of one direction, their flows and maps are named at load, with line and nearest name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from gateway.dialects.schema import Dialect
from gateway.ladder import flows
from gateway.source import Fault, SourceError
from tests.ladder import toys


@pytest.fixture
def dialects() -> Iterator[dict[str, Dialect]]:
    with pytest.MonkeyPatch.context() as patch:
        yield toys.plant(patch)


def found(dialects: dict[str, Dialect], text: str) -> list[Fault]:
    try:
        toys.table(dialects, text)
    except SourceError as error:
        return error.faults
    return []


SHOWN = """
          sample:
            left:
              mark: x
            right: {}
            lost: [mark]"""
FAULTS = [
    ("an unknown flow", "    flow: toy_begin\n", "    flow: toy_begn\n", "unknown flow 'toy_begn'", "toy_begin"),
    ("an unknown flow of a message alone", "    answer:\n      said: no\n", "    flow: toy_begn\n", "no flow 'toy_begn'", ""),
    ("two things that are said", "      said: no\n", "      said: no\n    flow: toy_begin\n", "one thing is said", ""),
    ("an entry of one way without a flow", "    flow: toy_end\n", "", "names no flow", ""),
    ("two flows for one message", "  End < Event:\n    flow: toy_event", "  End < Event:\n    flow: toy_end", "another flow", ""),
    ("an unknown message", "  Begin > Event:", "  Begin > Evnt:", "toy2 has no message 'Evnt'", "Event"),
    ("no arrow of ours", "  Begin > Event:", "  Begin -> Event:", "'Begin -> Event' is no message", ""),
    ("a renamed message with neither entry nor answer", "  Fetch = Bring:", "  Fetch > Bring:", "toy1 has no Bring", ""),
    ("an unknown map of Python", "  Tag: toy_tags", "  Tag: toy_tag", "unknown map of Python 'toy_tag'", "toy_tags"),
    ("a map of Python that nobody uses", "  Tag: toy_tags", "  Tag: toy_tags\n  Tog: toy_tags", "no rule uses the map 'Tog'", ""),
    ("a rule by an unknown map", "        by: Tag\n", "        by: Tog\n", "unknown", "Tag"),
    (
        "a leaf that the map leaves behind",
        "        lost <:\n          hint: toy1 has no hints\n",
        "",
        "no rule reads tag.hint",
        "",
    ),
    ("a leaf that is no leaf", "          hint: toy1 has no hints", "          hunt: x", "unknown field 'hunt'", "hint"),
    ("a rule that points the other way", "      tag > tag:", "      tag < tag:", "'Begin > Event' goes '>' only", ""),
    ("a line that points the other way", '        "> kind": Started', '        "< kind": Started', "goes '>' only", ""),
    ("a line that is none", '        "> kind": Started', '        "kind": Started', "'kind' is no line of a flow", ""),
    ("a line without words", '        "> kind": Started', '        "> kind": ""', "says nothing", ""),
    ("a line for an unknown field", '        "> kind": Started', '        "> kinds": Started', "unknown field 'kinds'", "kind"),
    ("what nobody makes", '        "> kind": Started\n', "", "required field kind", ""),
    ("what nobody makes in any part", '        "id <": the gateway\'s own\n', "", "required field id", ""),
    ("what no part reads", '        "< kind": says which\n', "", "no rule reads kind", ""),
    (
        "what is read already",
        '        "> kind": Started',
        '        "> kind": Started\n        "tag >": seen',
        "can never matter",
        "",
    ),
    ("what another part reads too", SHOWN, "", "another part", ""),
    ("what two parts declare", "      lost >:\n        mark:", "      lost >:\n        id: x\n        mark:", "another part", ""),
    (
        "what two parts leave open",
        "      lost >:\n        id: toy2",
        "      unfilled >:\n        mood: x\n      lost >:\n        id: toy2",
        "",
        "",
    ),
    (
        "an answer that the flow gives",
        "  Read > Event:\n",
        "  Read > Event:\n    empty >: {answer: {}, why: x}\n",
        "the flow's affair",
        "",
    ),
    ("one message twice", "  Old, Older:", "  Old, Older, Old:", "stands twice", ""),
    (
        "a line where no flow is",
        "  Fetch = Bring:\n    request:\n",
        '  Fetch = Bring:\n    request:\n      flow: {"> what": x}\n',
        "no flow serves",
        "",
    ),
]


@pytest.mark.parametrize(("old", "new", "what", "near"), [one[1:] for one in FAULTS], ids=[one[0] for one in FAULTS])
def test_a_mistake_is_named(dialects: dict[str, Dialect], old: str, new: str, what: str, near: str) -> None:
    assert old in toys.TABLE
    faults = found(dialects, toys.TABLE.replace(old, new, 1))
    named = [fault for fault in faults if what in fault.what]
    assert named, [str(fault) for fault in faults]
    assert near in [fault.near for fault in named]
    assert all(fault.file == "toy.yaml" and fault.line > 0 for fault in named)


def test_a_flow_has_the_parts_that_it_makes_and_no_other(dialects: dict[str, Dialect], monkeypatch: pytest.MonkeyPatch) -> None:
    def made(*names: str) -> Any:
        monkeypatch.setitem(
            flows.FLOWS, "toy_read", flows.contract.makes(*names)(lambda asked, run, parts: toys.read(asked, run, parts))
        )
        return [fault.what for fault in found(dialects, toys.TABLE)]

    assert made("Read", "Event") == []
    assert made("Read", "Event", "Bring") == ["the flow 'toy_read' makes 'Bring' of Read too"]
    assert made("Event") == ["the flow 'toy_read' has no use for 'Read'"]


def test_a_map_that_only_flows_use_is_named_by_a_line(dialects: dict[str, Dialect]) -> None:
    text = toys.TABLE.replace("  Cause:\n", "  Kind:\n    - Begun > Started\n  Cause:\n", 1)
    assert [fault.what for fault in found(dialects, text)] == ["no rule uses the map 'Kind'"]
    used = text.replace('"> kind": Started', '"> kind": {by: Kind, why: what it is}')
    assert found(dialects, used) == []
    wrong = used.replace("Begun > Started", "Begun > Startd")
    assert {(fault.what, fault.near) for fault in found(dialects, wrong)} >= {("unknown value 'Startd'", "Started")}
