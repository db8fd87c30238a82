"""Records that come in several frames: their parts put together, and cut again.

In: the frames of a stream and their contents, or a whole content.  Out: `Whole` frames and `Noise`, or the contents of the parts.
Not here: finding the frames (`gateway.wires.framers`), the file (`gateway.wires.load_parts`).

Each part begins with the same head, in which its number, how many there are, or that more follow, differs.  Parts come in their
turn: one that is out of it, or late, ends what was begun, for a record made of two would be worse than none.  What was begun
waits until the line is silent for its lull; of several that are begun at a time (stations on one line, told apart by the rest of
their heads) the oldest makes room.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from gateway.dialects.errors import PeerError
from gateway.wires.checks import Spelling
from gateway.wires.framers import Cut
from gateway.wires.shapes import Framer, Noise

_BEGUN = 8
"""So many records may be begun at a time on one line."""


class Whole(bytes):
    """The frames of one record, one behind the other; ``content`` is what they say together."""

    content: bytes
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Count:
    """A number in the head; with a ``mask`` only these bits of it."""

    at: int
    spelling: Spelling
    mask: int = 0

    def read(self, head: bytes) -> int | None:
        """The number; None where these are no digits."""
        found = self.spelling.read(head[self.at : self.at + self.spelling.size])
        return found if found is None or not self.mask else (found & self.mask) >> self._low

    def write(self, head: bytearray, value: int) -> None:
        """Put it in.  ValueError where it does not fit."""
        if value > (self.mask or self.spelling.most) >> self._low:
            raise ValueError(f"part {value} cannot be counted")
        place = slice(self.at, self.at + self.spelling.size)
        if self.mask:
            value = (self.spelling.read(bytes(head[place])) or 0) & ~self.mask | value << self._low
        head[place] = self.spelling.write(value)

    @property
    def _low(self) -> int:
        return (self.mask & -self.mask).bit_length() - 1 if self.mask else 0


@dataclass(frozen=True, slots=True)
class Flag:
    """Bits of a byte in the head: ``yes`` while more follow, else ``no``."""

    at: int
    mask: int
    yes: int
    no: int

    def write(self, head: bytearray, more: bool) -> None:
        """Put it in."""
        head[self.at] = head[self.at] & ~self.mask | (self.yes if more else self.no)


@dataclass(frozen=True, slots=True)
class Parts:
    """How a content is cut: ``head`` bytes stand before each piece of the rest, which has at most ``size`` (0: all).

    ``number`` counts from ``first``.  ``total`` or ``more`` tell the end.  The offsets ``varies`` differ from part to part, so
    that such records are only read.  ``only``: an offset and the values under which a frame is a part at all.
    """

    head: int
    number: Count | None = None
    total: Count | None = None
    more: Flag | None = None
    first: int = 1
    size: int = 0
    most: int = 64
    longest: int = 65536
    varies: tuple[int, ...] = ()
    only: tuple[int, tuple[int, ...]] | None = None

    def part(self, content: bytes) -> bool:
        """Whether a content is one of several."""
        return self.only is None or content[self.only[0] : self.only[0] + 1] in [bytes([one]) for one in self.only[1]]

    def plain(self, content: bytes) -> bytearray:
        """The head without what counts the parts: that is 0 there."""
        head = bytearray(content[: self.head])
        for count in (self.number, self.total):
            if count is not None:
                count.write(head, 0)
        if self.more is not None:
            head[self.more.at] &= ~self.more.mask
        return head

    def key(self, content: bytes) -> bytes:
        """What is the same in all parts of one record."""
        head = self.plain(content)
        for at in self.varies:
            head[at] = 0
        return bytes(head)

    def counted(self, content: bytes) -> tuple[int | None, int | None, bool]:
        """Which part it is (from 0) and how many there are, where that is said; whether it may be the last.  `PeerError`."""
        if len(content) < self.head:
            raise PeerError("FormatViolation", "a part is shorter than its head")
        number, total = (None if one is None else one.read(content) for one in (self.number, self.total))
        at = None if number is None else number - self.first
        unread = (self.number is not None and at is None) or (self.total is not None and total is None)
        if unread or (at is not None and at < 0) or (total is not None and not (at or 0) < total <= self.most):
            raise PeerError("FormatViolation", "an impossible part")
        return at, total, self.more is None or content[self.more.at] & self.more.mask == self.more.no

    def split(self, content: bytes) -> list[bytes]:
        """The contents of the parts.  ValueError where there would be too many."""
        if not self.part(content):
            return [content]
        rest = content[self.head :]
        pieces = [rest[at : at + self.size] for at in range(0, len(rest), self.size)] if self.size and rest else [rest]
        if len(content) < self.head or len(pieces) > self.most or len(content) > self.longest:
            raise ValueError(f"{len(pieces)} parts, {len(content)} bytes: a record has at most {self.most} and {self.longest}")
        if self.varies and len(pieces) > 1:
            raise ValueError("it needs several parts, which are only read")
        return [self._headed(content, at, len(pieces)) + piece for at, piece in enumerate(pieces)]

    def _headed(self, content: bytes, at: int, total: int) -> bytes:
        head = bytearray(content[: self.head])
        if self.number is not None:
            self.number.write(head, at + self.first)
        if self.total is not None:
            self.total.write(head, total)
        if self.more is not None:
            self.more.write(head, at + 1 < total)
        return bytes(head)


@dataclass(slots=True)
class _Begun:
    """A record of which parts came."""

    head: bytes
    total: int | None
    frames: list[bytes] = field(default_factory=list)
    rest: bytearray = field(default_factory=bytearray)
    warnings: dict[str, None] = field(default_factory=dict)

    def noise(self, why: str) -> Noise:
        """It is given up."""
        return Noise(b"".join(self.frames), why)

    def whole(self) -> Whole:
        """It is there."""
        made = Whole(b"".join(self.frames))
        made.content, made.warnings = self.head + self.rest, tuple(self.warnings)
        return made


class Joined:
    """A framer whose records come in parts.  ``opened`` is the content of a frame, and what was forgiven."""

    def __init__(self, framer: Framer, opened: Callable[[bytes], tuple[bytes, tuple[str, ...]]], parts: Parts) -> None:
        self.framer, self.opened, self.parts = framer, opened, parts
        self._begun: dict[bytes, _Begun] = {}

    def feed(self, data: bytes) -> Cut:
        """Whole records, frames that are no parts, and noise."""
        return [made for one in self.framer.feed(data) for made in self._taken(one)]

    def idle(self) -> Cut:
        """The rest of what was begun will not come."""
        cut = [made for one in self.framer.idle() for made in self._taken(one)]
        begun, self._begun = self._begun, {}
        return [*cut, *(one.noise("parts without the rest") for one in begun.values())]

    def _taken(self, piece: bytes | Noise) -> Cut:
        if isinstance(piece, Noise):
            return [piece]
        try:
            content, warnings = self.opened(piece)
        except PeerError:
            return [piece]  # whoever reads it says what is wrong
        if not self.parts.part(content):
            return [piece]
        try:
            return self._joined(piece, content, warnings)
        except PeerError as error:
            return [Noise(piece, error.why)]

    def _joined(self, frame: bytes, content: bytes, warnings: tuple[str, ...]) -> Cut:
        at, total, last = self.parts.counted(content)
        key, out = self.parts.key(content), Cut()
        begun = self._begun.get(key)
        if begun is not None and at is not None and at == len(begun.frames) - 1 and frame == begun.frames[-1]:
            return []  # the same once more
        wanted = 0 if begun is None else len(begun.frames)
        if begun is not None and (at not in (None, wanted) or total != begun.total):
            out.append(self._begun.pop(key).noise("parts without the rest"))
            begun, wanted = None, 0
        if at not in (None, wanted):
            return [*out, Noise(frame, "a part without those before it")]
        if begun is None:
            out += self._room()
            begun = self._begun[key] = _Begun(bytes(self.parts.plain(content)), total)
        return out + self._added(key, begun, frame, content[self.parts.head :], warnings, last)

    def _room(self) -> Cut:
        """The oldest of too many goes."""
        if len(self._begun) < _BEGUN:
            return []
        return [self._begun.pop(next(iter(self._begun))).noise("parts without the rest")]

    def _added(self, key: bytes, begun: _Begun, frame: bytes, rest: bytes, warnings: tuple[str, ...], last: bool) -> Cut:
        begun.frames.append(frame)
        begun.rest += rest
        begun.warnings.update(dict.fromkeys(warnings))
        if len(begun.frames) > self.parts.most or self.parts.head + len(begun.rest) > self.parts.longest:
            return [self._begun.pop(key).noise("too long")]
        if last if begun.total is None else len(begun.frames) == begun.total:
            return [self._begun.pop(key).whole()]
        return []
