"""Reads how frames are made: markers, escapes, lengths, checks.

In: the map ``frame`` of a wire.  Out: `Cover` by side; faults go to the `Checker`.
Not here: fields and records (`gateway.wires.load`), links (`gateway.wires.load_links`).
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from gateway.messages import Side
from gateway.source import Checker, List, Map, nearest, one_of
from gateway.wires.checks import BEHIND, CRCS, Check, Spelling, crc
from gateway.wires.frames import Cover
from gateway.wires.load_checks import checks_of, listed
from gateway.wires.load_ciphers import secrecy
from gateway.wires.load_lengths import length_of, sizes_of
from gateway.wires.load_parts import parts_of
from gateway.wires.load_turns import number
from gateway.wires.load_values import text, word
from gateway.wires.seals import Length, LongLength, Seals, in_turn

KINDS = ("datagram", "line", "between", "length", "sized", "gap", "json", "slip", "mbap", "rtu")
_SIDES: tuple[Side, ...] = ("station", "backend")
_MOST = {"datagram": 65535}
_USUAL_MOST = 4096
_COMMON = ["max", "checks", "or_checks", "verify", "coding", "cipher"]
_MARKS = ["start", "end", "trailer", "between", "restart", "keep", "escapes", "length", "parts"]
_OWN = {
    "line": _MARKS,
    "between": _MARKS,
    "datagram": ["start", "end", "keep", "length"],
    "length": ["start", "end", "trailer", "between", "length", "fixed", "parts"],
    "sized": ["start", "end", "trailer", "between", "size", "fixed", "parts"],
    "slip": ["trailer", "between", "parts"],
}
_SLIP = {b"\xdb": b"\xdb\xdd", b"\xc0": b"\xdb\xdc"}
_RTU = Seals(checks=(Check("crc-16-modbus", crc(CRCS["crc-16-modbus"])[1], Spelling(2, little=True)),))


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
    if given.get("kind") == "rtu":
        checker.keys(given, "frames of kind rtu", ["kind"])
        return {"station": Cover("rtu answer", 256, seals=_RTU), "backend": Cover("rtu question", 256, seals=_RTU)}
    made = _cover(checker, given)
    return dict.fromkeys(_SIDES, made) if made is not None else {}


def _cover(checker: Checker, given: Map) -> Cover | None:
    kind = str(given.get("kind"))
    if kind not in KINDS:
        checker.fault(given, "kind", f"frames of kind {given.get('kind')!r}", one_of(KINDS), nearest(kind, KINDS))
        return None
    checker.keys(given, f"frames of kind {kind}", ["kind"], [*_COMMON, *_OWN.get(kind, [])])
    most = _most(checker, given, kind)
    if kind == "mbap":
        return Cover("length", 260, seals=Seals(Length(4, Spelling(2), 6)), fixed=((2, b"\0\0"),))
    if kind == "slip":
        marks: dict[str, Any] = {"start": b"\xc0", "ends": (b"\xc0",), "escapes": _SLIP, **_around(checker, given)}
    else:
        marks = _marks(checker, given, kind)
    told = kind in ("length", "sized")
    if told:
        marks["fixed"] = _fixed(checker, given)
    if kind == "sized":
        marks["sizes"] = sizes_of(checker, given)
    coding = word(checker, given, "coding", ("", "hex", "base64", "cobs"), "")
    if coding and (told or marks.get("escapes")):
        checker.fault(given, "coding", f"a frame has a {'length' if told else 'way of escaping'} or a coding", "one")
    seals = _seals(checker, given, kind)
    flagged = kind == "slip" or (kind == "between" and marks["ends"] == (marks["start"],))
    if seals.last and (flagged or not marks.get("ends")):
        checker.fault(given, "checks", "a check stands behind the end of the frame, which has none", "end: another than start")
    made = "flagged" if flagged else "marked" if kind in ("line", "between") else kind
    parts = parts_of(checker, given)
    return Cover(made, most, coding=coding, seals=seals, cipher=secrecy(checker, given), parts=parts, **marks)


def _most(checker: Checker, given: Map, kind: str) -> int:
    """The most bytes of a frame."""
    most = number(given.get("max", _MOST.get(kind, _USUAL_MOST)))
    if most is None or not 1 <= most <= 1 << 20:
        checker.fault(given, "max", f"max is {given.get('max')!r}", "bytes, at most 1048576")
        return _USUAL_MOST
    return most


def _seals(checker: Checker, given: Map, kind: str) -> Seals:
    """Length and checks."""
    length = length_of(checker, given) if "length" in given or kind == "length" else None
    checks, others = checks_of(checker, given, "checks"), given.get("or_checks", [])
    other = tuple(listed(checker, one) for one in others if isinstance(one, List)) if isinstance(others, List) else ()
    if any(check.at != BEHIND for one in other for check in one):
        checker.fault(given, "or_checks", "a check with a place of its own has no other in its stead", "those without at")
    taken = sorted((one.at, one.at + _width(one)) for one in (length, *checks) if one is not None and one.at >= 0)
    if isinstance(length, LongLength) and any(one.at >= 0 for one in checks):
        checker.fault(given, "checks", "a check has a place of its own, and the length none of fixed size", "a check without at")
    if any(end > at for (_, end), (at, _) in pairwise(taken)):
        checker.fault(given, "checks", "two of the length and the checks stand in the same place", "at: another")
    turn = in_turn(checks)
    if len(turn) < len(checks):
        checker.fault(given, "checks", "two checks stand inside, and each is over the other", "over: content, for one of them")
    return Seals(length, tuple(turn), other, word(checker, given, "verify", ("strict", "warn", "off"), "strict"))


def _width(piece: Length | LongLength | Check) -> int:
    return piece.size if isinstance(piece, Check) else piece.least - piece.at


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
    start = text(checker, given, "start")
    if kind == "between" and not start:
        checker.fault(given, "start", "frames between two markers have a start", 'start: "\\x02"')
    escapes = _escapes(checker, given)
    return {
        "start": start,
        "ends": tuple(one.encode("latin-1", "replace") for one in ends),
        **_around(checker, given),
        "restart": _truth(checker, given, "restart", True),
        "keep": _truth(checker, given, "keep", False),
        "escapes": escapes,
    }


def _around(checker: Checker, given: Map) -> dict[str, bytes]:
    """What stands behind a frame, and what may stand there."""
    trailer = text(checker, given, "trailer")
    return {"trailer": trailer, "between": text(checker, given, "between") + trailer}


def _escapes(checker: Checker, given: Map) -> dict[bytes, bytes]:
    """``{plain: what stands for it}``; what begins an escape must be escaped itself, or nothing could be read again."""
    part = given.get("escapes", Map())
    if not isinstance(part, Map):
        checker.fault(given, "escapes", f"escapes is {part!r}", '{"\\x7e": "\\x7d\\x02", "\\x7d": "\\x7d\\x01"}')
        return {}
    made = {plain.encode("latin-1", "replace"): text(checker, part, plain) for plain in part}
    for plain, escape in made.items():
        others = [one for key, one in made.items() if key != plain]
        if not escape or not plain:
            checker.fault(given, "escapes", "an escape is empty", "at least a byte")
        elif not any(escape.startswith(one) for one in made):
            checker.fault(given, "escapes", f"what begins the escape {escape!r} has none itself", "an escape for that too")
        elif any(one.startswith(escape) for one in others):
            checker.fault(given, "escapes", f"the escape {escape!r} is the beginning of another, or the same", "others")
    return made


def _truth(checker: Checker, given: Map, key: str, usual: bool) -> bool:
    value = given.get(key, usual)
    if not isinstance(value, bool):
        checker.fault(given, key, f"{key} is {value!r}", "true or false")
    return value is True


def _fixed(checker: Checker, given: Map) -> tuple[tuple[int, bytes], ...]:
    """Bytes that stand at fixed offsets of each frame."""
    fixed = given.get("fixed", {})
    return tuple((number(at) or 0, text(checker, fixed, at)) for at in fixed) if isinstance(fixed, Map) else ()
