"""Reads the body of an envelope into a payload, by tables made from the dialect.

In: an lxml element and a `Shape`.  Out: a payload whose leaves are all text, or `Violation`.
Not here: the types of the leaves (`Dialect.check`), headers and faults (`gateway.dialects.soap`).

Children are found by name in the namespace of the operation, else by name alone, because stations forget to qualify them.
Elements that the schema does not know are kept, so that a pass-through can hand them on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from lxml import etree

from gateway.dialects.envelopes import XSI
from gateway.dialects.errors import Violation
from gateway.dialects.shapes import Field, Shape
from gateway.dialects.xml import local

Read: TypeAlias = Callable[[etree._Element], dict[str, Any]]
_Entry: TypeAlias = tuple[str, bool, Read | None]
_DEPTH = 32
_NIL = f"{{{XSI}}}nil"


def compile_read(shape: Shape, namespace: str, made: dict[tuple[Shape, str], Read]) -> Read:
    """The function that reads an element of ``shape``, whose children are in ``namespace``."""
    key = (shape, namespace)
    if key not in made:
        own = shape.text
        made[key] = _children(shape, namespace, made) if own is None else _text(shape, own)
    return made[key]


def _children(shape: Shape, namespace: str, made: dict[tuple[Shape, str], Read]) -> Read:
    loose: dict[str, _Entry] = {}
    for field in shape.fields.values():
        inner = compile_read(field.type, namespace, made) if isinstance(field.type, Shape) else None
        loose[field.name] = (field.name, field.many, inner)
    find = {f"{{{namespace}}}{name}": entry for name, entry in loose.items()}.get

    def read(element: etree._Element) -> dict[str, Any]:
        payload: dict[str, Any] = {}
        value: Any
        for child in element:
            entry = find(child.tag) or loose.get(local(child.tag))
            if entry is None:
                _keep(payload, local(child.tag), unknown(child, _DEPTH))
                continue
            name, many, inner = entry
            if inner is not None:
                value = inner(child)
            elif (value := child.text) is None or len(child):
                value = _odd(child)
            if name not in payload:
                payload[name] = [value] if many else value
            elif many:
                payload[name].append(value)
            else:
                raise Violation("OccurrenceConstraintViolation", "stands twice", name)
        return payload

    return read


def _text(shape: Shape, own: Field) -> Read:
    """For an element with text and attributes; attributes that the schema does not know (xsi:type …) are left out."""
    attributes = frozenset(name for name, field in shape.fields.items() if field.place == "attribute")

    def read(element: etree._Element) -> dict[str, Any]:
        text = element.text
        payload: dict[Any, Any] = {own.name: _odd(element) if text is None or len(element) else text}
        for name, value in element.items():
            if name in attributes or (name := local(name)) in attributes:
                payload[name] = value
        return payload

    return read


def _odd(element: etree._Element) -> Any:
    """A leaf without text, or one with children: an object then, which no check will take for text."""
    if len(element):
        return unknown(element, _DEPTH)
    return None if element.get(_NIL) in ("true", "1") else ""


def unknown(element: etree._Element, depth: int) -> Any:
    """An element of no schema: its text, or an object of its children, lists where a name repeats."""
    if not len(element):
        return element.text or ""
    if not depth:
        raise Violation("FormatViolation", f"nested more than {_DEPTH} deep")
    payload: dict[str, Any] = {}
    for child in element:
        _keep(payload, local(child.tag), unknown(child, depth - 1))
    return payload


def _keep(payload: dict[str, Any], name: str, value: Any) -> None:
    if name not in payload:
        payload[name] = value
    elif isinstance(payload[name], list):
        payload[name].append(value)
    else:
        payload[name] = [payload[name], value]
