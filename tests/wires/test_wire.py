"""Frames ⇄ records of three real protocols: telling apart, answers, refusals."""

from __future__ import annotations

import pytest

from gateway.dialects.errors import PeerError
from gateway.wires import vectors
from gateway.wires.wire import Record
from tests.wires import toys


@pytest.mark.parametrize("name", toys.NAMES)
def test_the_vectors_come_out(name: str) -> None:
    assert vectors.run(toys.named(name)) == []


def test_a_vector_that_does_not_come_out_is_told_with_its_line() -> None:
    found = vectors.run(toys.wire(toys.text("rapi").replace("amps: 16, verdict: set", "amps: 17, verdict: set")))
    assert [str(fault) for fault in found] == [
        "<text>:42: amps is read as 16; expected 17",
        "<text>:42: it is written '$OK 17^06\\r'; expected this frame",
    ]


def test_an_answer_is_known_by_its_sequence() -> None:
    wire = toys.named("ykc")
    asked = Record("start", {"seq": 7})
    assert wire.answers(Record("started", {"seq": 7}), asked)
    assert not wire.answers(Record("started", {"seq": 8}), asked)
    assert not wire.answers(Record("login", {"seq": 7}), asked)


def test_our_answer_has_what_the_question_had() -> None:
    assert toys.named("ykc").echo("login_ack", Record("login", {"seq": 9, "pile": "1"})) == {"seq": 9}
    assert toys.named("max").echo("told", Record("ask", {"src": 3, "state": 0})) == {}


def test_an_answer_that_only_the_question_explains() -> None:
    wire, frame = toys.named("rapi"), b"$OK 16^07\r"
    assert wire.read(frame, "station", Record("set_current", {})).name == "current_is"
    with pytest.raises(PeerError, match="NotImplemented"):
        wire.read(frame, "station")


def test_a_wrong_check_is_refused() -> None:
    with pytest.raises(PeerError, match="check"):
        toys.named("rapi").read(b"$AT 1 1 16 0^07\r", "station")


def test_a_warning_where_the_file_only_warns() -> None:
    text = (
        toys.text("rapi")
        .replace("    max: 64\n", "    max: 64\n    verify: warn\n")
        .replace("refused: check, text", "way: write, text")
    )
    record = toys.wire(text.replace("elapsed: 120}, way: write", "x")).read(b"$AT 1 1 16 0^07\r", "station")
    assert record.warnings == ("the check is wrong",)


@pytest.mark.parametrize(
    ("name", "fields", "why"),
    [
        ("set_curent", {}, "did you mean 'set_current'"),
        ("set_current", {"amp": 6}, "did you mean 'amps'"),
        ("set_current", {}, "amps is missing"),
        ("set_current", {"amps": "six"}, "amps: 'six' is no whole number"),
        ("set_current", {"amps": 6, "kind": "X"}, "no word of the enum: volatile"),
    ],
)
def test_what_cannot_be_written_is_said(name: str, fields: dict[str, object], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        toys.named("rapi").write(name, fields)


def test_frames_tell_the_device_loader_what_there_is() -> None:
    shapes = toys.named("ykc").frames
    assert shapes["login"].sender == "station"
    assert {name: one.type for name, one in shapes["login"].fields.items()} == {
        "seq": "integer",
        "pile": "text",
        "kind": "text",
        "guns": "integer",
        "version": "decimal",
        "firmware": "text",
        "net": "integer",
        "sim": "text",
        "operator": "integer",
    }
    assert shapes["login"].fields["kind"].words == ("DC", "AC")
    assert shapes["started"].matched == {"seq"}
