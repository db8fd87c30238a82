"""Reads how records come in several frames.

In: the key ``parts`` of a frame.  Out: `Parts`; faults go to the `Checker`.
Not here: joining and cutting them (`gateway.wires.parts`).
"""

from __future__ import annotations

from gateway.source import Checker, List, Map
from gateway.wires.load_lengths import LENGTHS, digits
from gateway.wires.load_turns import number
from gateway.wires.load_values import word
from gateway.wires.parts import Count, Flag, Parts

_EXPECTED = "{head: 3, number: {at: 1}, total: {at: 2}, size: 200}"
_FLAG = "{at: 1, mask: 0x80}: these bits of a byte of the head"
_COUNT = "{at: 1, size: 1}: 1 to 4 bytes of the head"
_SPELLED = tuple(one for one in LENGTHS if one != "varint")
_BOUNDS = {"head": (None, 1, 255), "first": (1, 0, 255), "size": (0, 0, 65536), "most": (64, 1, 1024), "max": (65536, 1, 1 << 20)}


def parts_of(checker: Checker, where: Map) -> Parts | None:
    """How records are cut into these frames; None where each is one."""
    given = where.get("parts")
    if "parts" not in where:
        return None
    if where.get("keep"):
        checker.fault(where, "keep", "what comes in parts has no markers between them", "no keep")
    keys = ["number", "total", "more", "last", "varies", "when", "first", "size", "most", "max"]
    if not isinstance(given, Map) or not checker.keys(given, "parts", ["head"], keys):
        checker.fault(where, "parts", "parts is no map with a head", _EXPECTED)
        return None
    if len([key for key in ("total", "more", "last") if key in given]) != 1:
        checker.fault(given, None, "one thing tells where the last part is", "total, more, or last")
    head, first, size, most, longest = (_bounded(checker, given, key, *_BOUNDS[key]) for key in _BOUNDS)
    number_of, total = (_count(checker, given, key, head) for key in ("number", "total"))
    more, varies, only = _flag(checker, given, head), _varies(checker, given, head), _only(checker, given, head)
    return Parts(head, number_of, total, more, first, size, most, longest, varies, only)


def _bounded(checker: Checker, given: Map, key: str, usual: int | None, least: int, most: int) -> int:
    found = number(given.get(key, usual))
    if not isinstance(found, int) or not least <= found <= most:
        checker.fault(given, key, f"{key} is {given.get(key)!r}", f"a whole number, {least} to {most}")
        return least
    return found


def _count(checker: Checker, given: Map, key: str, head: int) -> Count | None:
    part = given.get(key)
    if key not in given:
        return None
    if not isinstance(part, Map) or not checker.keys(part, key, ["at"], ["size", "as", "mask"]):
        checker.fault(given, key, f"{key} is {part!r}", _COUNT)
        return None
    at, size = number(part["at"]), number(part.get("size", 1))
    if not isinstance(at, int) or not isinstance(size, int) or not (1 <= size <= 4 and 0 <= at <= head - size):
        checker.fault(part, None, f"{key} does not stand in the head", _COUNT)
        return None
    mask = number(part.get("mask", 0))
    made = Count(at, digits(word(checker, part, "as", _SPELLED, "be"), size), mask or 0)
    if mask is None or not 0 <= mask <= made.spelling.most or (mask and (made.spelling.base or made.spelling.packed)):
        checker.fault(part, "mask", f"mask is {part.get('mask')!r}", "bits of a number that is no text")
    return made


def _flag(checker: Checker, given: Map, head: int) -> Flag | None:
    """``more``, or ``last``, which says the contrary."""
    key = "last" if "last" in given else "more"
    part = given.get(key)
    if key not in given:
        return None
    if not isinstance(part, Map) or not checker.keys(part, key, ["at"], ["mask", "is", "else"]):
        checker.fault(given, key, f"{key} is {part!r}", _FLAG)
        return None
    mask = number(part.get("mask", 255))
    at, yes, no = number(part["at"]), number(part.get("is", mask)), number(part.get("else", 0))
    if not (isinstance(at, int) and isinstance(mask, int) and isinstance(yes, int) and isinstance(no, int)):
        checker.fault(part, None, f"{key} is not in whole numbers", _FLAG)
        return None
    if not (0 <= at < head and 0 < mask <= 255) or (yes | no) & ~mask or yes == no or min(yes, no) < 0:
        checker.fault(part, None, f"{key} has two values of a byte of the head, within its mask", _FLAG)
        return None
    return Flag(at, mask, no, yes) if key == "last" else Flag(at, mask, yes, no)


def _varies(checker: Checker, given: Map, head: int) -> tuple[int, ...]:
    part = given.get("varies", List())
    found = [number(one) for one in part] if isinstance(part, list) else [None]
    made = tuple(one for one in found if isinstance(one, int) and 0 <= one < head)
    if len(made) < len(found):
        checker.fault(given, "varies", f"varies is {part!r}", "a list of offsets in the head")
    return made


def _only(checker: Checker, given: Map, head: int) -> tuple[int, tuple[int, ...]] | None:
    part = given.get("when")
    if "when" not in given:
        return None
    at, values = (number(part.get("at")), part.get("is")) if isinstance(part, Map) else (None, None)
    found = [number(one) for one in (values if isinstance(values, list) else [values])]
    made = tuple(one for one in found if isinstance(one, int) and 0 <= one <= 255)
    if not isinstance(at, int) or not 0 <= at < head or len(made) < len(found):
        checker.fault(given, "when", f"when is {part!r}", "{at: 0, is: [5, 6]}: a byte of the head under which a frame is a part")
        return None
    return at, made
