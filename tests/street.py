"""A gateway in memory with stations that never spoke OCPP at one end, and a back end that answers by itself at the other.

Everything is real but links, clock, ids and chance.  A station is whatever object takes bytes: `Street.plug` joins it to a line.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred

from gateway import backlog
from gateway.address import Address
from gateway.config import Backend, Device, Listener, Site
from gateway.devices.device import Device as Machine
from gateway.devices.places import Peer
from gateway.lines import Ledger, Line
from tests.office import Office, Socket, data, parse

AT: Peer = ("192.0.2.9", 7090)


class Network(Socket):
    """A back end's end of one station's uplink: answers what it is asked, and remembers it."""

    def __init__(self, street: Street, receiver: Any, name: str, url: str) -> None:
        super().__init__(receiver, name, url)
        self.street, self.told = street, street.told
        self.answers: dict[str, Any] = {}

    def send(self, text: str) -> None:
        frame = json.loads(text)
        self.sent.append(frame)
        if frame[0] == 2:
            self.told.append((frame[2], frame[3]))
            self.street.clock.callLater(0.05, self._answer, frame)
        else:
            self.answers[frame[1]] = frame[2] if frame[0] == 3 else frame[2:]

    def _answer(self, frame: Any) -> None:
        if self.end is None and not self.street.mute:
            self.say(3, frame[1], self.street.answer(frame[2], frame[3]))

    def ask(self, action: str, payload: Any) -> Any:
        """Call the station; time passes until it has answered."""
        id = f"b{len(self.answers)}-{action}"
        self.say(2, id, action, payload)
        for _ in range(60):
            if id in self.answers:
                return self.answers[id]
            self.street.run(0.5)
        raise AssertionError(f"{action} has no answer")


class Street(Office):
    """``told`` are the calls that the back end heard, of all stations and over restarts; ``refused`` its invalid tokens."""

    def __init__(self, folder: Path, dialect: str, link: str, backend: str = "ocpp1.6", **options: Any) -> None:
        self.told: list[tuple[str, Any]] = []
        self.invalid: set[str] = set()
        self.mute = False
        self.transactions = 100
        self.entrance = Listener("yard", Address(dialect, link, AT[0], AT[1], "/", wired=True), "open", options=options)
        names = data().dialects
        site = Site((), (Backend("main", parse(f"{backend}+ws://192.0.2.2:9000/central", names)),), folder)
        self.stations: list[Any] = []
        super().__init__(folder, site)

    # -- the back end --------------------------------------------------------------------------------------------

    def dial(self, url: str, names: tuple[str, ...], headers: Any, receiver: Any, backend: Backend) -> Deferred[Any]:
        made: Deferred[Any] = Deferred()
        socket = Network(self, receiver, names[0], url)
        self.uplinks.append(socket)
        made.callback(socket)
        return made

    def answer(self, action: str, payload: Any) -> Any:
        """What the back end says."""
        if action == "BootNotification":
            return {"status": "Accepted", "currentTime": self.wall().isoformat().replace("+00:00", "Z"), "interval": 300}
        if action == "Heartbeat":
            return {"currentTime": self.wall().isoformat().replace("+00:00", "Z")}
        if action == "Authorize":
            old = "idTag" in payload
            token = payload["idTag"] if old else payload["idToken"]["idToken"]
            return {"idTagInfo" if old else "idTokenInfo": {"status": self.word(token)}}
        if action == "StartTransaction":
            self.transactions += 1
            return {"transactionId": self.transactions, "idTagInfo": {"status": self.word(payload["idTag"])}}
        if action == "TransactionEvent" and "idToken" in payload:
            return {"idTokenInfo": {"status": self.word(payload["idToken"]["idToken"])}}
        return {}

    def word(self, token: str) -> str:
        return "Invalid" if token in self.invalid else "Accepted"

    def network(self, identity: str) -> Network:
        """The newest uplink of a station."""
        return next(one for one in reversed(self.uplinks) if one.url.endswith(f"/{identity}"))  # type: ignore[return-value]

    def heard(self, *actions: str) -> list[Any]:
        """The payloads of these calls, in order."""
        return [payload for action, payload in self.told if action in actions]

    # -- the station's side --------------------------------------------------------------------------------------

    def plug(self, station: Any, identity: str | None = None, shared: bool = False) -> Line:
        """Join a station to a line of its own; it knows it as ``line``."""
        dialect = self.relay.data.dialects[self.entrance.address.dialect]

        def build(name: str, options: Any) -> Machine:
            return Machine(dialect, name, options, self.relay.ids, self.relay.rng)

        ledger = Ledger(self.relay, "yard", dialect.device.addressing.pool)
        ledger.load(lambda: None)
        line = Line(self.relay, self.entrance, build, ledger, identity is None, shared)
        if identity is not None:
            line.expect(identity, Device(self.entrance, identity), AT)
        station.line, station.clock = line, self.clock
        line.opened(_Link(self, station))
        self.stations.append((station, identity, shared))
        return line

    def refused(self, reason: str) -> float:
        """How much input was turned away for that reason."""
        found = [
            line for line in self.metrics.exposition().decode().splitlines() if f'refused_total{{reason="{reason}"}}' in line
        ]
        return float(found[0].rpartition(" ")[2])

    def run(self, seconds: float) -> None:
        """Let time pass, in steps short enough for whatever follows from what."""
        for _ in range(int(seconds / 0.05)):
            self.clock.advance(0.05)

    def crash(self, down: float = 0.0) -> None:
        """The gateway dies without a word and a new one begins over the same journal; the stations go on."""
        for conversation in list(self.relay.conversations.values()):
            conversation.abandon()
        for station, _, _ in self.stations:
            station.line.end("crash")
            station.line = None
        for socket in self.uplinks:
            socket.end = socket.end or (1006, "crash")
        self.run(down)
        self.open()
        backlog.resume(self.relay)
        joined, self.stations = self.stations, []
        for station, identity, shared in joined:
            self.plug(station, identity, shared)


class _Link:
    """Bytes between a line and a station; each takes a moment."""

    def __init__(self, street: Street, station: Any) -> None:
        self.street, self.station, self.line = street, station, station.line

    def open_to(self, peer: Peer) -> bool:
        return True

    def write(self, data: bytes, peer: Peer, place: str = "") -> None:
        self.street.clock.callLater(0.01, self.station.receive, data, *([place] if place else []))

    def bad(self, peer: Peer) -> None:
        pass

    def close(self) -> None:
        pass

    def abort(self, why: str = "") -> None:
        pass
