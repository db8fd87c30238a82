"""Small tables out of a large one: what is left when all messages but a few are forgotten.

An entry that can be taken out of such a slice unnoticed might still be noticed in the whole; one that is noticed in the slice is
noticed in the whole, for all that stands in a slice stands in the whole.  Maps that a slice uses less are no fault.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from gateway.dialects.schema import Dialect
from gateway.ladder.blocks import Reader
from gateway.ladder.read_settings import SettingsReader
from gateway.ladder.samples import faults
from gateway.ladder.table import WAYS, Entry, Way
from gateway.ladder.tables import Table
from gateway.source import Checker, Map, SourceError

_LESS = ("no rule uses", "can never matter", "unknown value", "declares a loss and has none", "is not used at")
_ONLY: dict[Way, str] = {">": "only left", "<": "only right"}


@dataclass(frozen=True)
class Slice:
    """Some entries, the messages that they need, and what their rules name."""

    entries: frozenset[str]
    left: frozenset[str]
    right: frozenset[str]
    names: frozenset[str]
    only: Mapping[str, tuple[str, ...]]
    """Lines under ``only left`` and ``only right`` that are kept as they are."""

    quiet: Mapping[str, tuple[str, ...]]
    """Messages that the slice has no entry for."""


def like(old: Map, items: Mapping[str, Any]) -> Map:
    made = Map(items)
    made.file, made.line = old.file, old.line
    made.lines = {key: old.lines.get(key, old.line) for key in items}
    return made


def strings(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict | list):
        for one in node.values() if isinstance(node, dict) else node:
            yield from strings(one)


class Slices:
    """Those of one table; ``tree`` may be changed between the questions."""

    def __init__(self, tree: Map, name: str, dialects: Mapping[str, Dialect]) -> None:
        self.tree, self.name, self.dialects = tree, name, dialects
        self.table = Table.build(tree, name, dialects)
        self.messages = self.table.sheet.messages
        self.defined = {one: part for part in ("enums", "maps", "shapes") for one in tree.get(part, {})}
        self.by_entry = {key: self.around(entry) for key, entry in self.messages.items()}
        self.all_set = self.settings()
        self.usual = {one: self.found(one) for one in {*self.by_entry.values(), *self.locals()}}

    # ------------------------------------------------------------------------------------------------ which there are
    def around(self, entry: Entry) -> Slice:
        """All that must stay for ``entry`` to mean what it means: the parts of its flows, with their own other ways."""
        group, todo = {entry.name}, [entry]
        while todo:
            one = todo.pop()
            for way in (way for way in WAYS if one.arrow in ("=", way)):
                for pair in self.table.pairs.get((one.named(way)[0], way), []):
                    if pair.entry.name in self.messages and pair.entry.name not in group:
                        group.add(pair.entry.name)
                        todo.append(pair.entry)
        return self.of(frozenset(group), frozenset(), frozenset(), {})

    def of(
        self, group: frozenset[str], left: frozenset[str], right: frozenset[str], only: Mapping[str, tuple[str, ...]]
    ) -> Slice:
        entries = [self.messages[key] for key in group]
        left, right = left | {e.left for e in entries}, right | {e.right for e in entries}
        quiet = {}
        for way, mine in ((WAYS[0], left), (WAYS[1], right)):
            spoken = {e.named(way)[0] for e in entries if e.arrow in ("=", way)}
            spoken |= {action for key in only.get(_ONLY[way], ()) for action in map(str.strip, key.split(","))}
            quiet[_ONLY[way]] = tuple(sorted(mine - spoken))
        return Slice(group, left, right, self.needed(group), _frozen(only), _frozen(quiet))

    def needed(self, group: frozenset[str]) -> frozenset[str]:
        """Maps and shapes that the entries name, and those that these name."""
        found, todo = set[str](), [self.tree["messages"][key] for key in group]
        while todo:
            new = {word for word in strings(todo.pop()) if word in self.defined} - found
            found |= new
            todo += [self.tree[self.defined[one]][one] for one in new]
        return frozenset(found)

    def locals(self) -> list[Slice]:
        return [self.local(side, key) for side in _ONLY.values() for key in self.tree.get(side, {})]

    def local(self, side: str, key: str) -> Slice:
        """The messages of one line under ``only``, with those of the same names on the other side."""
        actions = frozenset(map(str.strip, key.split(",")))
        there = self.table.right if side == _ONLY[">"] else self.table.left
        others = frozenset(action for action in actions if action in there.messages)
        left, right = (actions, others) if side == _ONLY[">"] else (others, actions)
        return self.of(frozenset(), left, right, {side: (key,)})

    # ------------------------------------------------------------------------------------------------ what is noticed
    def found(self, one: Slice) -> frozenset[str]:
        """Every fault of a slice of the tree as it is now."""
        items: dict[str, Any] = {"ladder": self.tree["ladder"]}
        for part in ("enums", "maps", "shapes"):
            kept = {key: value for key, value in self.tree.get(part, {}).items() if key in one.names}
            items |= {part: like(self.tree[part], kept)} if kept else {}
        messages = {key: self.tree["messages"][key] for key in one.entries if key in self.tree["messages"]}
        items |= {"messages": like(self.tree["messages"], messages)} if messages else {}
        for side in _ONLY.values():
            lines = {key: self.tree[side][key] for key in dict(one.only).get(side, ()) if key in self.tree.get(side, {})}
            lines |= {action: like(self.tree, {"refuse": "NotSupported", "why": "x"}) for action in dict(one.quiet)[side]}
            items |= {side: like(self.tree, lines)} if lines else {}
        left, right = self.table.left, self.table.right
        dialects = {
            left.name: replace(left, messages={k: v for k, v in left.messages.items() if k in one.left}),
            right.name: replace(right, messages={k: v for k, v in right.messages.items() if k in one.right}),
        }
        try:
            return frozenset(fault.what for fault in faults(Table.build(like(self.tree, items), self.name, dialects)))
        except SourceError as error:
            return frozenset(fault.what for fault in error.faults if not any(less in fault.what for less in _LESS)) or frozenset(
                ["?"]
            )

    def settings(self) -> frozenset[str]:
        """Every fault of the settings alone."""
        checker = Checker()
        reader = Reader(checker)
        SettingsReader(reader, self.table.sheet.enums, self.table.left, self.table.right).read(self.tree)
        return frozenset(fault.what for fault in checker.faults)

    def noticed(self, path: tuple[Any, ...]) -> bool:
        """Whether what was taken out at ``path`` is missed in a slice around it; False too where no slice can tell."""
        part, key = path[0], path[1] if len(path) > 1 else None
        if part == "settings":
            return bool(self.settings() - self.all_set)
        if part == "messages" and key is not None:
            some = [self.by_entry[key]]
        elif part in _ONLY.values() and key is not None:
            some = [one for one in self.usual if key in dict(one.only).get(part, ())]
        else:
            some = [one for one in self.usual if key in one.names]
        return any(self.found(one) - self.usual[one] - {"?"} for one in sorted(some, key=lambda one: len(one.entries)))


def _frozen(lines: Mapping[str, tuple[str, ...]]) -> Any:
    return tuple(sorted(lines.items()))
