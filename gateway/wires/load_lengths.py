"""Reads how long frames are: a length in them, a size, or sizes by a number in them.

In: the keys ``length`` and ``size`` of a frame.  Out: `Length`, `LongLength`, `Sizes`; faults go to the `Checker`.
Not here: the rest of a frame (`gateway.wires.load_frames`).
"""

from __future__ import annotations

import string
from dataclasses import replace

from gateway.source import Checker, Map
from gateway.wires.checks import CAPITALS, Spelling
from gateway.wires.load_turns import number
from gateway.wires.load_values import text, word
from gateway.wires.seals import Length, LongLength, Sizes

SPELLINGS = {"be": (0, False), "le": (0, True), "HEX": (16, False), "hex": (16, False), "decimal": (10, False)}
LENGTHS = (*SPELLINGS, "bcd", "bcd le", "varint")
_PLACE = (("at", 0), ("size", 0), ("plus", 0), ("times", 1), ("mask", 0), ("set", 0))
_EXPECTED = "{at: 1, size: 1, plus: 4}"
_SIZE = "bytes, or {at: 1, of: {0x01: 8, 0x02: 12}, else: 10}"


def length_of(checker: Checker, given: Map) -> Length | LongLength | None:
    """The length that stands in a frame."""
    length = given.get("length")
    if not isinstance(length, Map):
        checker.fault(given, "length", "where the length stands is not said", _EXPECTED)
        return None
    if not checker.keys(length, "length", ["at"], ["size", "plus", "as", "times", "until", "mask", "set"]):
        return None
    numbers = [number(length.get(key, usual)) for key, usual in _PLACE]
    at, size, plus, times, mask, others = (-1 if one is None else one for one in numbers)
    if None in numbers or times < 1 or not 0 <= at <= 255:
        checker.fault(length, None, "at, size, plus and times of a length are whole numbers", _EXPECTED)
        return None
    name, until = word(checker, length, "as", LENGTHS, "be"), text(checker, length, "until")
    if name == "varint" or until:
        return _long(checker, length, name, LongLength(at, plus, times, until))
    spelling = digits(name, size)
    if not 1 <= size <= 8 or not 0 <= mask <= spelling.most or others & mask or not 0 <= others <= spelling.most:
        checker.fault(length, None, "a length has 1 to 8 bytes; mask and set are different bits of it", _EXPECTED)
        return None
    return Length(at, spelling, plus, times, mask, others)


def _long(checker: Checker, length: Map, name: str, made: LongLength) -> LongLength | None:
    """A length of as many bytes as it needs."""
    wrong = next((key for key in ("size", "mask", "set") if key in length), None)
    if wrong is not None:
        checker.fault(length, wrong, f"a length that needs as many bytes as it needs has no {wrong}", "at, plus, times")
    elif made.until and name not in ("decimal", "HEX", "hex"):
        checker.fault(length, "as", "a length up to a text is in digits", "as: decimal, or HEX")
    else:
        return replace(made, base=10 if name == "decimal" else 16)
    return None


def digits(name: str, size: int) -> Spelling:
    """How a number of ``size`` bytes is written."""
    packed, order = name.startswith("bcd"), name.endswith("le")
    base, little = (10, order) if packed else SPELLINGS.get(name, (0, False))
    return Spelling(size, base, string.hexdigits[:16] if name == "hex" else CAPITALS, little, packed)


def sizes_of(checker: Checker, given: Map) -> Sizes:
    """The sizes of frames that do not say their length."""
    size = given.get("size")
    usual, of, at, wide = (
        (size.get("else", 0), size.get("of"), size.get("at"), size.get("size", 1))
        if isinstance(size, Map)
        else (size, Map(), 0, 0)
    )
    if isinstance(size, Map):
        checker.keys(size, "size", ["at", "of"], ["size", "as", "else"])
    usual, at, wide = number(usual), number(at), number(wide)
    found = {_key(one): number(bytes_) for one, bytes_ in of.items()} if isinstance(of, Map) else {0: None}
    if usual is None or at is None or wide is None or wide > 8 or at > 255 or None in found.values() or not (usual or found):
        checker.fault(given, "size", f"size is {size!r}", _SIZE)
        return Sizes(1)
    name = word(checker, size, "as", tuple(SPELLINGS), "be") if isinstance(size, Map) else "be"
    return Sizes(usual, at, digits(name, wide), {key: count for key, count in found.items() if count is not None})


def _key(given: str) -> int:
    """A number, or the bytes of a text as one."""
    found = number(given)
    return int.from_bytes(given.encode("latin-1", "replace"), "big") if found is None else found
