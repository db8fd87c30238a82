"""Reads the rules, value maps and samples of one table file, noting every mistake of form.

In: parts of a tree of `gateway.source` and its `Checker`.  Out: `Block`, `Values` and what is in them, without what was wrong.
Not here: messages (`gateway.ladder.read`), whether fields and values exist (`gateway.ladder.resolve`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, TypeVar

from gateway.ladder.table import (
    CUT,
    DROP,
    IF_THERE,
    OMIT,
    REFUSE,
    WAYS,
    Block,
    Case,
    Line,
    Lost,
    Path,
    Row,
    Rule,
    Sample,
    Spot,
    Values,
    Way,
)
from gateway.source import Checker, List, Map

T = TypeVar("T")
_NAME = r"[A-Za-z][\w-]*"
_PATH = re.compile(rf"{_NAME}(\.{_NAME})*\Z", re.ASCII)
_ROW = re.compile(r"(?P<left>\S.*?) (?P<arrow>[=<>]) (?P<right>\S.*)\Z")
_RULE = re.compile(r"(?P<left>\S*?) ?(?P<arrow>[=<>])(?: (?P<right>\S+))?\Z")
_LINE = re.compile(rf"(?P<left>{_PATH.pattern[:-2]})? ?(?P<arrow>[<>])(?: (?P<right>{_PATH.pattern[:-2]}))?\Z", re.ASCII)
_TIMES = re.compile(r"(\w)\*([1-9][0-9]{0,5})\Z", re.ASCII)
_RULE_KEYS = ("by", "scale", "default", "give", "cases", "needed", "echo", "too long", "single", "together", "why", "sample")
_SAMPLE_KEYS = ("left", "right", "asked", "facts", "registers", "lost", "at")
_RESERVED = ("lost", "unfilled")


def plain(value: Any) -> Any:
    """``value`` as payloads are: without lines."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def stretched(value: Any) -> Any:
    """A side of a sample: `plain`, and the text ``x*513`` is 513 times x."""
    if isinstance(value, dict):
        return {key: stretched(item) for key, item in value.items()}
    if isinstance(value, list):
        return [stretched(item) for item in value]
    match = _TIMES.match(value) if isinstance(value, str) else None
    return match[1] * int(match[2]) if match else value


class Reader:
    """Reads into values of `gateway.ladder.table`; ``checker`` gathers the faults."""

    def __init__(self, checker: Checker) -> None:
        self.checker = checker

    def each(self, where: Map, key: str) -> Iterator[tuple[Map, str]]:
        """The keys of the mapping at ``where[key]``, if there is one; it may not be empty."""
        part = where.get(key)
        if isinstance(part, Map) and part:
            yield from ((part, name) for name in part)
        elif key in where:
            self.checker.fault(where, key, f"{key!r} holds nothing", "a mapping with at least one key")

    def is_map(self, where: Map, key: str) -> bool:
        """Whether a mapping with something in it stands there."""
        if isinstance(where[key], Map) and where[key]:
            return True
        self.checker.fault(where, key, f"{key!r} holds nothing", "a mapping")
        return False

    def text(self, where: Map, key: str, required: bool = True) -> str:
        """The words there, or an empty string."""
        value = where.get(key)
        if isinstance(value, str) and value.strip():
            return value.strip()
        if required or key in where:
            self.checker.fault(where, key, f"{key!r} is no text", "some words")
        return ""

    def items(self, where: Map, key: str, one: Callable[[Map], T]) -> tuple[T, ...]:
        """Each mapping of the list at ``where[key]``; a single mapping stands for a list of one."""
        part = where.get(key)
        if isinstance(part, Map):
            return (one(part),)
        if isinstance(part, List) and part and all(isinstance(item, Map) for item in part):
            return tuple(one(item) for item in part)
        if key in where:
            self.checker.fault(where, key, f"{key!r} has the wrong form", "a mapping or a list of mappings")
        return ()

    def samples(self, where: Map, ways: tuple[Way, ...], key: str = "sample") -> tuple[Sample, ...]:
        """The samples of a rule, those for one way among them."""
        made = self.items(where, key, lambda item: self.sample(item, ways))
        for way in WAYS:
            made += self.items(where, f"{key} {way}", lambda item, way=way: self.sample(item, (way,)))  # type: ignore[misc]
        return made

    def sample(self, part: Map, ways: tuple[Way, ...]) -> Sample:
        """One sample."""
        self.checker.keys(part, "a sample", (), _SAMPLE_KEYS)
        for way, side in zip(WAYS, ("left", "right"), strict=True):
            if way in ways and side not in part:
                self.checker.fault(part, None, f"the sample lacks its {side} side", "what stands before the rule")
        sides = [stretched(part.get("left")), stretched(part.get("right"))]
        for side, value in zip(("left", "right"), sides, strict=True):
            if not isinstance(value, dict | list | None):
                self.checker.fault(part, side, f"{side!r} has the wrong form", "a mapping of fields, or a list of such")
        asked, facts, registers = (self.known(part, key) for key in ("asked", "facts", "registers"))
        lost = part.get("lost", [])
        if not isinstance(lost, list) or ("lost" in part and not lost):
            self.checker.fault(part, "lost", "'lost' has the wrong form", "a list of fields")
            lost = []
        place = self.text(part, "at", required=False)
        return Sample(ways, sides[0], sides[1], asked, facts, registers, tuple(map(str, lost)), place, Spot(part))

    def known(self, part: Map, key: str) -> dict[str, Any]:
        """A mapping beside a sample; of registers, each is a mapping too."""
        value = plain(part.get(key, {}))
        if isinstance(value, dict) and (key != "registers" or all(isinstance(one, dict) for one in value.values())):
            return value
        self.checker.fault(part, key, f"{key!r} has the wrong form", "a mapping" + " of mappings" * (key == "registers"))
        return {}

    # ------------------------------------------------------------------------------------------------- value maps
    def values(self, name: str, spot: Spot) -> Values:
        """One map of values."""
        assert isinstance(spot.where, Map)
        part = spot.where[name]
        if isinstance(part, Map):
            self.checker.keys(part, "a map", ["open", "rows", "samples"])
            if part.get("open") is not True:
                self.checker.fault(
                    part, "open", "a map written as a mapping is an open one", "open: true, or only the list of rows"
                )
            samples = self.items(part, "samples", lambda item: self.sample(item, WAYS))
            return Values(name, self.rows(name, part, "rows"), True, samples, spot)
        return Values(name, self.rows(name, spot.where, name), False, (), spot)

    def rows(self, name: str, where: Map, key: str) -> tuple[Row, ...]:
        """Its rows."""
        part = where.get(key)
        if not isinstance(part, List) or not part:
            self.checker.fault(where, key, f"{key!r} holds no rows", "a list of lines such as 'a = b'")
            return ()
        made = [self.row(name, part, index) for index in range(len(part))]
        return tuple(row for row in made if row is not None)

    def row(self, name: str, part: List, index: int) -> Row | None:
        """One row."""
        item, why, same = part[index], "", ""
        if isinstance(item, Map):
            self.checker.keys(item, "a row", ["row"], ["why", "same"])
            why, same, item = self.text(item, "why", False), self.text(item, "same", False), item.get("row")
        match = _ROW.match(item) if isinstance(item, str) else None
        if match is None:
            self.checker.fault(part, index, f"{item!r} is no row", "'a = b', 'a > b' or 'a < b, c'")
            return None
        sides = [tuple(word.strip() for word in match[side].split(",")) for side in ("left", "right")]
        row = Row(f"{name}: {item}", match["arrow"], sides[0], sides[1], why, same, Spot(part, index))
        self.row_sides(row)
        return row

    def row_sides(self, row: Row) -> None:
        """Note a row that gives several values, or that has no way back."""
        for target, way in ((row.right, ">"), (row.left, "<")):
            if row.arrow in ("=", way) and len(target) != 1:
                self.checker.fault(
                    row.spot.where, row.spot.key, f"the row gives {len(target)} values", "one value where the arrow points"
                )
        if row.arrow == "=" and {OMIT, DROP} & {*row.left, *row.right}:
            self.checker.fault(row.spot.where, row.spot.key, "omit and drop have no way back", "> or <")

    # ------------------------------------------------------------------------------------------------- blocks
    def block(self, name: str, part: Map) -> Block:
        """The rules of one shape, request or result."""
        block = Block(Spot(part))
        for key in part:
            word, _, way = key.partition(" ")
            if word in _RESERVED and way in WAYS:
                kept = block.lost if word == "lost" else block.unfilled
                for where, field in self.each(part, key):
                    lost = self.lost(f"{name}.{field} ({word})", where, field, way)
                    kept[way][lost.path] = lost
            elif key == "flow":
                block.lines = [line for where, field in self.each(part, key) if (line := self.line(name, where, field))]
            elif (rule := self.rule(name, part, key)) is not None:
                block.rules.append(rule)
        return block

    def lost(self, id: str, where: Map, key: str, way: Way) -> Lost:
        """A field that does not cross."""
        part, path = where[key], tuple(key.split("."))
        if not isinstance(part, Map):
            return Lost(id, path, self.text(where, key), None, (), Spot(where, key))
        self.checker.keys(part, "a loss", ["why"], ["drop when", "sample"])
        when = self.text(part, "drop when") if "drop when" in part else None
        return Lost(id, path, self.text(part, "why"), when, self.samples(part, (way,)), Spot(where, key))

    def line(self, name: str, where: Map, key: str) -> Line | None:
        """One line of a flow: ``a > b``, ``> b`` or ``a >`` going right, ``a < b``, ``a <`` or ``< b`` going left."""
        match, part = _LINE.match(key), where[key]
        sides = [tuple(match[side].split(".")) if match[side] else () for side in ("left", "right")] if match else []
        if match is None or not any(sides):
            self.checker.fault(where, key, f"{key!r} is no line of a flow", "'a > b', '> b' or 'a >'; with < from right to left")
            return None
        way: Way = match["arrow"]  # type: ignore[assignment]
        by, why = "", part
        if isinstance(part, Map):
            self.checker.keys(part, "a line of a flow", ["by", "why"])
            by, why = self.text(part, "by"), part.get("why")
        if not isinstance(why, str) or not why.strip():
            self.checker.fault(where, key, f"{key!r} says nothing", "some words, or by and why")
        source, target = sides if way == ">" else sides[::-1]
        return Line(f"{name}.flow {key}", way, source, target, by, str(why), Spot(where, key))

    def rule(self, name: str, part: Map, key: str) -> Rule | None:
        """One rule."""
        arrow, sides = self.arrow(part, key)
        if arrow is None:
            return None
        ways: tuple[Way, ...] = tuple(way for way in WAYS if arrow in ("=", way))
        id, spot, value = f"{name}.{key}", Spot(part, key), part[key]
        if isinstance(value, str):
            return Rule(id, arrow, *sides, value, None, {}, {}, False, (), "", "", (), spot)
        if value is None and sides[0] != sides[1]:
            value = Map()
            value.file, value.line, value.lines = part.file, part.lines[key], {}
        if not isinstance(value, Map):
            self.checker.fault(part, key, f"the rule {key!r} says nothing", "a map's name, or a mapping")
            return None
        both = [f"{k} {way}" for k in ("default", "cases", "sample", "lost") for way in ways]
        self.checker.keys(value, "a rule", (), [*_RULE_KEYS, *both])
        return Rule(
            id, arrow, *sides,
            self.text(value, "by", False) or None,
            self.scale(value),
            {way: default for way in ways for default in self.default(value, way)},
            {way: cases for way in ways if (cases := self.cases(id, value, way, ways))},
            self.flag(value, "needed", IF_THERE) is True,
            tuple(filter(None, self.text(value, "echo", False).split("."))),
            *self.long(value),
            self.samples(value, ways),
            spot,
            {way: self.below(id, value, way) for way in ways},
            value.get("needed") == IF_THERE,
            self.text(value, "single", False),
            self.text(value, "together", False),
        )  # fmt: skip

    def below(self, id: str, value: Map, way: Way) -> tuple[Lost, ...]:
        """What a map of Python drops of the field, by path below it."""
        parts = self.each(value, f"lost {way}")
        return tuple(
            Lost(f"{id}.{key} (lost)", tuple(key.split(".")), self.text(at, key), None, (), Spot(at, key)) for at, key in parts
        )

    def arrow(self, part: Map, key: str) -> tuple[str | None, tuple[Path, Path]]:
        """Which way a rule points, and its paths on either side; None where it is none."""
        if _PATH.match(key):
            return "=", (tuple(key.split(".")),) * 2
        match = _RULE.match(key)
        if match is None or any(side and not _PATH.match(side) for side in (match["left"], match["right"])):
            self.checker.fault(
                part, key, f"{key!r} is no rule", "a field, 'left = right', 'left > right', 'left < right', or '> right'"
            )
            return None, ((), ())
        left, right = (tuple(filter(None, (match[side] or "").split("."))) for side in ("left", "right"))
        arrow = match["arrow"]
        if not (right if arrow != "<" else left) or (arrow == "=" and not left):
            self.checker.fault(part, key, f"{key!r} points nowhere", "a field where the arrow points")
            return None, ((), ())
        return arrow, (left, right)

    def scale(self, value: Map) -> Decimal | None:
        """The factor from left to right."""
        if "scale" not in value:
            return None
        if isinstance(value["scale"], int | Decimal) and value["scale"] > 0 and not isinstance(value["scale"], bool):
            return Decimal(value["scale"])
        self.checker.fault(value, "scale", "'scale' is no positive number", "left times scale = right")
        return None

    def default(self, value: Map, way: Way) -> Iterator[Any]:
        """The value for what is absent, if there is one."""
        for key in ("default", f"default {way}"):
            if key in value:
                yield value[key]

    def flag(self, value: Map, key: str, other: str) -> bool:
        """Whether something is so; ``other`` may stand there too."""
        if key in value and value[key] is not True and value[key] != other:
            self.checker.fault(value, key, f"{key!r} says nothing", f"true or {other!r}, or no such line")
        return value.get(key) is True

    def long(self, value: Map) -> tuple[str, str]:
        """What becomes of what is too long, and why."""
        if "too long" in value:
            if value["too long"] not in (CUT, OMIT, DROP, REFUSE):
                self.checker.fault(value, "too long", f"unknown end {value['too long']!r}", "cut, omit, drop or refuse")
            return str(value["too long"]), self.text(value, "why")
        if "why" in value and "give" not in value:
            self.checker.fault(value, "why", "'why' stands alone", "a loss that it explains")
        return "", ""

    def cases(self, id: str, value: Map, way: Way, ways: tuple[Way, ...]) -> tuple[Case, ...]:
        """The exceptions in a direction."""
        if "give" in value and len(ways) == 1:
            return (Case(f"{id}", None, None, "give", value["give"], self.text(value, "why", False), Spot(value, "give")),)
        key = f"cases {way}" if f"cases {way}" in value or len(ways) == 2 else "cases"
        numbers = iter(range(1, 1000))
        return self.items(value, key, lambda item: self.case(f"{id} case {next(numbers)} {way}", item))

    def case(self, id: str, item: Map) -> Case:
        """One exception."""
        self.checker.keys(item, "a case", (), ["on", "when", "give", OMIT, DROP, "why"])
        ends = [end for end in ("give", OMIT, DROP) if end in item]
        if len(ends) != 1:
            self.checker.fault(item, None, "a case has one end", "exactly one of give, omit, drop")
            ends = ends[:1] or [OMIT]
        end = ends[0]
        why = self.text(item, "why", False) if end == "give" else self.text(item, end)
        when = self.text(item, "when") if "when" in item else None
        return Case(id, item.get("on"), when, end, item.get("give"), why, Spot(item))
