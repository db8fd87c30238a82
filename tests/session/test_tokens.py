"""What is known of tokens: bounded, and the same after a restart."""

from __future__ import annotations

from datetime import UTC, datetime

from gateway.journal.contract import PutRegisters
from gateway.session.tokens import Tokens
from tests.memory_journal import MemoryJournal

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def test_what_is_learnt_is_stored_once() -> None:
    tokens = Tokens("A")
    assert tokens.heard("Abc", "accepted", None) == [PutRegisters("A", {"tokens learnt": {"abc": ["accepted", None]}})]
    assert tokens.heard("ABC", "accepted", None) == []
    assert tokens.heard("ABC", "blocked", None) != []
    assert tokens.said("aBC", NOW) == tokens.last("aBC") == "blocked"


def test_so_many_are_known_and_the_journal_knows_the_same() -> None:
    journal, tokens = MemoryJournal(), Tokens("", "main", most=3)
    for number in range(10):
        journal.apply(tokens.heard(f"T{number}", "accepted", "2026-02-01T00:00:00Z" if number == 8 else None))
    found = Tokens("", "main", most=3)
    found.restore(journal.restored().registers)
    for one in (tokens, found):
        assert [number for number in range(10) if one.last(f"T{number}")] == [7, 8, 9]
        assert [one.said(f"T{number}", NOW) for number in (6, 7, 8, 9)] == [None, "accepted", "expired", "accepted"]


def test_a_bad_word_does_not_become_a_good_one_by_the_clock() -> None:
    tokens = Tokens("A")
    for word in ("expired", "blocked"):
        tokens.heard("T", word, "2026-02-01T00:00:00Z")
        assert tokens.said("T", NOW) == word


def test_an_end_that_cannot_be_read_ends_nothing() -> None:
    tokens = Tokens("A")
    tokens.heard("T", "accepted", "soon")
    assert tokens.said("T", NOW) == "accepted"
