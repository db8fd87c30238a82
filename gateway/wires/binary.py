"""The form ``struct``: fields one after the other, binary or of fixed width in text.

In: a content.  Out: the fields of a layout; and the other way.
Not here: frames and checks (`gateway.wires.frames`).
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.dialects.errors import PeerError
from gateway.wires.fields import ABSENT, Field, Layout, Many, size_of
from gateway.wires.kinds import Varint

_MOST_ITEMS = 4096


@dataclass(frozen=True, slots=True)
class Struct:
    """``header`` stands before the fields of every record, ``trailer`` behind; ``more`` lets a record be longer than we know."""

    header: Layout = ()
    trailer: Layout = ()
    more: bool = False

    def look(self, content: bytes, key: str) -> Any:
        """The field of the header, or `ABSENT`."""
        found: dict[str, Any] = {}
        with contextlib.suppress(PeerError):
            _Reader(content, len(content)).read(self.header, found, {})
        return found.get(key, ABSENT)

    def read(self, content: bytes, layout: Layout) -> dict[str, Any]:
        """All fields.  Raises `PeerError`."""
        found: dict[str, Any] = {}
        reader, whole = _Reader(content, len(content)), (*self.header, *layout, *self.trailer)
        reader.read(whole, found, {})
        if reader.at < len(content) and not self.more:
            raise PeerError("FormatViolation", f"{len(content) - reader.at} bytes too many")
        return found

    def write(self, layout: Layout, fields: Mapping[str, Any]) -> bytes:
        """The content.  ValueError for what does not fit."""
        return written((*self.header, *layout, *self.trailer), fields)


class _Reader:
    """A place in the bytes, which moves on."""

    def __init__(self, data: bytes, end: int) -> None:
        self.data, self.at, self.end = data, 0, end

    def read(self, layout: Layout, found: dict[str, Any], around: Mapping[str, Any]) -> None:
        """Read all of ``layout`` into ``found``; ``around`` are the fields of the groups that this stands in."""
        scope = dict(around)
        for index, part in enumerate(layout):
            if isinstance(part, Field) and not part.there(scope):
                continue
            if part.optional and self.at >= self.end:
                continue
            behind = size_of(layout[index + 1 :]) or 0
            if isinstance(part, Many):
                value: Any = part.made(self._items(part, scope, behind))
            else:
                known = part.bare() if part.length else part  # what fills it up is no part of it
                value = part.checked(known.read(self._bytes(part, scope, behind)))
            scope[part.name] = value
            if part.told:
                found[part.name] = value

    def _bytes(self, field: Field, scope: Mapping[str, Any], behind: int) -> bytes:
        if field.until:
            end = self.data.find(field.until, self.at, self.end)
            if end < 0:
                raise PeerError("FormatViolation", "its end is missing", field.name)
            data = self._take(end - self.at, field.name)
            self.at += len(field.until)
            return data
        if isinstance(field.kind, Varint):
            return self._take(self._taken(field.kind, field.name), field.name)
        told = scope.get(field.length) if field.length else None
        if field.kind.size is None:
            return self._take(self.end - self.at - behind if told is None else told, field.name)
        data = self._take(field.kind.size + len(field.lead), field.name)
        return data if told is None else data[:told]

    def _taken(self, kind: Varint, name: str) -> int:
        try:
            return kind.taken(self.data[self.at : self.end])
        except ValueError as error:
            raise PeerError("FormatViolation", str(error), name) from None

    def _take(self, count: int, name: str) -> bytes:
        if count < 0 or self.at + count > self.end:
            raise PeerError("FormatViolation", "the frame is too short for it", name)
        taken = self.data[self.at : self.at + count]
        self.at += count
        return taken

    def _items(self, many: Many, scope: Mapping[str, Any], behind: int) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        count = scope.get(many.count) if isinstance(many.count, str) else many.count
        if count is not None and not 0 <= count <= _MOST_ITEMS:
            raise PeerError("FormatViolation", f"{count} items", many.name)
        while len(items) < count if count is not None else self.at < self.end - behind:
            before, item = self.at, dict[str, Any]()
            self.read(many.parts, item, scope)
            items.append(item)
            if self.at == before and count is None:
                raise PeerError("FormatViolation", "items without a byte", many.name)
        return items


def written(layout: Layout, fields: Mapping[str, Any], scope: Mapping[str, Any] | None = None) -> bytes:
    """The bytes of a layout.  ValueError for what does not fit."""
    made: list[bytes | Field] = []
    counts: dict[str, int] = {}
    scope, absent = {**(scope or {}), **fields}, ""
    for part in layout:
        if isinstance(part, Field) and (part.counts or not part.there(scope)):
            made += [part] if part.counts else []
            continue
        value = part.chosen(fields)
        if value is ABSENT:
            absent = part.name
            continue
        if absent:
            raise ValueError(f"{part.name} cannot stand without {absent} before it")
        if isinstance(part, Many):
            made.append(b"".join(written(part.parts, item, scope) for item in value))
            counts[part.name] = len(value)
        else:
            scope[part.name] = value
            made.append(part.write(value) + part.until)
            counts[part.name] = len(part.bare().write(value)) if part.length else 0
    return b"".join(one if isinstance(one, bytes) else one.write(counts.get(one.counts, 0)) for one in made)


def front(content: bytes, layout: Layout) -> tuple[dict[str, Any], int]:
    """The fields at the front of a content, and where they end.  Raises `PeerError`."""
    found: dict[str, Any] = {}
    reader = _Reader(content, len(content))
    reader.read(layout, found, {})
    return found, reader.at
