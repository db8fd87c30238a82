"""What is needed to read the rules of one profile: which messages there are, and who sends them.

In: the dialects that a profile is for, its side.  Out: shapes and types of its messages.
Not here: the rules (`gateway.quirks.rule`), their conditions (`gateway.quirks.clauses`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, TypeAlias

from gateway.dialects.errors import PeerError
from gateway.dialects.schema import Dialect
from gateway.dialects.shapes import MessageType, Shape
from gateway.ladder.expressions import Type
from gateway.messages import Side
from gateway.quirks import refusals
from gateway.source import Checker, List, Map

Way: TypeAlias = Literal["from", "to"]
"""From the peer (``repair``) or to it (``adjust``)."""


class On(NamedTuple):
    """A kind of message: ``call``, ``result`` or ``error``, and the operation."""

    kind: str
    action: str

    def __str__(self) -> str:
        return f"{self.kind} {self.action}"


@dataclass(frozen=True, slots=True)
class Reading:
    """What is needed to check the rules of one profile.  ``named`` says that the profile names its dialects.

    ``beyond`` allows what goes to the peer to leave the schema.  ``beside`` are names that expressions may use beside the usual.
    """

    check: Checker
    dialects: Mapping[str, Dialect]
    named: bool
    side: Side
    way: Way
    deliberate: bool
    beyond: bool = False
    beside: Mapping[str, Type] = field(default_factory=dict)

    @property
    def operations(self) -> set[str]:
        """The names of all operations."""
        return {action for dialect in self.dialects.values() for action in dialect.messages}

    def types(self, on: On) -> list[MessageType]:
        """The operation in each dialect that has it."""
        return [d.messages[on.action] for d in self.dialects.values() if on.action in d.messages]

    def shapes(self, on: On) -> list[Shape]:
        """The shapes of that kind of message."""
        if on.kind == "error":
            return [refusals.shape(d, self.way == "from") for d in self.dialects.values() if on.action in d.messages]
        return [found.shape(on.kind) for found in self.types(on)]


def each_map(reading: Reading, at: Map, key: str, form: str) -> list[Map]:
    """The mappings in the list ``at[key]``; ``form`` says what each should look like."""
    listed = at[key]
    if not isinstance(listed, List) or not listed:
        reading.check.fault(at, key, f"{key} is no list", form)
        return []
    for number, one in enumerate(listed):
        if not isinstance(one, Map):
            reading.check.fault(listed, number, f"what stands in {key} is a mapping", form)
    return [one for one in listed if isinstance(one, Map)]


def fits_dialects(reading: Reading, at: Map, key: str, kind: str, action: str, payload: Any) -> None:
    """Note where ``payload``, which stands at ``at[key]``, is no valid message of a dialect that the profile names."""
    for name, dialect in reading.dialects.items() if reading.named else ():
        try:
            dialect.check(kind, action, payload)
        except PeerError as error:
            reading.check.fault(at, key if key in at else None, f"not valid in {name}: {error}")
