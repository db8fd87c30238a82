"""Fields and lists of fields, in the order of a record: a value with all that the file says of it.

In: the bytes (or the token) of a field, or its value.  Out: the value, or the bytes; `PeerError` and ValueError name the field.
Not here: where a field stands in a frame (the forms), the file (`gateway.wires.load_fields`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

from gateway.dialects.errors import PeerError
from gateway.wires.kinds import Kind, Varint
from gateway.wires.shapes import FieldShape
from gateway.wires.turns import Turn, Words


class _Absent:
    """Says that there is no value at all, not even null."""

    def __repr__(self) -> str:
        return "absent"


ABSENT: Final = _Absent()


class OtherRecord(PeerError):
    """A constant of the record is not there: it may be another record."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field.

    ``nulls`` are plain values that mean that there is none (the first is written).  ``key`` is its path, tag or address where
    the form has such.  ``counts`` names the list or text whose number it tells, ``length`` the field that tells its own.
    ``until`` ends it, ``lead`` stands before it.  ``given`` says that it is there only under values of fields before it.
    ``added`` is added to each of its bytes on the wire.
    """

    name: str
    kind: Kind
    turns: tuple[Turn, ...] = ()
    nulls: tuple[Any, ...] = ()
    optional: bool = False
    default: Any = ABSENT
    const: Any = ABSENT
    key: str = ""
    counts: str = ""
    length: str = ""
    until: bytes = b""
    lead: bytes = b""
    repeated: bool = False
    quoted: bool = False
    given: tuple[tuple[str, tuple[Any, ...]], ...] = ()
    unit: str = ""
    added: int = 0

    @property
    def told(self) -> bool:
        """Whether it stands in the record: not what is constant, counts others or means nothing."""
        return self.const is ABSENT and not self.counts and not self.name.startswith("_")

    @property
    def size(self) -> int | None:
        """Bytes that it takes, if that is fixed."""
        return None if self.kind.size is None or self.until or self.given else self.kind.size + len(self.lead)

    @property
    def ends(self) -> bool:
        """Whether it is known where it ends, though other fields follow."""
        return bool(self.until or self.length) or self.kind.size is not None or isinstance(self.kind, Varint)

    def read(self, data: bytes) -> Any:
        """The value.  Raises `PeerError`."""
        try:
            return self._meant(_shifted(data.removeprefix(self.lead), -self.added))
        except (ValueError, OverflowError) as error:
            raise PeerError("FormatViolation", str(error), self.name) from None

    def _meant(self, data: bytes) -> Any:
        if not data and "" in self.nulls:
            return None
        value = self.kind.read(data)
        if value is None or value in self.nulls:
            return None
        for turn in self.turns:
            value = turn.read(value)
        return value

    def checked(self, value: Any) -> Any:
        """``value``, if it is not another than the constant.  Raises `OtherRecord`."""
        if self.const is not ABSENT and value != self.const:
            raise OtherRecord("PropertyConstraintViolation", f"{value!r} stands where {self.const!r} should", self.name)
        return value

    def chosen(self, fields: Mapping[str, Any]) -> Any:
        """The value to write, out of the fields of a record; `ABSENT` where it is left out.  ValueError where it is missing."""
        if self.const is not ABSENT:
            return self.const
        value = fields.get(self.name, self.default)
        if value is ABSENT and self.name.startswith("_"):
            return None
        if value is ABSENT and not self.optional:
            raise ValueError(f"the field {self.name} is missing")
        return value

    def write(self, value: Any) -> bytes:
        """The bytes of a value.  ValueError with the name of the field."""
        try:
            return self.lead + _shifted(self._spelled(value), self.added)
        except (ValueError, ArithmeticError) as error:
            raise ValueError(f"{self.name}: {error}") from None

    def _spelled(self, value: Any) -> bytes:
        if value is None and self.nulls:
            empty = self.nulls[0] == "" and self.kind.size is None
            return b"" if empty else self.kind.write(self.nulls[0])
        if value is None and self.kind.type != "nothing":
            raise ValueError("there is no way to say that it has no value")
        for turn in reversed(self.turns):
            value = turn.write(value)
        return self.kind.write(value)

    def bare(self) -> Field:
        """The same without anything that fills it up."""
        return replace(self, kind=replace(self.kind, size=None))  # type: ignore[type-var]

    def there(self, scope: Mapping[str, Any]) -> bool:
        """Whether it is there at all, by the fields before it."""
        return all(scope.get(name, ABSENT) in values for name, values in self.given)

    def shape(self) -> FieldShape:
        """What the other rooms must know of it."""
        types = [turn.type for turn in self.turns if turn.type]
        type_ = types[-1] if types else self.kind.type
        words = tuple(word for turn in self.turns if isinstance(turn, Words) for word in _words(turn))
        bits = {name: FieldShape("boolean" if count == 1 else "integer") for name, (_, count) in _places(self.turns).items()}
        own = FieldShape(type_, self.optional or bool(self.given), words, self.unit, bits)
        return FieldShape("list", self.optional, (), "", {"item": own}) if self.repeated else own


def _shifted(data: bytes, by: int) -> bytes:
    """Each byte moved by a number, modulo 256."""
    return bytes((byte + by) & 0xFF for byte in data) if by else data


def _words(turn: Words) -> tuple[str, ...]:
    return (*turn.values, *([turn.other] if turn.other is not None and turn.other not in turn.values else []))


def _places(turns: tuple[Turn, ...]) -> Mapping[str, tuple[int, int]]:
    return next((places for turn in turns if (places := getattr(turn, "places", None)) is not None), {})


@dataclass(frozen=True, slots=True)
class Many:
    """A list: of plain values (one field named ``item``) or of groups.

    ``count`` is a number, a field before it, or None: the rest.
    """

    name: str
    parts: Layout
    count: int | str | None = None
    optional: bool = False
    key: str = ""
    plain: bool = False
    """Whether the items are values of the one field ``item``."""

    @property
    def told(self) -> bool:
        """Lists are always told."""
        return not self.name.startswith("_")

    @property
    def size(self) -> int | None:
        """Bytes that it takes, if that is fixed."""
        each = size_of(self.parts)
        return self.count * each if isinstance(self.count, int) and each is not None else None

    def chosen(self, fields: Mapping[str, Any]) -> Any:
        """The items to write, as maps; `ABSENT` where the list is left out.  ValueError where it is missing or no list."""
        value = fields.get(self.name, ABSENT)
        if value is ABSENT and self.optional:
            return ABSENT
        if not isinstance(value, list | tuple):
            raise ValueError(f"the list {self.name} is missing" if value is ABSENT else f"{self.name} is no list")
        if isinstance(self.count, int) and len(value) != self.count:
            raise ValueError(f"{self.name} has {len(value)} items, and must have {self.count}")
        return [{"item": one} for one in value] if self.plain else list(value)

    def made(self, items: list[dict[str, Any]]) -> list[Any]:
        """The value of the list."""
        return [one.get("item") for one in items] if self.plain else items

    def shape(self) -> FieldShape:
        """What the other rooms must know of it."""
        return FieldShape("list", self.optional, parts=shapes(self.parts))


Part: TypeAlias = Field | Many
Layout: TypeAlias = tuple[Part, ...]


def missing(part: Part) -> PeerError:
    """What to raise for a part that is not there: without its constant it is another record."""
    kind = OtherRecord if isinstance(part, Field) and part.const is not ABSENT else PeerError
    return kind("OccurrenceConstraintViolation", "is missing", part.name)


def size_of(layout: Layout) -> int | None:
    """Bytes of all, if that is fixed."""
    sizes = [one.size for one in layout]
    return None if None in sizes else sum(size for size in sizes if size is not None)


def shapes(layout: Layout) -> dict[str, FieldShape]:
    """The shapes of what is told."""
    return {one.name: one.shape() for one in layout if one.told}


def names(layout: Layout) -> Iterator[str]:
    """What may be given for writing."""
    return (one.name for one in layout if one.told)
