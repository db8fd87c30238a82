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
    dialect; ``facts`` what is known of the station, ``registers`` what its flows remember.
    """

    ways: tuple[Way, ...]
    left: Any
    right: Any
    asked: dict[str, Any]
    facts: dict[str, Any]
    registers: dict[str, Any]
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
ANY, IF_THERE = "*", "if there"


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
    lost: dict[Way, tuple[Lost, ...]] = field(default_factory=dict)
    """What a map of Python drops of an object: paths below the field."""
    entire: bool = False
    """``needed: if there``."""
    single: str = ""
    """Why a list of more than one cannot cross where the other side has no list: its owner goes."""
    together: str = ""
    """The Python that sees all items of a list."""


@dataclass(frozen=True, eq=False)
class Lost:
    """A field that does not cross.  Where ``when`` holds its owner goes with it."""

    id: str
    path: Path
    why: str
    when: str | None
    samples: tuple[Sample, ...]
    spot: Spot


@dataclass(frozen=True, eq=False)
class Line:
    """What a flow does with a field beside the rules, told for the checks and the ledger.

    ``source`` is empty for what the flow makes, ``target`` for what it only reads; ``by`` is the map through which it goes.
    """

    id: str
    way: Way
    source: Path
    target: Path
    by: str
    why: str
    spot: Spot


@dataclass(eq=False)
class Block:
    """The rules of one shape, request or result."""

    spot: Spot
    rules: list[Rule] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    lost: dict[Way, dict[Path, Lost]] = field(default_factory=lambda: {">": {}, "<": {}})
    unfilled: dict[Way, dict[Path, Lost]] = field(default_factory=lambda: {">": {}, "<": {}})

    def arrows(self) -> list[tuple[Spot, str]]:
        """Where each thing in it points."""
        kept = [(item.spot, way) for items in (self.lost, self.unfilled) for way in WAYS for item in items[way].values()]
        return [*((rule.spot, rule.arrow) for rule in self.rules), *((line.spot, line.way) for line in self.lines), *kept]


@dataclass(frozen=True, eq=False)
class Local:
    """What the gateway says itself: an answer (values, or expressions over the request), a refusal, or what a flow says."""

    id: str
    answer: dict[str, Any] | None
    refuse: str
    why: str
    samples: tuple[Sample, ...]
    spot: Spot
    flow: str = ""


@dataclass(eq=False)
class Entry:
    """All that a table says of one message and what it becomes.

    ``left`` and ``right`` are its names on either side, ``arrow`` says who asks.  ``flows`` names the function for a direction.
    """

    name: str
    left: str
    right: str
    arrow: str
    spot: Spot
    blocks: dict[str, Block] = field(default_factory=dict)
    empty: dict[Way, Local] = field(default_factory=dict)
    flows: dict[Way, str] = field(default_factory=dict)

    @property
    def both(self) -> bool:
        """Whether either side may ask."""
        return self.arrow == "="

    def named(self, way: Way) -> tuple[str, str]:
        """The asker's name of it and the answerer's, for requests in a direction."""
        return (self.left, self.right) if way == ">" else (self.right, self.left)


@dataclass(eq=False)
class Sheet:
    """One table file.  ``only[">"]`` are the messages that only the left dialect has.  ``maps`` are maps of Python by name."""

    name: str
    left: str
    right: str
    spot: Spot
    enums: dict[str, Values] = field(default_factory=dict)
    maps: dict[str, tuple[str, Spot]] = field(default_factory=dict)
    shapes: dict[str, Block] = field(default_factory=dict)
    messages: dict[str, Entry] = field(default_factory=dict)
    only: dict[Way, dict[str, Local]] = field(default_factory=lambda: {">": {}, "<": {}})
    everywhere: frozenset[str] = frozenset()
