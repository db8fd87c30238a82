"""Names a place in a payload, and rewrites what stands there without touching the original.

In: text such as ``meterValue[].sampledValue[].value``.  Out: `Path`, and new payloads that share all that did not change.
Not here: which operations there are (`gateway.quirks.operation`), whose payload it is.

``name`` is a field, ``name[]`` each item of the list in that field.  There are no indexes, wildcards or conditions.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from gateway.dialects.shapes import Enum, Field, Shape
from gateway.source import nearest, one_of

FieldChange: TypeAlias = Callable[[dict[str, Any], str], dict[str, Any]]
"""Given the mapping that holds a field and the field's name: a new mapping, or the same one where nothing changed."""

_STEP = re.compile(r"([A-Za-z_][A-Za-z0-9_-]*)(\[\])?\Z")


@dataclass(frozen=True, slots=True)
class Path:
    """Steps from the top of a payload; each is a field name and whether every item of its list is meant."""

    steps: tuple[tuple[str, bool], ...]

    def __str__(self) -> str:
        return ".".join(name + "[]" * each for name, each in self.steps)

    @property
    def names(self) -> tuple[str, ...]:
        """The field names alone."""
        return tuple(name for name, _ in self.steps)

    def sibling(self, name: str) -> Path:
        """The field ``name`` beside this one."""
        return Path((*self.steps[:-1], (name, False)))

    def meets(self, other: Path) -> bool:
        """Whether the two name the same field, or one lies inside the other."""
        return all(a == b for a, b in zip(self.names, other.names, strict=False))


def parse(text: str) -> Path:
    """Read a path.  Raises ValueError that says what was expected."""
    found = [_STEP.match(part) for part in text.split(".")]
    if not all(found):
        raise ValueError(f"{text!r} is no path; expected names joined by dots, [] after a list, as in meterValue[].timestamp")
    return Path(tuple((m[1], m[2] is not None) for m in found if m))


def rewrite(value: Any, steps: tuple[tuple[str, bool], ...], change: FieldChange) -> Any:
    """Change the field that ``steps`` name, wherever it can be reached.  The same object comes back where nothing changed."""
    if not isinstance(value, dict):
        return value
    (name, each), rest = steps[0], steps[1:]
    if not rest:
        return change(value, name)
    if name not in value:
        return value
    old = value[name]
    new = _each(old, rest, change) if each else rewrite(old, rest, change)
    return value if new is old else {**value, name: new}


def _each(items: Any, steps: tuple[tuple[str, bool], ...], change: FieldChange) -> Any:
    if not isinstance(items, list):
        return items
    made = [rewrite(item, steps, change) for item in items]
    return items if all(a is b for a, b in zip(made, items, strict=True)) else made


def find(shape: Shape, path: Path) -> Field:
    """The field that ``path`` names in ``shape``.  Raises ValueError that says where it leaves the schema."""
    field = _field(shape, path.steps[0][0])
    for (name, each), (below, _) in zip(path.steps, path.steps[1:], strict=False):
        _same_number(field, name, each)
        if not isinstance(field.type, Shape):
            raise ValueError(f"{name} has no fields inside")
        field = _field(field.type, below)
    last, each = path.steps[-1]
    if each:
        _same_number(field, last, each)
    return field


def parent(shape: Shape, path: Path) -> Shape:
    """The shape that holds the last field of ``path``, whether or not the field itself is in it.  Raises ValueError."""
    if len(path.steps) == 1:
        return shape
    above = Path(path.steps[:-1])
    held = find(shape, above)
    _same_number(held, *above.steps[-1])
    if not isinstance(held.type, Shape):
        raise ValueError(f"{above.steps[-1][0]} has no fields inside")
    return held.type


def _field(shape: Shape, name: str) -> Field:
    if name not in shape.fields:
        near = nearest(name, shape.fields)
        meant = f"; did you mean {near!r}?" if near else ""
        raise ValueError(f"{shape.name} has no field {name!r}; expected {one_of(shape.fields)}{meant}")
    return shape.fields[name]


def _same_number(field: Field, name: str, each: bool) -> None:
    if field.many and not each:
        raise ValueError(f"{name} is a list; expected {name}[]")
    if each and not field.many:
        raise ValueError(f"{name} is no list; expected {name} without []")


def words_of(field: Field) -> tuple[str, ...] | None:
    """The values that the schema allows there, where it lists them."""
    return field.type.values if isinstance(field.type, Enum) else None
