"""Reads how frames are made: markers, lengths, checks; and the manners of links.

In: the maps ``frame`` and ``links`` of a wire.  Out: `Cover` by side, `LinkRules` by kind; faults go to the `Checker`.
Not here: fields and records (`gateway.wires.load`).
"""

from __future__ import annotations

import string
from collections.abc import Mapping
from typing import Any

from gateway.messages import Side
from gateway.source import Checker, List, Map, nearest, one_of
from gateway.wires.checks import CRCS, PLAIN, Check, Compute, Spelling, crc, own_crc
from gateway.wires.frames import Cover, Length
from gateway.wires.load_turns import number
from gateway.wires.shapes import LinkRules

LINKS = ("tcp", "udp", "http", "ws", "mqtt")
KINDS = ("datagram", "line", "between", "length", "gap", "json", "slip", "mbap")
_SIDES: tuple[Side, ...] = ("station", "backend")
_MOST = {"datagram": 65535}
_USUAL_MOST = 4096
_COMMON = ["max", "checks", "or_checks", "verify", "coding"]
_MARKS = ["start", "end", "trailer", "between", "restart", "keep"]
_OWN = {
    "line": _MARKS,
    "between": _MARKS,
    "datagram": ["start", "end", "keep"],
    "length": ["start", "end", "trailer", "length", "fixed"],
}
_SPELLINGS = {"be": (0, False), "le": (0, True), "HEX": (16, False), "hex": (16, False), "decimal": (10, False)}
_JUICEBOX = "0123456789ABCDEFGHIJKLMNZPQRSTUVWXY"


def text(checker: Checker, where: Map, key: str, usual: str = "") -> bytes:
    """The bytes of a text; each character is one byte (``"\\x02"``)."""
    given = where.get(key, usual)
    if not isinstance(given, str) or any(ord(one) > 255 for one in given):
        checker.fault(where, key, f"{key} is {given!r}", 'text in quotes, such as "\\x02"')
        return usual.encode("latin-1")
    return given.encode("latin-1")


def covers(checker: Checker, where: Map, key: str = "frame") -> Mapping[Side, Cover]:
    """The covers of both sides."""
    given = where.get(key)
    if isinstance(given, str):
        given = Map(kind=given)
        given.file, given.line, given.lines = where.file, where.lines[key], {"kind": where.lines[key]}
    if not isinstance(given, Map):
        checker.fault(where, key, "frame is no map", f"kind: {one_of(KINDS)}")
        return {}
    if not set(given) - set(_SIDES):
        checker.keys(given, "frame", _SIDES)
        return {side: made for side in _SIDES for made in covers(checker, given, side).values() if side in given}
    made = _cover(checker, given)
    return dict.fromkeys(_SIDES, made) if made is not None else {}


def _cover(checker: Checker, given: Map) -> Cover | None:
    kind = given.get("kind")
    if kind not in KINDS:
        checker.fault(given, "kind", f"frames of kind {kind!r}", one_of(KINDS), nearest(str(kind), KINDS))
        return None
    checker.keys(given, f"frames of kind {kind}", ["kind"], [*_COMMON, *_OWN.get(str(kind), [])])
    most = number(given.get("max", _MOST.get(str(kind), _USUAL_MOST)))
    if most is None or not 1 <= most <= 1 << 20:
        checker.fault(given, "max", f"max is {given.get('max')!r}", "bytes, at most 1048576")
        most = _USUAL_MOST
    if kind == "mbap":
        return Cover("length", 260, length=Length(4, Spelling(2), 6), fixed=((2, b"\0\0"),))
    if kind == "slip":
        marks: dict[str, Any] = {"start": b"\xc0", "ends": (b"\xc0",), "coding": "slip"}
    else:
        marks = _marks(checker, given, str(kind))
    if kind == "length":
        marks |= _lengths(checker, given)
    marks.setdefault("coding", _one(checker, given, "coding", ("", "hex", "base64"), ""))
    others = given.get("or_checks", [])
    checks = _checks(checker, given, "checks")
    return Cover(
        "marked" if kind in ("line", "between") else str(kind),
        most,
        checks=checks,
        others=tuple(_listed(checker, one) for one in others if isinstance(one, List)) if isinstance(others, List) else (),
        verify=_one(checker, given, "verify", ("strict", "warn", "off"), "strict"),
        **marks,
    )


def _one(checker: Checker, given: Map, key: str, known: tuple[str, ...], usual: str) -> Any:
    value = given.get(key, usual)
    if value not in known:
        checker.fault(given, key, f"{key} is {value!r}", one_of(filter(None, known)), nearest(str(value), known))
        return usual
    return value


def _marks(checker: Checker, given: Map, kind: str) -> dict[str, Any]:
    ends: Any = given.get("end", ["\r\n", "\n"] if kind == "line" else [])
    if isinstance(ends, str):
        ends = [ends]
    if (
        not isinstance(ends, list)
        or not all(isinstance(one, str) and one for one in ends)
        or (kind in ("line", "between") and not ends)
    ):
        checker.fault(given, "end", f"end is {given.get('end')!r}", 'text in quotes, such as "\\r", or a list of them')
        ends = ["\n"]
    start, trailer = text(checker, given, "start"), text(checker, given, "trailer")
    if kind == "between" and not start:
        checker.fault(given, "start", "frames between two markers have a start", 'start: "\\x02"')
    return {
        "start": start,
        "ends": tuple(one.encode("latin-1", "replace") for one in ends),
        "trailer": trailer,
        "between": text(checker, given, "between") + trailer,
        "restart": _truth(checker, given, "restart", True),
        "keep": _truth(checker, given, "keep", False),
    }


def _truth(checker: Checker, given: Map, key: str, usual: bool) -> bool:
    value = given.get(key, usual)
    if not isinstance(value, bool):
        checker.fault(given, key, f"{key} is {value!r}", "true or false")
    return value is True


def _lengths(checker: Checker, given: Map) -> dict[str, Any]:
    length, made = given.get("length"), None
    if not isinstance(length, Map):
        checker.fault(given, "length", "where the length stands is not said", "{at: 1, size: 1, plus: 4}")
    elif checker.keys(length, "length", ["at", "size"], ["plus", "as"]):
        at, size, plus = (number(length.get(key, 0)) for key in ("at", "size", "plus"))
        base, little = _SPELLINGS[_one(checker, length, "as", tuple(_SPELLINGS), "be")]
        if at is None or size is None or plus is None or not (0 <= at <= 255 and 1 <= size <= 8):
            checker.fault(length, None, "at, size and plus of a length are whole numbers", "{at: 1, size: 1, plus: 4}")
        else:
            made = Length(at, Spelling(size, base, little=little), plus)
    fixed = given.get("fixed", {})
    places = tuple((number(at) or 0, text(checker, fixed, at)) for at in fixed) if isinstance(fixed, Map) else ()
    return {"length": made, "fixed": places}


# -- checks ----------------------------------------------------------------------------------------------------------


def _checks(checker: Checker, where: Map, key: str) -> tuple[Check, ...]:
    given = where.get(key)
    if given is None:
        return ()
    if not isinstance(given, List):
        checker.fault(where, key, f"{key} is no list", "- {kind: …} lines")
        return ()
    return _listed(checker, given)


def _listed(checker: Checker, given: List) -> tuple[Check, ...]:
    made = []
    for index, one in enumerate(given):
        if not isinstance(one, Map):
            checker.fault(given, index, f"the check {one!r} is no map", "{kind: sum8}")
        elif checker.keys(
            one, "a check", ["kind"], ["as", "digits", "mark", "over", "from", "width", "poly", "init", "reflect", "out"]
        ):
            check = _check(checker, one)
            made += [check] if check is not None else []
    return tuple(made)


def _check(checker: Checker, given: Map) -> Check | None:
    kind = str(given["kind"])
    computed = _computed(checker, given, kind)
    if computed is None:
        return None
    size, compute = computed
    first = number(given.get("from", 0))
    if first is None or first < 0:
        checker.fault(given, "from", f"from is {given['from']!r}", "how many bytes are left out")
    return Check(
        kind,
        compute,
        _spelling(checker, given, kind, size),
        text(checker, given, "mark"),
        _one(checker, given, "over", ("content", "frame"), "content") == "frame",
        first or 0,
    )


def _computed(checker: Checker, given: Map, kind: str) -> tuple[int, Compute] | None:
    if kind in PLAIN:
        return PLAIN[kind]
    if kind.lower() in CRCS:
        return crc(CRCS[kind.lower()])
    if kind == "crc":
        width, poly, init, out = (number(given.get(key, 0)) for key in ("width", "poly", "init", "out"))
        if width in (8, 16, 24, 32, 64) and poly and init is not None and out is not None:
            return own_crc(width, poly, init, given.get("reflect") is True, out)
        checker.fault(given, None, "a crc of its own needs a width and a polynomial", "{kind: crc, width: 16, poly: 0x8005, …}")
        return None
    known = [*PLAIN, *CRCS, "crc"]
    checker.fault(given, "kind", f"unknown check {kind!r}", one_of([*PLAIN, "crc-16-modbus", "…"]), nearest(kind, known))
    return None


def _spelling(checker: Checker, given: Map, kind: str, size: int) -> Spelling:
    if kind == "juicebox" and "as" not in given:
        return Spelling(3, 35, _JUICEBOX, True)
    name = _one(checker, given, "as", (*_SPELLINGS, "base36"), "be")
    base, little = _SPELLINGS.get(name, (36, False))
    digits = number(given.get("digits", {0: size, 16: size * 2}.get(base, 0)))
    if not digits:
        checker.fault(given, "digits", f"how many digits {kind} has is not said", "digits: 3")
    alphabet = string.hexdigits[:16] if name == "hex" else string.digits + string.ascii_uppercase
    return Spelling(digits or size, base, alphabet, little)


# -- links -----------------------------------------------------------------------------------------------------------

_SECONDS = ("idle", "gap", "within", "silence", "login", "lull")
_COUNTS = ("port", "outstanding", "retries", "misses")

_ROLES = ("listen", "dial")
OPTIONS: dict[str, tuple[str, ...]] = {
    "tcp": (),
    "udp": ("bind", "reply_port"),
    "http": ("hold", "content_type"),
    "ws": ("subprotocol",),
    "mqtt": ("subscribe", "qos"),
}


def links(checker: Checker, where: Map) -> dict[str, LinkRules]:
    """The manners by kind of link."""
    given = where.get("links")
    if not isinstance(given, Map) or not given:
        checker.fault(
            where, "links", "over which links it is spoken is not said", f"links: {{tcp: {{port: 8768}}}}; {one_of(LINKS)}"
        )
        return {}
    made = {}
    for kind, rules in given.items():
        if kind not in LINKS:
            checker.unknown(given, kind, "link", LINKS)
        elif rules is None:
            made[kind] = LinkRules()
        elif not isinstance(rules, Map):
            checker.fault(given, kind, f"the link {kind} is no map", "port: …")
        else:
            made[kind] = _link(checker, rules, kind)
    return made


def _link(checker: Checker, given: Map, kind: str) -> LinkRules:
    known = [*_SECONDS, *_COUNTS, "roles", "after", "repeat", "options"]
    checker.keys(given, f"the link {kind}", [], known)
    found: dict[str, Any] = {}
    for key in (*_SECONDS, *_COUNTS):
        if key in given:
            value = given[key]
            wrong = (
                isinstance(value, bool)
                or not hasattr(value, "__float__")
                or value < 0
                or (key in _COUNTS and value != int(value))
            )
            if wrong:
                checker.fault(given, key, f"{key} is {value!r}", "seconds" if key in _SECONDS else "a whole number")
            else:
                found[key] = float(value) if key in _SECONDS else int(value)
    for key in ("after", "repeat"):
        if key in given:
            found[key] = _by_record(checker, given, key)
    if "roles" in given:
        found["roles"] = tuple(map(str, given["roles"] if isinstance(given["roles"], List) else [given["roles"]]))
        if wrong := set(found["roles"]) - set(_ROLES):
            checker.fault(given, "roles", f"roles has {sorted(wrong)[0]!r}", one_of(_ROLES))
    if isinstance(given.get("options"), Map):
        checker.keys(given["options"], f"options of the link {kind}", [], OPTIONS[kind])
        found["options"] = dict(given["options"])
    return LinkRules(**found)


def _by_record(checker: Checker, given: Map, key: str) -> dict[str, float]:
    """Seconds by record; a bare number is for all of them (under ``*``)."""
    value = given[key]
    if not isinstance(value, Map):
        value = {"*": value}
    made = {}
    for name, seconds in value.items():
        if isinstance(seconds, bool) or not hasattr(seconds, "__float__") or seconds < 0:
            checker.fault(given, key, f"{key} {name} is {seconds!r}", "seconds")
        else:
            made[str(name)] = float(seconds)
    return made
