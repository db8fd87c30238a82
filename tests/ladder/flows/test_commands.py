"""Commands between 1.6 and 2.0.1 that need to know the station: 4.9 (commands), 4.12 (lists), 4.13 (reservations)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.ladder.flows.talk import Talk


@pytest.fixture
def to_left() -> Talk:
    """A back end of 2.0.1 asks a station of 1.6."""
    return Talk("ocpp2.0.1", "ocpp1.6")


@pytest.fixture
def to_right() -> Talk:
    """A back end of 1.6 asks a station of 2.0.1."""
    return Talk("ocpp1.6", "ocpp2.0.1")


@pytest.mark.parametrize(("asked", "becomes"), [("Hard", "Immediate"), ("Soft", "Immediate")])
def test_4_9_a_restart_of_1_6_is_at_once(to_right: Talk, asked: str, becomes: str) -> None:
    passage = to_right.ask("Reset", {"type": asked})
    assert to_right.sent == [("Reset", {"type": becomes})]
    assert to_right.answer(passage, {"status": "Scheduled"}) == {"status": "Accepted"}


def test_4_9_a_restart_when_idle_waits_until_nobody_charges(to_left: Talk) -> None:
    assert to_left.ask("Reset", {"type": "OnIdle"}).payload == {"type": "Soft"}
    to_left.facts.on[1] = 17
    passage = to_left.ask("Reset", {"type": "OnIdle"})
    assert (passage.answer, passage.onward(), passage.idle) == ({"status": "Scheduled"}, [], [("Reset", {"type": "Soft"})])
    assert to_left.ask("Reset", {"type": "Immediate"}).payload == {"type": "Soft"}
    refused = {"status": "Rejected", "statusInfo": {"reasonCode": "UnsupportedParam"}}
    assert to_left.ask("Reset", {"type": "Immediate", "evseId": 1}).answer == refused


def test_what_waits_goes_on_to_an_older_station() -> None:
    talk = Talk("ocpp2.0.1", "ocpp1.5")
    talk.facts.on[1] = 17
    assert talk.ask("Reset", {"type": "OnIdle"}).idle == [("Reset", {"type": "Soft"})]


def test_4_9_a_connector_in_use_is_not_unlocked_behind_the_drivers_back(to_left: Talk) -> None:
    passage = to_left.ask("UnlockConnector", {"evseId": 2, "connectorId": 1})
    assert to_left.sent == [("UnlockConnector", {"connectorId": 2})]
    assert to_left.answer(passage, {"status": "NotSupported"}) == {"status": "UnlockFailed"}
    to_left.facts.on[2] = 17
    assert to_left.ask("UnlockConnector", {"evseId": 2, "connectorId": 1}).answer == {"status": "OngoingAuthorizedTransaction"}


def test_4_9_a_connector_that_is_not_there_is_not_taken_for_another(to_left: Talk) -> None:
    place = {"id": 2, "connectorId": 2}
    refused = {"status": "Rejected", "statusInfo": {"reasonCode": "UnknownConnectorId"}}
    assert to_left.ask("ChangeAvailability", {"operationalStatus": "Inoperative", "evse": place}).answer == refused
    assert to_left.ask("UnlockConnector", {"evseId": 2, "connectorId": 2}).answer == {"status": "UnknownConnector"}
    assert not to_left.sent


def test_4_9_a_connector_is_named_by_its_evse(to_right: Talk) -> None:
    to_right.registers.put("evses", "3", [2, 1])
    to_right.registers.put("evses", "2", [1, 2])
    passage = to_right.ask("UnlockConnector", {"connectorId": 2})
    assert to_right.sent == [("UnlockConnector", {"evseId": 1, "connectorId": 2})]
    assert to_right.answer(passage, {"status": "UnknownConnector"}) == {"status": "NotSupported"}
    assert to_right.ask("UnlockConnector", {"connectorId": 0}).answer == {"status": "NotSupported"}
    to_right.ask("ChangeAvailability", {"connectorId": 3, "type": "Inoperative"})
    assert to_right.sent[-1][1] == {"evse": {"id": 2, "connectorId": 1}, "operationalStatus": "Inoperative"}
    to_right.ask("ChangeAvailability", {"connectorId": 0, "type": "Operative"})
    assert to_right.sent[-1][1] == {"operationalStatus": "Operative"}


def test_4_13_a_reservation_keeps_its_number_and_its_tokens(to_left: Talk) -> None:
    long = {"idToken": "3F2504E0-4F89-11D3-9A0C-0305E82C3301", "type": "Central"}
    asked: dict[str, Any] = {"id": 7, "expiryDateTime": "2026-01-02T03:04:05Z", "idToken": long}
    passage = to_left.ask("ReserveNow", asked)
    assert to_left.sent == [
        ("ReserveNow", {"connectorId": 0, "expiryDate": "2026-01-02T03:04:05Z", "idTag": "~AAAAAAAB", "reservationId": 7})
    ]
    assert to_left.answer(passage, {"status": "Faulted"}) == {"status": "Faulted"}
    refused = to_left.ask("ReserveNow", {**asked, "connectorType": "cType2"})
    assert refused.answer == {"status": "Rejected", "statusInfo": {"reasonCode": "UnsupportedParam"}}
    to_left.ask("CancelReservation", {"reservationId": 7})
    assert to_left.sent[-1] == ("CancelReservation", {"reservationId": 7})


def test_4_12_a_local_list_has_aliases_for_long_tokens(to_left: Talk) -> None:
    long = {"idToken": "3F2504E0-4F89-11D3-9A0C-0305E82C3301", "type": "Central"}
    entries = [{"idToken": long, "idTokenInfo": {"status": "Accepted"}}, {"idToken": {"idToken": "A", "type": "Local"}}]
    to_left.ask("SendLocalList", {"versionNumber": 4, "updateType": "Full", "localAuthorizationList": entries})
    assert to_left.sent[0][1]["localAuthorizationList"] == [
        {"idTag": "~AAAAAAAB", "idTagInfo": {"status": "Accepted"}},
        {"idTag": "A"},
    ]
    up = Talk("ocpp1.6", "ocpp2.0.1", to_left.registers)
    up.ask("Authorize", {"idTag": "a"})
    assert up.sent[0][1]["idToken"] == {"idToken": "A", "type": "Local"}


def test_4_12_a_station_without_lists_has_none(to_left: Talk) -> None:
    passage = to_left.ask("GetLocalListVersion", {})
    assert to_left.answer(passage, {"listVersion": -1}) == {"versionNumber": 0}


def test_4_16_security_events_have_four_other_names(to_right: Talk) -> None:
    to_right.ask("SecurityEventNotification", {"type": "InvalidCentralSystemCertificate", "timestamp": "2026-01-02T03:04:05Z"})
    to_right.ask("SecurityEventNotification", {"type": "MaintenanceLoginAccepted", "timestamp": "2026-01-02T03:04:05Z"})
    assert [payload["type"] for _, payload in to_right.sent] == ["InvalidCsmsCertificate", "MaintenanceLoginAccepted"]
