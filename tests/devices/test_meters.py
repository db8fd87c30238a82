"""What is known of the meters of a station: heard, awaited, or only remembered."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from gateway.catalogue import Folders
from gateway.devices import events as on
from gateway.devices.desk import Desk
from gateway.devices.meters import Meters
from gateway.devices.rules import DeviceRules
from gateway.dialects.load import load_dialect

SAID = frozenset({"meter"})


class Bare:
    """Meters with nothing around them; a restart keeps what was kept."""

    def __init__(self, kept: Mapping[str, Any] | None = None) -> None:
        dialect = load_dialect(Folders(), "smartevse")
        assert isinstance(dialect.device, DeviceRules)
        ids = itertools.count(1)
        self.desk = Desk(dialect, dialect.device, "51446", {}, lambda: str(next(ids)))
        self.meters = Meters(self.desk, lambda connector: None)
        self.meters.restore(kept or {})

    def say(self, wh: int, said: frozenset[str] = SAID) -> int:
        self.desk.memory.put(1, "meter", Decimal(wh))
        self.meters.look(1, said)
        return self.meters.wh(1)

    def restarted(self) -> Bare:
        self.meters.keep()
        kept = [one.values for one in self.desk.take() if isinstance(one, on.Keep)]
        return Bare(kept[-1])


def test_what_was_kept_is_known_and_not_heard() -> None:
    bare = Bare()
    assert bare.say(500) == 500
    assert bare.meters.heard(1)
    after = bare.restarted()
    assert (after.meters.wh(1), after.meters.heard(1)) == (500, False)
    assert after.say(700) == 700
    after.meters.forget()
    assert (after.meters.wh(1), after.meters.heard(1)) == (700, False)


def test_the_same_value_once_more_is_a_word_and_another_variable_is_none() -> None:
    bare = Bare()
    bare.say(500)
    bare.meters.expect(1)
    bare.say(500, frozenset({"power"}))
    assert bare.meters.awaited(1)
    bare.say(500)
    assert not bare.meters.awaited(1)


def test_a_session_that_began_unheard_counts_from_the_first_word_over_restarts_too() -> None:
    bare = Bare()
    bare.meters.unheard(1)
    assert bare.meters.wh(1) == 0
    after = bare.restarted()
    assert [after.say(85_021), after.say(85_521)] == [0, 500]
    again = after.restarted()
    assert again.say(86_021) == 1000
    again.meters.unheard(1)
    assert [again.say(990_000), again.say(990_100)] == [1000, 1100]


def test_one_that_is_told_in_so_many_words_was_heard() -> None:
    bare = Bare()
    bare.meters.believe(1, Decimal(300))
    assert (bare.meters.wh(1), bare.meters.heard(1)) == (300, True)
