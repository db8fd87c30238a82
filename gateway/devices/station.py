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
from gateway.devices.meters import Meters
from gateway.devices.polls import Polls
from gateway.devices.procedures import Procedures
from gateway.devices.readings import Readings
from gateway.devices.registration import Registration
from gateway.devices.rules import DeviceRules
from gateway.devices.sessions import Session, Sessions
from gateway.devices.states import IDLE, States
from gateway.devices.watched import Watched
from gateway.dialects.schema import Dialect


class Station:
    """``present``: it was heard over its present link, so the session listens."""

    def __init__(self, dialect: Dialect, identity: str, options: Mapping[str, Any], ids: Callable[[], str]) -> None:
        rules = dialect.device
        assert isinstance(rules, DeviceRules), "a dialect with a section device"
        self.rules, self.present = rules, False
        self.desk = desk = Desk(dialect, rules, identity, options, ids)
        desk.memory.built = self._built
        self.procedures = Procedures(desk)
        self.polls = Polls(desk)
        self.sessions = Sessions(desk, self._refused)
        self.states = States(desk, self._changed)
        self.registration = Registration(desk, self._accepted)
        self.availability = Availability(desk, self.procedures, self._tell)
        self.limits = Limits(desk, rules.limit, self.procedures, self._started) if rules.limit is not None else None
        self.meters = Meters(desk, self._power)
        self.readings = Readings(desk, self.sessions, self.meters.of)
        self.watched = Watched(desk, self.sessions, self.states, self.meters, self.polls, self.begun, self.over)
        self._over: set[int] = set()

    # -- coming and going ----------------------------------------------------------------------------------------

    def restore(self, values: Mapping[str, Any]) -> None:
        """Take up what was kept."""
        self.desk.memory.restore(values)
        self.meters.restore(values)
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
        self.meters.forget()
        self.watched.forget()
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

    def _built(self, connector: int) -> dict[str, Any]:
        session = self.sessions.open(connector)
        return {
            "state": self.states.of(connector).state,
            "session": session.number if session else None,
            "session_id": session.id if session else None,
            "session_token": session.token if session else None,
            "session_start": session.time if session else None,
            "energy": self.meters.of(connector).register,
            "operative": self.availability.operative(connector),
            "limit": self.limits.now.get(connector) if self.limits else None,
            "booted": self.registration.booted,
        }

    def _power(self, connector: int) -> Decimal | None:
        return self.limits.power(connector) if self.limits is not None else None

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
        said = self.desk.memory.said()
        for connector in self.desk.memory.connectors:
            self.meters.look(connector, said(connector))
            if self.present:
                self.states.look(connector)
                self.watched.same(connector)
            self.watched.look(connector)
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

    def _tell(self, connector: int) -> None:
        word = self._word(connector)
        turning = self.watched.turning(connector)  # the start or the stop comes first
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

    # -- sessions ------------------------------------------------------------------------------------------------

    def _changed(self, connector: int, before: str | None, now: str) -> None:
        if now == "available":
            self._over.discard(connector)
        self.watched.changed(connector, now)

    def begun(self, session: Session) -> None:
        """A session began: keep its meter, read it from time to time, keep to what limits it."""
        self.meters.keep()
        self._over.discard(session.connector)
        self.readings.start(session.connector)
        if self.limits is not None:
            self.limits.look()

    def over(self, connector: int) -> None:
        """A session ended."""
        self._over.add(connector)
        self.desk.cancel(f"obeys {connector}")
        self.readings.stop(connector)
        self.meters.keep()
        self.availability.over(connector)
        if self.limits is not None:
            self.limits.over(connector)

    def _refused(self, session: Session) -> None:
        """The back end does not accept a token: the station must stop."""
        stop = self.desk.dialect.action_for("remote_stop")
        command = self.rules.commands.get(stop or "")
        if command is None:
            self.desk.note("refused", f"the token of {session.key}, and such a station cannot be stopped")
            return
        self.procedures.run(
            command.do, session.connector, lambda good, word: self.watched.stopping(session, "DeAuthorized") if good else None
        )
