"""How a back end speaks OCPP 1.6 over WebSockets, one for each station.

In: frames.  Out: answers, orders.
Not here: what it thinks of them (`tests.simulation.backend`).
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from tests.simulation.backend import Backend
from tests.simulation.lines import Socket
from tests.simulation.orders import Order
from tests.simulation.truth import Copy, Reading, moment

KINDS = {
    "BootNotification": "boot",
    "Heartbeat": "beat",
    "Authorize": "authorize",
    "StatusNotification": "status",
    "StartTransaction": "start",
    "MeterValues": "meter",
    "StopTransaction": "stop",
}
NOW = "2026-03-01T08:00:00Z"


class JsonReply:
    """The answer to one call."""

    def __init__(self, speech: JsonBackend, socket: Socket, id: str, kind: str) -> None:
        self.speech, self.socket, self.id, self.kind = speech, socket, id, kind

    def result(self, said: dict[str, Any], copy: Copy | None) -> None:
        def heard(reached: bool) -> None:
            if reached and copy is not None and copy.heard is None:
                copy.heard = self.speech.backend.world.time.now

        self._say([3, self.id, self.speech.answer(self.kind, said)], heard)

    def wrong(self, said: dict[str, Any]) -> None:
        self._say([3, f"not-{self.id}", self.speech.answer(self.kind, said)])

    def error(self, copy: Copy | None) -> None:
        self._say([4, self.id, "InternalError", "in a mood", {}])

    def cut(self) -> None:
        self.socket.hang_up(politely=False)

    def _say(self, frame: list[Any], heard: Any = None) -> None:
        if self.socket.open and not self.socket.over:
            self.socket.say(json.dumps(frame), heard)


class JsonBackend:
    """The port and its links."""

    subprotocol = "ocpp1.6"

    def __init__(self, backend: Backend) -> None:
        self.backend, self.world = backend, backend.world
        self.links: dict[str, Socket] = {}
        self._orders: dict[tuple[Socket, str], Order] = {}

    def listen(self) -> None:
        """Open the port."""
        self.world.net.listen(("192.0.2.2", 9000), self._accept)

    def _accept(self, address: Any) -> Socket:
        socket = Socket(self.subprotocol)
        socket.opened = self._opened
        socket.text = lambda text: self._text(socket, text)
        return socket

    def _opened(self, socket: Socket) -> None:
        station = socket.path.rpartition("/")[2]
        self.world.count("links to the back end")
        self.links[station] = socket

    # -- hearing -------------------------------------------------------------------------------------------------

    def _text(self, socket: Socket, text: str) -> None:
        frame = json.loads(text, parse_float=Decimal)
        if frame[0] == 2:
            station = socket.path.rpartition("/")[2]
            self.heard(station, frame[2], frame[3], JsonReply(self, socket, frame[1], KINDS.get(frame[2], frame[2])))
            return
        order = self._orders.get((socket, frame[1]))
        if order is not None:
            self.world.orders.answered(order, frame[0] == 4)
        else:
            self.world.found("CMD", f"the back end was answered {frame[1]}, which it never asked on this link")

    def heard(self, station: str, action: str, payload: dict[str, Any], reply: JsonReply) -> None:
        """A call, as plain facts."""
        kind = KINDS.get(action, action)
        fields: dict[str, Any] = {}
        readings: tuple[Reading, ...] = ()
        if kind == "authorize":
            fields = {"tag": payload["idTag"]}
        elif kind == "start":
            fields = {"connector": payload["connectorId"], "tag": payload["idTag"], "when": payload["timestamp"]}
            fields["meter"] = payload["meterStart"]
        elif kind == "stop":
            fields = {"when": payload["timestamp"], "meter": payload["meterStop"]}
        elif kind == "meter":
            fields = {"connector": payload["connectorId"]}
            readings = tuple(
                (moment(one["timestamp"]), Decimal(value["value"]), value.get("unit", "Wh"), measurand(value))
                for one in payload["meterValue"]
                for value in one["sampledValue"]
            )
        sent = reply.socket.end.sent_at
        self.backend.hear(station, kind, fields, reply, readings, payload.get("transactionId"), sent)

    def answer(self, kind: str, said: dict[str, Any]) -> dict[str, Any]:
        """An answer's payload."""
        if kind == "boot":
            return {"status": said["status"], "interval": said["interval"], "currentTime": NOW}
        if kind == "beat":
            return {"currentTime": NOW}
        if kind not in ("authorize", "start"):
            return {}
        info = {"status": said["status"], **({"expiryDate": said["until"]} if "until" in said else {})}
        return {"idTagInfo": info, **({"transactionId": said["id"]} if kind == "start" else {})}

    # -- orders --------------------------------------------------------------------------------------------------

    def order(self, station: str, kind: str, fields: dict[str, Any], order: Order) -> bool:
        """Send one; false if there is no link."""
        socket = self.links.get(station)
        if socket is None or socket.over or not socket.open:
            return False
        id = f"order-{len(self._orders)}"
        self._orders[socket, id] = order
        action, payload = self.wanted(kind, fields)
        socket.say(json.dumps([2, id, action, payload]))
        return True

    def wanted(self, kind: str, fields: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """An order's words."""
        if kind == "remote_start":
            return "RemoteStartTransaction", {"idTag": fields["tag"], "connectorId": fields["connector"]}
        if kind == "remote_stop":
            return "RemoteStopTransaction", {"transactionId": fields["id"]}
        return "Reset", {"type": "Soft"}


def measurand(value: dict[str, Any]) -> str:
    return str(value.get("measurand", "Energy.Active.Import.Register"))
