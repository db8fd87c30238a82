"""The hand-written converter of `tests.bench.two_dot` does what tables and flow do."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests import strategies
from tests.bench import samples, two_dot
from tests.bench.handwritten import Invalid
from tests.bench.translate import load

DATA = load()
KEY = str(two_dot.TRANSACTION)


def both(payload: dict[str, Any]) -> tuple[Any, Any]:
    cx = two_dot.running()
    before = cx.registers.get("events", KEY)
    passage = two_dot.by_tables(DATA, payload, cx)()
    return (
        ([event for _, event in passage.onward()], cx.registers.get("events", KEY)),
        two_dot.by_hand(payload, before, KEY),
    )


def unsigned(payload: dict[str, Any]) -> dict[str, Any]:
    """Without what is signed, which the converter by hand does not join with its number."""
    for value in payload["meterValue"]:
        for sample in value["sampledValue"]:
            sample.pop("format", None)
    return payload


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_readings_by_hand_are_those_of_the_flow(data: st.DataObject) -> None:
    payload = unsigned(data.draw(strategies.payload(DATA.dialects["ocpp1.6"], "MeterValues", "call")))
    tables, hand = both({**payload, "transactionId": two_dot.TRANSACTION})
    assert tables == hand


def test_the_sample_that_is_measured_has_something_to_say() -> None:
    tables, hand = both(samples.REQUESTS["ocpp1.6"]["MeterValues"])
    assert tables == hand
    assert len(tables[0]) > 0


def test_what_is_not_valid_is_refused_by_hand_too() -> None:
    for wrong in ({}, {"connectorId": 1, "meterValue": []}, {"connectorId": "x", "meterValue": [{}]}):
        try:
            two_dot.by_hand(wrong, {"seq": 0, "wh": None}, "1")
        except Invalid:
            continue
        raise AssertionError(wrong)
