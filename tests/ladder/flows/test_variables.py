"""A back end of 2.0.1 reads and writes the settings of a 1.6 station: 4.10, and appendix C."""

from __future__ import annotations

from typing import Any

import pytest

from tests.ladder.flows.talk import Talk


@pytest.fixture
def talk() -> Talk:
    return Talk("ocpp2.0.1", "ocpp1.6")


def item(name: str, **more: Any) -> dict[str, Any]:
    component, _, variable = name.partition(".")
    variable, _, instance = variable.partition("[")
    made: dict[str, Any] = {"component": {"name": component}, "variable": {"name": variable}}
    made["variable"] |= {"instance": instance.rstrip("]")} if instance else {}
    return {**made, **more}


def get(talk: Talk, *items: dict[str, Any]) -> Any:
    return talk.ask("GetVariables", {"getVariableData": list(items)})


def keys(**values: str | None) -> dict[str, Any]:
    found = [{"key": key, "readonly": False, **({} if value is None else {"value": value})} for key, value in values.items()]
    return {"configurationKey": found}


def said(answer: Any) -> list[Any]:
    return [(one["attributeStatus"], one.get("attributeValue")) for one in answer["getVariableResult"]]


def test_a_variable_is_read_as_its_key(talk: Talk) -> None:
    asked = item("ocppcommctrlr.HEARTBEATINTERVAL")
    passage = get(talk, asked)
    assert talk.sent == [("GetConfiguration", {"key": ["HeartbeatInterval"]})]
    answer = talk.answer(passage, keys(HeartbeatInterval="300"))
    assert answer == {"getVariableResult": [{**asked, "attributeStatus": "Accepted", "attributeValue": "300"}]}


def test_letter_case_of_keys_does_not_count(talk: Talk) -> None:
    passage = get(talk, item("OCPPCommCtrlr.HeartbeatInterval"))
    assert said(talk.answer(passage, keys(heartBEATinterval="300"))) == [("Accepted", "300")]


def test_the_answers_come_in_the_order_of_the_questions(talk: Talk) -> None:
    asked = [
        item("AuthCtrlr.LocalPreAuthorize"),
        item("Nowhere.X"),
        item("AuthCtrlr.X"),
        item("OCPPCommCtrlr.ResetRetries", attributeType="Target"),
        item("SecurityCtrlr.BasicAuthPassword"),
        item("SecurityCtrlr.SecurityProfile"),
        item("TxCtrlr.TxStartPoint"),
        item("OCPP16LegacyCtrlr.VendorKey"),
        item("OCPPCommCtrlr.RetryBackOffWaitMinimum"),
        item("OCPPCommCtrlr.ResetRetries"),
    ]
    passage = get(talk, *asked)
    assert talk.sent == [("GetConfiguration", {"key": ["LocalPreAuthorize", "VendorKey", "ResetRetries"]})]
    answer = talk.answer(passage, {**keys(LocalPreAuthorize="True", VendorKey=None), "unknownKey": ["ResetRetries"]})
    assert said(answer) == [
        ("Accepted", "true"),
        ("UnknownComponent", None),
        ("UnknownVariable", None),
        ("NotSupportedAttributeType", None),
        ("Rejected", None),
        ("UnknownVariable", None),
        ("Accepted", "PowerPathClosed"),
        ("Accepted", ""),
        ("UnknownVariable", None),
        ("UnknownVariable", None),
    ]
    assert [(one["component"], one["variable"]) for one in answer["getVariableResult"]] == [
        (one["component"], one["variable"]) for one in asked
    ]
    assert answer["getVariableResult"][3]["attributeType"] == "Target"
    assert answer["getVariableResult"][4]["attributeStatusInfo"] == {"reasonCode": "WriteOnly"}


def test_many_keys_are_asked_in_portions_of_what_the_station_takes(talk: Talk) -> None:
    asked = [item(f"OCPP16LegacyCtrlr.K{number}") for number in range(7)]
    passage = get(talk, *asked)
    assert talk.sent.pop() == ("GetConfiguration", {"key": ["GetConfigurationMaxKeys"]})
    passage = talk.further(passage, keys(GetConfigurationMaxKeys="3"))
    assert [len(made["key"]) for _, made in talk.sent] == [3, 3, 1]
    answer = talk.answer(passage, keys(K0="0", K1="1", K2="2"), None, keys(K6="6"))
    assert [word for word, _ in said(answer)] == ["Accepted"] * 3 + ["Rejected"] * 3 + ["Accepted"]
    talk.sent.clear()
    get(talk, *asked)
    assert [len(made["key"]) for _, made in talk.sent] == [3, 3, 1]


def test_a_station_that_does_not_say_how_many_is_asked_for_few(talk: Talk) -> None:
    passage = get(talk, *(item(f"OCPP16LegacyCtrlr.K{number}") for number in range(7)))
    talk.sent.clear()
    talk.further(passage, None)
    assert [len(made["key"]) for _, made in talk.sent] == [4, 3]


def test_what_we_know_ourselves_is_not_asked(talk: Talk) -> None:
    talk.registers.put("states", "2", "Charging")
    talk.facts.clock = "2026-01-02T03:04:05Z"
    evse = item("EVSE.AvailabilityState")
    evse["component"]["evse"] = {"id": 2}
    passage = get(talk, item("ClockCtrlr.DateTime"), evse, item("EVSE.AvailabilityState"), item("LocalAuthListCtrlr.Entries"))
    assert talk.sent == []
    assert passage.answer is not None
    expected = [("Accepted", "2026-01-02T03:04:05Z"), ("Accepted", "Occupied"), ("UnknownComponent", None), ("Accepted", "")]
    assert said(passage.answer) == expected


def test_words_of_one_key_are_variables_of_their_own(talk: Talk) -> None:
    names = ["LocalAuthListCtrlr.Available", "ReservationCtrlr.Available", "SmartChargingCtrlr.RateUnit"]
    passage = get(talk, *map(item, names))
    assert talk.sent == [("GetConfiguration", {"key": ["SupportedFeatureProfiles", "ChargingScheduleAllowedChargingRateUnit"]})]
    found = keys(SupportedFeatureProfiles="Core, LocalAuthListManagement", ChargingScheduleAllowedChargingRateUnit="Current")
    assert said(talk.answer(passage, found)) == [("Accepted", "true"), ("Accepted", "false"), ("Accepted", "A")]


# ------------------------------------------------------------------------------------------------ writing
def put(talk: Talk, *items: tuple[str, str]) -> Any:
    return talk.ask("SetVariables", {"setVariableData": [item(name, attributeValue=value) for name, value in items]})


def became(answer: Any) -> list[str]:
    return [one["attributeStatus"] for one in answer["setVariableResult"]]


def test_variables_are_set_one_after_another_and_answered_in_order(talk: Talk) -> None:
    passage = put(
        talk,
        ("AuthCtrlr.LocalPreAuthorize", "TRUE"),
        ("OCPPCommCtrlr.HeartbeatInterval", " 60"),
        ("OCPPCommCtrlr.ResetRetries", "3"),
        ("OCPP16LegacyCtrlr.BlinkRepeat", "2"),
        ("TxCtrlr.StopTxOnInvalidId", "0"),
    )
    assert talk.sent == [
        ("ChangeConfiguration", {"key": "LocalPreAuthorize", "value": "true"}),
        ("ChangeConfiguration", {"key": "HeartbeatInterval", "value": "60"}),
        ("ChangeConfiguration", {"key": "ResetRetries", "value": "3"}),
        ("ChangeConfiguration", {"key": "BlinkRepeat", "value": "2"}),
        ("ChangeConfiguration", {"key": "StopTransactionOnInvalidId", "value": "false"}),
    ]
    results = [{"status": word} for word in ("Accepted", "RebootRequired", "Rejected", "NotSupported")]
    answer = talk.answer(passage, *results, None)
    assert became(answer) == ["Accepted", "RebootRequired", "Rejected", "UnknownVariable", "Rejected"]
    assert answer["setVariableResult"][4]["attributeStatusInfo"] == {"reasonCode": "InternalError"}


def test_two_variables_of_one_key_are_one_command(talk: Talk) -> None:
    names = ("AlignedDataCtrlr.Interval", "AlignedDataCtrlr.TxEndedInterval")
    passage = put(talk, *((name, "900") for name in names))
    assert talk.sent == [("ChangeConfiguration", {"key": "ClockAlignedDataInterval", "value": "900"})]
    assert became(talk.answer(passage, {"status": "Accepted"})) == ["Accepted", "Accepted"]
    passage = put(talk, (names[0], "900"), (names[1], "300"))
    answer = talk.answer(passage, {"status": "Accepted"})
    assert (became(answer), len(talk.sent)) == (["Accepted", "Rejected"], 2)
    assert answer["setVariableResult"][1]["attributeStatusInfo"] == {"reasonCode": "InvalidValue"}


def test_what_must_not_or_cannot_be_set_is_not_asked(talk: Talk) -> None:
    refused = [
        ("SecurityCtrlr.BasicAuthPassword", "secret", ""),
        ("OCPP16LegacyCtrlr.authorizationkey", "secret", ""),
        ("SecurityCtrlr.Identity", "CP-2", ""),
        ("OCPP16LegacyCtrlr.ChargePointId", "CP-2", ""),
        ("TxCtrlr.TxStartPoint", "ParkingBayOccupancy", "ReadOnly"),
        ("SmartChargingCtrlr.Available", "false", "ReadOnly"),
        ("LocalAuthListCtrlr.Entries", "7", "ReadOnly"),
        ("OCPP16LegacyCtrlr.Motto", "x" * 501, "TooLargeElement"),
    ]
    passage = put(talk, *((name, value) for name, value, _ in refused))
    assert (talk.sent, passage.answer is None) == ([], False)
    answer: Any = passage.answer
    assert became(answer) == ["Rejected"] * len(refused)
    reasons = [one.get("attributeStatusInfo", {}).get("reasonCode", "") for one in answer["setVariableResult"]]
    assert reasons == [reason for _, _, reason in refused]


def test_unknown_ones_are_told_from_unknown_components(talk: Talk) -> None:
    asked = [item("Nowhere.X", attributeValue="1"), item("AuthCtrlr.X", attributeValue="1")]
    asked.append(item("AuthCtrlr.LocalPreAuthorize", attributeValue="1", attributeType="Target"))
    passage = talk.ask("SetVariables", {"setVariableData": asked})
    answer: Any = passage.answer
    assert became(answer) == ["UnknownComponent", "UnknownVariable", "NotSupportedAttributeType"]


def test_measurands_that_1_6_lacks_are_left_out(talk: Talk) -> None:
    put(talk, ("SampledDataCtrlr.TxUpdatedMeasurands", "Energy.Active.Import.Register, Energy.Active.Net,Voltage"))
    value = "Energy.Active.Import.Register,Voltage"
    assert talk.sent == [("ChangeConfiguration", {"key": "MeterValuesSampledData", "value": value})]


def test_a_1_5_station_is_asked_in_its_own_spelling() -> None:
    talk = Talk("ocpp2.0.1", "ocpp1.5")
    passage = put(talk, ("OCPPCommCtrlr.HeartbeatInterval", "60"), ("OCPPCommCtrlr.ResetRetries", "3"))
    assert [made["key"] for _, made in talk.sent] == ["HeartBeatInterval", "ResetRetries"]
    assert became(talk.answer(passage, {"status": "Accepted"}, {"status": "NotSupported"})) == ["Accepted", "UnknownVariable"]


# ------------------------------------------------------------------------------------------------ refusals, item by item
BOTH = pytest.mark.parametrize("action", ["GetVariables", "SetVariables"])


def refused(talk: Talk, action: str, *items: dict[str, Any]) -> list[tuple[str, str]]:
    """What each item is told, where nobody is asked."""
    kind, value = ("get", {}) if action == "GetVariables" else ("set", {"attributeValue": "1"})
    passage = talk.ask(action, {f"{kind}VariableData": [{**one, **value} for one in items]})
    assert talk.sent == []
    answer: Any = passage.answer
    told = answer[f"{kind}VariableResult"]
    assert [(one["component"], one["variable"]) for one in told] == [(one["component"], one["variable"]) for one in items]
    return [(one["attributeStatus"], one.get("attributeStatusInfo", {}).get("reasonCode", "")) for one in told]


def at(name: str, evse: int, **connector: int) -> dict[str, Any]:
    made = item(name)
    return {**made, "component": {**made["component"], "evse": {"id": evse, **connector}}}


@BOTH
def test_the_component_is_looked_at_before_the_variable_and_that_before_the_attribute(talk: Talk, action: str) -> None:
    items = [
        item("Nowhere.X", attributeType="Target"),
        item("AuthCtrlr.X", attributeType="Target"),
        item("AuthCtrlr.LocalPreAuthorize", attributeType="Target"),
        item("AuthCtrlr.LocalPreAuthorize", attributeType="MinSet"),
        item("AuthCtrlr.LocalPreAuthorize", attributeType="MaxSet"),
    ]
    words = ["UnknownComponent", "UnknownVariable", *["NotSupportedAttributeType"] * 3]
    assert refused(talk, action, *items) == [(word, "") for word in words]


@BOTH
def test_an_instance_that_no_component_has_is_an_unknown_component(talk: Talk, action: str) -> None:
    made = item("AuthCtrlr.LocalPreAuthorize")
    made["component"]["instance"] = "second"
    other = item("AuthCtrlr.LocalPreAuthorize[second]")
    assert refused(talk, action, made, other) == [("UnknownComponent", ""), ("UnknownVariable", "")]


@BOTH
def test_places_that_the_station_lacks_are_unknown_components(talk: Talk, action: str) -> None:
    for number in ("0", "1", "2"):
        talk.registers.put("states", number, "Available")
    items = [
        at("EVSE.Available", 3),
        at("EVSE.Available", 0),
        at("Connector.Available", 2, connectorId=2),
        at("AuthCtrlr.LocalPreAuthorize", 1),
        item("Connector.Available"),
        at("EVSE.X", 1),
    ]
    assert refused(talk, action, *items) == [*[("UnknownComponent", "")] * 5, ("UnknownVariable", "")]


def test_before_any_state_was_heard_every_place_may_be_there(talk: Talk) -> None:
    passage = get(talk, at("EVSE.Available", 7))
    assert said(passage.answer) == [("Accepted", "true")]


def test_what_only_can_be_read_is_not_written_and_what_only_can_be_written_is_not_read(talk: Talk) -> None:
    assert refused(talk, "SetVariables", at("EVSE.Available", 1), item("ClockCtrlr.DateTime")) == [("Rejected", "ReadOnly")] * 2
    assert refused(talk, "GetVariables", item("SecurityCtrlr.BasicAuthPassword")) == [("Rejected", "WriteOnly")]


def test_a_station_that_lets_nothing_be_written_says_so_itself(talk: Talk) -> None:
    passage = put(talk, ("DeviceDataCtrlr.ItemsPerMessage[GetVariables]", "7"))
    assert talk.sent == [("ChangeConfiguration", {"key": "GetConfigurationMaxKeys", "value": "7"})]
    assert became(talk.answer(passage, {"status": "Rejected"})) == ["Rejected"]
