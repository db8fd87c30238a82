"""One running gateway: opens the journal, the listeners and the admin port, and closes them again in order.

In: a site, loaded data, a reactor.  Out: a `Server` that starts and drains.
Not here: the command line (`gateway.cli.run`), what happens to a message (`gateway.relay`).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from twisted.internet.defer import Deferred, ensureDeferred

from gateway import backlog, replays
from gateway.address import LINKS
from gateway.callers import Callers
from gateway.config import Backend, Device, Listener, Site
from gateway.data import Data
from gateway.devices.device import Device as Machine
from gateway.doors import Doors
from gateway.journal.contract import Depth, Journal
from gateway.links import descriptors
from gateway.links import server as links
from gateway.links.allowance import Allowances
from gateway.links.client import HttpClient
from gateway.links.gate import Gate
from gateway.links.http import Exchange, Handshake, HttpFactory
from gateway.links.later import Later
from gateway.links.limits import Limits
from gateway.links.trust import CertificateFiles, Trust
from gateway.links.websocket import Receiver, WebSocket, connect
from gateway.load import READS
from gateway.observe.console import Console
from gateway.observe.log import Log
from gateway.observe.metrics import Metrics
from gateway.observe.trace import Trace
from gateway.relay import Relay
from gateway.ways import Way, Ways
from gateway.witness import Witness

MEASURE_EVERY = 5.0
"""Seconds between looks at the journal's depth and age."""
REST, LONGEST_REST = 50.0, 30.0
"""Such a look costs the writer time where the backlog is large: it rests so many times as long, up to so many seconds."""
LOOK_EVERY = 1.0
"""Seconds between looks at how far the gateway is behind."""
REOPEN_EVERY = 1.0
"""Seconds between tries to listen again, where a port was taken by somebody else while the journal could not store."""


class Server:
    """A gateway process's life.  ``start`` opens everything; ``stop`` drains and closes."""

    def __init__(
        self,
        site: Site,
        data: Data,
        reactor: Any,
        journal: Journal,
        metrics: Metrics,
        trace: Trace | None,
        log: Log,
        wall: Callable[[], datetime],
        ids: Callable[[], str],
        rng: random.Random,
        limits: Limits | None = None,
    ) -> None:
        self.site, self.reactor, self.journal, self.metrics, self.log = site, reactor, journal, metrics, log
        self.limits = limits or Limits()
        self.witness = Witness(metrics, trace, log)
        self._requests, self._frames = Later(reactor), Later(reactor)
        self.client = HttpClient(reactor, self.limits)
        self.relay = Relay(site, data, journal, reactor, wall, ids, rng, self.witness, self._dial, self.client)
        self.relay.on_health = self._health
        self.relay.later = Later(reactor)
        self.console = Console(metrics, ready=self._ready, hosts=[site.admin[0]] if site.admin else [])
        self._trust = {one.name: Trust(one.trust, one.verify) for one in site.backends}
        self.ways = Ways(self.relay, reactor, self.limits, self.client, Machine, metrics.refused)
        self.gates: list[Way] = []
        self.callers: list[Callers] = []
        self.admin_port: Any = None
        self._measuring: Any = None
        self._looking: Any = None
        self._full = False
        self.relay.load.on_level = self._loaded

    # -- start ---------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Open the admin port, then every listener, then take up what waits in the journal.  Raises what a port raises."""
        if self.site.admin is not None:
            factory = HttpFactory(self.reactor, self.console.request, None, self.limits, self._refused)
            self.admin_port = await links.listen(self.reactor, *self.site.admin, factory, who=descriptors.ADMIN)
            self.log.info("admin port open", url=f"http://{self.site.admin[0]}:{self.admin_port.getHost().port}/")
        self._declare()
        await self._open()
        backlog.resume(self.relay)
        self._measure()
        self._look(self.reactor.seconds())

    def _declare(self) -> None:
        """Say which dialects are spoken, and which of them nobody vouches for."""
        addresses = [one.address for one in self.site.entrances] + [one.address for one in self.site.backends]
        for name in sorted({name for address in addresses for name in address.dialects}):
            status = self.relay.data.dialects[name].status
            self.metrics.spoken(name, status)
            if status == "reconstructed":
                self.log.warn("reconstructed", dialect=name, why="its file was made without its owner's document")

    async def _open(self) -> None:
        for (host, port), listeners, callbacks in self._places():
            doors = Doors(self.relay, listeners, callbacks)
            doors.wired = callers = Callers(self.ways, [one for one in listeners if one.address.wired])
            self.callers.append(callers)
            asked, shaken = partial(self._requests.add, self._guard(doors.request)), self._guard(doors.handshake)
            factory = HttpFactory(self.reactor, asked, shaken, self.limits, self._refused)
            factory.later = self._frames
            factory.allowances = Allowances(self.reactor, self.site.policy.station_pace, self.witness.held)
            tls = next((one.certificate for one in listeners if one.certificate), None)
            files = CertificateFiles(tls.chain, tls.key, tls.oldest) if tls else None
            factory.forgives = doors.forgives
            gate = Gate(self.reactor, host, port, factory, files)
            self.gates.append(gate)
            await gate.open()
            for one in listeners:
                self.log.info("listening", listener=one.name, address=str(one.address), enroll=one.enroll)
        for way in self.ways.all():
            self.gates.append(way)
            await way.open()
            self.log.info("open", way=way.name)

    def devices(self, devices: tuple[Device, ...]) -> None:
        """Dial other devices from now on; those that stay as they are notice nothing."""
        self.relay.site = replace(self.relay.site, devices=devices)
        gone, new = self.ways.change()
        for way in gone:
            self.gates.remove(way)
            way.drain()
        for way in new:
            self.gates.append(way)
            self._reopen(way)

    def _places(self) -> Iterable[tuple[tuple[str, int], list[Listener], list[Backend]]]:
        """Listeners and callbacks by the host and port that they share."""
        at: dict[tuple[str, int], tuple[list[Listener], list[Backend]]] = {}
        for listener in (one for one in self.site.listeners if one.address.link in LINKS):
            at.setdefault((listener.address.host, listener.address.port), ([], []))[0].append(listener)
        for backend in self.site.backends:
            if backend.address.codec == "soap" and backend.callback_listen is not None:
                at.setdefault(backend.callback_listen, ([], []))[1].append(backend)
        return [(place, listeners, callbacks) for place, (listeners, callbacks) in at.items()]

    def _guard(self, door: Callable[[Any], None]) -> Callable[[Any], None]:
        """A fault of ours in one request is logged, costs that peer its connection, and nobody else anything."""

        def guarded(request: Exchange | Handshake) -> None:
            try:
                door(request)
            except Exception as error:  # the last line of defence: bad input must never stop the gateway
                self.metrics.refused("crash")
                self.log.failure("a request crashed", error)
                if isinstance(request, Exchange):
                    request.drop()
                else:
                    request.refuse(500)

        return guarded

    def _dial(
        self, url: str, names: tuple[str, ...], headers: list[tuple[str, str]], receiver: Receiver, backend: Backend
    ) -> Deferred[WebSocket]:
        within, trust = self.site.policy.backend_call, self._trust[backend.name]
        return connect(self.reactor, url, names, headers, receiver, self.limits, within, trust, self._frames)

    # -- health --------------------------------------------------------------------------------------------------

    def _ready(self) -> str | None:
        if self.relay.stopping:
            return "draining"
        if not self.relay.healthy:
            return "the journal cannot store"
        return None if all(gate.listening for gate in self.gates) else "a listener cannot be opened again"

    def _health(self, healthy: bool) -> None:
        """Closing beats refusing: while nothing can be stored a station must find nobody here."""
        if healthy:
            self.log.info("storing again")
            for gate in self.gates:
                self._reopen(gate)
            backlog.resume(self.relay)
            return
        self.log.info("storing failed: listeners are closed until it works again")
        for callers in self.callers:
            callers.shut()
        for gate in self.gates:
            gate.shut()

    def _reopen(self, gate: Way) -> None:
        ensureDeferred(gate.open()).addErrback(self._not_reopened, gate)

    def _not_reopened(self, failure: Any, gate: Way) -> None:
        self.log.warn("cannot listen again", address=gate.name, why=failure.getErrorMessage())
        self.reactor.callLater(REOPEN_EVERY, self._try_again, gate)

    def _try_again(self, gate: Way) -> None:
        if self.relay.healthy and not self.relay.stopping:
            self._reopen(gate)

    def _refused(self, reason: str) -> None:
        self.metrics.refused(reason)

    def _look(self, due: float) -> None:
        """How late this call is tells how far the reactor is behind."""
        now = self.reactor.seconds()
        self.relay.load.look(now - due)
        self._look_for_room(not descriptors.room(1, descriptors.STATIONS))
        self._looking = self.reactor.callLater(LOOK_EVERY, self._look, now + LOOK_EVERY)

    def _look_for_room(self, full: bool) -> None:
        if full != self._full:
            self._full = full
            self.metrics.full(full)
            if full:
                self.log.warn("descriptors are running out: nobody new is let in", limit=descriptors.limit())
            else:
                self.log.info("there are descriptors again")

    def _loaded(self, level: int) -> None:
        self.log.warn("how far the gateway is behind", load=level)
        self.metrics.loaded(level)
        for gate in self.gates:
            if isinstance(gate, Gate):  # other ways are asked by us, or hold one device
                gate.pause(level >= READS)

    def _measure(self) -> None:
        self.metrics.stations(sum(1 for c in self.relay.conversations.values() if c.station_end is not None))
        self.metrics.uplinks(sum(1 for c in self.relay.conversations.values() if c.backend_end is not None))
        self.journal.prune(lambda gone: None)
        self.journal.depth(partial(self._measured, self.reactor.seconds()))

    def _measured(self, begun: float, depth: Any) -> None:
        took = self.reactor.seconds() - begun
        if not self.relay.stopping:
            self._measuring = self.reactor.callLater(max(MEASURE_EVERY, min(REST * took, LONGEST_REST)), self._measure)
        if isinstance(depth, Depth):
            self.metrics.journal(depth, self.relay.wall())
            if depth.asked:
                replays.carry_out(self.relay)

    # -- stop ----------------------------------------------------------------------------------------------------

    def stop(self) -> Deferred[bool]:
        """Drain and close; fires with whether everything in flight was finished in time."""
        done: Deferred[bool] = Deferred()
        self.log.info("draining")
        for gate in self.gates:
            gate.close()
        self.relay.stop(self.site.drain, lambda whole: self._close(whole, done))
        return done

    def _close(self, whole: bool, done: Deferred[bool]) -> None:
        for gate in self.gates:
            gate.drain()
        for one in (self._measuring, self._looking):
            if one is not None and one.active():
                one.cancel()
        self.client.close()
        if self.admin_port is not None:
            self.admin_port.stopListening()
        self.journal.close(lambda: done.callback(whole))
        self.log.info("stopped", whole=whole)
