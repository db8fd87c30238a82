"""Reads values, conditions, records to send and messages to tell out of a ``device:`` section, noting every mistake.

In: maps of a dialect file, the types of names, what records and messages there are.  Out: `Value`, `Message`.
Not here: which keys a section has (`gateway.devices.load`, `gateway.devices.steps`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from gateway.devices.expressions import Value, constant, value
from gateway.devices.names import shape_of
from gateway.devices.rules import Fields, Message, Variable
from gateway.dialects.shapes import Enum, MessageType, Scalar, Shape
from gateway.ladder.expressions import Many, NotAllowed, Type
from gateway.source import Checker, List, Map, nearest, one_of
from gateway.wires.shapes import FrameShape

_NUMBERS = {"integer": ("integer", "boolean"), "decimal": ("integer", "decimal")}
_TEXTS = ("string", "anyURI", "dateTime")


class Reader:
    """``names`` are those known everywhere; ``frames`` the records of the wire, ``messages`` those of the dialect."""

    def __init__(
        self, checker: Checker, names: Mapping[str, Type], frames: Mapping[str, FrameShape], messages: Mapping[str, MessageType]
    ) -> None:
        self.checker, self.names, self.frames, self.messages = checker, dict(names), frames, messages
        self.fill: Fields = {}
        """What stands in each record of ours that has such a field, where nothing else is said."""
        self.settable: dict[str, Variable] = {}
        """The variables that a record or a step may set."""
        self.read: dict[str, set[str]] = {name: set() for name in frames}
        """The fields of each record that something looks at."""

        self.heard = {name: shape for name, shape in frames.items() if shape.sender != "backend"}

    def role(self, role: str) -> MessageType | None:
        """The first message of that role."""
        return next((one for one in self.messages.values() if one.role == role), None)

    # -- values --------------------------------------------------------------------------------------------------

    def value(
        self, where: Map | List, key: Any, more: Mapping[str, Type] = {}, kind: str = "", of: Iterable[str] = ()
    ) -> Value | None:
        """The value at ``where[key]``: text is an expression, anything else stands for itself.

        ``more`` are names known here alone; ``of`` the records that ``it`` may be; ``kind`` what must come out.
        """
        given = where[key]
        if isinstance(given, str):
            try:
                found = value(given, {**self.names, **more})
            except NotAllowed as no:
                torn = given.count("(") != given.count(")")  # a comma ends a value in {…} and […]
                expected = "quotes around an expression with commas in it" if torn else no.expected
                self.checker.fault(where, key, no.what, expected, no.near)
                return None
        elif isinstance(given, bool | int | Decimal) or given is None:
            found = constant(given)
        else:
            self.checker.fault(where, key, f"{key!r} is no value", "a number, or an expression")
            return None
        for frame in of:
            self.read[frame].update(path.removeprefix("it.") for path in found.reads if path.startswith("it."))
        if kind and found.kind not in ("", kind, *_NUMBERS.get(kind, ()), *(_TEXTS if kind in _TEXTS else ())):
            self.checker.fault(where, key, f"{key!r} gives {found.kind}", kind)
        return found

    def listed(self, where: Map, key: str, more: Mapping[str, Type], of: Iterable[str] = ()) -> tuple[Value, Type] | None:
        """The list at ``where[key]``, and what its items are."""
        found = self.value(where, key, more, of=of)
        if found is not None and isinstance(found.type, Many):
            return found, found.type.of
        if found is not None:
            self.checker.fault(where, key, f"{where[key]!r} is no list", "a field that is one")
        return None

    def values(self, where: Map, key: str, more: Mapping[str, Type] = {}, of: Iterable[str] = ()) -> dict[str, Value]:
        """A map of values at ``where[key]``, if there is one."""
        part = self.map(where, key)
        made = {name: self.value(part, name, more, of=of) for name in part}
        return {name: one for name, one in made.items() if one is not None}

    def map(self, where: Map, key: str) -> Map:
        """The map at ``where[key]``; an empty one where there is none."""
        found = where.get(key)
        if isinstance(found, Map):
            return found
        if found is not None:
            self.checker.fault(where, key, f"{key!r} is no map", "key: value lines")
        empty = Map()
        empty.file, empty.line, empty.lines = where.file, where.lines.get(key, where.line), {}
        return empty

    def text(self, where: Map, key: str, known: Iterable[str] | None = None, what: str = "") -> str:
        """The word at ``where[key]``, perhaps one of ``known``; an empty text where it is missing."""
        given = where.get(key)
        if given is None:
            return ""
        if not isinstance(given, str):
            self.checker.fault(where, key, f"{key!r} is {given!r}", "a word")
            return ""
        if known is not None and given not in known:
            self.checker.fault(where, key, f"unknown {what or key} {given!r}", one_of(sorted(known)), nearest(given, known))
            return ""
        return given

    def seconds(self, where: Map, key: str, usual: float = 0) -> float:
        """A number of seconds."""
        given = where.get(key, usual)
        if isinstance(given, bool) or not isinstance(given, int | float | Decimal) or given < 0:
            self.checker.fault(where, key, f"{key!r} is {given!r}", "seconds")
            return usual
        return float(given)

    def variables(self, where: Map, key: str, more: Mapping[str, Type] = {}, of: Iterable[str] = ()) -> dict[str, Value]:
        """Values for variables."""
        part, made = self.map(where, key), {}
        for name in part:
            if name not in self.settable:
                known = one_of(sorted(self.settable))
                self.checker.fault(part, name, f"there is no variable {name!r} to set", known, nearest(name, self.settable))
                continue
            found = self.value(part, name, more, self.settable[name].kind, of)
            if found is not None:
                made[name] = found
        return made

    def answering(self, name: str) -> list[str]:
        """The records that may answer one of ours."""
        return [one for one, shape in self.frames.items() if shape.sender != "backend" and name in (one, *shape.answers)]

    # -- records and messages ------------------------------------------------------------------------------------

    def record(self, where: Map, key: str, more: Mapping[str, Type] = {}, of: Iterable[str] = ()) -> Message | None:
        """A record to send: its name alone, or ``{name: {field: value}}``."""
        given = where[key]
        if isinstance(given, str):
            part, name = where, given
        elif isinstance(given, Map) and len(given) == 1:
            part, name = given, next(iter(given))
        else:
            self.checker.fault(where, key, f"{key!r} names no record", "its name, or {name: {field: value}}")
            return None
        known = [one for one, shape in self.frames.items() if shape.sender != "station"]
        if name not in known:
            self.checker.fault(
                part, name if part is not where else key, f"unknown record {name!r}", one_of(known), nearest(name, known)
            )
            return None
        asks = shape_of(name, self.frames[name].asks)
        given = {} if part is where else self.filled(self.map(part, name), asks, more, of)
        return Message(name, {**{one: value for one, value in self.fill.items() if one in asks.fields}, **given})

    def message(self, where: Map, key: str, more: Mapping[str, Type] = {}, of: Iterable[str] = ()) -> Message | None:
        """A message to tell the back end: ``{name: {field: value}}``."""
        given = where[key]
        known = [name for name, message in self.messages.items() if message.sender != "backend"]
        if not isinstance(given, Map) or len(given) != 1:
            self.checker.fault(where, key, f"{key!r} names no message", "{name: {field: value}}")
            return None
        name = next(iter(given))
        if name not in known:
            self.checker.fault(given, name, f"unknown message {name!r}", one_of(known), nearest(name, known))
            return None
        return Message(name, self.filled(self.map(given, name), self.messages[name].request, more, of, entire=True))

    def filled(self, where: Map, shape: Shape, more: Mapping[str, Type], of: Iterable[str], entire: bool = False) -> Fields:
        """Values for the fields of a shape; ``entire``: all that it requires."""
        made: dict[str, Value] = {}
        for name in where:
            field = shape.fields.get(name)
            if field is None:
                near = nearest(name, shape.fields)
                self.checker.fault(where, name, f"{shape.name} has no field {name!r}", one_of(shape.fields), near)
                continue
            kind = field.type.kind if isinstance(field.type, Scalar) and not field.many else ""
            found = self.value(where, name, more, "" if kind == "any" else kind, of)
            if found is not None:
                made[name] = found
                self.word(where, name, found, field.type)
        for name, field in shape.fields.items() if entire else ():
            if field.required and name not in where:
                self.checker.fault(where, None, f"{shape.name} lacks the field {name!r}")
        return made

    def word(self, where: Map, key: str, found: Value, type: Any) -> None:
        """A word that a field of closed values cannot hold is a mistake."""
        for word in (found.values or frozenset()) - {None} if isinstance(type, Enum) else ():
            if word not in type.values:
                self.checker.fault(
                    where, key, f"{word!r} is no value of {key}", one_of(type.values), nearest(str(word), type.values)
                )
