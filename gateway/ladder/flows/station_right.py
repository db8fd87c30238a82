"""A station that tells of its transactions by events, to a back end that wants starts, readings and stops.

In: TransactionEvent and StatusNotification.  Out: StartTransaction, MeterValues, StopTransaction, StatusNotification.
Not here: fields that cross by rules (the table's parts); connector numbers (`topology`).

A transaction is told once both its connector and its token are known; until then its events are only remembered.
Register ``held``
{transaction: {state, connector, tag, reservation, first, wh, charging, flowed, stop_tag}}: ``state`` is held, running or ended,
``first`` and ``wh`` the first and the last reading (Wh, text), ``flowed`` whether energy ever did.  Register ``meters``
{connector: the last reading there}; registers ``told`` and ``problems`` as in `notices`.
Sources: OCPP 2.0.1 part 2, E01–E07 and J02; OCPP 1.6, 4.7–4.10.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import gateway.ladder.flows.energy as energy
from gateway.ladder.flows.contract import Part, Rendering, makes
from gateway.ladder.flows.topology import Renumbered
from gateway.messages import Payload

MOST_OVER = 20
FLOWING = "Charging"
_SAID = {"blocked": "Blocked", "expired": "Expired", "invalid": "Invalid", "concurrent": "ConcurrentTx"}
Parts = Mapping[str, Part]
Messages = list[tuple[str, Payload]]


@makes("StartTransaction", "MeterValues", "StopTransaction", "StatusNotification")
def events(asked: Payload, run: Any, parts: Parts) -> Rendering:
    """One event of a transaction."""
    cx, key = run.cx, str(run.cx.transaction)
    before = cx.registers.get("held", key) or {"state": "held"}
    kept = _learnt(before, asked, parts, run)
    messages: Messages = []
    starts = kept["state"] == "held" and None not in (kept.get("connector"), kept.get("tag"))
    if starts:
        kept, call = _start(kept, asked, parts, run)
        messages.append(call)
    wh = energy.last(asked.get("meterValue"))
    if wh is not None:
        kept = {**kept, "wh": energy.plain(wh)}
    messages += _readings(asked, kept, starts, parts, run)
    if asked["eventType"] == "Ended":
        kept, ended = _stop(kept, asked, parts, run)
        messages += ended
    else:
        kept, told = _state(before, kept, asked, parts, run)
        messages += told
    _keep(key, kept, cx)
    return Rendering(
        messages, lambda results, run: _answer(messages, results, asked, parts, run), Renumbered(cx.facts, cx.registers)
    )


def _learnt(kept: Payload, asked: Payload, parts: Parts, run: Any) -> Payload:
    """What this event tells of the transaction beside its readings."""
    part, new = parts["StartTransaction"], dict(kept)
    if "evse" in asked and "connector" not in new:
        new["connector"] = part.value("LearntEvse", asked["evse"], run)
    if "idToken" in asked:
        tag = part.value("Token", asked["idToken"], run)
        if "tag" not in new:
            new["tag"] = tag
        elif asked["eventType"] == "Ended" or asked["triggerReason"] == "StopAuthorized":
            new["stop_tag"] = tag
    if "reservationId" in asked:
        new["reservation"] = asked["reservationId"]
    first = energy.first(asked.get("meterValue"))
    if "first" not in new and first is not None:
        new["first"] = energy.plain(first)
    return new


def _start(kept: Payload, asked: Payload, parts: Parts, run: Any) -> tuple[Payload, tuple[str, Payload]]:
    """The start, with the first reading of the transaction that there was: what a back end bills is the stop less this."""
    first = Decimal(kept.get("first") or run.cx.registers.get("meters", str(kept["connector"])) or 0)
    call = {
        **(parts["StartTransaction"].ask(asked, run) or {}),
        "connectorId": kept["connector"],
        "idTag": kept["tag"],
        "meterStart": energy.whole(first),
        "timestamp": asked["timestamp"],
    }
    if kept.get("reservation") is not None:
        call["reservationId"] = kept["reservation"]
    return {"wh": energy.plain(first), **kept, "state": "running"}, ("StartTransaction", call)


def _readings(asked: Payload, kept: Payload, starts: bool, parts: Parts, run: Any) -> Messages:
    """Readings of a running transaction; those of its end go with its stop, the register of its begin with its start."""
    if kept["state"] != "running" or asked["eventType"] == "Ended" or not asked.get("meterValue"):
        return []
    made = parts["MeterValues"].ask(asked, run)
    values = [
        left for value in (made or {}).get("meterValue", ()) if (left := _without(value, "Transaction.Begin" if starts else ""))
    ]
    if not made or not values:
        return []
    payload = {**made, "connectorId": kept["connector"], "transactionId": run.cx.transaction, "meterValue": values}
    return [("MeterValues", payload)]


def _without(value: Payload, context: str) -> Payload | None:
    """A meter value without the register of one context, which is told elsewhere."""
    left = [s for s in value["sampledValue"] if not (energy.is_register(s) and s.get("context", "Sample.Periodic") == context)]
    return {**value, "sampledValue": left} if left else None


def _stop(kept: Payload, asked: Payload, parts: Parts, run: Any) -> tuple[Payload, Messages]:
    """The end; of a transaction that nobody was ever authorized for there is nothing to tell."""
    if kept["state"] != "running":
        return {**kept, "state": "ended"}, []
    part = parts["StopTransaction"]
    made = part.ask(asked, run) or {}
    final = energy.last(asked.get("meterValue"), "Transaction.End")
    call = {**made, "transactionId": run.cx.transaction, "timestamp": asked["timestamp"]}
    call["meterStop"] = energy.whole(Decimal(kept["wh"]) if final is None else final)
    data = [left for value in made.get("transactionData", ()) if (left := _without(value, "Transaction.End"))]
    call.pop("transactionData", None)
    if data:
        call["transactionData"] = data
    if kept.get("stop_tag"):
        call["idTag"] = kept["stop_tag"]
    call.setdefault("reason", "Local")
    if asked["triggerReason"] == "UnlockCommand":
        call["reason"] = "UnlockCommand"
    return {**kept, "state": "ended"}, [("StopTransaction", call)]


def _state(before: Payload, kept: Payload, asked: Payload, parts: Parts, run: Any) -> tuple[Payload, Messages]:
    """A change of the charging state is a state of the connector on the other side, where no event says it."""
    charging = asked["transactionInfo"].get("chargingState")
    if charging is None or kept.get("connector") is None:
        return kept, []
    kept = {**kept, "charging": charging, "flowed": kept.get("flowed", False) or charging == FLOWING}
    state = occupied(kept, parts["StatusNotification"], run)
    if before.get("charging") is not None and state == occupied(
        {**before, "flowed": before.get("flowed", False)}, parts["StatusNotification"], run
    ):
        return kept, []
    run.cx.registers.put("told", str(kept["connector"]), state)
    call = {"connectorId": kept["connector"], "status": state, "timestamp": asked["timestamp"]}
    return kept, [("StatusNotification", {**call, **faulty(kept["connector"], state, run.cx)})]


def occupied(kept: Payload | None, part: Part, run: Any) -> str:
    """What a connector with a cable in it does, by what is known of its transaction."""
    if kept is None or kept["state"] == "ended":
        return "Finishing" if kept is not None else "Preparing"
    if kept.get("charging") in (None, "EVConnected", "Idle"):
        if not kept.get("flowed"):
            return "Preparing"
        return "Finishing" if kept.get("charging") == "Idle" else "SuspendedEVSE"
    return str(part.value("ChargingState", kept["charging"], run))


def occupied_now(number: int, evse: int, part: Part, run: Any) -> str:
    """The same, by the connector's number and the station's own."""
    there = [kept for _, kept in run.cx.registers.items("held") if kept.get("connector") == number and kept["state"] != "ended"]
    over = {"state": "ended"} if run.cx.facts.ended(evse) else None
    return occupied(there[-1] if there else over, part, run)


def faulty(number: int, status: str, cx: Any) -> Payload:
    """The error of a connector: one that its events told of, or that it is faulted."""
    problem = cx.registers.get("problems", str(number))
    return {"errorCode": "NoError" if problem is None and status != "Faulted" else "OtherError", **(problem or {})}


@makes("StatusNotification")
def status(asked: Payload, run: Any, parts: Parts) -> Rendering:
    """A connector's state."""
    cx, part = run.cx, parts["StatusNotification"]
    number = part.value("LearntEvse", {"id": asked["evseId"], "connectorId": asked["connectorId"]}, run)
    made = {**(part.ask(asked, run) or {}), "connectorId": number}
    if asked["connectorStatus"] == "Occupied":
        made["status"] = occupied_now(number, asked["evseId"], part, run)
    made |= faulty(number, made["status"], cx)
    cx.registers.put("told", str(number), made["status"])
    return Rendering([("StatusNotification", made)], lambda results, run: {}, Renumbered(cx.facts, cx.registers))


def _keep(key: str, kept: Payload, cx: Any) -> None:
    """Remember it, and forget those that ended long ago; the connector's last reading outlives them."""
    cx.registers.put("held", key, kept)
    if kept.get("wh") is not None and kept.get("connector") is not None:
        cx.registers.put("meters", str(kept["connector"]), kept["wh"])
    over = [k for k, v in cx.registers.items("held") if v["state"] == "ended"]
    for old in over[:-MOST_OVER]:
        cx.registers.put("held", old, None)


def _answer(messages: Messages, results: Sequence[Payload | None], asked: Payload, parts: Parts, run: Any) -> Payload:
    """An event with a token is owed a word on it (E01.FR.12): the start's, else the stop's, else what the token was told last."""
    made: Payload = {}
    for (action, _), result in zip(messages, results, strict=True):
        if action in ("StopTransaction", "StartTransaction") and result is not None:
            made = {**made, **parts[action].answer(result, asked, run)}
    if "idToken" not in asked:
        return {}
    if "idTokenInfo" not in made:
        said = run.cx.facts.token_said(asked["idToken"]["idToken"])
        return {"idTokenInfo": {"status": _SAID.get(said, "Accepted")}}
    return made
