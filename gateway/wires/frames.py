"""One frame ⇄ its content: markers, length, checks and the coding of its bytes, taken off and put on.

In: a whole frame, or a content.  Out: the content and what was forgiven, or the frame.
Not here: finding frames in a stream (`gateway.wires.framers`), what the content says (the forms).

A frame is: start, then content with the length somewhere in it and the checks behind it (perhaps coded as hex or SLIP), then
end, then a trailer.  The content has no length: that is put in at its place in the frame.
"""

from __future__ import annotations

import binascii
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from gateway.dialects.errors import PeerError
from gateway.wires.checks import Check, Spelling
from gateway.wires.framers import Datagram, Gap, JsonStream, Marked, Prefixed, Slip
from gateway.wires.shapes import Framer

Verify = Literal["strict", "warn", "off"]
_SLIP = ((b"\xdb", b"\xdb\xdd"), (b"\xc0", b"\xdb\xdc"))


@dataclass(frozen=True, slots=True)
class Length:
    """Where the length stands in the frame, how it is written, and how much longer than it says the frame is."""

    at: int
    spelling: Spelling
    plus: int

    @property
    def head(self) -> int:
        """How many bytes are needed to read it."""
        return self.at + self.spelling.size

    def total(self, front: bytes) -> int | None:
        """The length of the whole frame; None where no number stands there."""
        raw = front[self.at : self.head]
        if not self.spelling.base:
            return int.from_bytes(raw, "little" if self.spelling.little else "big") + self.plus
        try:
            return int(raw, self.spelling.base) + self.plus
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class Cover:
    """How the frames of one side are made."""

    kind: str
    most: int
    start: bytes = b""
    ends: tuple[bytes, ...] = ()
    trailer: bytes = b""
    between: bytes = b""
    restart: bool = True
    keep: bool = False
    length: Length | None = None
    fixed: tuple[tuple[int, bytes], ...] = ()
    coding: str = ""
    checks: tuple[Check, ...] = ()
    others: tuple[tuple[Check, ...], ...] = field(default=())
    verify: Verify = "strict"

    # -- reading -------------------------------------------------------------------------------------------------

    def framer(self) -> Framer:
        """A fresh framer."""
        return _FRAMERS[self.kind](self)

    def sound(self, frame: bytes) -> bool:
        """Whether a whole frame can be opened."""
        try:
            self.open(frame)
        except PeerError:
            return False
        return True

    def plausible(self, front: bytes) -> int | None:
        """The length that the front of a frame tells, or None where this is no front."""
        assert self.length is not None
        if any(front[at : at + len(wanted)] != wanted[: max(0, len(front) - at)] for at, wanted in self.fixed):
            return None
        return self.length.total(front)

    def open(self, frame: bytes) -> tuple[bytes, tuple[str, ...]]:
        """The content, and what was forgiven.  Raises `PeerError`."""
        start, end = self._bounds(frame)
        inner = _decoded(self.coding, frame[len(start) : len(frame) - len(end)])
        inner, warnings = self._checked(start, inner)
        if self.length is not None:
            inner = self._without_length(frame, inner)
        return start + inner + end if self.keep else inner, warnings

    def _bounds(self, frame: bytes) -> tuple[bytes, bytes]:
        end = next((end for end in self.ends if frame.endswith(end)), b"")
        if not frame.startswith(self.start) or (self.ends and not end and self.start):
            raise PeerError("FormatViolation", "the markers of the frame are not there")
        if len(frame) < len(self.start) + len(end):
            raise PeerError("FormatViolation", "the frame is nothing but a marker")
        return self.start, end

    def _checked(self, start: bytes, inner: bytes) -> tuple[bytes, tuple[str, ...]]:
        """``inner`` without its checks."""
        sets = (self.checks, *self.others)
        chosen = [one for one in sets if self._there(one, inner)] or [self.checks]
        for checks in chosen:
            size = sum(check.size for check in checks)
            if size > len(inner):
                continue
            content = inner[: len(inner) - size]
            if self.verify == "off" or self._agree(checks, start, inner, content):
                return content, ()
        size = sum(check.size for check in chosen[0])
        if self.verify == "strict" or size > len(inner):
            raise PeerError("FormatViolation", "the check is wrong")
        return inner[: len(inner) - size], ("the check is wrong",)

    def _there(self, checks: tuple[Check, ...], inner: bytes) -> bool:
        """Whether these checks can be meant: their markers stand where they belong; no check, where no other marker does."""
        if not checks:
            marked = [one for one in (self.checks, *self.others) if one and all(check.mark for check in one)]
            return not any(self._there(one, inner) for one in marked)
        at = len(inner)
        for check in reversed(checks):
            at -= check.size
            if at < 0 or inner[at : at + len(check.mark)] != check.mark:
                return False
        return True

    def _agree(self, checks: tuple[Check, ...], start: bytes, inner: bytes, content: bytes) -> bool:
        at, bare = len(content), self._without_length(start + inner, content) if self.length else content
        for check in checks:
            if not check.agrees(inner[at : at + check.size], bare, start + inner[:at]):
                return False
            at += check.size
        return True

    def _without_length(self, frame: bytes, inner: bytes) -> bytes:
        assert self.length is not None
        at = self.length.at - len(self.start)
        if self.length.total(frame) is None or at + self.length.spelling.size > len(inner):
            raise PeerError("FormatViolation", "the frame has no length")
        return inner[:at] + inner[at + self.length.spelling.size :]

    # -- writing -------------------------------------------------------------------------------------------------

    def close(self, content: bytes) -> bytes:
        """The frame around ``content``.  ValueError where it gets too long, or a marker would stand inside."""
        end = self.ends[0] if self.ends else b""
        if self.keep:
            content = content.removeprefix(self.start).removesuffix(end)
        inner = content if self.length is None else self._with_length(content, len(end))
        for check in self.checks:
            inner += check.made(content, self.start + inner)
        coded = _encoded(self.coding, inner)
        inside = (*self.ends, *([self.start] if self.restart and self.start else []))
        if self.kind == "marked" and any(one in coded for one in inside):
            raise ValueError("a marker of the frame stands inside the content")
        frame = self.start + coded + end
        if len(frame) > self.most:
            raise ValueError(f"the frame would have {len(frame)} bytes, at most {self.most} may be")
        return frame + self.trailer

    def _with_length(self, content: bytes, end: int) -> bytes:
        assert self.length is not None
        spelling, at = self.length.spelling, self.length.at - len(self.start)
        total = len(self.start) + spelling.size + len(content) + sum(check.size for check in self.checks) + end
        value = total - self.length.plus
        if not 0 <= value < (spelling.base or 256) ** spelling.size or at > len(content):
            raise ValueError(f"a frame of {total} bytes does not fit its length field")
        return content[:at] + spelling.write(value) + content[at:]


def _decoded(coding: str, data: bytes) -> bytes:
    try:
        if coding == "hex":
            return binascii.unhexlify(data)
        if coding == "base64":
            return binascii.a2b_base64(data, strict_mode=True)
    except ValueError:
        raise PeerError("FormatViolation", f"the frame is not {coding}") from None
    if coding == "slip":
        for plain, escaped in reversed(_SLIP):
            data = data.replace(escaped, plain)
    return data


def _encoded(coding: str, data: bytes) -> bytes:
    if coding == "hex":
        return binascii.hexlify(data).upper()
    if coding == "base64":
        return binascii.b2a_base64(data, newline=False)
    if coding == "slip":
        for plain, escaped in _SLIP:
            data = data.replace(plain, escaped)
    return data


def _prefixed(cover: Cover) -> Framer:
    assert cover.length is not None
    head = max([cover.length.head, *(at + len(wanted) for at, wanted in cover.fixed)])
    return Prefixed(cover.start, head, cover.plausible, cover.sound, cover.most)


_FRAMERS: dict[str, Callable[[Cover], Framer]] = {
    "datagram": lambda cover: Datagram(cover.most),
    "gap": lambda cover: Gap(cover.most),
    "json": lambda cover: JsonStream(cover.most),
    "slip": lambda cover: Slip(cover.most),
    "marked": lambda cover: Marked(cover.start, cover.ends, cover.between, cover.restart, cover.most),
    "length": _prefixed,
}
