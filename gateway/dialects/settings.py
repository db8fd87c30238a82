"""What a station of a dialect can be asked for and told to be: its configuration keys, or the variables of its components.

In: the part ``settings`` of a dialect file.  Out: `Setting` by name; faults.
Not here: the messages that read and write them, what becomes of them in another dialect (`gateway.ladder.settings`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from gateway.source import Checker, Map, nearest, one_of

TYPES = ("boolean", "integer", "decimal", "text", "word", "list", "time", "secret")
"""``word`` is one of a few, ``list`` are some of them with commas between, ``secret`` a text that nobody may read."""
ACCESS = ("r", "rw", "w")
_NAME = re.compile(r"[A-Za-z]\w{0,49}(\.[A-Za-z]\w{0,49}(\[[A-Za-z]\w{0,49}\])?)?\Z", re.ASCII)


class Setting(NamedTuple):
    """``type`` is one of `TYPES`, ``access`` what may be done with it (`ACCESS`)."""

    name: str
    type: str
    access: str


def settings(checker: Checker, given: Map) -> Mapping[str, Setting]:
    """Every line ``Name: TYPE ACCESS``, or ``Component.Variable[Instance]: TYPE ACCESS``."""
    made: dict[str, Setting] = {}
    folded: dict[str, str] = {}
    for name, value in given.items():
        words = value.split() if isinstance(value, str) else []
        if not _NAME.match(name):
            checker.fault(given, name, f"{name!r} is no name of a setting", "Name, or Component.Variable[Instance]")
        elif name.casefold() in folded:
            checker.fault(
                given, name, f"{name!r} stands twice", f"once, as {folded[name.casefold()]}: letter case does not count"
            )
        elif len(words) != 2 or words[0] not in TYPES or words[1] not in ACCESS:
            near = nearest(words[0], TYPES) if words else ""
            checker.fault(given, name, f"{name} is {value!r}", f"{one_of(TYPES)}; and then {one_of(ACCESS)}", near)
        else:
            made[name] = Setting(name, *words)
            folded[name.casefold()] = name
    return made
