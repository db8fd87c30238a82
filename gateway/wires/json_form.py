"""The form ``json``: fields by path in one JSON object.

In: a content.  Out: the fields of a layout; and the other way.
Not here: several objects in one stream (`gateway.wires.framers`).

Numbers may be text and text may be numbers on reading; numbers keep their digits, so that decimals stay exact.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from gateway.dialects.errors import PeerError
from gateway.wires.fields import ABSENT, Field, Layout, Many, missing
from gateway.wires.kinds import Digits, Truth

_FURTHEST = 30


class _Literal(str):
    """A number or truth value as it stands in JSON."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Json:
    """Header and trailer are fields like any others."""

    header: Layout = ()
    trailer: Layout = ()

    def look(self, content: bytes, key: str) -> Any:
        """The text at a path, or `ABSENT`; empty text for an object or a list."""
        found = _at(_parsed(content), key)
        return "" if isinstance(found, dict | list) else found

    def read(self, content: bytes, layout: Layout) -> dict[str, Any]:
        """All fields; others are let pass.  Raises `PeerError`."""
        return _read(_parsed(content), (*self.header, *layout, *self.trailer))

    def write(self, layout: Layout, fields: Mapping[str, Any]) -> bytes:
        """The content.  ValueError for what does not fit."""
        return _text(_made((*self.header, *layout, *self.trailer), fields)).encode()


@lru_cache(8)
def _parsed(content: bytes) -> Any:
    try:
        return json.loads(content, parse_float=_plain, parse_int=_Literal, parse_constant=_constant)
    except (ValueError, RecursionError) as error:
        raise PeerError("FormatViolation", f"not JSON: {str(error)[:80]}") from None


def _plain(text: str) -> _Literal:
    """A number without an exponent."""
    if "e" in text or "E" in text:
        value = Decimal(text)
        if not value.is_finite() or abs(value.adjusted()) > _FURTHEST:
            raise ValueError("a number out of all bounds")
        text = f"{value:f}"
    return _Literal(text)


def _constant(name: str) -> Any:
    raise ValueError(name)


def _at(tree: Any, path: str) -> Any:
    """What stands at ``a.b.0``; `ABSENT` where nothing does."""
    for step in path.split("."):
        if isinstance(tree, dict) and step in tree:
            tree = tree[step]
        elif isinstance(tree, list) and step.isdecimal() and int(step) < len(tree):
            tree = tree[int(step)]
        else:
            return ABSENT
    return tree


def _read(tree: Any, layout: Layout) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for part in layout:
        there = tree if part.key == "." else _at(tree, part.key)
        if there is ABSENT:
            if part.optional:
                continue
            raise missing(part)
        value = _items(part, there) if isinstance(part, Many) else part.checked(_value(part, there))
        if part.told:
            found[part.name] = value
    return found


def _items(many: Many, there: Any) -> list[Any]:
    if not isinstance(there, list):
        raise PeerError("TypeConstraintViolation", "is no list", many.name)
    return many.made([_read(one, many.parts) for one in there])


def _value(field: Field, there: Any) -> Any:
    if there is None:
        return None
    if isinstance(there, bool):
        there = "true" if there else "false"
    if not isinstance(there, str):
        raise PeerError("TypeConstraintViolation", "is no single value", field.name)
    return field.read(there.encode("utf-8", "surrogatepass"))


def _made(layout: Layout, fields: Mapping[str, Any]) -> Any:
    tree: dict[str, Any] = {}
    for part in layout:
        value = part.chosen(fields)
        if value is ABSENT:
            continue
        made = [_made(part.parts, item) for item in value] if isinstance(part, Many) else _spelled(part, value)
        if part.key == ".":
            return made
        _put(tree, part.key, made)
    return tree


def _put(tree: dict[str, Any], path: str, value: Any) -> None:
    *steps, last = path.split(".")
    for step in steps:
        tree = tree.setdefault(step, {})
    tree[last] = value


def _spelled(field: Field, value: Any) -> Any:
    """The value as JSON has it: numbers as numbers, unless the file wants text."""
    if value is None and not field.nulls:
        return None
    data = field.write(value).decode(getattr(field.kind, "charset", "ascii"))
    if field.quoted or (isinstance(field.kind, Digits) and field.kind.base == 16):
        return data
    if isinstance(field.kind, Truth):
        return _Literal("true" if data == field.kind.true else "false") if field.kind.true in ("1", "true") else data
    return _Literal(data) if field.kind.type in ("integer", "decimal") else data


def _text(tree: Any) -> str:
    if isinstance(tree, dict):
        return "{" + ",".join(f"{json.dumps(key)}:{_text(value)}" for key, value in tree.items()) + "}"
    if isinstance(tree, list):
        return "[" + ",".join(map(_text, tree)) + "]"
    return str(tree) if isinstance(tree, _Literal) else json.dumps(tree, ensure_ascii=False)
