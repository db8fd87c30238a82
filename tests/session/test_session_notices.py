"""Notices of a 2.x station: each is told in its turn, behind what the station said before, and the station waits for none."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.messages import Payload
from gateway.session import commands as do
from gateway.session import events as on
from gateway.session.policy import Policy
from tests.session.scene import Scene
from tests.session.test_session_right import event

TIMES = [f"2026-03-01T12:0{minute}:00Z" for minute in range(9)]


def notice(value: str, number: int = 0, connector: int = 1) -> Payload:
    data = {
        "eventId": number,
        "timestamp": TIMES[number],
        "trigger": "Delta",
        "actualValue": value,
        "eventNotificationType": "HardWiredNotification",
        "component": {"name": "Connector", "evse": {"id": 1, "connectorId": connector}},
        "variable": {"name": "AvailabilityState"},
    }
    return {"generatedAt": TIMES[number], "seqNo": 0, "eventData": [data]}


def notifies(play: Scene, value: str, number: int = 0) -> None:
    call = play.asks("NotifyEvent", notice(value, number))
    assert play.answered(call.id).payload == {}


def drained(play: Scene) -> list[Any]:
    """What goes up, call by call; the station's own answers aside."""
    told = []
    while calls := [said.call for said in play.unheard if isinstance(said, do.CallBackend)]:
        play.unheard.clear()
        (call,) = calls
        told.append(call)
        play.replies(
            call.id,
            call.action,
            {"idTagInfo": {"status": "Accepted"}, "transactionId": 5} if "Start" in call.action else {},
        )
    return told


@pytest.mark.parametrize(("kind", "free"), [("2.0.1-1.6", "StatusNotification"), ("new", "NotifyEvent")])
def test_a_notice_does_not_overtake_the_transaction_before_it(kind: str, free: str) -> None:
    with Scene(Policy(authorize_offline="accept"), kind=kind) as play:
        play.open()
        play >> on.StationConnected(False)
        play.unheard.clear()
        for seq, told in enumerate(("Started", "Ended")):
            token = {"idToken": "ABC", "type": "Central"}
            play.asks("TransactionEvent", event(told, seq, seq, token=token, evse=1))
            play.unheard.clear()
            play >> 15.0
            play.unheard.clear()
        notifies(play, "Available", 3)
        play.unheard.clear()
        play >> on.UplinkUp()
        told = [call.action for call in drained(play)]
        assert told[-1] == free, told
        assert told.count(free) == 1
        assert len(told) >= 3


def test_each_is_told_and_none_takes_the_place_of_another() -> None:
    with Scene(kind="new") as play:
        play.open()
        play >> on.StationConnected(False)
        play.unheard.clear()
        for number, value in enumerate(("Available", "Occupied", "Available", "Faulted")):
            notifies(play, value, number)
        play >> on.UplinkUp()
        told = [call.payload["eventData"][0]["actualValue"] for call in drained(play) if call.action == "NotifyEvent"]
        assert told == ["Available", "Occupied", "Available", "Faulted"]


def test_a_profile_may_keep_them_here() -> None:
    with Scene(kind="new") as play:
        play.online()
        play.session.behave({"answer_locally": ["notice"]})
        notifies(play, "Available")
        play >> 5.0
