"""The first moment that a message tells.

In: the shape of a message, its payload.  Out: the text of a time in it, or None.
Not here: what the time means; messages whose dialect names the time as a fact have it first anyway.
"""

from __future__ import annotations

from typing import Any

from gateway.dialects.schema import Scalar, Shape

_TIME = Scalar("dateTime")


def first_moment(shape: Shape, value: Any) -> str | None:
    """The time that stands first, in the order of the shape's own fields and then deeper; of a list its first item counts."""
    if not isinstance(value, dict):
        return None
    for field in shape.fields.values():
        if field.type == _TIME and isinstance(value.get(field.name), str):
            return str(value[field.name])
    for field in shape.fields.values():
        if isinstance(field.type, Shape):
            inner = value.get(field.name)
            found = first_moment(field.type, inner[0] if isinstance(inner, list) and inner else inner)
            if found is not None:
                return found
    return None
