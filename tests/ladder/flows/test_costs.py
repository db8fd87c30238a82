"""The cost of a transaction, from a 2.0.1 back end to a 1.6 station that knows the Open Charge Alliance's convention: 4.18."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from gateway.ladder.losses import Refused
from tests.ladder.flows.talk import Talk

VENDOR = "org.openchargealliance.costmsg"


@pytest.fixture
def talk() -> Talk:
    return Talk("ocpp2.0.1", "ocpp1.6")


def told(talk: Talk, passage: Any) -> Any:
    ((name, made),) = passage.onward()
    assert (name, made["vendorId"], made["messageId"]) == ("DataTransfer", VENDOR, "RunningCost")
    return json.loads(made["data"], parse_float=Decimal)


def test_the_cost_goes_with_what_is_known_of_the_transaction(talk: Talk) -> None:
    up = Talk("ocpp1.6", "ocpp2.0.1", talk.registers)
    begin = "2026-01-02T03:04:05Z"
    up.ask("StartTransaction", {"connectorId": 1, "idTag": "A", "meterStart": 1000, "timestamp": begin}, 17)
    data = told(talk, talk.ask("CostUpdated", {"transactionId": "17", "totalCost": Decimal("12.30")}))
    known = {"timestamp": talk.facts.clock, "meterValue": 1000, "state": "Idle", "chargingPrice": {}}
    assert data == {"transactionId": 17, "cost": Decimal("12.30"), **known}
    up.ask("StatusNotification", {"connectorId": 1, "status": "Charging", "errorCode": "NoError"}, 17)
    assert told(talk, talk.ask("CostUpdated", {"transactionId": "17", "totalCost": Decimal(1)}))["state"] == "Charging"


def test_what_is_not_known_is_not_made_up(talk: Talk) -> None:
    data = told(talk, talk.ask("CostUpdated", {"transactionId": "17", "totalCost": Decimal("0.1")}))
    assert data == {"transactionId": 17, "cost": Decimal("0.1"), "timestamp": talk.facts.clock, "chargingPrice": {}}


def test_what_the_back_end_says_beside_it_in_the_same_convention_goes_along(talk: Talk) -> None:
    beside = {
        "timestamp": "2026-01-02T03:04:05Z",
        "meterValue": 5,
        "state": "Idle",
        "chargingPrice": {"kWhPrice": Decimal("0.5")},
    }
    asked = {"transactionId": "17", "totalCost": Decimal("0.1")}
    data = told(talk, talk.ask("CostUpdated", {**asked, "customData": {"vendorId": VENDOR, **beside}}))
    assert data == {"transactionId": 17, "cost": Decimal("0.1"), **beside}
    other = told(talk, talk.ask("CostUpdated", {**asked, "customData": {"vendorId": "acme", **beside}}))
    assert "state" not in other


@pytest.mark.parametrize("status", ["UnknownVendorId", "UnknownMessageId", "Rejected"])
def test_a_station_that_does_not_take_it_cannot_be_told(talk: Talk, status: str) -> None:
    passage = talk.ask("CostUpdated", {"transactionId": "17", "totalCost": Decimal(1)})
    assert talk.answer(passage, {"status": "Accepted"}) == {}
    with pytest.raises(Refused, match="NotSupported"):
        talk.answer(passage, {"status": status})
    with pytest.raises(Refused, match="InternalError"):
        talk.answer(passage, None)


def test_a_station_of_1_5_may_know_the_convention_and_one_of_1_2_cannot() -> None:
    asked = {"transactionId": "17", "totalCost": Decimal(1)}
    assert Talk("ocpp2.1", "ocpp1.5").ask("CostUpdated", asked).action == "DataTransfer"
    assert Talk("ocpp2.0.1", "ocpp1.2").ask("CostUpdated", asked).refusal is not None
