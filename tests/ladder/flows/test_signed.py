"""Signed readings between 1.6 and 2.0.1 (4.8): never cut, never without their number, never a number made up."""

from __future__ import annotations

import base64
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ladder.flows.signed import Signed, parsed, told_by
from tests.ladder.flows.talk import Talk

WHEN = "2026-01-02T03:04:05Z"
DATA = {"signedMeterData": "QUJD", "signingMethod": "ECDSA-secp256r1-SHA256", "encodingMethod": "EDL", "publicKey": "a2V5"}
OCMF = 'OCMF|{"FV":"1.0","RD":[{"TM":"t","RV":100.1,"RU":"kWh"},{"RV":104.250,"RU":"kWh"}]}|{"SD":"304402"}'


def crossed(start: str, end: str, samples: list[Any]) -> list[Any]:
    talk = Talk(start, end)
    place = {"connectorId" if start == "ocpp1.6" else "evseId": 1}
    passage = talk.ask("MeterValues", {**place, "meterValue": [{"timestamp": WHEN, "sampledValue": samples}]})
    return [] if passage.action is None else list(passage.payload["meterValue"][0]["sampledValue"])


def up(*samples: Any) -> list[Any]:
    return crossed("ocpp1.6", "ocpp2.0.1", list(samples))


def down(*samples: Any) -> list[Any]:
    return crossed("ocpp2.0.1", "ocpp1.6", list(samples))


def test_two_samples_of_1_6_are_one_with_a_signature_and_come_home() -> None:
    number = {"value": "12.50", "measurand": "Power.Active.Import", "unit": "kW", "phase": "L1"}
    signed = {**number, "value": json.dumps(DATA), "format": "SignedData"}
    (made,) = up(signed, number)
    assert made["value"] == Decimal("12.50")
    assert made["signedMeterValue"] == DATA
    plain, again = down(made)
    assert plain == number
    assert {**again, "value": json.loads(again["value"])} == {**signed, "value": DATA}


def test_what_one_side_leaves_unsaid_is_what_the_other_says() -> None:
    signed = {"value": json.dumps(DATA), "format": "SignedData", "context": "Sample.Periodic", "location": "Outlet"}
    assert len(up({"value": "1"}, signed)) == 1
    assert [one.get("signedMeterValue") for one in up({"value": "1", "phase": "L1"}, {"value": "2"}, signed)] == [None, DATA]


def test_phases_are_never_merged() -> None:
    kinds = [{"value": str(n), "phase": f"L{n}", "measurand": "Voltage", "unit": "V"} for n in (1, 2, 3)]
    signed = [{**kinds[n], "value": json.dumps({**DATA, "publicKey": str(n)}), "format": "SignedData"} for n in (2, 0)]
    made = up(*kinds, *signed)
    assert [one["value"] for one in made] == [1, 2, 3]
    assert [one.get("signedMeterValue", {}).get("publicKey") for one in made] == ["0", None, "2"]


def test_a_vendors_text_is_kept_in_full_and_tells_its_number_where_it_can() -> None:
    (made,) = up({"value": OCMF, "format": "SignedData", "unit": "Wh"})
    assert made["value"] == Decimal("104.250")
    assert made["unitOfMeasure"] == {"unit": "kWh"}
    assert base64.b64decode(made["signedMeterValue"]["signedMeterData"]).decode() == OCMF
    assert made["signedMeterValue"]["encodingMethod"] == "OCMF"
    inside = json.dumps({**DATA, "signedMeterData": base64.b64encode(OCMF.encode()).decode()})
    (again,) = up({"value": inside, "format": "SignedData"})
    assert again["value"] == Decimal("104.250")


def test_signed_data_without_a_number_or_too_long_is_lost_and_the_number_stays() -> None:
    assert up({"value": "0011", "format": "SignedData"}) == []
    long = {"value": json.dumps({**DATA, "signedMeterData": "x" * 2501}), "format": "SignedData"}
    assert up({"value": "5"}, long) == [{"value": 5}]
    talk = Talk("ocpp1.6", "ocpp2.0.1")
    values = [{"timestamp": WHEN, "sampledValue": [{"value": "5"}, long]}]
    assert [loss.field for loss in talk.ask("MeterValues", {"connectorId": 1, "meterValue": values}).losses] == [
        "meterValue.sampledValue.value"
    ]


def test_a_measurand_that_1_6_lacks_goes_with_its_signature() -> None:
    assert down({"value": 5, "measurand": "Energy.Active.Net", "signedMeterValue": DATA}, {"value": 1}) == [{"value": "1"}]


def test_within_a_transaction_too() -> None:
    talk = Talk("ocpp1.6", "ocpp2.0.1")
    start = {"connectorId": 1, "idTag": "A", "meterStart": 1, "timestamp": WHEN}
    talk.ask("StartTransaction", start, transaction=17)
    ended = [{"value": "9", "context": "Transaction.End"}, {"value": OCMF, "format": "SignedData", "context": "Transaction.End"}]
    stop = {"transactionId": 17, "meterStop": 9, "timestamp": WHEN}
    talk.ask("StopTransaction", {**stop, "transactionData": [{"timestamp": WHEN, "sampledValue": ended}]}, transaction=17)
    signed = talk.sent[-1][1]["meterValue"][0]["sampledValue"]
    assert [(one["value"], "signedMeterValue" in one) for one in signed] == [(9, True)]


@pytest.mark.parametrize("text", ["OCMF|{}|{}", "OCMF|", "{", '{"signedMeterData":7}', 'OCMF|{"RD":[{"RV":"x","RU":"Wh"}]}|'])
def test_no_number_is_made_up(text: str) -> None:
    assert told_by(parsed(text)) is None


@given(st.text())
def test_any_text_is_kept(text: str) -> None:
    data = parsed(text)
    assert all(isinstance(one, str) for one in data.values())
    told_by(data)
    item = {"value": text, "format": "SignedData"}
    made = Signed().right([{"value": "1"}, item], lambda one: None if "format" in one else {"value": 1}, None)
    assert made[0]["value"] == 1
