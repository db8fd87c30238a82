"""The three things that OCPP peers say to each other, in any dialect.

In: nothing.  Out: ``Call``, ``Result``, ``Error``.
Not here: how they look on the wire (``gateway.dialects``) or what they mean (``gateway.session``).

A payload is JSON-shaped: ``dict``, ``list``, ``str``, ``int``, ``Decimal``, ``bool``, ``None``; never ``float``.  Field
names are the standard's own.  An XML attribute or text node is a field like any other; the dialect knows its place.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

Payload: TypeAlias = dict[str, Any]
Side: TypeAlias = Literal["station", "backend"]


@dataclass(frozen=True, slots=True)
class Call:
    """A question.  ``id`` is unique among the asker's open calls on its link."""

    id: str
    action: str
    payload: Payload

    kind = "call"


@dataclass(frozen=True, slots=True)
class Result:
    """The answer to the call of the same ``id``; ``action`` is that call's."""

    id: str
    action: str
    payload: Payload

    kind = "result"


@dataclass(frozen=True, slots=True)
class Error:
    """A refusal.  ``code`` is one of `gateway.dialects.errors.CODES`; a dialect spells it its own way (SOAP: a Fault)."""

    id: str
    action: str
    code: str
    description: str = ""
    details: Payload = field(default_factory=dict)

    kind = "error"


Message: TypeAlias = Call | Result | Error
Answer: TypeAlias = Result | Error
