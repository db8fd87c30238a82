"""What a plain value means: enums, scales, bits, times; each two-way.

In: the plain value of a field.  Out: what it says; and the other way.  ValueError for what does not fit.
Not here: bytes (`gateway.wires.kinds`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import Any, Protocol

_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z", re.ASCII)
_LEAST = timedelta(microseconds=1)
_ROUNDING = {"down": ROUND_DOWN, "near": ROUND_HALF_UP}


class Turn(Protocol):
    """One step between a plain value and what it says.  ``type`` is what it makes, or empty: as before."""

    @property
    def type(self) -> str:
        """What comes out of reading."""

    def read(self, value: Any) -> Any:
        """What it says."""

    def write(self, value: Any) -> Any:
        """How it is said."""


@dataclass(frozen=True, slots=True)
class Words:
    """An enum: ``words`` by plain value; ``other`` is said of a value that is not listed, if anything is."""

    words: Mapping[Any, str]
    values: Mapping[str, Any]
    other: str | None = None
    type = "text"

    def read(self, value: Any) -> str:
        """The word."""
        word = self.words.get(value, self.other)
        if word is None:
            raise ValueError(f"{value!r} is no value of the enum")
        return word

    def write(self, value: Any) -> Any:
        """The value of a word."""
        if value not in self.values:
            raise ValueError(f"{value!r} is no word of the enum: {', '.join(map(str, self.values))}")
        return self.values[value]


@dataclass(frozen=True, slots=True)
class Scale:
    """value = plain × ``by`` + ``plus``, exactly; ``round`` (down, near) lets a value be written that does not fit the step."""

    by: Decimal = Decimal(1)
    plus: Decimal = Decimal(0)
    round: str = ""
    integers: bool = True
    """Whether the plain value is one."""

    @property
    def type(self) -> str:
        """Whole numbers stay so under whole scales."""
        fraction = any(
            isinstance(one.as_tuple().exponent, int) and int(one.as_tuple().exponent) < 0 for one in (self.by, self.plus)
        )
        return "integer" if self.integers and not fraction else "decimal"

    def read(self, value: Any) -> Any:
        """The scaled number."""
        made = value * self.by + self.plus
        return int(made) if self.type == "integer" else made

    def write(self, value: Any) -> Any:
        """The plain number."""
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise ValueError(f"{value!r} is no number")
        made = (Decimal(value) - self.plus) / self.by
        if self.integers and self.round:
            made = made.quantize(Decimal(1), _ROUNDING[self.round])
        if not self.integers:
            return made
        if made != made.to_integral_value():
            raise ValueError(f"{value} is no multiple of {self.by}")
        return int(made)


@dataclass(frozen=True, slots=True)
class Bits:
    """Named bits: name → (lowest bit, how many); one bit is a truth value, more are a number."""

    places: Mapping[str, tuple[int, int]]
    type = "group"

    def read(self, value: int) -> dict[str, bool | int]:
        """The bits by name."""
        return {
            name: bool(value >> at & 1) if count == 1 else value >> at & (1 << count) - 1
            for name, (at, count) in self.places.items()
        }

    def write(self, value: Any) -> int:
        """The number; a bit that is not named is 0."""
        if not isinstance(value, Mapping) or set(value) - set(self.places):
            raise ValueError(f"{value!r} are not the bits {', '.join(self.places)}")
        made = 0
        for name, one in value.items():
            at, count = self.places[name]
            if not isinstance(one, bool | int) or not 0 <= one < 1 << count:
                raise ValueError(f"{one!r} does not fit the bits of {name}")
            made |= int(one) << at
        return made


# -- times -----------------------------------------------------------------------------------------------------------


def iso(when: datetime) -> str:
    """A time as all rooms write it: UTC, with a Z, fractions only where there are any."""
    text = when.astimezone(UTC).replace(tzinfo=None).isoformat()
    return (text.rstrip("0") if "." in text else text) + "Z"


def moment(text: Any) -> datetime:
    """The time that `iso` wrote.  ValueError for any other text."""
    if not isinstance(text, str) or not _ISO.fullmatch(text):
        raise ValueError(f"{text!r} is no time like 2026-12-31T23:59:59Z")
    return datetime.fromisoformat(text)


@dataclass(frozen=True, slots=True)
class Since:
    """Units of ``step`` since an epoch.

    ``shown_in`` is the zone in whose wall clock the sender counts although it stands in ``zone`` (UTC where nothing is odd).
    """

    epoch: datetime
    step: timedelta = timedelta(seconds=1)
    zone: tzinfo = UTC
    shown_in: tzinfo = UTC
    type = "time"

    def read(self, value: Any) -> str:
        """The time."""
        try:
            when = self.epoch + timedelta(microseconds=int(value * (self.step // _LEAST)))
            return iso(when.astimezone(self.shown_in).replace(tzinfo=self.zone))
        except OverflowError:
            raise ValueError(f"{value} is no time") from None

    def write(self, value: Any) -> int:
        """Units since the epoch."""
        when = moment(value).astimezone(self.zone).replace(tzinfo=self.shown_in)
        made = (when - self.epoch) // self.step
        if made < 0:
            raise ValueError(f"{value} is before {self.epoch:%Y-%m-%d}")
        return made


@dataclass(frozen=True, slots=True)
class Iso:
    """A time of ISO 8601, with any zone and fraction; without a zone it is in ``zone``.  Written as `iso` does."""

    zone: tzinfo = UTC
    type = "time"

    def read(self, value: Any) -> str:
        """The time."""
        try:
            when = datetime.fromisoformat(str(value))
            return iso(when if when.tzinfo is not None else when.replace(tzinfo=self.zone))
        except (ValueError, OverflowError):
            raise ValueError(f"{value!r} is no time of ISO 8601") from None

    def write(self, value: Any) -> str:
        """The text."""
        return iso(moment(value))


@dataclass(frozen=True, slots=True)
class Cp56:
    """CP56Time2a (IEC 60870-5-4): 7 bytes as hex text: milliseconds LE, minute, hour, day, month, year since 2000."""

    zone: tzinfo = UTC
    type = "time"

    def read(self, value: str) -> str:
        """The time."""
        data = bytes.fromhex(value)
        seconds, rest = divmod(int.from_bytes(data[:2], "little"), 1000)
        minute, hour, day, month, year = data[2] & 63, data[3] & 31, data[4] & 31, data[5] & 15, data[6] & 127
        return iso(datetime(2000 + year, month, day, hour, minute, seconds, rest * 1000, tzinfo=self.zone))

    def write(self, value: Any) -> str:
        """Its bytes, as hex."""
        when = moment(value).astimezone(self.zone)
        if not 2000 <= when.year < 2128:
            raise ValueError(f"{value} cannot be said in CP56Time2a")
        low = (when.second * 1000 + when.microsecond // 1000).to_bytes(2, "little")
        return (low + bytes([when.minute, when.hour, when.day, when.month, when.year - 2000])).hex().upper()


_PARTS: dict[str, tuple[str, str, Callable[[datetime], str]]] = {
    "Y": ("year", r"\d{4}", lambda t: f"{t.year:04}"),
    "y": ("short", r"\d\d", lambda t: f"{t.year % 100:02}"),
    "m": ("month", r"\d\d", lambda t: f"{t.month:02}"),
    "d": ("day", r"\d\d", lambda t: f"{t.day:02}"),
    "H": ("hour", r"\d\d", lambda t: f"{t.hour:02}"),
    "M": ("minute", r"\d\d", lambda t: f"{t.minute:02}"),
    "S": ("second", r"\d\d", lambda t: f"{t.second:02}"),
    "f": ("milli", r"\d{3}", lambda t: f"{t.microsecond // 1000:03}"),
    "w": ("weekday", r"[0-7]", lambda t: f"{t.isoweekday() % 7}"),
    "u": ("isoweekday", r"[1-7]", lambda t: f"{t.isoweekday()}"),
}
"""The letters of a format: %f are milliseconds, %w the weekday from Sunday 0, %u from Monday 1."""


@dataclass(frozen=True, slots=True)
class Written:
    """A time in text by a format (``%Y-%m-%d %H:%M:%S.%f``) in ``zone``.  Read only where it names a whole date."""

    format: str
    zone: tzinfo = UTC
    pattern: re.Pattern[str] = field(default=re.compile(""))
    complete: bool = True

    @property
    def type(self) -> str:
        """A time, or text where no date is in it."""
        return "time" if self.complete else "text"

    def read(self, value: Any) -> str:
        """The time; text as it is where the format has no whole date."""
        match = self.pattern.fullmatch(str(value))
        if match is None:
            raise ValueError(f"{value!r} is no time like {self.format}")
        if not self.complete:
            return str(value)
        got = {name: int(text) for name, text in match.groupdict().items()}
        year = got.get("year", 2000 + got.get("short", 0))
        day = datetime(year, got["month"], got["day"], tzinfo=self.zone)
        hour, minute, second = (got.get(name, 0) for name in ("hour", "minute", "second"))
        return iso(day.replace(hour=hour, minute=minute, second=second, microsecond=got.get("milli", 0) * 1000))

    def write(self, value: Any) -> str:
        """The text; a time that is text already (no whole date) stays."""
        if not self.complete and isinstance(value, str) and self.pattern.fullmatch(value):
            return value
        when = moment(value).astimezone(self.zone)
        return re.sub(r"%([A-Za-z])", lambda found: _PARTS[found[1]][2](when), self.format)


def parts_of(format: str) -> tuple[tuple[int, int], ...]:
    """Bytes and digits of each letter, where the numbers of a time are binary.  ValueError for anything but letters."""
    letters = re.findall(r"%(.)", format)
    if "".join(f"%{one}" for one in letters) != format or not set(letters) <= set(_PARTS):
        raise ValueError(format)
    return tuple((2 if one in "Yf" else 1, {"Y": 4, "f": 3, "w": 1, "u": 1}.get(one, 2)) for one in letters)


def written(format: str, zone: tzinfo) -> Written:
    """A time by its format.  ValueError for a letter that is not known."""
    pattern, names = "", set()
    for literal, letter in re.findall(r"([^%]*)(?:%(.)|$)", format):
        pattern += re.escape(literal)
        if letter:
            if letter not in _PARTS or _PARTS[letter][0] in names:
                raise ValueError(f"%{letter} in {format!r}")
            names.add(_PARTS[letter][0])
            pattern += f"(?P<{_PARTS[letter][0]}>{_PARTS[letter][1]})"
    complete = names >= {"month", "day"} and bool(names & {"year", "short"})
    return Written(format, zone, re.compile(pattern, re.ASCII), complete)
