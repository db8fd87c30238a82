"""Looks up the names that a table's rules use: fields along paths, the words of expressions, constants.

In: shapes, paths and texts of one place of use.  Out: `Fields`, `Expression`s; faults for what does not exist.
Not here: what rules mean (`gateway.ladder.resolve`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from gateway.dialects.schema import Enum, Field, Scalar, Shape
from gateway.ladder.expressions import Expression, Many, NotAllowed, Type, parse
from gateway.ladder.pairs import Key
from gateway.ladder.plan import Fields, Plan, names
from gateway.ladder.table import Block, Path, Sheet, Spot, Way
from gateway.source import Checker, nearest, one_of


@dataclass(frozen=True, eq=False)
class Place:
    """Where a block stands: in which message, how deep, and what an expression there may name."""

    key: Key
    prefix: str
    far: str
    scope: Mapping[str, Type]
    asked: Shape | None
    """The request's shape in the dialect that the result goes to; None for requests."""
    part: bool = False
    """Whether a flow completes what comes out."""

    served: bool = False
    """Whether a flow decides what becomes of the request."""

    @property
    def action(self) -> str:
        """The message that is translated."""
        return self.key.source

    @property
    def kind(self) -> str:
        """``call`` or ``result``."""
        return self.key.kind

    @property
    def way(self) -> Way:
        """The direction it goes."""
        return self.key.way

    def within(self, path: Fields, to: Fields) -> Place:
        """The place one object further in; ``prefix`` is the way there in the source, ``far`` in the target."""
        scope = self.scope
        for one in path:
            outer, scope = scope, {**scope, "it": one.type, "up": scope["it"]}
            scope.pop("these", None)
            scope.pop("ups", None)
            if one.many:
                scope["these"] = Many(one.type)
            if "these" in outer:
                scope["ups"] = outer["these"]
        far = f"{self.far}{names(to)}."
        return replace(self, prefix=f"{self.prefix}{names(path)}.", far=far, scope=scope, part=False, served=False)


@dataclass(eq=False)
class Draft:
    """The rules of one block at one place, looked up; whether every field is spoken for is yet to be seen."""

    block: Block
    plan: Plan
    place: Place
    read: set[Path] = field(default_factory=set)
    made: dict[Path, Spot] = field(default_factory=dict)


@dataclass(eq=False)
class Lookups:
    """One table and where its faults go."""

    sheet: Sheet
    checker: Checker

    def fault(self, spot: Spot, what: str, expected: str = "", near: str = "") -> None:
        """Note a mistake at ``spot``."""
        self.checker.fault(spot.where, spot.key, what, expected, near)

    def find(self, shape: Shape, path: Path, spot: Spot) -> Fields | None:
        """The fields along a path; empty for an empty path, None (and a fault) where one is unknown."""
        found: list[Field] = []
        for name in path:
            if name not in shape.fields:
                self.fault(spot, f"unknown field {name!r} in {shape.name}", one_of(shape.fields), nearest(name, shape.fields))
                return None
            found.append(shape.fields[name])
            inner = found[-1].type
            shape = inner if isinstance(inner, Shape) else Shape(f"{name}, which has no fields", {})
        return tuple(found)

    def expression(self, text: str, place: Place, spot: Spot) -> Expression | None:
        """A checked expression, or None and a fault."""
        try:
            return parse(text, place.scope)
        except NotAllowed as no:
            self.fault(spot, no.what, no.expected, no.near)
            return None

    def constant(self, value: Any, target: Field, spot: Spot) -> None:
        """Check that a constant may stand in ``target``."""
        if isinstance(target.type, Enum) and value not in target.type.values:
            self.fault(
                spot,
                f"{value!r} is no value of {target.name}",
                one_of(target.type.values),
                nearest(str(value), target.type.values),
            )
        kinds: dict[str, Any] = {"integer": int, "boolean": bool, "string": str, "anyURI": str, "dateTime": str}
        wanted = kinds.get(target.type.name) if isinstance(target.type, Scalar) else None
        if isinstance(target.type, Shape) or (wanted is not None and type(value) is not wanted):
            self.fault(spot, f"{value!r} is no value of {target.name}", target.type.name)
