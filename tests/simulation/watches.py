"""Clocks that tell the time of day: those of the stations, right or not, and the gateway's, which is set now and then.

In: simulated time.  Out: times as a station writes them; what the gateway's clock showed, and when.
Not here: simulated time itself (`tests.simulation.clock`).
"""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta, timezone

from tests.simulation.asks import DAY
from tests.simulation.clock import Time

NONSENSE = (
    "2026-02-30T12:00:00Z",
    "2026-13-01T00:00:00Z",
    "222222017-10-27T19:10:11Z",
    "0000-00-00T00:00:00Z",
    "9999-12-31T23:59:59-12:00",
    "2026-03-01T25:61:61Z",
    "01.03.2026 08:00",
    "1000000",
    "unknown",
)
"""No calendar has these."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TOLERANCE = timedelta(seconds=1)


class Watch:
    """A station's: it may be off, begin in 1970 until it is set or for ever, name no zone, or now and then tell no time."""

    def __init__(self, time: Time, chance: random.Random) -> None:
        self._time, self._chance = time, chance
        self._offset = chance.choice((0, 0, -3, 40, 86400))
        self._style = chance.choice(("Z", "zone", "millis", "no zone"))
        self._no_battery = self._unset = chance.random() < 0.2
        self._deaf = self._no_battery and chance.random() < 0.3
        self._broken = chance.random() < 0.2
        self._born = 0.0

    def power_on(self) -> None:
        """Without a battery it begins anew."""
        self._unset, self._born = self._no_battery, self._time.now

    def set(self) -> None:
        """Somebody told it the time."""
        self._unset = self._deaf

    def says(self) -> str:
        """The time, in its own style."""
        if self._broken and self._chance.random() < 0.4:
            return self._chance.choice(NONSENSE)
        now = DAY + timedelta(seconds=self._offset + self._time.now)
        if self._unset:
            now = EPOCH + timedelta(seconds=self._time.now - self._born)
        if self._style == "zone":
            return now.astimezone(timezone(timedelta(hours=2))).isoformat(timespec="seconds")
        text = now.isoformat(timespec="milliseconds" if self._style == "millis" else "seconds")
        return text.removesuffix("+00:00") + ("" if self._style == "no zone" else "Z")


class Wall:
    """The gateway's: right at first, and then off by so many seconds at a time."""

    def __init__(self, time: Time) -> None:
        self.time = time
        self._set: list[tuple[float, float]] = [(0.0, 0.0)]  # since when, and how far it is off

    def now(self) -> datetime:
        """What it shows."""
        return self._at(self.time.now, self._set[-1][1])

    def set(self, off: float) -> None:
        """Another time from now on."""
        self._set.append((self.time.now, off))

    def showed(self, moment: datetime, since: float) -> bool:
        """Whether it showed that at any time since then; false of what names no zone."""
        return moment.tzinfo is not None and any(
            first - TOLERANCE <= moment <= last + TOLERANCE for first, last in self._spans(since)
        )

    def earliest(self, since: float) -> datetime:
        """The least that it showed since then."""
        return min(first for first, _ in self._spans(since))

    def _spans(self, since: float) -> list[tuple[datetime, datetime]]:
        ends = [*(begin for begin, _ in self._set[1:]), self.time.now]
        parts = [(max(begin, since), end, off) for (begin, off), end in zip(self._set, ends, strict=True) if end >= since]
        return [(self._at(begin, off), self._at(end, off)) for begin, end, off in parts]

    def _at(self, time: float, off: float) -> datetime:
        return DAY + timedelta(seconds=time + off)
