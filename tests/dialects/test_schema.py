from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.catalogue import Folders
from gateway.dialects.errors import Violation
from gateway.dialects.load import load_dialects
from gateway.dialects.schema import Dialect
from gateway.messages import Call, Result
from tests import strategies

DIALECTS = load_dialects(Folders())
OLD, NEW = DIALECTS["ocpp1.5"], DIALECTS["ocpp1.6"]
EVERY = [(d, action, kind) for d in DIALECTS.values() if not d.speaks for action in d.messages for kind in ("call", "result")]
IDS = [f"{d.name}-{action}-{kind}" for d, action, kind in EVERY]
START = {"connectorId": 1, "idTag": "TAG", "timestamp": "2026-01-01T10:00:00Z", "meterStart": 15}


def violation(dialect: Dialect, action: str, payload: Any, kind: str = "call") -> tuple[str, str]:
    with pytest.raises(Violation) as caught:
        dialect.check(kind, action, payload)
    return caught.value.code, caught.value.path


@pytest.mark.parametrize(("dialect", "action", "kind"), EVERY, ids=IDS)
@settings(max_examples=20)
@given(data=st.data())
def test_a_valid_payload_stays_as_it_is(dialect: Dialect, action: str, kind: str, data: st.DataObject) -> None:
    payload = data.draw(strategies.payload(dialect, action, kind))
    assert dialect.check(kind, action, payload) == payload
    assert dialect.check(kind, action, payload, "pass") == payload


LEAVES = st.none() | st.booleans() | st.integers() | st.decimals() | st.text(max_size=5)
JUNK = st.recursive(
    LEAVES | st.sampled_from(["2026-01-01T00:00:00", "15", "Accepted"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["value", "status", "idTag", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@pytest.mark.parametrize("unknown", ["refuse", "drop", "pass"])
@given(data=st.data())
def test_whatever_comes_is_checked_or_refused(unknown: Any, data: st.DataObject) -> None:
    dialect, action, kind = data.draw(st.sampled_from(EVERY))
    payload = data.draw(strategies.payload(dialect, action, kind))
    for name in data.draw(st.lists(st.sampled_from([*dialect.messages[action].shape(kind).fields, "odd"]), max_size=3)):
        payload[name] = data.draw(JUNK)
    try:
        checked = dialect.check(kind, action, payload, unknown)
    except Violation:
        return
    if unknown != "pass":
        assert dialect.check(kind, action, checked, "refuse") == checked


def test_text_becomes_typed() -> None:
    came = {
        "connectorId": " 1 ",
        "idTag": "TAG",
        "timestamp": "2026-01-01T12:00:00+02:00",
        "meterStart": "15.0",
        "reservationId": "",
    }
    assert OLD.check("call", "StartTransaction", came) == START
    assert came["connectorId"] == " 1 ", "the original is left alone"


@pytest.mark.parametrize(
    ("change", "code", "path"),
    [
        ({"idTag": None}, "OccurrenceConstraintViolation", "idTag"),
        ({"idTag": 7}, "TypeConstraintViolation", "idTag"),
        ({"idTag": "x" * 21}, "PropertyConstraintViolation", "idTag"),
        ({"connectorId": "one"}, "TypeConstraintViolation", "connectorId"),
        ({"connectorId": ""}, "OccurrenceConstraintViolation", "connectorId"),
        ({"timestamp": "now"}, "FormatViolation", "timestamp"),
        ({"color": "red"}, "FormatViolation", "color"),
    ],
)
def test_what_is_wrong_and_where(change: dict[str, Any], code: str, path: str) -> None:
    assert violation(OLD, "StartTransaction", START | change) == (code, path)


def test_a_fault_deep_inside_is_found() -> None:
    sample = {"timestamp": "2026-01-01T10:00:00Z", "sampledValue": [{"value": "1"}, {"value": "2", "unit": "Parsec"}]}
    payload = {"connectorId": 1, "meterValue": [sample]}
    assert violation(NEW, "MeterValues", payload) == ("PropertyConstraintViolation", "meterValue[0].sampledValue[1].unit")
    assert violation(NEW, "MeterValues", {"connectorId": 1, "meterValue": []}) == ("OccurrenceConstraintViolation", "meterValue")
    assert violation(NEW, "MeterValues", {"connectorId": 1, "meterValue": [7]}) == ("TypeConstraintViolation", "meterValue[0]")
    assert violation(NEW, "GetConfiguration", {"key": ["a", None]}) == ("OccurrenceConstraintViolation", "key[1]")


@pytest.mark.parametrize("payload", [None, [], "text", 7])
def test_a_payload_that_is_no_object(payload: Any) -> None:
    assert violation(NEW, "Heartbeat", payload) == ("TypeConstraintViolation", "")


def test_an_operation_that_nobody_knows() -> None:
    assert violation(NEW, "Dance", {}) == ("NotImplemented", "")
    assert NEW.check("call", "Dance", {"a": None}, "pass") == {"a": None}


def test_absent_may_be_spelled_in_many_ways() -> None:
    came = {"connectorId": 1, "status": "Available", "errorCode": "NoError", "timestamp": "", "info": None}
    assert NEW.check("call", "StatusNotification", came) == {"connectorId": 1, "status": "Available", "errorCode": "NoError"}
    assert NEW.check("call", "GetConfiguration", {"key": []}) == {}


def test_unknown_fields_are_dropped_on_wish_at_every_depth() -> None:
    came = {"idTagInfo": {"status": "Accepted", "mood": "good"}, "x": 1}
    assert NEW.check("result", "Authorize", came, "drop") == {"idTagInfo": {"status": "Accepted"}}


def test_a_pass_through_keeps_what_came_but_for_types() -> None:
    came = {
        "x": None,
        "meterStart": Decimal("15.0"),
        **START,
        "connectorId": "1",
        "reservationId": "",
        "timestamp": "2026-01-01T10:00:00",
    }
    passed = OLD.check("call", "StartTransaction", came, "pass")
    assert passed == {"x": None, **START, "timestamp": "2026-01-01T10:00:00"}
    assert list(passed) == ["x", "meterStart", "connectorId", "idTag", "timestamp"]


def test_celsius_has_two_spellings_and_hertz_none() -> None:
    def unit(word: str) -> Any:
        sampled = [{"value": "1", "unit": word}]
        payload = {"connectorId": 1, "meterValue": [{"timestamp": "2026-01-01T10:00:00Z", "sampledValue": sampled}]}
        return NEW.check("call", "MeterValues", payload)["meterValue"][0]["sampledValue"][0].get("unit")

    assert [unit(word) for word in ("Celsius", "Celcius", "Hertz", "kWh")] == ["Celcius", "Celcius", None, "kWh"]


def test_facts_and_their_words() -> None:
    call = Call("1", "StartTransaction", START)
    assert NEW.facts(call) == {"connector": 1, "token": "TAG", "time": "2026-01-01T10:00:00Z", "meter_start": 15}
    result = Result("1", "StartTransaction", {"transactionId": 7, "idTagInfo": {"status": "ConcurrentTx"}})
    assert NEW.facts(result) == {"transaction": 7, "token_status": "concurrent"}
    assert NEW.facts(Call("1", "Dance", {"connectorId": 1})) == {}
    assert OLD.facts(Call("1", "StatusNotification", {"status": "Occupied"})) == {"state": "occupied"}
    assert OLD.facts(Result("1", "BootNotification", {"status": "Rejected"})) == {"registration": "rejected"}


def test_facts_are_set_in_a_copy() -> None:
    result = Result("1", "StartTransaction", {"transactionId": 7, "idTagInfo": {"status": "Accepted"}})
    made = NEW.with_facts(result, transaction=8, token_status="blocked", token_expiry=None)
    assert made.payload == {"transactionId": 8, "idTagInfo": {"status": "Blocked"}}
    assert result.payload == {"transactionId": 7, "idTagInfo": {"status": "Accepted"}}
    assert OLD.with_facts(Result("1", "BootNotification", {}), registration="pending").payload == {"status": "Rejected"}
    with pytest.raises(KeyError):
        NEW.with_facts(result, meter_stop=1)
    with pytest.raises(ValueError, match="token_status"):
        NEW.with_facts(result, token_status="funny")


def test_a_result_is_made_of_facts_and_defaults() -> None:
    made = NEW.result_of(Call("1", "StopTransaction", {}), token_status="expired", transaction=3)
    assert made == Result("1", "StopTransaction", {"idTagInfo": {"status": "Expired"}})
    assert NEW.result_of(Call("1", "DataTransfer", {})).payload == {"status": "UnknownVendorId"}
    assert NEW.result_of(Call("1", "TriggerMessage", {}), verdict="refused").payload == {"status": "Rejected"}
    with pytest.raises(Violation):
        NEW.result_of(Call("1", "Heartbeat", {}))


def test_a_call_is_made_of_facts() -> None:
    assert NEW.call_of("remote_stop", "7", transaction=3) == Call("7", "RemoteStopTransaction", {"transactionId": 3})
    assert OLD.call_of("reset", "7", reset_kind="soft").payload == {"type": "Soft"}
    with pytest.raises(KeyError):
        OLD.call_of("trigger", "7")


def test_roles_and_answers() -> None:
    assert (NEW.role("BootNotification"), NEW.role("Dance"), NEW.action_for("trigger")) == ("boot", None, "TriggerMessage")
    assert [NEW.answer(action) for action in ("StartTransaction", "MeterValues", "Heartbeat", "Dance")] == [
        "content",
        "ack",
        None,
        None,
    ]


def test_a_retry_has_the_same_key_however_it_is_spelled() -> None:
    again = {
        "connectorId": "1",
        "idTag": "tag",
        "timestamp": "2026-01-01T11:00:00+01:00",
        "meterStart": Decimal("15.0"),
        "new": 1,
    }
    assert NEW.key(Call("1", "StartTransaction", START)) == NEW.key(Call("2", "StartTransaction", again))
    for change in ({"connectorId": 2}, {"idTag": "TAB"}, {"meterStart": 16}, {"timestamp": "2026-01-01T10:00:01Z"}):
        assert NEW.key(Call("1", "StartTransaction", START)) != NEW.key(Call("1", "StartTransaction", START | change))


def test_a_key_of_the_whole_payload_ignores_order() -> None:
    value = {"timestamp": "2026-01-01T10:00:00Z", "value": [{"value": "1"}]}
    one, other = {"connectorId": 1, "values": [value]}, {"values": [value], "connectorId": 1}
    assert OLD.key(Call("1", "MeterValues", one)) == OLD.key(Call("2", "MeterValues", other))
    assert OLD.key(Call("1", "MeterValues", one)) != OLD.key(Call("1", "MeterValues", one | {"connectorId": 2}))
