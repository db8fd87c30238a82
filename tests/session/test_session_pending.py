"""A 2.0.1 back end that keeps a station Pending: it may read and write settings, trigger a boot, restart the station.

Sources: OCPP 2.0.1 part 2, B02; OCPP 1.6, 4.2; CitrineOS restarts a station that it has set up.
"""

from __future__ import annotations

from typing import Any

import pytest

from gateway.messages import Error, Result
from gateway.session import commands as do
from gateway.session import events as on
from tests.session.scene import ACCEPTED, GOOD, Scene, status

BOOT = {"chargePointVendor": "ACME", "chargePointModel": "One"}
PENDING = {"status": "Pending", "currentTime": "2026-03-01T12:00:00Z", "interval": 300}
VARIABLE = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}
SET = {"setVariableData": [{**VARIABLE, "attributeValue": "3"}]}
REPORT = {"requestId": 9, "reportBase": "FullInventory"}
RESTART = {"type": "Immediate"}


def boots(play: Scene, verdict: dict[str, Any] = PENDING) -> tuple[str, str]:
    """Why the station boots, as the back end hears it, and what the station is told."""
    call = play.asks("BootNotification", BOOT)
    up = play.sent("BootNotification")
    play.replies(up.id, up.action, verdict)
    return str(up.payload["reason"]), str(play.answered(call.id).payload["status"])


def pending(kind: str, exchange: bool = False) -> Scene:
    play = Scene(kind=kind)
    play.online(exchange)
    boots(play)
    return play


def does(play: Scene, action: str, payload: dict[str, Any]) -> Any:
    order = play.ordered(action)
    play >> on.StationAnswered(Result(order.id, order.action, payload))
    return order.payload


def told_all(play: Scene) -> None:
    """The back end hears the whole report."""
    more = True
    while more:
        up = play.sent("NotifyReport")
        more = up.payload["tbc"]
        play.replies(up.id, up.action, {})


def test_b02_settings_of_a_pending_1_6_station_are_written_and_reported() -> None:
    with pending("1.6-2.0.1") as play:
        play.commands("SetVariables", SET, id="b1")
        assert does(play, "ChangeConfiguration", GOOD) == {"key": "HeartbeatInterval", "value": "3"}
        assert play.told("b1").payload["setVariableResult"][0]["attributeStatus"] == "Accepted"
        play.commands("GetBaseReport", REPORT, id="b2")
        does(play, "GetConfiguration", {"configurationKey": [{"key": "HeartbeatInterval", "readonly": False, "value": "3"}]})
        assert play.told("b2").payload == {"status": "Accepted"}
        told_all(play)


def test_b02_a_boot_that_is_triggered_says_so_and_ends_the_waiting() -> None:
    with pending("1.6-2.0.1") as play:
        play.commands("TriggerMessage", {"requestedMessage": "BootNotification"}, id="b1")
        does(play, "TriggerMessage", GOOD)
        assert play.told("b1").payload == GOOD
        assert boots(play, ACCEPTED) == ("Triggered", "Accepted")
        play.answered(play.asks("StatusNotification", status("Available")).id)
        play.sent("StatusNotification")


def test_b11_a_restart_of_a_pending_station_is_the_reason_of_its_next_boot() -> None:
    with pending("1.6-2.0.1") as play:
        play.commands("Reset", RESTART, id="b1")
        assert does(play, "Reset", GOOD) == {"type": "Soft"}
        assert play.told("b1").payload == GOOD
        play >> on.StationLost("restart") >> 20.0 >> on.StationConnected(False)
        assert boots(play) == ("RemoteReset", "Pending")
        assert boots(play, ACCEPTED) == ("RemoteReset", "Accepted"), "the first boot that it accepts has the reason still"
        assert boots(play, ACCEPTED) == ("Unknown", "Accepted")


def test_a_pending_station_of_1_5_hears_rejected_and_nothing_else_until_it_is_accepted() -> None:
    with pending("1.5-2.0.1", exchange=True) as play:
        play.commands("SetVariables", SET, id="b1")
        play.commands("Reset", RESTART, id="b2")
        play >> 10.0
        call = play.asks("BootNotification", BOOT)
        up = play.sent("BootNotification")
        play.replies(up.id, up.action, ACCEPTED)
        assert play.answered(call.id).payload["status"] == "Accepted"
        assert does(play, "ChangeConfiguration", GOOD) == {"key": "HeartBeatInterval", "value": "3"}
        assert play.told("b1").payload["setVariableResult"][0]["attributeStatus"] == "Accepted"
        assert does(play, "Reset", GOOD) == {"type": "Soft"}
        assert play.told("b2").payload == GOOD


def test_and_its_back_end_hears_why_nothing_came_of_a_command() -> None:
    with pending("1.5-2.0.1", exchange=True) as play:
        for id, action, asked in (("b1", "SetVariables", SET), ("b2", "GetBaseReport", REPORT), ("b3", "Reset", RESTART)):
            play.commands(action, asked, id=id)
        play.commands("TriggerMessage", {"requestedMessage": "BootNotification"}, id="b4")
        assert play.told("b4").payload == {"status": "NotImplemented"}
        play >> 30.0
        for id in ("b1", "b2", "b3"):
            said = play.told(id)
            assert isinstance(said, Error)
            assert (said.code, said.description) == ("InternalError", "the station is not accepted, and was not asked")
        assert boots(play, ACCEPTED)[1] == "Accepted"


@pytest.mark.parametrize("kind", ["1.6-2.0.1", "1.5-2.0.1"])
def test_a_boot_from_memory_that_is_under_way_does_not_swallow_the_reason_of_the_stations_own(kind: str) -> None:
    with Scene(kind=kind) as play:
        play.online()
        boots(play, ACCEPTED)
        play.commands("Reset", RESTART, id="b1")
        does(play, "Reset", GOOD)
        play.told("b1")
        play >> on.StationLost("restart") >> 200.0 << do.CloseUplink
        play >> on.StationConnected(False) << do.OpenUplink
        play >> on.UplinkUp()
        first = play.sent("BootNotification")
        assert first.payload["reason"] == "Unknown"
        call = play.asks("BootNotification", BOOT)
        play.replies(first.id, first.action, ACCEPTED)
        second = play.sent("BootNotification")
        assert second.payload["reason"] == "RemoteReset"
        play.replies(second.id, second.action, ACCEPTED)
        assert play.answered(call.id).payload["status"] == "Accepted"
