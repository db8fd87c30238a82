"""Checks over a frame: sums, xor, LRC, CRC of any model, hashes; where they stand, and how their value is written.

In: bytes.  Out: the value of a check, or its spelling at its place in the frame.
Not here: putting it there (`gateway.wires.seals`); the file (`gateway.wires.load_checks`).

CRC models are those of the catalogue in crccheck, by name.
"""

from __future__ import annotations

import hashlib
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import reduce
from operator import xor
from typing import Any, Literal
from zlib import adler32

from crccheck.crc import ALLCRCCLASSES  # type: ignore[import-untyped]

from gateway.wires.crc import tabled

Compute = Callable[[bytes], int]
Over = Literal["content", "frame", "behind", "zeroed"]
CAPITALS = string.digits + string.ascii_uppercase
BEHIND, END = -1, -2
"""Where a check stands, but at a fixed offset: behind the content, behind the end of the frame."""


def _juicebox(data: bytes) -> int:
    """The shift-and-xor hash of the JuiceBox."""
    return reduce(lambda h, byte: (h ^ ((h << 5) + (h >> 2) + byte)) & 0xFFFF, data, 0)


def _fletcher16(data: bytes) -> int:
    """Fletcher's sum, modulo 255."""
    low = high = 0
    for byte in data:
        low = (low + byte) % 255
        high = (high + low) % 255
    return high << 8 | low


def _inet16(data: bytes) -> int:
    """The checksum of the Internet (RFC 1071)."""
    total = sum(_words(data))
    return ~(total % 0xFFFF or (0xFFFF if total else 0)) & 0xFFFF


def _words(data: bytes, order: Literal["big", "little"] = "big") -> Iterator[int]:
    """The 16-bit words; a last byte alone has a zero behind it."""
    return (int.from_bytes(data[at : at + 2].ljust(2, b"\0"), order) for at in range(0, len(data), 2))


def _digest(name: str) -> Compute:
    """A hash, as a number."""
    return lambda data: int.from_bytes(hashlib.new(name, data, usedforsecurity=False).digest(), "big")


PLAIN: dict[str, tuple[int, Compute]] = {
    "sum8": (1, lambda data: sum(data) & 0xFF),
    "sum16": (2, lambda data: sum(data) & 0xFFFF),
    "sum32": (4, lambda data: sum(data) & 0xFFFFFFFF),
    "sum16 words": (2, lambda data: sum(_words(data)) & 0xFFFF),
    "sum16 words le": (2, lambda data: sum(_words(data, "little")) & 0xFFFF),
    "xor16": (2, lambda data: reduce(xor, _words(data), 0)),
    "sum16 mod 65535": (2, lambda data: sum(data) % 0xFFFF),
    "xor8": (1, lambda data: reduce(xor, data, 0)),
    "lrc": (1, lambda data: -sum(data) & 0xFF),
    "lrc16": (2, lambda data: -sum(data) & 0xFFFF),
    "fletcher16": (2, _fletcher16),
    "adler32": (4, adler32),
    "inet16": (2, _inet16),
    "juicebox": (2, _juicebox),
    "md5": (16, _digest("md5")),
    "sha1": (20, _digest("sha1")),
    "sha256": (32, _digest("sha256")),
}
"""Name → bytes of its value, and how it is computed."""

CRCS = {str(name).lower().replace("/", "-"): model for model in ALLCRCCLASSES if model._width % 8 == 0 for name in model._names}


def crc(model: Any) -> tuple[int, Compute]:
    """A CRC of the catalogue."""
    bits = model._reflect_input, model._reflect_output, model._xor_output
    return model._width // 8, tabled(model._width, model._poly, model._initvalue, *bits)


def own_crc(width: int, poly: int, init: int, reflect: bool, out: int) -> tuple[int, Compute]:
    """A CRC that has no name."""
    return width // 8, tabled(width, poly, init, reflect, reflect, out)


def number_in(digits: bytes, base: int) -> int:
    """The number of these digits, perhaps behind blanks.  ValueError for anything else, signs too."""
    if not digits.lstrip(b" ").isalnum():
        raise ValueError(f"{digits!r} is no number")
    return int(digits, base)


@dataclass(frozen=True, slots=True)
class Spelling:
    """How the value of a check is written: ``size`` bytes in the frame.

    ``base`` 0 is raw bytes, else digits of ``alphabet``; ``packed`` puts two of them in a byte (BCD); ``little`` puts the least
    first.
    """

    size: int
    base: int = 0
    alphabet: str = CAPITALS
    little: bool = False
    packed: bool = False

    @property
    def most(self) -> int:
        """The largest number that can be written."""
        one = 100 if self.packed else self.base or 256
        return int(one**self.size) - 1

    def read(self, raw: bytes) -> int | None:
        """The number; None where these are not its digits."""
        if not self.base:
            return int.from_bytes(raw, "little" if self.little else "big")
        raw = raw[::-1] if self.little else raw
        try:
            return number_in(raw.hex().encode() if self.packed else raw, self.base)
        except ValueError:
            return None

    def write(self, value: int) -> bytes:
        """The bytes of ``value``; digits beyond ``size`` are cut."""
        if not self.base:
            return value.to_bytes(self.size, "little" if self.little else "big")
        digits = []
        for _ in range(self.size * (2 if self.packed else 1)):
            value, digit = divmod(value, self.base)
            digits.append(self.alphabet[digit])
        if self.packed:
            made = bytes.fromhex("".join(reversed(digits)))
            return made[::-1] if self.little else made
        return "".join(digits if self.little else reversed(digits)).encode("ascii")


@dataclass(frozen=True, slots=True)
class Check:
    """One check: how it is computed and spelled, the marker before it, where it stands and over which bytes.

    ``at`` is its offset in the frame, `BEHIND` the content or behind the `END` of the frame.  It is ``over`` the ``content``
    alone, all of the ``frame`` before it, all ``behind`` it up to the checks behind the content, or both, with zeros in its
    place (``zeroed``); from byte ``first`` of that on.
    """

    kind: str
    compute: Compute
    spelling: Spelling
    mark: bytes = b""
    over: Over = "content"
    first: int = 0
    at: int = BEHIND

    @property
    def size(self) -> int:
        """How many bytes it takes in a frame."""
        return len(self.mark) + self.spelling.size

    def is_over(self, other: Check) -> bool:
        """Whether it can only be computed when ``other`` is there: both stand at an offset."""
        if self.at < 0 or other.at < 0:
            return False
        before = other.at < self.at
        return {"content": False, "frame": before, "behind": not before}.get(self.over, True)

    def made(self, content: bytes, frame: bytes, at: int) -> bytes:
        """What stands for it at ``at`` of a frame, as far as that is there."""
        before, behind = frame[:at], frame[at + self.size :]
        over = {"content": content, "frame": before, "behind": behind}.get(self.over, before + bytes(self.size) + behind)
        return self.mark + self.spelling.write(self.compute(over[self.first :]))

    def agrees(self, found: bytes, content: bytes, frame: bytes, at: int) -> bool:
        """Whether what was found is right; the case of digits is forgiven."""
        wanted = self.made(content, frame, at)
        return found == wanted or (self.spelling.base == 16 and found.upper() == wanted.upper())
