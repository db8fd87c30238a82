"""The short form of ``make soak``, and of the backlog that it measures."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.soak.backlog import MOST, measured
from tests.soak.churn import Churn, Findings

LINUX = pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="what a process holds is read from /proc")


@LINUX
def test_a_backlog_on_the_disk_is_none_in_memory(tmp_path: Path) -> None:
    found = measured(tmp_path, stations=10, times=120, pad=12_000)
    assert found.messages == 6000
    assert found.file > 2 * MOST
    assert found.good, str(found)


@LINUX
def test_stations_back_end_and_files_come_and_go_and_nothing_is_kept(tmp_path: Path) -> None:
    found = asyncio.run(Churn(tmp_path, stations=4, reload_every=8).run(8, 24))
    assert found.good, str(found)
    assert (found.cycles, found.reloads, found.acknowledged) == (32, 4, 32 * 5 * 5)


def test_what_has_grown_is_told() -> None:
    found = Findings(8, {"rows of txn": (5, 9)}, ["CP-1: 3 Wh booked, 4 Wh acknowledged"])
    assert not found.good
    assert str(found).splitlines()[1:] == ["  rows of txn: 9, at most 5", "CP-1: 3 Wh booked, 4 Wh acknowledged"]
