"""The register among samples: found in any unit, exact, and nothing else taken for it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from gateway.ladder.flows import energy


def value(*samples: dict[str, Any]) -> dict[str, Any]:
    return {"timestamp": "2026-01-02T03:04:05Z", "sampledValue": list(samples)}


@pytest.mark.parametrize(
    ("sample", "wh"),
    [
        ({"value": "1500"}, "1500"),
        ({"value": "1.5", "unit": "kWh"}, "1500"),
        ({"value": Decimal("1.2345"), "unitOfMeasure": {"unit": "kWh"}}, "1234.5"),
        ({"value": Decimal(15), "unitOfMeasure": {"unit": "Wh", "multiplier": 2}}, "1500"),
        ({"value": Decimal(15), "unitOfMeasure": {"multiplier": -1}}, "1.5"),
    ],
)
def test_the_register_is_read_in_any_unit(sample: dict[str, Any], wh: str) -> None:
    found = energy.last([value(sample)])
    assert found is not None
    assert found == Decimal(wh)


@pytest.mark.parametrize(
    "sample",
    [
        {"value": "1", "measurand": "Voltage"},
        {"value": "1", "phase": "L1"},
        {"value": "1", "location": "Inlet"},
        {"value": "1", "unit": "varh"},
        {"value": "AF01", "format": "SignedData"},
        {"value": "NaN"},
        {"value": "one"},
        {"value": "1", "unitOfMeasure": {"multiplier": 500}},
    ],
)
def test_nothing_else_is_taken_for_it(sample: dict[str, Any]) -> None:
    assert energy.last([value(sample)]) is None


def test_the_begin_counts_before_the_first_and_the_last_is_the_last() -> None:
    values = [value({"value": "1"}, {"value": "2", "context": "Transaction.Begin"}), value({"value": "3"})]
    assert energy.first(values) == 2
    assert energy.first(values[1:]) == 3
    assert energy.last(values) == 3
    assert energy.last(values, "Transaction.End") is None
    assert energy.first(None) is None


@given(some.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**9), max_value=10**9))
def test_whole_watt_hours_are_rounded_half_up_and_the_text_has_no_exponent(wh: Decimal) -> None:
    assert abs(energy.whole(wh) - wh) <= Decimal("0.5")
    assert Decimal(energy.plain(wh)) == wh
    assert "E" not in energy.plain(wh)
