"""Reads how frames are made: markers, escapes, lengths, checks.

In: the map ``frame`` of a wire.  Out: `Cover` by side; faults go to the `Checker`.
Not here: fields and records (`gateway.wires.load`), links (`gateway.wires.load_links`).
"""

from __future__ import annotations

import string
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from gateway.messages import Side
from gateway.source import Checker, List, Map, nearest, one_of
from gateway.wires.checks import BEHIND, CRCS, END, PLAIN, Check, Compute, Spelling, crc, own_crc
from gateway.wires.frames import Cover
from gateway.wires.load_turns import number
from gateway.wires.seals import Length, Seals, in_turn

KINDS = ("datagram", "line", "between", "length", "gap", "json", "slip", "mbap", "rtu")
_SIDES: tuple[Side, ...] = ("station", "backend")
_MOST = {"datagram": 65535}
_USUAL_MOST = 4096
_COMMON = ["max", "checks", "or_checks", "verify", "coding"]
_MARKS = ["start", "end", "trailer", "between", "restart", "keep", "escapes", "length"]
_OWN = {
    "line": _MARKS,
    "between": _MARKS,
    "datagram": ["start", "end", "keep", "length"],
    "length": ["start", "end", "trailer", "between", "length", "fixed"],
    "slip": ["trailer", "between"],
}
_SLIP = {b"\xdb": b"\xdb\xdd", b"\xc0": b"\xdb\xdc"}
_RTU = Seals(checks=(Check("crc-16-modbus", crc(CRCS["crc-16-modbus"])[1], Spelling(2, little=True)),))
_SPELLINGS = {"be": (0, False), "le": (0, True), "HEX": (16, False), "hex": (16, False), "decimal": (10, False)}
_OVERS = ("content", "frame", "behind", "zeroed")
_PLACE = (("at", 0), ("size", 0), ("plus", 0), ("times", 1))
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
    if kind == "length":
        marks["fixed"] = _fixed(checker, given)
    coding = _one(checker, given, "coding", ("", "hex", "base64"), "")
    if coding and (kind == "length" or marks.get("escapes")):
        checker.fault(given, "coding", f"a frame has a {'length' if kind == 'length' else 'way of escaping'} or a coding", "one")
    seals = _seals(checker, given, kind)
    flagged = kind == "slip" or (kind == "between" and marks["ends"] == (marks["start"],))
    if seals.last and (flagged or not marks.get("ends")):
        checker.fault(given, "checks", "a check stands behind the end of the frame, which has none", "end: another than start")
    made = "flagged" if flagged else "marked" if kind in ("line", "between") else kind
    return Cover(made, most, coding=coding, seals=seals, **marks)


def _most(checker: Checker, given: Map, kind: str) -> int:
    """The most bytes of a frame."""
    most = number(given.get("max", _MOST.get(kind, _USUAL_MOST)))
    if most is None or not 1 <= most <= 1 << 20:
        checker.fault(given, "max", f"max is {given.get('max')!r}", "bytes, at most 1048576")
        return _USUAL_MOST
    return most


def _seals(checker: Checker, given: Map, kind: str) -> Seals:
    """Length and checks."""
    length = _length(checker, given) if "length" in given or kind == "length" else None
    checks, others = _checks(checker, given, "checks"), given.get("or_checks", [])
    other = tuple(_listed(checker, one) for one in others if isinstance(one, List)) if isinstance(others, List) else ()
    if any(check.at != BEHIND for one in other for check in one):
        checker.fault(given, "or_checks", "a check with a place of its own has no other in its stead", "those without at")
    taken = sorted((one.at, one.at + one.size) for one in (length, *checks) if one is not None and one.at >= 0)
    if any(end > at for (_, end), (at, _) in pairwise(taken)):
        checker.fault(given, "checks", "two of the length and the checks stand in the same place", "at: another")
    turn = in_turn(checks)
    if len(turn) < len(checks):
        checker.fault(given, "checks", "two checks stand inside, and each is over the other", "over: content, for one of them")
    return Seals(length, tuple(turn), other, _one(checker, given, "verify", ("strict", "warn", "off"), "strict"))


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


def _length(checker: Checker, given: Map) -> Length | None:
    length = given.get("length")
    if not isinstance(length, Map):
        checker.fault(given, "length", "where the length stands is not said", "{at: 1, size: 1, plus: 4}")
    elif checker.keys(length, "length", ["at", "size"], ["plus", "as", "times"]):
        at, size, plus, times = (number(length.get(key, usual)) for key, usual in _PLACE)
        base, little = _SPELLINGS[_one(checker, length, "as", tuple(_SPELLINGS), "be")]
        if at is None or size is None or plus is None or not times or not (0 <= at <= 255 and 1 <= size <= 8 and times > 0):
            checker.fault(length, None, "at, size, plus and times of a length are whole numbers", "{at: 1, size: 1, plus: 4}")
        else:
            return Length(at, Spelling(size, base, little=little), plus, times)
    return None


def _fixed(checker: Checker, given: Map) -> tuple[tuple[int, bytes], ...]:
    """Bytes that stand at fixed offsets of each frame."""
    fixed = given.get("fixed", {})
    return tuple((number(at) or 0, text(checker, fixed, at)) for at in fixed) if isinstance(fixed, Map) else ()


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
            one, "a check", ["kind"], ["as", "digits", "mark", "over", "from", "at", "width", "poly", "init", "reflect", "out"]
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
    at, over = _at(checker, given), _one(checker, given, "over", _OVERS, "content")
    if over == "behind" and at < 0:
        checker.fault(given, "over", "nothing is behind a check that has no place of its own", "at: its offset in the frame")
    spelling, mark = _spelling(checker, given, kind, size), text(checker, given, "mark")
    return Check(kind, compute, spelling, mark, over, first or 0, at, _changed(checker, given, size))


def _at(checker: Checker, given: Map) -> int:
    """Where a check stands: an offset, or ``end``: behind the end of the frame."""
    value = given.get("at")
    if value is None or value == "end":
        return BEHIND if value is None else END
    at = number(value)
    if at is None or not 0 <= at <= 255:
        checker.fault(given, "at", f"at is {value!r}", "its offset in the frame, or end: behind the end of the frame")
        return BEHIND
    return at


def _changed(checker: Checker, given: Map, size: int) -> int:
    """What the value of a plain check is changed with by xor; a CRC has that in itself."""
    out = number(given.get("out", 0))
    if given["kind"] not in PLAIN:
        return 0
    if out is None or not 0 <= out < 256**size:
        checker.fault(given, "out", f"out is {given['out']!r}", f"a number of {size} bytes (0xFF: the complement)")
        return 0
    return out


def _computed(checker: Checker, given: Map, kind: str) -> tuple[int, Compute] | None:
    if kind in PLAIN:
        size, compute = PLAIN[kind]
        first = number(given.get("init", 0))
        if first is None or not 0 <= first <= 255:
            checker.fault(given, "init", f"init is {given['init']!r}", "one byte: what it begins with")
        return size, (lambda data: compute(bytes([first]) + data)) if first else compute
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
