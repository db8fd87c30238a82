"""A whole gateway in memory with stations that speak the toy protocol of ``tests/devices/toys.py``, and above it OCPP 1.6."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from gateway.address import Address
from gateway.config import Backend, Device, Listener, Site, Station
from gateway.data import Data
from gateway.devices import events as on
from gateway.devices.places import Addressing, Peer
from gateway.lines import Ledger, Line
from gateway.messages import Call, Error, Result
from gateway.session.events import Instant
from tests.devices.toys import BY_NAME, Link, Wire
from tests.office import Office, data, parse

PEER: Peer = ("192.0.2.7", 4711)


class Toy:
    """What it heard, and a few rules: ``hello`` boots, ``start`` is kept and then told, a question of the back end is asked."""

    made: list[Toy] = []

    def __init__(self, identity: str, options: Any) -> None:
        self.identity, self.options, self.events = identity, options, []
        self.open: Call | None = None
        self.count = 0
        Toy.made.append(self)

    def receive(self, event: on.Event, at: Instant) -> list[on.Command]:
        self.events.append(event)
        said = getattr(event, "record", None)
        if isinstance(event, on.Heard) and said is not None:
            return self.heard(said.name)
        if isinstance(event, on.Kept):
            payload = {"connectorId": 1, "idTag": "TAG", "timestamp": "2026-01-01T00:00:00Z", "meterStart": 5}
            return [on.CallUp(Call("start", "StartTransaction", payload))]
        if isinstance(event, on.Asked):
            self.open = event.call
            return [on.Send(1, "ask", {"v": event.call.action})]
        if isinstance(event, on.Answered) and self.open is not None:
            return [on.Reply(Result(self.open.id, self.open.action, {"status": "Accepted"}))]
        if isinstance(event, on.Unanswered) and self.open is not None:
            return [on.Reply(Error(self.open.id, self.open.action, "GenericError", event.why))]
        return []

    def heard(self, name: str) -> list[on.Command]:
        self.count += 1
        boot = {"chargePointVendor": "ACME", "chargePointModel": "One"}
        if name == "hello":
            return [on.Known("ACME", "One", None, None), on.CallUp(Call(f"boot{self.count}", "BootNotification", boot))]
        if name == "start":
            return [on.Keep(1, {"session": 7})]
        if name == "crash":
            raise ZeroDivisionError
        if name == "wrong":
            return [on.CallUp(Call("wrong", "StatusNotification", {}))]
        return []

    def of(self, kind: type) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]


class WiredOffice(Office):
    """``line`` makes a line, and a link under it; the newest device of a station is ``toy(identity)``."""

    def __init__(
        self,
        folder: Path,
        stations: dict[str, Station] | None = None,
        enroll: Any = "open",
        addressing: Addressing = BY_NAME,
        **rules: Any,
    ) -> None:
        Toy.made = []
        self.spoken = dataclasses.replace(
            data().dialects["ocpp1.6"], wire=Wire(**rules), device=SimpleNamespace(addressing=addressing)
        )
        self.listener = Listener("yard", Address("ocpp1.6", "tcp", "192.0.2.1", 7000, "/", wired=True), enroll)
        backend = Backend("main", parse("ocpp1.6+ws://192.0.2.2:9000/central", data().dialects))
        super().__init__(folder, Site((self.listener,), (backend,), folder, stations or {}))

    def open(self) -> None:
        super().open()
        known = self.relay.data
        self.relay.data = Data({**known.dialects, "ocpp1.6": self.spoken}, known.ladder, known.quirks)
        self.ledger = Ledger(self.relay, "yard", self.spoken.device.addressing.pool)
        self.ledger.load(lambda: None)

    def line(self, devices: list[Device] | None = None, link: bool = True, **how: Any) -> Line:
        made = Line(self.relay, self.listener, Toy, self.ledger, how.pop("open", True), **how)
        for device in devices or []:
            assert device.identity is not None
            made.expect(device.identity, device, PEER)
        if link:
            made.opened(Link())
        return made

    def device(self, identity: str, **how: Any) -> Device:
        return Device(dataclasses.replace(self.listener, name=f"d-{identity}"), identity, **how)

    def toy(self, identity: str) -> Toy:
        return next(one for one in reversed(Toy.made) if one.identity == identity)

    def refused(self, reason: str) -> float:
        found = [
            line for line in self.metrics.exposition().decode().splitlines() if f'refused_total{{reason="{reason}"}}' in line
        ]
        return float(found[0].rpartition(" ")[2])
