"""The length and the checks of a frame: put in at their places, compared, and taken out again.

In: a content, or what stands between the markers of a frame.  Out: the other of the two, and what was forgiven.
Not here: how a check is computed (`gateway.wires.checks`), markers and codings (`gateway.wires.frames`).

Most stand behind the content.  The length and checks with an offset stand inside: a frame is built by putting them in from the
first to the last, and opened by taking them out from the last to the first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from gateway.dialects.errors import PeerError
from gateway.wires.checks import BEHIND, END, Check, Spelling, number_in
from gateway.wires.kinds import Varint

Verify = Literal["strict", "warn", "off"]


UNDECIDED = 0
"""No length of a frame: more of its front must be there."""


@dataclass(frozen=True, slots=True)
class Length:
    """Where the length stands in the frame, how it is written, how much longer the frame is than that, and its unit in bytes.

    Only the bits of ``mask`` are the length; the others are written as in ``set``.
    """

    at: int
    spelling: Spelling
    plus: int
    times: int = 1
    mask: int = 0
    set: int = 0

    @property
    def least(self) -> int:
        """How many bytes must be there before it can be read."""
        return self.at + self.spelling.size

    @property
    def head(self) -> int:
        """How many bytes are enough to read it."""
        return self.least

    def width(self, front: bytes) -> int:
        """How many bytes it takes."""
        return self.spelling.size

    def total(self, front: bytes) -> int | None:
        """The length of the whole frame; None where no number stands there."""
        value = self.spelling.read(front[self.at : self.head])
        return None if value is None else (value & (self.mask or value)) * self.times + self.plus

    def write(self, rest: int) -> bytes:
        """What it says of a frame that has ``rest`` bytes beside it.  ValueError where it cannot."""
        total = rest + self.spelling.size
        value, left = divmod(total - self.plus, self.times)
        if left or not 0 <= value <= (self.mask or self.spelling.most):
            raise ValueError(f"a frame of {total} bytes does not fit its length field")
        return self.spelling.write(value | self.set)


@dataclass(frozen=True, slots=True)
class LongLength:
    """A length of as many bytes as its number needs: a `Varint`, or digits up to the text ``until``.  ``plus`` leaves it out."""

    at: int
    plus: int
    times: int = 1
    until: bytes = b""
    base: int = 10

    @property
    def least(self) -> int:
        """How many bytes must be there before it can be read."""
        return self.at + 1 + len(self.until)

    @property
    def head(self) -> int:
        """How many bytes are enough to read it."""
        return self.at + _LONGEST + len(self.until)

    def width(self, front: bytes) -> int:
        """How many bytes it takes; 0 where its end is not there."""
        raw = front[self.at : self.head]
        if self.until:
            end = raw.find(self.until)
            return end + len(self.until) if end >= 0 else 0
        return next((at + 1 for at, byte in enumerate(raw) if byte < 0x80), 0)

    def total(self, front: bytes) -> int | None:
        """The length of the whole frame; `UNDECIDED`, or None where no number stands there."""
        width = self.width(front)
        raw = front[self.at : self.at + width - len(self.until)]
        if not width:
            return None if len(front) >= self.head else UNDECIDED
        try:
            value = number_in(raw, self.base) if self.until else Varint().read(raw)
        except ValueError:
            return None
        return value * self.times + self.plus + width

    def write(self, rest: int) -> bytes:
        """What it says of a frame that has ``rest`` bytes beside it.  ValueError where it cannot."""
        value, left = divmod(rest - self.plus, self.times)
        made = (f"{value:X}" if self.base == 16 else str(value)).encode("ascii") if self.until else Varint().write(value)
        if left or value < 0 or len(made) > _LONGEST:
            raise ValueError(f"a frame of {rest} bytes beside its length does not fit that")
        return made + self.until


_LONGEST = 8
"""The most bytes of a length that has no fixed size."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """Frames that say nothing of their length: all have ``usual`` bytes, or it follows from the number at ``at``."""

    usual: int
    at: int = 0
    spelling: Spelling = field(default=Spelling(0))
    of: Mapping[int, int] = field(default_factory=dict)

    @property
    def head(self) -> int:
        """How many bytes tell."""
        return max(1, self.at + self.spelling.size)

    def total(self, front: bytes) -> int | None:
        """The length of the whole frame; None where no frame begins so."""
        key = self.spelling.read(front[self.at : self.head]) if self.spelling.size else None
        return self.of.get(key, self.usual or None) if key is not None else self.usual


@dataclass(frozen=True, slots=True)
class Seals:
    """``checks`` in the order in which they are computed (`in_turn`).

    ``others`` are lists of checks that may stand behind the content instead of those of ``checks`` that do.
    """

    length: Length | LongLength | None = None
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
        for at, size in reversed(list(self._places(frame))):
            if at + size > left or at < len(start):
                return None
            frame, left = frame[:at] + frame[at + size :], left - size
        return frame[len(start) : left] if left >= len(start) else None

    def _places(self, frame: bytes) -> Iterator[tuple[int, int]]:
        """Offset and size of all that stands inside ``frame``, in order."""
        pieces = [(check.at, check.size) for check in self.inside]
        yield from sorted([*pieces, *([(self.length.at, self.length.width(frame))] if self.length is not None else [])])

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
        rest = len(frame) + _size(self.inside) + _size(self.usual) + end + self.tail
        told = self.length.write(rest) if self.length is not None else b""
        for at, piece in sorted(
            [*((check.at, bytes(check.size)) for check in self.inside), *([(self.length.at, told)] if self.length else [])]
        ):
            if at > len(frame):
                raise ValueError(f"a frame of {len(frame)} bytes has no place {at} for its length or check")
            frame = frame[:at] + piece + frame[at:]
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
