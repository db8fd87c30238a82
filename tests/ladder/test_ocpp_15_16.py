"""The rules of section 3.5 of our reference, one by one: what is lost or invented between OCPP 1.5 and 1.6."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.catalogue import Folders
from gateway.dialects.load import load_dialects
from gateway.ladder.facts import Context, Recorded
from gateway.ladder.ladder import Ladder
from gateway.ladder.route import Passage

DIALECTS = load_dialects(Folders())
LADDER = Ladder.load(Folders(), DIALECTS)
NEWER, OLDER = LADDER.route("ocpp1.5", "ocpp1.6"), LADDER.route("ocpp1.6", "ocpp1.5")
WHEN = "2026-01-02T03:04:05Z"


def ask(route: Any, action: str, payload: dict[str, Any], facts: Recorded | None = None) -> Passage:
    checked = route.from_dialect.check("call", action, payload)
    passage: Passage = route.request(action, checked, Context(facts or Recorded()))
    if passage.action is not None:
        assert route.to_dialect.check("call", action, passage.payload) == passage.payload
    return passage


def answer(route: Any, action: str, asked: dict[str, Any], result: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    made, losses = ask(route, action, asked).result(result, Context(Recorded()))
    assert route.from_dialect.check("result", action, made) == made
    return made, [loss.field for loss in losses]


def readings(*samples: dict[str, Any], when: str = WHEN) -> dict[str, Any]:
    return {"timestamp": when, "sampledValue": [{"value": "1", **sample} for sample in samples]}


def down_to_15(*values: dict[str, Any]) -> Any:
    passage = ask(OLDER, "MeterValues", {"connectorId": 1, "meterValue": list(values)})
    return passage.payload["values"] if passage.action else passage.answer


BOOT = {"chargePointVendor": "v", "chargePointModel": "m"}


def test_pending_becomes_rejected_with_the_same_interval() -> None:
    made, lost = answer(NEWER, "BootNotification", BOOT, {"status": "Pending", "currentTime": WHEN, "interval": 42})
    assert made == {"status": "Rejected", "currentTime": WHEN, "heartbeatInterval": 42}
    assert lost == ["status"]


@pytest.mark.parametrize(
    ("connector", "facts", "expected"),
    [
        (1, Recorded(), "Preparing"),
        (1, Recorded(on={1: 9}), "Charging"),
        (1, Recorded(over={1}), "Finishing"),
        (1, Recorded(on={1: 9}, over={1}), "Charging"),
        (1, Recorded(on={2: 9}), "Preparing"),
        (0, Recorded(on={1: 9}), "Available"),
        (0, Recorded(on={0: 9}), "Available"),
    ],
)
def test_occupied_is_what_the_session_knows(connector: int, facts: Recorded, expected: str) -> None:
    passage = ask(NEWER, "StatusNotification", {"connectorId": connector, "status": "Occupied", "errorCode": "NoError"}, facts)
    assert passage.payload["status"] == expected


@pytest.mark.parametrize("status", ["Available", "Faulted", "Unavailable", "Reserved"])
def test_other_states_stay_whatever_the_session_knows(status: str) -> None:
    facts = Recorded(on={0: 1, 1: 2}, over={1})
    for connector in (0, 1):
        payload = {"connectorId": connector, "status": status, "errorCode": "NoError"}
        assert ask(NEWER, "StatusNotification", payload, facts).payload == payload


@pytest.mark.parametrize("status", ["Preparing", "Charging", "SuspendedEV", "SuspendedEVSE", "Finishing"])
def test_states_with_a_car_become_occupied(status: str) -> None:
    passage = ask(OLDER, "StatusNotification", {"connectorId": 1, "status": status, "errorCode": "NoError"})
    assert passage.payload["status"] == "Occupied"
    assert [loss.field for loss in passage.losses] == ["status"]


@pytest.mark.parametrize(("info", "expected"), [(None, "OverVoltage"), ("", "OverVoltage"), ("L2", "L2")])
def test_an_unknown_error_leaves_its_name_in_info(info: str | None, expected: str) -> None:
    payload = {"connectorId": 1, "status": "Faulted", "errorCode": "OverVoltage", **({} if info is None else {"info": info})}
    made = ask(OLDER, "StatusNotification", payload).payload
    assert (made["errorCode"], made["info"]) == ("OtherError", expected)


def test_phases_are_never_merged() -> None:
    assert down_to_15(readings({"phase": "L1"}, {"phase": "L2"}, {"phase": "L3"})) == {}


def test_phases_go_and_their_sum_stays() -> None:
    assert down_to_15(readings({"phase": "L1"}, {"value": "6"}, {"phase": "L2"}))[0]["value"] == [{"value": "6"}]


def test_phases_in_readings_of_the_same_moment_are_not_told_apart_either() -> None:
    assert down_to_15(*(readings({"phase": f"L{n}", "measurand": "Voltage"}) for n in (1, 2, 3))) == {}


def test_one_phase_alone_stays_without_its_name() -> None:
    later = "2026-01-02T03:05:05Z"
    made = down_to_15(readings({"phase": "L1"}), readings({"phase": "L1"}, when=later))
    assert [one["value"] for one in made] == [[{"value": "1"}], [{"value": "1"}]]


def test_an_absent_measurand_is_the_default_when_phases_are_compared() -> None:
    default = "Energy.Active.Import.Register"
    assert down_to_15(readings({"phase": "L1"}, {"phase": "L2", "measurand": default})) == {}


@pytest.mark.parametrize(
    "sample",
    [
        {"measurand": "SoC", "unit": "Percent"},
        {"measurand": "Frequency"},
        {"measurand": "Temperature", "unit": "K"},
        {"unit": "kVA"},
        {"location": "Cable"},
        {"location": "EV"},
    ],
)
def test_what_15_cannot_say_is_dropped_and_an_emptied_message_answered_here(sample: dict[str, str]) -> None:
    passage = ask(OLDER, "MeterValues", {"connectorId": 1, "meterValue": [readings(sample)]})
    assert (passage.action, passage.answer) == (None, {})
    assert passage.losses
    kept = down_to_15(readings(sample, {"value": "7"}))
    assert kept[0]["value"] == [{"value": "7"}]


def test_an_emptied_reading_goes_and_the_others_stay() -> None:
    made = down_to_15(readings({"measurand": "SoC"}), readings({}, when="2026-01-02T03:05:05Z"))
    assert [one["timestamp"] for one in made] == ["2026-01-02T03:05:05Z"]


@pytest.mark.parametrize("context", ["Trigger", "Other"])
def test_an_unknown_context_is_left_out(context: str) -> None:
    assert down_to_15(readings({"context": context}))[0]["value"] == [{"value": "1"}]


@pytest.mark.parametrize(("old", "new"), [("Amp", "A"), ("Volt", "V"), ("Celsius", "Celcius"), ("kWh", "kWh")])
def test_units(old: str, new: str) -> None:
    assert down_to_15(readings({"unit": new}))[0]["value"] == [{"value": "1", "unit": old}]
    up = ask(NEWER, "MeterValues", {"connectorId": 1, "values": [{"timestamp": WHEN, "value": [{"value": "1", "unit": old}]}]})
    assert up.payload["meterValue"][0]["sampledValue"] == [{"value": "1", "unit": new}]


def test_meter_values_without_values_are_answered_here() -> None:
    assert ask(NEWER, "MeterValues", {"connectorId": 1}).answer == {}


STOP = {"transactionId": 7, "timestamp": WHEN, "meterStop": 5}


def test_two_levels_of_transaction_data_become_one_in_order() -> None:
    def data(*values: str) -> dict[str, Any]:
        return {"values": [{"timestamp": WHEN, "value": [{"value": value}]} for value in values]}

    made = ask(NEWER, "StopTransaction", {**STOP, "transactionData": [data("1", "2"), {}, data("3")]}).payload
    assert [one["sampledValue"][0]["value"] for one in made["transactionData"]] == ["1", "2", "3"]


def test_transaction_data_that_is_all_dropped_leaves_the_stop() -> None:
    passage = ask(OLDER, "StopTransaction", {**STOP, "transactionData": [readings({"measurand": "SoC"})]})
    assert passage.payload == STOP


@pytest.mark.parametrize(
    ("known", "expected"), [({7: "remote"}, "Remote"), ({7: "soft_reset"}, "SoftReset"), ({7: "hard_reset"}, "HardReset")]
)
def test_the_reason_comes_from_what_was_commanded(known: dict[int, str], expected: str) -> None:
    assert ask(NEWER, "StopTransaction", STOP, Recorded(reasons=known)).payload["reason"] == expected
    assert ask(NEWER, "StopTransaction", {**STOP, "transactionId": 8}, Recorded(reasons=known)).payload["reason"] == "Local"


def test_a_reason_is_lost_towards_15() -> None:
    passage = ask(OLDER, "StopTransaction", {**STOP, "reason": "PowerLoss"})
    assert passage.payload == STOP
    assert [loss.field for loss in passage.losses] == ["reason"]


def test_a_charging_profile_of_a_remote_start_is_lost_and_the_start_stays() -> None:
    period = {"startPeriod": 0, "limit": "6.0"}
    profile = {
        "chargingProfileId": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxProfile",
        "chargingProfileKind": "Relative",
        "chargingSchedule": {"chargingRateUnit": "A", "chargingSchedulePeriod": [period]},
    }
    passage = ask(OLDER, "RemoteStartTransaction", {"idTag": "A", "chargingProfile": profile})
    assert passage.payload == {"idTag": "A"}
    assert [loss.field for loss in passage.losses] == ["chargingProfile"]


@pytest.mark.parametrize(("new", "old"), [("Unlocked", "Accepted"), ("UnlockFailed", "Rejected"), ("NotSupported", "Rejected")])
def test_unlock(new: str, old: str) -> None:
    assert answer(NEWER, "UnlockConnector", {"connectorId": 1}, {"status": new})[0] == {"status": old}


def test_unlock_the_other_way() -> None:
    for old, new in (("Accepted", "Unlocked"), ("Rejected", "UnlockFailed")):
        assert answer(OLDER, "UnlockConnector", {"connectorId": 1}, {"status": old})[0] == {"status": new}


def test_reboot_required_means_that_the_value_is_stored() -> None:
    made, lost = answer(NEWER, "ChangeConfiguration", {"key": "k", "value": "v"}, {"status": "RebootRequired"})
    assert (made, lost) == ({"status": "Accepted"}, ["status"])


def test_hash_error_becomes_failed() -> None:
    asked = {"updateType": "Full", "listVersion": 1}
    made, lost = answer(OLDER, "SendLocalList", asked, {"status": "HashError", "hash": "x"})
    assert (made, sorted(lost)) == ({"status": "Failed"}, ["hash", "status"])


def test_a_key_is_answered_as_it_was_asked() -> None:
    result = {"configurationKey": [{"key": "HeartBeatInterval", "readonly": False, "value": "60"}], "unknownKey": ["foo"]}
    for asked in ("HeartbeatInterval", "HeartBeatInterval", "heartbeatinterval"):
        made, _ = answer(OLDER, "GetConfiguration", {"key": [asked, "FOO"]}, result)
        assert made["configurationKey"][0]["key"] == asked
        assert made["unknownKey"] == ["FOO"]
    made, _ = answer(OLDER, "GetConfiguration", {}, result)
    assert made["configurationKey"][0]["key"] == "HeartbeatInterval"


@pytest.mark.parametrize(
    ("action", "status"),
    [
        ("FirmwareStatusNotification", "Downloading"),
        ("FirmwareStatusNotification", "Idle"),
        ("FirmwareStatusNotification", "Installing"),
        ("DiagnosticsStatusNotification", "Idle"),
        ("DiagnosticsStatusNotification", "Uploading"),
    ],
)
def test_steps_in_between_are_acknowledged_here(action: str, status: str) -> None:
    passage = ask(OLDER, action, {"status": status})
    assert (passage.action, passage.answer) == (None, {})


HASH = {"hashAlgorithm": "SHA256", "issuerNameHash": "a", "issuerKeyHash": "b", "serialNumber": "c"}


@pytest.mark.parametrize(
    ("action", "payload", "expected"),
    [
        ("TriggerMessage", {"requestedMessage": "Heartbeat"}, {"status": "NotImplemented"}),
        ("ClearChargingProfile", {}, {"status": "Unknown"}),
        ("GetCompositeSchedule", {"connectorId": 1, "duration": 1}, {"status": "Rejected"}),
        ("DeleteCertificate", {"certificateHashData": HASH}, {"status": "NotFound"}),
        ("SignCertificate", {"csr": "x"}, {"status": "Rejected"}),
        ("SecurityEventNotification", {"type": "x", "timestamp": WHEN}, {}),
        ("LogStatusNotification", {"status": "Idle"}, {}),
    ],
)
def test_what_15_does_not_know_is_answered_here(action: str, payload: dict[str, Any], expected: dict[str, Any]) -> None:
    passage = ask(OLDER, action, payload)
    assert (passage.action, passage.answer, passage.refusal) == (None, expected, None)
    assert OLDER.from_dialect.check("result", action, expected) == expected
    assert [loss.action for loss in passage.losses] == [action]


def test_a_name_that_is_too_long_is_refused_and_not_cut() -> None:
    passage = ask(NEWER, "ChangeConfiguration", {"key": "k" * 51, "value": "v"})
    assert passage.refusal is not None
    assert passage.refusal[0] == "PropertyConstraintViolation"
    assert passage.losses == []


def test_a_number_that_does_not_fit_is_refused() -> None:
    passage = ask(OLDER, "StartTransaction", {"connectorId": 1, "idTag": "A", "meterStart": 2**40, "timestamp": WHEN})
    assert passage.refusal is not None
    assert passage.refusal[0] == "PropertyConstraintViolation"


def test_an_unknown_message_is_refused() -> None:
    passage = NEWER.request("Teleport", {}, Context(Recorded()))
    assert passage.refusal is not None
    assert passage.refusal[0] == "NotImplemented"


def test_the_request_is_not_changed() -> None:
    payload = {"connectorId": 1, "status": "Occupied", "errorCode": "Mode3Error", "info": "x" * 60}
    before = dict(payload)
    ask(NEWER, "StatusNotification", payload)
    assert payload == before
