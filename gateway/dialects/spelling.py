"""Renames what one codec of a dialect spells otherwise than the dialect: a field, or a word of an enum.

In: a `Shape` and the spellings of a codec, by the name of the type.  Out: functions from payload to payload, or None where
nothing in that shape is spelled otherwise.
Not here: the file (`gateway.dialects.codecs`), fields and words that every codec spells alike.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import is_
from typing import Any, TypeAlias

from gateway.dialects.shapes import Enum, Field, Shape

Spelled: TypeAlias = Mapping[str, Mapping[str, str]]
"""Name of an enum or shape → its word or field → how the codec spells it."""
Respell: TypeAlias = Callable[[Any], Any]


def writer(shape: Shape, spelled: Spelled) -> Respell | None:
    """From the dialect's names to the codec's."""
    return _object(shape, spelled, {})


def reader(shape: Shape, spelled: Spelled) -> Respell | None:
    """From the codec's field names to the dialect's; a field that already has its own name keeps it.

    Words need no reader: the enum says under ``read`` what it understands.
    """
    back = {name: {wire: own for own, wire in pairs.items()} for name, pairs in spelled.items()}
    return _reader(shape, back, {})


def _object(shape: Shape, spelled: Spelled, made: dict[Shape, Respell | None]) -> Respell | None:
    if shape not in made:
        made[shape] = None
        names = spelled.get(shape.name, {})
        inner = {name: one for name, field in shape.fields.items() if (one := _value(field, spelled, made)) is not None}
        if names or inner:
            made[shape] = _Writer(names, inner)
    return made[shape]


def _value(field: Field, spelled: Spelled, made: dict[Shape, Respell | None]) -> Respell | None:
    if isinstance(field.type, Shape):
        return _object(field.type, spelled, made)
    words = spelled.get(field.type.name) if isinstance(field.type, Enum) else None
    if words is None:
        return None
    return lambda value: words.get(value, value) if value.__class__ is str else value


def _inside(payload: dict[str, Any], inner: list[tuple[str, Respell]]) -> dict[str, Any]:
    """``payload`` with the values of some fields respelled: itself where none changes, for most messages say none of that."""
    made = payload
    for name, respell in inner:
        value = payload.get(name)
        if value is None:
            continue
        if value.__class__ is list:
            respelled: Any = list(map(respell, value))
            if all(map(is_, value, respelled)):
                continue
        elif (respelled := respell(value)) is value:
            continue
        if made is payload:
            made = payload.copy()
        made[name] = respelled
    return made


class _Writer:
    def __init__(self, names: Mapping[str, str], inner: Mapping[str, Respell]) -> None:
        self.names, self.inner, self.within = names, inner, list(inner.items())

    def __call__(self, payload: Any) -> Any:
        if payload.__class__ is not dict:
            return payload
        if not self.names.keys().isdisjoint(payload):
            return self.renamed(payload)
        return _inside(payload, self.within) if self.within else payload

    def renamed(self, payload: dict[str, Any]) -> dict[str, Any]:
        """With its fields' names changed too."""
        made = {}
        for name, value in payload.items():
            respell = self.inner.get(name)
            if respell is not None:
                value = [respell(one) for one in value] if value.__class__ is list else respell(value)
            made[self.names.get(name, name)] = value
        return made


def _reader(shape: Shape, back: Spelled, made: dict[Shape, Respell | None]) -> Respell | None:
    if shape not in made:
        made[shape] = None
        own = {wire: name for wire, name in back.get(shape.name, {}).items() if name in shape.fields}
        inner = {
            name: one
            for name, field in shape.fields.items()
            if isinstance(field.type, Shape) and (one := _reader(field.type, back, made)) is not None
        }
        if own or inner:
            made[shape] = _Reader(own, inner)
    return made[shape]


class _Reader(_Writer):
    def renamed(self, payload: dict[str, Any]) -> dict[str, Any]:
        """With its fields' names changed too."""
        made = {}
        for name, value in payload.items():
            own = self.names.get(name, name)
            if own in payload:
                own = name
            respell = self.inner.get(own)
            if respell is not None:
                value = [respell(one) for one in value] if value.__class__ is list else respell(value)
            made[own] = value
        return made
