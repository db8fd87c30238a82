"""The names that expressions of a ``device:`` section may use, and their types.

In: what a dialect's messages and records have.  Out: name → type, for `gateway.devices.expressions`.
Not here: their values (`gateway.devices.memory`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gateway.dialects.shapes import Enum, Field, Scalar, Shape
from gateway.ladder.expressions import Type
from gateway.wires.shapes import FieldShape

STATES = ("unavailable", "available", "connected", "ready", "charging", "suspended_ev", "suspended_evse", "finishing", "faulted")
"""What a connector does, in the words to which every station's own are brought."""

TEXTS: dict[str, str] = {
    "identity": "the name under which the station stands",
    "connector": "which connector this is about, from 1",
    "now": "the gateway's time, UTC",
    "state": "what the connector does",
    "session": "the number of the session that is open there",
    "session_id": "the station's own id of it",
    "session_token": "the token of it",
    "session_start": "when it began",
    "energy": "the meter's register, Wh, over resets and roll-overs",
    "operative": "whether the back end wants the connector in use",
    "limit": "the most that is allowed now, A; nothing where there is no limit",
    "amps": "what the procedure of `limit` shall set",
    "sample_interval": "seconds between readings",
    "booted": "whether the back end has accepted the station",
}
"""The built-in names; all but ``connector``, ``now`` and the flags may be nothing."""

BUILT_IN: dict[str, Type] = {
    "identity": Scalar("string"),
    "connector": Scalar("integer"),
    "now": Scalar("string"),
    "state": Enum("state", STATES),
    "session": Scalar("integer"),
    "session_id": Scalar("string"),
    "session_token": Scalar("string"),
    "session_start": Scalar("string"),
    "energy": Scalar("decimal"),
    "operative": Scalar("boolean"),
    "limit": Scalar("decimal"),
    "amps": Scalar("decimal"),
    "sample_interval": Scalar("integer"),
    "booted": Scalar("boolean"),
}
LOCAL = ("it", "told", "asked", "item")
"""Names that are there in some places only: a record, the answer to a call, a command, one of a list."""

_KINDS = {"integer": "integer", "decimal": "decimal", "text": "string", "boolean": "boolean", "time": "string"}


def shape_of(name: str, fields: Mapping[str, FieldShape]) -> Shape:
    """The fields of a record as expressions see them."""
    return Shape(
        name, {one: Field(one, _type(one, shape), not shape.optional, shape.type == "list") for one, shape in fields.items()}
    )


def _type(name: str, shape: FieldShape) -> Scalar | Enum | Shape:
    if shape.words:
        return Enum(name, tuple(shape.words))
    if shape.type in ("group", "list"):
        alone = shape.parts.get("item") if len(shape.parts) == 1 else None
        return _type("item", alone) if alone is not None and shape.type == "list" else shape_of(name, shape.parts)
    return Scalar(_KINDS.get(shape.type, "any"))


def joined(name: str, shapes: Iterable[Shape]) -> Shape:
    """What one of several may be: all fields of all."""
    fields: dict[str, Field] = {}
    for shape in shapes:
        for one, field in shape.fields.items():
            fields.setdefault(one, field)
    return Shape(name, fields)


def leaves(fields: Mapping[str, FieldShape], before: str = "") -> list[str]:
    """The path of every field that holds a value."""
    found: list[str] = []
    for name, shape in fields.items():
        found += leaves(shape.parts, f"{before}{name}.") if shape.type == "group" else [f"{before}{name}"]
    return found
