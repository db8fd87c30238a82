"""The three things that OCPP peers say to each other, in any dialect.

In: nothing.  Out: ``Call``, ``Result``, ``Error``.
Not here: how they look on the wire (``gateway.dialects``) or what they mean (``gateway.session``).

A payload is JSON-shaped: ``dict``, ``list``, ``str``, ``int``, ``Decimal``, ``bool``, ``None``; never ``float``.  Field
names are the standard's own.  An XML attribute or text node is a field like any other; the dialect knows its place.

They are structs and not dataclasses because several are made for every message, and a frozen dataclass takes ten times as long.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from msgspec import Struct, field

Payload: TypeAlias = dict[str, Any]
Side: TypeAlias = Literal["station", "backend"]


class Call(Struct, frozen=True, gc=False):
    """A question.  ``id`` is unique among the asker's open calls on its link.

    ``said`` is the payload as it came, where a time in it could not be read: ``payload`` has the time of receipt there.
    """

    id: str
    action: str
    payload: Payload
    said: Payload | None = None

    kind = "call"


class Result(Struct, frozen=True, gc=False):
    """The answer to the call of the same ``id``; ``action`` is that call's."""

    id: str
    action: str
    payload: Payload

    kind = "result"


class Error(Struct, frozen=True, gc=False):
    """A refusal.  ``code`` is one of `gateway.dialects.errors.CODES`; a dialect spells it its own way (SOAP: a Fault).

    ``said`` is a peer's code that is none of them; its error then counts as a GenericError.
    """

    id: str
    action: str
    code: str
    description: str = ""
    details: Payload = field(default_factory=dict)
    said: str = ""

    kind = "error"


Message: TypeAlias = Call | Result | Error
Answer: TypeAlias = Result | Error
