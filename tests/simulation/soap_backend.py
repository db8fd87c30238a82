"""How a back end speaks OCPP 1.5: it serves SOAP over HTTP, and posts its orders to the gateway.

In: envelopes.  Out: answers, orders.
Not here: what it thinks of them (`tests.simulation.backend`).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.simulation.backend import Backend
from tests.simulation.json_backend import NOW
from tests.simulation.lines import Dialling, Post, Serving
from tests.simulation.orders import Order
from tests.simulation.soap_station import ACTIONS, CP, CS, SOAP, Opened, element, envelope
from tests.simulation.truth import Copy, Reading, moment

KINDS = {action: kind for kind, action in ACTIONS.items()}


class SoapReply:
    """The answer to one exchange."""

    def __init__(self, speech: SoapBackend, line: Serving, read: Opened) -> None:
        self.speech, self.line, self.read = speech, line, read
        self.done = False

    def result(self, said: dict[str, Any], copy: Copy | None) -> None:
        def heard(reached: bool) -> None:
            if reached and copy is not None and copy.heard is None:
                copy.heard = self.speech.world.time.now

        if not self.done:
            self.done = True
            body = self.speech.answer(KINDS.get(self.read.name, ""), said)
            self._say(200, f"<c:{self.read.name}Response>{body}</c:{self.read.name}Response>", heard)

    def wrong(self, said: dict[str, Any]) -> None:
        self.done = True
        self.line.answer(503, "<html>out of order</html>")

    def error(self, copy: Copy | None) -> None:
        self.done = True
        code = "<s:Code><s:Value>s:Receiver</s:Value><s:Subcode><s:Value>c:InternalError</s:Value></s:Subcode></s:Code>"
        self._say(500, f'<s:Fault>{code}<s:Reason><s:Text xml:lang="en">in a mood</s:Text></s:Reason></s:Fault>', None)

    def cut(self) -> None:
        self.line.hang_up(politely=False)

    def _say(self, status: int, body: str, heard: Any) -> None:
        relates = f"<a:RelatesTo>{self.read.header.get('MessageID', '')}</a:RelatesTo>"
        self.line.answer(status, envelope(CS, relates, body), heard)


class SoapBackend:
    """The port, and its way to the gateway's callback."""

    def __init__(self, backend: Backend) -> None:
        self.backend, self.world = backend, backend.world
        self.known: set[str] = set()
        self._messages = 0

    def listen(self) -> None:
        """Open the port."""
        self.world.net.listen(("192.0.2.2", 9000), lambda address: Serving(self._asked))

    # -- hearing -------------------------------------------------------------------------------------------------

    def _asked(self, path: str, text: str, line: Serving) -> None:
        read = Opened(text)
        station, kind = read.header["chargeBoxIdentity"], KINDS.get(read.name, read.name)
        if station not in self.known:
            self.known.add(station)
            self.world.count("links to the back end")
        fields: dict[str, Any] = {}
        readings: tuple[Reading, ...] = ()
        id = read.get("transactionId")
        if kind == "authorize":
            fields = {"tag": read.get("idTag")}
        elif kind == "start":
            fields = {"connector": int(read.get("connectorId") or 0), "tag": read.get("idTag")}
            fields.update(when=read.get("timestamp"), meter=read.get("meterStart"))
        elif kind == "stop":
            fields = {"when": read.get("timestamp"), "meter": read.get("meterStop")}
        elif kind == "meter":
            fields = {"connector": int(read.get("connectorId") or 0)}
            readings = self._readings(read)
        reply = SoapReply(self, line, read)
        number = int(id) if id is not None else None
        self.backend.hear(station, kind, fields, reply, readings, number, line.end.sent_at)

    def _readings(self, read: Opened) -> tuple[Reading, ...]:
        found = []
        for group in read.all("values"):
            (when,) = read.all("timestamp", group)
            for value in read.all("value", group):
                measurand = value.get("measurand", "Energy.Active.Import.Register")
                found.append((moment(when.text), Decimal(value.text), value.get("unit", "Wh"), measurand))
        return tuple(found)

    def answer(self, kind: str, said: dict[str, Any]) -> str:
        """The inner elements of an answer."""
        if kind == "boot":
            status = "Accepted" if said["status"] == "Accepted" else "Rejected"
            return element("status", status) + element("currentTime", NOW) + element("heartbeatInterval", said["interval"])
        if kind == "beat":
            return element("currentTime", NOW)
        if kind not in ("authorize", "start"):
            return ""
        info = element("status", said["status"]) + (element("expiryDate", said["until"]) if "until" in said else "")
        return (element("transactionId", said["id"]) if kind == "start" else "") + element("idTagInfo", info)

    # -- orders --------------------------------------------------------------------------------------------------

    def order(self, station: str, kind: str, fields: dict[str, Any], order: Order) -> bool:
        """Post one."""
        if station not in self.known:
            return False
        self._messages += 1
        name, body = self._wanted(kind, fields)
        header = f"<c:chargeBoxIdentity>{station}</c:chargeBoxIdentity><a:MessageID>order-{self._messages}</a:MessageID>"
        header += f"<a:Action>/{name[0].upper()}{name[1:]}</a:Action>"
        text = envelope(CP, header, f"<c:{name}Request>{body}</c:{name}Request>")

        def answered(status: int | None, said: str) -> None:
            if status is not None:
                self.world.orders.answered(order, f"{{{SOAP}}}Fault" in said or "Fault" in said)

        post = Post("/back", "192.0.2.1:8081", text.encode(), answered)
        failed = Dialling(post, lambda why: None)
        self.world.net.connect(None, "192.0.2.2", ("192.0.2.1", 8081), failed, 15.0)
        return True

    def _wanted(self, kind: str, fields: dict[str, Any]) -> tuple[str, str]:
        if kind == "remote_start":
            return "remoteStartTransaction", element("idTag", fields["tag"]) + element("connectorId", fields["connector"])
        if kind == "remote_stop":
            return "remoteStopTransaction", element("transactionId", fields["id"])
        return "reset", element("type", "Soft")
