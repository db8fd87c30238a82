"""What a simulated station does: plugs, meters, a clock of its own, a queue that outlives links and reboots.

In: a plan for the day, answers and commands from its speech.  Out: calls to its speech, the truth for the ledger.
Not here: words on the wire (`tests.simulation.json_station`, `.soap_station`).

It is written from OCPP 1.6, sections 3.7 and 4, and from how real firmware retries; it knows nothing of the gateway.
"""

from __future__ import annotations

import random
from collections import deque
from typing import Any

from tests.simulation.asks import Ask, Plan
from tests.simulation.truth import Item, Session
from tests.simulation.watches import Watch


class Station:
    """One station.  ``speech`` puts its calls on the wire."""

    def __init__(self, world: Any, number: int, speech: Any, plans: list[Plan]) -> None:
        self.world, self.number, self.name, self.ip = world, number, f"CP-{number}", f"192.0.2.{10 + number}"
        self.chance = chance = random.Random(f"{world.seed} station {number}")
        self.plans = plans
        self.sloppy = world.sloppy and chance.random() < 0.3
        self.connectors = 1 if self.sloppy else chance.randint(1, 2)
        self.patience = chance.uniform(18, 40)
        self.redials = chance.random() < 0.5
        self.boots_always = chance.random() < 0.5
        self.kilo = chance.random() < 0.3
        self.watch = Watch(world.time, chance)
        self.registers = {c: (number * 10 + c) * 1_000_000 for c in range(1, self.connectors + 1)}
        self.queue: deque[Item] = deque()
        self.errands: deque[Ask] = deque()
        self.running: dict[int, Session] = {}
        self.starting: set[int] = set()
        self.stays: dict[int, float] = {}
        self.on = self.linked = self.booted = False
        self.busy: Ask | None = None
        self.silences = 0
        self.boot_due = 0.0
        self.interval = 300.0
        self.retry_at = 0.0
        self.executed: dict[Any, int] = {}
        self.link_losses = 0
        self.slowest = 0.0
        self._asks = 0
        self._timer: Any = None
        self._beat: Any = None
        self.speech = speech(self)
        for plan in plans:
            world.time.later(None, plan.at, self.plugged, plan)

    def meter(self, connector: int) -> int:
        """Its register, which grows with each look."""
        self.registers[connector] += self.chance.randint(1, 900)
        self.registers[connector] += self.registers[connector] % 10 == 0  # no digit that a number may leave out
        return self.registers[connector]

    # -- life ----------------------------------------------------------------------------------------------------

    def power_on(self) -> None:
        """The station starts."""
        if not self.on:
            self.on, self.booted = True, False
            self.watch.power_on()
            self.speech.begin()

    def power_off(self) -> None:
        """It stops at once; what is queued is in its flash, and so is what runs: a stop for each."""
        if self.on:
            for connector in list(self.running):
                self.stop(connector, "PowerLoss")
            self.on = False
            self.starting.clear()
            self.speech.end()
            self.forget_call()

    def reboot(self, after: float) -> None:
        """Power off, and on again."""
        if self.on:
            self.world.count("reboots of a station")
            self.power_off()
            self.world.time.later(None, after, self.power_on)

    def here(self) -> None:
        """The link stands."""
        self.linked = True
        self.booted = self.booted and not self.boots_always
        self.boot_due = self.world.time.now
        self.pump()

    def away(self) -> None:
        """The link is lost."""
        self.linked = False
        self.link_losses += 1
        self.forget_call()

    def forget_call(self) -> None:
        """Nobody will answer what was asked.  Only transactions are said again."""
        self._stop_timer()
        asks, self.busy = [*([self.busy] if self.busy else []), *self.errands], None
        self.errands.clear()
        for ask in asks:
            self._unheard(ask)

    def _unheard(self, ask: Ask) -> None:
        if ask.kind == "authorize" and self.on and ask.fields["connector"] in self.starting:
            self.start(ask.fields["connector"], ask.fields["tag"])  # it lets charge offline

    # -- sessions ------------------------------------------------------------------------------------------------

    def plugged(self, plan: Plan) -> None:
        """Somebody comes, as planned."""
        connector = min(plan.connector, self.connectors)
        if not self.on or connector in self.running or connector in self.starting:
            return
        self.starting.add(connector)
        self.stays[connector] = plan.stay
        self.status(connector, "Preparing")
        if plan.asks and self.linked and self.booted:
            self.errand(Ask("authorize", {"tag": plan.tag, "connector": connector}))
        else:
            self.start(connector, plan.tag)

    def _unplugged(self, session: Session) -> None:
        if self.on and self.running.get(session.connector) is session:
            self.stop(session.connector, "EVDisconnected")

    def start(self, connector: int, tag: str) -> None:
        """Energy flows."""
        self.starting.discard(connector)
        begun, meter = self.watch.says(), self.meter(connector)
        session = self.world.ledger.session(self.name, connector, tag, begun, meter)
        session.id = self.speech.own_id(session)
        if session.id is not None:
            session.told.append(session.id)
        session.token = self.sloppy and not (self.linked and self.booted and not self.queue)
        self.running[connector] = session
        if self.speech.plugs and self.chance.random() < 0.25:
            session.nameless = True
            self.enqueue("plug", session, str(meter), connector=connector, when=begun, meter=str(meter))
            self.world.time.later(None, self.chance.uniform(1, 15), self._token, session)
        else:
            self._begun(session, begun, str(meter))
        self.world.time.later(None, self.stays[connector], self._unplugged, session)

    def _token(self, session: Session) -> None:
        """Only now it is known who charges."""
        if session.nameless:
            session.nameless = False
            sign = f'"{session.id}"|"seqNo": {session.events},'
            self._begun(session, self.watch.says(), sign)

    def _begun(self, session: Session, when: str, sign: str) -> None:
        there = {"connector": session.connector, "tag": session.tag}
        self.enqueue("start", session, sign, **there, when=when, meter=str(session.meter_start))
        self.status(session.connector, "Charging")
        self.world.time.later(None, self.chance.uniform(5, 60), self.read, session)

    def read(self, session: Session) -> None:
        """A periodic reading."""
        if self.running.get(session.connector) is not session or not self.on:
            return
        readings, sign, when = [], "", self.watch.says()
        for _ in range(self.chance.choice((1, 1, 2))):
            register = self.meter(session.connector)
            value = f"{register // 1000}.{register % 1000:03}" if self.kilo else str(register)
            sign = sign or value
            readings.append((when, value, "kWh" if self.kilo else "Wh", "Energy.Active.Import.Register"))
            if self.chance.random() < 0.3:
                readings.append((when, str(self.chance.randint(0, 11000)), "W", "Power.Active.Import"))
        self.enqueue("meter", session, sign, connector=session.connector, readings=readings)
        self.world.time.later(None, self.chance.uniform(15, 90), self.read, session)

    def loose_reading(self) -> None:
        """A reading that belongs to no transaction."""
        if self.on and 1 not in self.running:
            value = str(self.meter(1))
            reading = (self.watch.says(), value, "Wh", "Energy.Active.Import.Register")
            self.enqueue("meter", None, value, connector=1, readings=[reading])

    def stop(self, connector: int, reason: str) -> None:
        """It ends."""
        self._token(self.running[connector])
        session = self.running.pop(connector)
        session.ended, session.meter_stop = self.watch.says(), self.meter(connector)
        fields = {"when": session.ended, "meter": str(session.meter_stop), "reason": reason}
        self.enqueue("stop", session, str(session.meter_stop), tag=session.tag, **fields)
        self.status(connector, "Available")

    # -- speaking ------------------------------------------------------------------------------------------------

    def enqueue(self, kind: str, session: Session | None, sign: str, **fields: Any) -> None:
        """Something that must be told, whatever happens."""
        self.world.log(f"{self.name} has {kind} {sign}")
        if session is not None:
            fields |= {"seq": session.events, "offline": not (self.linked and self.booted)}
            session.events += 1
        self.queue.append(self.world.begun(self.world.ledger.item(kind, self.name, session, sign, **fields)))
        self.pump()

    def errand(self, ask: Ask) -> None:
        """Something that is told now or never."""
        if self.on and self.linked and self.booted:
            self.errands.append(ask)
            self.pump()
        else:
            self._unheard(ask)

    def status(self, connector: int, state: str) -> None:
        """A connector's state."""
        self.errand(Ask("status", {"connector": connector, "state": state}))

    def beat(self) -> None:
        """A heartbeat, and the next one."""
        self._beat = self.world.time.later(None, self.interval, self.beat)
        if not self.errands and self.busy is None:
            self.errand(Ask("beat", {}))

    def pump(self) -> None:
        """Say the next thing."""
        now = self.world.time.now
        if not self.on or not self.linked or self.busy is not None:
            return
        if max(self.retry_at, 0 if self.booted else self.boot_due) > now:
            return  # a timer is set
        if not self.booted:
            self._send(Ask("boot", {}))
        elif self.errands:
            self._send(self.errands.popleft())
        elif self.queue:
            item = self.queue[0]
            self._send(Ask(item.kind, item.fields, item))

    def _send(self, ask: Ask) -> None:
        self._asks += 1
        self.busy, ask.id, ask.since = ask, f"{self.name}-{self._asks}", self.world.time.now
        if ask.item is not None:
            if ask.item.sends:
                self.world.count("retries of a station")
                if ask.item.booked is not None or self.world.stored(ask.item):
                    self.world.count("doubles from a station")
            ask.item.sends += 1
            ask.item.asked = ask.item.asked if ask.item.asked is not None else self.world.time.now
        self._timer = self.world.time.later(None, self.patience, self._silent, ask)
        self.speech.send(ask)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _silent(self, ask: Ask) -> None:
        self.world.log(f"{self.name} gets no answer to {ask.kind}")
        self.busy = None
        self.silences += 1
        self.world.count("calls that nobody answered")
        if self.redials or self.silences >= 2:
            self.silences = 0
            self._unheard(ask)
            self.speech.drop()
        else:
            self._unheard(ask)
            self.pump()

    def lost(self, ask: Ask) -> None:
        """An exchange broke (SOAP): once more, later."""
        if self.busy is ask:
            self.busy = None
            self._stop_timer()
            self.link_losses += 1
            self._unheard(ask)
            self.later(self.chance.uniform(2, 20))

    def later(self, seconds: float) -> None:
        """Say nothing for a while."""
        self.retry_at = self.world.time.now + seconds
        self.world.time.later(None, seconds + 0.001, self.pump)

    # -- hearing -------------------------------------------------------------------------------------------------

    def refused(self, ask: Ask, code: str) -> None:
        """An error came."""
        if self.busy is not ask:
            return
        self.world.log(f"{self.name} is refused {ask.kind}: {code}")
        self._stop_timer()
        self.busy = None
        if ask.item is not None:
            # A real station would throw it away after some more of this.
            self.world.found("INV1", f"{self.name} was given the error {code} for {ask.kind} {ask.item.sign}")
        self._unheard(ask)
        self.later(5)

    def answered(self, ask: Ask, said: dict[str, Any]) -> None:
        """An answer came.  ``said``: status, interval, id, as the kind has them."""
        if ask.item is not None and ask.kind == "start" and self.speech.numbered:
            self.world.ledger.told(ask.item, said["id"])
        if self.busy is not ask:
            self.world.count("answers that came too late for a station")
            return
        self.world.log(f"{self.name} is answered {ask.kind} {said}")
        self._stop_timer()
        self.busy, self.silences = None, 0
        self.slowest = max(self.slowest, self.world.time.now - ask.since)
        getattr(self, f"_heard_{ask.kind}")(ask, said)
        if ask.item is not None:
            self.queue.popleft()
            self.world.acknowledged(ask.item)
        self.pump()

    def _heard_boot(self, ask: Ask, said: dict[str, Any]) -> None:
        self.watch.set()
        if said["status"] == "Accepted":
            self.booted = True
            self.interval = said["interval"] or 300.0
            if self._beat is not None:
                self._beat.cancel()
            self._beat = self.world.time.later(None, self.interval, self.beat)
            for connector in self.registers:
                self.status(connector, "Charging" if connector in self.running else "Available")
        else:
            self.boot_due = self.world.time.now + min(said["interval"] or 60.0, 60.0)
            self.world.time.later(None, self.boot_due - self.world.time.now + 0.001, self.pump)

    def _heard_authorize(self, ask: Ask, said: dict[str, Any]) -> None:
        connector = ask.fields["connector"]
        self.world.tokens.authorized(self.name, ask.fields["tag"], said["status"], ask.since)
        if connector not in self.starting:
            return
        if said["status"] == "Accepted":
            self.start(connector, ask.fields["tag"])
        else:
            self.starting.discard(connector)

    def _heard_start(self, ask: Ask, said: dict[str, Any]) -> None:
        assert ask.item is not None
        session = ask.item.session
        assert session is not None
        session.id = said["id"] if self.speech.numbered else session.id
        self.world.tokens.started(self.name, session.tag, said["status"], ask.item.asked)
        if said["status"] != "Accepted":
            self.world.count("starts that were refused")
            self.world.time.later(None, 2.0, self._deauthorized, session)

    def _deauthorized(self, session: Session) -> None:
        if self.on and self.running.get(session.connector) is session:
            self.stop(session.connector, "DeAuthorized")

    def _heard_meter(self, ask: Ask, said: dict[str, Any]) -> None:
        """Good."""

    _heard_stop = _heard_status = _heard_beat = _heard_plug = _heard_meter

    # -- commands ------------------------------------------------------------------------------------------------

    def command(self, kind: str, fields: dict[str, Any]) -> str:
        """The back end wants something; the verdict."""
        self.world.log(f"{self.name} is asked {kind} {fields}")
        self.world.orders.reached(self.name, kind, fields, self.running)
        if kind == "remote_start":
            connector = fields.get("connector") or 1
            if connector not in self.registers or connector in self.running or connector in self.starting:
                return "Rejected"
            self.starting.add(connector)
            self.stays[connector] = self.chance.uniform(30, 200)
            self.world.time.later(None, 0.5, self._remote_start, connector, fields["tag"])
            return "Accepted"
        if kind == "remote_stop":
            for connector, session in self.running.items():
                if session.id == fields["id"]:
                    self.world.time.later(None, 0.5, self._remote_stop, connector, session)
                    return "Accepted"
            return "Rejected"
        if kind == "reset":
            self.world.time.later(None, 1.0, self.reboot, self.chance.uniform(1, 15))
        return "Accepted"

    def _remote_start(self, connector: int, tag: str) -> None:
        if self.on and connector in self.starting:
            self.start(connector, tag)

    def _remote_stop(self, connector: int, session: Session) -> None:
        if self.on and self.running.get(connector) is session:
            self.stop(connector, "Remote")
