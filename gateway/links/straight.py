"""Puts right the heads of a WebSocket's frames, for a peer whose frames no strict reader takes.

In: bytes as they came.  Out: the same bytes with other heads.
Not here: reading the frames (`gateway.links.frames`), who may have this (`gateway.quirks.connect`).

Only heads change; what a frame carries passes untouched, and nothing is held back but half a head.
"""

from __future__ import annotations

_FIN_AND_CODE, _CODE, _RESERVED, _MASK = 0x8F, 0x0F, 0x70, 0x80
_TEXT, _BINARY = 1, 2
_KEY = bytes(4)
"""A mask that changes nothing."""


class Straight:
    """``unmasked``: a missing mask is added.  ``reserved``: reserved bits are taken off.  ``as_binary``: text becomes binary.

    ``met`` are those of the first two that were needed.
    """

    def __init__(self, unmasked: bool = False, reserved: bool = False, as_binary: bool = False) -> None:
        self.unmasked, self.reserved, self.as_binary = unmasked, reserved, as_binary
        self.met = set[str]()
        self._head = bytearray()
        self._left = 0  # bytes of the frame that are still to come

    def take(self, data: bytes) -> bytes:
        """What to read in the place of ``data``."""
        made, at = bytearray(), 0
        while at < len(data):
            if self._left:
                part = data[at : at + self._left]
                made += part
                self._left -= len(part)
                at += len(part)
            else:
                self._head.append(data[at])
                at += 1
                made += self._finished()
        return bytes(made)

    def _finished(self) -> bytes:
        """The head, once it is whole; the length of what follows is known then."""
        head = self._head
        if len(head) < 2:
            return b""
        short, masked = head[1] & 0x7F, head[1] & _MASK
        size = {126: 2, 127: 8}.get(short, 0)
        if len(head) < 2 + size:
            return b""
        length = int.from_bytes(head[2 : 2 + size], "big") if size else short
        self._left, self._head = length + (4 if masked else 0), bytearray()
        return bytes([self._first(head[0]), self._second(head[1])]) + head[2:] + self._key(masked)

    def _first(self, byte: int) -> int:
        if self.reserved and byte & _RESERVED:
            self.met.add("reserved_bits")
            byte &= _FIN_AND_CODE
        return byte ^ _TEXT ^ _BINARY if self.as_binary and byte & _CODE == _TEXT else byte

    def _second(self, byte: int) -> int:
        return byte | _MASK if self.unmasked else byte

    def _key(self, masked: int) -> bytes:
        if masked or not self.unmasked:
            return b""
        self.met.add("unmasked")
        return _KEY
