"""Operations on times: zones, impossible clocks, and the gateway's own time.

In: an operation's argument.  Out: a function from the value and the scene to the new value.
Not here: how a reader normalises times that are sound (`gateway.dialects.values`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gateway.quirks.digits import is_number, number
from gateway.quirks.path import Scene

Timed: TypeAlias = Callable[[Any, Scene], Any]
LIVE = 300
"""Seconds that a message may be old and still count as happening now."""
JUST_NOW = 120
"""The same, where the zone is not known."""
_LAST = 253402300800
"""The year 10000, in seconds since 1970."""
_OFFSET = re.compile(r"([+-])(\d{2}):(\d{2})\Z")
_TIME = re.compile(r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:?\d\d)?\Z", re.IGNORECASE)
_FRACTION = re.compile(r"(\.\d+)")


def zone_of(name: Any) -> tzinfo | None:
    """The zone of ``+02:00`` or of a name such as ``Europe/Rome``; None where there is none."""
    found = _OFFSET.match(str(name))
    if found:
        ahead = timedelta(hours=int(found[2]), minutes=int(found[3]))
        return timezone(-ahead if found[1] == "-" else ahead) if ahead < timedelta(hours=24) else None
    try:
        return ZoneInfo(str(name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def read_time(text: Any) -> tuple[datetime, bool] | None:
    """A time and whether it had a zone (else it is taken as UTC); None where it cannot be read."""
    found = _TIME.match(text.strip()) if isinstance(text, str) else None
    if not found:
        return None
    try:
        made = datetime.fromisoformat(found[1].replace(" ", "T") + (found[2] or "")[:7] + (found[3] or "").upper())
    except ValueError:
        return None
    return (made, True) if made.tzinfo is not None else (made.replace(tzinfo=UTC), False)


def written(moment: datetime) -> str:
    """The time in UTC, with a ``Z``; a fraction only where there is one."""
    whole = moment.astimezone(UTC).replace(tzinfo=None)
    return whole.isoformat(timespec="milliseconds" if whole.microsecond else "seconds") + "Z"


def _moved(moment: datetime, ahead: timedelta) -> datetime | None:
    try:
        return moment - ahead
    except OverflowError:
        return None


def _half_hours(skew: timedelta) -> timedelta | None:
    """The nearest whole number of half hours, as far as zones go."""
    near = timedelta(minutes=30) * round(skew / timedelta(minutes=30))
    return near if abs(near) <= timedelta(hours=14) else None


def zone(name: str) -> Timed:
    """A time without a zone is taken to be in this one."""
    there = zone_of(name)

    def apply(value: Any, scene: Scene) -> Any:
        read = read_time(value)
        if read is None or read[1] or there is None:
            return value
        return _shown(value, read[0], there, scene)

    return apply


def local(name: str) -> Timed:
    """A time is what the clocks of this zone show, whatever zone it says."""
    there = zone_of(name)

    def apply(value: Any, scene: Scene) -> Any:
        read = read_time(value)
        return value if read is None or there is None else _shown(value, read[0], there, scene)

    return apply


def _shown(value: Any, shown: datetime, there: tzinfo, scene: Scene) -> Any:
    """The time at which the clocks of a zone show this.  Of the hour that they show twice: the later one, if it has come."""
    try:
        first, second = (shown.replace(tzinfo=there, fold=fold).astimezone(UTC) for fold in (0, 1))
        return written(second if first < second <= scene.now + timedelta(seconds=LIVE) else first)
    except OverflowError:
        return value


def unskew(seconds: int) -> Timed:
    """A time is put right by what the peer's clock was found to be ahead, or behind, where that is more than so many seconds.

    One that is right as it stands is left alone, for the clock may have been set since; and none is moved into the future.
    """

    def apply(value: Any, scene: Scene) -> Any:
        read, skew = read_time(value), scene.skew
        if read is None or skew is None or abs(skew.total_seconds()) <= seconds:
            return value
        made = _moved(read[0], skew)
        live = abs((read[0] - scene.now).total_seconds()) <= LIVE
        return value if live or made is None or (made - scene.now).total_seconds() > LIVE else written(made)

    return apply


def local_as_utc(name: str | bool) -> Timed:
    """A time that says UTC and is local: where taking the zone's offset away brings it to now, it is taken away.

    With True for a zone: any offset of whole or half hours, and a narrower now.
    """
    there = zone_of(name) if isinstance(name, str) else None
    near = LIVE if there is not None else JUST_NOW

    def apply(value: Any, scene: Scene) -> Any:
        read = read_time(value)
        if read is None or abs((read[0] - scene.now).total_seconds()) <= LIVE:
            return value
        offset = scene.now.astimezone(there).utcoffset() if there is not None else _half_hours(read[0] - scene.now)
        made = _moved(read[0], offset) if offset else None
        return written(made) if made is not None and abs((made - scene.now).total_seconds()) <= near else value

    return apply


def not_before(first: str) -> Timed:
    """A time before this one becomes the time of receipt."""
    read = read_time(first)
    least = read[0] if read else datetime.min.replace(tzinfo=UTC)

    def apply(value: Any, scene: Scene) -> Any:
        found = read_time(value)
        return written(scene.now) if found is not None and found[0] < least else value

    return apply


def not_after(seconds: int) -> Timed:
    """A time that is more than so many seconds ahead becomes the time of receipt."""

    def apply(value: Any, scene: Scene) -> Any:
        found = read_time(value)
        return written(scene.now) if found is not None and (found[0] - scene.now).total_seconds() > seconds else value

    return apply


def in_zone(name: str) -> Callable[[Any], Any]:
    """A time as the clocks of that zone show it, with their offset."""
    there = zone_of(name)

    def apply(value: Any) -> Any:
        found = read_time(value)
        if found is None or there is None:
            return value
        try:
            local = found[0].astimezone(there)
        except OverflowError:
            return value
        made = local.isoformat(timespec="milliseconds" if local.microsecond else "seconds")
        return value if made == value else made

    return apply


def ahead(seconds: int) -> Timed:
    """A time that is less than so many seconds ahead becomes so many seconds from now."""

    def apply(value: Any, scene: Scene) -> Any:
        found = read_time(value)
        least = scene.now + timedelta(seconds=seconds)
        return written(least) if found is not None and scene.now <= found[0] < least else value

    return apply


def from_epoch(unit: str) -> Callable[[Any], Any]:
    """Seconds or milliseconds since 1970, a number or text that spells one, become a time."""
    per_second = 1000 if unit == "milliseconds" else 1

    def apply(value: Any) -> Any:
        read: Any = number(value) if isinstance(value, str) else value
        if not is_number(read) or not 0 <= read / per_second < _LAST:
            return value
        return written(datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=int(read * 1000 / per_second)))

    return apply


def keep_clock(name: str) -> Timed:
    """A time that comes every day is shown by the clocks of the zone as it was on its own day, whatever they are ahead now."""
    there = zone_of(name)

    def apply(value: Any, scene: Scene) -> Any:
        found = read_time(value)
        if found is None or there is None:
            return value
        try:
            then, now = (moment.astimezone(there).utcoffset() for moment in (found[0], scene.now))
        except OverflowError:
            return value
        made = _moved(found[0], now - then) if then is not None and now is not None and now != then else None
        return value if made is None else written(made)

    return apply


def shift(seconds: int) -> Timed:
    """A time is so many seconds later (or, where that is negative, earlier)."""

    def apply(value: Any, scene: Scene) -> Any:
        found = read_time(value)
        made = _moved(found[0], timedelta(seconds=-seconds)) if found is not None else None
        return written(made) if made is not None else value

    return apply


def fraction(digits: int) -> Callable[[Any], Any]:
    """A time keeps at most so many digits of its seconds' fraction."""

    def apply(value: Any) -> Any:
        if read_time(value) is None or "." not in value:
            return value
        made = _FRACTION.sub(lambda found: found[1][: digits + 1] if digits else "", value, count=1)
        return value if made == value else made

    return apply


def is_zone(argument: Any) -> bool:
    """Whether it names a zone."""
    return isinstance(argument, str) and zone_of(argument) is not None


def is_time(argument: Any) -> bool:
    """Whether it is a time with its zone."""
    read = read_time(argument)
    return read is not None and read[1]


def is_digits(argument: Any) -> bool:
    """Whether it is a count of digits."""
    return isinstance(argument, int) and is_number(argument) and 0 <= argument <= 6
