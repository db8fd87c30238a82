"""The expressions of a rule: when it applies, and what it gives.

In: ``when``, ``like`` and ``give`` of a rule, the types of its message.  Out: functions of the object, the value and the scene.
Not here: the language (`gateway.quirks.condition`), what is done then (`gateway.quirks.rule`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from gateway.dialects.shapes import Shape
from gateway.ladder.expressions import NotAllowed, Type
from gateway.quirks import path as paths
from gateway.quirks.condition import Give, both, compile_give, compile_when, like, loosened
from gateway.quirks.digits import plain
from gateway.quirks.operation import When
from gateway.quirks.path import Path, Scene
from gateway.quirks.reading import On, Reading
from gateway.source import List, Map

Made = TypeVar("Made")


def read_when(reading: Reading, item: Map, on: tuple[On, ...], path: Path) -> When | None:
    """The condition that ``when`` and ``like`` make together; None where there is none.  Faults are noted."""
    patterns = item.get("like")
    listed = patterns if isinstance(patterns, List) else [patterns] if patterns is not None else []
    if not all(isinstance(one, str) for one in listed):
        reading.check.fault(item, "like", "like is no text", "a shell pattern, or a list of them")
        return None
    fits = like(tuple(listed)) if listed else None
    return both(fits, _expression(reading, item, "when", compile_when, on, path)) if "when" in item else fits


def read_give(reading: Reading, item: Map, on: tuple[On, ...], path: Path) -> Give | None:
    """The expression at ``give``; faults are noted."""
    return _expression(reading, item, "give", compile_give, on, path)


def read_made(reading: Reading, item: Map, on: tuple[On, ...], path: Path) -> Give | None:
    """What stands at ``add``: a value in which each text that begins with ``=`` is an expression; faults are noted."""
    parts: dict[str, Give] = {}
    for text in _worked_out(item["add"]):
        holder = Map(item, add=text.removeprefix("="))
        holder.file, holder.line, holder.lines = item.file, item.line, item.lines
        give = _expression(reading, holder, "add", compile_give, on, path)
        if give is None:
            return None
        parts[text] = give

    def make(it: Any, value: Any, scene: Scene) -> Any:
        told = {text: give(it, value, scene) for text, give in parts.items()}
        return None if None in told.values() else _filled(plain(item["add"]), told)

    return make


def _worked_out(value: Any) -> list[str]:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    own = [value] if isinstance(value, str) and value.startswith("=") else []
    return [*own, *(text for one in inner for text in _worked_out(one))]


def _filled(value: Any, told: Mapping[str, Any]) -> Any:
    """The value with what its expressions come to."""
    if isinstance(value, dict):
        return {key: _filled(one, told) for key, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, told) for one in value]
    return told.get(value, value) if isinstance(value, str) else value


def _expression(
    reading: Reading, item: Map, key: str, compile: Callable[[str, Mapping[str, Type]], Made], on: tuple[On, ...], path: Path
) -> Made | None:
    if isinstance(item[key], Map | List):
        reading.check.fault(
            item, key, f"{key} is no expression", f"{key}: it.field == 'word', in quotes where a comma or a colon is in it"
        )
        return None
    wrong: NotAllowed | None = None
    made: Made | None = None
    for kind, shape in [(one, shape) for one in on for shape in reading.shapes(one)]:
        try:
            made = compile(str(item[key]), _names(reading, kind, shape, path))
        except NotAllowed as error:
            wrong = error
            if reading.named:
                break
    if wrong is not None and (reading.named or made is None):
        reading.check.fault(item, key, f"{key}: {wrong.what}", wrong.expected, wrong.near)
    return made


def _names(reading: Reading, kind: On, shape: Shape, path: Path) -> dict[str, Type]:
    loose = loosened(shape) if reading.way == "from" else shape
    names: dict[str, Type] = {"it": loose, "value": None, "top": loose}
    if path.steps:
        names["it"] = _owner(loose, path)
    if kind.kind != "call":
        names["asked"] = next((found.request for found in reading.types(kind)), None)
    return names | {**reading.beside}


def _owner(shape: Shape, path: Path) -> Type:
    """The type of ``it``: the object that holds the field, or the item where the path ends in []."""
    try:
        if path.steps[-1][1]:
            return paths.find(shape, path).type
        return paths.parent(shape, path)
    except ValueError:
        return None


def compiled_when(reading: Reading, at: Map, key: str, names: Mapping[str, Type]) -> When | None:
    """The condition at ``at[key]`` over these names; None where there is none.  Faults are noted."""
    if key not in at:
        return None
    try:
        return compile_when(str(at[key]), names)
    except NotAllowed as error:
        reading.check.fault(at, key, f"{key}: {error.what}", error.expected, error.near)
        return None
