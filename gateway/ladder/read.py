"""Reads the tree of one table file into a `Sheet`, noting every mistake of form.

In: a tree of `gateway.source` and its `Checker`.  Out: a `Sheet`; whatever was wrong is left out of it.
Not here: rules and value maps (`gateway.ladder.blocks`), whether fields and values exist (`gateway.ladder.plan`).
The language is described in ``mappings/README.rst``.
"""

from __future__ import annotations

import re

from gateway.dialects.errors import CODES
from gateway.ladder.blocks import Reader, plain
from gateway.ladder.table import WAYS, Entry, Local, Sheet, Spot, Way
from gateway.source import Checker, List, Map, nearest, one_of

_ENTRY = re.compile(r"(?P<left>[A-Za-z]\w*)(?: (?P<arrow>[=<>]) (?P<right>[A-Za-z]\w*))?\Z", re.ASCII)
_PARTS = ("everywhere", "enums", "maps", "shapes", "settings", "messages", "only left", "only right")


def read(tree: Map, name: str, checker: Checker) -> Sheet | None:
    """The table that stands in ``tree``; None where it does not even say between which dialects it stands."""
    checker.keys(tree, "a ladder table", ["ladder"], _PARTS)
    head = tree.get("ladder")
    if not isinstance(head, Map) or not checker.keys(head, "ladder", ["left", "right"]):
        checker.fault(tree, "ladder", "no ends", "the keys left and right, each the name of a dialect")
        return None
    sheet = Sheet(name, str(head["left"]), str(head["right"]), Spot(tree))
    reader = Reader(checker)
    sheet.enums = {key: reader.values(key, Spot(part, key)) for part, key in reader.each(tree, "enums")}
    sheet.maps = {key: (reader.text(part, key), Spot(part, key)) for part, key in reader.each(tree, "maps")}
    sheet.shapes = {key: reader.block(key, part[key]) for part, key in reader.each(tree, "shapes") if reader.is_map(part, key)}
    sheet.everywhere = _everywhere(tree, sheet, checker)
    entries = [_entry(reader, part, key) for part, key in reader.each(tree, "messages")]
    sheet.messages = {entry.name: entry for entry in entries if entry is not None}
    for way, side in ((WAYS[0], "only left"), (WAYS[1], "only right")):
        sheet.only[way] = _only(reader, tree, side, way)
    return sheet


def _everywhere(tree: Map, sheet: Sheet, checker: Checker) -> frozenset[str]:
    """What holds wherever both sides have the type of that name."""
    given, known = tree.get("everywhere"), [*sheet.enums, *sheet.shapes]
    if not isinstance(given, List) or not given:
        if "everywhere" in tree:
            checker.fault(tree, "everywhere", "'everywhere' is no list", "names of enums and shapes of this table")
        return frozenset()
    for index, name in enumerate(given):
        if name not in known or name in given[:index]:
            what = "stands twice" if name in known else "is no map of values and no shape of this table"
            checker.fault(given, index, f"{name!r} {what}", one_of(known), nearest(str(name), known))
    return frozenset(map(str, given))


def _entry(reader: Reader, where: Map, key: str) -> Entry | None:
    """``A`` or ``A = B``: either side asks; ``A > B``, ``A < B``: only one does."""
    match, part = _ENTRY.match(key), where[key]
    if match is None:
        reader.checker.fault(where, key, f"{key!r} is no message", "'A', 'A = B', 'A > B' or 'A < B'")
        return None
    if part is None and match["arrow"] == "=":
        return Entry(key, match["left"], match["right"], "=", Spot(where, key))  # another name, and nothing else
    if not reader.is_map(where, key):
        return None
    arrow = match["arrow"] or "="
    ways = tuple(way for way in WAYS if arrow in ("=", way))
    per_way = [f"{word} {way}" for word in ("empty", "flow") for way in ways]
    reader.checker.keys(part, "a message", (), ["request", "result", "flow", *per_way])
    entry = Entry(key, match["left"], match["right"] or match["left"], arrow, Spot(where, key))
    for kind in ("request", "result"):
        if kind in part and reader.is_map(part, kind):
            entry.blocks[kind] = reader.block(f"{key}.{kind}", part[kind])
    for way in ways:
        if f"empty {way}" in part and reader.is_map(part, f"empty {way}"):
            entry.empty[way] = _local(reader, f"{key}.empty {way}", part[f"empty {way}"], way)
        named = next((reader.text(part, word) for word in (f"flow {way}", "flow") if word in part), "")
        entry.flows |= {way: named} if named else {}
    return entry


def _only(reader: Reader, tree: Map, side: str, way: Way) -> dict[str, Local]:
    """What is said locally, by message; one line may speak of several, with commas between them."""
    made: dict[str, Local] = {}
    for part, key in reader.each(tree, side):
        if reader.is_map(part, key):
            for action in (word.strip() for word in key.split(",")):
                if action in made:
                    reader.checker.fault(part, key, f"{action!r} stands twice under {side!r}", "one line for a message")
                made[action] = _local(reader, action, part[key], way)
    return made


def _local(reader: Reader, id: str, part: Map, way: Way) -> Local:
    reader.checker.keys(part, "what is said locally", ["why"], ["answer", "refuse", "flow", "sample"])
    if sum(word in part for word in ("answer", "refuse", "flow")) != 1:
        reader.checker.fault(part, None, "one thing is said", "exactly one of answer, refuse and flow")
    refuse, answer = part.get("refuse", ""), part.get("answer")
    if refuse and refuse not in CODES:
        reader.checker.unknown(part, "refuse", "error code", CODES)
    if "answer" in part and not isinstance(answer, dict):
        reader.checker.fault(part, "answer", "the answer is no object", "a mapping of fields; {} where it has none")
        answer = {}
    flow = reader.text(part, "flow", False)
    return Local(id, plain(answer), str(refuse), reader.text(part, "why"), reader.samples(part, (way,)), Spot(part), flow)
