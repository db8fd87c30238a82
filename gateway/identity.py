"""What a station may call itself.

In: text that a peer sent.  Out: an identity, or None.
Not here: whether that station may come in (`gateway.doors`, `gateway.lines`).
"""

from __future__ import annotations

MAX_IDENTITY = 255
UNLISTED = "this station is not listed here"


def sound_identity(text: str | None) -> str | None:
    """A station's identity, or None where it cannot be one: empty, too long, with control characters, or a step in a path."""
    name = (text or "").strip()
    return name if 0 < len(name) <= MAX_IDENTITY and name.isprintable() and name not in (".", "..") else None
