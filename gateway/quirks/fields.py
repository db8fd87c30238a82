"""Operations on a field as a whole, which may be absent: it comes, goes, or gets another name or value.

In: an operation's argument.  Out: a `FieldChange`.
Not here: operations on a value that is there (`gateway.quirks.values`), which operations there are (`gateway.quirks.operation`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gateway.quirks import times, values
from gateway.quirks.digits import is_number, same
from gateway.quirks.path import FieldChange, Scene


def give(expression: Callable[[Any, Any, Scene], Any]) -> FieldChange:
    """The field becomes what the expression comes to; where that cannot be told it stays as it is."""

    def apply(holder: dict[str, Any], name: str, scene: Scene) -> dict[str, Any]:
        made = expression(holder, holder.get(name), scene)
        return holder if made is None or (name in holder and same(holder[name], made)) else {**holder, name: made}

    return apply


def set_(wanted: Any) -> FieldChange:
    """The value stands there."""

    def apply(holder: dict[str, Any], name: str, scene: Scene) -> dict[str, Any]:
        return holder if name in holder and same(holder[name], wanted) else {**holder, name: wanted}

    return apply


def default(wanted: Any) -> FieldChange:
    """The value stands there if there is none."""

    return lambda holder, name, scene: holder if holder.get(name) is not None else {**holder, name: wanted}


def now(_: Any) -> FieldChange:
    """The time of receipt stands there if there is none."""

    def apply(holder: dict[str, Any], name: str, scene: Scene) -> dict[str, Any]:
        return holder if holder.get(name) not in (None, "") else {**holder, name: times.written(scene.now)}

    return apply


def drop(_: Any) -> FieldChange:
    """The field goes."""

    return lambda holder, name, scene: {k: v for k, v in holder.items() if k != name} if name in holder else holder


def unset(listed: list[Any]) -> FieldChange:
    """The field goes if it has one of these values."""

    def apply(holder: dict[str, Any], name: str, scene: Scene) -> dict[str, Any]:
        if name not in holder or not any(same(holder[name], one) for one in listed):
            return holder
        return {k: v for k, v in holder.items() if k != name}

    return apply


def rename(to: str) -> FieldChange:
    """The field gets its right name."""

    def apply(holder: dict[str, Any], name: str, scene: Scene) -> dict[str, Any]:
        if name not in holder or to in holder:
            return holder
        return {to if k == name else k: v for k, v in holder.items()}

    return apply


def add(make: Callable[[Any, Any, Scene], Any]) -> FieldChange:
    """An item is added to the list, if it is not in it; one that cannot be told (None) is not."""

    def apply(holder: dict[str, Any], name: str, scene: Scene) -> dict[str, Any]:
        items, item = holder.get(name, []), make(holder, holder.get(name), scene)
        if item is None or not isinstance(items, list) or any(same(one, item) for one in items):
            return holder
        return {**holder, name: [*items, item]}

    return apply


def scale(argument: Any) -> FieldChange:
    """A number is multiplied: by a factor, or by one and a field beside it."""

    factor, beside, usual = argument, None, 1
    if isinstance(argument, dict):
        factor, beside, usual = argument["by"], argument.get("times"), argument.get("else", 1)

    def apply(holder: dict[str, Any], name: str, scene: Scene) -> dict[str, Any]:
        if name not in holder:
            return holder
        times_ = holder.get(beside, usual) if beside is not None else 1
        if not is_number(times_):
            return holder
        new = values.scale_value(holder[name], values.scaled(factor, times_))
        return holder if new is holder[name] else {**holder, name: new}

    return apply
