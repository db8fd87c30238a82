"""Names a place in a payload, and rewrites what stands there without touching the original.

In: text such as ``meterValue[].sampledValue[].value``.  Out: `Path`, and new payloads that share all that did not change.
Not here: which operations there are (`gateway.quirks.operation`), whose payload it is.

``name`` is a field, ``name[]`` each item of the list in that field.  There are no indexes and no
wildcards; conditions are in `gateway.quirks.condition`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

from gateway.dialects.shapes import Enum, Field, Shape
from gateway.source import nearest, one_of


@dataclass(frozen=True, slots=True)
class Scene:
    """What a change may look at beside its field: the whole payload, the call that a result answers, the time.

    ``last`` is the result of the call before, in a sequence of calls; ``skew`` how far ahead the peer's clock was found to be,
    ``facts`` what may be asked of the station where commands are made.
    """

    top: Any = None
    asked: Any = None
    now: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    last: Any = None
    skew: timedelta | None = None
    facts: Any = None

    def of(self, top: Any) -> Scene:
        """The same for a payload that has changed."""
        return Scene(top, self.asked, self.now, self.last, self.skew, self.facts)


FieldChange: TypeAlias = Callable[[dict[str, Any], str, Scene], dict[str, Any]]
"""Given the mapping that holds a field, the field's name and the scene: a new mapping, or the same where nothing changed."""

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


def rewrite(value: Any, steps: tuple[tuple[str, bool], ...], change: FieldChange, scene: Scene) -> Any:
    """Change the field that ``steps`` name, wherever it can be reached.  The same object comes back where nothing changed."""
    if not isinstance(value, dict):
        return value
    (name, each), rest = steps[0], steps[1:]
    if not rest:
        return change(value, name, scene)
    if name not in value:
        return value
    old = value[name]
    new = _each(old, rest, change, scene) if each else rewrite(old, rest, change, scene)
    return value if new is old else {**value, name: new}


def _each(items: Any, steps: tuple[tuple[str, bool], ...], change: FieldChange, scene: Scene) -> Any:
    if not isinstance(items, list):
        return items
    made = [rewrite(item, steps, change, scene) for item in items]
    return items if all(a is b for a, b in zip(made, items, strict=True)) else made


def moving(path: Path, to: str, when: Callable[[Any, Any, Scene], bool] | None) -> tuple[Path, FieldChange, Path]:
    """A move inside one item: where to do it (an empty path: at the top), what to do, and the full path of the goal.

    ``to`` is taken from the innermost item of ``path``.  Raises ValueError where it is no plain path.
    """
    cut = max([number + 1 for number, (_, each) in enumerate(path.steps[:-1]) if each], default=0)
    base, source = Path(path.steps[:cut]), path.names[cut:]
    goal = parse(to)
    if any(each for _, each in goal.steps) or path.steps[-1][1]:
        raise ValueError("a move goes from one field to another, neither with [] at its end")

    def one(item: Any, scene: Scene) -> Any:
        fits = isinstance(item, dict) and (when is None or when(item, got(item, source), scene))
        return _moved(item, source, goal.names) if fits else item

    def change(holder: dict[str, Any], name: str, scene: Scene) -> dict[str, Any]:
        items = holder.get(name) if name else None
        if not name:
            return one(holder, scene)  # type: ignore[no-any-return]
        made = [one(item, scene) for item in items] if isinstance(items, list) else items
        return holder if made is items or all(map(_is, made or (), items or ())) else {**holder, name: made}

    return base, change, Path((*base.steps, *goal.steps))


def _is(a: Any, b: Any) -> bool:
    return a is b


def got(item: Any, names: tuple[str, ...]) -> Any:
    """What stands at that place, through no list; None where nothing does."""
    for name in names:
        item = item.get(name) if isinstance(item, dict) else None
    return item


def _moved(item: dict[str, Any], source: tuple[str, ...], goal: tuple[str, ...]) -> dict[str, Any]:
    value = got(item, source)
    if value is None or got(item, goal) is not None:
        return item
    return _put(_taken(item, source), goal, value)


def _taken(item: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """Without the field, and without an object that it leaves empty."""
    first, rest = names[0], names[1:]
    left = _taken(item[first], rest) if rest else {}
    return {**item, first: left} if left else {k: v for k, v in item.items() if k != first}


def _put(item: dict[str, Any], names: tuple[str, ...], value: Any) -> dict[str, Any]:
    first, rest = names[0], names[1:]
    inner = item.get(first)
    return {**item, first: _put(inner if isinstance(inner, dict) else {}, rest, value) if rest else value}


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


def lacks(shape: Shape, path: str) -> str:
    """Why ``shape`` has no field at that path, or an empty text."""
    try:
        find(shape, parse(path))
    except ValueError as error:
        return str(error)
    return ""


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
