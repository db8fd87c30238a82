"""Events that a station tells of its parts: some are what the other side calls a connector's state, or its error.

In: NotifyEvent.  Out: StatusNotification, where it says something new.
Not here: states that are told as such, and what a connector with a cable in it does (`station_right`).

Register ``told`` {connector: its last status}; ``problems`` {connector: {vendorErrorCode, info}}: a problem that is not over.
Sources: OCPP 2.0.1 part 2, G and N07; OCPP 1.6, 4.9.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gateway.ladder.flows.contract import Part, Rendering, makes
from gateway.ladder.flows.station_right import faulty, occupied_now
from gateway.ladder.flows.topology import Renumbered
from gateway.messages import Payload

STATE = "StatusNotification"
PARTS = ("Connector", "EVSE", "ChargingStation")
WORDS = ("Available", "Occupied", "Reserved", "Unavailable", "Faulted")
OF_THE_STATION = ("Available", "Unavailable", "Faulted")
LONGEST = 50


@makes(STATE)
def notify_event(asked: Payload, run: Any, parts: Mapping[str, Part]) -> Rendering:
    """A state for each connector of which something new is told."""
    cx, part = run.cx, parts[STATE]
    news: dict[int, Payload] = {}
    for data in asked["eventData"]:
        if data["component"]["name"] in PARTS:
            _heard(data, news.setdefault(_number(data["component"], part, run), {}), part, run)
    calls = [(STATE, call) for number, new in news.items() for call in _state(number, new, cx)]
    return Rendering(calls, lambda results, run: {}, Renumbered(cx.facts, cx.registers))


def _number(component: Payload, part: Part, run: Any) -> int:
    evse = component.get("evse")
    return int(part.value("LearntEvse", evse, run)) if evse is not None else 0


def _heard(data: Payload, new: Payload, part: Part, run: Any) -> None:
    """Note in ``new`` what an event tells: a ``status``, that a ``problem`` came or went, and when."""
    name, value = data["variable"]["name"], data["actualValue"]
    number = _number(data["component"], part, run)
    if name == "AvailabilityState" and value in (WORDS if number else OF_THE_STATION):
        taken = value == "Occupied"
        evse = data["component"].get("evse", {}).get("id", 0)
        status = occupied_now(number, evse, part, run) if taken else part.value("ConnectorStatus", value, run)
        new.update(status=status, timestamp=data["timestamp"])
    elif name == "Problem":
        over = value.casefold() != "true" or data.get("cleared", False)
        run.cx.registers.put("problems", str(number), None if over else dict(_words(data)))
        new.update(problem=True, timestamp=data["timestamp"])


def _words(data: Payload) -> Iterator[tuple[str, str]]:
    for name, target in (("techCode", "vendorErrorCode"), ("techInfo", "info")):
        if data.get(name):
            yield target, data[name][:LONGEST]


def _state(number: int, new: Payload, cx: Any) -> Iterator[Payload]:
    """What is told of a connector: nothing, if it is not new, or nobody knows its state."""
    before = cx.registers.get("told", str(number))
    status = new.get("status", before)
    if status is None or (status == before and "problem" not in new):
        return
    cx.registers.put("told", str(number), status)
    yield {"connectorId": number, "status": status, "timestamp": new["timestamp"], **faulty(number, status, cx)}
