"""A network in memory: ports, connection attempts that are refused or never heard of, and all the connections.

In: places that listen, calls to connect.  Out: `Wire`s.
Not here: what happens on a connection (`tests.simulation.wires`).
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, Protocol

from twisted.internet.address import IPv4Address
from twisted.internet.error import ConnectionRefusedError, TimeoutError, UserError
from twisted.python.failure import Failure

from tests.simulation.clock import Time
from tests.simulation.wires import End, Place, Wire


class Watch(Protocol):
    """Who looks on."""

    def sent(self, to: End, data: bytes) -> None:
        """Bytes are on their way to an end."""

    def arrived(self, at: End) -> None:
        """Bytes came, and were read."""

    def count(self, what: str) -> None:
        """For the statistics."""


class Port:
    """A listening place."""

    def __init__(self, net: Network, place: Place, build: Callable[[Any], Any], owner: Any) -> None:
        self.net, self.place, self.build, self.owner = net, place, build, owner

    def stopListening(self) -> None:
        if self.net.ports.get(self.place) is self:
            del self.net.ports[self.place]

    def getHost(self) -> IPv4Address:
        return IPv4Address("TCP", *self.place)


class Call:
    """An attempt to connect (Twisted's IConnector)."""

    def __init__(self, net: Network, owner: Any, from_: Place, to: Place, factory: Any, timeout: float) -> None:
        self.net, self.owner, self.from_, self.to, self.factory = net, owner, from_, to, factory
        self.over = False
        factory.startedConnecting(self)
        self._deadline = net.time.later(owner, timeout, self._fail, TimeoutError)
        net.time.later(None, net.fastest + net.chance.random() * net.jitter, self._knock)

    def _knock(self) -> None:
        port = self.net.ports.get(self.to)
        if self.over or self.to in self.net.silent or (self.owner is not None and self.owner.dead):
            return
        if port is None or self.to in self.net.refusing or (port.owner is not None and port.owner.dead):
            self.net.watch.count("refused connections")
            self._fail(ConnectionRefusedError)
            return
        self.over = True
        self._deadline.cancel()
        self._join(port)

    def _join(self, port: Port) -> None:
        wire = self.net.wire(self.owner, port.owner, self.from_, self.to)
        client = self.factory.buildProtocol(IPv4Address("TCP", *self.to))
        if client is None:
            return
        wire.callee.begin(port.build(wire.callee.getPeer()))
        if not wire.caller.gone:
            wire.caller.begin(client)

    def _fail(self, why: type[Exception]) -> None:
        if not self.over:
            self.over = True
            self._deadline.cancel()
            if self.owner is None or not self.owner.dead:
                self.factory.clientConnectionFailed(self, Failure(why()))

    def stopConnecting(self) -> None:
        self._fail(UserError)

    def getDestination(self) -> IPv4Address:
        return IPv4Address("TCP", *self.to)


class Network:
    """All ports and wires.  ``rough`` while faults are on."""

    def __init__(self, time: Time, seed: str, watch: Watch) -> None:
        self.time, self.seed, self.watch = time, seed, watch
        self.chance = random.Random(f"{seed} network")
        self.fastest, self.jitter, self.sliced, self.rough = 0.002, 0.03, 0.1, True
        self.ports: dict[Place, Port] = {}
        self.wires: dict[int, Wire] = {}
        self.refusing: set[Place] = set()
        self.silent: set[Place] = set()
        self._made = 0

    def listen(self, place: Place, build: Callable[[Any], Any], owner: Any = None) -> Port:
        """Open a port."""
        self.ports[place] = made = Port(self, place, build, owner)
        return made

    def wire(self, caller: Any, callee: Any, from_: Place, to: Place) -> Wire:
        """A new connection."""
        self._made += 1
        made = self.wires[self._made] = Wire(self, self._made, caller, callee, from_, to)
        return made

    def connect(self, owner: Any, host: str, to: Place, factory: Any, timeout: float) -> Call:
        """Begin to connect."""
        self._made += 1
        return Call(self, owner, (host, 20000 + self._made), to, factory, timeout)

    def of(self, host: str, port: int | None = None) -> list[Wire]:
        """The wires to or from a host (and port)."""
        return [w for w in self.wires.values() if any(e.here[0] == host and port in (None, e.here[1]) for e in w.ends)]

    def owner_died(self, owner: Any) -> None:
        """Every port and connection of a dead process goes."""
        for place in [place for place, port in self.ports.items() if port.owner is owner]:
            del self.ports[place]
        for wire in list(self.wires.values()):
            for end in wire.ends:
                if end.owner is owner:
                    end.died()

    def calm(self) -> None:
        """Nothing is rough any more; what was lost on the way is repeated."""
        self.rough, self.jitter, self.sliced = False, 0.01, 0.02
        self.refusing.clear()
        self.silent.clear()
        for wire in list(self.wires.values()):
            wire.stalled = 0.0
            for end in () if wire.lost else wire.ends:
                end.hear_again()
                if not end.gone:
                    end.wake_all()
