"""Framers: cut a stream of bytes into frames, find back into it after noise, hold a bounded amount.

In: bytes as they come.  Out: frames exactly as they came (without what may stand between two), and `Noise`.
Not here: what a frame says, or whether its check is right (`gateway.wires.frames`; a length-prefixed stream asks it).
"""

from __future__ import annotations

import re
from collections.abc import Callable

from gateway.wires.shapes import Noise

Cut = list[bytes | Noise]
_PATIENCE = 64
"""So often a wrong frame is searched for a right one inside it; then it is given up whole, and the next is searched half as
often, until a right one or a silence comes: or noise could cost too much."""


class Datagram:
    """Each datagram, message or body is a frame."""

    def __init__(self, most: int) -> None:
        self.most = most

    def feed(self, data: bytes) -> Cut:
        """The datagram."""
        return [data] if 0 < len(data) <= self.most else [Noise(data, "too long" if data else "empty")]

    def idle(self) -> Cut:
        """Nothing is ever begun."""
        return []


class _Stream:
    """What the framers of a stream share: the bytes that are held, and going on until nothing more is whole."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.held = bytearray()

    def feed(self, data: bytes) -> Cut:
        """Whole frames, and noise."""
        self.held += data
        return self._cut()

    def idle(self) -> Cut:
        """Half a frame is noise."""
        return self._drop(len(self.held), "half a frame")

    def _cut(self) -> Cut:
        out: Cut = []
        while self._step(out):
            pass
        return out

    def _step(self, out: Cut) -> bool:
        raise NotImplementedError

    def _take(self, count: int) -> bytes:
        taken = bytes(self.held[:count])
        del self.held[:count]
        return taken

    def _drop(self, count: int, why: str) -> Cut:
        return [Noise(self._take(count), why)] if count else []

    def _skip(self, between: bytes) -> None:
        """Let go of what may stand before a frame unnoticed."""
        if between:
            del self.held[: len(self.held) - len(self.held.lstrip(between))]

    def _seek(self, start: bytes, out: Cut) -> bool:
        """Throw away what stands before ``start``; true once ``start`` stands in front."""
        at = self.held.find(start)
        if at < 0:  # the first bytes of a marker may be the last that came
            keep = next((n for n in range(len(start) - 1, 0, -1) if self.held.endswith(start[:n])), 0)
            out += self._drop(len(self.held) - keep, "between frames")
            return False
        out += self._drop(at, "between frames")
        return True


class Gap(_Stream):
    """A frame ends where the line is silent (Modbus RTU)."""

    def _step(self, out: Cut) -> bool:
        if len(self.held) > self.most:
            out += self._drop(len(self.held), "too long")
        return False

    def idle(self) -> Cut:
        """The silence: what came is a frame."""
        return [self._take(len(self.held))] if self.held else []


class Marked(_Stream):
    """From a start marker (or none: from the end of the frame before) to an end marker, which may have variants.

    ``between`` are bytes that may stand between frames unnoticed.  ``restart`` says that a start marker cannot stand inside a
    frame, so that it tells of a frame that was broken off.  ``escapes`` stand for bytes of the content, so that no marker begins
    in them.  ``tail`` bytes belong to the frame behind its end.
    """

    def __init__(
        self,
        start: bytes,
        ends: tuple[bytes, ...],
        between: bytes,
        restart: bool,
        most: int,
        escapes: tuple[bytes, ...] = (),
        tail: int = 0,
    ) -> None:
        super().__init__(most)
        self.start, self.ends, self.between, self.tail = start, ends, between, tail
        self._tokens = tokens(start if restart else b"", ends, escapes)

    def _step(self, out: Cut) -> bool:
        self._skip(self.between)
        if self.start and not self._seek(self.start, out):
            return False
        again, end = self._scan()
        if again:
            out += self._drop(again, "broken off")
            return True
        if end is None:
            return self._overrun(out)
        length = end.end() + self.tail
        if length > self.most:
            out += self._drop(length, "too long")
        elif len(self.held) < length:
            return False
        elif end.start() or self.tail:
            out.append(self._take(length))
        else:  # an empty line
            del self.held[:length]
        return True

    def _scan(self) -> tuple[int, re.Match[bytes] | None]:
        """Where it begins again before its end (0: nowhere), and its end."""
        again = 0
        for found in self._tokens.finditer(bytes(self.held), len(self.start)):
            if found.lastgroup == "end":
                return again, found
            if found.lastgroup == "start":
                again = found.start()
        return again, None

    def idle(self) -> Cut:
        """A last line may lack its end, where no start is there to tell (a body); else half a frame is noise."""
        if self.start or self.tail or not self.held:
            return super().idle()
        return [self._take(len(self.held))]

    def _overrun(self, out: Cut) -> bool:
        if len(self.held) > self.most:
            longest = max(map(len, self.ends))
            out += self._drop(len(self.held) - longest + 1, "too long")
        return False


def tokens(start: bytes, ends: tuple[bytes, ...], escapes: tuple[bytes, ...]) -> re.Pattern[bytes]:
    """What to look for in a frame, by name: whatever an ``escape`` takes up is no marker."""
    named = {"escape": escapes, "end": tuple(sorted(ends)), "start": (start,) if start else ()}
    parts = [b"(?P<%s>%s)" % (name.encode(), b"|".join(map(re.escape, given))) for name, given in named.items() if given]
    return re.compile(b"|".join(parts))


class Prefixed(_Stream):
    """A length near the front says how long the frame is.

    ``total`` reads the length of the frame out of its front, or None where that cannot be one; ``least`` bytes must be there,
    ``head`` are enough, and with less it may be 0: not known yet.
    ``sound`` says whether a whole frame is right (its check): where not, the next frame is looked for inside it, if a ``start``
    or (``slide``) the check alone can tell that it is one.
    """

    def __init__(
        self,
        start: bytes,
        head: int,
        total: Callable[[bytes], int | None],
        sound: Callable[[bytes], bool],
        most: int,
        slide: bool = False,
        between: bytes = b"",
        least: int = 0,
    ) -> None:
        super().__init__(most)
        self.start, self.head, self.total, self.sound, self.between = start, head, total, sound, between
        self.least = least or head
        self.slide = slide or bool(start)
        self._be_patient()

    def _be_patient(self) -> None:
        self.misses, self.patience = 0, _PATIENCE

    def _step(self, out: Cut) -> bool:
        self._skip(self.between)
        if self.start and not self._seek(self.start, out):
            return False
        if len(self.held) < self.least:
            return False
        total = self.total(bytes(self.held[: self.head]))
        if total == 0 and len(self.held) < self.head:
            return False
        if total is None or not self.least <= total <= self.most:
            return self._miss(out, 1 if self.slide else len(self.held), "an impossible length")
        if len(self.held) < total:
            return False
        if self.sound(bytes(self.held[:total])):
            self._be_patient()
            out.append(self._take(total))
            return True
        return self._miss(out, 1 if self.slide else total, "a wrong check", total)

    def _miss(self, out: Cut, count: int, why: str, whole: int = 1) -> bool:
        self.misses += whole > 1  # an impossible length costs nothing to see
        if whole > 1 and self.misses >= self.patience:
            self.misses, self.patience, count = 0, max(1, self.patience // 2), max(count, whole)
        out += self._drop(count, why)
        return bool(self.held)

    def idle(self) -> Cut:
        """What was begun is no frame; there may be one inside it."""
        out: Cut = []
        while self.held:
            out += self._drop(1 if self.slide else len(self.held), "half a frame")
            out += self._cut()
        self._be_patient()
        return out


class Flagged(_Stream):
    """Frames between two of the same marker (SLIP, HDLC); of two in a row the second is a start.  ``between``: as in `Marked`."""

    def __init__(self, mark: bytes, most: int, between: bytes = b"") -> None:
        super().__init__(most)
        self.mark, self.between = mark, between

    def _step(self, out: Cut) -> bool:
        size = len(self.mark)
        self._skip(self.between)
        if not self._seek(self.mark, out):
            return False
        end = self.held.find(self.mark, size)
        if end == size:
            del self.held[:size]
            return True
        if end < 0:
            if len(self.held) > self.most:
                out += self._drop(len(self.held), "too long")
            return False
        if end + size > self.most:
            out += self._drop(end, "too long")  # the end may be the start of the next
        else:
            out.append(self._take(end + size))
        return True


class JsonStream(_Stream):
    """JSON objects (or arrays) one after the other, with or without anything between them."""

    def __init__(self, most: int) -> None:
        super().__init__(most)
        self._rewind()

    def _rewind(self) -> None:
        self.at = self.depth = 0
        self.quoted = self.escaped = False

    def _step(self, out: Cut) -> bool:
        if self.depth == 0:
            begun = next((at for at, byte in enumerate(self.held) if byte in b"{["), len(self.held))
            between = self._take(begun)
            if between.strip(b" \t\r\n,"):
                out.append(Noise(between, "between frames"))
        while self.at < len(self.held):
            self._look(self.held[self.at])
            self.at += 1
            if self.depth == 0:
                out.append(self._take(self.at))
                self._rewind()
                return True
            if self.at > self.most:
                out += self._drop(self.at, "too long")
                self._rewind()
                return True
        return False

    def _look(self, byte: int) -> None:
        if self.quoted:
            self.quoted = self.escaped or byte != 0x22
            self.escaped = byte == 0x5C and not self.escaped
        elif byte == 0x22:
            self.quoted = True
        elif byte in b"{[":
            self.depth += 1
        elif byte in b"}]":
            self.depth -= 1

    def idle(self) -> Cut:
        """Half an object is noise."""
        self._rewind()
        return super().idle()
