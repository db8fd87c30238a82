"""The form ``tlv``: tag, length and value, one after the other, in any order.

In: a content.  Out: the fields of a layout, found by their tags; and the other way.
Not here: fields by position (`gateway.wires.binary`), tags of letters (`gateway.wires.pairs`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.dialects.errors import PeerError
from gateway.wires.binary import front, written
from gateway.wires.fields import ABSENT, Field, Layout
from gateway.wires.pairs import by_key, values_of

_MOST_VALUES = 4096


@dataclass(frozen=True, slots=True)
class Tlv:
    """``tag`` and ``length`` are integers; a value is ``plus`` bytes longer than its length says.  ``header`` stands in front."""

    tag: Field
    length: Field
    plus: int = 0
    header: Layout = ()
    trailer: Layout = ()

    def look(self, content: bytes, key: str) -> Any:
        """The field of the header, or empty text where the tag is there; else `ABSENT`."""
        try:
            found, at = front(content, self.header)
            return found[key] if key in found else "" if _tag(key.encode()) in self._values(content[at:]) else ABSENT
        except (PeerError, ValueError):
            return ABSENT

    def read(self, content: bytes, layout: Layout) -> dict[str, Any]:
        """All fields that are known; others are let pass.  Raises `PeerError`."""
        found, at = front(content, self.header)
        by_key(self._values(content[at:]), layout, found, _tag)
        return found

    def write(self, layout: Layout, fields: Mapping[str, Any]) -> bytes:
        """The content.  ValueError for what does not fit."""
        made = written(self.header, fields)
        for field, value in values_of(layout, fields):
            made += self.tag.write(int(_tag(field.key.encode()))) + self.length.write(len(value) - self.plus) + value
        return made

    def _values(self, content: bytes) -> dict[bytes, list[bytes]]:
        """The values by their tags, in decimal digits."""
        made: dict[bytes, list[bytes]] = {}
        head, at = (self.tag, self.length), 0
        for _ in range(_MOST_VALUES):
            if at >= len(content):
                return made
            told, used = front(content[at:], head)
            begin, size = at + used, told[self.length.name] + self.plus
            at = begin + size
            if size < 0 or at > len(content):
                raise PeerError("FormatViolation", "a value is longer than what is left")
            made.setdefault(b"%d" % told[self.tag.name], []).append(content[begin:at])
        raise PeerError("FormatViolation", "too many values")


def _tag(key: bytes) -> bytes:
    """The digits of a tag as the file spells it (``0x31``).  ValueError where it is none."""
    return b"%d" % int(key, 0)
