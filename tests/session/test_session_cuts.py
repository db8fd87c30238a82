"""A message that kills the link, or the gateway, each time it goes up is put aside; flapping links put nothing aside."""

from __future__ import annotations

from gateway.messages import Error
from gateway.session import commands as do
from gateway.session import events as on
from gateway.session.cuts import AT_ONCE, CALM
from gateway.session.policy import Policy
from tests.memory_journal import MemoryJournal
from tests.session.scene import ACCEPTED, BOOT, Scene, meter

POLICY = Policy(most_cuts=3, uplink_random=0.0, uplink_wait_min=0.5, uplink_wait_doublings=0)


def booted(journal: MemoryJournal) -> Scene:
    """A station whose boot was accepted on this link, with two messages: the first one is on its way."""
    play = Scene(POLICY, journal)
    play.online()
    boot = play.asks("BootNotification", BOOT)
    up = play.sent("BootNotification")
    play.replies(up.id, up.action, ACCEPTED)
    play.answered(boot.id)
    for minute in (1, 2):
        play.answered(play.asks("MeterValues", meter(minute=minute)).id)
        if minute == 1:
            play.sent("MeterValues")
    return play


def cut_and_back(play: Scene) -> None:
    """The link dies and comes again; the boot is accepted on it."""
    play >> on.UplinkDown("reset")
    play >> 0.5 << do.OpenUplink
    play >> on.UplinkUp()
    up = play.sent("BootNotification")
    play.replies(up.id, up.action, ACCEPTED)


def test_a_message_on_which_the_link_dies_is_put_aside_and_the_queue_goes_on() -> None:
    journal = MemoryJournal()
    with booted(journal) as play:
        cut_and_back(play)
        play.sent("MeterValues")
        cut_and_back(play)
        play.nothing_left()
        play >> CALM
        assert play.sent("MeterValues").payload["meterValue"][0]["timestamp"].endswith("01:00Z")
        cut_and_back(play)
        assert journal.rows[1].state == "parked"
        assert ("row", {"change": "parked"}) in play.notes
        assert play.sent("MeterValues").payload["meterValue"][0]["timestamp"].endswith("02:00Z")


def test_a_link_that_dies_before_it_was_calm_is_nobodys_fault() -> None:
    journal = MemoryJournal()
    with booted(journal) as play:
        cut_and_back(play)
        play.sent("MeterValues")
        for _ in range(20):
            cut_and_back(play)
            play >> CALM / 2
        assert journal.rows[1].state == "queued"
        assert journal.rows[1].cuts == 2


def test_a_link_that_dies_later_is_nobodys_fault() -> None:
    journal = MemoryJournal()
    with booted(journal) as play:
        for _ in range(10):
            play >> AT_ONCE + 1
            cut_and_back(play)
            play.sent("MeterValues")
        assert journal.rows[1].cuts == 0


def test_an_answer_even_a_refusal_clears_the_count() -> None:
    journal = MemoryJournal()
    with booted(journal) as play:
        cut_and_back(play)
        up = play.sent("MeterValues")
        assert journal.rows[1].cuts == 2, "the second departure is counted before it"
        play >> on.BackendAnswered(Error(up.id, up.action, "InternalError", "no"))
        assert (journal.rows[1].cuts, journal.rows[1].attempts) == (0, 1)


def test_a_link_on_which_nothing_was_answered_proves_nothing() -> None:
    journal = MemoryJournal()
    with Scene(POLICY, journal) as play:
        play.online()
        play.answered(play.asks("MeterValues", meter()).id)
        for _ in range(10):
            play.sent("MeterValues")
            play >> on.UplinkDown("reset")
            play >> 0.5 << do.OpenUplink
            play >> on.UplinkUp()
        play.sent("MeterValues")
        assert journal.rows[1].cuts == 0


def test_a_message_on_which_the_gateway_dies_is_put_aside_by_the_next_one() -> None:
    """Each session is a process; none of them sees the end."""
    journal = MemoryJournal()
    with Scene(POLICY, journal) as first:
        first.online()
        for minute in (1, 2):
            first.answered(first.asks("MeterValues", meter(minute=minute)).id)
            if minute == 1:
                first.sent("MeterValues")
    for life in (1, 2, 3):
        with Scene(POLICY, journal, life=f"life{life}-") as play:
            play >> on.Opened(journal.restored()) << do.OpenUplink
            play >> on.UplinkUp()
            if life == 3:
                play >> CALM
            assert journal.rows[1].cuts == life, "stored before the first byte"
            assert play.sent("MeterValues").payload["meterValue"][0]["timestamp"].endswith("01:00Z")
    with Scene(POLICY, journal, life="last-") as play:
        play >> on.Opened(journal.restored()) << do.OpenUplink
        play >> on.UplinkUp()
        assert journal.rows[1].state == "parked"
        assert play.sent("MeterValues").payload["meterValue"][0]["timestamp"].endswith("02:00Z")


def test_a_backlog_that_is_delivered_is_not_counted_against() -> None:
    journal = MemoryJournal()
    with Scene(POLICY, journal) as first:
        first.online()
        for minute in range(5):
            first.answered(first.asks("MeterValues", meter(minute=minute)).id)
            if minute == 0:
                first.sent("MeterValues")
    with Scene(POLICY, journal, life="second-") as play:
        play >> on.Opened(journal.restored()) << do.OpenUplink
        play >> on.UplinkUp()
        for _ in range(5):
            up = play.sent("MeterValues")
            play.replies(up.id, up.action, {})
        play >> 1.0
        assert {row.state for row in journal.rows.values()} == {"delivered"}
