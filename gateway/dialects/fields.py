"""Reads the types of a dialect file: enums, shapes and field specifications.

In: the sections ``enums`` and ``shapes``, and the field maps of messages.  Out: `Enum` and `Shape`; faults go to the `Checker`.
Not here: messages, facts, words and codecs (`gateway.dialects.load`).

A field is written ``TYPE[(limit)][? * +] [attribute | text]``: see mappings/README.rst.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

from gateway.dialects.shapes import KINDS, Enum, Field, Scalar, Shape
from gateway.source import Checker, List, Map, nearest, one_of

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_SPEC = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?:\(([0-9]{1,6}(?:\.[0-9]{1,6})?)\))?([?*+]?)(?: (attribute|text))?")
_REST = "*"
_FORM = "TYPE, TYPE(limit), then ? or * or +, then 'attribute' or 'text'"
_SCALARS = {kind: Scalar(kind) for kind in KINDS}


class Types:
    """The types of one dialect file.  Shapes are made when first named, so that a circle is seen."""

    def __init__(self, checker: Checker, enums: Map, shapes: Map, bits: int, extras: Map | None = None) -> None:
        self.checker, self.bits = checker, bits
        self._enum_map, self._shape_map = enums, shapes
        self.enums = {name: enum for name in enums if (enum := self._enum(name)) is not None}
        self._shapes: dict[str, Shape | None] = {}
        self.used: set[str] = set()
        self._names(enums, "enum")
        self._names(shapes, "shape")
        # While they are made there are none, so that what stands in an extra field has no extras itself.
        self.extras: dict[str, Field] = {}
        self.extras = self._extras(extras) if extras else {}

    def _extras(self, where: Map) -> dict[str, Field]:
        """The fields that every object may carry."""
        made = {name: replace(one, extra=True) for name in where if (one := self._field(where, name)) is not None}
        for name, one in made.items():
            if one.required or one.many:
                self.checker.fault(where, name, f"every object would need the extra field {name!r}", "TYPE?")
        return made

    def _names(self, where: Map, what: str) -> None:
        for name in where:
            if not NAME.fullmatch(name) or name in KINDS:
                self.checker.fault(where, name, f"{name!r} cannot name a type", "letters, digits and _, and no built-in type")
            elif what == "shape" and name in self._enum_map:
                self.checker.fault(where, name, f"{name!r} is an enum and a shape", "one of the two")

    def _enum(self, name: str) -> Enum | None:
        """``[values]``, or ``{values: [...], read: {spelling: value or null}}``."""
        given: Any = self._enum_map[name]
        read: Any = None
        if isinstance(given, Map):
            self.checker.keys(given, f"enum {name}", ["values"], ["read"])
            read = given.get("read")
            given = given.get("values")
        if not isinstance(given, List) or not given or not all(isinstance(value, str) for value in given):
            self.checker.fault(self._enum_map, name, f"enum {name} has no list of words", "at least one")
            return None
        for index, value in enumerate(given):
            if value in given[:index]:
                self.checker.fault(given, index, f"{value!r} stands twice in enum {name}")
        return Enum(name, tuple(given), self._read(name, given, read))

    def _read(self, name: str, values: List, read: Any) -> dict[str, str | None]:
        if not isinstance(read, Map):
            if read:
                self.checker.fault(self._enum_map, name, f"read of enum {name} is no map", "spelling: value")
            return {}
        for spelling, meant in read.items():
            if meant is not None and meant not in values:
                near = nearest(str(meant), values)
                self.checker.fault(read, spelling, f"{spelling!r} means {meant!r}, no value of enum {name}", one_of(values), near)
            if spelling in values:
                self.checker.fault(read, spelling, f"{spelling!r} is a value of enum {name} already")
        return dict(read)

    def shape(self, name: str) -> Shape | None:
        """A shape of the file by name; None where it is faulty."""
        self.used.add(name)
        if name not in self._shapes:
            self._shapes[name] = None  # seen again while it is being made: a circle
            self._shapes[name] = self.fields(name, self._shape_map, name)
        elif self._shapes[name] is None:
            self.checker.fault(self._shape_map, name, f"shape {name} holds itself, or is faulty")
        return self._shapes[name]

    def fields(self, name: str, where: Map, key: str) -> Shape | None:
        """The shape whose fields stand at ``where[key]``; ``{}`` and null have none of their own."""
        given = where[key]
        if given is None or given == {}:
            return Shape(name, dict(self.extras))
        if not isinstance(given, Map):
            self.checker.fault(where, key, f"{name} has no field map", "field: type lines")
            return None
        rest = given.get(_REST)
        if _REST in given and rest != "any":
            self.checker.fault(given, _REST, f"other fields of {name} are {rest!r}", "any")
        made = {field: one for field in given if field != _REST and (one := self._field(given, field)) is not None}
        texts = [field for field in made.values() if field.place == "text"]
        if texts and (len(texts) > 1 or any(field.place == "element" for field in made.values())):
            self.checker.fault(where, key, f"{name} has text beside elements", "one text field, all others attributes")
        return Shape(name, made, open=True) if rest else Shape(name, {**made, **self.extras, **made})

    def _field(self, where: Map, name: str) -> Field | None:
        spec = where[name]
        match = _SPEC.fullmatch(spec) if isinstance(spec, str) else None
        if not NAME.fullmatch(name):
            self.checker.fault(where, name, f"{name!r} is no name of a field", "letters, digits and _, a letter first")
            return None
        if match is None:
            self.checker.fault(where, name, f"field {name!r} is {spec!r}", _FORM)
            return None
        type_name, limit, count = match.group(1, 2, 3)
        place: Any = match[4]
        kind = self._type(where, name, type_name)
        if kind is None:
            return None
        self._fits(where, name, kind, limit, count, place)
        whole = limit is not None and limit.isdigit() and type_name in ("string", "anyURI")
        return Field(
            name=name,
            type=kind,
            required=count in ("", "+"),
            many=count in ("*", "+"),
            least=int(count == "+"),
            max_length=int(limit) if whole else None,
            place=place or "element",
            step=Decimal(limit) if limit and type_name == "decimal" else None,
            bits=self.bits,
        )

    def _type(self, where: Map, name: str, type_name: str) -> Scalar | Enum | Shape | None:
        if type_name in _SCALARS:
            return _SCALARS[type_name]
        if type_name in self._enum_map:
            self.used.add(type_name)
            return self.enums.get(type_name)
        if type_name in self._shape_map:
            return self.shape(type_name)
        known = [*KINDS, *self._enum_map, *self._shape_map]
        near = nearest(type_name, known)
        self.checker.fault(where, name, f"unknown type {type_name!r}", "a built-in type, an enum or a shape of this file", near)
        return None

    def _fits(self, where: Map, name: str, kind: Scalar | Enum | Shape, limit: str | None, count: str, place: str | None) -> None:
        """Faults of a specification whose parts do not go together."""
        if limit is not None:
            length = kind.name in ("string", "anyURI") and limit.isdigit() and int(limit) > 0
            step = kind.name == "decimal" and Decimal(limit) > 0
            if not length and not step:
                self.checker.fault(where, name, f"the limit {limit} does not fit {kind.name}", "string(length) or decimal(step)")
        if place and (count in ("*", "+") or isinstance(kind, Shape)):
            self.checker.fault(where, name, f"field {name!r} cannot be {place}", "a single value")
        if isinstance(kind, Enum) and count == "" and None in kind.read.values():
            self.checker.fault(where, name, f"enum {kind.name} reads a word as left out, and {name!r} is required")

    def enum_words(self) -> dict[str, list[str]]:
        """The words of each enum."""
        return {name: list(enum.values) for name, enum in self.enums.items()}

    def shape_fields(self) -> dict[str, list[str]]:
        """The fields of each shape that was made."""
        return {name: list(shape.fields) for name, shape in self._shapes.items() if shape is not None}

    def unreached(self) -> Iterator[tuple[Map, str, str]]:
        """The types that no message reaches: (where, name, what)."""
        for where, what in ((self._enum_map, "enum"), (self._shape_map, "shape")):
            yield from ((where, name, what) for name in where if name not in self.used)
