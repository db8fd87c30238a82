"""The forms ``pairs`` (key=value, form, query) and ``tagged`` (a letter and its value): fields by name, in any order.

In: a content.  Out: the fields of a layout; and the other way.
Not here: fields by position (`gateway.wires.tokens`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus, unquote_to_bytes

from gateway.dialects.errors import PeerError
from gateway.wires.fields import ABSENT, Field, Layout, Many, missing

_TAGGED = re.compile(rb"([A-Za-z]+)(.*)", re.DOTALL)
_RUN = re.compile(rb"([A-Za-z]+)([^A-Za-z]*)")
_MOST_PAIRS = 4096


@dataclass(frozen=True, slots=True)
class Pairs:
    """``separator`` between pairs, ``equals`` between key and value (empty: letters, then the value).  ``url``: percent-coded.

    ``before`` separates what stands before the first pair: the header, one field.  ``case`` false: keys in any case.
    """

    separator: bytes
    equals: bytes = b"="
    before: bytes = b""
    url: bool = False
    case: bool = True
    header: Layout = ()
    trailer: Layout = ()

    def look(self, content: bytes, key: str) -> Any:
        """The field of the header, or the text of that key; `ABSENT` where there is none."""
        head, rest = self._parted(content)
        for field in self.header if self.before else ():
            if field.name == key and isinstance(field, Field) and head is not None:
                return field.read(head)
        values = self._values(rest).get(self._folded(key.encode("latin-1")))
        return values[0].decode("latin-1") if values else ABSENT

    def read(self, content: bytes, layout: Layout) -> dict[str, Any]:
        """All fields that are known; others are let pass.  Raises `PeerError`."""
        head, rest = self._parted(content)
        found: dict[str, Any] = {}
        keyed = (*layout, *self.trailer)
        if self.before:
            field = self.header[0]
            if head is None or not isinstance(field, Field):
                raise PeerError("FormatViolation", "nothing stands before the pairs", field.name)
            value = field.checked(field.read(head))
            found.update({field.name: value} if field.told else {})
        else:
            keyed = (*self.header, *keyed)
        by_key(self._values(rest), keyed, found, self._folded)
        return found

    def write(self, layout: Layout, fields: Mapping[str, Any]) -> bytes:
        """The content.  ValueError for what does not fit."""
        keyed = (*layout, *self.trailer) if self.before else (*self.header, *layout, *self.trailer)
        pairs = [self._pair(part.key, value) for part, value in values_of(keyed, fields)]
        front = b""
        if self.before:
            field = self.header[0]
            assert isinstance(field, Field)
            front = field.write(field.chosen(fields)) + self.before
        return front + self.separator.join(pairs)

    def _parted(self, content: bytes) -> tuple[bytes | None, bytes]:
        if not self.before:
            return None, content
        head, found, rest = content.partition(self.before)
        return (head, rest) if found else (None, content)

    def _pair(self, key: str, value: bytes) -> bytes:
        if self.url:
            return quote_plus(key).encode() + self.equals + quote_plus(value).encode()
        if self.separator and self.separator in value:
            raise ValueError(f"{key}: the separator stands inside the value")
        if not self.equals and (value[:1].isalpha() if self.separator else not value.isdigit()):
            raise ValueError(f"{key}: the value would be read as a part of the letters before it")
        return key.encode("latin-1") + self.equals + value

    def _folded(self, key: bytes) -> bytes:
        return key if self.case else key.lower()

    def _values(self, content: bytes) -> dict[bytes, list[bytes]]:
        made: dict[bytes, list[bytes]] = {}
        for key, value in self._pairs(content):
            made.setdefault(self._folded(key), []).append(value)
        return made

    def _pairs(self, content: bytes) -> Iterator[tuple[bytes, bytes]]:
        if not self.separator:
            yield from _RUN.findall(content)
            return
        chunks = content.split(self.separator, _MOST_PAIRS)
        for chunk in chunks[:_MOST_PAIRS]:
            chunk = chunk.strip(b"\r\n") if self.url else chunk.strip(b" \r\n\t")
            if not self.equals:
                match = _TAGGED.fullmatch(chunk)
                if match:
                    yield match[1], match[2]
            elif chunk:
                key, _, value = chunk.partition(self.equals)
                yield (_unquoted(key), _unquoted(value)) if self.url else (key.strip(), value.strip())


def _unquoted(data: bytes) -> bytes:
    return unquote_to_bytes(data.replace(b"+", b" "))


def by_key(values: Mapping[bytes, list[bytes]], layout: Layout, found: dict[str, Any], folded: Callable[[bytes], bytes]) -> None:
    """Put into ``found`` the fields of a layout out of the bytes by key; of several the last.  Raises `PeerError`."""
    for part in layout:
        texts = values.get(folded(part.key.encode("latin-1")), [])
        if isinstance(part, Many) or (not texts and part.optional):
            continue
        if not texts and not part.repeated:
            raise missing(part)
        value = [part.read(text) for text in texts] if part.repeated else part.checked(part.read(texts[-1]))
        if part.told:
            found[part.name] = value


def values_of(layout: Layout, fields: Mapping[str, Any]) -> Iterator[tuple[Field, bytes]]:
    """The fields of a layout that are given, each with its bytes.  ValueError for what does not fit."""
    for part in layout:
        value = part.chosen(fields)
        if value is ABSENT or isinstance(part, Many):
            continue
        if part.repeated and not isinstance(value, list | tuple):
            raise ValueError(f"{part.name} is no list")
        for one in value if part.repeated else [value]:
            yield part, part.write(one)
