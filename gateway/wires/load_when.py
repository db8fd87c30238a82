"""Reads ``when``: what must hold for a frame to be a record.

In: the map ``when`` of a record.  Out: `When`; faults go to the `Checker`.
Not here: the rest of a record (`gateway.wires.load`).

Words of its own are ``length``, ``prefix``, ``match``, ``has``, ``lacks``, ``asked`` and, in a form that has keys, ``at`` (paths
that are no fields); any other key is a field.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from gateway.quirks.bounded import bounded
from gateway.source import Checker, List, Map, nearest, one_of
from gateway.wires.fields import ABSENT, Field, Layout, Part
from gateway.wires.load_fields import constant
from gateway.wires.wire import When

_OWN = ("length", "prefix", "match", "has", "lacks", "asked")
_MOST = 4096


def condition(checker: Checker, given: Map, records: Iterable[str], fields: Layout, seen: Iterable[str] | None) -> When:
    """The conditions of one record.  ``seen`` are the fields by which records can be told apart, or None: by any key."""
    when = given.get("when")
    if when is None:
        return When()
    if not isinstance(when, Map):
        checker.fault(given, "when", "when is no map", f"field: value lines, or {one_of(_OWN)}")
        return When()
    known, records = {name: one for one in fields for name in (one.key, one.name)}, list(records)
    for name in (asked := _texts(when.get("asked"))):
        if name not in records:
            checker.fault(when, "asked", f"there is no record {name!r}", one_of(records), nearest(name, records))
    at = _paths(checker, when, seen is None)
    told = _OWN if seen is not None else (*_OWN, "at")
    names = [*known, "root"] if seen is None else list(seen)
    for key in when:
        if key not in (*told, *names):
            what = f"records are not told apart by {key!r}"
            expected = one_of(sorted(names)) if seen is not None else f"{one_of([*sorted(known), *told])}, or at: {{{key}: …}}"
            checker.fault(when, key, what, expected, nearest(key, [*names, *told]))
    paths = {name: one.key for name, one in known.items()} if seen is None else {}
    equals = tuple((paths.get(key, key), _values(checker, when, key, known)) for key in when if key not in told)
    equals += tuple((key, _values(checker, at, key, {})) for key in at)
    return When(
        equals,
        tuple(paths.get(one, one) for one in _texts(when.get("has"))),
        tuple(paths.get(one, one) for one in _texts(when.get("lacks"))),
        _length(checker, when),
        str(when.get("prefix", "")).encode("latin-1", "replace"),
        _match(checker, when),
        asked,
    )


def _paths(checker: Checker, when: Map, keyed: bool) -> Map:
    """``at: {path: value}``: what stands in the content and is no field."""
    given = when.get("at")
    if not keyed or given is None:
        return Map()
    if not isinstance(given, Map):
        checker.fault(when, "at", f"at is {given!r}", "path: value lines")
        return Map()
    return given


def _texts(value: Any) -> tuple[str, ...]:
    return () if value is None else tuple(map(str, value)) if isinstance(value, List) else (str(value),)


def _values(checker: Checker, when: Map, key: str, known: Mapping[str, Part]) -> tuple[Any, ...]:
    """The values that a field may have; text for a key that is no field (of a form that has keys)."""
    field, given = known.get(key), when[key]
    if not isinstance(field, Field):
        return tuple(map(_spelled, given)) if isinstance(given, List) else (_spelled(given),)
    if not isinstance(given, List):
        return (constant(checker, when, key, field),)
    made = []
    for one in given:
        single = Map({key: one})
        single.file, single.line, single.lines = when.file, when.line, dict(when.lines)
        made.append(constant(checker, single, key, field))
    return tuple(made)


def _spelled(value: Any) -> str:
    """As the wire has it, where no field says how: truth in JSON's words."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _length(checker: Checker, when: Map) -> tuple[int, int] | None:
    """``26``, or ``26-30``, or ``26-``."""
    if "length" not in when:
        return None
    match = re.fullmatch(r"(\d{1,6})(?:(-)(\d{1,6})?)?", str(when["length"]))
    if match is None:
        checker.fault(when, "length", f"length is {when['length']!r}", "26, 26-30 or 26- (bytes of the content)")
        return None
    return int(match[1]), int(match[3] or 1 << 30) if match[2] else int(match[1])


def _match(checker: Checker, when: Map) -> re.Pattern[bytes] | None:
    if "match" not in when:
        return None
    try:
        return re.compile(bounded(str(when["match"]), _MOST).pattern.encode("latin-1"), re.DOTALL)
    except ValueError as error:
        checker.fault(when, "match", str(error), "a regular expression")
        return None


def equal_constants(checker: Checker, given: Map, heads: Layout) -> dict[str, Any]:
    """Fields of header and trailer that have one value in this record: they are written so, and not told."""
    when = given.get("when")
    if not isinstance(when, Map):
        return {}
    quiet = Checker()  # what is wrong with them was said already
    return {
        one.name: constant(quiet, when, one.name, one)
        for one in heads
        if isinstance(one, Field) and one.name in when and not isinstance(when[one.name], List) and one.const is ABSENT
    }
