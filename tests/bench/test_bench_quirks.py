"""The bench of quirks compares what is comparable: with ten quirks and with none the same comes out.  No timing here."""

from __future__ import annotations

import pytest

from gateway.quirks.cures import NONE
from tests.bench import quirks, translate

DATA = translate.load()


def test_ten_fields_are_ten_fields() -> None:
    cures = quirks.ten(DATA)
    rules = [rule for steps in cures.repairs.values() for _, part in steps.parts for rule in part]
    assert len(rules) == 10
    assert quirks.none(DATA) is NONE


@pytest.mark.parametrize("name", sorted(quirks.FRAMES))
def test_the_same_comes_out(name: str) -> None:
    raw = quirks.FRAMES[name]
    assert quirks.way(DATA, quirks.ten(DATA), raw)() == quirks.way(DATA, NONE, raw)()
