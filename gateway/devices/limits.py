"""Keeps a station to the limits of its back end: sets them when they change, never above the configured most.

In: profiles, sessions that begin and end, time.  Out: runs of the procedure of ``limit:``, answers to the back end.
Not here: which profile counts (`gateway.devices.profiles`).

Of what the station can set the largest not above what is wanted is set.  A back end that is away changes nothing: its last word
holds as long as its schedule says.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from typing import Any

from gateway.devices.desk import Desk
from gateway.devices.procedures import Procedures
from gateway.devices.profiles import SESSION, STATION, Profile, Profiles
from gateway.devices.rules import Limit
from gateway.messages import Call, Payload

KEY = "profiles"
LONGEST = 86400.0
MOST_PROFILES = 50
MOST_PERIODS = 24
AGAIN = 30.0
"""Seconds until a limit that could not be set is tried again."""


def _nobody(good: bool) -> None:
    """Nobody waits for it."""


class Limits:
    """``started(connector)`` is when the session there began, None where none runs."""

    def __init__(self, desk: Desk, limit: Limit, procedures: Procedures, started: Callable[[int], datetime | None]) -> None:
        self.desk, self.limit, self.procedures, self.started = desk, limit, procedures, started
        self.profiles = Profiles(self._watts)
        self.now: dict[int, Decimal | None] = {}
        """What is allowed at each connector, A; None where nothing limits it."""
        self._set: dict[int, Decimal] = {}
        self._failed: dict[int, float] = {}
        self._touched = False

    def restore(self, values: Any) -> None:
        """Take up what was kept."""
        self.profiles.restore(values.get(KEY, ()))
        self._touched = KEY in values

    def forget(self) -> None:
        """The station is gone: what it was set to is not known any more."""
        self._set.clear()

    def power(self, connector: int) -> Decimal | None:
        """The most that the connector could deliver, W."""
        most = self.limit.most(self.desk.scope(connector))
        return None if most is None else Decimal(most) * self._watts()

    def _watts(self) -> Decimal:
        """What one ampere is worth; where the phases are not known it is taken for three."""
        return Decimal(self.limit.voltage * int(self.limit.phases(self.desk.scope(1)) or 3))

    # -- what the back end asks ----------------------------------------------------------------------------------

    def put(self, connector: int, what: Payload, then: Callable[[str], None]) -> None:
        """A profile came; ``then`` is told ``accepted`` or ``refused`` when it is set, or cannot be."""
        profile = Profile(connector, self.desk.at.wall, what)
        if not self._possible(profile):
            then("refused")
            return
        self.profiles.put(profile)
        self._keep()
        self.look(lambda good: self._settled(profile, good, then))

    def _settled(self, profile: Profile, good: bool, then: Callable[[str], None]) -> None:
        if not good:
            self.profiles.remove(profile)
            self._keep()
        then("accepted" if good else "refused")

    def _possible(self, profile: Profile) -> bool:
        """Whether the station can keep to it at all."""
        connector, purpose = profile.connector, profile.purpose
        if len(self.profiles.kept()) >= MOST_PROFILES or connector not in (0, *self.desk.memory.connectors):
            return False
        if (purpose == STATION and connector) or (purpose == SESSION and (not connector or self.started(connector) is None)):
            return False
        amps = [self.profiles.amps(profile, Decimal(period["limit"])) for period in profile.periods]
        least = Decimal(self.limit.least(self.desk.scope(connector or 1)) or 0)
        return self.limit.pause or all(one >= least for one in amps)

    def clear(self, asked: Payload) -> bool:
        """Forget profiles; whether there were any."""
        if not self.profiles.clear(asked):
            return False
        self._keep()
        self.look()
        return True

    def over(self, connector: int) -> None:
        """A session ended there, or began."""
        if self.profiles.over(connector):
            self._keep()
        self.look()

    def ahead(self, call: Call) -> Payload | None:
        """The limits of the coming seconds, as one schedule."""
        asked, periods = call.payload, list[Payload]()
        connector, now = asked["connector"], self.desk.at.wall
        if connector not in self.desk.memory.connectors:
            return None
        at, end = now, now + timedelta(seconds=max(0, asked["duration"]))
        unit = asked.get("unit", "A")
        while at < end and len(periods) < MOST_PERIODS:
            amps = self._rounded(connector, self._found(connector, at))
            worth = amps if unit == "A" else amps * self._watts()
            periods.append({"startPeriod": int((at - now).total_seconds()), "limit": worth.quantize(Decimal("0.1"), ROUND_DOWN)})
            at = self.profiles.next_turn(at, self.started(connector)) or end
        schedule = {"duration": asked["duration"], "chargingRateUnit": unit, "chargingSchedulePeriod": periods}
        return {"connector": connector, "start": self.desk.now, "schedule": schedule} if periods else None

    def _keep(self) -> None:
        self._touched = True
        self.desk.keep({KEY: self.profiles.kept()})

    # -- what the station is set to ------------------------------------------------------------------------------

    def look(self, then: Callable[[bool], None] = _nobody) -> None:
        """Set what has changed; ``then`` is called with whether all could be set.

        What could not be set is tried again after a while, or when somebody asks for it.
        """
        if not self._touched:
            then(True)
            return
        self._turn()
        now = self.desk.at.mono
        todo = {one: amps for one in self.desk.memory.connectors if (amps := self._wanted(one)) != self._set.get(one)}
        todo = {one: amps for one, amps in todo.items() if self._failed.get(one, now) <= now or then is not _nobody}
        if not self.desk.up or not todo:
            then(True)
            return
        left, good = list(todo), [True]

        def done(connector: int, success: bool) -> None:
            left.remove(connector)
            good[0] = good[0] and success
            self._failed.pop(connector, None)
            if not success:
                self._set.pop(connector, None)
                self._failed[connector] = self.desk.at.mono + AGAIN
            if not left:
                then(good[0])

        for connector, amps in todo.items():
            self._set[connector] = amps
            self._run(connector, amps, lambda success, word, connector=connector: done(connector, success))  # type: ignore[misc]

    def _run(self, connector: int, amps: Decimal, then: Callable[[bool, str], None]) -> None:
        if not self.procedures.run(self.limit.do, connector, then, amps=amps):
            then(False, "")
        elif self.limit.repeat:
            self.desk.timer(f"limit {connector}", self.limit.repeat, lambda: self._repeat(connector))

    def _repeat(self, connector: int) -> None:
        """A limit that the station forgets is set again and again."""
        if self.desk.up and connector in self._set:
            self._run(connector, self._set[connector], lambda success, word: None)

    def _wanted(self, connector: int) -> Decimal:
        found = self._found(connector, self.desk.at.wall)
        amps = self._rounded(connector, found)
        self.now[connector] = None if found is None else amps
        return amps

    def _found(self, connector: int, at: datetime) -> Decimal | None:
        return self.profiles.wanted(connector, at, self.started(connector), len(self.desk.memory.connectors))

    def _rounded(self, connector: int, wanted: Decimal | None) -> Decimal:
        """The largest that can be set and is neither above what is wanted nor above the configured most."""
        scope = self.desk.scope(connector)
        most, least = Decimal(self.limit.most(scope) or 0), Decimal(self.limit.least(scope) or 0)
        amps = most if wanted is None else min(most, wanted)
        step = Decimal(self.limit.step)
        amps = (amps / step).to_integral_value(ROUND_DOWN) * step
        return amps if amps >= least else Decimal(0)

    def _turn(self) -> None:
        """Look again when a schedule says something new."""
        turns = [self.profiles.next_turn(self.desk.at.wall, self.started(one)) for one in self.desk.memory.connectors]
        soonest = min((turn for turn in turns if turn is not None), default=None)
        if soonest is None:
            self.desk.cancel("limits")
        else:
            seconds = (soonest - self.desk.at.wall).total_seconds()
            self.desk.timer("limits", min(seconds, LONGEST), self.look)
