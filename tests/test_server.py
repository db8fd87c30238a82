"""A gateway process's life on real sockets of this machine, in one reactor of its own: see tests/peers for whole sessions."""

from __future__ import annotations

import dataclasses
import io
import random
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.testing import MemoryReactorClock, StringTransport

from gateway.address import parse
from gateway.config import Certificate, Device, Listener
from gateway.links import descriptors
from gateway.loading import wires
from gateway.observe.log import Log
from gateway.observe.metrics import Metrics
from gateway.server import Server
from tests.office import data, journal, json_to_soap, soap_to_json


def server(folder: Path, site: Any = None) -> tuple[Server, MemoryReactorClock]:
    reactor = MemoryReactorClock()
    site = dataclasses.replace(site or soap_to_json(folder), admin=("127.0.0.1", 9100))
    kept = journal(folder)
    made = Server(
        site,
        data(),
        reactor,
        kept,
        Metrics(),
        None,
        Log(io.StringIO()),
        lambda: datetime.now(UTC),
        lambda: str(uuid.uuid4()),
        random.Random(1),
    )
    return made, reactor


def begin(one: Server) -> None:
    from twisted.internet.defer import ensureDeferred

    failures: list[Any] = []
    ensureDeferred(one.start()).addErrback(failures.append)
    assert failures == []


def test_it_opens_the_admin_port_and_every_listener(tmp_path: Path) -> None:
    one, reactor = server(tmp_path)
    begin(one)
    assert [(host, port) for port, _, _, host in reactor.tcpServers] == [("127.0.0.1", 9100), ("192.0.2.1", 8080)]


def test_a_soap_back_end_s_callback_is_a_listener_too(tmp_path: Path) -> None:
    site = json_to_soap(tmp_path)
    backend = dataclasses.replace(site.backends[0], callback_listen=("192.0.2.1", 8081))
    one, reactor = server(tmp_path, dataclasses.replace(site, backends=(backend,)))
    begin(one)
    assert [port for port, _, _, _ in reactor.tcpServers] == [9100, 8080, 8081]


def test_listeners_of_one_port_share_it(tmp_path: Path) -> None:
    site = soap_to_json(tmp_path)
    first = site.listeners[0]
    second = dataclasses.replace(first, name="b", address=dataclasses.replace(first.address, path="/b"))
    one, reactor = server(tmp_path, dataclasses.replace(site, listeners=(first, second)))
    begin(one)
    assert [port for port, _, _, _ in reactor.tcpServers] == [9100, 8080]


def test_it_is_ready_until_it_drains(tmp_path: Path) -> None:
    one, _ = server(tmp_path)
    begin(one)
    assert one._ready() is None
    ended: list[bool] = []
    one.stop().addCallback(ended.append)
    assert one._ready() == "draining"
    assert ended == [True]


def test_it_is_not_ready_while_it_cannot_store_and_the_back_end_does_not_count(tmp_path: Path) -> None:
    one, _ = server(tmp_path)
    begin(one)
    one.relay.healthy = False
    assert one._ready() == "the journal cannot store"


def test_while_nothing_can_be_stored_nobody_finds_a_listener(tmp_path: Path) -> None:
    one, _ = server(tmp_path)
    begin(one)
    one.relay.unhealthy()
    assert [gate.listening for gate in one.gates] == [None]
    assert one.admin_port is not None, "somebody must be able to see why"
    one.relay._probed(None)
    assert one._ready() is None
    assert all(gate.listening for gate in one.gates)


def test_a_port_that_somebody_took_meanwhile_is_tried_again(tmp_path: Path) -> None:
    from twisted.internet.error import CannotListenError

    one, reactor = server(tmp_path)
    begin(one)
    one.relay.unhealthy()
    listen = reactor.listenTCP

    def taken(*args: Any, **more: Any) -> None:
        raise CannotListenError("192.0.2.1", 8080, OSError("in use"))

    reactor.listenTCP = taken  # type: ignore[assignment]
    one.relay._probed(None)
    assert one._ready() == "a listener cannot be opened again"
    reactor.listenTCP = listen  # type: ignore[method-assign]
    reactor.advance(1)
    assert one._ready() is None


def test_a_crash_in_a_door_costs_that_peer_its_connection_only(tmp_path: Path) -> None:
    from gateway.links.exchange import Exchange, Request
    from tests.office import Wire

    one, _ = server(tmp_path)
    wire = Wire()

    def broken(_: Any) -> None:
        raise RuntimeError("a fault of ours")

    one._guard(broken)(Exchange(wire, Request("POST", "/", "/", (), b"", "h", 1, False)))
    assert wire.ended
    assert b'refused_total{reason="crash"} 1.0' in one.metrics.exposition()


def test_a_certificate_that_is_missing_stops_the_start(tmp_path: Path) -> None:
    from twisted.internet.defer import ensureDeferred

    site = soap_to_json(tmp_path)
    broken: Listener = dataclasses.replace(site.listeners[0], certificate=Certificate(tmp_path / "none", tmp_path / "none"))
    one, _ = server(tmp_path, dataclasses.replace(site, listeners=(broken,)))
    failures: list[Any] = []
    ensureDeferred(one.start()).addErrback(failures.append)
    assert len(failures) == 1


def test_while_it_is_far_behind_nothing_is_read_and_all_goes_on_afterwards(tmp_path: Path) -> None:
    one, reactor = server(tmp_path)
    begin(one)
    factory = reactor.tcpServers[1][1]
    wire = StringTransport()
    connection = factory.buildProtocol(None)
    connection.makeConnection(wire)
    for _ in range(2):
        reactor.rightNow += 4.0  # the reactor was busy, and looks at its clock too late
        reactor.advance(0)
    assert wire.producerState == "paused"
    assert "load_level 4.0" in one.metrics.exposition().decode()
    reactor.pump([1.0] * 5)
    assert wire.producerState == "producing"
    assert "load_level 0.0" in one.metrics.exposition().decode()


def test_that_no_descriptor_is_left_for_stations_is_told_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, reactor = server(tmp_path)
    one.log = Log(stream := io.StringIO())
    begin(one)
    for limit in (1, 2**31):
        monkeypatch.setattr(descriptors, "limit", lambda limit=limit: limit)
        reactor.pump([1.0] * 3)
        assert f"descriptors_scarce {float(limit == 1)}" in one.metrics.exposition().decode()
    told = stream.getvalue()
    assert told.count("nobody new is let in") == told.count("there are descriptors again") == 1


def with_devices(folder: Path, *dialled: str) -> Any:
    site = soap_to_json(folder)
    names = data().dialects
    entrances = [Listener(f"d{n}", parse(text, names, wires(names)), "open") for n, text in enumerate(dialled)]
    return dataclasses.replace(site, devices=tuple(Device(one, None) for one in entrances))


def test_devices_are_dialled_and_given_up_while_nothing_can_be_stored(tmp_path: Path) -> None:
    one, reactor = server(tmp_path, with_devices(tmp_path, "evbox-max+tcp://192.0.2.9:4001"))
    begin(one)
    assert [client[:2] for client in reactor.tcpClients] == [("192.0.2.9", 4001)]
    one.relay.unhealthy()
    reactor.advance(0.5)
    assert [client[:2] for client in reactor.tcpClients] == [("192.0.2.9", 4001)], "nobody is dialled meanwhile"
    one.relay._probed(None)
    assert [client[:2] for client in reactor.tcpClients] == [("192.0.2.9", 4001)] * 2
    ended: list[bool] = []
    one.stop().addCallback(ended.append)
    reactor.advance(100)
    assert (ended, len(reactor.tcpClients)) == ([True], 2)


def test_other_devices_are_dialled_after_a_reload_and_the_rest_notice_nothing(tmp_path: Path) -> None:
    site = with_devices(tmp_path, "evbox-max+tcp://192.0.2.9:4001", "evbox-max+tcp://192.0.2.10:4001")
    one, reactor = server(tmp_path, site)
    begin(one)
    new = with_devices(tmp_path, "evbox-max+tcp://192.0.2.9:4001", "evbox-max+tcp://192.0.2.11:4001")
    one.devices(new.devices)
    reactor.advance(100)
    assert [client[0] for client in reactor.tcpClients] == ["192.0.2.9", "192.0.2.10", "192.0.2.11"]
    assert [way.name for way in one.gates][1:] == ["d0", "d1"]
    one.devices(())
    assert len(one.gates) == 1


def test_what_is_spoken_here_is_said_and_what_nobody_vouches_for_is_logged(tmp_path: Path) -> None:
    log = io.StringIO()
    one, _ = server(tmp_path, with_devices(tmp_path, "evbox-max+tcp://192.0.2.9:4001"))
    one.log = Log(log)
    dialects = dict(one.relay.data.dialects)
    dialects["evbox-max"] = dataclasses.replace(dialects["evbox-max"], status="reconstructed")
    one.relay.data = dataclasses.replace(one.relay.data, dialects=dialects)
    one.metrics.know(dialects, ())
    begin(one)
    assert b'dialect_spoken{dialect="evbox-max",status="reconstructed"} 1.0' in one.metrics.exposition()
    assert b'dialect_spoken{dialect="ocpp1.6",status="official"} 1.0' in one.metrics.exposition()
    assert "made without its owner's document" in log.getvalue()
