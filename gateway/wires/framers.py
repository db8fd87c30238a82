"""Framers: cut a stream of bytes into frames, find back into it after noise, hold a bounded amount.

In: bytes as they come.  Out: frames exactly as they came (without what may stand between two), and `Noise`.
Not here: what a frame says, or whether its check is right (`gateway.wires.frames`; a length-prefixed stream asks it).
"""

from __future__ import annotations

from collections.abc import Callable

from gateway.wires.shapes import Noise

Cut = list[bytes | Noise]
_PATIENCE = 64
"""So often a wrong frame is searched for a right one inside it; then it is given up whole, or noise could cost too much."""


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
    frame, so that it tells of a frame that was broken off.
    """

    def __init__(self, start: bytes, ends: tuple[bytes, ...], between: bytes, restart: bool, most: int) -> None:
        super().__init__(most)
        self.start, self.ends, self.between, self.restart = start, ends, between, restart

    def _step(self, out: Cut) -> bool:
        skipped = len(self.held) - len(self.held.lstrip(self.between)) if self.between else 0
        del self.held[:skipped]
        if self.start and not self._seek(self.start, out):
            return False
        found = min(((at, end) for end in self.ends if (at := self.held.find(end, len(self.start))) >= 0), default=None)
        if self.restart and self.start:
            again = self.held.rfind(self.start, 1, found[0] if found else len(self.held))
            if again > 0:
                out += self._drop(again, "broken off")
                return True
        if found is None:
            return self._overrun(out)
        length = found[0] + len(found[1])
        if length > self.most:
            out += self._drop(length, "too long")
        elif found[0] > len(self.start) or self.start:
            out.append(self._take(length))
        else:  # an empty line
            del self.held[:length]
        return True

    def idle(self) -> Cut:
        """A last line may lack its end, where no start is there to tell (a body); else half a frame is noise."""
        if self.start or not self.held:
            return super().idle()
        return [self._take(len(self.held))]

    def _overrun(self, out: Cut) -> bool:
        if len(self.held) > self.most:
            longest = max(map(len, self.ends))
            out += self._drop(len(self.held) - longest + 1, "too long")
        return False


class Prefixed(_Stream):
    """A length near the front says how long the frame is.

    ``total`` reads the length of the frame out of its first ``head`` bytes, or None where they cannot be the front of one.
    ``sound`` says whether a whole frame is right (its check): where not, the next frame is looked for inside it.
    """

    def __init__(
        self, start: bytes, head: int, total: Callable[[bytes], int | None], sound: Callable[[bytes], bool], most: int
    ) -> None:
        super().__init__(most)
        self.start, self.head, self.total, self.sound = start, head, total, sound
        self.misses = 0

    def _step(self, out: Cut) -> bool:
        if self.start and not self._seek(self.start, out):
            return False
        if len(self.held) < self.head:
            return False
        total = self.total(bytes(self.held[: self.head]))
        if total is None or not self.head <= total <= self.most:
            return self._miss(out, 1 if self.start else len(self.held), "an impossible length")
        if len(self.held) < total:
            return False
        if self.sound(bytes(self.held[:total])):
            self.misses = 0
            out.append(self._take(total))
            return True
        return self._miss(out, 1 if self.start else total, "a wrong check", total)

    def _miss(self, out: Cut, count: int, why: str, whole: int = 1) -> bool:
        self.misses += 1
        if self.misses >= _PATIENCE:
            self.misses, count = 0, max(count, whole)
        out += self._drop(count, why)
        return bool(self.held)

    def idle(self) -> Cut:
        """What was begun is no frame; there may be one inside it."""
        out: Cut = []
        while self.held:
            out += self._drop(1 if self.start else len(self.held), "half a frame")
            out += self._cut()
        return out


class Slip(_Stream):
    """SLIP (RFC 1055): frames between bytes C0."""

    END = b"\xc0"

    def _step(self, out: Cut) -> bool:
        if not self._seek(self.END, out):
            return False
        end = self.held.find(self.END, 1)
        if end == 1:
            del self.held[:1]
            return True
        if end < 0:
            if len(self.held) > self.most:
                out += self._drop(len(self.held), "too long")
            return False
        if end >= self.most:
            out += self._drop(end, "too long")  # the end may be the start of the next
        else:
            out.append(self._take(end + 1))
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
