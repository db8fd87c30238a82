"""How a station speaks OCPP 1.6 over a WebSocket.

In: calls of the station.  Out: frames; what it is told and asked.
Not here: when to say what (`tests.simulation.stations`).
"""

from __future__ import annotations

import json
from typing import Any

from tests.simulation.asks import Ask
from tests.simulation.lines import Dialling, Socket
from tests.simulation.stations import Station
from tests.simulation.truth import Session

ACTIONS = {
    "boot": "BootNotification",
    "beat": "Heartbeat",
    "authorize": "Authorize",
    "status": "StatusNotification",
    "start": "StartTransaction",
    "meter": "MeterValues",
    "stop": "StopTransaction",
}
COMMANDS = {"RemoteStartTransaction": "remote_start", "RemoteStopTransaction": "remote_stop", "Reset": "reset"}


class JsonStation:
    """One station's link."""

    subprotocol = "ocpp1.6"
    commands = COMMANDS
    numbered = True
    """Whether the back end gives transactions their ids."""
    plugs = False
    """Whether a transaction may begin before anybody knows for whom."""

    def __init__(self, station: Station) -> None:
        self.station, self.world = station, station.world
        self.socket: Socket | None = None
        self.asked: dict[str, Ask] = {}
        self.tries = 0
        self.same_id = station.chance.random() < 0.4
        self.fragments = station.chance.random() < 0.2
        self._ids: dict[Any, str] = {}
        self._ever: set[str] = set()
        self._alive = False

    # -- the link ------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """The station is on."""
        self._alive, self.tries = True, 0
        self._dial()

    def end(self) -> None:
        """The station is off."""
        self._alive = False
        socket, self.socket = self.socket, None
        self.asked.clear()
        if socket is not None:
            socket.hang_up(politely=False)
        if self.station.linked:
            self.station.away()

    def drop(self) -> None:
        """The station gives this link up."""
        socket, self.socket = self.socket, None
        if socket is not None:
            socket.close()
            self._down(None)

    def double(self) -> None:
        """It comes again over a new link, and leaves the old one as it is."""
        if self.socket is not None:
            self.world.count("second links")
            self.socket.lost = self.socket.text = lambda said: None
            self._down(None)
            self.socket = None

    def _dial(self) -> None:
        if not self._alive or self.socket is not None:
            return
        self.socket = socket = Socket(self.subprotocol, f"/ocpp/{self.station.name}", "192.0.2.1:8080")
        socket.fragments = self.fragments
        socket.opened, socket.text = self._up, lambda text: self._text(socket, text)
        socket.lost = lambda why: self._down(socket)
        failed = Dialling(socket, lambda why: self._down(socket))
        self.world.net.connect(None, self.station.ip, ("192.0.2.1", 8080), failed, 15.0)
        self.world.time.later(None, 25.0, self._not_opened, socket)

    def _not_opened(self, socket: Socket) -> None:
        if not socket.open and socket is self.socket:
            socket.hang_up(politely=False)
            self._down(socket)

    def _up(self, socket: Socket) -> None:
        if socket is self.socket:
            self.tries = 0
            self.world.count("links of stations")
            self.station.here()

    def _down(self, socket: Socket | None) -> None:
        if socket is not self.socket and socket is not None:
            return
        self.socket = None
        self.asked.clear()
        if self.station.linked:
            self.station.away()
        if self._alive:
            wait = min(2.0**self.tries, 16.0) * self.station.chance.uniform(0.5, 1.5)
            self.tries += 1
            self.world.time.later(None, wait, self._dial)

    # -- speaking ------------------------------------------------------------------------------------------------

    def send(self, ask: Ask) -> None:
        """A call."""
        if self.same_id and ask.item is not None:
            ask.id = self._ids.setdefault(ask.item, ask.id)
        self.asked[ask.id] = ask
        self._ever.add(ask.id)
        self._say([2, ask.id, self.action(ask), self.words(ask)])

    def own_id(self, session: Session) -> str | None:
        """The id of a transaction, if it is the station's own."""
        return None

    def action(self, ask: Ask) -> str:
        """How the dialect calls it."""
        return ACTIONS[ask.kind]

    def _say(self, frame: list[Any]) -> None:
        if self.socket is not None and self.socket.open:
            self.socket.say(json.dumps(frame))

    def words(self, ask: Ask) -> dict[str, Any]:
        """A call's payload."""
        fields, item = ask.fields, ask.item
        if ask.kind == "boot":
            return {"chargePointVendor": "ACME", "chargePointModel": "Sim 1", "firmwareVersion": "1.0"}
        if ask.kind == "authorize":
            return {"idTag": fields["tag"]}
        if ask.kind == "status":
            return {"connectorId": fields["connector"], "errorCode": "NoError", "status": fields["state"]}
        if item is None:
            return {}
        session = item.session
        id = {} if session is None else {"transactionId": (-1 if session.number % 2 else 0) if session.token else session.id}
        if ask.kind == "start":
            start = {"connectorId": fields["connector"], "idTag": fields["tag"]}
            return {**start, "timestamp": fields["when"], "meterStart": int(fields["meter"])}
        if ask.kind == "stop":
            stop = {**id, "idTag": fields["tag"], "timestamp": fields["when"], "meterStop": int(fields["meter"])}
            return {**stop, "reason": fields["reason"]}
        values: dict[str, list[Any]] = {}
        for when, value, unit, measurand in fields["readings"]:
            values.setdefault(when, []).append({"value": value, "unit": unit, "measurand": measurand})
        meter = [{"timestamp": when, "sampledValue": sampled} for when, sampled in values.items()]
        return {"connectorId": fields["connector"], **id, "meterValue": meter}

    # -- hearing -------------------------------------------------------------------------------------------------

    def _text(self, socket: Socket, text: str) -> None:
        if socket is not self.socket:
            return
        frame = json.loads(text)
        if frame[0] == 2:
            self._command(frame[1], frame[2], frame[3])
            return
        ask = self.asked.pop(frame[1], None)
        if ask is None and frame[1] in self._ever:
            self.world.count("answers that came too late for a station")
        elif ask is None:
            self.world.found("INV7", f"{self.station.name} was answered {frame[1]}, which it never asked on this link")
        elif frame[0] == 3:
            self.station.answered(ask, self.heard(ask, frame[2]))
        else:
            self.station.refused(ask, frame[2])

    def heard(self, ask: Ask, payload: dict[str, Any]) -> dict[str, Any]:
        """What an answer says."""
        status = payload.get("status") or payload.get("idTagInfo", {}).get("status")
        return {"status": status, "interval": payload.get("interval"), "id": payload.get("transactionId")}

    def _command(self, id: str, action: str, payload: dict[str, Any]) -> None:
        if action not in self.commands:
            self._say([4, id, "NotImplemented", "", {}])
            return
        verdict = self.station.command(self.commands[action], self.asked_for(payload))
        self.world.time.later(None, self.station.chance.uniform(0, 0.2), self._answer, self.socket, id, verdict)

    def asked_for(self, payload: dict[str, Any]) -> dict[str, Any]:
        """What a command is about."""
        return {"tag": payload.get("idTag"), "connector": payload.get("connectorId"), "id": payload.get("transactionId")}

    def _answer(self, socket: Socket | None, id: str, verdict: str) -> None:
        if socket is self.socket:
            self._say([3, id, {"status": verdict}])
