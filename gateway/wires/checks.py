"""Checks over a frame: sums, xor, LRC, CRC of any model, and a named hash; and how their value is written.

In: bytes.  Out: the value of a check, or its spelling at its place in the frame.
Not here: which bytes it is over, and where it stands (`gateway.wires.frames`); the file (`gateway.wires.load_frames`).

CRC models are those of the catalogue in crccheck, by name.
"""

from __future__ import annotations

import string
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from operator import xor
from typing import Any

from crccheck.crc import ALLCRCCLASSES, Crc  # type: ignore[import-untyped]

Compute = Callable[[bytes], int]


def _juicebox(data: bytes) -> int:
    """The shift-and-xor hash of the JuiceBox."""
    return reduce(lambda h, byte: (h ^ ((h << 5) + (h >> 2) + byte)) & 0xFFFF, data, 0)


PLAIN: dict[str, tuple[int, Compute]] = {
    "sum8": (1, lambda data: sum(data) & 0xFF),
    "sum16": (2, lambda data: sum(data) & 0xFFFF),
    "sum32": (4, lambda data: sum(data) & 0xFFFFFFFF),
    "sum16 mod 65535": (2, lambda data: sum(data) % 0xFFFF),
    "xor8": (1, lambda data: reduce(xor, data, 0)),
    "lrc": (1, lambda data: -sum(data) & 0xFF),
    "juicebox": (2, _juicebox),
}
"""Name → bytes of its value, and how it is computed."""

CRCS = {str(name).lower().replace("/", "-"): model for model in ALLCRCCLASSES if model._width % 8 == 0 for name in model._names}


def crc(model: Any) -> tuple[int, Compute]:
    """A CRC of the catalogue."""
    return model._width // 8, lambda data: int(model.calc(data))


def own_crc(width: int, poly: int, init: int, reflect: bool, out: int) -> tuple[int, Compute]:
    """A CRC that has no name."""
    return width // 8, lambda data: int(Crc(width, poly, init, reflect, reflect, out).process(data).final())


@dataclass(frozen=True, slots=True)
class Spelling:
    """How the value of a check is written: ``size`` bytes in the frame.

    ``base`` 0 is raw bytes, else digits of ``alphabet``; ``little`` puts the least first.
    """

    size: int
    base: int = 0
    alphabet: str = string.digits + string.ascii_uppercase
    little: bool = False

    def write(self, value: int) -> bytes:
        """The bytes of ``value``; digits beyond ``size`` are cut."""
        if not self.base:
            return value.to_bytes(self.size, "little" if self.little else "big")
        digits = []
        for _ in range(self.size):
            value, digit = divmod(value, self.base)
            digits.append(self.alphabet[digit])
        return "".join(digits if self.little else reversed(digits)).encode("ascii")


@dataclass(frozen=True, slots=True)
class Check:
    """One check: how it is computed and spelled, the marker before it, and over which bytes.

    ``whole``: over all that stands before it in the frame, else over the content alone; from byte ``first`` on.
    """

    kind: str
    compute: Compute
    spelling: Spelling
    mark: bytes = b""
    whole: bool = False
    first: int = 0

    @property
    def size(self) -> int:
        """How many bytes it takes in a frame."""
        return len(self.mark) + self.spelling.size

    def made(self, content: bytes, before: bytes) -> bytes:
        """What stands in the frame for it."""
        over = before if self.whole else content
        return self.mark + self.spelling.write(self.compute(over[self.first :]))

    def agrees(self, found: bytes, content: bytes, before: bytes) -> bool:
        """Whether what was found is right; the case of digits is forgiven."""
        wanted = self.made(content, before)
        return found == wanted or (self.spelling.base == 16 and found.upper() == wanted.upper())
