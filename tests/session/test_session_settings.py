"""Settings between 1.6 and 2.0.1 by the shipped tables: commands that become several, reports that follow or are awaited."""

from __future__ import annotations

from typing import Any

from gateway.messages import Error, Result
from gateway.session import commands as do
from gateway.session import events as on
from tests.session.scene import GOOD, Scene, start

WHEN = "2026-03-01T11:20:00Z"


def does(play: Scene, order: Any, payload: dict[str, Any]) -> None:
    play >> on.StationAnswered(Result(order.id, order.action, payload))


def item(name: str, **more: Any) -> dict[str, Any]:
    component, _, variable = name.partition(".")
    return {"component": {"name": component}, "variable": {"name": variable}, **more}


def test_a_1_6_station_reports_to_a_2_0_1_back_end() -> None:
    with Scene(kind="1.6-2.0.1") as play:
        play.online()
        play.commands("GetBaseReport", {"requestId": 9, "reportBase": "FullInventory"}, id="b1")
        order = play.ordered("GetConfiguration")
        does(play, order, {"configurationKey": [{"key": "HeartbeatInterval", "readonly": False, "value": "300"}]})
        assert play.told("b1").payload == {"status": "Accepted"}
        data: list[Any] = []
        more = True
        while more:
            up = play.sent("NotifyReport")
            assert up.payload["requestId"] == 9
            data += up.payload["reportData"]
            more = up.payload["tbc"]
            play.replies(up.id, up.action, {})
        told = {f"{one['component']['name']}.{one['variable']['name']}": one["variableAttribute"][0] for one in data}
        assert told["OCPPCommCtrlr.HeartbeatInterval"]["value"] == "300"


def test_a_station_that_cannot_report_is_no_report() -> None:
    with Scene(kind="1.6-2.0.1") as play:
        play.online()
        play.commands("GetBaseReport", {"requestId": 9, "reportBase": "FullInventory"}, id="b1")
        order = play.ordered("GetConfiguration")
        play >> on.StationAnswered(Error(order.id, order.action, "NotSupported"))
        assert play.told("b1").code == "NotSupported"


def test_variables_are_set_one_command_after_another() -> None:
    with Scene(kind="1.6-2.0.1") as play:
        play.online()
        names = ["OCPPCommCtrlr.HeartbeatInterval", "OCPPCommCtrlr.ResetRetries"]
        play.commands("SetVariables", {"setVariableData": [item(name, attributeValue="3") for name in names]}, id="b1")
        order = play.ordered("ChangeConfiguration")
        assert order.payload == {"key": "HeartbeatInterval", "value": "3"}
        does(play, order, GOOD)
        order = play.ordered("ChangeConfiguration")
        assert order.payload == {"key": "ResetRetries", "value": "3"}
        does(play, order, {"status": "Rejected"})
        results = play.told("b1").payload["setVariableResult"]
        assert [one["attributeStatus"] for one in results] == ["Accepted", "Rejected"]


def test_a_1_6_back_end_gets_all_keys_of_a_2_0_1_station() -> None:
    with Scene(kind="2.0.1-1.6") as play:
        play.online()
        play.commands("GetConfiguration", {}, id="b1")
        order = play.ordered("GetBaseReport")
        does(play, order, GOOD)
        play >> 1.0
        most = item("DeviceDataCtrlr.ItemsPerMessage", variableAttribute=[{"value": "50", "mutability": "ReadOnly"}])
        most["variable"]["instance"] = "GetVariables"
        report = {"requestId": order.payload["requestId"], "seqNo": 0, "generatedAt": WHEN, "reportData": [most]}
        call = play.asks("NotifyReport", report)
        order = play.ordered("GetVariables")
        play.answered(call.id)
        asked = order.payload["getVariableData"]
        assert len(asked) > 20
        found = [one["variable"]["name"] == "HeartbeatInterval" for one in asked]
        said = [{"attributeStatus": "Accepted", "attributeValue": "300"} if f else {"attributeStatus": "Rejected"} for f in found]
        results = [one | more for one, more in zip(asked, said, strict=True)]
        does(play, order, {"getVariableResult": results})
        keys = {one["key"]: one.get("value") for one in play.told("b1").payload["configurationKey"]}
        assert keys["HeartbeatInterval"] == "300"


def test_a_report_that_never_comes_is_not_waited_for_long() -> None:
    with Scene(kind="2.0.1-1.6") as play:
        play.online()
        play.commands("GetConfiguration", {}, id="b1")
        does(play, play.ordered("GetBaseReport"), GOOD)
        play >> 24.0
        play.ordered("GetVariables")
        play >> 6.0
        assert play.told("b1").code == "InternalError"


def test_a_station_that_goes_meanwhile_says_nothing_more() -> None:
    with Scene(kind="2.0.1-1.6") as play:
        play.online()
        play.commands("GetConfiguration", {}, id="b1")
        does(play, play.ordered("GetBaseReport"), GOOD)
        play >> on.StationLost("cut")
        assert play.told("b1").payload == {}


def test_the_rest_of_a_command_waits_for_its_registers() -> None:
    with Scene(kind="2.0.1-1.6", slow=True) as play:
        play.online()
        play.commands("GetConfiguration", {}, id="b1")
        play << do.Commit
        play >> on.Committed(play.last.tag)
        order = play.ordered("GetBaseReport")
        does(play, order, {"status": "NotSupported"})
        order = play.ordered("GetVariables")
        assert len(order.payload["getVariableData"]) == 1


def test_e14_what_waits_is_known_where_it_waits() -> None:
    with Scene(kind="1.6-2.0.1") as play:
        play.online()
        call = play.asks("StartTransaction", start())
        up = play.sent("TransactionEvent")
        number = up.payload["transactionInfo"]["transactionId"]
        play.commands("GetTransactionStatus", {"transactionId": number}, id="b1")
        assert play.told("b1").payload == {"ongoingIndicator": True, "messagesInQueue": True}
        play.replies(up.id, up.action, {})
        play.answered(call.id)
        play.commands("GetTransactionStatus", {}, id="b2")
        assert play.told("b2").payload == {"messagesInQueue": False}
        play.commands("GetTransactionStatus", {"transactionId": "nobody's"}, id="b3")
        assert play.told("b3").payload == {"ongoingIndicator": False, "messagesInQueue": False}
