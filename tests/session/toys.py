"""Routes with flows that are Python functions of a few lines: the session's tests need registers, several messages for one and
other names for transactions, and no table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from gateway.dialects.schema import Dialect
from gateway.ladder.facts import Context
from gateway.ladder.losses import Loss, Refused
from gateway.ladder.passage import Passage
from gateway.ladder.route import Route
from gateway.messages import Payload

Messages = list[tuple[str, Payload]]
Join = Callable[[Sequence[Payload | None], Context], Payload]
Rule = Callable[[Payload, Context], tuple[Messages, Join]]


class Split(Passage, dict=True, gc=True):
    """A passage whose messages a function made."""

    messages: Messages = []
    join: Any = None

    def onward(self) -> Messages:
        return list(self.messages)

    until: Any = None

    def results(self, payloads: Sequence[Payload | None], cx: Context) -> tuple[Payload, list[Loss]]:
        made = self.join(payloads, cx)
        self.after = made.pop("after", [])
        return made, []

    def waits(self, payloads: Sequence[Payload | None], cx: Context) -> bool:
        return self.until is not None and not self.until(cx)


class Toy(Route):
    """``flows`` decide what becomes of an action; all others go on as they are."""

    def __init__(self, here: Dialect, there: Dialect, flows: dict[str, Rule]) -> None:
        super().__init__(here, there, [])
        self.steps = (object(),)  # type: ignore[assignment]
        self.flows = flows
        self.seen: list[tuple[str, int | None, bool]] = []

    def stateful(self, action: str) -> bool:
        return action in self.flows

    def request(self, action: str, payload: Payload, cx: Context) -> Passage:
        self.seen.append((action, cx.transaction, cx.offline))
        flow = self.flows.get(action)
        if flow is None:
            return Passage(action, payload)
        try:
            messages, join = flow(payload, cx)
        except Refused as refused:
            return Passage(action, payload).refuse(refused.code, refused.why)
        if not messages:
            return Passage(None, payload, answer=join([], cx))
        return Split(*messages[0], messages=messages, join=join, until=getattr(flow, "until", None))


def nothing(results: Sequence[Payload | None], cx: Context) -> Payload:
    return {}


# -- 1.6 tells of events ----------------------------------------------------------------------------------------------


def event(kind: str, when: str, cx: Context, **more: Any) -> tuple[str, Payload]:
    """One event, its number from the register."""
    if cx.transaction is None:
        raise Refused("PropertyConstraintViolation", "of no transaction")
    key = str(cx.transaction)
    number = cx.registers.get("seq", key) or 0
    cx.registers.put("seq", key, number + 1)
    made = {"eventType": kind, "timestamp": when, "triggerReason": "Authorized", "seqNo": number, **more}
    return "TransactionEvent", {**made, "transactionInfo": {"transactionId": key}} | ({"offline": True} if cx.offline else {})


def start_up(asked: Payload, cx: Context) -> tuple[Messages, Join]:
    token = {"idToken": asked["idTag"], "type": "ISO14443"}

    def join(results: Sequence[Payload | None], cx: Context) -> Payload:
        info = (results[-1] or {}).get("idTokenInfo", {"status": "Accepted"})
        status = info["status"] if info["status"] in ("Accepted", "Blocked") else "Invalid"
        return {"transactionId": cx.transaction, "idTagInfo": {"status": status}}

    return [event("Started", asked["timestamp"], cx, evse={"id": asked["connectorId"]}, idToken=token)], join


def readings_up(asked: Payload, cx: Context) -> tuple[Messages, Join]:
    values = [
        {"timestamp": v["timestamp"], "sampledValue": [{"value": Decimal(v["sampledValue"][0]["value"])}]}
        for v in asked["meterValue"]
    ]
    if cx.transaction is None:
        return [("MeterValues", {"evseId": asked["connectorId"], "meterValue": values})], nothing
    return [event("Updated", v["timestamp"], cx, meterValue=[v]) for v in values], nothing


def stop_up(asked: Payload, cx: Context) -> tuple[Messages, Join]:
    return [event("Ended", asked["timestamp"], cx)], nothing


def status_up(asked: Payload, cx: Context) -> tuple[Messages, Join]:
    when = "2026-03-01T11:20:00Z"
    state = asked["status"] if asked["status"] in ("Available", "Faulted") else "Occupied"
    plain = {"timestamp": when, "connectorStatus": state, "evseId": asked["connectorId"], "connectorId": 1}
    cx.registers.put("states", str(asked["connectorId"]), asked["status"])
    more = [event("Updated", when, cx)] if cx.transaction is not None and asked["status"] == "Charging" else []
    return [("StatusNotification", plain), *more], nothing


def authorize_up(asked: Payload, cx: Context) -> tuple[Messages, Join]:
    def join(results: Sequence[Payload | None], cx: Context) -> Payload:
        info = (results[-1] or {})["idTokenInfo"]
        group = info.get("groupIdToken")
        if group is None:
            return {"idTagInfo": {"status": info["status"]}}
        alias = f"~{cx.registers.next('alias')}"
        cx.registers.put("aliases", alias, group["idToken"])
        return {"idTagInfo": {"status": info["status"], "parentIdTag": alias}}

    return [("Authorize", {"idToken": {"idToken": asked["idTag"], "type": "ISO14443"}})], join


def boot_up(asked: Payload, cx: Context) -> tuple[Messages, Join]:
    station = {"model": asked["chargePointModel"], "vendorName": asked["chargePointVendor"]}
    reason = {"reset": "RemoteReset", "triggered": "Triggered", "power_up": "PowerUp"}.get(cx.facts.boot_reason(), "Unknown")
    return [("BootNotification", {"chargingStation": station, "reason": reason})], lambda results, cx: dict(results[-1] or {})


LEFT_UP: dict[str, Rule] = {
    "StartTransaction": start_up,
    "MeterValues": readings_up,
    "StopTransaction": stop_up,
    "StatusNotification": status_up,
    "Authorize": authorize_up,
    "BootNotification": boot_up,
}


def request_start(asked: Payload, cx: Context) -> tuple[Messages, Join]:
    cx.registers.put("remote", asked["idToken"]["idToken"], asked["remoteStartId"])
    return [("RemoteStartTransaction", {"idTag": asked["idToken"]["idToken"]})], lambda results, cx: dict(results[-1] or {})


def request_stop(asked: Payload, cx: Context) -> tuple[Messages, Join]:
    if not asked["transactionId"].isdigit():
        raise Refused("PropertyConstraintViolation", "no number")
    made = {"transactionId": int(asked["transactionId"])}
    return [("RemoteStopTransaction", made)], lambda results, cx: dict(results[-1] or {})


def set_variables(asked: Payload, cx: Context) -> tuple[Messages, Join]:
    """Several commands for one."""
    asks = asked["setVariableData"]
    made = [("ChangeConfiguration", {"key": one["variable"]["name"], "value": one["attributeValue"]}) for one in asks]

    def join(results: Sequence[Payload | None], cx: Context) -> Payload:
        said = ["Accepted" if r is not None and r["status"] == "Accepted" else "Rejected" for r in results]
        return {
            "setVariableResult": [
                {"attributeStatus": word, "component": one["component"], "variable": one["variable"]}
                for word, one in zip(said, asks, strict=True)
            ]
        }

    return made, join


def reset_down(asked: Payload, cx: Context) -> tuple[Messages, Join]:
    return [("Reset", {"type": "Soft"})], lambda results, cx: dict(results[-1] or {})


def base_report(asked: Payload, cx: Context) -> tuple[Messages, Join]:
    """Two reports come after the answer."""
    report = {"requestId": asked["requestId"], "generatedAt": "2026-03-01T11:20:00Z"}
    after = [("NotifyReport", {**report, "seqNo": number, "tbc": number < 1}) for number in range(2)]
    return [("GetConfiguration", {})], lambda results, cx: {"status": "Accepted", "after": after}


def get_variables(asked: Payload, cx: Context) -> tuple[Messages, Join]:
    """The answer waits for what the station says by itself."""

    def join(results: Sequence[Payload | None], cx: Context) -> Payload:
        word = "Accepted" if cx.registers.get("states", "1") else "UnknownVariable"
        return {"getVariableResult": [{**one, "attributeStatus": word} for one in asked["getVariableData"]]}

    return [("GetConfiguration", {})], join


vars(get_variables)["until"] = lambda cx: cx.registers.get("states", "1") is not None


LEFT_DOWN: dict[str, Rule] = {
    "GetBaseReport": base_report,
    "GetVariables": get_variables,
    "RequestStartTransaction": request_start,
    "RequestStopTransaction": request_stop,
    "SetVariables": set_variables,
    "Reset": reset_down,
}


# -- 2.0.1 tells of starts and stops ------------------------------------------------------------------------------------


def events_down(asked: Payload, cx: Context) -> tuple[Messages, Join]:
    """A start when connector and token are both known, readings, a stop."""
    key, id = str(cx.transaction), cx.transaction
    kept = dict(cx.registers.get("held", key) or {"on": False})
    kept |= {"connector": asked["evse"]["id"]} if "evse" in asked else {}
    kept |= {"tag": asked["idToken"]["idToken"]} if "idToken" in asked else {}
    made: Messages = []
    when = asked["timestamp"]
    if not kept["on"] and "connector" in kept and "tag" in kept:
        kept["on"] = True
        start = {"connectorId": kept["connector"], "idTag": kept["tag"], "timestamp": when, "meterStart": 0}
        made.append(("StartTransaction", start))
    if kept["on"] and "meterValue" in asked:
        values = [
            {"timestamp": v["timestamp"], "sampledValue": [{"value": str(s["value"])} for s in v["sampledValue"]]}
            for v in asked["meterValue"]
        ]
        made.append(("MeterValues", {"connectorId": kept["connector"], "transactionId": id, "meterValue": values}))
    if kept["on"] and asked["eventType"] == "Ended":
        made.append(("StopTransaction", {"transactionId": id, "timestamp": when, "meterStop": asked["seqNo"]}))
    cx.registers.put("held", key, kept)

    def join(results: Sequence[Payload | None], cx: Context) -> Payload:
        infos = [r["idTagInfo"] for r in results if r is not None and "idTagInfo" in r]
        return {"idTokenInfo": {"status": infos[0]["status"]}} if infos and "idToken" in asked else {}

    return made, join


def boot_down(asked: Payload, cx: Context) -> tuple[Messages, Join]:
    station = asked["chargingStation"]
    made = {"chargePointVendor": station["vendorName"], "chargePointModel": station["model"]}
    return [("BootNotification", made)], lambda results, cx: dict(results[-1] or {})


RIGHT_UP: dict[str, Rule] = {"TransactionEvent": events_down, "BootNotification": boot_down}


def remote_stop(asked: Payload, cx: Context) -> tuple[Messages, Join]:
    made = {"transactionId": str(asked["transactionId"])}
    return [("RequestStopTransaction", made)], lambda results, cx: dict(results[-1] or {})


def remote_start(asked: Payload, cx: Context) -> tuple[Messages, Join]:
    made = {"idToken": {"idToken": asked["idTag"], "type": "Central"}, "remoteStartId": cx.registers.next("remote_start")}
    return [("RequestStartTransaction", made)], lambda results, cx: dict(results[-1] or {})


RIGHT_DOWN: dict[str, Rule] = {"RemoteStopTransaction": remote_stop, "RemoteStartTransaction": remote_start}
