"""Vectors: frames beside what they say, which every dialect file carries and every load of a test runs.

In: the list ``vectors`` of a wire.  Out: `Vector`; and the faults of those that do not come out.
Not here: what a frame is (`gateway.wires.wire`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from gateway.dialects.errors import PeerError
from gateway.messages import Side
from gateway.source import Checker, Fault, List, Map, line_of, one_of
from gateway.wires.load_turns import number
from gateway.wires.shapes import FieldShape, Noise, Record
from gateway.wires.wire import Wire

_KEYS = ("record", "fields", "frame", "text", "sender", "way", "asked", "place", "refused")
_WAYS = ("both", "read", "write")


@dataclass(frozen=True, slots=True)
class Vector:
    """One frame and its record; ``refused`` is a word of the reason, where it must not be read.

    ``frame`` is None where it is not said: for a request without a body, or since the author wants to be told it.
    """

    source: Map
    record: str
    fields: Map
    frame: bytes | None
    sender: Side | None = None
    way: str = "both"
    asked: tuple[str, Map] | None = None
    place: str = ""
    refused: str = field(default="")


def read_vectors(checker: Checker, top: Map, records: Iterable[str]) -> tuple[Vector, ...]:
    """The vectors of a wire.  There must be some, and each record must be in one."""
    given = top.get("vectors")
    if not isinstance(given, List) or not given:
        checker.fault(top, "vectors", "a wire needs vectors", "- {record: …, fields: {…}, frame: 68 0C …}")
        return ()
    known = list(records)
    made = [made for index in range(len(given)) if (made := _vector(checker, given, index, known)) is not None]
    shown = {one.record for one in made}
    for name in known:
        if name not in shown:
            checker.fault(top["records"], name, f"no vector shows the record {name}", "one under vectors")
    return tuple(made)


def _vector(checker: Checker, given: List, index: int, known: list[str]) -> Vector | None:
    one = given[index]
    if not isinstance(one, Map):
        checker.fault(given, index, "a vector is no map", "{record: …, fields: {…}, frame: …}")
        return None
    checker.keys(one, "a vector", [], _KEYS)
    frame = _frame(checker, one)
    name = str(one.get("record", ""))
    if name not in known and not ("refused" in one and not name):
        checker.unknown(one, "record" if name else "frame", f"record of a vector {name!r}:", known)
        return None
    if one.get("way", "both") not in _WAYS:
        checker.fault(one, "way", f"way is {one['way']!r}", one_of(_WAYS))
    asked = one.get("asked")
    pair = (str(asked["record"]), _fields(asked)) if isinstance(asked, Map) and "record" in asked else None
    if asked is not None and pair is None:
        checker.fault(one, "asked", "asked is the question's record", "{record: …, fields: {…}}")
    sender = cast("Side | None", one.get("sender"))
    way, place, refused = str(one.get("way", "both")), str(one.get("place", "")), str(one.get("refused", ""))
    return Vector(one, name, _fields(one), frame, sender, way, pair, place, refused)


def _fields(where: Map) -> Map:
    found = where.get("fields")
    return found if isinstance(found, Map) else Map()


def _frame(checker: Checker, one: Map) -> bytes | None:
    """``frame: 68 0C …`` in hex, or ``text: "$GS^30\\r"``."""
    if "frame" in one and "text" in one:
        checker.fault(one, "text", "a vector has a frame in hex, or a text", "one of both")
        return None
    if "frame" not in one and "text" not in one:
        return None
    if "text" in one:
        return str(one["text"]).encode("latin-1", "replace")
    compact = re.sub(r"\s", "", str(one["frame"]))
    if not re.fullmatch(r"(?:[0-9A-Fa-f]{2})+", compact):
        checker.fault(one, "frame", "the frame is no hex", "two digits for each byte")
        return None
    return bytes.fromhex(compact)


# -- running them ----------------------------------------------------------------------------------------------------


def run(wire: Wire) -> list[Fault]:
    """The faults of all vectors that do not come out as they stand there."""
    found = []
    for vector in wire.vectors:
        for key, what, expected in _differences(wire, vector):
            found.append(Fault(vector.source.file, line_of(vector.source, key), what, expected))
    return found


def _differences(wire: Wire, vector: Vector) -> Iterable[tuple[str, str, str]]:
    sender = vector.sender or _sender(wire, vector.record)
    asked = None
    if vector.asked is not None:
        name, given = vector.asked
        asked = Record(name, _typed(given, wire.frames[name].asks)) if name in wire.frames else None
    key = "frame" if "frame" in vector.source else "text"
    if vector.refused:
        yield from _refused(wire, vector, sender, asked, key)
        return
    shape = wire.frames[vector.record]
    fields = _typed(vector.fields, shape.fields if sender == "station" else shape.asks)
    if vector.frame is None and not vector.place:
        yield _unframed(wire, vector, sender, fields)
        return
    if vector.way != "write":
        yield from _read(wire, vector, sender, asked, key, fields)
    if vector.way != "read":
        yield from _written(wire, vector, sender, key, fields)


def _sender(wire: Wire, name: str) -> Side:
    shape = wire.frames.get(name)
    return "backend" if shape is not None and shape.sender == "backend" else "station"


def _read(
    wire: Wire, vector: Vector, sender: Side, asked: Record | None, key: str, fields: Mapping[str, Any]
) -> Iterable[tuple[str, str, str]]:
    cut = _cut(wire, vector, sender)
    if len(cut) != 1 or not isinstance(cut[0], bytes):
        yield key, f"the framer makes {_told(cut)} of it", "one frame"
        return
    try:
        record = wire.read(cut[0], sender, asked, vector.place)
    except PeerError as error:
        yield key, f"it cannot be read: {error}", f"the record {vector.record}"
        return
    if record.name != vector.record:
        yield "record", f"it is read as {record.name}", f"the record {vector.record}"
    elif dict(record.fields) != dict(fields):
        yield from _fields_differ(record.fields, fields)


def _cut(wire: Wire, vector: Vector, sender: Side) -> list[bytes | Noise]:
    """The pieces of its frame; a request without a body is one by its place, an answer by its question."""
    if not vector.frame and (vector.place or vector.asked is not None):
        return [b""]
    framer = wire.framer(sender)
    return [*framer.feed(vector.frame or b""), *framer.idle()]


def _told(cut: list[bytes | Noise]) -> str:
    """What came of the bytes of a vector, in short."""
    frames = len([one for one in cut if isinstance(one, bytes)])
    reasons = dict.fromkeys(one.why for one in cut if isinstance(one, Noise))
    return " and ".join([f"{frames or 'no'} frame{'s' * (frames != 1)}", *(f"noise ({why})" for why in reasons)])


def _fields_differ(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> Iterable[tuple[str, str, str]]:
    for name in sorted({*found, *wanted}):
        if name not in wanted:
            yield "record", f"{name}: {found[name]!r} is read too", "a line for it under fields"
        elif name not in found:
            yield "fields", f"{name} is not read", f"{wanted[name]!r}"
        elif found[name] != wanted[name]:
            yield "fields", f"{name} is read as {found[name]!r}", f"{wanted[name]!r}"


def _written(wire: Wire, vector: Vector, sender: Side, key: str, fields: Mapping[str, Any]) -> Iterable[tuple[str, str, str]]:
    try:
        made = wire.write(vector.record, fields, sender)
        place = wire.place(vector.record, fields)
    except ValueError as error:
        yield key, f"it cannot be written: {error}", "the frame"
        return
    if made != (vector.frame or b""):
        shown = made.hex(" ").upper() if key == "frame" else repr(made.decode("latin-1"))
        yield key, f"it is written {shown}", "this frame"
    if place != vector.place:
        yield "place", f"it goes to {place!r}", f"{vector.place!r}"


def _unframed(wire: Wire, vector: Vector, sender: Side, fields: Mapping[str, Any]) -> tuple[str, str, str]:
    """What an author has to write, told to be compared with the manual."""
    try:
        made = wire.write(vector.record, fields, sender)
    except ValueError as error:
        return "record", f"a vector has a frame in hex, or a text; it cannot be written: {error}", "frame: 68 0C …"
    shown = made.hex(" ").upper()
    if made.isascii() and made.decode().rstrip("\r\n").isprintable():
        shown += " or text: " + json.dumps(made.decode())
    return "record", "a vector has a frame in hex, or a text", f"if the manual says so too, frame: {shown}"


def _refused(wire: Wire, vector: Vector, sender: Side, asked: Record | None, key: str) -> Iterable[tuple[str, str, str]]:
    cut = _cut(wire, vector, sender)
    reasons = [one.why for one in cut if not isinstance(one, bytes)]
    for frame in [one for one in cut if isinstance(one, bytes)]:
        try:
            record = wire.read(frame, sender, asked, vector.place)
        except PeerError as error:
            reasons.append(str(error))
        else:
            yield key, f"it is read as {record.name}", f"refused: {vector.refused}"
    if not any(vector.refused in one for one in reasons):
        yield "refused", f"it is refused for another reason: {'; '.join(reasons)}", vector.refused


def _typed(given: Mapping[str, Any], shapes: Mapping[str, FieldShape]) -> dict[str, Any]:
    """Values of the file as records have them: text where the field is text, whatever YAML made of it."""
    return {name: _value(value, shapes.get(name)) for name, value in given.items()}


def _value(value: Any, shape: FieldShape | None) -> Any:
    if shape is None or value is None:
        return value
    if isinstance(value, list):
        item = shape.parts.get("item")
        if len(shape.parts) == 1 and item is not None and not any(isinstance(one, dict) for one in value):
            return [_value(one, item) for one in value]
        return [_typed(one, shape.parts) if isinstance(one, Mapping) else one for one in value]
    if isinstance(value, Mapping):
        return _typed(value, shape.parts)
    if shape.type in ("integer", "decimal"):
        return value if (found := number(value)) is None else found
    return str(value) if shape.type in ("text", "time") and not isinstance(value, bool) else value
