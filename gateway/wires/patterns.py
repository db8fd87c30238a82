"""The form ``pattern``: a text with fields in it, like ``CMD{weekday}{time}A{amps}``; also the way in which places are written.

In: a content, or a topic or path.  Out: the fields; and the other way.
Not here: what the fields are (`gateway.wires.fields`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.dialects.errors import PeerError
from gateway.wires.fields import ABSENT, Field, Layout, OtherRecord
from gateway.wires.kinds import Digits, Kind, Number, Raw

_HOLE = re.compile(r"\{(\w+)\}|\{\{|\}\}")


def parts(pattern: str) -> list[tuple[bytes, str]]:
    """The literals and the holes of a pattern: (literal, name behind it, or empty)."""
    made, literal, at = [], "", 0
    for found in _HOLE.finditer(pattern):
        literal += pattern[at : found.start()] + ("" if found[1] else found[0][0])
        at = found.end()
        if found[1]:
            made.append((literal.encode("latin-1"), found[1]))
            literal = ""
    return [*made, ((literal + pattern[at:]).encode("latin-1"), "")]


def holes(pattern: str) -> list[str]:
    """The names of the fields in a pattern."""
    return [name for _, name in parts(pattern) if name]


def _shape(kind: Kind | None, stop: bytes) -> bytes:
    """What may stand in a hole, before the literal that begins with ``stop``."""
    if kind is not None and kind.size:
        return b".{%d}" % kind.size
    if isinstance(kind, Digits):
        return b"-?[0-9]+" if kind.base == 10 else b"[0-9A-Fa-f]+"
    if isinstance(kind, Number):
        return rb"[-+]?[0-9.]+"
    if isinstance(kind, Raw):
        return b"[^" + re.escape(stop) + b"]+" if stop else b".+"
    return b"[^" + re.escape(stop) + b"]*" if stop else b".*"


def expression(pattern: str, kinds: Mapping[str, Kind]) -> re.Pattern[bytes]:
    """The regular expression that reads a pattern."""
    made, cut = b"", parts(pattern)
    for index, (literal, name) in enumerate(cut):
        made += re.escape(literal)
        if name:
            made += b"(?P<%s>%s)" % (name.encode(), _shape(kinds.get(name), cut[index + 1][0][:1]))
    return re.compile(made, re.DOTALL)


@dataclass(frozen=True, slots=True)
class Pattern:
    """One record's pattern (or a regular expression for reading, and a pattern for writing, or none)."""

    pattern: str
    regex: re.Pattern[bytes]
    header: Layout = ()
    trailer: Layout = ()

    def look(self, content: bytes, key: str) -> Any:
        """The text in that hole, or `ABSENT`."""
        match = self.regex.fullmatch(content)
        if match is None or key not in self.regex.groupindex or match[key] is None:
            return ABSENT
        return match[key].decode("latin-1")

    def read(self, content: bytes, layout: Layout) -> dict[str, Any]:
        """All fields.  Raises `OtherRecord` where the pattern does not fit."""
        match = self.regex.fullmatch(content)
        if match is None:
            raise OtherRecord("FormatViolation", "it does not look as its pattern says")
        found: dict[str, Any] = {}
        for field in layout:
            assert isinstance(field, Field)
            data = match[field.name] if field.name in self.regex.groupindex else None
            if data is not None:
                value = field.checked(field.read(data))
                found.update({field.name: value} if field.told else {})
            elif not field.optional:
                raise PeerError("OccurrenceConstraintViolation", "is missing", field.name)
        return found

    def write(self, layout: Layout, fields: Mapping[str, Any]) -> bytes:
        """The content.  ValueError for what does not fit."""
        return filled(self.pattern, {one.name: one for one in layout if isinstance(one, Field)}, fields)


def filled(pattern: str, layout: Mapping[str, Field], fields: Mapping[str, Any]) -> bytes:
    """A pattern with its holes filled."""
    made = b""
    for literal, name in parts(pattern):
        made += literal
        if name:
            value = layout[name].chosen(fields)
            made += b"" if value is ABSENT else layout[name].write(value)
    return made
