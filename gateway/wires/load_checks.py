"""Reads the checks of a frame.

In: the lists ``checks`` and ``or_checks`` of a frame.  Out: `Check`; faults go to the `Checker`.
Not here: the rest of a frame (`gateway.wires.load_frames`).
"""

from __future__ import annotations

import string

from gateway.source import Checker, List, Map, nearest, one_of
from gateway.wires.checks import BEHIND, CAPITALS, CRCS, END, PLAIN, Check, Compute, Spelling, crc, own_crc
from gateway.wires.load_lengths import SPELLINGS
from gateway.wires.load_turns import number
from gateway.wires.load_values import text, word

OVERS = ("content", "frame", "behind", "zeroed")
_KEYS = ["as", "digits", "mark", "over", "from", "at", "width", "poly", "init", "reflect", "out", "mod", "plus"]
_JUICEBOX = "0123456789ABCDEFGHIJKLMNZPQRSTUVWXY"


def checks_of(checker: Checker, where: Map, key: str) -> tuple[Check, ...]:
    """The checks at ``where[key]``."""
    given = where.get(key)
    if given is None:
        return ()
    if not isinstance(given, List):
        checker.fault(where, key, f"{key} is no list", "- {kind: …} lines")
        return ()
    return listed(checker, given)


def listed(checker: Checker, given: List) -> tuple[Check, ...]:
    """The checks of a list."""
    made = []
    for index, one in enumerate(given):
        if not isinstance(one, Map):
            checker.fault(given, index, f"the check {one!r} is no map", "{kind: sum8}")
        elif checker.keys(one, "a check", ["kind"], _KEYS):
            check = _check(checker, one)
            made += [check] if check is not None else []
    return tuple(made)


def _check(checker: Checker, given: Map) -> Check | None:
    kind = str(given["kind"])
    computed = _computed(checker, given, kind)
    if computed is None:
        return None
    size, compute = computed[0], _changed(checker, given, *computed)
    first = number(given.get("from", 0))
    if first is None or first < 0:
        checker.fault(given, "from", f"from is {given['from']!r}", "how many bytes are left out")
    at, over = _at(checker, given), word(checker, given, "over", OVERS, "content")
    if over == "behind" and at < 0:
        checker.fault(given, "over", "nothing is behind a check that has no place of its own", "at: its offset in the frame")
    spelling, mark = _spelling(checker, given, kind, size), text(checker, given, "mark")
    return Check(kind, compute, spelling, mark, over, first or 0, at)


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


def _changed(checker: Checker, given: Map, size: int, compute: Compute) -> Compute:
    """``compute`` with what is said to be done to its value: xor (a CRC has that in itself), modulo, and a number added."""
    most = 256**size
    out, mod, plus = (number(given.get(key, 0)) for key in ("out", "mod", "plus"))
    for key, value in (("out", out), ("mod", mod), ("plus", plus)):
        if value is None or not 0 <= value < most:
            checker.fault(given, key, f"{key} is {given[key]!r}", f"a number of {size} bytes (out: 0xFF is the complement)")
            return compute
    change, rest, more = 0 if given["kind"] not in PLAIN else out or 0, mod or most, plus or 0
    return (lambda data: (compute(data) ^ change) % rest + more) if change or mod or more else compute


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
    name = word(checker, given, "as", (*SPELLINGS, "base36"), "be")
    base, little = SPELLINGS.get(name, (36, False))
    digits = number(given.get("digits", {0: size, 16: size * 2}.get(base, 0)))
    if not digits:
        checker.fault(given, "digits", f"how many digits {kind} has is not said", "digits: 3")
    return Spelling(digits or size, base, string.hexdigits[:16] if name == "hex" else CAPITALS, little)
