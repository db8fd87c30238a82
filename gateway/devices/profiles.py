"""The limits that a back end has set, and what follows from them for a connector at a moment.

In: charging profiles as the plain dialect has them, times.  Out: amperes, and when they change next.
Not here: setting them at the station (`gateway.devices.limits`).

OCPP 1.6, 3.13: of the profiles of one purpose the one of the highest stack level that is in force counts; one for a transaction
takes the place of the default for all; and none may be above the one for the whole station.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

STATION, DEFAULT, SESSION = "ChargePointMaxProfile", "TxDefaultProfile", "TxProfile"
_ROUNDS = {"Daily": timedelta(days=1), "Weekly": timedelta(weeks=1)}


@dataclass(frozen=True)
class Profile:
    """One profile, for a connector (0: all).  ``set_at`` is when it came."""

    connector: int
    set_at: datetime
    what: Mapping[str, Any]

    @property
    def purpose(self) -> str:
        """What it is for."""
        return str(self.what["chargingProfilePurpose"])

    @property
    def schedule(self) -> Mapping[str, Any]:
        """Its schedule."""
        found: Mapping[str, Any] = self.what["chargingSchedule"]
        return found

    @property
    def periods(self) -> Sequence[Mapping[str, Any]]:
        """Its periods, in order."""
        return sorted(self.schedule["chargingSchedulePeriod"], key=lambda period: int(period["startPeriod"]))

    def begin(self, now: datetime, started: datetime | None) -> datetime | None:
        """When its schedule began that is in force now (or begins next); None for one that waits for a session."""
        given, kind = self.schedule.get("startSchedule"), self.what["chargingProfileKind"]
        if kind == "Relative" or given is None:
            return started if kind == "Relative" or started is not None else self.set_at
        begin = datetime.fromisoformat(given)
        around = _ROUNDS.get(str(self.what.get("recurrencyKind"))) if kind == "Recurring" else None
        if around is not None and now >= begin:
            begin += around * ((now - begin) // around)
        return begin

    def limit(self, now: datetime, started: datetime | None) -> Decimal | None:
        """The limit in its own unit; None where it is not in force."""
        begin = self.begin(now, started)
        if begin is None or now < begin or not self._valid(now):
            return None
        passed, duration = (now - begin).total_seconds(), self.schedule.get("duration")
        if duration is not None and passed >= duration:
            return None
        reached = [period for period in self.periods if period["startPeriod"] <= passed]
        return Decimal(reached[-1]["limit"]) if reached else None

    def _valid(self, now: datetime) -> bool:
        first, last = self.what.get("validFrom"), self.what.get("validTo")
        return (first is None or now >= datetime.fromisoformat(first)) and (last is None or now < datetime.fromisoformat(last))

    def turns(self, now: datetime, started: datetime | None) -> Iterator[datetime]:
        """The moments at which it may say something else."""
        yield from (datetime.fromisoformat(self.what[key]) for key in ("validFrom", "validTo") if self.what.get(key))
        begin = self.begin(now, started)
        if begin is not None:
            spans = [period["startPeriod"] for period in self.periods]
            spans += [self.schedule["duration"]] if self.schedule.get("duration") is not None else []
            yield from (begin + timedelta(seconds=int(span)) for span in spans)
            around = _ROUNDS.get(str(self.what.get("recurrencyKind")))
            if around is not None:
                yield begin + around


class Profiles:
    """All that were set.  ``watts()`` is what an ampere on each phase is worth."""

    def __init__(self, watts: Callable[[], Decimal]) -> None:
        self.watts = watts
        self._all: list[Profile] = []

    def restore(self, kept: Sequence[Any]) -> None:
        """Take up what was kept."""
        self._all = [Profile(connector, datetime.fromisoformat(at), what) for connector, at, what in kept]

    def kept(self) -> list[Any]:
        """What outlives a restart."""
        return [[one.connector, one.set_at.isoformat(), dict(one.what)] for one in self._all]

    def put(self, profile: Profile) -> None:
        """One more; it takes the place of those of its id, and of its purpose and level at that connector."""
        self._all = [one for one in self._all if not _same(one, profile)] + [profile]

    def remove(self, profile: Profile) -> None:
        """It could not be set."""
        self._all = [one for one in self._all if one is not profile]

    def clear(self, asked: Mapping[str, Any]) -> bool:
        """Forget those that fit all that is asked; whether there were any."""
        before = len(self._all)
        self._all = [one for one in self._all if not _fits(one, asked)]
        return len(self._all) < before

    def over(self, connector: int) -> bool:
        """A session ended: what was set for it ends with it."""
        before = len(self._all)
        self._all = [one for one in self._all if one.purpose != SESSION or one.connector != connector]
        return len(self._all) < before

    def amps(self, profile: Profile, limit: Decimal) -> Decimal:
        """A limit of a profile in amperes for each phase."""
        return limit if profile.schedule["chargingRateUnit"] == "A" else limit / self.watts()

    def wanted(self, connector: int, now: datetime, started: datetime | None, sharing: int = 1) -> Decimal | None:
        """The most that a connector may take now, A; None where nothing limits it.

        The limit of the whole station is shared alike by so many connectors: whatever each does, their sum keeps to it.
        """
        station = self._first([STATION], connector, now, started)
        station = station / sharing if station is not None else None
        session = self._first([SESSION], connector, now, started) if started is not None else None
        if session is None:
            session = self._first([DEFAULT], connector, now, started)
        return min((one for one in (station, session) if one is not None), default=None)

    def _first(self, purposes: Sequence[str], connector: int, now: datetime, started: datetime | None) -> Decimal | None:
        found = [
            (one.what["stackLevel"], one.connector, self.amps(one, limit))
            for one in self._all
            if one.purpose in purposes and one.connector in (0, connector)
            if (limit := one.limit(now, started)) is not None
        ]
        return max(found)[2] if found else None

    def next_turn(self, now: datetime, started: datetime | None) -> datetime | None:
        """When something may change by itself."""
        turns = (turn for one in self._all for turn in one.turns(now, started) if turn > now)
        return min(turns, default=None)


def _same(one: Profile, other: Profile) -> bool:
    if one.what["chargingProfileId"] == other.what["chargingProfileId"]:
        return True
    return (one.connector, one.purpose, one.what["stackLevel"]) == (other.connector, other.purpose, other.what["stackLevel"])


def _fits(one: Profile, asked: Mapping[str, Any]) -> bool:
    if asked.get("id") is not None:
        return bool(one.what["chargingProfileId"] == asked["id"])
    wanted = (asked.get("connector"), asked.get("purpose"), asked.get("stackLevel"))
    has = (one.connector, one.purpose, one.what["stackLevel"])
    return all(want in (None, have) for want, have in zip(wanted, has, strict=True))
