"""A reservation of a 1.6 station runs out: the back end is told, a while after, unless something of it still waits."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from gateway.messages import Error, Result
from gateway.session import commands as do
from gateway.session import events as on
from gateway.session.when_due import A_WHILE
from tests.memory_journal import MemoryJournal
from tests.playbook import BEGIN
from tests.session.scene import GOOD, Scene, start, status

TOKEN = {"idToken": "ABC", "type": "Central"}
EXPIRED = {"reservationId": 7, "reservationUpdateStatus": "Expired"}
TEN_MINUTES = 600.0


def scene(**which: Any) -> Scene:
    return Scene(kind="1.6-2.0.1", **which)


def reserved(play: Scene, id: int = 7, minute: int = 10) -> None:
    until = f"2026-03-01T12:{minute}:00Z"
    play.commands("ReserveNow", {"id": id, "expiryDateTime": until, "idToken": TOKEN, "evseId": 1}, id=f"b{id}")
    order = play.ordered("ReserveNow")
    play >> on.StationAnswered(Result(order.id, order.action, GOOD))
    assert play.told(f"b{id}").payload == GOOD


def silent(play: Scene, seconds: float) -> None:
    play >> seconds
    assert not any(isinstance(said, do.CallBackend) for said in play.unheard), play.unheard
    play.unheard.clear()


def expired(play: Scene) -> str:
    call = play.sent("ReservationStatusUpdate")
    assert call.payload == EXPIRED
    return call.id


def test_it_is_told_a_while_after() -> None:
    with scene() as play:
        play.online()
        reserved(play)
        silent(play, TEN_MINUTES + A_WHILE - 1.0)
        play >> 2.0
        play.replies(expired(play), "ReservationStatusUpdate", {})
        silent(play, TEN_MINUTES)


def test_a_clock_that_is_set_changes_nothing() -> None:
    with scene() as play:
        play.online()
        reserved(play)
        silent(play, 10.0)
        told = play.session.receive(on.Woken(), on.Instant(play.now, BEGIN + timedelta(days=1)))
        assert not any(isinstance(said, do.CallBackend) for said in told)
        silent(play, TEN_MINUTES)
        play >> A_WHILE
        play.replies(expired(play), "ReservationStatusUpdate", {})


def test_it_is_told_after_a_crash_and_until_it_is_heard() -> None:
    journal = MemoryJournal()
    with scene(journal=journal) as play:
        play.online()
        reserved(play)
    for life in "hi":
        with scene(journal=journal, life=life) as play:
            play.online()
            play >> TEN_MINUTES + A_WHILE
            expired(play)
    with scene(journal=journal, life="j") as play:
        play.online()
        play >> TEN_MINUTES + A_WHILE
        expired(play)
        silent(play, A_WHILE)  # half of which is the back end's time to answer
        play >> A_WHILE / 2
        id = expired(play)
        play >> on.BackendAnswered(Error(id, "ReservationStatusUpdate", "InternalError", "no"))
        play >> 1.0
    with scene(journal=journal, life="k") as play:
        play.online()
        silent(play, TEN_MINUTES + 2 * A_WHILE)


def test_a_start_with_it_says_it_all() -> None:
    with scene() as play:
        play.online()
        reserved(play)
        call = play.asks("StartTransaction", {**start(), "reservationId": 7})
        up = play.sent("TransactionEvent")
        assert up.payload["reservationId"] == 7
        play.replies(up.id, up.action, {})
        play.answered(call.id)
        silent(play, TEN_MINUTES + 2 * A_WHILE)


def test_what_the_station_has_yet_to_tell_comes_first() -> None:
    with scene() as play:
        play.online()
        reserved(play)
        play >> on.StationLost()
        silent(play, 30.0)
        play >> TEN_MINUTES + A_WHILE
        play.unheard.clear()
        play >> on.StationConnected(False)
        play.unheard.clear()
        play >> on.UplinkUp()
        silent(play, A_WHILE - 1.0)
        play.asks("StartTransaction", start())
        up = play.sent("TransactionEvent")
        silent(play, 5.0)
        play.unheard.clear()
        play.replies(up.id, up.action, {})
        play.unheard.clear()
        silent(play, TEN_MINUTES)


def test_a_state_that_takes_the_connector_away_takes_the_reservation() -> None:
    with scene() as play:
        play.online()
        reserved(play)
        play >> 10.0
        call = play.asks("StatusNotification", {**status("Faulted"), "errorCode": "GroundFailure"})
        play.answered(call.id)
        told = []
        while play.unheard:
            up = play.sent(play.unheard[0].call.action)  # type: ignore[union-attr]
            told.append((up.action, up.payload.get("reservationUpdateStatus")))
            play.replies(up.id, up.action, {})
        assert told[-1] == ("ReservationStatusUpdate", "Removed")
        assert [name for name, _ in told] == ["StatusNotification", "NotifyEvent", "ReservationStatusUpdate"]
        silent(play, TEN_MINUTES + 2 * A_WHILE)


def test_one_reserved_anew_while_its_end_is_told_ends_anew() -> None:
    with scene() as play:
        play.online()
        reserved(play)
        play >> TEN_MINUTES + A_WHILE
        id = expired(play)
        reserved(play, minute=30)
        play.replies(id, "ReservationStatusUpdate", {})
        silent(play, TEN_MINUTES)
        play >> TEN_MINUTES
        play.replies(expired(play), "ReservationStatusUpdate", {})


def test_a_session_that_nobody_needs_is_not_kept_for_it() -> None:
    with scene() as play:
        play.online()
        reserved(play)
        play >> on.StationLost()
        play.unheard.clear()
        play >> 120.0
        play.unheard.clear()
        assert play.session.idle
