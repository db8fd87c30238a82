"""Which transaction a message of a stream belongs to, where the back end numbers them and where the station names them."""

from __future__ import annotations

from typing import Any

from gateway.catalogue import Folders
from gateway.dialects.load import load_dialects
from gateway.ladder.bindings import Bindings
from gateway.messages import Call

DIALECTS = load_dialects(Folders())
WHEN = "2026-01-02T03:04:05Z"
START = {"connectorId": 2, "idTag": "TAG", "meterStart": 7, "timestamp": WHEN}


def heard(bindings: Bindings, action: str, payload: dict[str, Any], told: dict[str, Any] | None = None) -> int | None:
    call = Call("1", action, payload)
    number = bindings.transaction(call, told)
    bindings.asked(call, number)
    if told is not None:
        bindings.answered(call, told)
    return number


def event(name: str, kind: str, **more: Any) -> dict[str, Any]:
    base = {"eventType": kind, "timestamp": WHEN, "triggerReason": "Authorized", "seqNo": 0}
    return {**base, "transactionInfo": {"transactionId": name}, **more}


def test_a_number_of_the_back_end_is_taken_from_the_answer_that_is_yet_to_come() -> None:
    stream = Bindings(DIALECTS["ocpp1.6"])
    assert heard(stream, "StartTransaction", START, {"transaction": 4711}) == 4711
    assert heard(stream, "MeterValues", {"connectorId": 2, "meterValue": []}) == 4711
    assert heard(stream, "StatusNotification", {"connectorId": 2, "status": "Charging", "errorCode": "NoError"}) == 4711
    assert heard(stream, "StopTransaction", {"transactionId": 4711, "meterStop": 9, "timestamp": WHEN}) == 4711
    assert heard(stream, "StatusNotification", {"connectorId": 2, "status": "Finishing", "errorCode": "NoError"}) is None
    known = stream.facts.transaction(4711)
    assert known is not None
    assert (known.connector, known.token, known.meter_start, known.open) == (2, "TAG", "7", False)


def test_where_no_answer_says_a_number_they_count_from_one_and_none_is_given_twice() -> None:
    stream = Bindings(DIALECTS["ocpp1.6"])
    assert heard(stream, "StartTransaction", {**START, "connectorId": 1}, {"transaction": 1}) == 1
    assert heard(stream, "StartTransaction", START) == 2
    assert heard(stream, "MeterValues", {"connectorId": 3, "meterValue": []}) is None


def test_a_name_of_the_station_has_one_number_for_good() -> None:
    stream = Bindings(DIALECTS["ocpp2.0.1"])
    assert heard(stream, "TransactionEvent", event("a", "Started")) == 1
    assert heard(stream, "TransactionEvent", event("b", "Updated", evse={"id": 2})) == 2
    assert (
        heard(stream, "TransactionEvent", event("a", "Updated", evse={"id": 1}, idToken={"idToken": "T", "type": "Central"})) == 1
    )
    known = stream.facts.transaction(1)
    assert known is not None
    assert (known.connector, known.token, stream.facts.running(1), stream.facts.running(2)) == (1, "T", True, True)
    assert heard(stream, "TransactionEvent", event("a", "Ended")) == 1
    assert (stream.facts.running(1), stream.facts.ended(1), stream.facts.running(2)) == (False, True, True)


def test_a_message_speaks_of_the_number_inside() -> None:
    stream = Bindings(DIALECTS["ocpp2.0.1"], numbers={"a": 5})
    assert stream.bound(Call("1", "RequestStopTransaction", {"transactionId": "a"})).payload == {"transactionId": "5"}
    assert stream.bound(Call("1", "Heartbeat", {})).payload == {}
