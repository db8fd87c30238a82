"""Times that cannot be read, in messages that must not be refused for them.

In: the shape of a message, its payload as it came.  Out: the payload with the time of receipt in their place.
Not here: how a time is read (`gateway.dialects.values`), which messages are worth it (`gateway.ends.voice`).

A station whose clock is broken would throw a transaction away that is refused again and again.
"""

from __future__ import annotations

from typing import Any

from gateway.dialects.errors import Violation
from gateway.dialects.shapes import Field, Scalar, Shape
from gateway.dialects.values import time

_TIME = Scalar("dateTime")


def with_times(shape: Shape, payload: Any, now: str) -> Any:
    """A copy in which ``now`` stands for each text that should be a time and is none; ``payload`` itself where all are."""
    if not isinstance(payload, dict):
        return payload
    there = {name: (field, payload[name]) for name, field in shape.fields.items() if name in payload}
    made = {name: _of_field(field, value, now) for name, (field, value) in there.items()}
    changed = {name: value for name, value in made.items() if value is not payload[name]}
    return {**payload, **changed} if changed else payload


def _of_field(field: Field, value: Any, now: str) -> Any:
    if isinstance(value, list):
        made = [_of_field(field, one, now) for one in value]
        return made if any(new is not old for new, old in zip(made, value, strict=True)) else value
    if isinstance(field.type, Shape):
        return with_times(field.type, value, now)
    return now if field.type == _TIME and isinstance(value, str) and not _readable(value, field.required) else value


def _readable(text: str, required: bool) -> bool:
    try:
        return time(text, "") is not None or not required
    except Violation:
        return False
