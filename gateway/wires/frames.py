"""One frame ⇄ its content: markers, escapes and the coding of its bytes, taken off and put on.

In: a whole frame, or a content.  Out: the content and what was forgiven, or the frame.
Not here: finding frames in a stream (`gateway.wires.framers`), length and checks (`gateway.wires.seals`), what the content says
(the forms).

A frame is: start, then content (perhaps encrypted) with length and checks in it or behind it (perhaps coded as hex, or with
escapes), then end, then perhaps checks, then a trailer.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from gateway.dialects.errors import PeerError
from gateway.wires import cobs, rtu
from gateway.wires.ciphers import Secrecy
from gateway.wires.framers import Datagram, Flagged, Gap, JsonStream, Marked, Prefixed, tokens
from gateway.wires.parts import Joined, Parts, Whole
from gateway.wires.seals import Seals, Sizes
from gateway.wires.shapes import Framer

_MARKED, _TOLD = ("marked", "flagged"), ("length", "sized")


@dataclass(frozen=True, slots=True)
class Cover:
    """How the frames of one side are made.  ``escapes``: what stands in the frame for bytes of the content."""

    kind: str
    most: int
    start: bytes = b""
    ends: tuple[bytes, ...] = ()
    trailer: bytes = b""
    between: bytes = b""
    restart: bool = True
    keep: bool = False
    fixed: tuple[tuple[int, bytes], ...] = ()
    sizes: Sizes = field(default=Sizes(0))
    coding: str = ""
    escapes: Mapping[bytes, bytes] = field(default_factory=dict)
    cipher: Secrecy | None = None
    seals: Seals = field(default=Seals())
    parts: Parts | None = None

    def keyed(self, key: bytes) -> Cover:
        """The same with the key of a site.  ValueError where it is none."""
        return self if self.cipher is None else replace(self, cipher=self.cipher.keyed(key))

    # -- reading -------------------------------------------------------------------------------------------------

    def framer(self) -> Framer:
        """A fresh framer."""
        made = _FRAMERS[self.kind](self)
        return made if self.parts is None else Joined(made, self.open, self.parts)

    def sound(self, frame: bytes) -> bool:
        """Whether a whole frame is one: its markers, length and checks are right."""
        try:
            self._opened(frame)
        except PeerError:
            return False
        return True

    def plausible(self, front: bytes) -> int | None:
        """The length that the front of a frame tells, or None where this is no front."""
        if any(front[at : at + len(wanted)] != wanted[: max(0, len(front) - at)] for at, wanted in self.fixed):
            return None
        return (self.seals.length or self.sizes).total(front)

    def open(self, frame: bytes) -> tuple[bytes, tuple[str, ...]]:
        """The content, and what was forgiven.  Raises `PeerError`."""
        if isinstance(frame, Whole):
            return frame.content, frame.warnings
        start, content, end, forgiven = self._opened(frame)
        if self.cipher is not None:
            content = self.cipher.shown(content)
        return start + content + end if self.keep else content, ("the check is wrong",) if forgiven else ()

    def _opened(self, frame: bytes) -> tuple[bytes, bytes, bytes, bool]:
        """Start, what stands there, end, and whether a wrong check was forgiven.  Raises `PeerError`."""
        cut = len(frame) - self.seals.tail
        frame, behind = frame[:cut], frame[cut:]
        start, end = self._bounds(frame)
        inner = self._decoded(frame[len(start) : len(frame) - len(end)])
        total = None if self.kind == "length" else len(start) + len(inner) + len(end) + self.seals.tail
        content, forgiven = self.seals.open(start, inner, total)
        if not self.seals.sound(behind, content, frame):
            if self.seals.verify == "strict":
                raise PeerError("FormatViolation", "the check is wrong")
            forgiven = True
        return start, content, end, forgiven

    def _bounds(self, frame: bytes) -> tuple[bytes, bytes]:
        end = next((end for end in self.ends if frame.endswith(end)), b"")
        if not frame.startswith(self.start) or (self.ends and not end and (self.start or self.kind in _TOLD)):
            raise PeerError("FormatViolation", "the markers of the frame are not there")
        if len(frame) < len(self.start) + len(end):
            raise PeerError("FormatViolation", "the frame is nothing but a marker")
        return self.start, end

    def _decoded(self, data: bytes) -> bytes:
        try:
            if self.coding == "hex":
                return binascii.unhexlify(data)
            if self.coding == "base64":
                return binascii.a2b_base64(data, strict_mode=True)
            if self.coding == "cobs":
                return cobs.plain(data)
        except ValueError:
            raise PeerError("FormatViolation", f"the frame is not {self.coding}") from None
        return _replaced(data, {escape: plain for plain, escape in self.escapes.items()})

    # -- writing -------------------------------------------------------------------------------------------------

    def close(self, content: bytes) -> bytes:
        """The frame around ``content``, or those of its parts.  ValueError: too long, or a marker would stand inside."""
        parts = [content] if self.parts is None else self.parts.split(content)
        return b"".join(map(self._closed, parts))

    def _closed(self, content: bytes) -> bytes:
        end = self.ends[0] if self.ends else b""
        if self.keep:
            content = content.removeprefix(self.start).removesuffix(end)
        if self.cipher is not None:
            content = self.cipher.hidden(content)
        coded = self._encoded(self.seals.close(self.start, content, len(end)))
        if self.kind in _MARKED and self._marks(coded):
            raise ValueError("a marker of the frame stands inside the content")
        frame = self.start + coded + end
        frame += self.seals.behind(content, frame)
        if len(frame) > self.most:
            raise ValueError(f"the frame would have {len(frame)} bytes, at most {self.most} may be")
        if self.kind == "sized" and (wanted := self.sizes.total(frame)) != len(frame):
            raise ValueError(f"the frame would have {len(frame)} bytes, {wanted or 'and no size'} is said of such")
        return frame + self.trailer

    def _marks(self, coded: bytes) -> bool:
        """Whether a marker stands in it."""
        known = tokens(self.start if self.restart else b"", self.ends, tuple(self.escapes.values()))
        return any(found.lastgroup != "escape" for found in known.finditer(coded))

    def _encoded(self, data: bytes) -> bytes:
        if self.coding == "hex":
            return binascii.hexlify(data).upper()
        if self.coding == "base64":
            return binascii.b2a_base64(data, newline=False)
        if self.coding == "cobs":
            return cobs.coded(data)
        return _replaced(data, self.escapes)


def _replaced(data: bytes, by: Mapping[bytes, bytes]) -> bytes:
    """``data`` with each of the keys replaced, once through."""
    return re.sub(b"|".join(map(re.escape, by)), lambda found: by[found[0]], data) if by else data


def _marked(cover: Cover) -> Framer:
    escapes, tail = tuple(cover.escapes.values()), cover.seals.tail
    return Marked(cover.start, cover.ends, cover.between, cover.restart, cover.most, escapes, tail)


def _prefixed(cover: Cover) -> Framer:
    """``slide``: in frames without a start and a length only the check tells where one begins."""
    told, fixed = cover.seals.length or cover.sizes, [at + len(wanted) for at, wanted in cover.fixed]
    head, least = max([told.head, *fixed]), max([getattr(told, "least", told.head), *fixed])
    slide = cover.kind == "sized" and bool(cover.seals.checks)
    return Prefixed(cover.start, head, cover.plausible, cover.sound, cover.most, slide, cover.between, least)


_FRAMERS: dict[str, Callable[[Cover], Framer]] = {
    "datagram": lambda cover: Datagram(cover.most),
    "gap": lambda cover: Gap(cover.most),
    "json": lambda cover: JsonStream(cover.most),
    "flagged": lambda cover: Flagged(cover.start, cover.most, cover.between),
    "marked": _marked,
    "length": _prefixed,
    "sized": _prefixed,
    "rtu question": lambda cover: Prefixed(b"", rtu.QUESTION, rtu.question, cover.sound, cover.most, True, b"", rtu.LEAST),
    "rtu answer": lambda cover: Prefixed(b"", rtu.ANSWER, rtu.answer, cover.sound, cover.most, True, b"", rtu.LEAST),
}
