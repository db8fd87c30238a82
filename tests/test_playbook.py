"""The playbook must be able to fail: a dialogue that checks half of what was said, or another thing, is no dialogue."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.messages import Call, Result
from gateway.session import commands as do
from gateway.session import events as on
from tests.memory_journal import MemoryJournal
from tests.playbook import Play

ANSWER = do.AnswerStation(Result("1", "Ping", {}))


class Parrot:
    """Says what it was made to say."""

    def __init__(self, *sayings: list[do.Command]) -> None:
        self.sayings, self.heard = list(sayings), list[tuple[on.Event, on.Instant]]()

    def receive(self, event: on.Event, at: on.Instant) -> list[do.Command]:
        self.heard.append((event, at))
        return self.sayings.pop(0) if self.sayings else []


def play(*sayings: list[do.Command], journal: MemoryJournal | None = None) -> Any:
    return Play(Parrot(*sayings), journal)  # type: ignore[arg-type]


EVENT = on.StationAsked(Call("1", "Ping", {}), "")


def test_a_checked_dialogue_passes() -> None:
    with play([ANSWER, do.OpenUplink()], [do.CloseUplink("x")]) as p:
        p >> EVENT << ANSWER << do.OpenUplink
        p >> EVENT << (lambda said: said.why == "x")
        assert p.last == do.CloseUplink("x")


def test_what_was_not_expected_fails_at_the_end() -> None:
    with pytest.raises(AssertionError, match="not expected"), play([ANSWER]) as p:
        p >> EVENT


def test_what_was_not_expected_fails_at_the_next_event() -> None:
    with pytest.raises(AssertionError, match="not expected"), play([ANSWER, do.OpenUplink()]) as p:
        p >> EVENT << ANSWER >> EVENT


def test_the_wrong_order_fails() -> None:
    with pytest.raises(AssertionError, match="expected"), play([ANSWER, do.OpenUplink()]) as p:
        p >> EVENT << do.OpenUplink << ANSWER


def test_silence_fails_where_something_was_expected() -> None:
    with pytest.raises(AssertionError, match="nothing"), play([]) as p:
        p >> EVENT << ANSWER


def test_notes_and_timers_need_no_word_but_may_have_one() -> None:
    with play([do.Note("x"), do.Wake(5.0), ANSWER], [do.OpenUplink()]) as p:
        p >> EVENT << ANSWER << do.Note("x") << do.Wake
        p >> 4.9
        p >> 0.2 << do.OpenUplink
        assert [event for event, _ in p.session.heard] == [EVENT, on.Woken()]
        assert p.session.heard[1][1].mono == 1005.0


def test_commits_are_stored_at_once_where_there_is_a_journal() -> None:
    with play([do.Commit(7, [])], [ANSWER], journal=MemoryJournal()) as p:
        p >> EVENT << ANSWER
        assert p.session.heard[1][0] == on.Committed(7)
    with play([do.Commit(7, [])]) as p:
        p >> EVENT << do.Commit
