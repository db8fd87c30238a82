"""The ways to stations with a protocol of their own: opens the ports they come to, and dials those that are dialled.

In: a site, a relay, a reactor.  Out: `Way`s that can be opened, shut and opened again.
Not here: HTTP listeners (`gateway.server` has them, for SOAP and WebSocket too), who is let in (`gateway.lines`).
"""

from __future__ import annotations

import base64
import random
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from twisted.internet.defer import Deferred

from gateway.config import Device, Listener
from gateway.dialects.schema import Dialect
from gateway.ends.devices import Machine
from gateway.lines import Ledger, Line
from gateway.links.address import Address, is_ip
from gateway.links.allowance import Allowances
from gateway.links.client import HttpClient
from gateway.links.datagrams import Socket, UdpPort
from gateway.links.digest import Digest
from gateway.links.gate import Gate
from gateway.links.limits import Limits
from gateway.links.mqtt import Broker, Mqtt
from gateway.links.polls import Polls
from gateway.links.redial import Backoff, Redial
from gateway.links.streams import StreamFactory, dial_stream
from gateway.links.texts import dial_texts
from gateway.links.trust import CertificateFiles, Trust
from gateway.relay import Relay

Needs = tuple[tuple[str, int] | None, Listener | None, list[Device]]
"""What a way is for: where a socket is bound (None: it is dialled), who may come to it, whom it dials."""
Make = Callable[[Dialect, str, Mapping[str, Any], Callable[[], str], random.Random], Machine]
"""Makes the device of a station: its dialect, its identity, its options; where ids and chance come from."""


class Way(Protocol):
    """One port, socket or dialled place."""

    @property
    def name(self) -> str:
        """What to call it in a message."""

    @property
    def listening(self) -> Any:
        """Something true while it is open, as far as that is up to us."""

    async def open(self) -> None:
        """Open it; raises what a port raises."""

    def shut(self) -> None:
        """Close it and all that came by it, without another byte."""

    def close(self) -> None:
        """Take nobody new; those who are there stay."""

    def drain(self) -> None:
        """Close the rest."""


class Ways:
    """Makes the ways of a site."""

    def __init__(
        self, relay: Relay, reactor: Any, limits: Limits, client: HttpClient, make: Make, refused: Callable[[str], None]
    ) -> None:
        self.relay, self.reactor, self.limits, self.client = relay, reactor, limits, client
        self.make, self.refused = make, refused
        self._made: dict[Any, tuple[Needs, Way]] = {}

    def all(self) -> list[Way]:
        """Every way of the site but its HTTP listeners."""
        ports = [self._tcp(one) for one in self._wired("tcp")]
        return [*ports, *self.change()[1]]

    def change(self) -> tuple[list[Way], list[Way]]:
        """What the site's devices need now: the ways that are needed no more, and those that are new."""
        wanted = {**self._sockets(), **self._dialled()}
        gone = [self._made.pop(place)[1] for place in list(self._made) if wanted.get(place) != self._made[place][0]]
        new = {place: (needs, self._way(needs)) for place, needs in wanted.items() if place not in self._made}
        self._made |= new
        return gone, [way for _, way in new.values()]

    def _way(self, needs: Needs) -> Way:
        place, listener, devices = needs
        made = _Dialled(self, devices[0].entrance) if place is None else _Socket(self, listener or devices[0].entrance, place)
        if listener is not None:
            made.line.open = True
        for device in devices:
            made.expect(device)
        return made

    def _wired(self, kind: str) -> list[Listener]:
        return [one for one in self.relay.site.listeners if one.address.wired and one.address.kind == kind]

    def line(self, speaks: Listener, ledger: Ledger, open: bool = True, shared: bool = False, accepted: bool = False) -> Line:
        """A line for stations that speak as ``speaks`` says."""
        dialect = self.relay.data.dialects[speaks.address.dialect]

        def build(identity: str, options: Mapping[str, Any]) -> Machine:
            return self.make(dialect, identity, options, self.relay.ids, self.relay.rng)

        return Line(self.relay, speaks, build, ledger, open, shared, accepted)

    def ledger(self, speaks: Listener) -> Ledger:
        """The bus addresses of that entrance."""
        return Ledger(self.relay, speaks.name, self.relay.data.dialects[speaks.address.dialect].addressing.pool)

    def identity(self, device: Device) -> str | None:
        """The name of a station that is dialled; None where it says its name itself."""
        if device.identity is not None or self.relay.data.dialects[device.address.dialect].addressing.identity:
            return device.identity
        return device.address.host if device.unit is None else f"{device.address.host}-{device.unit}"

    # -- those that come -----------------------------------------------------------------------------------------

    def _tcp(self, listener: Listener) -> Way:
        ledger = self.ledger(listener)
        factory = StreamFactory(self.reactor, lambda: self.line(listener, ledger, accepted=True), self.limits, self.refused)
        factory.allowances = Allowances(self.reactor, self.relay.site.policy.station_pace, self.relay.witness.held)
        tls = listener.certificate
        files = CertificateFiles(tls.chain, tls.key, tls.oldest) if tls else None
        return _Port(listener.name, ledger, self.reactor, listener.address.host, listener.address.port, factory, files)

    # -- sockets -------------------------------------------------------------------------------------------------

    def _sockets(self) -> dict[Any, Needs]:
        """One socket for each place: those who come to it and those who are spoken to from it share it."""
        places = {(one.address.host, one.address.port): one for one in self._wired("udp")}
        made: dict[Any, Needs] = {place: (place, listener, []) for place, listener in places.items()}
        for device in self.relay.site.devices:
            if device.address.kind == "udp":
                place = device.bind or ("", self._own_port(device))
                made.setdefault(place, (place, None, []))[2].append(device)
        return made

    def _own_port(self, device: Device) -> int:
        """The port from which such stations are spoken to; 0 where that does not matter."""
        wire = self.relay.data.dialects[device.address.dialect].wire
        return int(wire.links["udp"].options.get("bind", 0)) if wire is not None else 0

    # -- dialled -------------------------------------------------------------------------------------------------

    def _dialled(self) -> dict[Any, Needs]:
        """One link for each place: the units at one place share it."""
        made: dict[Any, Needs] = {}
        for device in self.relay.site.devices:
            if device.address.kind != "udp":
                made.setdefault(str(device.address), (None, None, []))[2].append(device)
        return made

    def dialler(self, device: Device, line: Line, delays: Backoff) -> Any:
        """What makes the link, and makes it again."""
        address, secret = device.address, device.credential.read() if device.credential is not None else b""
        trust = Trust(device.trust, device.verify)
        if address.kind == "http":
            content_type = str(line.rules.options.get("content_type", "text/plain"))
            digest = self._digest(device.username, secret) if line.rules.options.get("auth") == "digest" else None
            headers = headers_of(line.rules.options.get("headers", {}), None if digest else device.username, secret)
            self.client.trusts[address.host, address.port] = trust
            base, within = address.url().rstrip("/"), self.limits.request_deadline
            return Polls(self.client, base, line, within, headers, content_type, digest)
        if address.kind == "mqtt":
            topics, qos = line.rules.options.get("subscribe", ()), int(line.rules.options.get("qos", 0))
            login = (device.username, secret.decode()) if device.username is not None else None
            broker = Broker(address.host, address.port, address.secure, [str(one) for one in topics], qos, login, trust)
            return Mqtt(self.reactor, broker, line, self.refused)
        if address.kind == "ws":
            names, peer = tuple(line.rules.options.get("subprotocol", "").split()), (address.host, address.port)
            attempt = dial_texts(self.reactor, address.url(), names, line, self.limits, trust, peer)
        else:
            where = Address(address.secure, address.host, address.port, address.path, address.host)
            attempt = dial_stream(self.reactor, where, line, self.limits, trust)
        return Redial(self.reactor, attempt, delays, line.closed)

    def _digest(self, username: str | None, secret: bytes) -> Digest | None:
        """HTTP Digest, where the site names a user."""
        rng = self.relay.rng
        return Digest(username, secret, lambda: f"{rng.getrandbits(64):016x}") if username is not None else None


def headers_of(given: Mapping[str, str], username: str | None, secret: bytes) -> list[tuple[str, str]]:
    """What is shown with each request: the headers of the dialect, with the site's credential in them, else HTTP Basic."""
    known = {"{username}": username or "", "{secret}": secret.decode("latin-1")}
    made = []
    for name, text in given.items():
        for hole, value in known.items():
            text = text.replace(hole, value)
        made.append((name, text))
    if username is not None and not any("{secret}" in text for text in given.values()):
        shown = base64.b64encode(username.encode() + b":" + secret).decode("ascii")
        made.append(("authorization", f"Basic {shown}"))
    return made


class _Port(Gate):
    """A TCP port to which stations come."""

    def __init__(self, name: str, ledger: Ledger, *place: Any) -> None:
        super().__init__(*place)
        self._name, self._ledger = name, ledger

    @property
    def name(self) -> str:
        return self._name

    async def open(self) -> None:
        await loaded(self._ledger)
        await super().open()


class _Socket:
    """A UDP socket."""

    def __init__(self, ways: Ways, speaks: Listener, place: tuple[str, int]) -> None:
        self.ways, self.name = ways, speaks.name
        self.ledger = ways.ledger(speaks)
        self.line = ways.line(speaks, self.ledger, open=False, shared=True)
        reply_port = self.line.rules.options.get("reply_port")
        self.port = UdpPort(ways.reactor, *place, lambda: Socket(self.line, reply_port, ways.refused))
        self._devices: list[Device] = []

    def expect(self, device: Device) -> None:
        """A station to speak to from here."""
        self.line.open = self.line.open or self.ways.identity(device) is None
        self._devices.append(device)

    @property
    def listening(self) -> Any:
        return self.port.listening

    async def open(self) -> None:
        await loaded(self.ledger)
        for device in self._devices:
            self._look_up(device)
        await self.port.open()

    def _look_up(self, device: Device) -> None:
        host = device.address.host
        if is_ip(host):
            self._found(host, device)
        else:  # asked for anew until it is found: the name server may come up after us
            self.ways.reactor.resolve(host).addCallbacks(
                self._found, self._not_found, callbackArgs=(device,), errbackArgs=(device,)
            )

    def _found(self, host: str, device: Device) -> None:
        identity = self.ways.identity(device)
        if identity is not None:
            self.line.expect(identity, device, (host, device.address.port))

    def _not_found(self, failure: Any, device: Device) -> None:
        self.ways.relay.witness.log.warn("device", station=device.entrance.name, why=failure.getErrorMessage())
        self.ways.reactor.callLater(LOOK_UP_AGAIN, self._look_up, device)

    def shut(self) -> None:
        self.port.shut()

    def close(self) -> None:
        """Those who are there are heard over the same socket: it stays."""

    def drain(self) -> None:
        self.line.end("the gateway stops")
        self.port.shut()


LOOK_UP_AGAIN = 30.0
"""Seconds until a name that was not found is looked up again."""


class _Dialled:
    """One place that we dial, with one station there or several."""

    def __init__(self, ways: Ways, speaks: Listener) -> None:
        self.ways, self.name = ways, speaks.name
        self.ledger = ways.ledger(speaks)
        self.line = ways.line(speaks, self.ledger, open=False, shared=speaks.address.kind == "http")
        delays = Backoff(ways.relay.rng.uniform)
        self.line.works = delays.reset
        self.link: Any = None
        self.listening = False
        self._delays = delays
        self._shown: Device | None = None

    def expect(self, device: Device) -> None:
        """A station that is there; the first says what is shown to the place."""
        self._shown = self._shown or device
        identity = self.ways.identity(device)
        if identity is None:
            self.line.open = True
        else:
            self.line.expect(identity, device, (device.address.host, device.address.port))

    async def open(self) -> None:
        await loaded(self.ledger)
        if self.link is None and self._shown is not None:
            self.link = self.ways.dialler(self._shown, self.line, self._delays)
        self.listening = True
        self.link.open()

    def shut(self) -> None:
        self.listening = False
        if self.link is not None:
            self.link.shut()

    def close(self) -> None:
        """Who is dialled is there already."""

    def drain(self) -> None:
        self.line.end("the gateway stops")
        self.shut()


def loaded(ledger: Ledger) -> Deferred[None]:
    """Fires when the addresses allotted before are known."""
    done: Deferred[None] = Deferred()
    ledger.load(lambda: done.callback(None))
    return done
