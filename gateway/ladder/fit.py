"""Whether what one field says may stand in another: types, bounds, presence.

In: fields and shapes of two dialects, paths.  Out: yes or no.
Not here: what follows from it (`gateway.ladder.resolve`).
"""

from __future__ import annotations

from typing import Any

from gateway.dialects.schema import Enum, Field, Scalar, Shape
from gateway.ladder.plan import Move
from gateway.ladder.table import DROP, OMIT, Path

_TEXT = ("string", "anyURI")


def met(path: Path, paths: set[Path]) -> bool:
    """Whether one of ``paths`` begins with ``path`` or is the beginning of it."""
    return any(path[: len(p)] == p or p[: len(path)] == path for p in paths if p)


def leaves(shape: Shape, read: set[Path], prefix: Path = ()) -> list[Path]:
    """The fields below ``shape`` that nobody reads; an object read only in part counts field by field.

    A field that every object may carry is left behind without a word where the other dialect has none.
    """
    found: list[Path] = []
    for name, one in shape.fields.items():
        path = (*prefix, name)
        if one.extra or any(path[: len(p)] == p for p in read if p):
            continue
        inside = any(p[: len(path)] == path for p in read)
        found += leaves(one.type, read, path) if inside and isinstance(one.type, Shape) else [path]
    return found


def alike(source: Any, target: Any) -> bool:
    """Whether every value of one type is one of the other."""
    one, other = source.name, target.name
    if isinstance(target, Enum):
        return isinstance(source, Enum) and set(source.values) <= set(target.values)
    if one == other or other == "any" or (one, other) == ("integer", "decimal"):
        return True
    return other in _TEXT and (one in _TEXT or isinstance(source, Enum))


def longer(source: Field, target: Field) -> bool:
    """Whether text may be too long for the target."""
    if target.max_length is None or isinstance(source.type, Enum):
        return False
    return source.max_length is None or source.max_length > target.max_length


def wider(source: Field, target: Field) -> bool:
    """Whether an integer may be too large for the target."""
    return source.type == Scalar("integer") == target.type and source.bits > target.bits


def finer(source: Field, target: Field) -> bool:
    """Whether a number may have more digits than the target counts in."""
    return target.step is not None and source.type == target.type and (source.step is None or source.step % target.step != 0)


def carries(source: Field, target: Field) -> bool:
    """Whether whatever ``source`` says may stand in ``target`` as it is."""
    if source.many != target.many or (target.required and not source.required) or target.least > source.least:
        return False
    if isinstance(source.type, Shape) or isinstance(target.type, Shape):
        return isinstance(source.type, Shape) and isinstance(target.type, Shape) and same(source.type, target.type)
    return alike(source.type, target.type) and not any(beyond(source, target) for beyond in (longer, wider, finer))


def same(source: Shape, target: Shape) -> bool:
    """Whether an object of ``source`` is one of ``target`` too."""
    if any(f.required and name not in source.fields for name, f in target.fields.items()):
        return False
    return all(name in target.fields and carries(f, target.fields[name]) for name, f in source.fields.items()) and (
        set(source.fields) == set(target.fields) and source.open <= target.open
    )


def may_lack(move: Move) -> bool:
    """Whether a target may come to nothing: its source is optional, or all of it is dropped."""
    if move.default is not None or any(c.on is None and c.when is None and c.end == "give" for c in move.cases):
        return False
    optional = not move.source or any(not f.required for f in move.source)
    choice = move.choice is not None and bool(move.choice.drops if any(f.many for f in move.source) else move.choice.omits)
    inner = move.inner is not None and move.inner.drops and any(f.many for f in move.source)
    limit = move.limit is not None and (move.limit.end == DROP if any(f.many for f in move.source) else move.limit.end == OMIT)
    short = (
        move.target[0].many and len(move.target) == 1 and move.target[0].least > max((f.least for f in move.source), default=1)
    )
    kept = move.keep is not None and not move.keep.total
    return optional or choice or inner or kept or limit or short or any(c.end == OMIT for c in move.cases)
