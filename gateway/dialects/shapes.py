"""The parts of which a dialect is made: types, fields, shapes and messages, as plain values.

In: nothing.  Out: frozen values that the loader builds and the compilers read.
Not here: the file they come from (`gateway.dialects.load`), what is done with them (`checks`, `lenses`, `soap_write`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal, TypeAlias

KINDS = ("string", "integer", "decimal", "boolean", "dateTime", "anyURI", "any")
Place: TypeAlias = Literal["element", "attribute", "text"]
Answer: TypeAlias = Literal["ack", "content"]
Sender: TypeAlias = Literal["station", "backend", "both"]


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value; ``kind`` is one of `KINDS`.  A dateTime is text, normalised to UTC with a ``Z``."""

    kind: str

    @property
    def name(self) -> str:
        """The kind: so that every type has a name."""
        return self.kind


@dataclass(frozen=True, slots=True, eq=False)
class Enum:
    """A closed list of words.  ``read`` holds spellings that are understood too: word meant, or None for "left out"."""

    name: str
    values: tuple[str, ...]
    read: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Shape:
    """An object.  The order of ``fields`` is the order of the XML Schema.  An ``open`` one may have any others beside them."""

    name: str
    fields: dict[str, Field]
    open: bool = False

    @property
    def text(self) -> Field | None:
        """The field that is the element's own text in XML, if the shape has one."""
        return next((f for f in self.fields.values() if f.place == "text"), None)


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """One field of a shape.

    ``many`` makes it a list of at least ``least`` items.  ``max_length`` counts code points.  A decimal is a multiple
    of ``step``; an integer fits into ``bits``, signed.  An ``extra`` is one that every object of the dialect may carry.
    """

    name: str
    type: Scalar | Enum | Shape
    required: bool = True
    many: bool = False
    least: int = 0
    max_length: int | None = None
    place: Place = "element"
    step: Decimal | None = None
    bits: int = 60
    extra: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class MessageType:
    """One operation: its call and its result.

    ``key`` names the facts that make two calls the same; empty means the whole payload.  ``answer`` marks a transaction
    message and says when the station is answered.  ``defaults`` fill the required fields of a result that no fact fills,
    by path.  ``codec`` is the only codec that has the operation; None where every codec has it.

    Where one operation serves several roles, ``role`` is that of any value which ``roles`` does not list: it maps the value
    at ``role_at`` in the request to its role.  ``content_if`` is the field that makes the answer ``content`` where it is there.
    """

    action: str
    sender: Sender
    role: str | None
    answer: Answer | None
    key: tuple[str, ...]
    request: Shape
    result: Shape
    request_facts: dict[str, str]
    result_facts: dict[str, str]
    defaults: dict[str, Any] = field(default_factory=dict)
    codec: str | None = None
    role_at: str = ""
    roles: dict[str, str] = field(default_factory=dict)
    content_if: str = ""

    def role_of(self, payload: dict[str, Any]) -> str | None:
        """What a call with this payload is for."""
        return self.roles.get(_leaf(payload, self.role_at), self.role) if self.roles else self.role

    def answer_of(self, payload: dict[str, Any]) -> Answer | None:
        """When a call with this payload is answered: see `Dialect.answer_of`."""
        return "content" if self.content_if and _leaf(payload, self.content_if) is not None else self.answer

    def shape(self, kind: str) -> Shape:
        """The shape of a ``call`` or a ``result``."""
        return self.request if kind == "call" else self.result

    def facts(self, kind: str) -> dict[str, str]:
        """Where the facts stand in a ``call`` or a ``result``: fact → path."""
        return self.request_facts if kind == "call" else self.result_facts


def _leaf(payload: Any, path: str) -> Any:
    for name in path.split("."):
        payload = payload.get(name) if isinstance(payload, dict) else None
    return payload


def at(shape: Shape, path: str) -> Field | None:
    """The field at a dotted path, or None where there is none or where the way leads through a list."""
    found: Field | None = None
    for name in path.split("."):
        if found is not None and (found.many or not isinstance(found.type, Shape)):
            return None
        inner = shape if found is None else found.type
        found = inner.fields.get(name) if isinstance(inner, Shape) else None
        if found is None:
            return None
    return None if found is None or found.many else found
