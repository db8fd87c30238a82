"""The words between the rooms: records, what a record may hold, rules of a link, what a framer gives.

In: nothing.  Out: frozen values and protocols.
Not here: how a record is read or written (`gateway.wires.wire`), or the file that describes it (`gateway.wires.load`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from gateway.dialects.shapes import Sender


@dataclass(frozen=True, slots=True)
class Record:
    """What one frame says.  Values are ``int``, ``Decimal``, ``str``, ``bool``, ``None`` (there, but without a value), ``dict``
    (bits and groups) and ``list``; an optional field that is not there is missing.  Times are text in UTC with a ``Z``.

    ``place`` is the topic, or the method and path, that it came by; ``warnings`` says what was forgiven.
    """

    name: str
    fields: Mapping[str, Any]
    raw: bytes = b""
    place: str = ""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Noise:
    """Bytes that belong to no frame, and why they were thrown away."""

    data: bytes
    why: str


class Framer(Protocol):
    """Cuts a stream into frames.  Keeps no more than one frame of the longest length."""

    def feed(self, data: bytes) -> list[bytes | Noise]:
        """Whole frames, as they came, and what was thrown away."""

    def idle(self) -> list[bytes | Noise]:
        """The line was silent, or closed: what was begun will not be finished."""


@dataclass(frozen=True, slots=True)
class FieldShape:
    """What a field of a record is: ``type`` is integer, decimal, text, boolean, time, list or group.

    ``parts`` are the fields of a group, or of each item of a list (under the name ``item`` where it holds plain values).
    """

    type: str
    optional: bool = False
    words: tuple[str, ...] = ()
    unit: str = ""
    parts: Mapping[str, FieldShape] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FrameShape:
    """What a record is: who sends it and its fields.

    ``asks`` are the fields of the question where question and answer share a name (registers), else those of the record.
    ``matched`` are the fields by which an answer finds its question; ``refusal`` says that it tells that something failed.
    """

    sender: Sender
    fields: Mapping[str, FieldShape]
    asks: Mapping[str, FieldShape]
    matched: frozenset[str] = frozenset()
    answers: tuple[str, ...] = ()
    refusal: bool = False


@dataclass(frozen=True, slots=True)
class Sequence:
    """The field that numbers our questions, counted from ``first`` to ``last`` and round again."""

    field: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class LinkRules:
    """The manners of one kind of link; seconds throughout.

    ``idle``: silence before we send.  ``gap``: between two of ours.  ``after``: at least so long after that record of ours.
    ``repeat``: at least so long between two of the same record.  ``lull``: silence that ends a frame, or half of one.
    ``within``, ``retries``: for an answer.  ``silence``: nothing heard for so long means that the station is gone.
    ``login``: how long a new link may stay without a known record.
    """

    port: int | None = None
    roles: tuple[str, ...] = ("listen", "dial")
    idle: float = 0
    gap: float = 0
    after: Mapping[str, float] = field(default_factory=dict)
    repeat: Mapping[str, float] = field(default_factory=dict)
    outstanding: int = 1
    within: float = 5
    retries: int = 0
    misses: int = 3
    silence: float = 0
    login: float = 30
    lull: float = 1
    options: Mapping[str, Any] = field(default_factory=dict)
