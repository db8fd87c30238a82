"""A simulated OCPP 1.5 station: cars come, charge and go, and its central system hears of it.

In: cars, answers, calls of the central system (SOAP).  Out: SOAP requests and answers; entries in the stations' books.
Not here: sockets (`gateway.demo.wires`), and no code of the gateway's: what a station says is its own.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from gateway.demo import envelopes
from gateway.demo.books import Entry, Ledger
from gateway.demo.calendar import Calendar, Car, Clock, cars, moment
from gateway.demo.envelopes import Dress, Envelope, Inner, Text
from gateway.demo.outbox import Outbox, Post

METER_EVERY = 900.0
"""Simulated seconds between two readings."""
BOOT_AGAIN = 0.3
"""Real seconds until a station that nobody answered boots again."""
SOON = 0.2
"""Real seconds between the answer to a command and its doing."""
UNPLUG = 0.7
"""Real seconds between the end of a transaction and the car's departure."""
REBOOT = 2.0
"""Real seconds that a restart takes."""

GOOD = tuple(f"CARD{number:04}" for number in range(1, 61))
BAD = ("STOLEN01", "EXPIRED7", "NOBODY99")


@dataclass(frozen=True, slots=True)
class Make:
    """A kind of station."""

    vendor: str
    model: str
    firmware: str
    dress: Dress


MAKES = (
    Make("Northpole", "NP-22 Duo", "3.1.7", Dress("SOAP-ENV", "wsa5", "ns1")),
    Make("Lindenhof", "Twin S", "R2012b", Dress("soap", "wsa", "cs")),
)


@dataclass(slots=True)
class Connector:
    """One outlet, its register (Wh) and whatever charges there.  ``phase``: free, asking, starting, charging, stopping."""

    number: int
    register: int
    phase: str = "free"
    state: str = "Unavailable"
    car: Car | None = None
    transaction: str = ""
    began: datetime | None = None
    meter_start: int = 0
    readings: list[tuple[datetime, int]] = field(default_factory=list)

    @property
    def energy(self) -> int:
        """Watt-hours of the transaction so far, as last read; 0 where there is none."""
        return self.register - self.meter_start if self.phase in ("starting", "charging", "stopping") else 0

    def read(self, now: datetime) -> int:
        """Look at the register."""
        if self.car is not None and self.began is not None:
            drawn = self.car.watts * (now - self.began).total_seconds() / 3600
            self.register = self.meter_start + int(min(drawn, self.car.wanted))
        return self.register


class Station:
    """One station.  ``address`` is where it takes calls, ``central`` where it sends its own."""

    def __init__(
        self,
        identity: str,
        make: Make,
        clock: Clock,
        calendar: Calendar,
        rng: random.Random,
        post: Post,
        ledger: Ledger,
        address: str = "",
        central: str = "",
        connectors: int = 2,
    ) -> None:
        self.identity, self.make, self.clock, self.calendar, self.rng = identity, make, clock, calendar, rng
        self.ledger, self.address, self.central = ledger, address, central
        self.outbox = Outbox(clock, post)
        self.connectors = [Connector(n, rng.randrange(10_000, 900_000)) for n in range(1, connectors + 1)]
        self.accepted = self.closing = False
        self.refused = self.commands = 0
        self.said: dict[str, str] = {}
        self.on_event: Callable[[str], None] = lambda what: None
        self._numbers = itertools.count(1)
        self._cars: Iterator[Car] | None = None
        self._beating: object = None

    # -- saying --------------------------------------------------------------------------------------------------

    def say(
        self, action: str, inner: Inner, keep: bool = False, done: Callable[[Envelope | None], None] = lambda _: None
    ) -> None:
        """Send a request when those before it are answered."""
        id = f"{self.identity}-{next(self._numbers)}"
        body = envelopes.request(self.make.dress, action, self.identity, self.address, self.central, id, inner)
        self.said[action] = body.decode()
        self.outbox.put(action, body, keep, done)

    @property
    def idle(self) -> bool:
        """Whether nobody charges and everything was said."""
        return self.outbox.empty and all(one.phase == "free" for one in self.connectors)

    # -- booting -------------------------------------------------------------------------------------------------

    def boot(self) -> None:
        """Announce itself, until it is accepted."""
        inner = [
            ("chargePointVendor", self.make.vendor),
            ("chargePointModel", self.make.model),
            ("chargeBoxSerialNumber", f"SN-{self.identity}"),
            ("firmwareVersion", self.make.firmware),
        ]
        self.say("BootNotification", inner, done=self._booted)

    def _booted(self, reply: Envelope | None) -> None:
        if reply is None or reply.get("status") != "Accepted":
            self.clock.callLater(BOOT_AGAIN, self.boot)
            return
        self.accepted = True
        interval = float(reply.get("heartbeatInterval") or 60)
        for number, state in [(0, "Available"), *((one.number, "Available") for one in self.connectors)]:
            self._status(number, state)
        for one in self.connectors:
            one.state = "Available"
        if self._beating is None:
            self._beating = self.clock.callLater(interval, self._beat, interval)
        if self._cars is None:
            self._cars = cars(self.rng, self.calendar.now(), GOOD, BAD)
            self._await_car()

    def _beat(self, interval: float) -> None:
        if self.accepted:
            self.say("Heartbeat", [])
        self._beating = self.clock.callLater(interval, self._beat, interval)

    def _status(self, number: int, state: str) -> None:
        inner = [("connectorId", number), ("status", state), ("errorCode", "NoError"), ("timestamp", self.calendar.stamp())]
        self.say("StatusNotification", inner)

    def _become(self, connector: Connector, state: str) -> None:
        connector.state = state
        self._status(connector.number, state)

    # -- a car ---------------------------------------------------------------------------------------------------

    def _await_car(self) -> None:
        assert self._cars is not None
        car = next(self._cars)
        delay = self.calendar.real((car.comes - self.calendar.now()).total_seconds())
        self.clock.callLater(delay, self._arrived, car)

    def _arrived(self, car: Car) -> None:
        if self.closing:
            return
        self._await_car()
        free = next((one for one in self.connectors if one.phase == "free"), None)
        if free is not None and self.accepted:  # else it drives on
            self.plug(free, car)

    def plug(self, connector: Connector, car: Car, known: bool = False) -> None:
        """A car is plugged in; ``known``: its tag came with a command, nobody need be asked."""
        connector.car, connector.phase = car, "asking"
        self._become(connector, "Occupied")
        if known:
            self._start(connector)
        else:
            self.say("Authorize", [("idTag", car.tag)], done=lambda reply: self._allowed(connector, reply))

    def _allowed(self, connector: Connector, reply: Envelope | None) -> None:
        if reply is not None and reply.get("idTagInfo/status") == "Accepted" and not self.closing:
            self._start(connector)
            return
        self.refused += not self.closing
        self._leave(connector)

    def _start(self, connector: Connector) -> None:
        assert connector.car is not None
        stamp = self.calendar.stamp()
        connector.phase, connector.began = "starting", moment(stamp)
        connector.meter_start, connector.readings = connector.register, []
        inner = [
            ("connectorId", connector.number),
            ("idTag", connector.car.tag),
            ("timestamp", stamp),
            ("meterStart", connector.meter_start),
        ]
        self.say("StartTransaction", inner, True, lambda reply: self._started(connector, reply))

    def _started(self, connector: Connector, reply: Envelope | None) -> None:
        connector.transaction = reply.get("transactionId") if reply is not None else ""
        connector.phase = "charging"
        if reply is None or reply.get("idTagInfo/status") != "Accepted" or self.closing:
            self.stop(connector)
            return
        # Told once more, as stations of that time do: only now may a newer version call it charging.
        self._become(connector, "Occupied")
        self._read_later(connector)

    # -- charging ------------------------------------------------------------------------------------------------

    def _read_later(self, connector: Connector) -> None:
        assert connector.car is not None
        left = (connector.car.wanted - connector.energy) * 3600 / connector.car.watts
        delay = self.calendar.real(min(METER_EVERY, max(left, 30.0)))
        self.clock.callLater(delay, self._read, connector, connector.transaction)

    def _read(self, connector: Connector, transaction: str) -> None:
        if connector.phase != "charging" or connector.transaction != transaction:
            return
        assert connector.car is not None
        stamp = self.calendar.stamp()
        register = connector.read(moment(stamp))
        if connector.energy >= connector.car.wanted:
            self.stop(connector)
            return
        connector.readings.append((moment(stamp), register))
        energy = Text(str(register), (("measurand", "Energy.Active.Import.Register"), ("unit", "Wh")))
        power = Text(str(connector.car.watts), (("measurand", "Power.Active.Import"), ("unit", "W")))
        values = [("timestamp", stamp), ("value", energy), ("value", power)]
        inner = [("connectorId", connector.number), ("transactionId", transaction), ("values", values)]
        self.say("MeterValues", inner, True)
        self._read_later(connector)

    def stop(self, connector: Connector) -> None:
        """End the transaction, and write it into the books."""
        assert connector.car is not None
        assert connector.began is not None
        stamp = self.calendar.stamp()
        ended, car = moment(stamp), connector.car
        connector.phase, register = "stopping", connector.read(ended)
        entry = (self.identity, connector.number, car.tag, connector.began, connector.meter_start, ended, register)
        self.ledger.book(Entry(*entry, tuple(connector.readings)))
        inner = [("transactionId", connector.transaction), ("idTag", car.tag), ("timestamp", stamp), ("meterStop", register)]
        self.say("StopTransaction", inner, True, lambda reply: self._stopped(connector))

    def _stopped(self, connector: Connector) -> None:
        self._become(connector, "Occupied")
        self.clock.callLater(UNPLUG, self._leave, connector)

    def _leave(self, connector: Connector) -> None:
        connector.phase, connector.car, connector.began, connector.transaction = "free", None, None, ""
        self._become(connector, "Available")

    def finish(self) -> None:
        """The day is over: nobody comes any more, whoever charges stops."""
        self.closing = True
        self._stop_all()

    def _stop_all(self) -> None:
        for one in self.connectors:
            if one.phase == "charging":
                self.stop(one)

    # -- commands ------------------------------------------------------------------------------------------------

    def asked(self, data: bytes) -> tuple[int, bytes]:
        """The central system calls: the HTTP status and the answer's body."""
        try:
            call = envelopes.read(data)
        except envelopes.Unreadable as error:
            return 500, envelopes.fault(self.make.dress, str(error))
        self.commands += 1
        answer = COMMANDS.get(call.name)
        inner = answer(self, call) if answer is not None else None
        if inner is None:
            return 500, envelopes.fault(self.make.dress, f"{call.name} is not supported")
        action = call.name.removesuffix("Request")
        return 200, envelopes.answer(self.make.dress, action[0].upper() + action[1:], self.identity, call.id, inner)

    def _remote_start(self, call: Envelope) -> Inner:
        number = int(call.get("connectorId") or 0)
        free = next((one for one in self.connectors if one.phase == "free" and number in (0, one.number)), None)
        if free is None or not self.accepted or self.closing:
            return [("status", "Rejected")]
        free.phase = "asking"
        watts = 11_000
        car = Car(self.calendar.now(), call.get("idTag"), watts, int(watts * self.rng.uniform(0.5, 1.5)))
        self.on_event(f"{self.identity}/{free.number} starts for {car.tag}: asked by the back end")
        self.clock.callLater(SOON, self.plug, free, car, True)
        return [("status", "Accepted")]

    def _remote_stop(self, call: Envelope) -> Inner:
        wanted = call.get("transactionId")
        found = next((one for one in self.connectors if one.phase == "charging" and one.transaction == wanted), None)
        if found is None:
            return [("status", "Rejected")]
        self.on_event(f"{self.identity}/{found.number} stops transaction {wanted}: asked by the back end")
        self.clock.callLater(SOON, self._stop_if, found, wanted)
        return [("status", "Accepted")]

    def _stop_if(self, connector: Connector, transaction: str) -> None:
        if connector.phase == "charging" and connector.transaction == transaction:
            self.stop(connector)

    def _unlock(self, call: Envelope) -> Inner:
        number = call.get("connectorId")
        free = any(one.phase == "free" and str(one.number) == number for one in self.connectors)
        return [("status", "Accepted" if free else "Rejected")]

    def _reset(self, call: Envelope) -> Inner:
        self.on_event(f"{self.identity} restarts: asked by the back end")
        self.clock.callLater(SOON, self._restart)
        return [("status", "Accepted")]

    def _restart(self) -> None:
        """Stop what charges, wait until all is said, then boot again."""
        self.accepted = False
        self._stop_all()
        if self.idle:
            self.clock.callLater(REBOOT, self.boot)
        else:
            self.clock.callLater(SOON, self._restart)

    def _configuration(self, call: Envelope) -> Inner:
        known = {"HeartBeatInterval": "20", "MeterValueSampleInterval": str(int(METER_EVERY)), "ConnectionTimeOut": "60"}
        asked = call.all("key") or list(known)
        inner: list[tuple[str, object]] = []
        for name in (one for one in asked if one in known):
            inner.append(("configurationKey", [("key", name), ("readonly", "true"), ("value", known[name])]))
        return [*inner, *(("unknownKey", name) for name in asked if name not in known)]


COMMANDS: dict[str, Callable[[Station, Envelope], Inner]] = {
    "remoteStartTransactionRequest": Station._remote_start,
    "remoteStopTransactionRequest": Station._remote_stop,
    "unlockConnectorRequest": Station._unlock,
    "resetRequest": Station._reset,
    "getConfigurationRequest": Station._configuration,
    "clearCacheRequest": lambda station, call: [("status", "Accepted")],
}
"""The body's element → who answers."""
