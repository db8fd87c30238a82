"""The two links: when the uplink opens, how it is tried again, what a boot does to both, when all is let go."""

from __future__ import annotations

import pytest

from gateway.messages import Error
from gateway.session import commands as do
from gateway.session import events as on
from gateway.session.policy import Policy
from gateway.session.registration import STEPS as STANDINGS
from gateway.session.uplink import STEPS as LINKS
from tests.memory_journal import MemoryJournal
from tests.session.scene import ACCEPTED, BOOT, GOOD, Scene, meter, session, start, status

PENDING = {**ACCEPTED, "status": "Pending", "interval": 20}
REJECTED = {**ACCEPTED, "status": "Rejected", "interval": 20}


def booted(play: Scene, answer: dict[str, object] | None = None) -> None:
    call = play.asks("BootNotification", BOOT)
    up = play.sent("BootNotification")
    play.replies(up.id, up.action, answer or ACCEPTED)
    play.answered(call.id)


# -- back-off -------------------------------------------------------------------------------------------------------


def test_waits_double_and_scatter() -> None:
    uplink = session(Policy(uplink_wait_min=1.0, uplink_wait_doublings=3, uplink_random=5.0)).uplink
    for tries, least in enumerate((1.0, 2.0, 4.0, 8.0, 8.0, 8.0)):
        uplink.tries = tries
        waits = [uplink.wait() for _ in range(200)]
        assert all(least <= wait <= least + 5.0 for wait in waits)
        assert max(waits) - min(waits) > 4.0


def test_the_uplink_is_tried_again_and_again() -> None:
    with Scene(Policy(uplink_random=0.0)) as play:
        play.open()
        play >> on.StationConnected() << do.OpenUplink
        for wait in (1.0, 2.0, 4.0):
            play >> on.UplinkDown("refused")
            play >> wait - 0.1
            play >> 0.2 << do.OpenUplink


def test_a_back_end_is_left_alone_as_long_as_it_asks_but_not_for_ever() -> None:
    with Scene(Policy(uplink_random=0.0, most_retry_after=100.0)) as play:
        play.open()
        play >> on.StationConnected() << do.OpenUplink
        for asked, wait in ((30.0, 30.0), (0.0, 2.0), (1.0, 4.0), (float("inf"), 100.0)):
            play >> on.UplinkDown("busy", asked)
            play >> wait - 0.1
            play >> 0.2 << do.OpenUplink
        play >> on.UplinkDown("busy", 50.0)
        play >> 50.1 << do.OpenUplink
        play >> on.UplinkUp()
        play >> on.UplinkDown("cut")
        play >> 32.1 << do.OpenUplink


def test_only_an_acceptance_that_lasts_resets_the_wait() -> None:
    with Scene(Policy(uplink_random=0.0)) as play:
        play.open()
        play >> on.StationConnected() << do.OpenUplink
        for _ in range(3):
            play >> on.UplinkDown("refused")
            play >> 4.0 << do.OpenUplink
        play >> on.UplinkUp()
        booted(play)
        play >> 59.0
        play >> on.UplinkDown("cut")
        play >> 7.9
        play >> 0.2 << do.OpenUplink
        play >> on.UplinkDown("refused")
        play >> 15.9
        play >> 0.2 << do.OpenUplink
        play >> on.UplinkUp()
        up = play.sent("BootNotification")
        play.replies(up.id, up.action, ACCEPTED)
        play >> 61.0
        play >> on.UplinkDown("cut")
        play >> 1.1 << do.OpenUplink


def test_three_silences_in_a_row_make_the_uplink_anew() -> None:
    with Scene(Policy(uplink_random=0.0)) as play:
        play.online()
        play.answered(play.asks("MeterValues", meter()).id)
        ids = []
        for _ in range(3):
            ids.append(play.sent("MeterValues").id)
            play >> 30.0
        play << do.CloseUplink
        assert len(set(ids)) == 3, "each attempt has a new id"
        play >> 1.1 << do.OpenUplink
        play >> on.UplinkUp()
        up = play.sent("MeterValues")
        play.replies(ids[0], "MeterValues", {})
        assert ("stray", {"peer": "backend", "kind": "answer"}) in play.notes
        play.replies(up.id, up.action, {})


def test_an_answer_ends_a_row_of_silences() -> None:
    with Scene() as play:
        play.online()
        play.answered(play.asks("MeterValues", meter(minute=10)).id)
        for _ in range(2):
            play.sent("MeterValues")
            play >> 30.0
        up = play.sent("MeterValues")
        play.replies(up.id, up.action, {})
        play.answered(play.asks("MeterValues", meter(minute=11)).id)
        for _ in range(2):
            play.sent("MeterValues")
            play >> 30.0
        play.sent("MeterValues")


@pytest.mark.parametrize("table", [LINKS, STANDINGS])
def test_the_machines_are_closed(table: dict[tuple[str, str], object]) -> None:
    states = {state for state, _ in table}
    assert {after[0] if isinstance(after, tuple) else after for after in table.values()} <= states


def test_a_word_that_means_nothing_is_counted() -> None:
    with Scene() as play:
        play.open()
        for event in (on.UplinkUp(), on.UplinkDown("?")):
            play >> event
            assert ("stray", {"peer": "gateway", "kind": "event"}) in play.notes


# -- leaving --------------------------------------------------------------------------------------------------------


def test_the_uplink_outlives_the_station_for_the_grace() -> None:
    with Scene() as play:
        play.online()
        play >> on.StationLost("cut")
        assert ("link", {"change": "down"}) in play.notes
        play >> 59.0
        play >> on.StationConnected()
        assert ("link", {"change": "up"}) in play.notes
        play >> 3600.0
        play >> on.StationLost()
        play >> 60.0 << do.CloseUplink
        assert play.session.idle
        assert not play.timers


def test_the_queue_is_drained_before_the_uplink_is_closed() -> None:
    with Scene() as play:
        play.online()
        for minute in (1, 2):
            play.answered(play.asks("MeterValues", meter(minute=minute)).id)
            if minute == 1:
                up = play.sent("MeterValues")
        play >> on.StationLost()
        play >> 20.0
        play.replies(up.id, up.action, {})
        up = play.sent("MeterValues")
        play >> 29.0
        play >> on.BackendAnswered(Error(up.id, up.action, "InternalError"))
        play >> 60.0
        up = play.sent("MeterValues")
        play.replies(up.id, up.action, {})
        play << do.CloseUplink


def test_rows_from_before_a_restart_go_up_without_the_station() -> None:
    journal = MemoryJournal()
    with Scene(journal=journal) as play:
        play.online()
        play >> on.UplinkDown("cut")
        play.answered(play.asks("MeterValues", meter()).id)
    with Scene(journal=journal) as play:
        play.open() << do.OpenUplink
        play >> on.UplinkUp()
        up = play.sent("MeterValues")
        play.replies(up.id, up.action, {})
        play >> 60.0 << do.CloseUplink
        assert play.session.idle
        assert not play.timers


def test_a_soap_station_is_gone_after_three_silent_intervals() -> None:
    with Scene() as play:
        play.online(exchange=True)
        booted(play)
        for _ in range(4):
            play >> 800.0
            play.answered(play.asks("Heartbeat", {}).id)
            up = play.sent("Heartbeat")
            play.replies(up.id, up.action, {"currentTime": "2026-03-01T12:00:00Z"})
        play >> 899.0
        play >> 2.0 << do.CloseStation << do.CloseUplink
        assert ("link", {"change": "silent"}) in play.notes
        assert play.session.idle
        assert not play.timers
        call = play.asks("Authorize", {"idTag": "A"})
        play << do.OpenUplink
        play >> on.UplinkUp()
        up = play.sent("BootNotification")
        play.replies(up.id, up.action, ACCEPTED)
        up = play.sent("Authorize")
        play.replies(up.id, up.action, {"idTagInfo": GOOD})
        play.answered(call.id)


# -- boots ----------------------------------------------------------------------------------------------------------


def test_a_boot_goes_up_and_its_answer_down() -> None:
    journal = MemoryJournal()
    with Scene(journal=journal) as play:
        play.online()
        call = play.asks("BootNotification", BOOT)
        up = play.sent("BootNotification")
        assert up.payload == BOOT
        play << do.Learned("ACME", "One", "1.0", None, BOOT)
        play.replies(up.id, up.action, {**ACCEPTED, "interval": 120})
        assert play.answered(call.id).payload == {**ACCEPTED, "interval": 120}
    assert journal.values["boot"] == {"dialect": "ocpp1.6", "action": "BootNotification", "payload": BOOT}
    assert (journal.values["accepted"], journal.values["interval"]) == (True, 120)


def test_a_repeated_boot_is_not_doubled() -> None:
    with Scene() as play:
        play.online()
        first = play.asks("BootNotification", BOOT)
        up = play.sent("BootNotification")
        second = play.asks("BootNotification", BOOT)
        play.replies(up.id, up.action, ACCEPTED)
        play.answered(first.id)
        play.answered(second.id)


def test_an_unknown_station_is_told_to_wait_and_its_boot_goes_up_once() -> None:
    with Scene() as play:
        play.open()
        play >> on.StationConnected() << do.OpenUplink
        play >> on.UplinkDown("refused")
        answer = play.answered(play.asks("BootNotification", BOOT).id).payload
        assert (answer["status"], answer["interval"], answer["currentTime"]) == ("Rejected", 60, "2026-03-01T12:00:00.000Z")
        play >> 30.0 << do.OpenUplink
        play >> on.UplinkUp()
        up = play.sent("BootNotification")
        play.replies(up.id, up.action, ACCEPTED)
        play >> 30.0
        answer = play.answered(play.asks("BootNotification", BOOT).id).payload
        assert (answer["status"], answer["interval"]) == ("Accepted", 300)
        booted(play)


def test_a_known_station_is_accepted_while_the_back_end_is_away() -> None:
    with Scene() as play:
        play.online()
        booted(play, {**ACCEPTED, "interval": 77})
        play >> on.UplinkDown("cut")
        answer = play.answered(play.asks("BootNotification", BOOT).id).payload
        assert (answer["status"], answer["interval"]) == ("Accepted", 77)


def test_a_silent_back_end_does_not_keep_a_boot_waiting() -> None:
    with Scene() as play:
        play.online()
        call = play.asks("BootNotification", BOOT)
        up = play.sent("BootNotification")
        play >> 10.0
        assert play.answered(call.id).payload["status"] == "Rejected"
        play.replies(up.id, up.action, ACCEPTED)


def test_the_boot_is_replayed_and_nothing_goes_before_its_acceptance() -> None:
    with Scene() as play:
        play.online()
        booted(play)
        play >> on.UplinkDown("cut")
        play.answered(play.asks("MeterValues", meter()).id)
        play.answered(play.asks("StatusNotification", status("Available")).id)
        play >> 10.0 << do.OpenUplink
        play >> on.UplinkUp()
        up = play.sent("BootNotification")
        play.replies(up.id, up.action, PENDING)
        play >> 19.9
        play >> 0.2
        up = play.sent("BootNotification")
        play.replies(up.id, up.action, ACCEPTED)
        up = play.sent("MeterValues")
        play.replies(up.id, up.action, {})
        play.sent("StatusNotification")


@pytest.mark.parametrize(("interval", "wait"), [(0, 60), (-1, 60), (1, 1), (86400, 86400), (2**31 - 1, 86400)])
def test_the_wait_for_the_next_boot_has_bounds(interval: int, wait: int) -> None:
    with Scene() as play:
        play.online()
        booted(play)
        play >> on.StationLost()
        play >> on.UplinkDown("cut")
        play >> 10.0 << do.OpenUplink
        play >> on.UplinkUp()
        up = play.sent("BootNotification")
        play.replies(up.id, up.action, {**REJECTED, "interval": interval})
        assert play.timers["boot"] - play.now == wait


def test_a_station_that_heard_pending_boots_itself() -> None:
    with Scene() as play:
        play.online()
        booted(play, PENDING)
        play >> 20.0
        booted(play)
        play >> 60.0


def test_while_pending_calls_are_answered_here() -> None:
    with Scene() as play:
        play.online()
        booted(play, PENDING)
        answer = play.answered(play.asks("Authorize", {"idTag": "A"}).id).payload
        assert answer == {"idTagInfo": {"status": "Invalid"}}
        answer = play.answered(play.asks("StartTransaction", start()).id).payload
        assert answer["idTagInfo"] == GOOD


def test_an_error_to_a_boot_is_no_rejection_of_a_known_station() -> None:
    with Scene() as play:
        play.online()
        booted(play)
        call = play.asks("BootNotification", BOOT)
        up = play.sent("BootNotification")
        play >> on.BackendAnswered(Error(up.id, up.action, "InternalError"))
        assert play.answered(call.id).payload["status"] == "Accepted"
        play >> 61.0
        play.sent("BootNotification")


def test_another_boot_while_one_is_up_is_told_too() -> None:
    with Scene() as play:
        play.online()
        first = play.asks("BootNotification", BOOT)
        up = play.sent("BootNotification")
        second = play.asks("BootNotification", {**BOOT, "firmwareVersion": "2.0"})
        play.replies(up.id, up.action, ACCEPTED)
        up = play.sent("BootNotification")
        assert up.payload["firmwareVersion"] == "2.0"
        play.replies(up.id, up.action, ACCEPTED)
        play.answered(first.id)
        play.answered(second.id)


def test_a_link_without_sessions_needs_no_replay() -> None:
    with Scene(Policy(replay_boot=False)) as play:
        play.online()
        booted(play)
        play >> on.UplinkDown("cut")
        play >> 10.0 << do.OpenUplink
        play >> on.UplinkUp()
        play.asks("Authorize", {"idTag": "A"})
        play.sent("Authorize")


def test_who_the_station_is_survives_a_restart() -> None:
    journal = MemoryJournal()
    with Scene(journal=journal) as play:
        play.online()
        booted(play)
    with Scene(journal=journal) as play:
        play.open() << do.Learned("ACME", "One", "1.0", None, BOOT)
        play >> on.StationConnected() << do.OpenUplink
        play >> on.UplinkUp()
        assert play.sent("BootNotification").payload == BOOT


def test_a_boot_answered_locally_by_a_quirk_still_goes_up() -> None:
    with Scene() as play:
        play.session.behave({"answer_locally": ["boot"]})
        play.online()
        call = play.asks("BootNotification", BOOT)
        assert play.answered(call.id).payload["status"] == "Accepted"
        play.sent("BootNotification")
