"""Tokens: none is ever cut, two stay two, and whatever goes left comes back as it was."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from gateway.ladder.facts import Context, Recorded
from gateway.ladder.flows.tokens import LONGEST, MOST_KINDS, NOBODY, Numbers, Tokens, looks_like
from gateway.ladder.registers import Registers

KINDS = ["Central", "eMAID", "ISO14443", "ISO15693", "KeyCode", "Local", "MacAddress"]
texts = some.text(some.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=36)
tokens = some.builds(lambda text, kind: {"idToken": text, "type": kind}, texts, some.sampled_from(KINDS))


def run(registers: Registers | None = None) -> Any:
    return SimpleNamespace(cx=Context(Recorded(), registers=registers or Registers()))


@pytest.mark.parametrize(
    ("tag", "kind"),
    [
        ("04A1B2C3", "ISO14443"),
        ("04a1b2c3d4e5f6", "ISO14443"),
        ("04A1B2C3D4E5F60718AA", "ISO14443"),
        ("E004010203040506", "ISO15693"),
        ("DE-8AA-CA2B3C4D5-1", "eMAID"),
        ("DE8AACA2B3C4D51", "eMAID"),
        ("FLEET-7", "Central"),
        ("1234", "Central"),
    ],
)
def test_a_kind_is_told_by_looks(tag: str, kind: str) -> None:
    assert looks_like(tag) == kind
    assert Tokens().right(tag, run()) == {"idToken": tag, "type": kind}


@given(some.lists(tokens, max_size=8))
def test_what_goes_left_comes_back_and_two_stay_two(shown: list[dict[str, str]]) -> None:
    """4.6: an alias is durable and never shared; the kind that a token came with goes back with it."""
    here = run()
    for token in shown:
        tag = Tokens().left(token, here)
        assert len(tag) <= LONGEST
        back = Tokens().right(tag, here)
        assert (back["idToken"].casefold(), back["type"]) == (token["idToken"].casefold(), token["type"])
    tags = {Tokens().left(token, here).casefold() for token in shown}
    assert len(tags) == len({token["idToken"].casefold() for token in shown})


def test_an_alias_outlives_a_restart() -> None:
    before = run()
    token = {"idToken": "a-token-that-is-much-too-long-for-1.6", "type": "Central"}
    tag = Tokens().left(token, before)
    after = run(Registers(before.cx.registers.taken()))
    assert Tokens().left({**token, "idToken": token["idToken"].upper()}, after) == tag
    assert Tokens().right(tag.lower(), after)["type"] == "Central"
    assert Tokens().left({**token, "idToken": token["idToken"] + "!"}, after) != tag


def test_a_token_that_looks_like_an_alias_gets_one() -> None:
    here = run()
    assert Tokens().left({"idToken": "~AAAAAAAB", "type": "Central"}, here) == "~AAAAAAAB"  # the first alias, by chance the same
    assert Tokens().left({"idToken": "~AAAAAAAC", "type": "Central"}, here) == "~AAAAAAAC"
    assert Tokens().left({"idToken": "~AAAAAAAA", "type": "Central"}, here) == "~AAAAAAAD"
    assert Tokens().right("~AAAAAAAD", here) == {"idToken": "~AAAAAAAA", "type": "Central"}


def test_no_token_is_a_word_of_its_own() -> None:
    nobody = {"idToken": "", "type": "NoAuthorization"}
    assert Tokens().left(nobody, run()) == NOBODY
    assert Tokens().right(NOBODY, run()) == nobody
    assert Tokens().left({"idToken": NOBODY, "type": "Central"}, run()) != NOBODY


def test_kinds_are_remembered_only_where_looks_deceive_and_not_without_end() -> None:
    here = run()
    Tokens().left({"idToken": "04A1B2C3", "type": "ISO14443"}, here)
    assert not here.cx.registers.unsaved
    for number in range(MOST_KINDS + 5):
        Tokens().left({"idToken": f"T{number}", "type": "Local"}, here)
    assert len(list(here.cx.registers.items("tokens"))) == MOST_KINDS


@given(some.integers(0, 2**31 - 1))
def test_a_transaction_is_a_number_on_one_side_and_its_text_on_the_other(number: int) -> None:
    assert Numbers().left(Numbers().right(number, run()), run()) == number


@pytest.mark.parametrize("text", ["", "a", "-1", "1.5", "٣", "9" * 12])
def test_what_is_no_number_is_no_transaction(text: str) -> None:
    assert Numbers().left(text, run()) == 0
