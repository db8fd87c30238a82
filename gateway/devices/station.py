"""Everything that is known of one station with a protocol of its own, and what follows from it.

In: variables that records set, the words of the session.  Out: states, readings and sessions that are told.
Not here: events (`gateway.devices.device`), records (`gateway.devices.records`), commands (`gateway.devices.orders`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from gateway.devices.availability import Availability
from gateway.devices.desk import Desk
from gateway.devices.limits import Limits
from gateway.devices.meter import Meter
from gateway.devices.polls import Polls
from gateway.devices.procedures import Procedures
from gateway.devices.readings import Readings
from gateway.devices.registration import Registration
from gateway.devices.rules import DeviceRules
from gateway.devices.sessions import Session, Sessions
from gateway.devices.states import IDLE, States
from gateway.dialects.schema import Dialect

METER = "meter"
CLOSING = 10.0
"""Seconds for which the begin and the end of a session wait for the word of the meter."""
OBEYS = 60.0
"""Seconds in which a station must have stopped that was told to."""


class Station:
    """``present``: it was heard over its present link, so the session listens."""

    def __init__(self, dialect: Dialect, identity: str, options: Mapping[str, Any], ids: Callable[[], str]) -> None:
        rules = dialect.device
        assert isinstance(rules, DeviceRules), "a dialect with a section device"
        self.rules, self.present = rules, False
        self.desk = desk = Desk(dialect, rules, identity, options, ids)
        desk.memory.built = self._built
        self.meters: dict[int, Meter] = {}
        self.procedures = Procedures(desk)
        self.polls = Polls(desk)
        self.sessions = Sessions(desk, self._refused)
        self.states = States(desk, self._changed)
        self.registration = Registration(desk, self._accepted)
        self.availability = Availability(desk, self.procedures, self._tell)
        self.limits = Limits(desk, rules.limit, self.procedures, self._started) if rules.limit is not None else None
        self.readings = Readings(desk, self.sessions, self.meter)
        self._expected: dict[int, tuple[str, float]] = {}
        self._closing: dict[int, str] = {}
        self._opening: dict[int, tuple[str, int | None]] = {}
        self._fresh: set[int] = set()
        self._known: dict[int, Decimal] = {}
        self._over: set[int] = set()

    # -- coming and going ----------------------------------------------------------------------------------------

    def restore(self, values: Mapping[str, Any]) -> None:
        """Take up what was kept."""
        self.desk.memory.restore(values)
        for connector, kept in values.get(METER, {}).items():
            self.meter(int(connector)).restore(kept)
        self.sessions.restore(values)
        self.registration.restore(values)
        self.availability.restore(values)
        if self.limits is not None:
            self.limits.restore(values)

    def here(self) -> None:
        """It says something: for the first time over its present link, perhaps."""
        self.desk.up = True
        if not self.present:
            self.present = True
            self.sessions.again()
            self.registration.here()
            for session in self.sessions:
                if session.ended is None:
                    self.readings.start(session.connector)

    def gone(self) -> None:
        """It is gone; what it said before is not known any more, but a session goes on."""
        self.desk.up = self.present = False
        self._fresh.clear()
        self._known.clear()
        self._opening.clear()
        self.polls.stop()
        self.procedures.gone()
        self.desk.gone()
        self.states.forget()
        self.desk.memory.forget()
        self.registration.lost()
        self.readings.stop()
        if self.limits is not None:
            self.limits.forget()

    # -- what is known -------------------------------------------------------------------------------------------

    def meter(self, connector: int) -> Meter:
        """The meter of a connector."""
        if connector not in self.meters:
            wraps = self.rules.session.wraps if self.rules.session is not None else None
            self.meters[connector] = Meter(Decimal(wraps) if wraps is not None else None)
        return self.meters[connector]

    def _built(self, connector: int) -> dict[str, Any]:
        session = self.sessions.open(connector)
        return {
            "state": self.states.of(connector).state,
            "session": session.number if session else None,
            "session_id": session.id if session else None,
            "session_token": session.token if session else None,
            "session_start": session.time if session else None,
            "energy": self.meter(connector).register,
            "operative": self.availability.operative(connector),
            "limit": self.limits.now.get(connector) if self.limits else None,
            "booted": self.registration.booted,
        }

    def _started(self, connector: int) -> datetime | None:
        session = self.sessions.open(connector)
        return datetime.fromisoformat(session.time) if session is not None else None

    def assign(self, name: str, text: str) -> bool:
        """Give a variable the value that a text says; false where it says none."""
        kind = "integer" if name == "sample_interval" else self._kind(name)
        value: Any = text
        try:
            if kind in ("integer", "decimal"):
                value = int(text) if kind == "integer" else Decimal(text)
            elif kind == "boolean":
                value = {"true": True, "false": False}[text.lower()]
        except (ValueError, ArithmeticError, KeyError):
            return False
        if name == "sample_interval" and not 0 < value <= 86400:
            return False
        self.desk.memory.put(1, name, value)
        return True

    def _kind(self, name: str) -> str:
        return {**self.rules.station, **self.rules.connector}[name].kind

    # -- what follows --------------------------------------------------------------------------------------------

    def settle(self) -> None:
        """Whatever happened: see what it changes."""
        for connector in self.desk.memory.connectors:
            self.measure(connector)
            if self.present:
                self.states.look(connector)
            self._same(connector)
            if self.polls.idle:
                self._close(connector)
                self._open(connector)
        if self.present:
            self.registration.look()
            for connector in self.desk.memory.connectors:
                self._tell(connector)
            if self.limits is not None:
                self.limits.look()
        self.procedures.look()
        changed = self.desk.memory.changed()
        if changed:
            self.desk.keep(changed)

    def measure(self, connector: int, raw: Decimal | None = None) -> None:
        """The meter says ``raw`` in so many words (that is believed), or what is known of it now (if it can be)."""
        believed = raw is not None
        if raw is None and self.rules.session is not None and self.rules.session.energy is not None:
            raw = self.rules.session.energy(self.desk.scope(connector))
        meter = self.meter(connector)
        if raw is None:
            return
        if self.present:
            self._fresh.add(connector)
        if raw == (meter.last if believed else self._known.get(connector)):
            return  # what is known of it is older than what was said, as long as it does not change
        if not believed:
            self._known[connector] = raw
        power = self.limits.power(connector) if self.limits is not None and not believed else None
        odd = meter.take(Decimal(raw), self.desk.at.mono, power)
        if odd:
            self.desk.note("meter", f"connector {connector}: {odd}")
            self._keep_meters()

    def _keep_meters(self) -> None:
        self.desk.keep({METER: {str(connector): meter.kept() for connector, meter in self.meters.items()}})

    def _tell(self, connector: int) -> None:
        word = self._word(connector)
        turning = connector in self._opening or connector in self._closing  # the start or the stop comes first
        if word is not None and not turning and self.registration.booted and self.present:
            self.states.tell(connector, word)

    def _word(self, connector: int) -> str | None:
        """The state of a connector as the back end shall know it."""
        state = self.states.of(connector).state
        operative = self.availability.operative(connector)
        if self.sessions.open(connector) is not None:
            held = not operative or (self.limits is not None and self.limits.now.get(connector) == 0)
            return ("suspended_evse" if held else "suspended_ev") if state in IDLE else state
        if state is not None and state not in ("faulted", "charging") and not operative:
            return "unavailable"
        return "finishing" if state in IDLE and connector in self._over else state

    def _accepted(self) -> None:
        """The back end knows the station: tell it all states."""
        for connector in self.desk.memory.connectors:
            self.states.of(connector).told = None

    def report(self, role: str, connectors: list[int]) -> None:
        """The back end wants to hear something now."""
        if role == "boot":
            self.registration.boot()
        elif role == "heartbeat":
            self.registration.beat()
        for connector in connectors:
            if role == "status":
                self.states.of(connector).told = None
            elif role == "meter":
                self.readings.tell(connector, triggered=True)

    # -- sessions that are seen ----------------------------------------------------------------------------------

    def expect(self, connector: int, token: str | None, seconds: float) -> None:
        """A session that begins within so long is this token's."""
        if token is None:
            self._expected.pop(connector, None)
        else:
            self._expected[connector] = (token, self.desk.at.mono + seconds)

    def stopping(self, session: Session, reason: str) -> None:
        """The station was told to stop: the session ends as soon as it does."""
        session.reason = reason
        self.sessions.changed(session)
        self.desk.timer(f"obeys {session.connector}", OBEYS, lambda: self._disobeyed(session))
        self._stopped(session.connector)

    def _disobeyed(self, session: Session) -> None:
        if session.ended is None:
            session.reason = None
            self.sessions.changed(session)
            self.desk.note("failed", f"connector {session.connector} goes on charging")

    def _changed(self, connector: int, before: str | None, now: str) -> None:
        rules = self.rules.session
        if now == "available":
            self._over.discard(connector)
        if rules is None or rules.native:
            return
        if now == "charging":
            self._close(connector)  # it does so again before the meter's last word came: that one is over, and this another
        session = self.sessions.open(connector)
        if session is None and now == "charging":
            self._begin(connector)
        elif session is not None and now in ("available", "finishing"):
            self._end(connector)
        else:
            self._stopped(connector)

    def _stopped(self, connector: int) -> None:
        """A session that was told to end does so when it does not charge any more."""
        session = self.sessions.open(connector)
        native = self.rules.session is None or self.rules.session.native
        charging = self.states.of(connector).state == "charging"
        if session is not None and session.reason is not None and not charging and not native:
            self._end(connector)

    def _begin(self, connector: int) -> None:
        """A session begins with the register as it was before; a meter of its own for each session is read anew first."""
        before = self.wh(connector) if connector in self._fresh else None
        self._opening.setdefault(connector, (self.desk.now, before))
        self.desk.timer(f"opening {connector}", CLOSING, lambda: self._open(connector))
        self.polls.urge()

    def _open(self, connector: int) -> None:
        if connector not in self._opening:
            return
        (when, before), rules, scope = self._opening.pop(connector), self.rules.session, self.desk.scope(connector)
        self.desk.cancel(f"opening {connector}")
        if self.sessions.open(connector) is not None or rules is None or self.states.of(connector).state != "charging":
            return  # it was over before it was known
        token, until = self._expected.pop(connector, (None, 0.0))
        if token is None or until < self.desk.at.mono:
            token = rules.token(scope) if rules.token is not None else None
        id = rules.id(scope) if rules.id is not None else None
        energy = self.wh(connector) if before is None else before
        self.begun(self.sessions.begin(connector, str(token or ""), energy, when, _id(id)))

    def begun(self, session: Session) -> None:
        """A session began: keep its meter, read it from time to time, keep to what limits it."""
        self._keep_meters()
        self._over.discard(session.connector)
        self.readings.start(session.connector)
        if self.limits is not None:
            self.limits.look()

    def wh(self, connector: int) -> int:
        """The register now, whole Wh."""
        register = self.meter(connector).register
        return int((register or Decimal(0)).to_integral_value())

    def _end(self, connector: int) -> None:
        """The end of a session waits for the meter's last word."""
        if connector not in self._closing:
            self._closing[connector] = self.desk.now
            self.desk.timer(f"closing {connector}", CLOSING, lambda: self._close(connector))
            if self.desk.up:
                self.polls.urge()

    def _close(self, connector: int) -> None:
        when = self._closing.pop(connector, None)
        session = self.sessions.open(connector)
        self.desk.cancel(f"closing {connector}")
        if session is not None and when is not None:
            self.sessions.end(session, self.wh(connector), when, "EVDisconnected")
            self.over(connector)

    def over(self, connector: int) -> None:
        """A session ended."""
        self._over.add(connector)
        self.desk.cancel(f"obeys {connector}")
        self.readings.stop(connector)
        self._keep_meters()
        self.availability.over(connector)
        if self.limits is not None:
            self.limits.over(connector)

    def _same(self, connector: int) -> None:
        """A station that names its sessions: another name is another session."""
        rules, session = self.rules.session, self.sessions.open(connector)
        if rules is None or rules.id is None or session is None or rules.native or not self.present:
            return
        id = _id(rules.id(self.desk.scope(connector)))
        if id is not None and session.id is None:
            session.id = id
            self.sessions.changed(session)
        elif id is not None and id != session.id and connector not in self._closing:
            self.sessions.end(session, self.wh(connector), self.desk.now, "Other")
            self.over(connector)
            if self.states.of(connector).state == "charging":
                self._begin(connector)

    def _refused(self, session: Session) -> None:
        """The back end does not accept a token: the station must stop."""
        stop = self.desk.dialect.action_for("remote_stop")
        command = self.rules.commands.get(stop or "")
        if command is None:
            self.desk.note("refused", f"the token of {session.key}, and such a station cannot be stopped")
            return
        self.procedures.run(
            command.do, session.connector, lambda good, word: self.stopping(session, "DeAuthorized") if good else None
        )


def _id(value: Any) -> str | None:
    return None if value is None else str(value)
