"""Looks up a map of values at one place of use: every value of the source must have somewhere to go.

In: `Values` and the two enums of the place.  Out: `Choice`; faults for values without a row and rows without a use.
Not here: where maps are used (`gateway.ladder.resolve`).

A value that has no row and the same name on the other side stays.  A row is a loss where the way back leads elsewhere;
it must then say ``why`` (something is lost) or ``same`` (two spellings of one thing), and may not otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from gateway.dialects.schema import Enum, Scalar
from gateway.ladder.losses import Loss
from gateway.ladder.plan import Choice
from gateway.ladder.table import ANY, DROP, OMIT, WAYS, Row, Spot, Values, Way
from gateway.source import Checker, nearest, one_of


@dataclass(frozen=True, eq=False)
class Here:
    """A place of use: ``path`` is the dotted path of the source field; ``closed`` the values that cases take."""

    table: str
    action: str
    path: str
    way: Way
    source: Enum | Scalar
    target: Enum | Scalar
    closed: frozenset[str]
    closed_back: frozenset[str]
    spot: Spot
    lookup: bool = False
    """Whether a flow looks something up; nothing is lost by that."""


def step(values: Values | None, way: Way) -> dict[str, tuple[str, Row]]:
    """What the rows say in one direction."""
    found: dict[str, tuple[str, Row]] = {}
    for row in values.rows if values else ():
        if row.arrow in ("=", way):
            sources, targets = (row.left, row.right) if way == ">" else (row.right, row.left)
            found.update(dict.fromkeys(sources, (targets[0], row)))
    return found


def heard(ahead: Mapping[str, Any], here: Here) -> tuple[str, ...]:
    """The values that may come: of an enum its own; of any text, where a row takes the rest, the far words and the rows'."""
    if ANY in ahead and isinstance(here.target, Enum) and not isinstance(here.source, Enum):
        return tuple(dict.fromkeys((*here.target.values, *ahead)))
    return words(here.source)


def words(kind: Enum | Scalar) -> tuple[str, ...]:
    """The values of an enum; none for anything else."""
    return kind.values if isinstance(kind, Enum) else ()


@dataclass
class Choices:
    """Every use of every map of one table; remembers which rows found their values."""

    checker: Checker
    known: dict[tuple[str, Way], set[str]] = field(default_factory=dict)
    targets: dict[tuple[str, Way], set[str]] = field(default_factory=dict)
    useful: set[tuple[int, Way, str]] = field(default_factory=set)
    explained: set[int] = field(default_factory=set)

    def choose(self, values: Values | None, here: Here) -> Choice:
        """The choice at ``here``; without a map, values of the same name stay."""
        ahead, back = step(values, here.way), step(values, "<" if here.way == ">" else ">")
        if values is not None and values.open:
            self.open_use(values, here, ahead)
            return Choice({k: to for k, (to, _) in ahead.items()}, frozenset(), frozenset(), {}, True)
        values_here = heard(ahead, here)
        if values is not None:
            self.known.setdefault((values.name, here.way), set()).update(values_here)
            self.targets.setdefault((values.name, here.way), set()).update(words(here.target))
        table, losses, ends = {}, {}, {OMIT: set[str](), DROP: set[str]()}
        for value in values_here:
            if value in here.closed:
                continue
            to, row = ahead.get(value, (value, None))
            if row is None and isinstance(here.target, Enum) and value not in here.target.values:
                self.no_row(values, here, value)
                continue
            returned = None if to in ends or to in here.closed_back else back.get(to, (to, None))[0]
            if (loss := self.weigh(values, here, value, to, row, returned == value)) is not None:
                losses[value] = loss
            if to in ends:
                ends[to].add(value)
            else:
                table[value] = to
        any_text = frozenset(values_here) if values_here != words(here.source) else frozenset[str]()
        return Choice(table, frozenset(ends[DROP]), frozenset(ends[OMIT]), losses, False, any_text)

    def looked_up(self, values: Values, here: Here) -> Choice:
        """The choice where a flow looks a value up; what is no closed list there holds whatever the rows say."""
        ahead = step(values, here.way)
        source = here.source if isinstance(here.source, Enum) else Enum(values.name, tuple(ahead))
        given = (to for to, _ in ahead.values() if to not in (OMIT, DROP))
        target = here.target if isinstance(here.target, Enum) else Enum(values.name, (*given, *source.values))
        return self.choose(values, replace(here, source=source, target=target, lookup=True))

    def weigh(self, values: Values | None, here: Here, value: str, to: str, row: Row | None, returns: bool) -> Loss | None:
        """The loss that lies in ``value`` becoming ``to``, if any; a fault where the table is silent about it."""
        if row is not None and not (value == to if here.lookup else returns and value == to):
            self.useful.add((id(row), here.way, value))
        if here.lookup:
            return None
        if row is not None and not returns and (row.why or row.same):
            self.explained.add(id(row))
            return Loss(here.table, here.action, here.path, row.id, row.why) if row.why else None
        if not returns:
            spot = row.spot if row else values.spot if values else here.spot
            self.checker.fault(
                spot.where, spot.key, f"{value!r} becomes {to!r} and cannot come back", "'why' (a loss) or 'same' (two spellings)"
            )
        return None

    def no_row(self, values: Values | None, here: Here, value: str) -> None:
        """Note a value that has nowhere to go."""
        spot, where = (values.spot, f"in the map {values.name}") if values else (here.spot, "and no map")
        expected = f"a row to {one_of(words(here.target))}, omit or drop"
        self.checker.fault(
            spot.where, spot.key, f"{here.action}.{here.path}: {value!r} has no row {where} going {here.way!r}", expected
        )

    def open_use(self, values: Values, here: Here, ahead: dict[str, tuple[str, Row]]) -> None:
        """Remember a use of an open map, whose rows are all useful."""
        self.known.setdefault((values.name, here.way), set()).update(ahead)
        self.targets.setdefault((values.name, here.way), set()).update(to for to, _ in ahead.values())
        self.useful.update((id(row), here.way, value) for value, (_, row) in ahead.items())

    def finish(self, maps: Iterable[Values]) -> None:
        """Note rows that can never fire, maps that nobody uses, and losses that are none."""
        for values in maps:
            used = [way for way in WAYS if (values.name, way) in self.known]
            if not used:
                self.checker.fault(values.spot.where, values.spot.key, f"no rule uses the map {values.name!r}")
                continue
            for way in used:
                self.twice(values, way)
                for row in values.rows:
                    if row.arrow in ("=", way):
                        self.row_use(values, row, way)
            for row in values.rows:
                if (row.why or row.same) and id(row) not in self.explained:
                    self.checker.fault(row.spot.where, row.spot.key, f"the row {row.id!r} declares a loss and has none")

    def row_use(self, values: Values, row: Row, way: Way) -> None:
        """Note the values of a row that nobody knows, and rows without an effect."""
        sources, targets = (row.left, row.right) if way == ">" else (row.right, row.left)
        known, possible = self.known.get((values.name, way), set()), self.targets.get((values.name, way), set())
        for value in sources:
            if value not in known:
                self.checker.fault(
                    row.spot.where, row.spot.key, f"unknown value {value!r}", one_of(sorted(known)), nearest(value, known)
                )
            elif (id(row), way, value) not in self.useful:
                self.checker.fault(
                    row.spot.where,
                    row.spot.key,
                    f"the row for {value!r} can never matter",
                    "no row: it stays, or a case takes it",
                )
        for value in targets:
            if value not in possible and value not in (OMIT, DROP):
                self.checker.fault(
                    row.spot.where, row.spot.key, f"unknown value {value!r}", one_of(sorted(possible)), nearest(value, possible)
                )

    def twice(self, values: Values, way: Way) -> None:
        """Note values that two rows claim."""
        seen: set[str] = set()
        for row in values.rows:
            for value in (row.left if way == ">" else row.right) if row.arrow in ("=", way) else ():
                if value in seen:
                    self.checker.fault(row.spot.where, row.spot.key, f"{value!r} has two rows going {way!r}", "one row")
                seen.add(value)
