"""How a back end speaks OCPP 2.0.1: it is told of transactions by events, and looks closely at their numbers.

In: frames.  Out: answers, orders.
Not here: the links, which are those of 1.6 (`tests.simulation.json_backend`); what it thinks (`tests.simulation.backend`).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.simulation.backend import Backend
from tests.simulation.json_backend import NOW, JsonBackend, JsonReply
from tests.simulation.truth import Reading, Session, moment

REGISTER = "Energy.Active.Import.Register"


class EventBackend(JsonBackend):
    """The port and its links."""

    subprotocol = "ocpp2.0.1"

    def __init__(self, backend: Backend) -> None:
        super().__init__(backend)
        self.events: dict[tuple[str, str], list[dict[str, Any]]] = {}
        self.sessions: dict[tuple[str, str], Session] = {}

    def heard(self, station: str, action: str, payload: dict[str, Any], reply: JsonReply) -> None:
        """A call, as plain facts."""
        fields: dict[str, Any] = {}
        readings: tuple[Reading, ...] = ()
        kind, id = reply.kind, None
        if action == "TransactionEvent":
            id = payload["transactionInfo"]["transactionId"]
            kind, fields, readings = self._event(station, id, payload)
        elif action == "Authorize":
            fields = {"tag": payload["idToken"]["idToken"]}
        elif action == "MeterValues":
            fields, readings = {"connector": payload["evseId"]}, readings_of(payload["meterValue"])
        reply.kind = kind
        self.backend.hear(station, kind, fields, reply, readings, id, reply.socket.end.sent_at)

    def _event(self, station: str, id: str, event: dict[str, Any]) -> tuple[str, dict[str, Any], tuple[Reading, ...]]:
        """What an event tells; ``event`` if it is nothing that the station itself would count."""
        kind, values = event["eventType"], event.get("meterValue", [])
        self._number(station, id, event)
        if kind == "Started":
            fields = {"connector": event["evse"]["id"], "tag": event["idToken"]["idToken"], "when": event["timestamp"]}
            fields["meter"] = register(values, "Transaction.Begin")
            item = self.world.ledger.of("start", station, fields, ())
            if item is not None:
                self.sessions[station, id] = item.session
            return "start", fields, ()
        aside = self.sessions.get((station, id)) in self.world.poisoned
        if kind == "Ended":
            fields = {"when": event["timestamp"], "meter": register(values, "Transaction.End")}
            made_up = aside and self.world.ledger.of("stop", station, fields, ()) is None
            return ("event" if made_up else "stop"), fields, ()
        return ("meter", {"connector": event.get("evse", {}).get("id")}, readings_of(values)) if values else ("event", {}, ())

    def _number(self, station: str, id: str, event: dict[str, Any]) -> None:
        """Numbers begin at nought and leave none out; the same number says the same; the first is Started, the last Ended."""
        seen, number = self.events.setdefault((station, id), []), event["seqNo"]
        said = f"event {number} ({event['eventType']}) of transaction {id} of {station}"
        if number < len(seen):
            if seen[number] != event:
                self.world.found("INV2", f"{said} came again, and says something else: {seen[number]}, then {event}")
            return
        if number > len(seen):
            if self.sessions.get((station, id)) in self.world.poisoned:
                self.world.count("events of transactions that were put aside")
            else:
                self.world.found("INV3", f"{said} came, and the last one before it was {len(seen) - 1}")
        if (event["eventType"] == "Started") != (number == 0):
            self.world.found("INV3", f"{said}: only the first is Started")
        if seen and seen[-1]["eventType"] == "Ended":
            self.world.found("INV3", f"{said} came after the end")
        seen.append(event)

    def answer(self, kind: str, said: dict[str, Any]) -> dict[str, Any]:
        """An answer's payload."""
        if kind == "boot":
            return {"status": said["status"], "interval": said["interval"], "currentTime": NOW}
        if kind == "beat":
            return {"currentTime": NOW}
        until = {"cacheExpiryDateTime": said["until"]} if "until" in said else {}
        return {"idTokenInfo": {"status": said["status"], **until}} if "status" in said else {}

    def wanted(self, kind: str, fields: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """An order's words."""
        if kind == "remote_start":
            token = {"idToken": fields["tag"], "type": "Central"}
            number = int(fields["tag"][1:])
            return "RequestStartTransaction", {"idToken": token, "remoteStartId": number, "evseId": fields["connector"]}
        if kind == "remote_stop":
            return "RequestStopTransaction", {"transactionId": fields["id"]}
        return "Reset", {"type": "Immediate"}


def register(values: list[dict[str, Any]], context: str) -> Decimal:
    """The reading of the energy register at a transaction's begin or end, in Wh."""
    for value in values:
        for sample in value["sampledValue"]:
            if sample.get("context") == context and sample.get("measurand", REGISTER) == REGISTER:
                return amount(sample)
    return Decimal(-1)


def amount(sample: dict[str, Any]) -> Decimal:
    """A sample's value, its multiplier applied."""
    power: int = sample.get("unitOfMeasure", {}).get("multiplier", 0)
    return Decimal(sample["value"]).scaleb(power)


def readings_of(values: list[dict[str, Any]]) -> tuple[Reading, ...]:
    """Meter values as readings."""
    return tuple(
        (moment(value["timestamp"]), amount(one), one.get("unitOfMeasure", {}).get("unit", "Wh"), one.get("measurand", REGISTER))
        for value in values
        for one in value["sampledValue"]
    )
