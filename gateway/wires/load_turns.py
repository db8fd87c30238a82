"""Reads what the value of a field means: scale, enum, bits, time.

In: the options of a field.  Out: `Turn`s; faults go to the `Checker`.
Not here: kinds and layouts (`gateway.wires.load_fields`).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from gateway.source import Checker, Map
from gateway.wires.kinds import Kind
from gateway.wires.turns import Bits, Iso, Scale, Since, Turn, Words, written

UNITS = {
    "ms": timedelta(milliseconds=1),
    "s": timedelta(seconds=1),
    "min": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "days": timedelta(days=1),
}
_FIRST = datetime(1970, 1, 1, tzinfo=UTC)


def number(value: Any) -> int | None:
    """A whole number of the file; text may be ``0x1F``."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and re.fullmatch(r"0x[0-9A-Fa-f]{1,16}|-?[0-9]{1,18}", value):
        return int(value, 0 if value.startswith("0x") else 10)
    return None


def zone_of(checker: Checker, where: Map, key: str, usual: tzinfo) -> tzinfo:
    """The time zone at ``where[key]``: a name, or ``+08:00``."""
    given = where.get(key)
    if given is None:
        return usual
    match = re.fullmatch(r"([+-])(\d\d):(\d\d)", str(given))
    if match:
        shift = timedelta(hours=int(match[2]), minutes=int(match[3]))
        return timezone(-shift if match[1] == "-" else shift)
    try:
        return ZoneInfo(str(given))
    except (ValueError, OSError, KeyError):
        checker.fault(where, key, f"there is no time zone {given!r}", "a name like Europe/Berlin, or +01:00")
        return usual


def turns_of(checker: Checker, given: Map, name: str, kind: Kind, zone: tzinfo) -> tuple[Turn, ...]:
    """What the value of the field ``name`` means; ``zone`` is that of the whole wire."""
    zone = zone_of(checker, given, "zone", zone)
    made: list[Turn] = []
    whole = kind.type == "integer"
    if "scale" in given or "offset" in given or "round" in given:
        made.append(_scale(checker, given, whole))
    if "bits" in given:
        made += _bits(checker, given, name, kind)
    if "enum" in given:
        made += _words(checker, given, name, kind)
    if "time" in given:
        made += _time(checker, given, zone)
    if len([one for one in ("bits", "enum", "time") if one in given]) > 1:
        checker.fault(given, None, f"{name} has more than one meaning", "bits, enum or time")
    return tuple(made)


def _scale(checker: Checker, given: Map, whole: bool) -> Scale:
    parts = {"scale": Decimal(1), "offset": Decimal(0)}
    for key in parts:
        value = given.get(key, parts[key])
        if isinstance(value, bool) or not isinstance(value, int | Decimal) or (key == "scale" and not value):
            checker.fault(given, key, f"{key} is {value!r}", "a number")
        else:
            parts[key] = Decimal(value)
    if given.get("round", "down") not in ("down", "near"):
        checker.fault(given, "round", f"round is {given['round']!r}", "down or near")
    return Scale(parts["scale"], parts["offset"], str(given.get("round", "")), whole)


def _bits(checker: Checker, given: Map, field: str, kind: Kind) -> list[Turn]:
    """``{name: bit}`` or ``{name: low-high}``."""
    if not isinstance(given["bits"], Map) or kind.type != "integer":
        checker.fault(given, "bits", f"bits of {field}", "name: bit (or low-high) lines, of a whole number")
        return []
    places = {}
    for name, place in given["bits"].items():
        match = re.fullmatch(r"(\d{1,2})(?:-(\d{1,2}))?", str(place))
        if not match or int(match[2] or match[1]) < int(match[1]):
            checker.fault(given["bits"], name, f"{name} is bit {place!r}", "a number, or low-high")
            continue
        places[name] = (int(match[1]), int(match[2] or match[1]) - int(match[1]) + 1)
    return [Bits(places)]


def _words(checker: Checker, given: Map, field: str, kind: Kind) -> list[Turn]:
    """``{value: word}``; ``other`` is said of what is not listed."""
    if not isinstance(given["enum"], Map) or not given["enum"]:
        checker.fault(given, "enum", f"the enum of {field} is no map", "value: word lines")
        return []
    words = {}
    for key, word in given["enum"].items():
        value: Any = number(key) if kind.type == "integer" else key
        if value is None or not isinstance(word, str | int):
            checker.fault(given["enum"], key, f"{key}: {word!r} is no line of an enum", "value: word")
            continue
        words[value] = str(word)
    values: dict[str, Any] = {}
    for value, word in words.items():
        values.setdefault(word, value)
    other = given.get("other")
    return [Words(words, values, None if other is None else str(other))]


def _time(checker: Checker, given: Map, zone: tzinfo) -> list[Turn]:
    """``iso``, ``unix``, ``since DATE``, either in seconds or another unit, or a format."""
    text = str(given["time"])
    shown = zone_of(checker, given, "shown_in", UTC)
    own = zone if "zone" in given or "shown_in" in given else UTC
    since = re.fullmatch(r"(?:unix|since (\d{4}-\d\d-\d\d))(?: ([a-z]+))?", text)
    try:
        if text == "iso":
            return [Iso(zone)]
        if since and (since[2] or "s") in UNITS:
            epoch = datetime.fromisoformat(f"{since[1]}T00:00:00Z") if since[1] else _FIRST
            return [Since(epoch, UNITS[since[2] or "s"], own, shown)]
        if "%" in text:
            return [written(text, zone)]
    except ValueError as error:
        checker.fault(given, "time", f"no such time: {error}", "%Y %y %m %d %H %M %S %f %w %u")
        return []
    known = f'iso, unix, since 2000-01-01, these perhaps with {" ".join(UNITS)}, or a format like "%Y-%m-%d %H:%M:%S"'
    checker.fault(given, "time", f"a time as {text!r}", known)
    return []
