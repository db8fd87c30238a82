"""A long queue: its texts stay on the disk and come when they are needed, and it is delivered all the same."""

from __future__ import annotations

import sys

import pytest

from gateway.journal.contract import MOST_TEXT
from gateway.session import commands as do
from gateway.session import events as on
from tests.memory_journal import MemoryJournal
from tests.session.scene import Scene, meter

ROWS = 30
LONG = "7" * (MOST_TEXT // 10)


def filled(journal: MemoryJournal) -> Scene:
    """A station that said much while the back end was away."""
    play = Scene(journal=journal)
    play.open()
    play >> on.StationConnected()
    play.unheard.clear()
    for minute in range(ROWS):
        play.answered(play.asks("MeterValues", meter(minute=minute, value=LONG)).id)
    return play


def held(play: Scene) -> int:
    """Bytes of text that the session keeps."""
    return sum(len(item.row.payload) + len(item.row.raw) + sys.getsizeof(item.call or "") for item in play.session.queue.rows())


def delivered(play: Scene) -> list[str]:
    """Accept everything; the times of the readings, in the order in which they went up."""
    times = []
    while True:
        up = play.sent("MeterValues")
        times.append(up.payload["meterValue"][0]["timestamp"][14:16])
        assert up.payload["meterValue"][0]["sampledValue"][0]["value"] == LONG
        assert held(play) < 1.5 * MOST_TEXT
        play.replies(up.id, up.action, {})
        if len(times) == ROWS:
            return times


def test_memory_is_bounded_and_all_goes_up_in_order() -> None:
    journal = MemoryJournal()
    with filled(journal) as play:
        assert held(play) < 1.5 * MOST_TEXT
        play >> on.UplinkUp()
        assert delivered(play) == [f"{minute:02}" for minute in range(ROWS)]
        play >> 1.0
        assert {row.state for row in journal.rows.values()} == {"delivered"}


def test_the_next_process_reads_only_the_first_texts() -> None:
    journal = MemoryJournal()
    with filled(journal):
        pass
    with Scene(journal=journal, life="second-") as play:
        play.open()
        play.unheard.clear()
        assert held(play) < 1.5 * MOST_TEXT
        play >> on.UplinkUp()
        assert delivered(play) == [f"{minute:02}" for minute in range(ROWS)]


def test_a_text_is_asked_for_once() -> None:
    journal = MemoryJournal()
    with filled(journal):
        pass
    with Scene(slow=True, life="second-") as play:
        play.open(journal.restored())
        for item in list(play.session.queue.rows()):
            if item.row.seq < 20:
                play.session.queue.remove(item)
        play.unheard.clear()
        play >> on.UplinkUp()
        counted = [one for one in play.unheard if isinstance(one, do.Commit)]
        play.unheard.clear()
        for commit in counted:
            play >> on.Committed(commit.tag)
        play << do.Fetch(20)
        play >> on.StationConnected()
        play.nothing_left()


@pytest.mark.parametrize("lost", [1, 15])
def test_a_text_that_is_gone_costs_only_its_own_row(lost: int) -> None:
    """Somebody took rows out of the file by hand."""
    journal = MemoryJournal()
    with filled(journal) as play:
        restored = journal.restored()
        thin = [row.seq for row in restored.queue if not row.payload]
        play.nothing_left()
    gone = thin[lost % len(thin)]
    with Scene(journal=journal, life="second-") as play:
        play.open(restored)
        play.unheard.clear()
        journal.rows[gone] = next(row for row in restored.queue if row.seq == gone)  # without its text
        play >> on.UplinkUp()
        for _ in range(ROWS - 1):
            up = play.sent("MeterValues")
            play.replies(up.id, up.action, {})
        assert journal.rows[gone].state == "parked"
