"""How a station speaks OCPP 1.5: SOAP over HTTP, each way an exchange of its own.

In: calls of the station.  Out: envelopes, put together as text; what it is told and asked.
Not here: when to say what (`tests.simulation.stations`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

from tests.simulation.asks import Ask
from tests.simulation.lines import Dialling, Post, Serving
from tests.simulation.stations import Station
from tests.simulation.truth import Session

CS, CP = "urn://Ocpp/Cs/2012/06/", "urn://Ocpp/Cp/2012/06/"
SOAP, WSA = "http://www.w3.org/2003/05/soap-envelope", "http://www.w3.org/2005/08/addressing"
ACTIONS = {
    "boot": "bootNotification",
    "beat": "heartbeat",
    "authorize": "authorize",
    "status": "statusNotification",
    "start": "startTransaction",
    "meter": "meterValues",
    "stop": "stopTransaction",
}
OCCUPIED = {"Preparing": "Occupied", "Charging": "Occupied", "Available": "Available"}


def envelope(space: str, header: str, body: str) -> str:
    """An envelope around a body."""
    return (
        f'<?xml version="1.0"?><s:Envelope xmlns:s="{SOAP}" xmlns:a="{WSA}" xmlns:c="{space}">'
        f"<s:Header>{header}</s:Header><s:Body>{body}</s:Body></s:Envelope>"
    )


def element(name: str, value: Any) -> str:
    """One element."""
    return f"<c:{name}>{value}</c:{name}>"


class Opened:
    """An envelope that was read: ``name`` of the body's element without its ending, and its values by path."""

    def __init__(self, text: str) -> None:
        root = ElementTree.fromstring(text)
        head, body = root.find(f"{{{SOAP}}}Header"), root.find(f"{{{SOAP}}}Body")
        assert body is not None
        self.header = {one.tag.partition("}")[2]: (one.text or "").strip() for one in (() if head is None else head)}
        first = body[0]
        self.fault = first.tag == f"{{{SOAP}}}Fault"
        self.space, _, name = first.tag[1:].partition("}")
        self.name = name.removesuffix("Request").removesuffix("Response")
        self.element = first

    def get(self, path: str) -> str | None:
        """The text at a path of names."""
        found = self.element.find("/".join(f"{{{self.space}}}{name}" for name in path.split("/")))
        return None if found is None else (found.text or "").strip()

    def all(self, name: str, of: Any = None) -> list[Any]:
        """The elements of that name."""
        return list((self.element if of is None else of).findall(f"{{{self.space}}}{name}"))


class SoapStation:
    """One station's side of the exchanges."""

    numbered, plugs = True, False

    def __init__(self, station: Station) -> None:
        self.station, self.world = station, station.world
        self.url = f"http://{station.ip}:7000/box"
        self._open: dict[Ask, Post] = {}
        self._messages = 0

    # -- the link, which there is none ---------------------------------------------------------------------------

    def begin(self) -> None:
        """The station is on: it can be called from now on."""
        self.world.net.listen((self.station.ip, 7000), lambda address: Serving(self._command))
        self.world.time.later(None, 0.1, self._here)

    def _here(self) -> None:
        if self.station.on and not self.station.linked:
            self.station.here()

    def end(self) -> None:
        """The station is off."""
        self.world.net.ports.pop((self.station.ip, 7000), None)
        self.drop(away=True)

    def drop(self, away: bool = False) -> None:
        """Whatever is under way is given up."""
        posts, self._open = list(self._open.values()), {}
        for post in posts:
            post.hang_up(politely=False)
        if away and self.station.linked:
            self.station.away()
        elif not away:
            self.station.later(self.station.chance.uniform(2, 20))

    def double(self) -> None:
        """It has no link of which there could be two."""

    def own_id(self, session: Session) -> str | None:
        """The id of a transaction is the back end's."""
        return None

    # -- speaking ------------------------------------------------------------------------------------------------

    def send(self, ask: Ask) -> None:
        """A call."""
        self._messages += 1
        action = ACTIONS[ask.kind]
        header = f'<c:chargeBoxIdentity s:mustUnderstand="true">{self.station.name}</c:chargeBoxIdentity>'
        header += f"<a:MessageID>urn:uuid:{self.station.name}-{self._messages}</a:MessageID><a:Action>/{action}</a:Action>"
        header += f"<a:From><a:Address>{self.url}</a:Address></a:From>"
        text = envelope(CS, header, f"<c:{action}Request>{self.words(ask)}</c:{action}Request>")
        post = Post("/ocpp", "192.0.2.1:8080", text.encode(), lambda status, body: self._response(ask, status, body))
        self._open[ask] = post
        failed = Dialling(post, lambda why: self._response(ask, None, why))
        self.world.net.connect(None, self.station.ip, ("192.0.2.1", 8080), failed, 15.0)

    def words(self, ask: Ask) -> str:
        """A call's elements."""
        fields, item = ask.fields, ask.item
        if ask.kind == "boot":
            return element("chargePointVendor", "ACME") + element("chargePointModel", "Sim 1")
        if ask.kind == "authorize":
            return element("idTag", fields["tag"])
        if ask.kind == "status":
            state = OCCUPIED[fields["state"]]
            return element("connectorId", fields["connector"]) + element("status", state) + element("errorCode", "NoError")
        if item is None:
            return ""
        session = item.session
        id = ""
        if session is not None:
            id = element("transactionId", (-1 if session.number % 2 else 0) if session.token else session.id)
        if ask.kind == "start":
            text = element("connectorId", fields["connector"]) + element("idTag", fields["tag"])
            return text + element("timestamp", fields["when"]) + element("meterStart", fields["meter"])
        if ask.kind == "stop":
            text = id + element("idTag", fields["tag"])
            return text + element("timestamp", fields["when"]) + element("meterStop", fields["meter"])
        values: dict[str, str] = {}
        for when, value, unit, measurand in fields["readings"]:
            one = f'<c:value unit="{unit}" measurand="{measurand}">{value}</c:value>'
            values[when] = values.get(when, "") + one
        groups = "".join(element("values", element("timestamp", when) + ones) for when, ones in values.items())
        return element("connectorId", fields["connector"]) + id + groups

    # -- hearing -------------------------------------------------------------------------------------------------

    def _response(self, ask: Ask, status: int | None, text: str) -> None:
        self._open.pop(ask, None)
        if status is None or status >= 502 or not text:
            self.station.lost(ask)
            return
        read = Opened(text)
        if read.fault:
            self.station.refused(ask, text)
            return
        interval, id = read.get("heartbeatInterval"), read.get("transactionId")
        said = {"status": read.get("status") or read.get("idTagInfo/status")}
        self.world.count("links of stations")
        self.station.answered(ask, {**said, "interval": float(interval) if interval else None, "id": int(id) if id else None})

    def _command(self, path: str, text: str, line: Serving) -> None:
        if not self.station.on:
            return
        read = Opened(text)
        known = {"remoteStartTransaction": "remote_start", "remoteStopTransaction": "remote_stop", "reset": "reset"}
        if read.header.get("chargeBoxIdentity") != self.station.name:
            self.world.found("INV8", f"{self.station.name} was asked in the name of {read.header.get('chargeBoxIdentity')}")
        connector, id = read.get("connectorId"), read.get("transactionId")
        fields = {
            "tag": read.get("idTag"),
            "connector": int(connector) if connector else None,
            "id": int(id) if id else None,
        }
        verdict = self.station.command(known[read.name], fields)
        body = f"<c:{read.name}Response>{element('status', verdict)}</c:{read.name}Response>"
        answer = envelope(CP, f"<a:RelatesTo>{read.header.get('MessageID', '')}</a:RelatesTo>", body)
        reply: Callable[[], None] = lambda: line.answer(200, answer)  # noqa: E731
        self.world.time.later(None, self.station.chance.uniform(0, 0.2), reply)
