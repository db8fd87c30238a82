"""What a command leads to beside its answer: calls that follow it, and answers that wait for what the station has yet to tell."""

from __future__ import annotations

from typing import Any

from gateway.messages import Result
from gateway.session import commands as do
from gateway.session import events as on
from gateway.session.policy import Policy
from tests.session.scene import BOOT, Scene, status

ASKED: dict[str, Any] = {"requestId": 7, "reportBase": "FullInventory"}
VARIABLES: dict[str, Any] = {"getVariableData": [{"component": {"name": "A"}, "variable": {"name": "B"}}]}
NONE: dict[str, Any] = {"unknownKey": []}
PENDING = {"status": "Pending", "currentTime": "2026-03-01T12:00:00Z", "interval": 300}


def scene(policy: Policy | None = None) -> Scene:
    return Scene(policy, kind="left")


def does(play: Scene, order: Any) -> None:
    play >> on.StationAnswered(Result(order.id, order.action, NONE))


def reported(play: Scene, number: int) -> Any:
    up = play.sent("NotifyReport")
    assert (up.payload["requestId"], up.payload["seqNo"], up.payload["tbc"]) == (7, number, number == 0)
    return up


def test_calls_follow_the_answer_one_at_a_time() -> None:
    with scene() as play:
        play.online()
        play.commands("GetBaseReport", ASKED, id="b1")
        does(play, play.ordered("GetConfiguration"))
        assert play.told("b1").payload == {"status": "Accepted"}
        up = reported(play, 0)
        play.replies(up.id, up.action, {})
        up = reported(play, 1)
        play.replies(up.id, up.action, {})


def test_a_call_that_is_not_answered_is_not_repeated() -> None:
    with scene() as play:
        play.online()
        play.commands("GetBaseReport", ASKED, id="b1")
        does(play, play.ordered("GetConfiguration"))
        play.told("b1")
        reported(play, 0)
        play >> 30.0
        reported(play, 1)


def test_nothing_follows_a_command_whose_link_is_gone() -> None:
    with scene() as play:
        play.online()
        play.commands("GetBaseReport", ASKED, id="b1")
        does(play, play.ordered("GetConfiguration"))
        play.told("b1")
        reported(play, 0)
        play >> on.UplinkDown("cut")
        play >> 10.0
        play << do.OpenUplink
        play >> on.UplinkUp()
        play >> 60.0


def test_nothing_follows_a_command_that_nobody_waits_for() -> None:
    with scene(Policy(call_deadline=5.0, station_call=20.0)) as play:
        play.online()
        play.commands("GetBaseReport", ASKED, id="b1")
        order = play.ordered("GetConfiguration")
        play >> 5.0
        assert play.told("b1").code == "InternalError"
        does(play, order)


def test_a_back_end_may_ask_before_it_has_accepted_the_station() -> None:
    with scene() as play:
        play.open()
        play >> on.StationConnected(False)
        play << do.OpenUplink
        play >> on.UplinkUp()
        call = play.asks("BootNotification", BOOT)
        play << do.Learned
        up = play.sent("BootNotification")
        play.replies(up.id, up.action, PENDING)
        assert play.answered(call.id).payload["status"] == "Pending"
        play.commands("GetBaseReport", ASKED, id="b1")
        does(play, play.ordered("GetConfiguration"))
        play.told("b1")
        reported(play, 0)


def test_an_answer_waits_for_what_the_station_has_yet_to_tell() -> None:
    with scene() as play:
        play.online()
        play.commands("GetVariables", VARIABLES, id="b1")
        does(play, play.ordered("GetConfiguration"))
        play >> 1.0
        play.answered(play.asks("StatusNotification", status("Available")).id)
        assert play.told("b1").payload["getVariableResult"][0]["attributeStatus"] == "Accepted"
        play.sent("StatusNotification")
        play >> 30.0


def test_and_other_commands_need_not_wait() -> None:
    with scene() as play:
        play.online()
        play.commands("GetVariables", VARIABLES, id="b1")
        does(play, play.ordered("GetConfiguration"))
        play.commands("ClearCache", {}, id="b2")
        order = play.ordered("ClearCache")
        play >> on.StationAnswered(Result(order.id, order.action, {"status": "Accepted"}))
        play.told("b2")


def test_after_some_seconds_what_is_known_is_the_answer() -> None:
    with scene(Policy(call_deadline=10.0, station_call=9.0)) as play:
        play.online()
        play.commands("GetVariables", VARIABLES, id="b1")
        order = play.ordered("GetConfiguration")
        play >> 3.0
        does(play, order)
        play >> 4.9
        assert play.unheard == []
        play >> 0.1
        assert play.told("b1").payload["getVariableResult"][0]["attributeStatus"] == "UnknownVariable"


def test_and_so_it_is_when_the_station_goes() -> None:
    with scene() as play:
        play.online()
        play.commands("GetVariables", VARIABLES, id="b1")
        does(play, play.ordered("GetConfiguration"))
        play >> on.StationLost("cut")
        assert play.told("b1").payload["getVariableResult"][0]["attributeStatus"] == "UnknownVariable"


def test_a_back_end_that_is_gone_is_told_nothing() -> None:
    with scene() as play:
        play.online()
        play.commands("GetVariables", VARIABLES, id="b1")
        does(play, play.ordered("GetConfiguration"))
        play >> on.UplinkDown("cut")
        play.answered(play.asks("StatusNotification", status("Available")).id)
        play >> 30.0
        play << do.OpenUplink
