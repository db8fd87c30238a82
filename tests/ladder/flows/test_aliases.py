"""No text is ever cut, two stay two, and whatever goes left comes back as it was."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as some

from gateway.ladder.facts import Context, Recorded
from gateway.ladder.flows.aliases import ALIAS, LONGEST, Aliases
from gateway.ladder.registers import Registers

texts = some.text(some.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=80)


def run() -> Any:
    return SimpleNamespace(cx=Context(Recorded(), registers=Registers()))


@given(given=some.lists(texts | texts.map(lambda text: ALIAS + text), unique_by=str.casefold, min_size=1, max_size=6))
def test_all_come_back_and_none_meets_another(given: list[str]) -> None:
    aliases, state = Aliases(), run()
    short = [aliases.left(text, state) for text in given]
    assert all(len(one) <= LONGEST for one in short)
    assert len({one.casefold() for one in short}) == len(given)
    assert [aliases.right(one, state) for one in short] == given
    assert [aliases.left(text, state) for text in given] == short, "an alias is given once and for all"


def test_what_fits_is_left_alone() -> None:
    state = run()
    assert Aliases().left("x" * LONGEST, state) == "x" * LONGEST
    assert Aliases().right("x" * 80, state) == "x" * 80
    assert not state.cx.registers.unsaved


def test_the_alias_is_known_whatever_its_letters() -> None:
    state = run()
    alias = Aliases().left("y" * 50, state)
    assert Aliases().right(alias.lower(), state) == "y" * 50
