"""A simulated OCPP 1.6 JSON back end: answers what stations say, writes it into its books, and asks for things now and then.

In: text frames of stations.  Out: text frames; entries in the back end's books.
Not here: sockets (`gateway.demo.wires`), and no code of the gateway's: what the back end says is its own.
"""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from gateway.demo.books import Entry, Ledger
from gateway.demo.calendar import moment

INTERVAL = 20
"""Seconds between heartbeats that stations are told."""
FIRST_ID = 9_000_001
OWN_TAGS = tuple(f"APP{number:05}" for number in range(1, 100))
"""Tags of drivers who start by the back end's app."""

Send = Callable[[str], None]
Done = Callable[[str, Any], None]
"""What became of a command: ``result`` with its payload, or the error's code with its description."""
Answered = dict[str, Any]


@dataclass(slots=True)
class Transaction:
    """One transaction as the back end sees it."""

    id: int
    station: str
    connector: int
    tag: str
    began: datetime
    meter_start: int
    readings: dict[datetime, Decimal] = field(default_factory=dict)
    stopped: tuple[datetime, int] | None = None


class Line:
    """One station's link to the back end."""

    def __init__(self, backend: BackEnd, station: str, send: Send) -> None:
        self.backend, self.station, self._send = backend, station, send
        self._asked: dict[str, Done] = {}

    def text(self, text: str) -> None:
        """A frame came."""
        frame = json.loads(text)
        self.backend.frames += 1
        if frame[0] == 2:
            self._call(frame[1], frame[2], frame[3], text)
        elif frame[1] in self._asked:
            done = self._asked.pop(frame[1])
            done("result", frame[2]) if frame[0] == 3 else done(frame[2], frame[3])

    def _call(self, id: str, action: str, payload: Answered, text: str) -> None:
        answer = ANSWERS.get(action)
        if answer is None:
            self._send(json.dumps([4, id, "NotImplemented", f"no {action} here", {}]))
            return
        try:
            result = answer(self.backend, self.station, payload)
        except (KeyError, TypeError, ValueError, ArithmeticError) as error:
            self._send(json.dumps([4, id, "FormationViolation", f"{action}: {error!r}", {}]))
            return
        self._send(json.dumps([3, id, result]))
        self.backend.on_heard(self.station, action, payload, text)

    def ask(self, action: str, payload: Answered, done: Done) -> None:
        """Send a command."""
        id = f"b-{next(self.backend.numbers)}"
        self._asked[id] = done
        self._send(json.dumps([2, id, action, payload]))


class BackEnd:
    """Everything that the back end knows.  ``now`` gives the real time, aware, in UTC.

    ``ours`` are the demo's own stations.  Whoever else joins is a guest: any tag of theirs is good, and their transactions
    stand in a ledger of their own, because nobody here can say what they charged.
    """

    def __init__(
        self, now: Callable[[], datetime], ours: Collection[str], good: Collection[str], blocked: Collection[str], ledger: Ledger
    ) -> None:
        self.now, self.ours, self.good, self.blocked, self.ledger = now, ours, good, blocked, ledger
        self.guests = Ledger()
        self.lines: dict[str, Line] = {}
        self.states: dict[tuple[str, int], str] = {}
        self.transactions: dict[int, Transaction] = {}
        self.numbers = itertools.count(1)
        self.frames = self.repeats = self.strays = 0
        self.on_heard: Callable[[str, str, Answered, str], None] = lambda station, action, payload, text: None
        self._started: dict[tuple[Any, ...], int] = {}
        self._ids = itertools.count(FIRST_ID)

    def connected(self, station: str, send: Send) -> Line:
        """A station's link opened."""
        made = self.lines[station] = Line(self, station, send)
        return made

    def gone(self, line: Line) -> None:
        """A station's link closed."""
        if self.lines.get(line.station) is line:
            del self.lines[line.station]

    def open_at(self, station: str, connector: int) -> Transaction | None:
        """What charges at a connector, as far as the back end knows."""
        found = (t for t in self.transactions.values() if (t.station, t.connector) == (station, connector) and t.stopped is None)
        return next(found, None)

    # -- answers -------------------------------------------------------------------------------------------------

    def _tag(self, station: str, tag: str) -> Answered:
        good = station not in self.ours or tag in self.good or tag in OWN_TAGS
        status = "Accepted" if good else "Blocked" if tag in self.blocked else "Invalid"
        return {"idTagInfo": {"status": status}}

    def _stamp(self) -> str:
        return self.now().strftime("%Y-%m-%dT%H:%M:%S.000Z")

    def _boot(self, station: str, payload: Answered) -> Answered:
        return {"status": "Accepted", "currentTime": self._stamp(), "interval": INTERVAL}

    def _heartbeat(self, station: str, payload: Answered) -> Answered:
        return {"currentTime": self._stamp()}

    def _status(self, station: str, payload: Answered) -> Answered:
        self.states[station, payload["connectorId"]] = payload["status"]
        return {}

    def _authorize(self, station: str, payload: Answered) -> Answered:
        return self._tag(station, payload["idTag"])

    def _start(self, station: str, payload: Answered) -> Answered:
        began, connector, tag, meter = (
            moment(payload["timestamp"]),
            payload["connectorId"],
            payload["idTag"],
            payload["meterStart"],
        )
        key = (station, connector, tag, began, meter)
        if key in self._started:
            # Our answer was lost with the link: delivery is at least once, and a back end must know what it has.
            self.repeats += 1
        else:
            id = self._started[key] = next(self._ids)
            self.transactions[id] = Transaction(id, station, connector, tag, began, meter)
        return {"transactionId": self._started[key], **self._tag(station, tag)}

    def _meter(self, station: str, payload: Answered) -> Answered:
        found = self._known(station, payload["transactionId"]) if "transactionId" in payload else None
        for reading in payload["meterValue"] if found is not None else ():
            energy = [s["value"] for s in reading["sampledValue"] if s.get("measurand", ENERGY) == ENERGY]
            if found is not None and energy:
                at = moment(reading["timestamp"])
                self.repeats += at in found.readings
                found.readings[at] = Decimal(energy[0])
        return {}

    def _stop(self, station: str, payload: Answered) -> Answered:
        found = self._known(station, payload["transactionId"])
        if found is not None and found.stopped is not None:
            self.repeats += 1
        elif found is not None:
            found.stopped = (moment(payload["timestamp"]), payload["meterStop"])
            start = (found.station, found.connector, found.tag, found.began, found.meter_start)
            ledger = self.ledger if station in self.ours else self.guests
            ledger.book(Entry(*start, *found.stopped, tuple(sorted(found.readings.items()))))
        return self._tag(station, payload["idTag"]) if "idTag" in payload else {}

    def _known(self, station: str, id: int) -> Transaction | None:
        found = self.transactions.get(id)
        if found is None or found.station != station:
            self.strays += 1
            return None
        return found


ENERGY = "Energy.Active.Import.Register"
ANSWERS: dict[str, Callable[[BackEnd, str, Answered], Answered]] = {
    "BootNotification": BackEnd._boot,
    "Heartbeat": BackEnd._heartbeat,
    "StatusNotification": BackEnd._status,
    "Authorize": BackEnd._authorize,
    "StartTransaction": BackEnd._start,
    "MeterValues": BackEnd._meter,
    "StopTransaction": BackEnd._stop,
    "DataTransfer": lambda backend, station, payload: {"status": "UnknownVendorId"},
    "DiagnosticsStatusNotification": lambda backend, station, payload: {},
    "FirmwareStatusNotification": lambda backend, station, payload: {},
}
"""Action → who answers."""


class Office:
    """The people at the back end, who ask stations for things: one after another, in a fixed round.  Guests are left alone."""

    ROUND = (
        "GetConfiguration",
        "RemoteStartTransaction",
        "TriggerMessage",
        "UnlockConnector",
        "RemoteStopTransaction",
        "SetChargingProfile",
        "RemoteStartTransaction",
        "GetConfiguration",
        "RemoteStopTransaction",
        "Reset",
    )

    def __init__(self, backend: BackEnd, rng: random.Random, on_event: Callable[[str], None]) -> None:
        self.backend, self.rng, self.on_event = backend, rng, on_event
        self._round = itertools.cycle(self.ROUND)
        self.asked = self.accepted = self.refused = 0

    def act(self) -> None:
        """Ask for the next thing, if there is anyone whom to ask."""
        if not self._reachable():
            return
        action = next(self._round)
        made = self._command(action)
        if made is None:
            return
        station, payload = made
        self.asked += 1
        self.backend.lines[station].ask(action, payload, lambda what, said: self._done(station, action, what, said))

    def _done(self, station: str, action: str, what: str, said: Any) -> None:
        word = said.get("status", "answered") if what == "result" else f"{what}: {said}"
        self.accepted += what == "result" and word in ("Accepted", "answered", "Unlocked")
        self.refused += what != "result"
        self.on_event(f"back end asked {station}: {action} → {word}")

    def _command(self, action: str) -> tuple[str, Answered] | None:
        """A station to ask, and what."""
        if action == "RemoteStopTransaction":
            running = [t for t in self.backend.transactions.values() if t.stopped is None and t.station in self._reachable()]
            one = self.rng.choice(running) if running else None
            return (one.station, {"transactionId": one.id}) if one else None
        if action in ("RemoteStartTransaction", "UnlockConnector"):
            free = [at for at, state in sorted(self.backend.states.items()) if self._free(at, state)]
            return self._at(action, self.rng.choice(free)) if free else None
        return self.rng.choice(self._reachable()), _payload(action)

    def _free(self, at: tuple[str, int], state: str) -> bool:
        return at[1] > 0 and state == "Available" and at[0] in self._reachable()

    def _reachable(self) -> list[str]:
        return sorted(self.backend.lines.keys() & set(self.backend.ours))

    def _at(self, action: str, at: tuple[str, int]) -> tuple[str, Answered]:
        payload: Answered = {"connectorId": at[1]}
        if action == "RemoteStartTransaction":
            payload["idTag"] = self.rng.choice(OWN_TAGS)
        return at[0], payload


def _payload(action: str) -> Answered:
    period = {"startPeriod": 0, "limit": 16.0}
    schedule = {"chargingRateUnit": "A", "chargingSchedulePeriod": [period]}
    profile = {
        "chargingProfileId": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Relative",
    }
    payloads: dict[str, Answered] = {
        "GetConfiguration": {"key": ["HeartbeatInterval", "MeterValueSampleInterval"]},
        "TriggerMessage": {"requestedMessage": "StatusNotification", "connectorId": 1},
        "Reset": {"type": "Soft"},
        "SetChargingProfile": {"connectorId": 0, "csChargingProfiles": {**profile, "chargingSchedule": schedule}},
    }
    return payloads[action]
