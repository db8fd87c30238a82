"""The length and the checks of a frame: put in at their places, compared, and taken out again.

In: a content, or what stands between the markers of a frame.  Out: the other of the two, and what was forgiven.
Not here: how a check is computed (`gateway.wires.checks`), markers and codings (`gateway.wires.frames`).

Most stand behind the content.  The length and checks with an offset stand inside: a frame is built by putting them in from the
first to the last, and opened by taking them out from the last to the first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from gateway.dialects.errors import PeerError
from gateway.wires.checks import BEHIND, END, Check, Spelling

Verify = Literal["strict", "warn", "off"]


@dataclass(frozen=True, slots=True)
class Length:
    """Where the length stands in the frame, how it is written, how much longer the frame is than that, and its unit in bytes."""

    at: int
    spelling: Spelling
    plus: int
    times: int = 1

    @property
    def size(self) -> int:
        """How many bytes it takes."""
        return self.spelling.size

    @property
    def head(self) -> int:
        """How many bytes are needed to read it."""
        return self.at + self.size

    def total(self, front: bytes) -> int | None:
        """The length of the whole frame; None where no number stands there."""
        raw = front[self.at : self.head]
        if not self.spelling.base:
            return int.from_bytes(raw, "little" if self.spelling.little else "big") * self.times + self.plus
        try:
            return int(raw, self.spelling.base) * self.times + self.plus
        except ValueError:
            return None

    def write(self, total: int) -> bytes:
        """What it says of a frame of ``total`` bytes.  ValueError where it cannot."""
        value, rest = divmod(total - self.plus, self.times)
        if rest or not 0 <= value < (self.spelling.base or 256) ** self.size:
            raise ValueError(f"a frame of {total} bytes does not fit its length field")
        return self.spelling.write(value)


@dataclass(frozen=True, slots=True)
class Seals:
    """``checks`` in the order in which they are computed (`in_turn`).

    ``others`` are lists of checks that may stand behind the content instead of those of ``checks`` that do.
    """

    length: Length | None = None
    checks: tuple[Check, ...] = ()
    others: tuple[tuple[Check, ...], ...] = ()
    verify: Verify = "strict"

    @property
    def usual(self) -> tuple[Check, ...]:
        """The checks behind the content."""
        return tuple(check for check in self.checks if check.at == BEHIND)

    @property
    def inside(self) -> tuple[Check, ...]:
        """The checks that have an offset."""
        return tuple(check for check in self.checks if check.at >= 0)

    @property
    def last(self) -> tuple[Check, ...]:
        """The checks behind the end of the frame."""
        return tuple(check for check in self.checks if check.at == END)

    @property
    def tail(self) -> int:
        """How many bytes stand behind the end of the frame."""
        return _size(self.last)

    # -- reading -------------------------------------------------------------------------------------------------

    def open(self, start: bytes, inner: bytes, total: int | None) -> tuple[bytes, bool]:
        """The content, and whether a wrong check was forgiven; ``total`` is what the length should say.  Raises `PeerError`."""
        sets = (self.usual, *self.others)
        chosen = [one for one in sets if self._there(one, inner)] or [self.usual]
        for checks in chosen:
            content = self._content(start, inner, checks)
            if content is not None and (self.verify == "off" or self._agree(checks, start, inner, content, total)):
                return content, False
        content = self._content(start, inner, chosen[0])
        if self.verify == "strict" or content is None:
            raise PeerError("FormatViolation", "the check is wrong" if self.checks else "the length is wrong")
        return content, True

    def sound(self, behind: bytes, content: bytes, frame: bytes) -> bool:
        """Whether the checks behind the end of ``frame`` are right."""
        at = 0
        for check in self.last:
            if not check.agrees(behind[at : at + check.size], content, frame + behind[:at], len(frame) + at):
                return self.verify == "off"
            at += check.size
        return True

    def _there(self, checks: tuple[Check, ...], inner: bytes) -> bool:
        """Whether these checks can be meant: their markers stand where they belong; no check, where no other marker does."""
        if not checks:
            marked = [one for one in (self.usual, *self.others) if one and all(check.mark for check in one)]
            return not any(self._there(one, inner) for one in marked)
        at = len(inner)
        for check in reversed(checks):
            at -= check.size
            if at < 0 or inner[at : at + len(check.mark)] != check.mark:
                return False
        return True

    def _content(self, start: bytes, inner: bytes, checks: tuple[Check, ...]) -> bytes | None:
        """What is left without length and checks; None where they do not fit in."""
        left = len(start) + len(inner) - _size(checks)
        frame = start + inner
        for at, size in reversed(list(self._places())):
            if at + size > left or at < len(start):
                return None
            frame, left = frame[:at] + frame[at + size :], left - size
        return frame[len(start) : left] if left >= len(start) else None

    def _places(self) -> Iterator[tuple[int, int]]:
        """Offset and size of all that stands inside, in order."""
        pieces: list[Length | Check] = [*self.inside, *([self.length] if self.length is not None else [])]
        yield from sorted((piece.at, piece.size) for piece in pieces)

    def _agree(self, checks: tuple[Check, ...], start: bytes, inner: bytes, content: bytes, total: int | None) -> bool:
        frame = start + inner
        front = frame[: len(frame) - _size(checks)]
        if self.length is not None and total is not None and self.length.total(front) != total:
            return False
        if any(not check.agrees(front[check.at : check.at + check.size], content, front, check.at) for check in self.inside):
            return False
        at = len(front)
        for check in checks:
            if not check.agrees(frame[at : at + check.size], content, frame[:at], at):
                return False
            at += check.size
        return True

    # -- writing -------------------------------------------------------------------------------------------------

    def close(self, start: bytes, content: bytes, end: int) -> bytes:
        """What stands between the markers; ``end`` is how many bytes come behind it.  ValueError where a length does not fit."""
        frame = start + content
        for at, size in self._places():
            if at > len(frame):
                raise ValueError(f"a frame of {len(frame)} bytes has no place {at} for its length or check")
            frame = frame[:at] + bytes(size) + frame[at:]
        if self.length is not None:
            told = self.length.write(len(frame) + _size(self.usual) + end + self.tail)
            frame = frame[: self.length.at] + told + frame[self.length.head :]
        for check in self.inside:
            frame = frame[: check.at] + check.made(content, frame, check.at) + frame[check.at + check.size :]
        for check in self.usual:
            frame += check.made(content, frame, len(frame))
        return frame[len(start) :]

    def behind(self, content: bytes, frame: bytes) -> bytes:
        """The checks behind the end of ``frame``."""
        made = frame
        for check in self.last:
            made += check.made(content, made, len(made))
        return made[len(frame) :]


def in_turn(checks: Sequence[Check]) -> list[Check]:
    """``checks`` so that none is over one that comes later; without those of which each is over another."""
    made: list[Check] = []
    left = list(checks)
    while left:
        ready = next((one for one in left if not any(one.is_over(other) for other in left if other is not one)), None)
        if ready is None:
            return made
        made.append(ready)
        left.remove(ready)
    return made


def _size(checks: tuple[Check, ...]) -> int:
    return sum(check.size for check in checks)
