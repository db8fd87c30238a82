"""A peer on a WebSocket: what reaches the session, and what is answered without it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gateway.ends.frames import MOST_GARBLED, MOST_OPEN, FrameEnd
from gateway.ends.voice import Voice
from gateway.messages import Answer, Call, Error, Result
from tests.office import Socket, data


class Witness:
    def __init__(self) -> None:
        self.refusals: list[str] = []
        self.messages: list[tuple[bool, str]] = []

    def message(self, voice: Voice, heard: bool, message: Any, raw: str, fired: Any) -> None:
        self.messages.append((heard, message.kind))

    def refused(self, voice: Voice | None, reason: str, why: str, raw: str = "") -> None:
        self.refusals.append(reason)


class Owner:
    def __init__(self) -> None:
        self.calls: list[tuple[Call, str]] = []
        self.answers: list[Answer] = []
        self.failures: list[tuple[str, str, bool]] = []
        self.over: list[str] = []

    def asked(self, call: Call, raw: str) -> None:
        self.calls.append((call, raw))

    def answered(self, answer: Answer) -> None:
        self.answers.append(answer)

    def failed(self, id: str, why: str, reached: bool, after: float = 0.0) -> None:
        self.failures.append((id, why, reached))
        self.after = after

    def gone(self, why: str) -> None:
        self.over.append(why)


class Table:
    """An end with a socket, an owner and a witness."""

    def __init__(self, unknown: Any = "refuse") -> None:
        self.witness, self.owner = Witness(), Owner()
        self.end = FrameEnd(Voice("station", "S", data().dialects["ocpp1.6"], "json", self.witness, unknown), self.owner)
        self.socket = self.end.socket = Socket(self.end)  # type: ignore[assignment]

    def hear(self, *frame: Any) -> None:
        self.end.text(json.dumps(frame))

    @property
    def sent(self) -> list[Any]:
        return self.socket.sent  # type: ignore[attr-defined,no-any-return]


@pytest.fixture
def table() -> Table:
    return Table()


def test_a_call_reaches_the_owner_with_its_text_as_it_came(table: Table) -> None:
    text = ' [2, "1", "Authorize", {"idTag": "A"}] '
    table.end.text(text)
    assert table.owner.calls == [(Call("1", "Authorize", {"idTag": "A"}), text)]


@pytest.mark.parametrize(
    ("action", "payload", "code"),
    [
        ("Authorize", {}, "OccurenceConstraintViolation"),
        ("Authorize", {"idTag": 7}, "TypeConstraintViolation"),
        ("Authorize", {"idTag": "x" * 21}, "PropertyConstraintViolation"),
        ("Authorize", None, "TypeConstraintViolation"),
        ("Nonsense", {}, "NotImplemented"),
        ("StatusNotification", {"connectorId": 1, "status": "Weird", "errorCode": "NoError"}, "PropertyConstraintViolation"),
    ],
)
def test_a_call_that_is_not_valid_is_refused_in_the_peer_s_own_words(table: Table, action: str, payload: Any, code: str) -> None:
    table.hear(2, "1", action, payload)
    assert table.owner.calls == []
    assert table.sent[0][:3] == [4, "1", code]
    assert table.witness.refusals


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "[2]", '[2,"",{}]', "[9,1]", "null", '"x"', "[" * 5000, '[2,"1","Authorize",{"idTag":NaN}]']
)
def test_what_cannot_be_read_is_counted_and_costs_nothing(table: Table, text: str) -> None:
    table.end.text(text)
    table.hear(2, "2", "Heartbeat", {})
    assert [call.id for call, _ in table.owner.calls] == ["2"]
    assert table.witness.refusals


def test_a_peer_that_only_talks_rubbish_is_cut_off(table: Table) -> None:
    for _ in range(MOST_GARBLED):
        table.end.text("rubbish")
    assert table.socket.end is not None  # type: ignore[attr-defined]
    assert table.socket.end[0] == 1002  # type: ignore[attr-defined]


def test_rubbish_now_and_then_is_forgiven(table: Table) -> None:
    for number in range(MOST_GARBLED * 3):
        table.end.text("rubbish")
        table.hear(2, str(number), "Heartbeat", {})
    assert table.socket.end is None  # type: ignore[attr-defined]


def test_an_answer_finds_its_question_once(table: Table) -> None:
    table.end.ask(Call("a", "ClearCache", {}), 5)
    table.hear(3, "a", {"status": "Accepted"})
    table.hear(3, "a", {"status": "Accepted"})
    assert table.owner.answers == [Result("a", "ClearCache", {"status": "Accepted"})]
    assert table.witness.refusals == ["unknown_id"]


def test_an_error_is_an_answer_too(table: Table) -> None:
    table.end.ask(Call("a", "ClearCache", {}), 5)
    table.hear(4, "a", "OccurrenceConstraintViolation", "why", {})
    (answer,) = table.owner.answers
    assert isinstance(answer, Error)
    assert (answer.id, answer.action, answer.code) == ("a", "ClearCache", "OccurrenceConstraintViolation")


def test_a_bad_result_fails_the_waiting_call_and_nothing_else(table: Table) -> None:
    table.end.ask(Call("a", "ClearCache", {}), 5)
    table.hear(3, "a", {"status": "Perhaps"})
    (answer,) = table.owner.answers
    assert isinstance(answer, Error)
    assert answer.code == "PropertyConstraintViolation"


def test_an_unreadable_answer_fails_its_call_and_is_never_answered(table: Table) -> None:
    table.end.ask(Call("a", "ClearCache", {}), 5)
    table.hear(3, "a")
    table.hear(3, "b")
    assert [answer.id for answer in table.owner.answers] == ["a"]
    assert [frame[0] for frame in table.sent] == [2]


def test_questions_without_answers_are_bounded(table: Table) -> None:
    for number in range(MOST_OPEN + 5):
        table.end.ask(Call(f"c{number}", "ClearCache", {}), 5)
    table.hear(3, "c0", {"status": "Accepted"})
    assert table.owner.answers == []
    table.hear(3, "c60", {"status": "Accepted"})
    assert len(table.owner.answers) == 1


def test_on_the_same_rung_what_is_unknown_passes(table: Table) -> None:
    passing = Table("pass")
    passing.hear(2, "1", "VendorThing", {"x": [1, None]})
    passing.hear(2, "2", "Authorize", {"zz": 1, "idTag": "A", "more": None})
    assert [call.payload for call, _ in passing.owner.calls] == [{"x": [1, None]}, {"zz": 1, "idTag": "A", "more": None}]
    assert list(passing.owner.calls[1][0].payload) == ["zz", "idTag", "more"]


def test_after_its_end_nothing_is_heard_and_nothing_said(table: Table) -> None:
    table.end.close("enough")
    table.hear(2, "1", "Heartbeat", {})
    table.end.answer(Result("1", "Heartbeat", {}))
    table.end.closed(1006, "late")
    assert (table.owner.calls, table.owner.over, table.sent) == ([], [], [])


def test_the_owner_hears_once_that_the_link_closed(table: Table) -> None:
    table.end.closed(1006, "gone")
    table.end.closed(1006, "gone")
    assert table.owner.over == ["closed with 1006 gone"]
