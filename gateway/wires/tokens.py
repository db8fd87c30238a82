"""The forms ``delimited`` and ``tokens`` (``a|b|c``, words between blanks) and ``plain`` (one value): fields in order.

In: a content.  Out: the fields of a layout; and the other way.
Not here: names beside values (`gateway.wires.pairs`), fixed widths (`gateway.wires.binary`).
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.dialects.errors import PeerError
from gateway.wires.fields import ABSENT, Field, Layout, Many, Part, missing

_MOST_TOKENS = 4096


@dataclass(frozen=True, slots=True)
class Delimited:
    """``separator`` between fields (empty: the content is one field); ``several`` separators count as one.

    ``quote`` around a field lets the separator stand in it, doubled it is itself; ``escape`` before it does so too.
    """

    separator: bytes
    header: Layout = ()
    trailer: Layout = ()
    more: bool = False
    several: bool = False
    quote: bytes = b""
    escape: bytes = b""

    def look(self, content: bytes, key: str) -> Any:
        """The field of the header, or `ABSENT`."""
        found: dict[str, Any] = {}
        with contextlib.suppress(PeerError):
            _read(self._split(content), self.header, found)
        return found.get(key, ABSENT)

    def read(self, content: bytes, layout: Layout) -> dict[str, Any]:
        """All fields.  Raises `PeerError`."""
        tokens, found = self._split(content), dict[str, Any]()
        behind = self._trailing(tokens)
        left = _read(tokens, (*self.header, *layout), found)
        if left and not self.more:
            raise PeerError("FormatViolation", f"{len(left)} fields too many")
        _read(behind, self.trailer, found)
        return found

    def write(self, layout: Layout, fields: Mapping[str, Any]) -> bytes:
        """The content.  ValueError for what does not fit."""
        tokens = _written((*self.header, *layout), fields) + _written(self.trailer, fields)
        if self.separator and self.several and b"" in tokens:
            raise ValueError("a field is empty, which cannot be said here")
        return self.separator.join(map(self._quoted, tokens))

    def _trailing(self, tokens: list[bytes]) -> list[bytes]:
        """The tokens of the trailer, taken off; one with a lead may be left out."""
        taken: list[bytes] = []
        for part in reversed(self.trailer):
            lead = part.lead if isinstance(part, Field) else b""
            if tokens and tokens[-1].startswith(lead):
                taken.insert(0, tokens.pop())
        return taken

    def _split(self, content: bytes) -> list[bytes]:
        if not self.separator:
            return [content]
        if self.quote or self.escape:
            tokens = self._unquoted(content)
        else:
            tokens = content.split(self.separator, _MOST_TOKENS)
        if len(tokens) > _MOST_TOKENS:
            raise PeerError("FormatViolation", "too many fields")
        return [one for one in tokens if one] if self.several else tokens

    def _unquoted(self, content: bytes) -> list[bytes]:
        tokens, token, at, inside = [], bytearray(), 0, False
        while at < len(content):
            here = content[at:]
            at += 1
            if self.escape and here.startswith(self.escape) and len(here) > len(self.escape):
                token += here[len(self.escape) : len(self.escape) + 1]
                at += len(self.escape)
            elif self.quote and here.startswith(self.quote):
                doubled = inside and here.startswith(self.quote * 2)
                token += self.quote if doubled else b""
                at += 1 if doubled else 0
                inside = inside if doubled else not inside
            elif not inside and here.startswith(self.separator):
                tokens.append(bytes(token))
                token.clear()
                at += len(self.separator) - 1
            else:
                token += here[:1]
        return [*tokens, bytes(token)]

    def _quoted(self, token: bytes) -> bytes:
        if not self.separator or (self.separator not in token and not (self.quote and self.quote in token)):
            return token if not self.escape else token.replace(self.escape, self.escape * 2)
        if self.quote:
            return self.quote + token.replace(self.quote, self.quote * 2) + self.quote
        if self.escape:
            return token.replace(self.escape, self.escape * 2).replace(self.separator, self.escape + self.separator)
        raise ValueError(f"the separator stands inside a field: {token[:40]!r}")


def _read(tokens: list[bytes], layout: Layout, found: dict[str, Any], around: Mapping[str, Any] | None = None) -> list[bytes]:
    """Read ``layout`` off the front of ``tokens``; what is left."""
    scope = dict(around or {})
    for part in layout:
        if isinstance(part, Field) and not part.there(scope):
            continue
        if part.optional and not _begins(part, tokens):
            continue
        if not tokens and isinstance(part, Field):
            raise missing(part)
        if isinstance(part, Many):
            value, tokens = _items(part, tokens, scope)
        else:
            value, tokens = part.checked(part.read(tokens[0])), tokens[1:]
        scope[part.name] = value
        if part.told:
            found[part.name] = value
    return tokens


def _begins(part: Part, tokens: list[bytes]) -> bool:
    """Whether the next token can be an optional part: there is one, with its lead."""
    if not tokens:
        return False
    return not isinstance(part, Field) or tokens[0].startswith(part.lead)


def _items(many: Many, tokens: list[bytes], scope: Mapping[str, Any]) -> tuple[list[Any], list[bytes]]:
    count = scope.get(many.count) if isinstance(many.count, str) else many.count
    items: list[dict[str, Any]] = []
    while len(items) < count if count is not None else bool(tokens):
        item: dict[str, Any] = {}
        left = _read(tokens, many.parts, item, scope)
        if len(left) == len(tokens):
            raise PeerError("FormatViolation", "more items than fields", many.name)
        tokens = left
        items.append(item)
    return many.made(items), tokens


def _written(layout: Layout, fields: Mapping[str, Any]) -> list[bytes]:
    made: list[bytes | Field] = []
    counts: dict[str, int] = {}
    scope, absent = dict(fields), ""
    for part in layout:
        if isinstance(part, Field) and (part.counts or not part.there(scope)):
            made += [part] if part.counts else []
            continue
        value = part.chosen(fields)
        if value is ABSENT:
            absent = "" if isinstance(part, Field) and part.lead else part.name
            continue
        if absent:
            raise ValueError(f"{part.name} cannot stand without {absent} before it")
        if isinstance(part, Many):
            made += [token for item in value for token in _written(part.parts, item)]
            counts[part.name] = len(value)
        else:
            scope[part.name] = value
            made.append(part.write(value))
    return [one if isinstance(one, bytes) else one.write(counts.get(one.counts, 0)) for one in made]
