"""The demo's course: who begins when, when the back end goes away, and how it ends.

In: a plan, a reactor, a gateway process, a screen.  Out: an exit code, once the books are compared.
Not here: processes, signals and the terminal (`gateway.cli.demo`).
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol

from twisted.internet.defer import Deferred, gatherResults
from twisted.python.failure import Failure

from gateway.demo import figures, snapshot
from gateway.demo.backend import BackEnd, Office
from gateway.demo.books import Ledger, balance, line
from gateway.demo.calendar import FACTOR, Calendar
from gateway.demo.snapshot import Row, Snapshot, Traffic
from gateway.demo.stations import BAD, GOOD, MAKES, Connector, Station
from gateway.demo.wires import HOST, BackEndPort, open_stations, poster
from gateway.links.client import HttpClient, Response
from gateway.links.limits import Limits

MORNING = timedelta(hours=7)
TICK = 0.25
OFFICE_EVERY = 3.0
SETTLE = 40.0
"""Seconds, at the end, in which everything must have reached the back end."""
GATEWAY_BEGINS = 60.0
"""Seconds that the gateway may take to begin; a busy machine needs some."""
GATEWAY_ENDS = 5.0
"""Seconds that the gateway may take to end before it is killed."""
GUEST = "yours"
"""What stands for that which only the station itself could tell."""
WORTH_SHOWING = ("MeterValues", "StartTransaction", "StopTransaction")


@dataclass(frozen=True, slots=True)
class Plan:
    """What was asked for.  ``seconds``: how long, None: until told to stop."""

    stations: int = 4
    speed: float = 1.0
    seconds: float | None = None

    @property
    def outage(self) -> tuple[float, float]:
        """When the back end goes away, and for how long; seconds."""
        whole = self.seconds if self.seconds is not None else 1000.0
        return min(30.0, 0.4 * whole), min(15.0, 0.25 * whole)


@dataclass(frozen=True, slots=True)
class Places:
    """Where everything is: URLs of the gateway, ports of ours."""

    stations_come_to: str
    admin: str
    backend_port: int
    stations_port: int


class Child(Protocol):
    """The gateway's process."""

    def alive(self) -> bool:
        """Whether it runs."""

    def end(self) -> None:
        """Ask it to end."""

    def kill(self) -> None:
        """End it."""


class Screen(Protocol):
    """What the demo is shown on."""

    def show(self, now: Snapshot) -> None:
        """Show this."""

    def event(self, text: str) -> None:
        """Something happened."""


class Show:
    """One demo.  ``chance`` gives each part its own source of chance; ``done`` gets the exit code, at the very end."""

    def __init__(
        self,
        reactor: Any,
        plan: Plan,
        places: Places,
        wall: Callable[[], datetime],
        chance: Callable[[str], random.Random],
        child: Child,
        screen: Screen,
        done: Callable[[int], None],
    ) -> None:
        self.reactor, self.plan, self.places, self.child, self.screen, self.done = reactor, plan, places, child, screen, done
        self.chance = chance
        begins = wall().replace(hour=0, minute=0, second=0, microsecond=0) + MORNING
        self.calendar = Calendar(reactor, begins, FACTOR * plan.speed)
        self.client = HttpClient(reactor, Limits())
        self.at_stations, self.at_backend = Ledger(), Ledger()
        ours = [identity_of(number) for number in range(plan.stations)]
        self.backend = BackEnd(wall, ours, GOOD, BAD[:1], self.at_backend)
        self.backend.on_heard = self._heard
        self.port = BackEndPort(reactor, places.backend_port, self.backend)
        self.office = Office(self.backend, chance("office"), self.event)
        self.stations = {one.identity: one for one in map(self._station, range(plan.stations))}
        self.figures = figures.Figures()
        self.events: deque[str] = deque(maxlen=6)
        self.ending = False
        self._pair: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
        self._away_since: float | None = None
        self._counts: deque[tuple[float, int, int]] = deque(maxlen=9)
        self._port_of_stations: Any = None
        self._scraping = False

    def _station(self, number: int) -> Station:
        identity = identity_of(number)
        rng = self.chance(identity)
        post = poster(self.client, self.places.stations_come_to)
        own = f"http://{HOST}:{self.places.stations_port}/{identity}"
        make = MAKES[number % len(MAKES)]
        made = Station(
            identity, make, self.reactor, self.calendar, rng, post, self.at_stations, own, self.places.stations_come_to
        )
        made.on_event = self.event
        return made

    # -- the course ----------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Open the ports, and begin as soon as the gateway is ready."""
        opened = [self.port.open(), open_stations(self.reactor, self.places.stations_port, self.stations)]
        gatherResults(opened).addCallbacks(self._opened, self._stuck)
        self._finish_after(GATEWAY_BEGINS)
        self._tick()

    def _finish_after(self, begun: float) -> None:
        """The day is as long as was asked for: counted from when the gateway is ready, or ought to be."""
        if self.plan.seconds is not None:
            self.reactor.callLater(begun + self.plan.seconds, self.finish)

    def _opened(self, ports: list[Any]) -> None:
        self._port_of_stations = ports[1]
        self._knock()

    def _stuck(self, failure: Failure) -> None:
        self.event(f"cannot listen: {failure.getErrorMessage()}")
        self._end(1)

    def _knock(self) -> None:
        if not self.ending:
            again = lambda _: self.reactor.callLater(0.1, self._knock)  # noqa: E731
            self.client.get(self.places.admin + "readyz", [], 2.0).addCallbacks(self._answered, again)

    def _answered(self, response: Response) -> None:
        if response.status != 200:
            self.reactor.callLater(0.1, self._knock)
            return
        self.event("the gateway is ready: the stations boot")
        self._finish_after(0.0)
        for number, station in enumerate(self.stations.values()):
            self.reactor.callLater(0.1 * number, station.boot)
        self.reactor.callLater(OFFICE_EVERY, self._work)
        at, lasts = self.plan.outage
        self.reactor.callLater(at, self._leave, lasts)

    def _work(self) -> None:
        if not self.ending:
            self.office.act()
            self.reactor.callLater(OFFICE_EVERY, self._work)

    def _leave(self, lasts: float) -> None:
        if self.ending:
            return
        self.event(f"the back end goes away for {lasts:g} seconds, while {self.now().charging} cars charge")
        self._away_since = self.reactor.seconds()
        self.port.leave()
        self.reactor.callLater(lasts, self._return)

    def _return(self) -> None:
        if self._away_since is not None:
            self._away_since = None
            self.event(f"the back end is there again; {self.figures.waiting} messages wait for it")
            self.port.come_back()

    # -- the end -------------------------------------------------------------------------------------------------

    def finish(self) -> None:
        """The time is over: all cars stop, and everything must arrive."""
        if self.ending:
            return
        self.ending = True
        self.event("the day ends: all cars stop, and what waits is delivered")
        self._return()
        for station in self.stations.values():
            station.finish()
        self._settle(self.reactor.seconds() + SETTLE)

    def _settle(self, until: float) -> None:
        idle = all(station.idle for station in self.stations.values())
        equal = balance(self.at_stations, self.at_backend).equal
        if idle and equal and self.figures.waiting == 0:
            self._end(0 if self.at_stations.entries else 1)
        elif self.reactor.seconds() > until:
            self._end(1)
        else:
            self.reactor.callLater(0.1, self._settle, until)

    def interrupt(self) -> None:
        """Somebody wants it to end now."""
        self.ending = True
        self._end(0)

    def _end(self, code: int) -> None:
        if self.done is _nothing_more:
            return
        done, self.done = self.done, _nothing_more
        self.ending = True
        self.screen.show(self.now())
        self.child.end()
        self._await_child(self.reactor.seconds() + GATEWAY_ENDS, lambda: done(code))

    def _await_child(self, until: float, then: Callable[[], None]) -> None:
        if self.child.alive() and self.reactor.seconds() < until:
            self.reactor.callLater(0.05, self._await_child, until, then)
            return
        if self.child.alive():
            self.child.kill()
        self.port.close()
        self.client.close()
        if self._port_of_stations is not None:
            self._port_of_stations.stopListening()
        then()

    # -- the picture ---------------------------------------------------------------------------------------------

    def event(self, text: str) -> None:
        """Something worth a line."""
        self.events.append(text)
        self.screen.event(text)

    def _heard(self, station: str, action: str, payload: dict[str, Any], text: str) -> None:
        """Pair what the back end heard with what the station said last, where that is the same message."""
        said = self.stations[station].said.get(action, "") if station in self.stations else ""
        stamp = payload.get("timestamp") or payload.get("meterValue", [{}])[0].get("timestamp", "")
        if action in WORTH_SHOWING and stamp and stamp[:19] in said:
            self._pair = (snapshot.fragment(said), snapshot.frame(text))

    def _tick(self) -> None:
        if self.done is _nothing_more:
            return
        if not self.child.alive():
            self.event("the gateway has ended by itself")
            self._end(1)
            return
        self._scrape()
        sent = sum(one.outbox.sent + one.commands for one in self.stations.values())
        self._counts.append((self.reactor.seconds(), sent, self.backend.frames))
        self.screen.show(self.now())
        self.reactor.callLater(TICK, self._tick)

    def _scrape(self) -> None:
        if not self._scraping:
            self._scraping = True
            asked: Deferred[Response] = self.client.get(self.places.admin + "metrics", [], 2.0)
            asked.addCallback(self._scraped).addErrback(lambda _: None).addBoth(self._scrape_over)

    def _scraped(self, response: Response) -> None:
        if response.status == 200:
            self.figures = figures.read(response.body.decode())

    def _scrape_over(self, _: object) -> None:
        self._scraping = False

    def now(self) -> Snapshot:
        """How it stands."""
        away = self.reactor.seconds() - self._away_since if self._away_since is not None else None
        rows = tuple(self._row(station, one) for station in self.stations.values() for one in station.connectors)
        rows += tuple(self._guest(*place) for place in sorted(self.backend.states) if place[0] not in self.stations and place[1])
        books = line(self.at_stations, self.at_backend)
        day = self.calendar.now().strftime("%H:%M")
        return Snapshot(day, away, rows, self._traffic(), self.figures, books, *self._pair, tuple(self.events))

    def _row(self, station: Station, one: Connector) -> Row:
        there = self.backend.open_at(station.identity, one.number)
        state = self.backend.states.get((station.identity, one.number), "")
        tag, id = one.car.tag if one.car else "", str(there.id) if there else ""
        return Row(f"{station.identity}/{one.number}", one.state, tag, one.energy, one.transaction, id, state)

    def _guest(self, station: str, connector: int) -> Row:
        """A connector of a station that is none of ours: only the back end can tell."""
        found, state = self.backend.open_at(station, connector), self.backend.states[station, connector]
        if found is None:
            return Row(f"{station}/{connector}", GUEST, "", 0, "", "", state)
        energy = int(max(found.readings.values(), default=Decimal(found.meter_start))) - found.meter_start
        return Row(f"{station}/{connector}", GUEST, found.tag, energy, GUEST, str(found.id), state)

    def _traffic(self) -> Traffic:
        stations = self.stations.values()
        first, last = (self._counts[0], self._counts[-1]) if self._counts else ((0.0, 0, 0), (0.0, 0, 0))
        span = max(last[0] - first[0], TICK)
        rates = ((last[1] - first[1]) / span, (last[2] - first[2]) / span)
        refused = sum(one.refused for one in stations)
        return Traffic(last[1], last[2], *rates, refused, self.office.asked, self.backend.repeats)


def identity_of(number: int) -> str:
    """What the demo's stations are called."""
    return f"DEMO-{number + 1}"


def _nothing_more(code: int) -> None:
    """The end has begun already."""
