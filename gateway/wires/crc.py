"""CRCs of any model, by a table of bytes.

In: the parameters of a model, as the catalogue of crccheck has them; bytes.  Out: the value.
Not here: the names of models, where a check stands (`gateway.wires.checks`).

crccheck computes the same, without a table and ten times slower; in noise each byte may begin a frame whose check is tried.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache


def tabled(width: int, poly: int, init: int, reflect_in: bool, reflect_out: bool, out: int) -> Callable[[bytes], int]:
    """The CRC of such a model; ``width`` is a multiple of 8."""
    mask, high = (1 << width) - 1, width - 8
    table, begin, turn = (
        _table(width, poly, reflect_in),
        _mirrored(init, width) if reflect_in else init,
        reflect_in != reflect_out,
    )

    def leftward(data: bytes) -> int:
        value = begin
        for byte in data:
            value = (value << 8) & mask ^ table[value >> high ^ byte]
        return (_mirrored(value, width) if turn else value) ^ out

    def rightward(data: bytes) -> int:
        value = begin
        for byte in data:
            value = value >> 8 ^ table[value & 0xFF ^ byte]
        return (_mirrored(value, width) if turn else value) ^ out

    return rightward if reflect_in else leftward


def _mirrored(value: int, width: int) -> int:
    return int(f"{value:0{width}b}"[::-1], 2)


@cache
def _table(width: int, poly: int, reflect: bool) -> tuple[int, ...]:
    """What each byte does to the register."""
    found = tuple(_shifted(_mirrored(byte, 8) if reflect else byte, width, poly) for byte in range(256))
    return tuple(_mirrored(value, width) for value in found) if reflect else found


def _shifted(byte: int, width: int, poly: int) -> int:
    value, top = byte << width - 8, 1 << width - 1
    for _ in range(8):
        value = value << 1 ^ (poly if value & top else 0)
    return value & (1 << width) - 1
