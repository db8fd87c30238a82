"""Says in words what a profile does and for whom: for ``quirks show``, ``quirks list`` and the page of supported models.

In: profiles.  Out: lines of text, reStructuredText, and plain values for JSON.
Not here: reading them (`gateway.quirks.profile`).
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import Any

from gateway.quirks.match import Firmware, Match
from gateway.quirks.profile import Profile
from gateway.quirks.rule import Rule

ANY = "any"
"""The folder of profiles that are named by what is seen."""


def folder_of(profile: Profile) -> str:
    """The vendor's folder."""
    return Path(profile.source.file).parent.name


def whom(match: Match) -> str:
    """For whom a match is, in a line."""
    parts = [f"{key.replace('_', ' ')} {' or '.join(patterns)}" for key, patterns in match.globs.items()]
    if match.firmware is not None:
        parts.append(_range(match.firmware))
    if match.dialects:
        parts.append(" or ".join(match.dialects))
    return f"{'station' if match.side == 'station' else 'back end'}: {', '.join(parts) or 'any'}"


def _range(firmware: Firmware) -> str:
    spelled = [f"from {'.'.join(map(str, firmware.least))}"] if firmware.least else []
    spelled += [f"below {'.'.join(map(str, firmware.below))}"] if firmware.below is not None else []
    return f"firmware {' and '.join(spelled) or 'that can be read'}"


def verbs(profile: Profile) -> list[str]:
    """Which verbs it has."""
    found = {
        "repair": profile.repair.text or profile.repair.payload,
        "adjust": profile.adjust.payload or profile.adjust.text,
        "behave": profile.behave,
        "connect": profile.connect,
        "warn": profile.warn,
    }
    return [name for name, there in found.items() if there]


def cures(profile: Profile) -> list[str]:
    """What it does, a line for each part."""
    lines = [f"text: {rule.name}" for rule in profile.repair.text] + [f"text to it: {rule.name}" for rule in profile.adjust.text]
    lines += [
        f"{verb}: {_rule(one)}"
        for verb, rules in (("repair", profile.repair.payload), ("adjust", profile.adjust.payload))
        for one in rules
    ]
    lines += [f"behave: {name} {_plain(profile.source['behave'][name])}" for name in profile.behave]
    lines += [f"connect: {name} {_plain(value)}" for name, value in profile.source.get("connect", {}).items()]
    return [*lines, *([f"warn: {profile.warn}"] if profile.warn else [])]


def _rule(rule: Rule) -> str:
    said = rule.source.get("on", "")
    on = ", ".join(map(str, said)) if isinstance(said, list) else said
    argument = rule.source[rule.operation]
    what = rule.operation if argument is True else f"{rule.operation} {_plain(argument)}"
    beside = [f"when {rule.source['when']}"] if "when" in rule.source else []
    beside += [f"like {rule.source['like']}"] if "like" in rule.source else []
    place = f" at {rule.source['at']}" if "at" in rule.source else ""
    return " ".join([f"{on}{place}: {what}", *beside])


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_plain(one)}" for key, one in value.items()) + "}"
    return "[" + ", ".join(map(_plain, value)) + "]" if isinstance(value, list) else str(value)


def as_json(profile: Profile) -> dict[str, Any]:
    """All that an inventory may want to know."""
    return {
        "id": profile.id,
        "title": profile.title,
        "why": profile.why,
        "links": list(profile.links),
        "match": [whom(match) for match in (profile.match, profile.use) if match is not None],
        "on_request": profile.on_request,
        "off": profile.off or None,
        "verbs": verbs(profile),
        "deliberate": profile.deliberate,
        "file": profile.source.file,
        "shipped": profile.shipped,
    }


def shown(profile: Profile) -> Iterable[str]:
    """The profile as a page of text."""
    yield f"{profile.id}: {profile.title}"
    yield f"  for       {whom(profile.match)}" + (" (only on request)" if profile.on_request else "")
    if profile.off:
        yield f"  off       switched off in {profile.off}"
    if profile.use is not None:
        yield f"  and for   {whom(profile.use)}"
    yield f"  stands in {profile.source.file}:{profile.source.line}"
    yield from textwrap.wrap(profile.why, 110, initial_indent="  why       ", subsequent_indent="            ")
    for line in cures(profile):
        yield f"  - {line}"
    for link in profile.links:
        yield f"  {link}"


# -- the page --------------------------------------------------------------------------------------------------------

_HEAD = """\
Supported models
================

What is known of single models, and of stations and back ends in general, and cured by a profile that comes with the gateway.
A model that does not stand here needs none, or has not been reported.  Made by ``ocpp-gateway quirks models``; the profiles
are in ``mappings/quirks/``, and `how to write one <../mappings/README.rst>`_ is told there.

The reports are public; the profiles were written from them.  Only where a report says so were they tried on the device itself.
"""
_REQUEST = """\
These are for nobody by themselves.  Whoever has such a station names it in a file of his own:
``use: {no-pong: {station: CP-7}}``.
"""


def page(profiles: Iterable[Profile]) -> str:
    """The page of supported models, reStructuredText."""
    by_folder = sorted(profiles, key=lambda one: (folder_of(one) == ANY, folder_of(one), one.id))
    parts = [_HEAD]
    for folder, group in groupby(by_folder, folder_of):
        title = "Anybody" if folder == ANY else folder.replace("-", " ").title()
        parts.append(f"{title}\n{'-' * len(title)}\n")
        if folder == ANY:
            parts.append(_REQUEST)
        parts += [_entry(profile) for profile in group]
    return "\n".join(parts)


def _entry(profile: Profile) -> str:
    links = ", ".join(f"`{number} <{link}>`__" for number, link in enumerate(profile.links, 1))
    head = f"``{profile.id}`` ({', '.join(verbs(profile))}): {profile.title}."
    meant = f"For a {whom(profile.match)}." if not profile.on_request else f"For a {whom(profile.match)}, on request."
    body = [*textwrap.wrap(head, 118), *textwrap.wrap(meant.replace("*", "\\*"), 118), *textwrap.wrap(profile.why, 118)]
    return "\n".join(["- " + body[0], *("  " + line for line in body[1:]), f"  Reports: {links}.", ""])
