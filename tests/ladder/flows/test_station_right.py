"""A station of 2.0.1 on a back end of 1.6: 4.7.2 (transactions), 4.7.3 (reasons), 4.5 (status), 4.6 (tokens)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.ladder.flows.talk import Talk

T0, T1, T2, T3 = (f"2026-01-02T03:0{minute}:00Z" for minute in range(4))
TAG = {"idToken": "04A1B2C3", "type": "ISO14443"}


def event(kind: str, number: int, when: str, trigger: str = "ChargingStateChanged", **other: Any) -> dict[str, Any]:
    info = {"transactionId": "17", **other.pop("info", {})}
    base = {"eventType": kind, "timestamp": when, "triggerReason": trigger, "seqNo": number, "transactionInfo": info}
    return {**base, **other}


def reading(value: str, context: str = "Sample.Periodic", when: str = T1, **other: Any) -> list[dict[str, Any]]:
    return [{"timestamp": when, "sampledValue": [{"value": Decimal(value), "context": context, **other}]}]


@pytest.fixture
def talk() -> Talk:
    return Talk("ocpp2.0.1", "ocpp1.6")


def names(talk: Talk) -> list[str]:
    return [action for action, _ in talk.sent]


def told(talk: Talk, action: str) -> list[dict[str, Any]]:
    return [payload for name, payload in talk.sent if name == action]


HERE = {"evse": {"id": 2, "connectorId": 1}}


def test_4_7_2_a_whole_transaction(talk: Talk) -> None:
    begun = talk.ask(
        "TransactionEvent",
        event(
            "Started",
            0,
            T0,
            "Authorized",
            idToken=TAG,
            meterValue=reading("1.5004", "Transaction.Begin", unitOfMeasure={"unit": "kWh"}),
            info={"chargingState": "EVConnected"},
            **HERE,
        ),
        17,
    )
    talk.ask("TransactionEvent", event("Updated", 1, T1, info={"chargingState": "Charging"}), 17)
    talk.ask("TransactionEvent", event("Updated", 2, T2, "MeterValuePeriodic", meterValue=reading("2000.5")), 17)
    ended = talk.ask(
        "TransactionEvent",
        event(
            "Ended",
            3,
            T3,
            "StopAuthorized",
            idToken=TAG,
            meterValue=reading("2600.5", "Transaction.End"),
            info={"stoppedReason": "Local"},
        ),
        17,
    )
    assert names(talk) == ["StartTransaction", "StatusNotification", "StatusNotification", "MeterValues", "StopTransaction"]
    assert talk.sent[0][1] == {"connectorId": 2, "idTag": "04A1B2C3", "timestamp": T0, "meterStart": 1500}
    assert [payload["status"] for payload in told(talk, "StatusNotification")] == ["Preparing", "Charging"]
    assert told(talk, "MeterValues")[0]["transactionId"] == 17
    assert told(talk, "MeterValues")[0]["meterValue"][0]["sampledValue"][0]["value"] == "2000.5"
    assert talk.sent[-1][1] == {"transactionId": 17, "idTag": "04A1B2C3", "timestamp": T3, "meterStop": 2601, "reason": "Local"}
    assert talk.answer(begun, {"transactionId": 4711, "idTagInfo": {"status": "Accepted", "parentIdTag": "FLEET"}}, {}) == {
        "idTokenInfo": {"status": "Accepted", "groupIdToken": {"idToken": "FLEET", "type": "Central"}}
    }
    assert talk.answer(ended, {"idTagInfo": {"status": "Blocked"}}) == {"idTokenInfo": {"status": "Blocked"}}


def test_4_7_2_an_event_without_a_token_is_answered_with_nothing(talk: Talk) -> None:
    assert talk.answer(talk.ask("TransactionEvent", event("Started", 0, T0, **HERE), 17)) == {}


def test_e01_fr_12_an_event_with_a_token_always_hears_of_it(talk: Talk) -> None:
    begun = talk.ask("TransactionEvent", event("Started", 0, T0, idToken=TAG, **HERE), 17)
    assert talk.answer(begun, None) == {"idTokenInfo": {"status": "Accepted"}}
    again = talk.ask("TransactionEvent", event("Updated", 1, T1, idToken=TAG), 17)
    assert talk.answer(again) == {"idTokenInfo": {"status": "Accepted"}}


def test_4_7_2_a_transaction_is_told_when_connector_and_token_are_known(talk: Talk) -> None:
    plugged = event(
        "Started",
        0,
        T0,
        "CablePluggedIn",
        meterValue=reading("1000", "Transaction.Begin"),
        info={"chargingState": "EVConnected"},
        **HERE,
    )
    talk.ask("TransactionEvent", plugged, 17)
    assert names(talk) == ["StatusNotification"]
    talk.crash()
    talk.ask("TransactionEvent", event("Updated", 1, T1, "Authorized", idToken=TAG, meterValue=reading("1000.4")), 17)
    (start,) = told(talk, "StartTransaction")
    assert (start["timestamp"], start["meterStart"], start["connectorId"]) == (T1, 1000, 2)


def test_4_7_2_a_token_before_its_connector(talk: Talk) -> None:
    talk.ask("TransactionEvent", event("Started", 0, T0, "Authorized", idToken=TAG), 17)
    assert names(talk) == []
    talk.ask("TransactionEvent", event("Updated", 1, T1, "CablePluggedIn", **HERE), 17)
    assert told(talk, "StartTransaction")[0]["timestamp"] == T1


def test_4_7_2_an_end_of_what_nobody_was_authorized_for_is_not_told(talk: Talk) -> None:
    talk.ask("TransactionEvent", event("Started", 0, T0, "CablePluggedIn", **HERE), 17)
    ended = talk.ask("TransactionEvent", event("Ended", 1, T1, "EVDeparted", info={"stoppedReason": "EVDisconnected"}), 17)
    assert names(talk) == []
    assert ended.answer == {}


def test_4_7_2_the_last_register_stands_in_for_one_that_is_missing(talk: Talk) -> None:
    talk.ask("TransactionEvent", event("Started", 0, T0, idToken=TAG, meterValue=reading("10"), **HERE), 17)
    talk.ask("TransactionEvent", event("Updated", 1, T1, meterValue=reading("70.5")), 17)
    talk.ask("TransactionEvent", event("Ended", 2, T2, "EVDeparted"), 17)
    assert told(talk, "StopTransaction")[0]["meterStop"] == 71
    talk.crash()
    talk.ask("TransactionEvent", event("Started", 0, T3, idToken=TAG, info={"transactionId": "18"}, **HERE), 18)
    assert told(talk, "StartTransaction")[1]["meterStart"] == 71, "the connector's last reading"


def test_4_8_the_registers_of_begin_and_end_are_not_said_twice(talk: Talk) -> None:
    both = [
        {
            "timestamp": T0,
            "sampledValue": [
                {"value": Decimal(5), "context": "Transaction.Begin"},
                {"value": Decimal(230), "measurand": "Voltage", "context": "Transaction.Begin", "unitOfMeasure": {"unit": "V"}},
            ],
        }
    ]
    talk.ask("TransactionEvent", event("Started", 0, T0, idToken=TAG, meterValue=both, **HERE), 17)
    end = reading("9", "Transaction.End", T3) + reading("8", when=T2)
    talk.ask("TransactionEvent", event("Ended", 1, T3, meterValue=end), 17)
    assert told(talk, "MeterValues")[0]["meterValue"][0]["sampledValue"] == [
        {"value": "230", "measurand": "Voltage", "context": "Transaction.Begin", "unit": "V"}
    ]
    (stop,) = told(talk, "StopTransaction")
    assert stop["meterStop"] == 9
    assert [value["timestamp"] for value in stop["transactionData"]] == [T2]


REASONS = {
    "Local": "Local",
    "Remote": "Remote",
    "EVDisconnected": "EVDisconnected",
    "DeAuthorized": "DeAuthorized",
    "EmergencyStop": "EmergencyStop",
    "PowerLoss": "PowerLoss",
    "Reboot": "Reboot",
    "Other": "Other",
    "ImmediateReset": "HardReset",
    "StoppedByEV": "Local",
    "MasterPass": "Local",
    "EnergyLimitReached": "Local",
    "GroundFault": "Other",
    "Timeout": "Other",
    None: "Local",
}


@pytest.mark.parametrize("reason", REASONS)
def test_4_7_3_reasons(talk: Talk, reason: str | None) -> None:
    talk.ask("TransactionEvent", event("Started", 0, T0, idToken=TAG, **HERE), 17)
    talk.ask("TransactionEvent", event("Ended", 1, T1, info={"stoppedReason": reason} if reason else {}), 17)
    assert told(talk, "StopTransaction")[0]["reason"] == REASONS[reason]


def test_4_7_3_an_unlocked_connector_is_a_reason_of_its_own(talk: Talk) -> None:
    talk.ask("TransactionEvent", event("Started", 0, T0, idToken=TAG, **HERE), 17)
    talk.ask("TransactionEvent", event("Ended", 1, T1, "UnlockCommand", info={"stoppedReason": "Other"}), 17)
    assert told(talk, "StopTransaction")[0]["reason"] == "UnlockCommand"


def test_4_5_occupied_is_told_by_what_is_known(talk: Talk) -> None:
    occupied = {"timestamp": T0, "connectorStatus": "Occupied", "evseId": 2, "connectorId": 1}
    talk.ask("StatusNotification", occupied)
    talk.ask("TransactionEvent", event("Started", 0, T0, idToken=TAG, info={"chargingState": "EVConnected"}, **HERE), 17)
    for state in ("Charging", "SuspendedEV", "EVConnected", "Idle"):
        talk.ask("TransactionEvent", event("Updated", 1, T1, info={"chargingState": state}), 17)
    talk.ask("StatusNotification", occupied)
    talk.ask("TransactionEvent", event("Ended", 2, T2), 17)
    talk.facts.over.add(2)
    talk.ask("StatusNotification", occupied)
    talk.facts.over.clear()
    talk.ask("StatusNotification", {**occupied, "connectorStatus": "Available"})
    assert [payload["status"] for payload in told(talk, "StatusNotification")] == [
        "Preparing",
        "Preparing",
        "Charging",
        "SuspendedEV",
        "SuspendedEVSE",
        "Finishing",
        "Finishing",
        "Finishing",
        "Available",
    ]


def test_4_5_a_fault_has_an_error(talk: Talk) -> None:
    talk.ask("StatusNotification", {"timestamp": T0, "connectorStatus": "Faulted", "evseId": 1, "connectorId": 1})
    assert talk.sent == [
        ("StatusNotification", {"connectorId": 1, "status": "Faulted", "errorCode": "OtherError", "timestamp": T0})
    ]


def test_4_3_connectors_of_one_evse_have_numbers_that_stay(talk: Talk) -> None:
    for evse, connector in ((1, 1), (1, 2), (2, 1)):
        talk.ask(
            "StatusNotification", {"timestamp": T0, "connectorStatus": "Available", "evseId": evse, "connectorId": connector}
        )
    talk.crash()
    talk.ask("TransactionEvent", event("Started", 0, T0, idToken=TAG, evse={"id": 2, "connectorId": 1}), 17)
    assert [payload["connectorId"] for payload in told(talk, "StatusNotification")] == [1, 2, 3]
    assert told(talk, "StartTransaction")[0]["connectorId"] == 3
    down = Talk("ocpp1.6", "ocpp2.0.1", talk.registers, talk.facts)
    down.ask("RemoteStartTransaction", {"idTag": "04A1B2C3", "connectorId": 3})
    assert down.sent[0][1]["evseId"] == 2


def test_4_3_evse_0_is_the_whole_station_and_takes_no_number(talk: Talk) -> None:
    for evse, connector in ((0, 0), (1, 1), (0, 0)):
        talk.ask(
            "StatusNotification", {"timestamp": T0, "connectorStatus": "Available", "evseId": evse, "connectorId": connector}
        )
    assert [payload["connectorId"] for payload in told(talk, "StatusNotification")] == [0, 1, 0]


def test_4_6_long_tokens_have_one_alias_in_every_message(talk: Talk) -> None:
    long = {"idToken": "3F2504E0-4F89-11D3-9A0C-0305E82C3301", "type": "Central"}
    asked = talk.ask("Authorize", {"idToken": long})
    talk.crash()
    talk.ask("TransactionEvent", event("Started", 0, T0, idToken=long, **HERE), 17)
    assert talk.sent[0][1]["idTag"] == talk.sent[1][1]["idTag"] == "~AAAAAAAB"
    info = {"status": "Accepted", "parentIdTag": "~AAAAAAAB"}
    assert talk.answer(asked, {"idTagInfo": info}) == {"idTokenInfo": {"status": "Accepted", "groupIdToken": long}}
    down = Talk("ocpp1.6", "ocpp2.0.1", talk.registers, talk.facts)
    down.ask("RemoteStartTransaction", {"idTag": "~aaaaaaab"})
    assert down.sent[0][1]["idToken"] == long


def test_4_7_4_numbers_of_remote_starts_are_never_given_twice(talk: Talk) -> None:
    down = Talk("ocpp1.6", "ocpp2.0.1", talk.registers, talk.facts)
    first = down.ask("RemoteStartTransaction", {"idTag": "A"})
    assert down.answer(first, {"status": "Accepted", "transactionId": "17"}) == {"status": "Accepted"}
    down.crash()
    down.ask("RemoteStartTransaction", {"idTag": "A"})
    assert [payload["remoteStartId"] for _, payload in down.sent] == [1, 2]


def test_4_7_4_a_stop_names_the_same_transaction(talk: Talk) -> None:
    down = Talk("ocpp1.6", "ocpp2.0.1")
    asked = down.ask("RemoteStopTransaction", {"transactionId": 17})
    assert down.sent == [("RequestStopTransaction", {"transactionId": "17"})]
    assert down.answer(asked, {"status": "Rejected", "statusInfo": {"reasonCode": "TxNotFound"}}) == {"status": "Rejected"}
    up = Talk("ocpp2.0.1", "ocpp1.6")
    up.ask("RequestStopTransaction", {"transactionId": "17"})
    assert up.sent == [("RemoteStopTransaction", {"transactionId": 17})]


def test_a_back_end_of_1_5_hears_the_same() -> None:
    talk = Talk("ocpp2.0.1", "ocpp1.5")
    talk.ask("TransactionEvent", event("Started", 0, T0, idToken=TAG, info={"chargingState": "Charging"}, **HERE), 17)
    talk.ask("TransactionEvent", event("Updated", 1, T1, meterValue=reading("7")), 17)
    talk.ask("TransactionEvent", event("Ended", 2, T2, meterValue=reading("9", "Transaction.End")), 17)
    assert names(talk) == ["StartTransaction", "StatusNotification", "MeterValues", "StopTransaction"]
    assert told(talk, "StatusNotification")[0]["status"] == "Occupied"
    assert told(talk, "StopTransaction")[0] == {"transactionId": 17, "timestamp": T2, "meterStop": 9}
