"""A ladder table as it was written: values only, nothing looked up in a dialect yet.

In: nothing.  Out: `Sheet` and its parts.
Not here: reading (`gateway.ladder.read`), meaning (`gateway.ladder.plan`), running (`gateway.ladder.compiler`).

Arrows: ``=`` both ways, ``>`` from left to right, ``<`` from right to left.  A direction is ``>`` or ``<``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal, TypeAlias

from gateway.source import List, Map

Way: TypeAlias = Literal[">", "<"]
Path: TypeAlias = tuple[str, ...]
WAYS: tuple[Way, Way] = (">", "<")


@dataclass(frozen=True, eq=False)
class Spot:
    """Where in a file something stands."""

    where: Map | List
    key: str | int | None = None


@dataclass(frozen=True, eq=False)
class Sample:
    """Before and after of one rule.  A side that is None is absent:
    going towards it, nothing may come out.

    ``lost`` names the fields of which something is lost; ``asked`` is the request that a result answers, in the asker's
    dialect; ``facts`` what is known of the station.
    """

    ways: tuple[Way, ...]
    left: Any
    right: Any
    asked: dict[str, Any]
    facts: dict[str, Any]
    lost: tuple[str, ...]
    place: str
    spot: Spot


@dataclass(frozen=True, eq=False)
class Row:
    """One line of a value map.  ``OMIT`` or ``DROP`` as a target: leave the field out, or give up its owner."""

    id: str
    arrow: str
    left: tuple[str, ...]
    right: tuple[str, ...]
    why: str
    same: str
    spot: Spot


OMIT, DROP, CUT, REFUSE = "omit", "drop", "cut", "refuse"


@dataclass(frozen=True, eq=False)
class Values:
    """A map of values.  ``open``: any other value passes as it is."""

    name: str
    rows: tuple[Row, ...]
    open: bool
    samples: tuple[Sample, ...]
    spot: Spot


@dataclass(frozen=True, eq=False)
class Case:
    """An exception to a rule: for the value ``on``, or where ``when`` holds.  ``end`` is give, omit or drop."""

    id: str
    on: Any
    when: str | None
    end: str
    give: Any
    why: str
    spot: Spot


@dataclass(frozen=True, eq=False)
class Rule:
    """What becomes of one field, or what a field is made of.

    ``long`` says what becomes of a value that is too long there: cut, omit, drop or refuse; ``why`` is the reason.
    """

    id: str
    arrow: str
    left: Path
    right: Path
    by: str | None
    scale: Decimal | None
    default: dict[Way, Any]
    cases: dict[Way, tuple[Case, ...]]
    needed: bool
    echo: Path
    long: str
    why: str
    samples: tuple[Sample, ...]
    spot: Spot


@dataclass(frozen=True, eq=False)
class Lost:
    """A field that does not cross.  Where ``when`` holds its owner goes with it."""

    id: str
    path: Path
    why: str
    when: str | None
    samples: tuple[Sample, ...]
    spot: Spot


@dataclass(eq=False)
class Block:
    """The rules of one shape, request or result."""

    spot: Spot
    rules: list[Rule] = field(default_factory=list)
    lost: dict[Way, dict[Path, Lost]] = field(default_factory=lambda: {">": {}, "<": {}})
    unfilled: dict[Way, dict[Path, Lost]] = field(default_factory=lambda: {">": {}, "<": {}})


@dataclass(frozen=True, eq=False)
class Local:
    """What the gateway says itself: an answer (values, or expressions over the request), or a refusal."""

    id: str
    answer: dict[str, Any] | None
    refuse: str
    why: str
    samples: tuple[Sample, ...]
    spot: Spot


@dataclass(eq=False)
class Entry:
    """All that a table says of one message both sides know."""

    name: str
    spot: Spot
    blocks: dict[str, Block] = field(default_factory=dict)
    empty: dict[Way, Local] = field(default_factory=dict)
    flow: str = ""


@dataclass(eq=False)
class Sheet:
    """One table file.  ``only[">"]`` are the messages that only the left dialect has."""

    name: str
    left: str
    right: str
    spot: Spot
    enums: dict[str, Values] = field(default_factory=dict)
    shapes: dict[str, Block] = field(default_factory=dict)
    messages: dict[str, Entry] = field(default_factory=dict)
    only: dict[Way, dict[str, Local]] = field(default_factory=lambda: {">": {}, "<": {}})
