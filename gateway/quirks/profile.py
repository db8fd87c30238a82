"""Reads quirk profiles and finds every fault in them.

In: the files under ``quirks/`` in the folders of data files, the dialects.  Out: `Profile` values, or `SourceError`.
Not here: which profile is meant for whom (`gateway.quirks.choose`), the samples' laws (`gateway.quirks.sample`).

One file holds the profiles of one model, by id.  The format is told in ``mappings/README.rst``, "Quirks".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Any

from gateway import source
from gateway.catalogue import Folders, shipped
from gateway.dialects.schema import Dialect
from gateway.quirks import path as paths
from gateway.quirks import sample
from gateway.quirks.adjust import Adjust, read_adjust
from gateway.quirks.behave import read_behave
from gateway.quirks.connect import Connect, joined, read_connect
from gateway.quirks.match import BOOT, Known, Match, read_match, read_use
from gateway.quirks.reading import Reading
from gateway.quirks.repair import Repair, read_repair
from gateway.quirks.rule import Rule
from gateway.quirks.text import TextRule
from gateway.source import Checker, List, Map, SourceError, nearest, one_of

VERBS = ("repair", "adjust", "behave", "connect", "warn")
PARTS = ("quirks", "use", "off")
"""What a file may hold."""
ASIDE = ("samples", "deliberate", "on_request", "beyond_schema")
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")


@dataclass(frozen=True, slots=True)
class Profile:
    """One thing that one kind of peer does wrong, and the cure.

    ``links`` are the public reports; ``deliberate`` says that legal values are rewritten on purpose, ``why`` the reason.
    ``on_request``: only for those whom an operator names (``use``).  ``warn`` is what to tell the operator of such a peer.
    ``off`` is where an operator switched it off (file:line): it is known, and meant for nobody.
    """

    id: str
    title: str
    why: str
    links: tuple[str, ...]
    match: Match
    repair: Repair = field(default_factory=Repair)
    adjust: Adjust = field(default_factory=Adjust)
    behave: Mapping[str, Any] = field(default_factory=dict)
    samples: tuple[sample.Sample, ...] = ()
    deliberate: bool = False
    connect: Connect | None = None
    warn: str = ""
    on_request: bool = False
    use: Match | None = None
    shipped: bool = False
    off: str = ""
    source: Map = field(default_factory=Map, compare=False, repr=False)

    @property
    def matches(self) -> tuple[Match, ...]:
        """For whom it is meant, one or the other."""
        if self.off:
            return ()
        return tuple(one for one in (None if self.on_request else self.match, self.use) if one is not None)

    def rank(self, known: Known) -> int | None:
        """How specifically it is meant for a peer of which this is known; None: it is not."""
        return max((one.rank for one in self.matches if one.fits(known)), default=None)

    def quarrel(self, other: Profile) -> tuple[Map, str | None, str] | None:
        """What both change, with its place in this one, where nothing says who wins: a rank, or that one is shipped."""
        equal = any(a.rank == b.rank and a.may_meet(b) for a in self.matches for b in other.matches)
        if self.shipped != other.shipped or not equal:
            return None
        for name in sorted(self.behave.keys() & other.behave.keys()):
            if _differ(self.behave[name], other.behave[name]):
                return self.source, "behave", f"the switch {name}"
        if (
            self.connect is not None
            and other.connect is not None
            and joined([("", self.connect), ("", other.connect)]) != joined([("", other.connect), ("", self.connect)])
        ):
            return self.source, "connect", "the same of connect"
        return (
            _first_meeting(self.repair.payload, other.repair.payload)
            or _first_meeting(self.adjust.payload, other.adjust.payload)
            or self._same_text("repair", self.repair.text, other.repair.text)
            or self._same_text("adjust", self.adjust.text, other.adjust.text)
        )

    def _same_text(self, verb: str, mine: Iterable[TextRule], theirs: Iterable[TextRule]) -> tuple[Map, str | None, str] | None:
        keys = {rule.key for rule in mine} & {rule.key for rule in theirs} - {()}
        return (self.source, verb, "the same text") if keys else None


def _differ(mine: Any, theirs: Any) -> bool:
    """Whether one switch cannot be set both ways; what is set by role or operation differs only where both name one."""
    if isinstance(mine, Mapping) and isinstance(theirs, Mapping):
        return any(mine[key] != theirs[key] for key in mine.keys() & theirs.keys())
    return bool(mine != theirs)


def _first_meeting(mine: Iterable[Rule], others: Iterable[Rule]) -> tuple[Map, str | None, str] | None:
    others = list(others)
    for rule in mine:
        if any(rule.meets(other) for other in others):
            return rule.source, "at", f"{rule.path} in {rule.on[0]}"
    return None


def load_profiles(folders: Folders, dialects: Mapping[str, Dialect]) -> list[Profile]:
    """All profiles by id, those that are switched off marked so.  Raises `SourceError` with the faults of all files."""
    check, profiles, tops = Checker(), list[Profile](), list[Map]()
    for path in folders.files("quirks").values():
        try:
            top = source.load(path, folders.display(path))
        except SourceError as error:
            check.faults += error.faults
            continue
        tops.append(top)
        profiles += read_file(check, top, dialects, path.is_relative_to(shipped()))
    made = chosen_by_operator(check, _by_id(check, profiles), tops, list(dialects))
    _check_together(check, made)
    check.raise_if_any()
    return sorted(made, key=lambda profile: profile.id)


def read_file(check: Checker, top: Map, dialects: Mapping[str, Dialect], shipped_one: bool = False) -> list[Profile]:
    """The profiles of one file; those that cannot be used are left out."""
    astray = [key for key, at in top.items() if key not in PARTS and isinstance(at, Map) and "match" in at]
    for key in astray:
        check.fault(top, key, f"{key} stands at the top of the file", "it further to the right, under quirks:")
    check.keys(top, "a file of quirks", (), (*PARTS, *astray))
    if not astray and not any(key in top for key in PARTS):
        check.fault(top, None, "a file of quirks holds nothing", one_of(PARTS))
    if "quirks" not in top:
        return []
    listed = top["quirks"]
    if not isinstance(listed, Map) or not listed:
        check.fault(top, "quirks", "quirks is no mapping", "id: {title: …, …} lines")
        return []
    made = [_Reader(check, dialects, listed, id, shipped_one).profile() for id in listed]
    return [profile for profile in made if profile is not None]


def _by_id(check: Checker, profiles: list[Profile]) -> dict[str, Profile]:
    """One profile of each id: an operator's own takes the place of a shipped one."""
    found: dict[str, Profile] = {}
    for profile in sorted(profiles, key=lambda one: one.shipped):
        first = found.setdefault(profile.id, profile)
        if first is not profile and first.shipped == profile.shipped:
            check.fault(profile.source, None, f"the id {profile.id!r} stands in {first.source.file} too")
    return found


def chosen_by_operator(check: Checker, found: dict[str, Profile], tops: list[Map], dialects: list[str]) -> list[Profile]:
    """With the ``use`` and the ``off`` of files; a name that no profile has is a fault."""
    for top in tops:
        wanted = top.get("use", Map())
        if not isinstance(wanted, Map):
            check.fault(top, "use", "use is no mapping", "id: {station: …} lines")
            continue
        for id, at in wanted.items():
            if id not in found:
                check.unknown(wanted, id, "quirk", found)
                continue
            use = read_use(check, at, wanted, id, found[id].match, dialects)
            found[id] = replace(found[id], use=use)
    for top in tops:
        _switch_off(check, top, found)
    return list(found.values())


def _switch_off(check: Checker, top: Map, found: dict[str, Profile]) -> None:
    listed = top.get("off", List())
    if not isinstance(listed, List):
        check.fault(top, "off", "off is no list", "[id, …]")
        return
    for number, id in enumerate(listed):
        if id in found:
            found[id] = replace(found[id], off=f"{listed.file}:{listed.lines[number]}")
        else:
            check.fault(listed, number, f"unknown quirk {id!r}", one_of(sorted(found)), nearest(str(id), found))


def _check_together(check: Checker, profiles: list[Profile]) -> None:
    for first, second in combinations(profiles, 2):
        found = second.quarrel(first)
        if found is not None:
            at, key, what = found
            both = f"{second.id} and {first.id} ({first.source.file})"
            check.fault(at, key, f"{both} are equally specific and both change {what}", "one of them to match more closely")


class _Reader:
    def __init__(self, check: Checker, dialects: Mapping[str, Dialect], listed: Map, id: str, shipped_one: bool) -> None:
        self.check, self.dialects, self.listed, self.id, self.shipped = check, dialects, listed, id, shipped_one

    def profile(self) -> Profile | None:
        """The profile, or None where too much is missing to go on."""
        at = self.listed[self.id]
        if not _ID.match(self.id):
            self.check.fault(self.listed, self.id, f"{self.id!r} is no id", "small letters, digits and single hyphens")
        if not isinstance(at, Map):
            self.check.fault(self.listed, self.id, f"{self.id} is no mapping", "title, why, link, match, …")
            return None
        whole = self.check.keys(at, f"quirk {self.id}", ("title", "why", "link", "match"), (*VERBS, *ASIDE))
        match = read_match(self.check, at["match"], at, list(self.dialects)) if "match" in at else None
        return self._made(at, match) if whole and match is not None else None

    def _made(self, at: Map, match: Match) -> Profile:
        before = len(self.check.faults)
        reading = self._reading(at, match)
        made = Profile(
            id=self.id,
            title=self._text(at, "title"),
            why=self._text(at, "why"),
            links=self._links(at),
            match=self._meant(at, match),
            repair=read_repair(reading, at["repair"], at) if "repair" in at else Repair(),
            adjust=read_adjust(reading, at) if "adjust" in at else Adjust(),
            behave=read_behave(reading, at["behave"], at) if "behave" in at else {},
            connect=read_connect(self.check, at["connect"], at, self.dialects, match.side) if "connect" in at else None,
            warn=self._text(at, "warn") if "warn" in at else "",
            samples=sample.read_samples(reading, at) if "samples" in at else (),
            deliberate=reading.deliberate,
            on_request=self._flag(at, "on_request"),
            shipped=self.shipped,
            source=at,
        )
        if not any(verb in at for verb in VERBS):
            self.check.fault(at, None, f"quirk {self.id} does nothing", "one of " + ", ".join(VERBS))
        if len(self.check.faults) == before:
            sample.check_samples(reading, at, made.repair, made.adjust, made.samples)
        return made

    def _reading(self, at: Map, match: Match) -> Reading:
        named = {name: self.dialects[name] for name in match.dialects if name in self.dialects}
        deliberate, beyond = self._flag(at, "deliberate", "; the reason stands in why"), self._flag(at, "beyond_schema")
        return Reading(self.check, named or self.dialects, bool(named), match.side, "from", deliberate, beyond)

    def _flag(self, at: Map, key: str, more: str = "") -> bool:
        if not isinstance(at.get(key, False), bool):
            self.check.fault(at, key, f"{key} is true or left out{more}")
        return at.get(key) is True

    def _meant(self, at: Map, match: Match) -> Match:
        if at.get("on_request") is not True and not match.rank:
            self.check.fault(at, "match", "it would fit every peer", "a vendor, a model or another of match, or on_request: true")
        self._booted(at, match)
        return match

    def _booted(self, at: Map, match: Match) -> None:
        """A field of the boot that no boot has would never match."""
        named = [self.dialects[name] for name in match.dialects if name in self.dialects] or list(self.dialects.values())
        boots = [d.messages[action].request for d in named if (action := d.action_for("boot")) is not None]
        for key in (key for key in match.globs if key.startswith(BOOT)):
            name = key.removeprefix(BOOT)
            troubles = [paths.lacks(shape, name) for shape in boots]
            if all(troubles):
                self.check.fault(at["match"]["boot"], name, next(iter(troubles), "no dialect has a boot"))

    def _text(self, at: Map, key: str) -> str:
        if not isinstance(at[key], str) or not at[key].strip():
            self.check.fault(at, key, f"{key} is empty", "a sentence")
        return str(at[key])

    def _links(self, at: Map) -> tuple[str, ...]:
        links = at["link"] if isinstance(at["link"], List) else [at["link"]]
        if not links or not all(isinstance(one, str) and one.startswith("https://") for one in links):
            self.check.fault(at, "link", "link is no address", "the https:// address of the public report, or a list of them")
        return tuple(map(str, links))
