"""Reads quirk profiles and finds every fault in them.

In: the files under ``quirks/`` in the folders of data files, the dialects.  Out: `Profile` values, or `SourceError`.
Not here: which profile is meant for whom (`gateway.quirks.choose`), the samples' laws (`gateway.quirks.sample`).

One file holds the profiles of one model, by id.  The format is told in ``mappings/README.rst``, "Quirks".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from gateway import source
from gateway.catalogue import Folders
from gateway.dialects.schema import Dialect
from gateway.quirks import sample
from gateway.quirks.adjust import read_adjust
from gateway.quirks.behave import read_behave
from gateway.quirks.match import Match, read_match
from gateway.quirks.repair import Repair, read_repair
from gateway.quirks.rule import Reading, Rule
from gateway.source import Checker, List, Map, SourceError

VERBS = ("repair", "adjust", "behave")
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")


@dataclass(frozen=True, slots=True)
class Profile:
    """One thing that one kind of peer does wrong, and the cure.

    ``links`` are the public reports; ``deliberate`` says that legal values are rewritten on purpose, ``why`` the reason.
    """

    id: str
    title: str
    why: str
    links: tuple[str, ...]
    match: Match
    repair: Repair = field(default_factory=Repair)
    adjust: tuple[Rule, ...] = ()
    behave: Mapping[str, Any] = field(default_factory=dict)
    samples: tuple[sample.Sample, ...] = ()
    deliberate: bool = False
    source: Map = field(default_factory=Map, compare=False, repr=False)

    def quarrel(self, other: Profile) -> tuple[Map, str | None, str] | None:
        """What both change, with its place in this one, where no rank says who wins."""
        if self.match.rank != other.match.rank or not self.match.may_meet(other.match):
            return None
        for name in self.behave.keys() & other.behave.keys():
            return self.source, "behave", f"the switch {name}"
        return (
            _first_meeting(self.repair.payload, other.repair.payload)
            or _first_meeting(self.adjust, other.adjust)
            or self._same_text(other)
        )

    def _same_text(self, other: Profile) -> tuple[Map, str | None, str] | None:
        keys = {rule.key for rule in self.repair.text} & {rule.key for rule in other.repair.text} - {()}
        return (self.source, "repair", "the same text") if keys else None


def _first_meeting(mine: Iterable[Rule], others: Iterable[Rule]) -> tuple[Map, str | None, str] | None:
    others = list(others)
    for rule in mine:
        if any(rule.meets(other) for other in others):
            return rule.source, "at", f"{rule.path} in {rule.on[0]}"
    return None


def load_profiles(folders: Folders, dialects: Mapping[str, Dialect]) -> list[Profile]:
    """All profiles, by id.  Raises `SourceError` with the faults of all files."""
    check, profiles = Checker(), list[Profile]()
    for path in folders.files("quirks").values():
        try:
            top = source.load(path, folders.display(path))
        except SourceError as error:
            check.faults += error.faults
            continue
        profiles += read_file(check, top, dialects)
    _check_together(check, profiles)
    check.raise_if_any()
    return sorted(profiles, key=lambda profile: profile.id)


def read_file(check: Checker, top: Map, dialects: Mapping[str, Dialect]) -> list[Profile]:
    """The profiles of one file; those that cannot be used are left out."""
    if not check.keys(top, "a file of quirks", ("quirks",)):
        return []
    listed = top["quirks"]
    if not isinstance(listed, Map) or not listed:
        check.fault(top, "quirks", "quirks is no mapping", "id: {title: …, …} lines")
        return []
    made = [_Reader(check, dialects, listed, id).profile() for id in listed]
    return [profile for profile in made if profile is not None]


def _check_together(check: Checker, profiles: list[Profile]) -> None:
    seen: dict[str, Profile] = {}
    for profile in profiles:
        first = seen.setdefault(profile.id, profile)
        if first is not profile:
            check.fault(profile.source, None, f"the id {profile.id!r} stands in {first.source.file} too")
    for first, second in combinations(profiles, 2):
        found = second.quarrel(first)
        if found is not None and first.id != second.id:
            at, key, what = found
            both = f"{second.id} and {first.id} ({first.source.file})"
            check.fault(at, key, f"{both} are equally specific and both change {what}", "one of them to match more closely")


class _Reader:
    def __init__(self, check: Checker, dialects: Mapping[str, Dialect], listed: Map, id: str) -> None:
        self.check, self.dialects, self.listed, self.id = check, dialects, listed, id

    def profile(self) -> Profile | None:
        """The profile, or None where too much is missing to go on."""
        at = self.listed[self.id]
        if not _ID.match(self.id):
            self.check.fault(self.listed, self.id, f"{self.id!r} is no id", "small letters, digits and single hyphens")
        if not isinstance(at, Map):
            self.check.fault(self.listed, self.id, f"{self.id} is no mapping", "title, why, link, match, …")
            return None
        whole = self.check.keys(at, f"quirk {self.id}", ("title", "why", "link", "match"), (*VERBS, "samples", "deliberate"))
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
            match=match,
            repair=read_repair(reading, at["repair"], at) if "repair" in at else Repair(),
            adjust=read_adjust(reading, at) if "adjust" in at else (),
            behave=read_behave(self.check, at["behave"], at) if "behave" in at else {},
            samples=sample.read_samples(reading, at) if "samples" in at else (),
            deliberate=reading.deliberate,
            source=at,
        )
        if not any(verb in at for verb in VERBS):
            self.check.fault(at, None, f"quirk {self.id} does nothing", "one of " + ", ".join(VERBS))
        if len(self.check.faults) == before:
            sample.check_samples(reading, at, made.repair, made.adjust, made.samples)
        return made

    def _reading(self, at: Map, match: Match) -> Reading:
        named = {name: self.dialects[name] for name in match.dialects if name in self.dialects}
        deliberate = at.get("deliberate", False)
        if not isinstance(deliberate, bool):
            self.check.fault(at, "deliberate", "deliberate is true or left out; the reason stands in why")
        return Reading(self.check, named or self.dialects, bool(named), match.side, "from", deliberate is True)

    def _text(self, at: Map, key: str) -> str:
        if not isinstance(at[key], str) or not at[key].strip():
            self.check.fault(at, key, f"{key} is empty", "a sentence")
        return str(at[key])

    def _links(self, at: Map) -> tuple[str, ...]:
        links = at["link"] if isinstance(at["link"], List) else [at["link"]]
        if not links or not all(isinstance(one, str) and one.startswith("https://") for one in links):
            self.check.fault(at, "link", "link is no address", "the https:// address of the public report, or a list of them")
        return tuple(map(str, links))
