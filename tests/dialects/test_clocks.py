"""Times that are none: found wherever they stand, and nothing else is touched."""

from __future__ import annotations

import pytest

from gateway.dialects.clocks import with_times
from tests.office import data

NOW = "2026-03-01T12:00:00.000Z"
BAD = ("222222017-10-27T19:10:11Z", "1000000", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00", "2026-W01-1", "20260101", "")
BAD = (*BAD, "٢٠٢٦-01-01T00:00:00Z", "2026-01-01T00:00:00+99:99", "x" * 10_000)
GOOD = (
    "2026-01-01T00:00:00Z",
    "2026-01-01T00:00:00",
    "2026-01-01T24:00:00Z",
    "1970-01-01T00:00:00+01:00",
    "2106-02-07T06:28:16Z",
)


@pytest.mark.parametrize("text", BAD)
def test_a_time_that_is_none_becomes_the_time_of_receipt(text: str) -> None:
    shape = data().dialects["ocpp1.6"].messages["MeterValues"].request
    sample = {"value": "5", "context": "1000000"}
    first, second = {"timestamp": GOOD[0], "sampledValue": []}, {"timestamp": text, "sampledValue": [sample]}
    made = with_times(shape, {"connectorId": 1, "meterValue": [first, second]}, NOW)
    assert made == {"connectorId": 1, "meterValue": [first, {"timestamp": NOW, "sampledValue": [sample]}]}
    assert made["meterValue"][1]["sampledValue"] is second["sampledValue"]


@pytest.mark.parametrize("text", GOOD)
def test_what_can_be_read_stays_as_it_is(text: str) -> None:
    shape = data().dialects["ocpp1.5"].messages["StartTransaction"].request
    said = {"connectorId": "1", "idTag": "A", "timestamp": text, "meterStart": "5"}
    assert with_times(shape, said, NOW) is said


@pytest.mark.parametrize("payload", [None, [], "text", {"timestamp": 5}, {"timestamp": None}, {"meterValue": "x"}, {}])
def test_what_has_another_shape_is_left_to_the_checks(payload: object) -> None:
    assert with_times(data().dialects["ocpp1.6"].messages["MeterValues"].request, payload, NOW) is payload
    assert with_times(data().dialects["ocpp1.6"].messages["StartTransaction"].request, payload, NOW) is payload
