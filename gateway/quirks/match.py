"""Decides whether a profile is meant for a peer, and which of two profiles is meant more.

In: what is known of a peer (`Known`), the ``match`` of a profile.  Out: yes or no, a rank, whether two may meet.
Not here: what the profiles do.

Rank, from least to most: nothing but the dialect < vendor (or User-Agent) < model (or another field of the boot) < firmware
< site (listener, back end) < station (identity or serial number).  A profile ranks by the most specific thing that it names.
Patterns are shell globs; vendor and
model are compared without regard to case.  Firmware strings are no version numbers: a profile says how to read one out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from gateway.messages import Side
from gateway.quirks.bounded import bounded
from gateway.source import Checker, List, Map, nearest, one_of

RANKS = {"dialect": 0, "vendor": 1, "user_agent": 1, "model": 2, "boot": 2, "firmware": 3, "listener": 4, "backend": 4}
RANKS |= {"serial": 5, "station": 5}
"""What a match may name, and how much that says."""
GLOBS = ("vendor", "user_agent", "model", "listener", "backend", "serial", "station")
FOLDED = ("vendor", "model")
BOOT = "boot."
_LONGEST = 64
"""Characters of a firmware string that are looked at, so that no peer can keep a pattern busy."""
_WILD = re.compile(r"[*?\[]")


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a peer now; None is unknown.  ``backend`` and ``listener`` are the names in the site file."""

    side: Side
    station: str | None = None
    listener: str | None = None
    user_agent: str | None = None
    dialect: str | None = None
    vendor: str | None = None
    model: str | None = None
    firmware: str | None = None
    backend: str | None = None
    serial: str | None = None
    boot: Mapping[str, Any] = field(default_factory=dict)

    def value(self, key: str) -> str | None:
        """What a pattern is held against; ``boot.PATH`` is a field of the boot."""
        if not key.startswith(BOOT):
            found: Any = getattr(self, key)
        else:
            found = self.boot
            for name in key[len(BOOT) :].split("."):
                found = found.get(name) if isinstance(found, dict) else None
        return found if isinstance(found, str) else None


@dataclass(frozen=True, slots=True)
class Firmware:
    """A range of versions, from ``least`` on and below ``below``, read out of the string by the groups of ``read``."""

    read: re.Pattern[str]
    least: tuple[int, ...]
    below: tuple[int, ...] | None

    def holds(self, text: str) -> bool:
        """Whether the version in ``text`` is in the range; false where none can be read."""
        found = self.read.search(text[:_LONGEST])
        version = _numbers(found.groups()) if found else None
        return version is not None and self.least <= version and (self.below is None or version < self.below)

    def apart(self, other: Firmware) -> bool:
        """Whether no version can be in both; only sure where both read it the same way."""
        if self.read.pattern != other.read.pattern:
            return False
        return (self.below is not None and self.below <= other.least) or (other.below is not None and other.below <= self.least)


@dataclass(frozen=True, slots=True)
class Match:
    """The ``match`` of one profile: all that it names must hold."""

    side: Side
    globs: dict[str, tuple[str, ...]]
    dialects: tuple[str, ...] = ()
    firmware: Firmware | None = None

    @property
    def rank(self) -> int:
        """How specific this is."""
        named = [RANKS[key.partition(".")[0]] for key in self.globs]
        return max([0, *named, *([RANKS["firmware"]] if self.firmware else [])])

    def fits(self, known: Known) -> bool:
        """Whether a peer of which this is known is meant.  What is unknown fits no pattern."""
        if known.side != self.side or (self.dialects and known.dialect not in self.dialects):
            return False
        if self.firmware is not None and (known.firmware is None or not self.firmware.holds(known.firmware)):
            return False
        return all(_fits(key, patterns, known.value(key)) for key, patterns in self.globs.items())

    def may_meet(self, other: Match) -> bool:
        """Whether one peer could be meant by both.  In doubt, yes."""
        if self.side != other.side:
            return False
        if self.dialects and other.dialects and not set(self.dialects) & set(other.dialects):
            return False
        if self.firmware and other.firmware and self.firmware.apart(other.firmware):
            return False
        shared = self.globs.keys() & other.globs.keys()
        return all(any(_meet(a, b) for a in self.globs[key] for b in other.globs[key]) for key in shared)


def _fits(key: str, patterns: tuple[str, ...], value: str | None) -> bool:
    if value is None:
        return False
    seen = value.casefold() if key in FOLDED else value
    return any(fnmatchcase(seen, pattern) for pattern in patterns)


def _meet(a: str, b: str) -> bool:
    """Whether one text may fit both patterns: exact where one is plain text, else judged by what stands before the wildcards."""
    wild_a, wild_b = _WILD.search(a), _WILD.search(b)
    if wild_a is None:
        return fnmatchcase(a, b)
    if wild_b is None:
        return fnmatchcase(b, a)
    start_a, start_b = a[: wild_a.start()], b[: wild_b.start()]
    return start_a.startswith(start_b) or start_b.startswith(start_a)


def _numbers(groups: tuple[str | None, ...]) -> tuple[int, ...] | None:
    if not groups or any(group is not None and not group.isdecimal() for group in groups):
        return None
    numbers = [int(group) for group in groups if group is not None]
    while numbers and numbers[-1] == 0:
        numbers.pop()  # 6.6 and 6.6.0 are one version
    return tuple(numbers)


# -- reading a profile's match ---------------------------------------------------------------------------------------


def read_match(check: Checker, at: Any, holder: Map, dialects: list[str]) -> Match | None:
    """The mapping ``at``, which is ``holder["match"]``; None where it cannot be used at all."""
    if not isinstance(at, Map):
        check.fault(holder, "match", "match is no mapping", "side: … and what the profile is meant for")
        return None
    return _match(check, at, dialects) if check.keys(at, "match", ("side",), tuple(RANKS)) else None


def read_use(check: Checker, at: Any, holder: Map, key: str, meant: Match, dialects: list[str]) -> Match | None:
    """The mapping ``at``, which is ``holder[key]``: for whom an operator wants a profile that is ``meant`` for others."""
    keys = [name for name in RANKS if name != "dialect"]
    if not isinstance(at, Map) or not at:
        check.fault(holder, key, f"nobody is named for {key}", "{station: …}, {listener: …}, {vendor: …} or another of match")
        return None
    if not check.keys(at, f"use of {key}", (), keys):
        return None
    whole = Map(at, side=meant.side)
    whole.file, whole.line, whole.lines = at.file, at.line, at.lines
    made = _match(check, whole, dialects)
    return Match(made.side, made.globs, meant.dialects, made.firmware) if made is not None and len(whole) == len(at) + 1 else None


def _match(check: Checker, at: Map, dialects: list[str]) -> Match | None:
    if at["side"] not in ("station", "backend"):
        check.fault(at, "side", f"unknown side {at['side']!r}", "station or backend")
        return None
    globs = {key: _patterns(check, at, key) for key in GLOBS if key in at} | (_booted(check, at) if "boot" in at else {})
    ranged = isinstance(at.get("firmware"), Map)
    if "firmware" in at and not ranged:
        globs["firmware"] = _patterns(check, at, "firmware")
    return Match(at["side"], globs, _dialects(check, at, dialects), _firmware(check, at["firmware"]) if ranged else None)


def _texts(check: Checker, at: Map, key: str, known: Iterable[str] = ()) -> tuple[str, ...]:
    listed = at[key] if isinstance(at[key], List) else [at[key]]
    if not listed or not all(isinstance(one, str) and one for one in listed):
        near = next((one for one in known if one.endswith(str(at[key]))), "")
        check.fault(at, key, f"{key} is no text", "text, or a list of texts; quote what looks like a number", near)
        return ()
    return tuple(listed)


def _patterns(check: Checker, at: Map, key: str) -> tuple[str, ...]:
    return tuple(one.casefold() if key in FOLDED else one for one in _texts(check, at, key))


def _booted(check: Checker, at: Map) -> dict[str, tuple[str, ...]]:
    """The patterns for fields of the boot."""
    if not isinstance(at["boot"], Map) or not at["boot"]:
        check.fault(at, "boot", "boot is no mapping", "FIELD: pattern lines; names joined by dots")
        return {}
    return {f"{BOOT}{name}": _texts(check, at["boot"], name) for name in at["boot"]}


def _dialects(check: Checker, at: Map, known: list[str]) -> tuple[str, ...]:
    named = _texts(check, at, "dialect", known) if "dialect" in at else ()
    for name in named:
        if name not in known:
            check.fault(at, "dialect", f"unknown dialect {name!r}", one_of(known), nearest(name, known))
    return named


def _firmware(check: Checker, at: Map) -> Firmware | None:
    if not check.keys(at, "firmware", ("read",), ("from", "below")):
        return None
    try:
        read = bounded(str(at["read"]), _LONGEST, 10**10)
    except ValueError as error:
        check.fault(at, "read", str(error))
        return None
    if not read.groups:
        check.fault(at, "read", "the expression has no groups", r"one group for each number, as in (\d+)\.(\d+)")
        return None
    least, below = _version(check, at, "from"), _version(check, at, "below")
    if below is not None and below <= (least or ()):
        check.fault(at, "below", "no version is in this range", "below to be greater than from")
    return Firmware(read, least or (), below)


def _version(check: Checker, at: Map, key: str) -> tuple[int, ...] | None:
    if key not in at:
        return None
    made = _numbers(tuple(str(at[key]).split(".")))
    if made is None:
        check.fault(at, key, f"{at[key]!r} is no version", "numbers joined by dots, in quotes")
    return made
