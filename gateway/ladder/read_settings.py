"""Reads the part ``settings`` of a table, and checks it against what the two dialects have.

In: a tree of `gateway.source`, the dialects, the table's value maps.  Out: `Settings`; faults, those of samples too.
Not here: what a line means (`gateway.ladder.settings`).

Every setting of both dialects must be spoken of, and whatever a line does to a value must be shown by a sample of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gateway.dialects.schema import Dialect
from gateway.dialects.settings import Setting
from gateway.ladder.blocks import Reader
from gateway.ladder.choices import step
from gateway.ladder.settings import GIVEN, Line, Settings
from gateway.ladder.table import DROP, OMIT, WAYS, Spot, Values, Way
from gateway.source import List, Map, nearest, one_of

_ROW = re.compile(r"(?P<left>\w+) (?P<arrow>[=<>]) (?P<limit>maxLimit of )?(?P<right>\S.*)\Z", re.ASCII)
_NONE = "none"
_KEYS = ("by", "words", "lose", "member", "give", "kept", "why", "sample", "sample >", "sample <")
_MADE = ("by", "words", "lose", "member")


class SettingsReader:
    """Reads one table's lines."""

    def __init__(self, reader: Reader, enums: Mapping[str, Values], left: Dialect, right: Dialect) -> None:
        self.reader, self.checker, self.enums = reader, reader.checker, enums
        self.left = {setting.name: setting for setting in left.settings.values()}
        self.right = {setting.name: setting for setting in right.settings.values()}

    def read(self, tree: Map) -> Settings:
        """All of it; none where the table has no such part, and no need of one."""
        part = tree.get("settings")
        if not isinstance(part, Map) or not self.checker.keys(part, "settings", ["others", "rows"]):
            if self.left and self.right and self.left.keys() != self.right.keys():
                self.checker.fault(tree, "settings", "each side has settings of its own", "settings: others and rows")
            return Settings()
        rows = part["rows"]
        if not isinstance(rows, List) or not rows:
            self.checker.fault(part, "rows", "'rows' holds nothing", "a list of lines such as 'Key = Component.Variable'")
            return Settings()
        lines = tuple(line for index in range(len(rows)) if (line := self.line(rows, index)) is not None)
        self._spoken(part, lines)
        return Settings(lines, self.reader.text(part, "others"))

    def _spoken(self, where: Map, lines: Sequence[Line]) -> None:
        """What each dialect has must stand in a line, once: but for words of one key, and limits of one variable."""
        keys = [line.left.name for line in lines if line.left is not None and not line.member]
        names = [one.name for line in lines if not line.limit for one in line.right]
        all_names = {one.name for line in lines for one in line.right}
        for known, spoken, once in ((self.left, {*keys}, keys), (self.right, all_names, names)):
            for name in known:
                if name not in spoken:
                    self.checker.fault(where, "rows", f"no row speaks of the setting {name!r}", "a row, if only with 'none'")
                elif once.count(name) > 1:
                    self.checker.fault(where, "rows", f"two rows speak of the setting {name!r}", "one")

    def line(self, rows: List, index: int) -> Line | None:
        """One line, written as text or as a mapping with ``row``."""
        given, item = rows[index], rows[index]
        if isinstance(item, Map):
            self.checker.keys(item, "a row", ["row"], _KEYS)
            given = item.get("row")
        match = _ROW.match(given) if isinstance(given, str) else None
        if match is None:
            what = "'Key = Component.Variable', 'Key = maxLimit of …', 'Key > none' or 'none < …'"
            self.checker.fault(rows, index, f"{given!r} is no row of settings", what)
            return None
        spot = Spot(rows, index)
        left = self._named(match["left"], self.left, spot) if match["left"] != _NONE else None
        named = [name.strip() for name in match["right"].split(",")] if match["right"] != _NONE else []
        right = tuple(one for name in named if (one := self._named(name, self.right, spot)) is not None)
        if (left is None) != (match["left"] == _NONE) or len(right) != len(named):
            return None
        return self._whole(left, right, match, item if isinstance(item, Map) else _empty(rows, index), spot)

    def _named(self, name: str, known: Mapping[str, Setting], spot: Spot) -> Setting | None:
        if name not in known:
            self._fault(spot, f"there is no setting {name!r}", one_of(known), nearest(name, known))
        return known.get(name)

    def _whole(
        self, left: Setting | None, right: tuple[Setting, ...], match: re.Match[str], item: Map, spot: Spot
    ) -> Line | None:
        wanted = "=" if left and right else ">" if left else "<"
        if match["arrow"] != wanted or not (left or right):
            self._fault(spot, f"{match[0]!r} points the wrong way", "=, or an arrow to what there is none of")
        lose = tuple(map(str, item["lose"])) if isinstance(item.get("lose"), list) else ()
        line = Line(
            left, right, bool(match["limit"]), str(item.get("member", "")), self._give(item, spot),
            self.reader.text(item, "kept", False), self.reader.text(item, "why", False), self._words(item), lose,
        )  # fmt: skip
        self._reasons(line, item, spot)
        self._types(line, spot)
        self._samples(line, item, spot)
        return line

    def _give(self, item: Map, spot: Spot) -> str | None:
        given = item.get("give")
        if "give" in item and (not isinstance(given, str) or (given.startswith("=") and given not in GIVEN)):
            self._fault(spot, f"nothing can give {given!r}", f"a text, or {one_of(GIVEN)}", nearest(str(given), GIVEN))
            return ""
        return given

    def _reasons(self, line: Line, item: Map, spot: Spot) -> None:
        said = [key for key in ("give", "kept", "why") if key in item]
        if line.left and line.right and said:
            self._fault(spot, f"{said[0]!r} says nothing where both sides have the setting", "no such key")
        elif not (line.left and line.right) and len(said) != 1:
            self._fault(spot, "the other side has none, and then what?", "exactly one of give, kept and why")

    def _types(self, line: Line, spot: Spot) -> None:
        if line.left is None:
            return
        wanted = "list" if line.member or line.words or line.lose else "integer" if line.limit else line.left.type
        other = "boolean" if line.member else wanted
        for one in line.right if not line.limit else ():
            if one.type != other:
                self._fault(spot, f"{one.name} is a {one.type}", f"a {other}, as {line.left.name} wants it")
        if line.left.type != wanted:
            self._fault(spot, f"{line.left.name} is a {line.left.type}", f"a {wanted}")

    def _words(self, item: Map) -> dict[Way, dict[str, str | None]]:
        """What becomes of the words of a list, by a map of the table or rows of its own."""
        name = item.get("by")
        if name is not None and name not in self.enums:
            self.checker.unknown(item, "by", "map of values", self.enums)
        values = self.enums.get(str(name))
        if "words" in item:
            values = Values("words", self.reader.rows("words", item, "words"), True, (), Spot(item, "words"))
        ways = {way: {word: None if to in (DROP, OMIT) else to for word, (to, _) in step(values, way).items()} for way in WAYS}
        return ways if values is not None else {}

    def _samples(self, line: Line, item: Map, spot: Spot) -> None:
        """Each is tried; a line that does something to values needs one for each direction."""
        shown = list(self._shown(item))
        for before, after, way in shown:
            made = line.value(before, way)
            if made != after:
                self._fault(spot, f"the sample {before!r} {way} becomes {made!r}", repr(after))
        missing = [way for way in WAYS if way not in {way for _, _, way in shown}]
        if any(key in item for key in _MADE) and missing:
            self._fault(spot, f"no sample shows it going {missing[0]!r}", "sample, or sample > and sample <")
        for end in line.lose:
            if not any(f".{end}" in before for before, _, way in shown if way == ">"):
                self._fault(spot, f"no sample shows the ending {end!r}", "sample >")

    def _shown(self, item: Map) -> Iterator[tuple[str, str, Way]]:
        for key in ("sample", "sample >", "sample <"):
            part = item.get(key)
            if key in item and (not isinstance(part, Map) or {*part} != {"left", "right"}):
                self.checker.fault(item, key, f"{key!r} has the wrong form", "left and right, each a text")
            elif isinstance(part, Map):
                for way in WAYS:
                    sides: tuple[Any, Any] = (part["left"], part["right"])
                    before, after = sides if way == ">" else sides[::-1]
                    if key in ("sample", f"sample {way}"):
                        yield str(before), str(after), way

    def _fault(self, spot: Spot, what: str, expected: str, near: str = "") -> None:
        self.checker.fault(spot.where, spot.key, what, expected, near)


def _empty(rows: List, index: int) -> Map:
    made = Map()
    made.file, made.line, made.lines = rows.file, rows.lines[index], {}
    return made
