"""Chooses the profiles for a peer and joins them.

In: what is known of the peer.  Out: `gateway.quirks.cures.Cures`.
Not here: when to choose (at connect by what is known, and again at boot: the joint does that).

Profiles are joined from least to most specific.  Where two change the same field of the same message, set the same switch
or replace the same text, the more specific one has it alone, or the operator's own; two others of equal rank cannot, because
loading refuses them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.catalogue import Folders
from gateway.dialects.schema import Dialect
from gateway.messages import Side
from gateway.quirks.connect import joined
from gateway.quirks.cures import NONE, Cures, Steps, steps_of
from gateway.quirks.match import Known, Match
from gateway.quirks.profile import Profile, load_profiles
from gateway.quirks.rule import Rule
from gateway.quirks.text import TextRule


class Quirks:
    """All profiles that were loaded, by id.

    ``doors``: one of them has something to say before the first message; ``elsewhere``: of where the identity stands.
    """

    def __init__(self, profiles: Sequence[Profile]) -> None:
        self.profiles = {profile.id: profile for profile in profiles}
        self.doors = any(profile.connect is not None and profile.matches for profile in profiles)
        self.elsewhere = any(p.connect is not None and p.connect.identity is not None and p.matches for p in profiles)
        self._near: dict[tuple[Side, str | None], list[tuple[Match, Profile]]] = {}
        self._joined: dict[tuple[str, ...], Cures] = {}

    @classmethod
    def load(cls, folders: Folders, dialects: Mapping[str, Dialect]) -> Quirks:
        """Read and check all files.  Raises `gateway.source.SourceError` with every fault."""
        return cls(load_profiles(folders, dialects))

    def choose(self, known: Known) -> Cures:
        """The cures for a peer of which this is known; peers with the same profiles share them."""
        fitting = self.fitting(known)
        if not fitting:
            return NONE
        ids = tuple(profile.id for profile in fitting)
        if ids not in self._joined:
            self._joined[ids] = join(fitting)
        return self._joined[ids]

    def fitting(self, known: Known) -> list[Profile]:
        """The profiles meant for a peer of which this is known, the least specific first."""
        place = known.side, known.dialect
        if place not in self._near:
            self._near[place] = self._of(*place)
        found: dict[str, Profile] = {}
        for match, profile in self._near[place]:
            if match.fits(known):
                found.pop(profile.id, None)  # it ranks by the most specific of its matches
                found[profile.id] = profile
        return list(found.values())

    def _of(self, side: Side, dialect: str | None) -> list[tuple[Match, Profile]]:
        """What may be meant for a peer on that side who speaks that, the least specific first: a station is chosen for many times
        while it comes in, and thousands may come at once."""
        here = [(match, one) for one in self.profiles.values() for match in one.matches if match.side == side]
        near = [(match, one) for match, one in here if not match.dialects or dialect in match.dialects]
        return sorted(near, key=lambda pair: (pair[0].rank, not pair[1].shipped, pair[1].id))


def join(profiles: Sequence[Profile]) -> Cures:
    """The cures of ``profiles``, which come least specific first."""
    behave: dict[str, Any] = {}
    owners: dict[tuple[str, str], str] = {}
    for profile in profiles:
        for name, value in profile.behave.items():
            before = behave.get(name)
            behave[name] = {**before, **value} if isinstance(before, Mapping) and isinstance(value, Mapping) else value
            owners |= {(name, detail): profile.id for detail in (value if isinstance(value, Mapping) else ("",))}
    return Cures(
        ids=[profile.id for profile in profiles],
        text=_texts([(profile.id, profile.repair.text) for profile in profiles]),
        written=_texts([(profile.id, profile.adjust.text) for profile in profiles]),
        repair=_table([(profile.id, profile.repair.payload) for profile in profiles]),
        adjust=_table([(profile.id, profile.adjust.payload) for profile in profiles]),
        behave=behave,
        owners=owners,
        connect=joined([(profile.id, profile.connect) for profile in profiles if profile.connect is not None]),
        number_ids=any(profile.repair.number_ids for profile in profiles),
        warnings=[(profile.id, profile.warn) for profile in profiles if profile.warn],
    )


def _texts(parts: Sequence[tuple[str, tuple[TextRule, ...]]]) -> list[tuple[str, tuple[TextRule, ...]]]:
    """The text rules by quirk, without those that a more specific profile replaces."""
    made = []
    for number, (quirk, mine) in enumerate(parts):
        later = {rule.key for _, others in parts[number + 1 :] for rule in others} - {()}
        rules = tuple(rule for rule in mine if rule.key not in later)
        if rules:
            made.append((quirk, rules))
    return made


def _table(parts: Sequence[tuple[str, tuple[Rule, ...]]]) -> dict[tuple[str, str], Steps]:
    """The rules by kind of message, without those that a more specific profile replaces."""
    made: dict[tuple[str, str], list[tuple[str, tuple[Rule, ...]]]] = {}
    for number, (quirk, rules) in enumerate(parts):
        later = [rule for _, others in parts[number + 1 :] for rule in others]
        for on in dict.fromkeys(on for rule in rules for on in rule.on):
            stronger = [rule for rule in later if on in rule.on]
            kept = [rule for rule in rules if on in rule.on and not any(_yields(rule, other) for other in stronger)]
            if kept:
                made.setdefault(on, []).append((quirk, tuple(kept)))
    return {on: steps_of(found) for on, found in made.items()}


def _yields(rule: Rule, stronger: Rule) -> bool:
    """Whether a more specific rule has the field to itself; one that stands under a condition shares it."""
    conditional = "when" in stronger.source or "like" in stronger.source
    return rule.equals(stronger) or (not conditional and rule.overlaps(stronger))
