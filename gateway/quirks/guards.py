"""A cheap test, compiled for all rules of one kind of message: whether the payload surely stays as it is.

In: operations with their arguments and paths.  Out: one plain Python function of a payload.
Not here: the operations themselves.

Nearly every message of a station with quirks is sound, and should cost little more than one of a station without.  So each
operation has a guard: an expression over the value ``v`` (`ABSENT` where the field is not there) and a constant ``K``,
which is false only where the operation would surely change nothing.  The guards of all rules are woven into one walk over
the payload.  The source text holds field names quoted by ``repr`` and the guards below, nothing of a file or a peer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from gateway.quirks.bounded import bounded
from gateway.quirks.values import LONGEST

Idle: TypeAlias = Callable[[Any], bool]
Steps: TypeAlias = tuple[tuple[str, bool], ...]
ABSENT: Any = object()
"""Stands for a field that is not there."""
_TEXT, _THERE, _GONE = "v.__class__ is str", "v is not A", "v is A or v is None or v == ''"


def _enum(words: Any) -> Any:
    return frozenset([*words, *(int(word) for word in words if word.lstrip("-").isdecimal())])


GUARDS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "set": ("v.__class__ is not K.__class__ or v != K", lambda a: a),
    "default": (_GONE, lambda a: None),
    "now": (_GONE, lambda a: None),
    "drop": (_THERE, lambda a: None),
    "unset": ("v in K", list),
    "rename": (_THERE, lambda a: None),
    "move": (_THERE, lambda a: None),
    "to_text": (f"not {_TEXT} and {_THERE}", lambda a: None),
    "to_number": (_TEXT, lambda a: None),
    "to_whole": (f"v.__class__ is not int and {_THERE}", lambda a: None),
    "to_bool": (f"v.__class__ is not bool and {_THERE}", lambda a: None),
    "to_json": ("v.__class__ is dict or v.__class__ is list", lambda a: None),
    "from_json": (_TEXT, lambda a: None),
    "wrap": (f"v.__class__ is not list and {_THERE}", lambda a: None),
    "unwrap": ("v.__class__ is list", lambda a: None),
    "trim": (f"{_TEXT} and v != v.strip()", lambda a: None),
    "strip_control": (f"{_TEXT} and not v.isprintable()", lambda a: None),
    "truncate": (f"({_TEXT} or v.__class__ is list) and len(v) > K", lambda a: a),
    "reverse_bytes": (_TEXT, lambda a: None),
    "radix": (_TEXT, lambda a: None),
    "replace": (f"{_TEXT} and K(v[:{LONGEST}]) is not None", lambda a: bounded(a["find"], LONGEST).search),
    "enum": ("(v.__class__ is str or v.__class__ is int) and v in K", _enum),
    "spelling": (f"{_TEXT} and v not in K", frozenset),
    "parts": (_TEXT, lambda a: None),
    "scale": (_THERE, lambda a: None),
    "clamp": (_THERE, lambda a: None),
    "zone": (f"{_TEXT} and v[-1:] != 'Z'", lambda a: None),
    "local_as_utc": (_TEXT, lambda a: None),
    "local": (_TEXT, lambda a: None),
    "unskew": (_TEXT, lambda a: None),
    "not_before": (f"{_TEXT} and (v[-1:] != 'Z' or v[:10] <= K)", lambda a: a[:10]),
    "ahead": (_TEXT, lambda a: None),
    "not_after": (_TEXT, lambda a: None),
    "in_zone": (_TEXT, lambda a: None),
    "case": (_TEXT, lambda a: None),
    "from_epoch": (_THERE, lambda a: None),
    "shift": (_TEXT, lambda a: None),
    "keep_clock": (_TEXT, lambda a: None),
    "fraction": (f"{_TEXT} and '.' in v", lambda a: None),
    "pem": (_TEXT, lambda a: None),
    "to_hex": (_TEXT, lambda a: None),
    "from_hex": (_TEXT, lambda a: None),
}
"""By operation: the guard, and how its constant is made of the argument.  One that is not here is always run."""


@dataclass
class _Level:
    """What is looked at in one object: fields with guards, each item of lists, and objects inside."""

    guards: list[tuple[str, bool, str]] = field(default_factory=list)
    below: dict[tuple[str, bool], _Level] = field(default_factory=dict)


def compiled(rules: Iterable[tuple[str, Any, Steps]], others: Iterable[Callable[[Any], bool]]) -> Idle:
    """The test for rules (operation, argument, path); ``others`` say of a payload that it may not stay as it is."""
    top, space = _Level(), dict[str, Any]({"A": ABSENT})
    for number, (operation, argument, steps) in enumerate(rules):
        guard, constant = GUARDS[operation]
        space[f"k{number}"] = constant(argument)
        level = top
        for step in steps[:-1]:
            level = level.below.setdefault(step, _Level())
        level.guards.append((*steps[-1], guard.replace("K", f"k{number}")))
    for number, other in enumerate(others):
        space[f"other{number}"] = other
    lines = ["def idle(p):", *_walk(top, "p", 1)]
    lines += [f" if {name}(p): return False" for name in space if name.startswith("other")]
    exec("\n".join([*lines, " return True"]), space)  # noqa: S102 - made of the guards above and quoted names
    idle: Idle = space["idle"]
    return idle


def _walk(level: _Level, owner: str, depth: int) -> list[str]:
    """The statements that look at one object; what is no object is looked at by the rules themselves."""
    pad, lines = " " * depth, [f"{' ' * depth}if {owner}.__class__ is not dict: return False"]
    for name, each, guard in level.guards:
        if each:
            lines += [f"{pad}items = {owner}.get({name!r})", f"{pad}if items.__class__ is list:"]
            lines += [f"{pad} for v in items:", f"{pad}  if {guard}: return False"]
        else:
            lines += [f"{pad}v = {owner}.get({name!r}, A)", f"{pad}if {guard}: return False"]
    for (name, each), below in level.below.items():
        inner = f"o{depth}"
        lines += [f"{pad}{inner} = {owner}.get({name!r})"]
        if each:
            item = f"i{depth}"
            lines += [f"{pad}if {inner}.__class__ is list:", f"{pad} for {item} in {inner}:", *_walk(below, item, depth + 2)]
            lines += [f"{pad}elif {inner} is not None: return False"]
        else:
            lines += [f"{pad}if {inner} is not None:", *_walk(below, inner, depth + 1)]
    return lines
