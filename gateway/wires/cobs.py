"""Consistent overhead byte stuffing: bytes ⇄ bytes without a zero, so that a zero can end a frame (Cheshire and Baker, 1999).

In: a content, or what stands before the zero.  Out: the other.
Not here: the zero itself (`gateway.wires.framers`).

A byte says how far the next zero is; 255 that there is none among the 254 bytes behind it.
"""

from __future__ import annotations

_RUN = 254


def coded(data: bytes) -> bytes:
    """``data`` without zeros."""
    pieces = data.split(b"\0")
    last = len(pieces) - 1
    return b"".join(_block(piece, at == last) for at, piece in enumerate(pieces))


def _block(piece: bytes, last: bool) -> bytes:
    """A piece between two zeros; a run that ends the data just when it is full has no empty one behind it."""
    made = b""
    while len(piece) >= _RUN:
        made, piece = made + b"\xff" + piece[:_RUN], piece[_RUN:]
    return made if last and made and not piece else made + bytes([len(piece) + 1]) + piece


def plain(data: bytes) -> bytes:
    """What `coded` was made of.  ValueError where it cannot be."""
    made, at = bytearray(), 0
    while at < len(data):
        far = data[at]
        piece = data[at + 1 : at + far]
        if not far or len(piece) != far - 1 or 0 in piece:
            raise ValueError("the zeros do not stand where they are told to")
        made += piece
        at += far
        if far <= _RUN and at < len(data):
            made.append(0)
    return bytes(made)
