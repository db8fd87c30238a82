"""What is needed to read the rules of one profile: which messages there are, and who sends them.

In: the dialects that a profile is for, its side.  Out: shapes and types of its messages.
Not here: the rules (`gateway.quirks.rule`), their conditions (`gateway.quirks.clauses`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from gateway.dialects.schema import Dialect
from gateway.dialects.shapes import MessageType, Shape
from gateway.messages import Side
from gateway.quirks import refusals
from gateway.source import Checker

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

    ``beyond`` allows what goes to the peer to leave the schema.
    """

    check: Checker
    dialects: Mapping[str, Dialect]
    named: bool
    side: Side
    way: Way
    deliberate: bool
    beyond: bool = False

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
