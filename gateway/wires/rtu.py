"""How long a frame of Modbus RTU is, by its function code: over TCP no silence ends it (Modbus over Serial Line V1.02).

In: the front of a frame.  Out: its length with the check, or None where it is none.
Not here: the check (`gateway.wires.seals`), what the frame says (`gateway.wires.registers`).
"""

from __future__ import annotations

_SINGLE, _SEVERAL = (5, 6), (15, 16)
QUESTION, ANSWER = 7, 3
"""Bytes that must be there to know the length of a question, of an answer."""


def question(front: bytes) -> int | None:
    """The length of a question."""
    function = front[1]
    if 1 <= function <= 6:
        return 8
    return 9 + front[6] if function in _SEVERAL else None


def answer(front: bytes) -> int | None:
    """The length of an answer, or of an exception."""
    function = front[1]
    if function & 0x80:
        return 5
    if 1 <= function <= 4:
        return 5 + front[2]
    return 8 if function in (*_SINGLE, *_SEVERAL) else None
