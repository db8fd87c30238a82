"""How a station speaks OCPP 2.0.1 over a WebSocket: transactions are events that it numbers itself.

In: calls of the station.  Out: frames; what it is told and asked.
Not here: the link, which is that of 1.6 (`tests.simulation.json_station`); when to say what (`tests.simulation.stations`).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.simulation.asks import Ask
from tests.simulation.json_station import JsonStation
from tests.simulation.truth import Item, Session

ACTIONS = {
    "boot": "BootNotification",
    "beat": "Heartbeat",
    "authorize": "Authorize",
    "status": "StatusNotification",
    "plug": "TransactionEvent",
    "start": "TransactionEvent",
    "meter": "TransactionEvent",
    "stop": "TransactionEvent",
}
EVENTS = {"plug": "Started", "start": "Started", "meter": "Updated", "stop": "Ended"}
TRIGGERS = {
    "plug": "CablePluggedIn",
    "start": "Authorized",
    "meter": "MeterValuePeriodic",
    "EVDisconnected": "EVDeparted",
    "Remote": "RemoteStop",
    "DeAuthorized": "Deauthorized",
    "PowerLoss": "AbnormalCondition",
}
COMMANDS = {"RequestStartTransaction": "remote_start", "RequestStopTransaction": "remote_stop", "Reset": "reset"}


class EventStation(JsonStation):
    """One station's link."""

    subprotocol = "ocpp2.0.1"
    commands = COMMANDS
    numbered, plugs = False, True

    def own_id(self, session: Session) -> str | None:
        """The id of a transaction, which is the station's own."""
        return f"{self.station.name}-tx{session.number}"

    def action(self, ask: Ask) -> str:
        """How the dialect calls it."""
        return "MeterValues" if ask.item is not None and ask.item.session is None else ACTIONS[ask.kind]

    def words(self, ask: Ask) -> dict[str, Any]:
        """A call's payload."""
        fields = ask.fields
        if ask.kind == "boot":
            return {"reason": "PowerUp", "chargingStation": {"model": "Sim 2", "vendorName": "ACME"}}
        if ask.kind == "authorize":
            return {"idToken": token(fields["tag"])}
        if ask.kind == "status":
            state = "Available" if fields["state"] == "Available" else "Occupied"
            there = {"evseId": fields["connector"], "connectorId": 1}
            return {"timestamp": self.station.watch.says(), "connectorStatus": state, **there}
        return {} if ask.item is None else self._event(ask.item)

    def _event(self, item: Item) -> dict[str, Any]:
        fields, session = item.fields, item.session
        if session is None:
            return {"evseId": fields["connector"], "meterValue": values(fields["readings"])}
        when = fields["readings"][-1][0] if item.kind == "meter" else fields["when"]
        event = {"eventType": EVENTS[item.kind], "timestamp": when, "seqNo": fields["seq"]}
        event["triggerReason"] = TRIGGERS[item.kind if item.kind != "stop" else fields["reason"]]
        event["transactionInfo"] = {"transactionId": session.id}
        if fields["offline"]:
            event["offline"] = True
        if item.kind == "meter":
            return {**event, "meterValue": values(fields["readings"])}
        if item.kind == "start" and fields["seq"]:  # it began with the plug
            return {**event, "eventType": "Updated", "idToken": token(fields["tag"])}
        context = "Transaction.End" if item.kind == "stop" else "Transaction.Begin"
        event["meterValue"] = values([(when, fields["meter"], "Wh", "Energy.Active.Import.Register")], context)
        if item.kind == "stop":
            event["transactionInfo"]["stoppedReason"] = fields["reason"]
            return event
        event["evse"] = {"id": fields["connector"], "connectorId": 1}
        return event if item.kind == "plug" else {**event, "idToken": token(fields["tag"])}

    def heard(self, ask: Ask, payload: dict[str, Any]) -> dict[str, Any]:
        """What an answer says."""
        status = payload.get("status") or payload.get("idTokenInfo", {}).get("status", "Accepted")
        return {"status": status, "interval": payload.get("interval"), "id": None}

    def asked_for(self, payload: dict[str, Any]) -> dict[str, Any]:
        """What a command is about."""
        tag = payload.get("idToken", {}).get("idToken")
        return {"tag": tag, "connector": payload.get("evseId"), "id": payload.get("transactionId")}


def token(tag: str) -> dict[str, str]:
    """A tag as the standard has it."""
    return {"idToken": tag, "type": "Central"}


def values(readings: list[Any], context: str = "Sample.Periodic") -> list[dict[str, Any]]:
    """Readings as meter values."""
    groups: dict[str, list[Any]] = {}
    for when, value, unit, measurand in readings:
        sample = {"value": number(value), "context": context, "measurand": measurand, "unitOfMeasure": {"unit": unit}}
        groups.setdefault(when, []).append(sample)
    return [{"timestamp": when, "sampledValue": sampled} for when, sampled in groups.items()]


def number(text: str) -> int | float:
    """A JSON number that has the digits of a text."""
    exact = Decimal(text)
    return int(exact) if exact == exact.to_integral_value() else float(exact)
