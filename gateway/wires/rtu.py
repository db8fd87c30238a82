"""How long a frame of Modbus RTU is, by its function code: over TCP no silence ends it (Modbus over Serial Line V1.02).

In: the front of a frame.  Out: its length with the check, 0 where more of it must be seen, or None where it is none.
Not here: the check (`gateway.wires.seals`), what the frame says (`gateway.wires.registers`).
"""

from __future__ import annotations

QUESTION, ANSWER = 11, 256
"""Bytes that are enough to know the length of a question, of an answer."""
LEAST = 3
"""Bytes that must be there before anything is known."""
_QUESTIONS = {**dict.fromkeys((1, 2, 3, 4, 5, 6, 8), 8), **dict.fromkeys((7, 11, 12, 17), 4), 22: 10, 24: 6, 43: 7}
_ANSWERS = {**dict.fromkeys((5, 6, 8, 11, 15, 16), 8), 7: 5, 22: 10}
_COUNTED = (1, 2, 3, 4, 12, 17, 20, 21, 23)
"""Answers that tell the bytes that follow in their third."""


def question(front: bytes) -> int | None:
    """The length of a question."""
    function = front[1]
    if function in (15, 16):
        return 9 + front[6] if len(front) > 6 else 0
    if function == 23:
        return 13 + front[10] if len(front) > 10 else 0
    return 5 + front[2] if function in (20, 21) else _QUESTIONS.get(function)


def answer(front: bytes) -> int | None:
    """The length of an answer, or of an exception."""
    function = front[1]
    if function & 0x80:
        return 5
    if function == 43:
        return _identification(front)
    return 5 + front[2] if function in _COUNTED else _ANSWERS.get(function)


def _identification(front: bytes) -> int:
    """Read Device Identification: objects, each with its length, as many as the eighth byte says."""
    at = 8
    for _ in range(front[7] if len(front) > 7 else 1):
        if len(front) < at + 2:
            return 0
        at += 2 + front[at + 1]
    return at + 2
