"""Commands to send a message now, between 1.6 and 2.0.1: 4.9, and C14 of part 5."""

from __future__ import annotations

from typing import Any

import pytest

from tests.ladder.flows.talk import Talk

ACCEPTED, REJECTED, UNKNOWN = ({"status": word} for word in ("Accepted", "Rejected", "NotImplemented"))


@pytest.fixture
def to_left() -> Talk:
    """A back end of 2.0.1 asks a station of 1.6."""
    return Talk("ocpp2.0.1", "ocpp1.6")


@pytest.fixture
def to_right() -> Talk:
    """A back end of 1.6 asks a station of 2.0.1 with two EVSEs, the second with two connectors."""
    made = Talk("ocpp1.6", "ocpp2.0.1")
    for number, place in (("1", [1, 1]), ("2", [2, 1]), ("3", [2, 2])):
        made.registers.put("evses", number, place)
    return made


def asks(talk: Talk, wanted: str, action: str = "TriggerMessage", **more: Any) -> Any:
    talk.sent.clear()
    return talk.ask(action, {"requestedMessage": wanted, **more})


@pytest.mark.parametrize("wanted", ["BootNotification", "Heartbeat", "FirmwareStatusNotification"])
def test_what_both_can_be_asked_for_is_asked_for(to_left: Talk, to_right: Talk, wanted: str) -> None:
    for talk in (to_left, to_right):
        passage = asks(talk, wanted)
        assert talk.sent == [("TriggerMessage", {"requestedMessage": wanted})]
        assert talk.answer(passage, REJECTED) == REJECTED


def test_the_state_of_all_connectors_is_asked_for_one_by_one(to_right: Talk) -> None:
    passage = asks(to_right, "StatusNotification")
    places = [{"id": 1, "connectorId": 1}, {"id": 2, "connectorId": 1}, {"id": 2, "connectorId": 2}]
    assert [made["evse"] for _, made in to_right.sent] == places
    assert to_right.answer(passage, REJECTED, None, ACCEPTED) == ACCEPTED
    assert to_right.answer(asks(to_right, "StatusNotification"), REJECTED, None, UNKNOWN) == REJECTED
    asks(to_right, "StatusNotification", connectorId=3)
    assert to_right.sent == [("TriggerMessage", {"requestedMessage": "StatusNotification", "evse": places[2]})]
    to_right.registers = Talk("ocpp1.6", "ocpp2.0.1").registers
    asks(to_right, "StatusNotification")
    assert [made["evse"] for _, made in to_right.sent] == [{"id": 1, "connectorId": 1}]


def test_a_connector_that_is_not_there_is_not_taken_for_another(to_left: Talk) -> None:
    place = {"id": 1, "connectorId": 2}
    assert asks(to_left, "StatusNotification", evse=place).answer == REJECTED
    assert not to_left.sent
    asks(to_left, "StatusNotification", evse={**place, "connectorId": 1})
    assert to_left.sent == [("TriggerMessage", {"requestedMessage": "StatusNotification", "connectorId": 1})]


def test_readings_of_a_transaction_are_its_event(to_right: Talk) -> None:
    asks(to_right, "MeterValues")
    assert to_right.sent == [("TriggerMessage", {"requestedMessage": "MeterValues"})]
    to_right.facts.on[2] = 17
    asks(to_right, "MeterValues", connectorId=3)
    assert to_right.sent == [("TriggerMessage", {"requestedMessage": "TransactionEvent", "evse": {"id": 2}})]
    asks(to_right, "MeterValues", connectorId=1)
    assert to_right.sent == [("TriggerMessage", {"requestedMessage": "MeterValues", "evse": {"id": 1}})]
    asks(to_right, "MeterValues")
    assert [made["requestedMessage"] for _, made in to_right.sent] == ["TransactionEvent", "MeterValues"]


def test_logs_have_two_names_on_the_left(to_left: Talk, to_right: Talk) -> None:
    asks(to_right, "DiagnosticsStatusNotification")
    asks_again = to_right.sent[0]
    asks(to_right, "LogStatusNotification", "ExtendedTriggerMessage")
    assert to_right.sent[0] == asks_again == ("TriggerMessage", {"requestedMessage": "LogStatusNotification"})
    passage = asks(to_left, "LogStatusNotification")
    assert to_left.sent == [("TriggerMessage", {"requestedMessage": "DiagnosticsStatusNotification"})]
    passage = to_left.further(passage, UNKNOWN)
    assert to_left.sent[1:] == [("ExtendedTriggerMessage", {"requestedMessage": "LogStatusNotification"})]
    assert to_left.answer(passage, ACCEPTED) == ACCEPTED


def test_certificates_of_the_hop_are_not_asked_for(to_left: Talk, to_right: Talk) -> None:
    for wanted in ("SignChargingStationCertificate", "SignCombinedCertificate", "PublishFirmwareStatusNotification"):
        assert asks(to_left, wanted).answer == UNKNOWN
    assert asks(to_right, "SignChargePointCertificate", "ExtendedTriggerMessage").answer == UNKNOWN


def test_an_event_is_readings_of_a_connector_that_charges(to_left: Talk) -> None:
    assert asks(to_left, "TransactionEvent", evse={"id": 2}).answer == REJECTED
    to_left.facts.on[2] = 17
    asks(to_left, "TransactionEvent", evse={"id": 2})
    assert to_left.sent == [("TriggerMessage", {"requestedMessage": "MeterValues", "connectorId": 2})]
    assert asks(to_left, "TransactionEvent", evse={"id": 1}).answer == REJECTED
    asks(to_left, "TransactionEvent")
    assert to_left.sent == [("TriggerMessage", {"requestedMessage": "MeterValues"})]
    asks(to_left, "StatusNotification", evse={"id": 2, "connectorId": 1})
    assert to_left.sent == [("TriggerMessage", {"requestedMessage": "StatusNotification", "connectorId": 2})]


def test_for_a_station_that_knows_no_triggers_we_say_what_we_know() -> None:
    talk = Talk("ocpp2.0.1", "ocpp1.5")
    assert asks(talk, "StatusNotification").answer == UNKNOWN
    for key, state in (("0", "Available"), ("1", "Available"), ("2", "Charging")):
        talk.registers.put("states", key, state)
    talk.facts.clock = "2026-01-02T03:04:05Z"
    passage = asks(talk, "StatusNotification")
    assert (passage.answer, talk.sent) == (ACCEPTED, [])
    assert [(name, made["evseId"], made["connectorStatus"]) for name, made in passage.after] == [
        ("StatusNotification", 1, "Available"),
        ("StatusNotification", 2, "Occupied"),
    ]
    assert [made["evseId"] for _, made in asks(talk, "StatusNotification", evse={"id": 2}).after] == [2]
    passage = asks(talk, "Heartbeat")
    assert (passage.answer, passage.after) == (ACCEPTED, [("Heartbeat", {})])
    assert asks(talk, "BootNotification").answer == UNKNOWN
