"""The rules of section 3.5 of our reference, one by one: what is lost or invented between OCPP 1.2 and 1.5, and beyond to 1.6."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.catalogue import Folders
from gateway.dialects.load import load_dialects
from gateway.ladder.facts import Context, Recorded
from gateway.ladder.ladder import Ladder

DIALECTS = load_dialects(Folders())
LADDER = Ladder.load(Folders(), DIALECTS)
WHEN = "2026-01-02T03:04:05Z"


def ask(start: str, end: str, action: str, payload: dict[str, Any], facts: Recorded | None = None) -> Any:
    route = LADDER.route(start, end)
    checked = route.from_dialect.check("call", action, payload)
    passage = route.request(action, checked, Context(facts or Recorded()))
    if passage.action is not None:
        assert route.to_dialect.check("call", action, passage.payload) == passage.payload
    return passage


def answer(start: str, end: str, action: str, asked: dict[str, Any], result: dict[str, Any], now: str = WHEN) -> dict[str, Any]:
    route = LADDER.route(start, end)
    made, _ = ask(start, end, action, asked).result(result, Context(Recorded(clock=now)))
    assert route.from_dialect.check("result", action, made) == made
    return dict(made)


def energy(start: str, *values: dict[str, Any]) -> Any:
    """What a 1.2 back end hears of the readings of one moment."""
    if start == "ocpp1.5":
        payload = {"connectorId": 1, "values": [{"timestamp": WHEN, "value": list(values)}]}
    else:
        payload = {"connectorId": 1, "meterValue": [{"timestamp": WHEN, "sampledValue": list(values)}]}
    passage = ask(start, "ocpp1.2", "MeterValues", payload)
    return [one["value"] for one in passage.payload["values"]] if passage.action else passage.answer


@pytest.mark.parametrize("start", ["ocpp1.5", "ocpp1.6"])
def test_only_energy_crosses_and_in_whole_watt_hours(start: str) -> None:
    amp = "Amp" if start == "ocpp1.5" else "A"
    assert energy(start, {"value": "1500"}, {"value": "16", "measurand": "Current.Import", "unit": amp}) == [1500]
    assert energy(start, {"value": "1.5006", "unit": "kWh"}) == [1501]
    assert energy(start, {"value": "1.5004", "unit": "kWh"}) == [1500]
    assert energy(start, {"value": "7.5", "unit": "Wh", "format": "Raw", "location": "Outlet", "context": "Sample.Clock"}) == [8]
    assert energy(start, {"value": "-3", "measurand": "Energy.Active.Import.Register"}) == [-3]


@pytest.mark.parametrize(
    "sample",
    [
        {"value": "1", "measurand": "Energy.Active.Export.Register"},
        {"value": "1", "measurand": "Voltage"},
        {"value": "1", "unit": "varh"},
        {"value": "1", "location": "Inlet"},
        {"value": "3F2A", "format": "SignedData"},
        {"value": "n/a"},
        {"value": "NaN"},
        {"value": "1e30"},
        {"value": "2147483648"},
        {"value": "2147484", "unit": "kWh"},
        {"value": ""},
    ],
)
def test_anything_else_is_acknowledged_here(sample: dict[str, Any]) -> None:
    assert energy("ocpp1.5", sample) == {}
    assert energy("ocpp1.6", sample) == {}


def test_phases_do_not_become_three_totals() -> None:
    assert energy("ocpp1.6", {"value": "1", "phase": "L1"}, {"value": "2", "phase": "L2"}, {"value": "3"}) == [3]


def test_a_number_of_1_2_becomes_a_text_and_keeps_its_time() -> None:
    payload = {"connectorId": 2, "values": [{"timestamp": WHEN, "value": 1500}, {"timestamp": WHEN, "value": 0}]}
    made = ask("ocpp1.2", "ocpp1.6", "MeterValues", payload).payload
    values = [{"timestamp": WHEN, "sampledValue": [{"value": text}]} for text in ("1500", "0")]
    assert made == {"connectorId": 2, "meterValue": values}


def test_no_reading_at_all_is_none_anywhere() -> None:
    assert ask("ocpp1.2", "ocpp1.6", "MeterValues", {"connectorId": 2}).answer == {}
    assert ask("ocpp1.2", "ocpp1.5", "MeterValues", {"connectorId": 2}).payload == {"connectorId": 2}
    assert ask("ocpp1.5", "ocpp1.2", "MeterValues", {"connectorId": 2}).answer == {}


BOOT = {"chargePointVendor": "v", "chargePointModel": "m"}


@pytest.mark.parametrize("start", ["ocpp1.5", "ocpp1.6"])
def test_a_boot_answer_without_time_and_interval(start: str) -> None:
    got = answer(start, "ocpp1.2", "BootNotification", BOOT, {"status": "Accepted"})
    interval = "heartbeatInterval" if start == "ocpp1.5" else "interval"
    assert got == {"status": "Accepted", "currentTime": WHEN, interval: 300}


def test_a_1_2_station_hears_both_and_never_pending() -> None:
    got = answer("ocpp1.2", "ocpp1.6", "BootNotification", BOOT, {"status": "Pending", "currentTime": WHEN, "interval": 42})
    assert got == {"status": "Rejected", "currentTime": WHEN, "heartbeatInterval": 42}


@pytest.mark.parametrize(("status", "expected"), [("Reserved", "Occupied"), ("Charging", "Occupied"), ("Faulted", "Faulted")])
def test_states_down_to_1_2(status: str, expected: str) -> None:
    passage = ask("ocpp1.6", "ocpp1.2", "StatusNotification", {"connectorId": 1, "status": status, "errorCode": "NoError"})
    assert passage.payload == {"connectorId": 1, "status": expected, "errorCode": "NoError"}


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("EVCommunicationError", "Mode3Error"),
        ("OverVoltage", "NoError"),
        ("WeakSignal", "NoError"),
        ("ReaderFailure", "ReaderFailure"),
    ],
)
def test_codes_down_to_1_2_never_name_a_wrong_part(code: str, expected: str) -> None:
    passage = ask("ocpp1.6", "ocpp1.2", "StatusNotification", {"connectorId": 1, "status": "Faulted", "errorCode": code})
    assert passage.payload == {"connectorId": 1, "status": "Faulted", "errorCode": expected}


def test_occupied_of_1_2_is_what_the_session_knows() -> None:
    payload = {"connectorId": 1, "status": "Occupied", "errorCode": "NoError"}
    assert ask("ocpp1.2", "ocpp1.6", "StatusNotification", payload, Recorded(on={1: 9})).payload["status"] == "Charging"


@pytest.mark.parametrize("back", ["ocpp1.5", "ocpp1.6"])
@pytest.mark.parametrize(
    ("action", "payload", "expected"),
    [
        ("GetConfiguration", {"key": ["HeartBeatInterval", "Foo"]}, {"unknownKey": ["HeartBeatInterval", "Foo"]}),
        ("GetConfiguration", {}, {}),
        ("GetLocalListVersion", {}, {"listVersion": -1}),
        ("CancelReservation", {"reservationId": 7}, {"status": "Rejected"}),
        ("DataTransfer", {"vendorId": "v"}, {"status": "UnknownVendorId"}),
        ("SendLocalList", {"updateType": "Full", "listVersion": 1}, {"status": "NotSupported"}),
    ],
)
def test_what_a_1_2_station_cannot_be_asked(back: str, action: str, payload: dict[str, Any], expected: dict[str, Any]) -> None:
    passage = ask(back, "ocpp1.2", action, payload)
    assert passage.action is None
    assert passage.answer == expected
    assert DIALECTS[back].check("result", action, passage.answer) == expected


def test_a_tag_that_is_too_long_is_nobody_and_starts_nothing() -> None:
    passage = ask("ocpp1.2", "ocpp1.6", "Authorize", {"idTag": "x" * 21})
    assert passage.answer == {"idTagInfo": {"status": "Invalid"}}
    start = {"connectorId": 1, "idTag": "x" * 21, "timestamp": WHEN, "meterStart": 0}
    assert ask("ocpp1.2", "ocpp1.6", "StartTransaction", start).refusal is not None
    stop = {"transactionId": 1, "idTag": "x" * 21, "timestamp": WHEN, "meterStop": 0}
    assert "idTag" not in ask("ocpp1.2", "ocpp1.6", "StopTransaction", stop).payload
