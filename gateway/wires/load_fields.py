"""Reads the fields of a wire: ``name: KIND(n)?``, or a map with more.

In: the maps ``header``, ``fields``, ``trailer`` of a dialect file.  Out: layouts; faults go to the `Checker`.
Not here: frames, forms and records (`gateway.wires.load`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, tzinfo
from decimal import Decimal
from typing import Any

from gateway.source import Checker, List, Map, nearest, one_of
from gateway.wires.fields import ABSENT, Field, Layout, Many, Part
from gateway.wires.kinds import Bcd, Clock, Digits, Integer, Kind, Number, Raw, Real, Skip, Text, Truth, Varint
from gateway.wires.load_turns import number, turns_of, zone_of
from gateway.wires.turns import Cp56, parts_of

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_SPEC = re.compile(r"([a-z]+)([0-9]+)?(le|be)?(?:\(([0-9]{1,4})\))?(\?)?")
_FORM = (
    "u8 … u64, i8 … i64, f32, f64 (each perhaps with le or be), hex(n), dec(n), int, decimal, text(n), bcd(n), raw(n), bool, "
    "cp56, varint, clock (with time), skip(n); then ?"
)
_OPTIONS = [
    "scale", "offset", "round", "enum", "other", "null", "default", "const", "optional", "at", "length", "until", "lead",
    "repeated", "quoted", "when", "unit", "bits", "time", "zone", "shown_in", "charset", "pad", "pad_before", "reversed",
    "swapped", "signed", "lower", "number", "order", "words", "true", "false", "added",
]  # fmt: skip
_SIDES = ("big", "little")


@dataclass(frozen=True, slots=True)
class Setting:
    """What a form says of all its fields."""

    order: Any = "big"
    words: Any = None
    """The order of 16-bit words, where it is not that of bytes."""
    zone: tzinfo = UTC
    charset: str = "ascii"


def layout(checker: Checker, where: Map, key: str, setting: Setting, before: Layout = ()) -> Layout:
    """The fields at ``where[key]``, in their order.  ``before`` are those that lengths and conditions may name too."""
    given = where.get(key)
    if given is None:
        return ()
    if not isinstance(given, Map):
        checker.fault(where, key, f"{key} is no map", "field: kind lines")
        return ()
    made: list[Part] = []
    for name in given:
        part = _part(checker, given, name, setting, (*before, *made))
        if part is not None:
            made.append(part)
    return _counted(checker, given, tuple(made))


def _counted(checker: Checker, given: Map, parts: Layout) -> Layout:
    """Fields that others name as their length or count know it, and are written by it."""
    counts = {part.length: part.name for part in parts if isinstance(part, Field) and part.length}
    counts |= {part.count: part.name for part in parts if isinstance(part, Many) and isinstance(part.count, str)}
    known = [one.name for one in parts if isinstance(one, Field)]
    for name, told in counts.items():
        if name not in known:
            checker.fault(
                given, told, f"{told} is counted by {name!r}", "a field before it in the same list", nearest(name, known)
            )
    return tuple(replace(one, counts=counts.get(one.name, "")) if isinstance(one, Field) else one for one in parts)


def _part(checker: Checker, where: Map, name: str, setting: Setting, before: Layout) -> Part | None:
    if not NAME.fullmatch(name):
        checker.fault(where, name, f"{name!r} is no name of a field", "letters, digits and _, a letter first")
        return None
    given = where[name]
    if isinstance(given, Map) and "list" in given:
        return _many(checker, given, name, setting, before)
    options = given if isinstance(given, Map) else Map()
    if isinstance(given, Map):
        checker.keys(given, f"field {name}", ["type"], _OPTIONS)
    spec = given.get("type") if isinstance(given, Map) else given
    match = _SPEC.fullmatch(spec) if isinstance(spec, str) else None
    made = _kind(match, options, setting) if match else None
    if match is None or made is None:
        checker.fault(
            given if isinstance(given, Map) else where,
            "type" if isinstance(given, Map) else name,
            f"field {name} is {spec!r}",
            _FORM,
            nearest(str(spec), _NAMES),
        )
        return None
    turns = (Cp56(zone_of(checker, options, "zone", setting.zone)),) if match[1] == "cp" else ()
    field = Field(
        name, made, turns, optional=match[5] == "?" or options.get("optional") is True, key=str(options.get("at", name))
    )
    return _with_options(checker, options, field, setting, before) if options else field


_NAMES = [
    "u8",
    "u16",
    "u32",
    "i16",
    "f32",
    "hex",
    "dec",
    "int",
    "decimal",
    "text",
    "bcd",
    "raw",
    "bool",
    "cp56",
    "varint",
    "clock",
    "skip",
]


def _kind(match: re.Match[str], options: Map, setting: Setting) -> Kind | None:
    """The kind of a field."""
    name, bits, ends, width = match[1], int(match[2] or 0), match[3], int(match[4]) if match[4] else None
    order = {"le": "little", "be": "big"}.get(ends or "", options.get("order", setting.order))
    words = options.get("words", (setting.words if not ends else None) or order)
    binary = name in ("u", "i", "f")
    if name == "cp":
        return Raw(7) if bits == 56 and not ends and width is None else None
    if bool(bits) != binary or (binary and width is not None) or (ends and not binary):
        return None
    if binary:
        return _binary(name, bits, order, words, options)
    make = _PLAIN.get(name)
    return make(width, options, setting) if make is not None else None


def _binary(name: str, bits: int, order: Any, words: Any, options: Map) -> Kind | None:
    if name == "f":
        return Real(bits // 8, order, words) if bits in (32, 64) else None
    if bits % 8 or not 8 <= bits <= 64:
        return None
    return Integer(bits // 8, name == "i" or options.get("signed") is True, order, words)


_PLAIN: dict[str, Callable[[int | None, Map, Setting], Kind | None]] = {
    "hex": lambda width, given, _: Digits(16, width, given.get("signed") is True, given.get("lower") is True, _pad(given)),
    "dec": lambda width, given, _: Digits(10, width, given.get("signed") is True, pad=_pad(given)),
    "int": lambda width, given, _: Digits(10, width, True, pad=_pad(given)),
    "decimal": lambda width, given, _: Number(width, _pad(given)),
    "varint": lambda width, given, _: Varint(given.get("signed") is True) if width is None else None,
    "clock": lambda width, given, setting: _clock(given, setting) if width is None else None,
    "text": lambda width, given, setting: Text(
        width,
        str(given.get("charset", setting.charset)),
        str(given.get("pad", "\0")),
        given.get("pad_before") is True,
        given.get("reversed") is True,
        given.get("swapped") is True,
    ),
    "bcd": lambda width, given, _: Bcd(width, given.get("reversed") is True, given.get("number") is True) if width else None,
    "raw": lambda width, given, _: Raw(width, given.get("reversed") is True),
    "skip": lambda width, given, _: Skip(width, str(given.get("pad", "\0")).encode("latin-1", "replace")) if width else None,
    "bool": lambda width, given, _: Truth(str(given.get("true", "1")), str(given.get("false", "0")), width),
}


def _pad(given: Map) -> str:
    """What fills up a number."""
    return str(given.get("pad", "0"))


def _clock(given: Map, setting: Setting) -> Kind | None:
    """A time in binary numbers."""
    try:
        return Clock(parts_of(str(given.get("time", "?"))), given.get("order", setting.order))
    except ValueError:
        return None


def _many(checker: Checker, given: Map, name: str, setting: Setting, before: Layout) -> Many | None:
    checker.keys(given, f"list {name}", ["list"], ["count", "optional", "at"])
    plain = not isinstance(given["list"], Map) or "type" in given["list"]
    parts = layout(checker, _single(given) if plain else given, "list", setting, before)
    if not parts:
        checker.fault(given, "list", f"the list {name} has no fields", "a kind, or fields")
        return None
    if plain and isinstance(parts[0], Field):
        parts = (replace(parts[0], key="."),)
    count = given.get("count")
    fixed = number(count)
    return Many(
        name, parts, fixed if fixed is not None else count, given.get("optional") is True, str(given.get("at", name)), plain
    )


def _single(given: Map) -> Map:
    """A list of plain values as a list of groups of one, named ``item``."""
    made, items = Map(), Map(item=given["list"])
    for one, key in ((made, "list"), (items, "item")):
        one.file, one.line, one.lines = given.file, given.line, {key: given.lines["list"]}
    made["list"] = items
    return made


def _with_options(checker: Checker, given: Map, field: Field, setting: Setting, before: Layout) -> Field:
    _charset(checker, given)
    for key in ("order", "words"):
        if given.get(key, "big") not in _SIDES:
            checker.fault(given, key, f"{key} is {given[key]!r}", one_of(_SIDES))
    turns = field.turns or turns_of(checker, given, field.name, field.kind, setting.zone)
    field = replace(field, turns=turns)
    nulls = given.get("null", [])
    nulls = tuple(_plain(field.kind, one) for one in (nulls if isinstance(nulls, List) else [nulls])) if "null" in given else ()
    length = given.get("length", "")
    if length and not isinstance(field.kind, Text | Raw):
        checker.fault(given, "length", f"{field.name} has a length of its own", "text or raw")
    if "const" in given and (field.optional or "default" in given):
        checker.fault(given, "const", f"{field.name} is constant", "neither optional nor a default")
    return replace(
        field,
        nulls=nulls,
        length=str(length),
        until=_bytes(given.get("until", "")),
        lead=_bytes(given.get("lead", "")),
        repeated=given.get("repeated") is True,
        quoted=given.get("quoted") is True,
        given=_given(checker, given, before),
        unit=str(given.get("unit", "")),
        added=_added(checker, given),
        default=constant(checker, given, "default", field) if "default" in given else ABSENT,
        const=constant(checker, given, "const", field) if "const" in given else ABSENT,
    )


def _added(checker: Checker, given: Map) -> int:
    """What is added to each of its bytes on the wire."""
    added = number(given.get("added", 0))
    if added is None or not 0 <= added <= 255:
        checker.fault(given, "added", f"added is {given['added']!r}", "one byte, such as 0x33")
        return 0
    return added


def _bytes(text: Any) -> bytes:
    return str(text).encode("latin-1", "replace")


def _charset(checker: Checker, given: Map) -> None:
    try:
        "".encode(str(given.get("charset", "ascii")))
        str(given.get("pad", "\0")).encode(str(given.get("charset", "ascii")))
    except (LookupError, UnicodeError):
        checker.fault(
            given, "charset", f"no charset {given.get('charset')!r} (or it cannot write the pad)", "a name like utf-16-be"
        )
    if given.get("pad") == "":
        checker.fault(given, "pad", "the pad is empty", "one character")


def _plain(kind: Kind, value: Any) -> Any:
    """A value of the file as the kind reads it."""
    if kind.type == "integer":
        found = number(value)
        return value if found is None else found
    if kind.type == "decimal":
        return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value
    return value if isinstance(value, bool) or value is None else str(value)


def constant(checker: Checker, where: Map, key: str, field: Field) -> Any:
    """A value of the field, as the file says it at ``where[key]``; a fault where it is none."""
    given = where[key]
    type_ = field.shape().type
    value = _plain(replace_type(field.kind, type_), given) if type_ in ("integer", "decimal") else given
    if type_ == "text" and given is not None:
        value = str(given)
    try:
        field.write(value)
    except ValueError as error:
        checker.fault(where, key, str(error), f"a value of the field {field.name}")
    return value


def replace_type(kind: Kind, type_: str) -> Kind:
    """A kind whose plain values are of that type."""
    return kind if kind.type == type_ else Number() if type_ == "decimal" else Digits(10)


def _given(checker: Checker, given: Map, before: Layout) -> tuple[tuple[str, tuple[Any, ...]], ...]:
    """``when: {field: value or values}``."""
    when = given.get("when")
    if when is None:
        return ()
    if not isinstance(when, Map):
        checker.fault(given, "when", "when is no map", "field: value lines")
        return ()
    made = []
    known = {one.name: one for one in before if isinstance(one, Field)}
    for name, values in when.items():
        if name not in known:
            checker.unknown(when, name, "field before it", known)
            continue
        listed = values if isinstance(values, List) else [values]
        type_ = known[name].shape().type
        made.append(
            (name, tuple(_plain(replace_type(known[name].kind, type_), one) if type_ != "text" else str(one) for one in listed))
        )
    return tuple(made)
