"""A back end of 2.0.1 gets reports of a 1.6 station: 4.10, and B07 and B08 of part 2."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from gateway.session.text import to_text
from tests.ladder.flows.talk import Talk, official
from tests.ladder.flows.test_variables import item, keys

KEYS = keys(
    NumberOfConnectors="2",
    HeartbeatInterval="300",
    MeterValuesAlignedData="Voltage.L1,Temperature",
    MeterValuesAlignedDataMaxLength="4",
    LocalAuthListMaxLength="80",
    AuthorizationKey="secret",
    SupportedFeatureProfiles="Core,SmartCharging",
    ClockAlignedDataInterval="0",
    VendorKey="x",
    BlinkRepeat="2",
)


@pytest.fixture
def talk() -> Talk:
    made = Talk("ocpp2.0.1", "ocpp1.6")
    made.registers.put("states", "1", "Faulted")
    return made


def reported(talk: Talk, action: str, asked: dict[str, Any], found: Any = KEYS) -> tuple[Any, dict[Any, Any]]:
    """The answer; and all data by name and place."""
    passage = talk.ask(action, {"requestId": 7, **asked})
    assert passage.onward() == [("GetConfiguration", {})]
    answer = talk.answer(passage, found)
    assert all(name == "NotifyReport" and made["requestId"] == 7 for name, made in passage.after)
    assert [made["seqNo"] for _, made in passage.after] == list(range(len(passage.after)))
    assert [made["tbc"] for _, made in passage.after] == [True] * (len(passage.after) - 1) + [False] * bool(passage.after)
    data = [one for _, made in passage.after for one in made["reportData"]]
    return answer, {spelled(one): one for one in data}


def spelled(one: dict[str, Any]) -> str:
    evse, variable = one["component"].get("evse", {}), one["variable"]
    place = "".join(f"/{evse[key]}" for key in ("id", "connectorId") if key in evse)
    instance = f"[{variable['instance']}]" if "instance" in variable else ""
    return f"{one['component']['name']}{place}.{variable['name']}{instance}"


def test_all_that_the_station_tells_is_reported_with_a_topology(talk: Talk) -> None:
    answer, data = reported(talk, "GetBaseReport", {"reportBase": "FullInventory"})
    assert answer == {"status": "Accepted"}
    at = {name: one["variableAttribute"][0] for name, one in data.items()}
    assert at["OCPPCommCtrlr.HeartbeatInterval"] == {"value": "300", "mutability": "ReadWrite"}
    assert at["AlignedDataCtrlr.Measurands"]["value"] == "Voltage"
    assert data["AlignedDataCtrlr.Measurands"]["variableCharacteristics"]["maxLimit"] == 4
    assert data["LocalAuthListCtrlr.Entries"]["variableCharacteristics"]["maxLimit"] == 80
    assert at["LocalAuthListCtrlr.Entries"] == {"value": "", "mutability": "ReadOnly"}
    assert at["SmartChargingCtrlr.Available"] == {"value": "true", "mutability": "ReadOnly"}
    assert at["AlignedDataCtrlr.TxEndedInterval"]["value"] == "0"
    assert (at["OCPP16LegacyCtrlr.VendorKey"]["value"], at["OCPP16LegacyCtrlr.BlinkRepeat"]["value"]) == ("x", "2")
    assert (at["EVSE/1.AvailabilityState"]["value"], at["EVSE/2.AvailabilityState"]["value"]) == ("Faulted", "")
    assert {"Connector/1/1.ConnectorType", "Connector/2/1.ConnectorType", "ChargingStation.Available"} <= set(at)
    assert "Connector/3/1.ConnectorType" not in at
    assert "AuthCtrlr.LocalPreAuthorize" not in at, "the station did not tell"
    assert not any("Password" in name or "AuthorizationKey" in name for name in at)


def test_what_can_be_changed_is_a_report_of_its_own(talk: Talk) -> None:
    _, data = reported(talk, "GetBaseReport", {"reportBase": "ConfigurationInventory"})
    assert "OCPPCommCtrlr.HeartbeatInterval" in data
    assert {one["variableAttribute"][0]["mutability"] for one in data.values()} == {"ReadWrite"}


def test_a_summary_says_how_the_station_is(talk: Talk) -> None:
    _, data = reported(talk, "GetBaseReport", {"reportBase": "SummaryInventory"})
    assert {one["variable"]["name"] for one in data.values()} == {"AvailabilityState", "Available"}


def test_a_station_that_refuses_is_no_report(talk: Talk) -> None:
    passage = talk.ask("GetBaseReport", {"requestId": 7, "reportBase": "FullInventory"})
    assert (talk.answer(passage, None), passage.after) == ({"status": "Rejected"}, [])


def test_some_components_and_variables_can_be_asked_for(talk: Talk) -> None:
    wanted: list[dict[str, Any]] = [{"component": {"name": "evse", "evse": {"id": 2}}}, item("ocppcommctrlr.heartbeatinterval")]
    _, data = reported(talk, "GetReport", {"componentVariable": wanted})
    found = {"EVSE/2.AvailabilityState", "EVSE/2.Available", "EVSE/2.Power", "EVSE/2.SupplyPhases"}
    assert set(data) == {*found, "OCPPCommCtrlr.HeartbeatInterval"}
    wanted = [item("DeviceDataCtrlr.ItemsPerMessage[GetReport]"), {"component": {"name": "EVSE", "instance": "x"}}]
    assert set(reported(talk, "GetReport", {"componentVariable": wanted})[1]) == {"DeviceDataCtrlr.ItemsPerMessage[GetReport]"}


def test_components_can_be_asked_for_by_how_they_are(talk: Talk) -> None:
    _, data = reported(talk, "GetReport", {"componentCriteria": ["Available", "Enabled"]})
    names = {name.partition(".")[0] for name in data}
    assert "SmartChargingCtrlr" in names
    assert "OCPPCommCtrlr" in names, "it says nothing of it"
    assert not {"DisplayMessageCtrlr", "MonitoringCtrlr", "ReservationCtrlr"} & names


def test_nothing_that_fits_is_an_empty_set(talk: Talk) -> None:
    for asked in ({"componentCriteria": ["Problem"]}, {"componentVariable": [item("Nowhere.X")]}):
        assert reported(talk, "GetReport", asked) == ({"status": "EmptyResultSet"}, {})


def test_a_station_that_does_not_count_its_connectors_has_those_that_were_heard_of(talk: Talk) -> None:
    talk.registers.put("states", "3", "Available")
    _, data = reported(talk, "GetBaseReport", {"reportBase": "SummaryInventory"}, {})
    assert {"Connector/3/1.Available", "EVSE/1.Available"} <= set(data)
    talk.registers.put("states", "1", None)
    talk.registers.put("states", "3", None)
    _, data = reported(talk, "GetBaseReport", {"reportBase": "SummaryInventory"}, {})
    assert "Connector/1/1.Available" in data


def test_reports_climb_to_a_newer_back_end() -> None:
    talk = Talk("ocpp2.1", "ocpp1.6")
    answer, data = reported(talk, "GetBaseReport", {"reportBase": "FullInventory"})
    assert answer == {"status": "Accepted"}
    assert data["OCPPCommCtrlr.HeartbeatInterval"]["variableAttribute"][0]["value"] == "300"


def test_reports_of_an_older_station_name_what_it_calls_otherwise() -> None:
    talk = Talk("ocpp2.0.1", "ocpp1.5")
    found = {"configurationKey": [{"key": "HeartBeatInterval", "readonly": False, "value": "300"}]}
    _, data = reported(talk, "GetBaseReport", {"reportBase": "FullInventory"}, found)
    assert data["OCPPCommCtrlr.HeartbeatInterval"]["variableAttribute"][0]["value"] == "300"


def test_a_station_that_cannot_be_asked_for_its_keys_is_told_by_what_is_known_of_it() -> None:
    talk = Talk("ocpp2.0.1", "ocpp1.2")
    talk.registers.put("states", "1", "Available")
    passage = talk.ask("GetBaseReport", {"requestId": 7, "reportBase": "SummaryInventory"})
    assert (passage.refusal, passage.answer, talk.sent) == (None, {"status": "Accepted"}, [])
    told = [one for _, report in passage.after for one in report["reportData"] if one["component"]["name"] == "Connector"]
    assert told[0]["variableAttribute"][0]["value"] == "Available"
    for _, report in passage.after:
        official("ocpp2.0.1", "NotifyReport", "call").validate(json.loads(to_text(report), parse_float=Decimal))
    passage = talk.ask("GetBaseReport", {"requestId": 8, "reportBase": "ConfigurationInventory"})
    assert (passage.answer, passage.after) == ({"status": "EmptyResultSet"}, []), "no key of it can be set"
