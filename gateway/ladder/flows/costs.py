"""What a transaction has cost so far, told to a station that knows no such message by a convention of its data transfers.

In: CostUpdated; the text of a DataTransfer.  Out: DataTransfer; the payload of CostUpdated.
Not here: whose convention it is, and which of its messages (the table's rules).

Source: Open Charge Alliance, OCPP & California Pricing Requirements: RunningCost, and the customData of CostUpdated.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec

from gateway.ladder.flows.contract import Parts, Rendering, makes, the_answer
from gateway.ladder.losses import Refused
from gateway.messages import Payload

DATA, COST = "DataTransfer", "CostUpdated"
_DECODER = msgspec.json.Decoder(float_hook=Decimal)


@makes(DATA)
def cost_updated(asked: Payload, run: Any, parts: Parts) -> Rendering:
    """Going left: what the back end says beside the cost in the same convention goes with it."""
    part = parts[DATA]
    made, number = part.ask(asked, run) or {}, part.value("Number", asked["transactionId"], run)
    beside = dict(asked.get("customData", {}))
    beside = beside if beside.pop("vendorId", None) == made["vendorId"] else {}
    data = {**_known(str(number), run.cx), **beside, "transactionId": number, "cost": asked["totalCost"]}

    def answer(results: Sequence[Payload | None], run: Any) -> Payload:
        status = the_answer(results)["status"]
        if status != "Accepted":
            raise Refused("NotSupported", f"the station cannot be told: {status}")
        return {}

    return Rendering([(DATA, {**made, "data": part.value("Json", data, run)})], answer)


def _known(number: str, cx: Any) -> Payload:
    """What the convention demands and the back end does not say: the transaction as it was last heard of, and no prices."""
    known: Payload = {"timestamp": cx.facts.now(), "chargingPrice": {}}
    kept = cx.registers.get("events", number)
    if kept is not None and kept.get("wh") is not None:
        known |= {"meterValue": int(Decimal(kept["wh"])), "state": "Charging" if kept["charging"] == "Charging" else "Idle"}
    return known


def costs(asked: Payload, run: Any, parts: Parts) -> Payload | None:
    """Going right: the cost that a text tells, and what it tells beside it; None where it tells none of a transaction we know."""
    try:
        data = _DECODER.decode(asked.get("data", ""))
        number, cost = _ours(data.pop("transactionId"), run.cx), data.pop("cost")
    except (msgspec.DecodeError, LookupError, AttributeError, TypeError):
        return None
    if number is None or isinstance(cost, bool) or not isinstance(cost, int | Decimal):
        return None
    named = parts[COST].value("Number", number, run)
    return {"transactionId": named, "totalCost": cost, "customData": {**data, "vendorId": asked["vendorId"]}}


def _ours(number: Any, cx: Any) -> int | None:
    """The transaction that the back end calls so; the session does not look into texts."""
    for ours in (number, *(int(key) for key, _ in cx.registers.items("held"))):
        known = cx.facts.transaction(ours) if isinstance(ours, int) else None
        if known is not None and (known.named or str(ours)) == str(number):
            return int(ours)
    return None
