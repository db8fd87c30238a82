"""A station of 1.6 on a back end of 2.0.1, message by message.  The names of rules are those of the mapping's own notes:
4.7.1 (transactions up), 4.7.3 (reasons), 4.5 (status), 4.8 (meter values), T (delivery)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from gateway.ladder.flows.energy import REGISTER
from tests.ladder.flows.talk import Talk

T0, T1, T2, T3 = (f"2026-01-02T03:0{minute}:00Z" for minute in range(4))
TAG = {"idToken": "04A1B2C3", "type": "ISO14443"}


def start(**other: Any) -> dict[str, Any]:
    return {"connectorId": 2, "idTag": "04A1B2C3", "timestamp": T0, "meterStart": 1500, **other}


def status(state: str, when: str = T0, **other: Any) -> dict[str, Any]:
    return {"connectorId": 2, "status": state, "errorCode": "NoError", "timestamp": when, **other}


def meter(*samples: dict[str, Any], when: str = T1, **other: Any) -> dict[str, Any]:
    return {"connectorId": 2, "meterValue": [{"timestamp": when, "sampledValue": list(samples)}], **other}


def stop(**other: Any) -> dict[str, Any]:
    return {"transactionId": 17, "timestamp": T3, "meterStop": 2600, **other}


def energy(value: str, **other: Any) -> dict[str, Any]:
    return {"value": value, "measurand": REGISTER, "unit": "Wh", **other}


@pytest.fixture
def talk() -> Talk:
    return Talk("ocpp1.6", "ocpp2.0.1")


def events(talk: Talk) -> list[dict[str, Any]]:
    return [payload for action, payload in talk.sent if action == "TransactionEvent"]


def test_4_7_1_a_whole_transaction(talk: Talk) -> None:
    talk.ask("StatusNotification", status("Preparing"))
    begun = talk.ask("StartTransaction", start(), 17)
    talk.ask("StatusNotification", status("Charging", T1), 17)
    talk.ask("MeterValues", meter(energy("2000.5"), when=T2, transactionId=17), 17)
    ended = talk.ask("StopTransaction", stop(idTag="04A1B2C3"), 17)
    first, second, third, last = events(talk)
    assert [event["eventType"] for event in events(talk)] == ["Started", "Updated", "Updated", "Ended"]
    assert [event["seqNo"] for event in events(talk)] == [0, 1, 2, 3]
    assert [event["triggerReason"] for event in events(talk)] == [
        "Authorized",
        "ChargingStateChanged",
        "MeterValuePeriodic",
        "StopAuthorized",
    ]
    assert {event["transactionInfo"]["transactionId"] for event in events(talk)} == {"17"}
    assert first["evse"] == last["evse"] == {"id": 2, "connectorId": 1}
    assert first["idToken"] == last["idToken"] == TAG
    assert first["transactionInfo"]["chargingState"] == "EVConnected"
    assert second["transactionInfo"]["chargingState"] == "Charging"
    assert third["meterValue"][0]["sampledValue"][0]["value"] == Decimal("2000.5")
    assert first["meterValue"][0]["sampledValue"][0] | {} == {
        "value": 1500,
        "context": "Transaction.Begin",
        "measurand": REGISTER,
        "location": "Outlet",
        "unitOfMeasure": {"unit": "Wh"},
    }
    assert last["meterValue"][-1]["sampledValue"][0]["value"] == 2600
    assert last["transactionInfo"]["stoppedReason"] == "Local"
    told = {"idTokenInfo": {"status": "NoCredit", "groupIdToken": {"idToken": "FLEET", "type": "Central"}}}
    assert talk.answer(begun, told, transaction=17) == {
        "transactionId": 17,
        "idTagInfo": {"status": "Invalid", "parentIdTag": "FLEET"},
    }
    assert talk.answer(ended, {}, transaction=17) == {}


def test_4_7_1_a_start_whose_answer_says_nothing_of_the_token_is_accepted(talk: Talk) -> None:
    begun = talk.ask("StartTransaction", start(), 17)
    assert talk.answer(begun, {}, transaction=17) == {"transactionId": 17, "idTagInfo": {"status": "Accepted"}}


def test_4_7_1_the_charging_state_is_that_of_the_last_status(talk: Talk) -> None:
    talk.ask("StatusNotification", status("Charging"))  # status before the start
    talk.ask("StartTransaction", start(), 17)
    assert events(talk)[0]["transactionInfo"]["chargingState"] == "Charging"
    talk.ask("StatusNotification", status("Charging", T1), 17)
    assert len(events(talk)) == 1, "nothing changed"


def test_4_7_1_offline_is_said(talk: Talk) -> None:
    talk.ask("StartTransaction", start(), 17, offline=True)
    talk.ask("StopTransaction", stop(), 17)
    assert [event.get("offline") for event in events(talk)] == [True, None]


def test_4_7_1_a_start_on_a_connector_that_is_taken_closes_the_other_first(talk: Talk) -> None:
    talk.ask("StartTransaction", start(), 17)
    talk.ask("MeterValues", meter(energy("1.75", unit="kWh"), transactionId=17), 17)
    talk.sent.clear()
    again = talk.ask("StartTransaction", start(timestamp=T2, meterStart=1800), 18)
    closed, begun = events(talk)
    assert (closed["eventType"], closed["seqNo"], closed["transactionInfo"]) == (
        "Ended",
        2,
        {"transactionId": "17", "stoppedReason": "Other"},
    )
    assert closed["meterValue"][0]["sampledValue"][0]["value"] == 1750
    assert (begun["eventType"], begun["transactionInfo"]["transactionId"]) == ("Started", "18")
    assert talk.answer(again, {}, {"idTokenInfo": {"status": "Accepted"}}, transaction=18)["transactionId"] == 18
    late = talk.ask("StopTransaction", stop(), 17)
    assert late.refusal is not None, "its end was told already"


def test_t16_a_start_that_the_back_end_asked_for_carries_its_number_once(talk: Talk) -> None:
    down = Talk("ocpp2.0.1", "ocpp1.6", talk.registers, talk.facts)
    asked = down.ask("RequestStartTransaction", {"evseId": 2, "remoteStartId": 99, "idToken": TAG})
    assert down.answer(asked, {"status": "Accepted"}) == {"status": "Accepted"}
    talk.ask("StartTransaction", start(timestamp="1970-01-01T00:01:00Z"), 17)
    talk.ask("StartTransaction", start(connectorId=1, timestamp="1970-01-01T00:02:00Z"), 18)
    assert [event["triggerReason"] for event in events(talk)] == ["RemoteStart", "Authorized"]
    assert [event["transactionInfo"].get("remoteStartId") for event in events(talk)] == [99, None]


def test_t16_a_refused_or_old_command_is_no_reason(talk: Talk) -> None:
    down = Talk("ocpp2.0.1", "ocpp1.6", talk.registers, talk.facts)
    asked = down.ask("RequestStartTransaction", {"remoteStartId": 99, "idToken": TAG})
    down.answer(asked, {"status": "Rejected"})
    talk.ask("StartTransaction", start(timestamp="1970-01-01T00:01:00Z"), 17)
    down.answer(down.ask("RequestStartTransaction", {"remoteStartId": 100, "idToken": TAG}), {"status": "Accepted"})
    talk.ask("StartTransaction", start(connectorId=1, timestamp="1969-12-31T23:00:00Z"), 18)
    assert [event["triggerReason"] for event in events(talk)] == ["Authorized", "Authorized"]


REASONS = {
    None: ("Local", "StopAuthorized"),
    "Local": ("Local", "StopAuthorized"),
    "Remote": ("Remote", "RemoteStop"),
    "EVDisconnected": ("EVDisconnected", "EVCommunicationLost"),
    "DeAuthorized": ("DeAuthorized", "Deauthorized"),
    "EmergencyStop": ("EmergencyStop", "AbnormalCondition"),
    "PowerLoss": ("PowerLoss", "AbnormalCondition"),
    "Reboot": ("Reboot", "AbnormalCondition"),
    "HardReset": ("ImmediateReset", "ResetCommand"),
    "SoftReset": ("ImmediateReset", "ResetCommand"),
    "UnlockCommand": ("Other", "UnlockCommand"),
    "Other": ("Other", "AbnormalCondition"),
}


@pytest.mark.parametrize("reason", REASONS)
def test_4_7_3_reasons(talk: Talk, reason: str | None) -> None:
    talk.ask("StartTransaction", start(), 17)
    talk.ask("StopTransaction", stop(idTag="04A1B2C3", **({"reason": reason} if reason else {})), 17)
    ended = events(talk)[-1]
    assert (ended["transactionInfo"]["stoppedReason"], ended["triggerReason"]) == REASONS[reason]
    assert ("idToken" in ended) == (reason in (None, "Local")), "only a token that ended it is told"


def test_4_8_readings_of_several_moments_are_several_events(talk: Talk) -> None:
    talk.ask("StartTransaction", start(), 17)
    values = [{"timestamp": when, "sampledValue": [energy(str(n))]} for n, when in enumerate((T1, T2, T3))]
    talk.ask("MeterValues", {"connectorId": 2, "transactionId": 17, "meterValue": values}, 17)
    assert [(event["seqNo"], event["timestamp"]) for event in events(talk)[1:]] == [(1, T1), (2, T2), (3, T3)]


@pytest.mark.parametrize(
    ("context", "trigger"),
    [
        ("Sample.Clock", "MeterValueClock"),
        ("Trigger", "Trigger"),
        ("Sample.Periodic", "MeterValuePeriodic"),
        (None, "MeterValuePeriodic"),
    ],
)
def test_4_7_1_the_context_of_a_reading_is_its_trigger(talk: Talk, context: str | None, trigger: str) -> None:
    talk.ask("StartTransaction", start(), 17)
    talk.ask("MeterValues", meter(energy("5", **({"context": context} if context else {})), transactionId=17), 17)
    assert events(talk)[-1]["triggerReason"] == trigger


def test_4_8_a_moment_of_which_nothing_is_left_takes_no_number(talk: Talk) -> None:
    talk.ask("StartTransaction", start(), 17)
    talk.ask("MeterValues", meter({"value": "1", "measurand": "RPM"}, transactionId=17), 17)
    talk.ask("MeterValues", meter({"value": "none"}, transactionId=17), 17)
    talk.ask("MeterValues", meter(energy("5"), transactionId=17), 17)
    assert [event["seqNo"] for event in events(talk)] == [0, 1]


def test_4_8_readings_outside_of_a_transaction_are_told_without_one(talk: Talk) -> None:
    assert talk.ask("MeterValues", meter(energy("5"))).action == "MeterValues"
    assert talk.sent == [
        (
            "MeterValues",
            {
                "evseId": 2,
                "meterValue": [
                    {
                        "timestamp": T1,
                        "sampledValue": [{"value": 5, "measurand": REGISTER, "unitOfMeasure": {"unit": "Wh"}}],
                    }
                ],
            },
        )
    ]


def test_4_8_readings_without_a_name_belong_to_the_transaction_unless_the_clock_made_them(talk: Talk) -> None:
    talk.ask("StartTransaction", start(), 17)
    assert talk.ask("MeterValues", meter(energy("5")), 17).action == "TransactionEvent"
    assert talk.ask("MeterValues", meter(energy("5", context="Sample.Clock")), 17).action == "MeterValues"


def test_4_8_readings_after_the_stop_are_no_events(talk: Talk) -> None:
    talk.ask("StartTransaction", start(), 17)
    talk.ask("StopTransaction", stop(), 17)
    assert talk.ask("MeterValues", meter(energy("5"), transactionId=17), 17).action == "MeterValues"


def test_4_8_numbers_are_exact_and_units_are_never_guessed_wrong(talk: Talk) -> None:
    talk.ask(
        "MeterValues",
        meter(
            {"value": "0.1000000000000000055"},
            {"value": "230", "measurand": "Voltage"},
            {"value": "50", "measurand": "Frequency"},
            {"value": "1", "measurand": "Power.Factor"},
        ),
    )
    samples = talk.sent[0][1]["meterValue"][0]["sampledValue"]
    assert samples[0]["value"] == Decimal("0.1000000000000000055")
    assert [sample.get("unitOfMeasure") for sample in samples] == [None, {"unit": "V"}, {"unit": "Hz"}, None]


def test_t18_the_data_of_a_stop_come_before_its_register(talk: Talk) -> None:
    talk.ask("StartTransaction", start(), 17)
    data = [{"timestamp": when, "sampledValue": [energy(str(n))]} for n, when in enumerate((T1, T2))]
    talk.ask("StopTransaction", stop(transactionData=data), 17)
    values = events(talk)[-1]["meterValue"]
    assert [value["timestamp"] for value in values] == [T1, T2, T3]
    assert [value["sampledValue"][0].get("context") for value in values] == [None, None, "Transaction.End"]


def test_t5_a_stop_of_nothing_that_was_ever_told_is_refused(talk: Talk) -> None:
    assert talk.ask("StopTransaction", stop()).refusal is not None


def test_a_transaction_that_began_before_we_told_events_ends_as_one(talk: Talk) -> None:
    talk.begun(17, 2)
    talk.ask("StopTransaction", stop(), 17)
    (ended,) = events(talk)
    assert (ended["seqNo"], ended["evse"]) == (0, {"id": 2, "connectorId": 1})


def test_numbers_go_on_after_a_crash(talk: Talk) -> None:
    talk.ask("StartTransaction", start(), 17)
    talk.crash()
    talk.ask("MeterValues", meter(energy("5"), transactionId=17), 17)
    talk.crash()
    talk.ask("StopTransaction", stop(), 17)
    assert [event["seqNo"] for event in events(talk)] == [0, 1, 2]


def test_4_5_a_status_is_told_when_its_meaning_changed_or_it_is_said_again(talk: Talk) -> None:
    for state in ("Available", "Preparing", "Charging", "SuspendedEV", "SuspendedEV", "Finishing", "Available", "Available"):
        talk.ask("StatusNotification", status(state))
    told = [payload["connectorStatus"] for _, payload in talk.sent]
    assert told == ["Available", "Occupied", "Occupied", "Available", "Available"]
    assert talk.sent[0] == (
        "StatusNotification",
        {"timestamp": T0, "connectorStatus": "Available", "evseId": 2, "connectorId": 1},
    )


def test_4_5_every_change_within_a_transaction_is_an_event(talk: Talk) -> None:
    talk.ask("StartTransaction", start(), 17)
    for state in ("Charging", "SuspendedEVSE", "SuspendedEV", "Charging", "Finishing", "Faulted"):
        talk.ask("StatusNotification", status(state, T1), 17)
    states = [event["transactionInfo"]["chargingState"] for event in events(talk)]
    assert states == ["EVConnected", "Charging", "SuspendedEVSE", "SuspendedEV", "Charging", "EVConnected"]
    assert [event["seqNo"] for event in events(talk)] == list(range(6))


def test_4_5_a_status_of_another_connector_is_no_event_of_this_transaction(talk: Talk) -> None:
    talk.ask("StartTransaction", start(), 17)
    talk.ask("StatusNotification", status("Charging", connectorId=1), 17)
    assert len(events(talk)) == 1


def test_4_5_the_station_as_a_whole_and_problems_are_events_of_its_parts(talk: Talk) -> None:
    talk.ask("StatusNotification", status("Unavailable", connectorId=0))
    talk.ask("StatusNotification", status("Faulted", errorCode="GroundFailure", info="RCD", vendorErrorCode="E7"))
    talk.ask("StatusNotification", status("Available"))
    talk.ask("StatusNotification", status("Available"))
    notices = [payload["eventData"][0] for action, payload in talk.sent if action == "NotifyEvent"]
    assert [(n["component"]["name"], n["variable"]["name"], n["actualValue"]) for n in notices] == [
        ("ChargingStation", "AvailabilityState", "Unavailable"),
        ("Connector", "Problem", "true"),
        ("Connector", "Problem", "false"),
    ]
    assert (notices[1]["techCode"], notices[1]["techInfo"]) == ("E7", "RCD")
    assert notices[2]["cleared"] is True
    assert len({n["eventId"] for n in notices}) == 3


def test_4_5_a_status_without_a_time_is_of_now(talk: Talk) -> None:
    talk.ask("StatusNotification", {"connectorId": 1, "status": "Available", "errorCode": "NoError"})
    assert talk.sent[0][1]["timestamp"] == "1970-01-01T00:00:00.000Z"


def test_a_station_of_1_5_goes_the_same_way() -> None:
    talk = Talk("ocpp1.5", "ocpp2.0.1")
    talk.ask("StartTransaction", start(), 17)
    value = {"timestamp": T1, "value": [{"value": "2000.5", "unit": "Wh"}]}
    talk.ask("MeterValues", {"connectorId": 2, "transactionId": 17, "values": [value]}, 17)
    ended = talk.ask("StopTransaction", stop(idTag="04A1B2C3"), 17)
    assert [event["eventType"] for event in events(talk)] == ["Started", "Updated", "Ended"]
    assert [event["seqNo"] for event in events(talk)] == [0, 1, 2]
    assert talk.answer(ended, {"idTokenInfo": {"status": "Accepted"}}, transaction=17) == {"idTagInfo": {"status": "Accepted"}}


@pytest.mark.parametrize(("only", "status"), [([], "Accepted"), ([1, 2], "Accepted"), ([2], "Invalid")])
def test_4_6_a_token_that_is_good_at_other_evses_only_is_not_good_here(only: list[int], status: str) -> None:
    talk = Talk("ocpp1.6", "ocpp2.0.1")
    asked = {"connectorId": 1, "idTag": "A", "meterStart": 0, "timestamp": "2026-01-02T03:04:05Z"}
    passage = talk.ask("StartTransaction", asked, 17)
    info = {"status": "Accepted", "cacheExpiryDateTime": "2026-01-03T00:00:00Z", **({"evseId": only} if only else {})}
    told = talk.answer(passage, {"idTokenInfo": info}, transaction=17)
    assert told["idTagInfo"] == {"status": status, "expiryDate": "2026-01-03T00:00:00Z"}
    blocked = talk.answer(passage, {"idTokenInfo": {**info, "status": "Blocked"}}, transaction=17)
    assert blocked["idTagInfo"]["status"] == "Blocked", "what the back end refuses stays refused in its word"
