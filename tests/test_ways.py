"""Ports for stations with a protocol of their own, and places that are dialled: on a reactor in memory."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from twisted.internet.defer import Deferred, ensureDeferred, fail
from twisted.internet.testing import MemoryReactorClock, StringTransport

from gateway.address import Address
from gateway.callers import Callers
from gateway.config import Device, Listener
from gateway.devices.places import Addressing
from gateway.links.client import HttpClient
from gateway.links.exchange import Exchange, Handshake, Request
from gateway.links.limits import Limits
from gateway.links.redial import Backoff
from gateway.links.trust import Trust
from gateway.ways import LOOK_UP_AGAIN, Way, Ways, headers_of
from tests.devices.toys import line
from tests.office import Wire as Far
from tests.wired_office import Toy, WiredOffice

BY_PEER = Addressing()
BY_NAME = Addressing(identity={"hello": "id"})


class Reactor(MemoryReactorClock):
    """With sockets for datagrams, and names that the test looks up."""

    def __init__(self) -> None:
        super().__init__()
        self.sockets: list[Any] = []
        self.looked_up: list[str] = []
        self.names: dict[str, str] = {}

    def listenUDP(self, port: int, socket: Any, host: str, longest: int) -> Any:
        socket.transport = StringTransport()
        self.sockets.append((host, port, socket))
        socket.startProtocol()
        return SimpleNamespace(getHost=lambda: SimpleNamespace(port=port), stopListening=lambda: None)

    def resolve(self, host: str) -> Deferred[str]:
        self.looked_up.append(host)
        found: Deferred[str] = Deferred()
        if host not in self.names:
            return fail(OSError(f"no {host}"))
        found.callback(self.names[host])
        return found


def where(link: str, host: str = "192.0.2.9", port: int = 7000, path: str = "/") -> Address:
    return Address("ocpp1.6", link, host, port, path, wired=True)


def scene(
    folder: Path,
    addressing: Addressing,
    listeners: list[Listener] | None = None,
    devices: list[Device] | None = None,
    **rules: Any,
) -> tuple[WiredOffice, Reactor, Ways]:
    office, reactor = WiredOffice(folder, addressing=addressing, **rules), Reactor()
    office.relay.site = dataclasses.replace(office.site, listeners=tuple(listeners or ()), devices=tuple(devices or ()))
    return (
        office,
        reactor,
        Ways(
            office.relay,
            reactor,
            Limits(),
            None,
            lambda d, identity, options, ids, rng: Toy(identity, options),
            office.metrics.refused,
        ),
    )  # type: ignore[arg-type]


def opened(ways: list[Way]) -> list[Way]:
    for way in ways:
        ensureDeferred(way.open())
    return ways


def entrance(link: str, **at: Any) -> Listener:
    return Listener(f"{link}-yard", where(link, **at), "open")


def dialled(link: str, identity: str | None = None, unit: int | None = None, bind: Any = None, **at: Any) -> Device:
    return Device(Listener(f"{link}-{unit}", where(link, **at), "listed"), identity, unit, bind)


def test_a_port_for_connections(tmp_path: Path) -> None:
    office, reactor, ways = scene(tmp_path, BY_NAME, [entrance("tcp", host="192.0.2.1")])
    (way,) = opened(ways.all())
    port, factory, _, host = reactor.tcpServers[0]
    transport = StringTransport()
    factory.buildProtocol(None).makeConnection(transport)
    next(iter(factory.live)).dataReceived(line("hello", id="A"))
    assert (host, port, way.name, list(office.relay.conversations)) == ("192.0.2.1", 7000, "tcp-yard", ["A"])
    way.close()
    assert not way.listening
    way.drain()
    assert transport.disconnecting


def test_listeners_and_devices_of_one_dialect_share_a_socket(tmp_path: Path) -> None:
    devices = [dialled("udp", "A", bind=("192.0.2.1", 7000)), dialled("udp", host="192.0.2.10", bind=("192.0.2.1", 7000))]
    office, reactor, ways = scene(tmp_path, BY_PEER, [entrance("udp", host="192.0.2.1")], devices)
    opened(ways.all())
    ((host, port, socket),) = reactor.sockets
    socket.datagramReceived(line("hello"), ("192.0.2.9", 7000))
    socket.datagramReceived(line("hello"), ("192.0.2.10", 7000))
    socket.datagramReceived(line("hello"), ("192.0.2.11", 7000))
    assert (host, port, list(office.relay.conversations)) == ("192.0.2.1", 7000, ["A", "192.0.2.10"])
    assert office.refused("stranger") == 1


def test_a_name_is_looked_up_until_it_is_found(tmp_path: Path) -> None:
    office, reactor, ways = scene(tmp_path, BY_PEER, devices=[dialled("udp", "A", host="garage.example")])
    opened(ways.all())
    reactor.names["garage.example"] = "192.0.2.77"
    reactor.advance(LOOK_UP_AGAIN)
    reactor.sockets[0][2].datagramReceived(line("hello"), ("192.0.2.77", 7000))
    assert (reactor.looked_up, list(office.relay.conversations)) == (["garage.example"] * 2, ["A"])


def test_units_at_one_place_share_a_connection_that_is_made_again(tmp_path: Path) -> None:
    units = Addressing(address="src", to="dst")
    office, reactor, ways = scene(tmp_path, units, devices=[dialled("tcp", unit=1), dialled("tcp", unit=2)])
    (way,) = opened(ways.all())
    assert [(host, port) for host, port, *_ in reactor.tcpClients] == [("192.0.2.9", 7000)]
    transport = StringTransport()
    protocol = reactor.tcpClients[0][2].buildProtocol(None)
    protocol.makeConnection(transport)
    protocol.dataReceived(line("hello", src=2))
    assert list(office.relay.conversations) == ["192.0.2.9-2"]
    way.shut()
    assert (way.listening, transport.disconnected or transport.disconnecting) == (False, True)
    opened([way])
    assert len(reactor.tcpClients) == 2


def test_a_line_whose_stations_say_who_they_are(tmp_path: Path) -> None:
    office, reactor, ways = scene(tmp_path, BY_NAME, devices=[dataclasses.replace(dialled("tcp"), entrance=entrance("tcp"))])
    opened(ways.all())
    protocol = reactor.tcpClients[0][2].buildProtocol(None)
    protocol.makeConnection(StringTransport())
    protocol.dataReceived(line("hello", id="A") + line("hello", id="B"))
    assert list(office.relay.conversations) == ["A", "B"]


def request(path: str, body: bytes = b"", headers: Any = ()) -> Request:
    return Request("POST" if body else "GET", path, path, tuple(headers), body, "192.0.2.7", 9, False)


def test_stations_that_post(tmp_path: Path) -> None:
    listener = entrance("http", path="/gs")
    office, _reactor, ways = scene(tmp_path, BY_NAME, [listener])
    assert ways.all() == [], "HTTP listeners are the server's"
    callers, far = Callers(ways, [listener]), Far()
    callers.request(Exchange(far, request("/gs", line("hello", id="A"))), listener)
    assert list(office.relay.conversations) == ["A"]
    callers.request(Exchange(bad := Far(), request("/gs", b"?\n")), listener)
    assert (bad.answer, office.refused("violation")) == ((400, b""), 1)
    callers.shut()
    assert (far.answer, far.ended) == (None, True)


def test_stations_that_open_a_websocket(tmp_path: Path) -> None:
    listener = entrance("ws", path="/ws")
    office, _, ways = scene(tmp_path, BY_NAME, [listener])
    callers, far = Callers(ways, [listener]), Far()
    callers.handshake(Handshake(far, request("/ws/A")), listener)
    assert far.socket is not None
    far.socket.receiver.text(line("hello", id="A").decode())
    far.socket.receiver.closed(1006, "")
    assert office.metrics is not None
    assert list(office.relay.conversations) == ["A"]
    callers.request(Exchange(plain := Far(), request("/ws")), listener)
    assert plain.answer is not None
    assert plain.answer[0] == 426


def test_a_station_s_certificate_is_believed_by_its_own_signer(tmp_path: Path) -> None:
    device = dataclasses.replace(dialled("http", "A"), trust=tmp_path / "ca.pem")
    office, reactor, ways = scene(tmp_path, BY_NAME, devices=[device])
    ways.client = HttpClient(reactor, Limits())
    ways.dialler(device, office.line(), Backoff(lambda low, high: low))
    assert ways.client.trusts == {("192.0.2.9", 7000): Trust(tmp_path / "ca.pem")}


def test_what_is_shown_over_http_is_basic_or_what_the_dialect_says() -> None:
    basic = ("authorization", "Basic bWU6cw==")
    assert headers_of({}, None, b"s") == []
    assert headers_of({}, "me", b"s") == [basic]
    assert headers_of({"Accept": "text/json"}, "me", b"s") == [("Accept", "text/json"), basic]
    assert headers_of({"X-User": "{username}", "X-Key": "k={secret}"}, "me", b"s") == [("X-User", "me"), ("X-Key", "k=s")]
    assert headers_of({"Authorization": "Bearer {secret}"}, None, b"s") == [("Authorization", "Bearer s")]
