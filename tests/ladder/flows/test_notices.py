"""Events of a 2.0.1 station that a 1.6 back end knows as states and errors of connectors: 4.5 and 4.17."""

from __future__ import annotations

from typing import Any

import pytest

from tests.ladder.flows.talk import Talk

WHEN = "2026-01-02T03:04:05Z"


@pytest.fixture
def talk() -> Talk:
    made = Talk("ocpp2.0.1", "ocpp1.6")
    made.registers.put("evses", "1", [1, 1])
    made.registers.put("evses", "2", [1, 2])
    return made


def event(component: str, variable: str, value: str, evse: Any = None, **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"name": component, **({"evse": evse} if evse else {})}
    about = {"eventId": 1, "timestamp": WHEN, "trigger": "Delta", "eventNotificationType": "HardWiredNotification"}
    return {**about, "component": made, "variable": {"name": variable}, "actualValue": value, **more}


def tells(talk: Talk, *events: dict[str, Any]) -> list[Any]:
    talk.sent.clear()
    passage = talk.ask("NotifyEvent", {"generatedAt": WHEN, "seqNo": 0, "eventData": list(events)})
    assert talk.answer(passage, *({} for _ in talk.sent)) == {} if talk.sent else passage.answer == {}
    assert all(name == "StatusNotification" and made["timestamp"] == WHEN for name, made in talk.sent)
    return [(made["connectorId"], made["status"], made["errorCode"]) for _, made in talk.sent]


SECOND = {"id": 1, "connectorId": 2}


def test_the_state_of_a_connector_is_told_once(talk: Talk) -> None:
    available = event("Connector", "AvailabilityState", "Available", SECOND)
    assert tells(talk, available) == [(2, "Available", "NoError")]
    assert tells(talk, available) == []
    assert tells(talk, event("Connector", "AvailabilityState", "Occupied", SECOND)) == [(2, "Preparing", "NoError")]
    assert tells(talk, event("EVSE", "AvailabilityState", "Faulted", {"id": 1})) == [(1, "Faulted", "OtherError")]


def test_what_was_told_as_a_state_is_not_told_again(talk: Talk) -> None:
    state = {"evseId": 1, "connectorId": 2, "connectorStatus": "Unavailable", "timestamp": WHEN}
    talk.ask("StatusNotification", state)
    assert tells(talk, event("Connector", "AvailabilityState", "Unavailable", SECOND)) == []


def test_the_station_as_a_whole_is_connector_0_and_knows_fewer_states(talk: Talk) -> None:
    assert tells(talk, event("ChargingStation", "AvailabilityState", "Unavailable")) == [(0, "Unavailable", "NoError")]
    assert tells(talk, event("ChargingStation", "AvailabilityState", "Occupied")) == []


def test_a_problem_is_an_error_until_it_is_over(talk: Talk) -> None:
    problem = event("Connector", "Problem", "true", SECOND, techCode="E7", techInfo="x" * 60)
    assert tells(talk, problem) == [], "nobody knows its state yet"
    assert tells(talk, event("Connector", "AvailabilityState", "Available", SECOND)) == [(2, "Available", "OtherError")]
    assert talk.sent[0][1]["vendorErrorCode"] == "E7"
    assert talk.sent[0][1]["info"] == "x" * 50
    talk.crash()
    state = {"evseId": 1, "connectorId": 2, "connectorStatus": "Unavailable", "timestamp": WHEN}
    talk.ask("StatusNotification", state)
    assert talk.sent[-1][1]["vendorErrorCode"] == "E7"
    assert tells(talk, event("Connector", "Problem", "true", SECOND, cleared=True)) == [(2, "Unavailable", "NoError")]
    assert "vendorErrorCode" not in talk.sent[0][1]


def test_several_events_of_a_connector_are_one_state(talk: Talk) -> None:
    events = [event("Connector", "AvailabilityState", "Faulted", SECOND), event("Connector", "Problem", "True", SECOND)]
    assert tells(talk, *events) == [(2, "Faulted", "OtherError")]


def test_other_events_are_no_states(talk: Talk) -> None:
    others = [
        event("Connector", "AvailabilityState", "Sleeping", SECOND),
        event("Connector", "ChargingRate", "7", SECOND),
        event("FanCtrlr", "Problem", "true"),
    ]
    assert tells(talk, *others) == []
