"""Several steps in a row, a step of no steps, and the seam for flows."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.catalogue import Folders
from gateway.dialects.load import load_dialects, read_text
from gateway.ladder import flows
from gateway.ladder.accounts import account
from gateway.ladder.facts import Context, Recorded
from gateway.ladder.ladder import Ladder, RouteError
from gateway.ladder.losses import Refused
from gateway.ladder.tables import Table
from gateway.source import load, loads

FOLDERS = Folders()
DIALECTS = load_dialects(FOLDERS)
FAR = FOLDERS.files("dialects")["ocpp1.6"].read_text(encoding="utf-8").replace("dialect: ocpp1.6", "dialect: far")
ALL = {**DIALECTS, "far": read_text(FAR)}
STEP = Table.build(load(FOLDERS.files("ladder")["ocpp1.5--ocpp1.6"]), "ocpp1.5--ocpp1.6", ALL)
LADDER = Ladder([STEP, Table.build(loads("ladder: {left: ocpp1.6, right: far}"), "ocpp1.6--far", ALL)], ALL)
CX = Context(Recorded())
WHEN = "2026-01-02T03:04:05Z"


def test_one_dialect_is_a_way_of_no_steps_that_carries_everything() -> None:
    route = LADDER.route("ocpp1.5", "ocpp1.5")
    passage = route.request("AnythingAtAll", {"x": None, "y": [{}]}, CX)
    assert (route.steps, passage.action, passage.payload) == ((), "AnythingAtAll", {"x": None, "y": [{}]})
    assert passage.result({"z": 1}, CX) == ({"z": 1}, [])


def test_two_steps_and_the_answer_climbs_back() -> None:
    route = LADDER.route("far", "ocpp1.5")
    assert [step.table.name for step in route.steps] == ["ocpp1.6--far", "ocpp1.5--ocpp1.6"]
    passage = route.request("GetConfiguration", {"key": ["heartbeatinterval"]}, CX)
    assert passage.payload == {"key": ["heartbeatinterval"]}
    made, losses = passage.result({"unknownKey": ["HeartbeatInterval"]}, CX)
    assert (made, losses) == ({"unknownKey": ["heartbeatinterval"]}, [])


def test_an_answer_given_on_the_second_step_climbs_the_first() -> None:
    passage = LADDER.route("far", "ocpp1.5").request("TriggerMessage", {"requestedMessage": "Heartbeat"}, CX)
    assert (passage.action, passage.answer) == (None, {"status": "NotImplemented"})
    assert [loss.table for loss in passage.losses] == ["ocpp1.5--ocpp1.6"]


def test_losses_of_all_steps_are_told() -> None:
    payload = {"connectorId": 1, "status": "Charging", "errorCode": "NoError"}
    assert [loss.field for loss in LADDER.route("far", "ocpp1.5").request("StatusNotification", payload, CX).losses] == ["status"]


def test_a_loss_belongs_to_the_message_in_which_it_happened() -> None:
    ladder, context = Ladder.load(Folders(), load_dialects(Folders())), Context(Recorded())
    up, down = ladder.route("ocpp1.6", "ocpp1.5"), ladder.route("ocpp1.5", "ocpp1.6")
    said = [up.request("DiagnosticsStatusNotification", {"status": word}, context) for word in ("Idle", "Uploaded") * 2]
    assert [bool(passage.losses) for passage in said] == [True, False] * 2
    asked = down.request("UnlockConnector", {"connectorId": 1}, context)
    answers = [asked.result({"status": word}, context) for word in ("NotSupported", "Unlocked") * 2]
    assert [len(losses) for _, losses in answers] == [1, 0] * 2


def test_a_result_that_cannot_be_said_is_refused() -> None:
    boot = {"chargePointVendor": "v", "chargePointModel": "m"}
    passage = LADDER.route("ocpp1.5", "far").request("BootNotification", boot, CX)
    with pytest.raises(Refused):
        passage.result({"status": "Accepted", "currentTime": WHEN, "interval": 2**40}, CX)


def test_the_ledger_is_composed_over_steps() -> None:
    short = account(LADDER.route("ocpp1.5", "ocpp1.6"), "StopTransaction", "station")
    long = account(LADDER.route("ocpp1.5", "far"), "StopTransaction", "station")
    assert sorted(map(repr, long.request)) == sorted(map(repr, short.request))
    assert sorted(map(repr, long.result)) == sorted(map(repr, short.result))
    back = account(LADDER.route("far", "ocpp1.5"), "TriggerMessage", "backend")
    assert (back.said, back.answer, back.share()) == ("always", {"status": "NotImplemented"}, 0.0)
    none = account(LADDER.route("far", "far"), "Authorize", "station")
    assert {entry.how for entry in (*none.request, *none.result)} == {"carried"}


def test_no_way_says_so() -> None:
    with pytest.raises(RouteError, match="no dialect 'ocpp9'"):
        LADDER.route("ocpp1.5", "ocpp9")
    with pytest.raises(RouteError, match="no table leads"):
        Ladder([], ALL).route("ocpp1.5", "far")


def shout(asked: Any, run: Any, parts: Any) -> flows.Rendering:
    return flows.Rendering([("Reset", {"type": "Hard"})], lambda results, run: parts["Reset"].answer(results[0], asked, run))


def test_a_table_may_name_a_flow_for_a_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(flows.FLOWS, "shout", shout)
    text = "ladder: {left: ocpp1.6, right: far}\nmessages:\n  Reset:\n    flow >: shout\n"
    ladder = Ladder([Table.build(loads(text), "t", ALL)], ALL)
    route, back = ladder.route("ocpp1.6", "far"), ladder.route("far", "ocpp1.6")
    passage = route.request("Reset", {"type": "Soft"}, CX)
    assert passage.payload == {"type": "Hard"}
    assert passage.result({"status": "Rejected"}, CX)[0] == {"status": "Rejected"}
    assert back.request("Reset", {"type": "Soft"}, CX).payload == {"type": "Soft"}
    assert (route.stateful("Reset"), back.stateful("Reset"), route.stateful("Heartbeat")) == (True, False, False)
