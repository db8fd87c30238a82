"""A station that counts connectors tells of its transactions to a back end that wants events.

In: StartTransaction, MeterValues, StopTransaction and StatusNotification.  Out: TransactionEvent, and what is none.
Not here: fields that cross by rules (the table's parts); commands (`remote`); which reservations there are (`reservations`).

Register ``events`` {transaction: {seq, connector, charging, wh, over}}: the next number, the last charging state that was
told, the last reading (Wh, text).  ``over`` is ``stopped``, or ``closed`` where we closed it ourselves.  Register ``states``
{connector: status}, ``faults`` {connector: its error}.
Sources: OCPP 2.0.1 part 2, E01–E07 and J01; OCPP 1.6, 4.7–4.10.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import gateway.ladder.flows.energy as energy
from gateway.ladder.flows.contract import Part, Rendering, makes
from gateway.ladder.flows.remote import awaited
from gateway.ladder.flows.reservations import removed, used
from gateway.ladder.losses import Refused
from gateway.messages import Payload

EVENT = "TransactionEvent"
MOST_OVER = 20
Parts = Mapping[str, Part]


@makes(EVENT)
def start(asked: Payload, run: Any, parts: Parts) -> Rendering:
    """A transaction begins: close what is still open there, then tell of it."""
    cx, connector = run.cx, asked["connectorId"]
    if cx.transaction is None:
        raise Refused("InternalError", "a start that belongs to no transaction")
    messages = [_closing(key, kept, asked["timestamp"], run) for key, kept in _open_at(connector, cx)]
    used(asked, cx)
    part = parts[EVENT]
    event = _event("Started", asked["timestamp"], part.ask(asked, run), cx)
    info: Payload = {"transactionId": str(cx.transaction), "chargingState": _charging(connector, part, run) or "EVConnected"}
    remote = awaited(asked, cx)
    if remote is not None:
        info["remoteStartId"] = remote
    event |= {"triggerReason": "Authorized" if remote is None else "RemoteStart", "seqNo": 0, "transactionInfo": info}
    event["meterValue"] = [energy.reading(asked["meterStart"], asked["timestamp"], "Transaction.Begin")]
    kept = {"seq": 1, "connector": connector, "charging": info["chargingState"], "wh": str(asked["meterStart"])}
    cx.registers.put("events", str(cx.transaction), kept)
    return Rendering([*messages, (EVENT, event)], lambda results, run: _started(results[-1], asked, part, run))


def _started(result: Payload | None, asked: Payload, part: Part, run: Any) -> Payload:
    made = part.answer(result, asked, run) if result is not None else {}
    # The back end owes a word on the token; one that gives none has nothing against it (1.6: it always is a transaction).
    return {"idTagInfo": {"status": "Accepted"}, **made, "transactionId": run.cx.transaction}


@makes("MeterValues", EVENT)
def readings(asked: Payload, run: Any, parts: Parts) -> Rendering:
    """Readings: one event for each moment while the transaction runs; else they are told without one."""
    cx = run.cx
    kept = _running(cx)
    if kept is None or ("transactionId" not in asked and _by_the_clock(asked)):
        plain = parts["MeterValues"].ask(asked, run)
        return Rendering([("MeterValues", plain)] if plain else [], lambda results, run: {})
    part, messages = parts[EVENT], []
    for value in asked["meterValue"]:
        made = part.ask({**asked, "meterValue": [value]}, run)
        if made is not None and made.get("meterValue"):
            event = _event("Updated", value["timestamp"], made, cx)
            reason = part.value("MeterTrigger", value["sampledValue"][0].get("context", "Sample.Periodic"), run)
            messages.append((EVENT, _next(event, reason, kept, cx)))
        wh = energy.last([value])
        kept = {**kept, "wh": energy.plain(wh)} if wh is not None else kept
        kept = {**kept, "seq": kept["seq"] + bool(made and made.get("meterValue"))}
    cx.registers.put("events", str(cx.transaction), kept)
    return Rendering(messages, lambda results, run: {})


def _by_the_clock(asked: Payload) -> bool:
    return all(sample.get("context") == "Sample.Clock" for value in asked["meterValue"] for sample in value["sampledValue"])


@makes(EVENT)
def stop(asked: Payload, run: Any, parts: Parts) -> Rendering:
    """A transaction ends."""
    cx, part = run.cx, parts[EVENT]
    kept = _kept(cx)
    if kept is None or kept.get("over"):
        why = "the back end was told of its end when the next one began" if kept else "the back end never heard of it"
        raise Refused("PropertyConstraintViolation", f"a stop of a transaction, and {why}")
    reason = asked.get("reason", "Local")
    event = _event("Ended", asked["timestamp"], part.ask(asked, run), cx)
    if reason != "Local":
        event.pop("idToken", None)  # it did not end the transaction
    event = _next(event, part.value("StopTrigger", reason, run), kept, cx)
    event["transactionInfo"].setdefault("stoppedReason", "Local")
    connector = kept.get("connector")
    if connector is not None:
        event["evse"] = part.value("Evse", connector, run)
        event["transactionInfo"]["chargingState"] = _charging(connector, part, run) or "EVConnected"
    event["meterValue"] = [
        *(event.get("meterValue") or ()),
        energy.reading(asked["meterStop"], asked["timestamp"], "Transaction.End"),
    ]
    _over(str(cx.transaction), {**kept, "wh": str(asked["meterStop"])}, "stopped", cx)
    return Rendering([(EVENT, event)], lambda results, run: _stopped(results[-1], asked, part, run))


def _stopped(result: Payload | None, asked: Payload, part: Part, run: Any) -> Payload:
    return part.answer(result, asked, run) if result is not None else {}


@makes("StatusNotification", EVENT, "NotifyEvent", "ReservationStatusUpdate")
def status(asked: Payload, run: Any, parts: Parts) -> Rendering:
    """A connector's state: told as such, as a change within its transaction, and as a problem."""
    cx, connector, state = run.cx, asked["connectorId"], asked["status"]
    asked = asked if "timestamp" in asked else {**asked, "timestamp": _stamp(cx)}
    was = cx.registers.get("states", str(connector))
    cx.registers.put("states", str(connector), state)
    messages: list[tuple[str, Payload]] = []
    plain, part = parts["StatusNotification"], parts[EVENT]
    told = plain.value("ConnectorStatus", state, run)
    if connector and (was == state or was is None or plain.value("ConnectorStatus", was, run) != told):
        messages.append(("StatusNotification", {**(plain.ask(asked, run) or {}), "timestamp": asked["timestamp"]}))
    messages += _changed(asked, part, run)
    messages += _problem(asked, told, run)
    messages += removed(asked, cx)
    return Rendering(messages, lambda results, run: {})


def _changed(asked: Payload, part: Part, run: Any) -> list[tuple[str, Payload]]:
    """The change of the charging state, if a transaction runs there and it is one."""
    cx, kept = run.cx, _running(run.cx)
    charging = part.value("ChargingState", asked["status"], run)
    if kept is None or charging in (None, kept["charging"]) or kept["connector"] != asked["connectorId"]:
        return []
    event = _next(_event("Updated", asked["timestamp"], part.ask(asked, run), cx), "ChargingStateChanged", kept, cx)
    event["transactionInfo"]["chargingState"] = charging
    cx.registers.put("events", str(cx.transaction), {**kept, "charging": charging, "seq": kept["seq"] + 1})
    return [(EVENT, event)]


def _problem(asked: Payload, told: str, run: Any) -> list[tuple[str, Payload]]:
    """An error that came or went, and the state of the station as a whole: events of its parts."""
    cx, connector, error = run.cx, asked["connectorId"], asked["errorCode"]
    found: list[Payload] = []
    if error != "NoError" or cx.registers.get("faults", str(connector)):
        cx.registers.put("faults", str(connector), None if error == "NoError" else error)
        found.append(_alert(asked))
    if not connector:
        found.append({"trigger": "Delta", "variable": {"name": "AvailabilityState"}, "actualValue": told})
    place: Payload = (
        {"name": "Connector", "evse": {"id": connector, "connectorId": 1}} if connector else {"name": "ChargingStation"}
    )
    for data in found:
        number = {"eventId": cx.registers.next("event"), "timestamp": asked["timestamp"]}
        data |= number | {"component": place, "eventNotificationType": "HardWiredNotification"}
    return [("NotifyEvent", {"generatedAt": _stamp(cx), "seqNo": 0, "eventData": found})] if found else []


def _alert(asked: Payload) -> Payload:
    error = asked["errorCode"]
    data: Payload = {"trigger": "Alerting", "variable": {"name": "Problem"}, "actualValue": "true"}
    if error == "NoError":
        return data | {"actualValue": "false", "cleared": True}
    data["techCode"] = asked.get("vendorErrorCode") or error
    return data | ({"techInfo": asked["info"]} if asked.get("info") else {})


# -- events ----------------------------------------------------------------------------------------------------------


def _event(kind: str, when: str, made: Payload | None, cx: Any) -> Payload:
    event = {**(made or {}), "eventType": kind, "timestamp": when}
    if cx.offline:
        event["offline"] = True
    return event


def _next(event: Payload, reason: str, kept: Payload, cx: Any) -> Payload:
    """With its reason and number, and the transaction's id."""
    info = {**event.get("transactionInfo", {}), "transactionId": str(cx.transaction)}
    return event | {"triggerReason": reason, "seqNo": kept["seq"], "transactionInfo": info}


def _kept(cx: Any) -> Payload | None:
    """What is kept of the message's transaction; made up of the station's record where it began before we told events."""
    if cx.transaction is None:
        return None
    kept: Payload | None = cx.registers.get("events", str(cx.transaction))
    known = cx.facts.transaction(cx.transaction) if kept is None else None
    if known is not None:
        kept = {"seq": 0, "connector": known.connector, "charging": None, "wh": known.meter_start}
    return kept


def _running(cx: Any) -> Payload | None:
    kept = _kept(cx)
    return None if kept is None or kept.get("over") else kept


def _open_at(connector: int, cx: Any) -> Sequence[tuple[str, Payload]]:
    mine = str(cx.transaction)
    return [(k, v) for k, v in cx.registers.items("events") if not v.get("over") and v["connector"] == connector and k != mine]


def _closing(key: str, kept: Payload, when: str, run: Any) -> tuple[str, Payload]:
    """The end of a transaction of which no stop came before the next one began: one EVSE has one at a time (E01.FR.14)."""
    info = {"transactionId": key, "stoppedReason": "Other"}
    event = {"eventType": "Ended", "timestamp": when, "triggerReason": "AbnormalCondition", "seqNo": kept["seq"]}
    event |= {"transactionInfo": info, "evse": {"id": kept["connector"], "connectorId": 1}}
    if kept.get("wh") is not None:
        event["meterValue"] = [energy.reading(Decimal(kept["wh"]), when, "Transaction.End")]
    _over(key, kept, "closed", run.cx)
    return EVENT, event


def _over(key: str, kept: Payload, how: str, cx: Any) -> None:
    """Remember that it ended, and forget those that ended long ago."""
    cx.registers.put("events", key, {**kept, "over": how})
    over = [k for k, v in cx.registers.items("events") if v.get("over")]
    for old in over[:-MOST_OVER]:
        cx.registers.put("events", old, None)


def _charging(connector: int, part: Part, run: Any) -> str | None:
    """The charging state that the connector's last status says."""
    state = run.cx.registers.get("states", str(connector))
    found = part.value("ChargingState", state, run) if state is not None else None
    return str(found) if found is not None else None


def _stamp(cx: Any) -> str:
    return str(cx.now.isoformat(timespec="milliseconds").replace("+00:00", "Z"))
