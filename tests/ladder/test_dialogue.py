"""A whole charging session without a session: translated to the other rung and back, with its answers."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from gateway.catalogue import Folders
from gateway.dialects.errors import PeerError
from gateway.dialects.load import load_dialects
from gateway.ladder.dialogue import Dialogue
from gateway.ladder.ladder import Ladder
from gateway.messages import Call, Error, Message, Result, Side

DIALECTS = load_dialects(Folders())
LADDER = Ladder.load(Folders(), DIALECTS)


def at(minute: int) -> str:
    return f"2026-01-02T03:{minute:02}:00Z"


def reading(minute: int, value: str) -> dict[str, Any]:
    return {"timestamp": at(minute), "sampledValue": [{"value": value}]}


def status(state: str, minute: int) -> dict[str, Any]:
    return {"connectorId": 1, "status": state, "errorCode": "NoError", "timestamp": at(minute)}


GOOD = {"idTagInfo": {"status": "Accepted"}}
SESSION: list[tuple[Side, str, dict[str, Any], dict[str, Any]]] = [
    ("station", "StatusNotification", status("Preparing", 1), {}),
    ("station", "Authorize", {"idTag": "04A1B2C3"}, GOOD),
    (
        "station",
        "StartTransaction",
        {"connectorId": 1, "idTag": "04A1B2C3", "meterStart": 1000, "timestamp": at(2)},
        {"transactionId": 4711, **GOOD},
    ),
    ("station", "StatusNotification", status("Charging", 3), {}),
    (
        "station",
        "MeterValues",
        {"connectorId": 1, "transactionId": 4711, "meterValue": [reading(4, "1100"), reading(5, "1200")]},
        {},
    ),
    ("backend", "RemoteStopTransaction", {"transactionId": 4711}, {"status": "Accepted"}),
    ("station", "StopTransaction", {"transactionId": 4711, "meterStop": 1300, "timestamp": at(6), "reason": "Remote"}, {}),
]


def stream() -> list[tuple[Side, Message]]:
    found: list[tuple[Side, Message]] = []
    for number, (caller, action, payload, told) in enumerate(SESSION):
        found += [(caller, Call(str(number), action, payload)), (caller, Result(str(number), action, told))]
    return found


def translated(source: str, target: str, heard: list[tuple[Side, Message]]) -> list[tuple[Side, Message]]:
    """What comes out, each with who asked."""
    answers = {message.id: message for _, message in heard if isinstance(message, Result | Error)}
    dialogue = Dialogue(LADDER, source, target, answers)
    made: list[tuple[Side, Message]] = []
    for caller, message in heard:
        made += [(caller, spoken.message) for spoken in dialogue.hear(message, caller).spoken if not spoken.local]
    return made


def calls(messages: list[tuple[Side, Message]], action: str) -> list[dict[str, Any]]:
    return [message.payload for _, message in messages if isinstance(message, Call) and message.action == action]


@pytest.mark.parametrize("source", ["ocpp1.6", "ocpp1.5"])
def test_a_session_of_starts_and_stops_becomes_events_in_order(source: str) -> None:
    heard = stream() if source == "ocpp1.6" else translated("ocpp1.6", source, stream())
    made = translated(source, "ocpp2.0.1", heard)
    events = calls(made, "TransactionEvent")
    assert [one["eventType"] for one in events] == ["Started", *["Updated"] * (len(events) - 2), "Ended"]
    assert [one["seqNo"] for one in events] == list(range(len(events)))
    assert {one["transactionInfo"]["transactionId"] for one in events} == {"4711"}
    assert events[0]["idToken"] == {"idToken": "04A1B2C3", "type": "ISO14443"}
    registers = [value for one in events for meter in one.get("meterValue", ()) for value in (meter["sampledValue"][0]["value"],)]
    assert registers == [1000, 1100, 1200, 1300]
    assert calls(made, "RequestStopTransaction") == [{"transactionId": "4711"}]
    asked = Counter(message.id for _, message in made if isinstance(message, Call))
    told = Counter(message.id for _, message in made if isinstance(message, Result))
    assert asked == told
    assert set(asked.values()) == {1}


def test_and_back_it_is_the_same_session() -> None:
    there = translated("ocpp1.6", "ocpp2.0.1", stream())
    back = translated("ocpp2.0.1", "ocpp1.6", there)
    (start,), (stop,) = calls(back, "StartTransaction"), calls(back, "StopTransaction")
    assert start == {"connectorId": 1, "idTag": "04A1B2C3", "meterStart": 1000, "timestamp": at(2)}
    assert (stop["transactionId"], stop["meterStop"], stop["timestamp"], stop["reason"]) == (1, 1300, at(6), "Remote")
    values = [value for one in calls(back, "MeterValues") for value in one["meterValue"]]
    assert values == [reading(4, "1100"), reading(5, "1200")]
    told = [message.payload for _, message in back if isinstance(message, Result) and message.action == "StartTransaction"]
    assert told == [{"transactionId": 1, **GOOD}]
    assert calls(back, "RemoteStopTransaction") == [{"transactionId": 1}]


def test_an_error_answers_all_that_was_asked() -> None:
    heard = stream()[:9]
    heard.append(("station", Error("4", "MeterValues", "InternalError", "no")))
    made = [message for _, message in translated("ocpp1.6", "ocpp2.0.1", heard) if isinstance(message, Error)]
    assert [(error.id, error.action, error.code) for error in made] == [
        ("4", "TransactionEvent", "InternalError"),
        ("4-2", "TransactionEvent", "InternalError"),
    ]


def test_an_answer_whose_question_decides_needs_it() -> None:
    dialogue = Dialogue(LADDER, "ocpp1.6", "ocpp2.0.1")
    with pytest.raises(PeerError, match="without its question"):
        dialogue.hear(Result("9", "StartTransaction", {"transactionId": 1, **GOOD}), "station")
    with pytest.raises(PeerError, match="without its question"):
        dialogue.hear(Result("9", "Authorize", GOOD), "station")
    later = dialogue.hear(Result("9", "ClearCache", {"status": "Accepted"}), "backend")
    assert later.spoken[0].message.payload == {"status": "Accepted"}


def test_a_refusal_is_told_the_asker() -> None:
    dialogue = Dialogue(LADDER, "ocpp1.6", "ocpp2.0.1")
    stop = Call("1", "StopTransaction", {"transactionId": 5, "meterStop": 1, "timestamp": at(1)})
    (spoken,) = dialogue.hear(stop, "station").spoken
    assert (spoken.to, spoken.local, spoken.message.__class__) == ("station", True, Error)
