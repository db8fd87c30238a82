"""The short form of ``make torture``: each scenario a few times, side by side."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.torture.__main__ import left_out, tortured
from tests.torture.scenarios import SHORT


def test_nothing_acknowledged_is_lost_or_doubled_whatever_happens(tmp_path: Path, capsys: object) -> None:
    names, left = [name for name, cycles in SHORT.items() if cycles], left_out(tmp_path)
    accounts = asyncio.run(tortured(tmp_path, names, cycles=0, seed=1, at_once=3))
    assert [str(one) for one in accounts if not one.good] == []
    assert len(accounts) == len(names) - len(left)
    assert all(one.cycles and one.acknowledged for one in accounts)
