"""A back end of 1.6 reads and writes the settings of a 2.0.1 station: 4.10, and appendix C."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.ladder.flows.keys import MOST_OWN
from tests.ladder.flows.talk import Talk
from tests.ladder.flows.test_variables import item

ACCEPTED = {"status": "Accepted"}
PER_MESSAGE = "DeviceDataCtrlr.ItemsPerMessage[GetVariables]"


@pytest.fixture
def talk() -> Talk:
    return Talk("ocpp1.6", "ocpp2.0.1")


def change(talk: Talk, key: str, value: str) -> Any:
    return talk.ask("ChangeConfiguration", {"key": key, "value": value})


def became(*words: str) -> dict[str, Any]:
    return {"setVariableResult": [item("A.B", attributeStatus=word) for word in words]}


def told(found: dict[str, str | None]) -> dict[str, Any]:
    """``None`` for one that may not be read; what is not here is unknown."""
    one = [
        item(name, attributeStatus="Rejected") if value is None else item(name, attributeStatus="Accepted", attributeValue=value)
        for name, value in found.items()
    ]
    return {"getVariableResult": one or [item("A.B", attributeStatus="UnknownComponent")]}


def names(talk: Talk) -> list[str]:
    """The variables in the last message."""
    return spelled(talk.sent[-1][1])


def spelled(made: dict[str, Any]) -> list[str]:
    found = []
    for one in made.get("getVariableData") or made["setVariableData"]:
        instance = f"[{one['variable']['instance']}]" if "instance" in one["variable"] else ""
        found.append(f"{one['component']['name']}.{one['variable']['name']}{instance}")
    return found


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (["Accepted"], "Accepted"),
        (["Rejected"], "Rejected"),
        (["RebootRequired"], "RebootRequired"),
        (["UnknownComponent"], "NotSupported"),
        (["UnknownVariable"], "NotSupported"),
        (["NotSupportedAttributeType"], "NotSupported"),
        (["Accepted", "UnknownVariable"], "Accepted"),
        (["Accepted", "Rejected"], "Rejected"),
        (["Accepted", "RebootRequired"], "RebootRequired"),
        (["UnknownVariable", "Accepted"], "NotSupported"),
    ],
)
def test_a_key_is_set_by_all_its_variables(talk: Talk, said: list[str], status: str) -> None:
    passage = change(talk, "clockaligneddatainterval", "900")
    assert names(talk) == ["AlignedDataCtrlr.Interval", "AlignedDataCtrlr.TxEndedInterval"]
    assert [one["attributeValue"] for one in talk.sent[-1][1]["setVariableData"]] == ["900", "900"]
    assert talk.answer(passage, became(*said)) == {"status": status}


def test_a_value_is_spelled_as_the_variable_wants_it(talk: Talk) -> None:
    for key, value, expected in (
        ("LocalPreAuthorize", "True", "true"),
        ("MeterValuesSampledData", "Voltage.L1, Voltage.L2,Temperature", "Voltage"),
        ("HeartbeatInterval", " 300 ", "300"),
        ("CpoName", " A B ", " A B "),
    ):
        change(talk, key, value)
        assert talk.sent[-1][1]["setVariableData"][0]["attributeValue"] == expected


@pytest.mark.parametrize(
    "key", ["AuthorizationKey", "SecurityProfile", "ChargePointId", "NumberOfConnectors", "LocalAuthListMaxLength"]
)
def test_what_must_not_or_cannot_be_set_is_not_asked(talk: Talk, key: str) -> None:
    assert change(talk, key, "1").answer == {"status": "Rejected"}
    assert talk.sent == []


def test_a_key_of_no_standard_is_a_variable_of_its_name(talk: Talk) -> None:
    change(talk, "VendorKey", "1")
    assert names(talk) == ["OCPP16LegacyCtrlr.VendorKey"]
    change(talk, "BlinkRepeat", "1")
    assert names(talk) == ["OCPP16LegacyCtrlr.BlinkRepeat"]
    change(talk, "Vendor.Key", "1")
    assert names(talk) == ["Vendor.Key"]


# ------------------------------------------------------------------------------------------------ reading
def get(talk: Talk, *keys: str) -> Any:
    return talk.ask("GetConfiguration", {"key": list(keys)} if keys else {})


def test_keys_are_read_once_each_and_named_as_the_asker_did(talk: Talk) -> None:
    passage = get(talk, "heartbeatINTERVAL", "HeartbeatInterval", "Nonsense", "GetConfigurationMaxKeys")
    assert names(talk) == ["OCPPCommCtrlr.HeartbeatInterval", "OCPP16LegacyCtrlr.Nonsense", PER_MESSAGE]
    answer = talk.answer(passage, told({"OCPPCommCtrlr.HeartbeatInterval": "300", PER_MESSAGE: "8"}))
    assert answer == {
        "configurationKey": [
            {"key": "HeartbeatInterval", "readonly": False, "value": "300"},
            {"key": "GetConfigurationMaxKeys", "readonly": True, "value": "8"},
        ],
        "unknownKey": ["Nonsense"],
    }


def test_what_may_not_be_read_has_no_value(talk: Talk) -> None:
    passage = get(talk, "AuthorizationKey", "SecurityProfile", "CpoName", "Motto")
    long = {"SecurityCtrlr.OrganizationName": None, "OCPP16LegacyCtrlr.Motto": "x" * 501}
    assert talk.answer(passage, told(long)) == {
        "configurationKey": [
            {"key": "AuthorizationKey", "readonly": False},
            {"key": "CpoName", "readonly": False},
            {"key": "Motto", "readonly": False},
        ],
        "unknownKey": ["SecurityProfile"],
    }


def test_a_key_may_be_told_by_several_variables_or_by_us(talk: Talk) -> None:
    talk.registers.put("evses", "1", [1, 1])
    talk.registers.put("evses", "2", [1, 2])
    passage = get(talk, "SupportedFeatureProfiles", "NumberOfConnectors", "SupportedFeatureProfilesMaxLength")
    assert names(talk) == ["LocalAuthListCtrlr.Available", "ReservationCtrlr.Available", "SmartChargingCtrlr.Available"]
    answer = talk.answer(passage, told({"SmartChargingCtrlr.Available": "true", "ReservationCtrlr.Available": "false"}))
    assert [one["value"] for one in answer["configurationKey"]] == [
        "Core,FirmwareManagement,RemoteTrigger,SmartCharging",
        "2",
        "6",
    ]
    assert all(one["readonly"] for one in answer["configurationKey"])


def test_many_are_asked_in_portions_of_what_the_station_takes(talk: Talk) -> None:
    keys = [f"K{number}" for number in range(6)]
    passage = get(talk, *keys)
    assert names(talk) == [PER_MESSAGE]
    talk.sent.clear()
    passage = talk.further(passage, told({PER_MESSAGE: "5"}))
    assert [len(made["getVariableData"]) for _, made in talk.sent] == [5, 1]
    answer = talk.answer(passage, told({"OCPP16LegacyCtrlr.K1": "1"}), None)
    assert [one["key"] for one in answer["configurationKey"]] == ["K1"]
    assert answer["unknownKey"] == ["K0", "K2", "K3", "K4", "K5"]


# ------------------------------------------------------------------------------------------------ all of them
def report(number: int, *data: dict[str, Any], tbc: bool = False, id: int = 1) -> dict[str, Any]:
    made: dict[str, Any] = {"requestId": id, "generatedAt": "2026-01-02T03:04:05Z", "seqNo": number, "tbc": tbc}
    return {**made, **({"reportData": list(data)} if data else {})}


def datum(name: str, access: str = "ReadWrite", most: int | None = None, **evse: int) -> dict[str, Any]:
    made = item(name, variableAttribute=[{"value": "1", "mutability": access}])
    made["component"] |= {"evse": evse} if evse else {}
    about = {"dataType": "integer", "supportsMonitoring": False, **({"maxLimit": most} if most is not None else {})}
    return {**made, "variableCharacteristics": about}


def test_for_all_keys_the_station_s_report_is_awaited_once(talk: Talk) -> None:
    up = Talk("ocpp2.0.1", "ocpp1.6", talk.registers)
    passage = get(talk)
    assert talk.sent == [("GetBaseReport", {"requestId": 1, "reportBase": "FullInventory"})]
    assert passage.waits([ACCEPTED], talk.context())
    data = [datum(PER_MESSAGE, "ReadOnly"), datum("Connector.Available", id=1, connectorId=2), datum("Foo.Bar")]
    assert up.ask("NotifyReport", report(0, *data, tbc=True)).answer == {}
    assert passage.waits([ACCEPTED], talk.context())
    data = [datum("AlignedDataCtrlr.Measurands", "ReadOnly", 7), datum("Connector.Available", id=1, connectorId=1)]
    up.ask("NotifyReport", report(1, *data, id=7))
    assert passage.waits([ACCEPTED], talk.context())
    up.ask("NotifyReport", report(1, *data))
    assert not passage.waits([ACCEPTED], talk.context())
    talk.registers.put("limits", "GetVariables", 100)
    passage = talk.further(passage, ACCEPTED)
    assert "OCPPCommCtrlr.HeartbeatInterval" in names(talk)
    assert not any(name.startswith("SecurityCtrlr.Basic") for name in names(talk))
    answer = talk.answer(passage, told({"AlignedDataCtrlr.Measurands": "Voltage", "OCPPCommCtrlr.HeartbeatInterval": "300"}))
    found = {one["key"]: (one.get("value"), one["readonly"]) for one in answer["configurationKey"]}
    assert found == {
        "HeartbeatInterval": ("300", False),
        "MeterValuesAlignedData": ("Voltage", True),
        "MeterValuesAlignedDataMaxLength": ("7", True),
        "NumberOfConnectors": ("2", True),
        "SupportedFeatureProfiles": ("Core,FirmwareManagement,RemoteTrigger", True),
        "SupportedFeatureProfilesMaxLength": ("6", True),
    }
    talk.crash()
    talk.sent.clear()
    get(talk)
    assert talk.sent[0][0] == "GetVariables"


def everything(talk: Talk, *data: dict[str, Any]) -> list[str]:
    """The variables that are asked for when a station that reported these is asked for all keys."""
    get(talk)
    Talk("ocpp2.0.1", "ocpp1.6", talk.registers).ask("NotifyReport", report(0, *data))
    talk.registers.put("limits", "GetVariables", 100)
    talk.sent.clear()
    get(talk)
    return [name for _, made in talk.sent for name in spelled(made)]


def test_variables_of_the_station_s_own_are_keys_by_their_names(talk: Talk) -> None:
    instance = {**datum("Foo.Bar", "ReadOnly"), "variable": {"name": "Bar", "instance": "A"}}
    own = [instance, datum("foo.Baz"), datum("OCPP16LegacyCtrlr.Old"), datum("TxCtrlr.TxStartPoint", "ReadOnly")]
    asked = everything(talk, *own)
    assert asked[-4:] == ["Foo.Bar[A]", "foo.Baz", "OCPP16LegacyCtrlr.Old", "TxCtrlr.TxStartPoint"]
    talk.crash()
    found = told({"Foo.Bar[A]": "1", "foo.Baz": "2", "OCPP16LegacyCtrlr.Old": "3"})
    answer = talk.answer(get(talk), found)
    ours = [one for one in answer["configurationKey"] if one.get("value") in ("1", "2", "3")]
    assert [(one["key"], one["readonly"]) for one in ours] == [("Foo.Bar[A]", True), ("foo.Baz", False), ("Old", False)]
    change(talk, "Foo.Bar[A]", "5")
    assert names(talk) == ["Foo.Bar[A]"]
    change(talk, "Old", "5")
    assert names(talk) == ["OCPP16LegacyCtrlr.Old"]


def test_not_every_variable_can_be_a_key(talk: Talk) -> None:
    hidden = [datum("SecurityCtrlr.BasicAuthPassword"), datum("Foo.Bar", id=1), datum(f"Foo.{'x' * 50}")]
    one_of_many = datum("Foo.Bar")
    one_of_many["component"]["instance"] = "A"
    plain = everything(talk, datum("OCPP16LegacyCtrlr.HeartbeatInterval"), one_of_many, *hidden)
    assert not [name for name in plain if name.startswith(("Foo", "SecurityCtrlr.B", "OCPP16"))]
    many = everything(talk, *(datum(f"Foo.V{number}") for number in range(MOST_OWN + 5)))
    assert sum(name.startswith("Foo.V") for name in many) == MOST_OWN


@pytest.mark.parametrize("said", [None, {"status": "NotSupported"}])
def test_a_station_that_reports_nothing_is_not_waited_for(talk: Talk, said: Any) -> None:
    passage = get(talk)
    assert not passage.waits([said], talk.context())
    talk.further(passage, said)
    assert names(talk) == [PER_MESSAGE]


def test_the_report_is_known_by_its_number_when_it_comes_late(talk: Talk) -> None:
    get(talk)
    Talk("ocpp2.0.1", "ocpp1.6", talk.registers).ask("NotifyReport", report(0))
    assert talk.registers.get("report", "") == {"id": 1, "done": True}
