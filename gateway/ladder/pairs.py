"""Which message becomes which: the entries of a table, taken apart by who asks, and joined by the flow that serves them.

In: a `Sheet` and its two dialects.  Out: `Pair`s by the asker's message and direction; faults for what does not fit together.
Not here: the rules of a pair (`gateway.ladder.resolve`), what flows do (`gateway.ladder.flows`).

A message without an entry meets the one of the same name.  Several pairs of one message and direction are the parts of a flow.
Where one dialect is spoken by stations only, the other end is the back end, and nobody asks what only a back end says there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from gateway.dialects.schema import Dialect
from gateway.ladder.flows import FLOWS
from gateway.ladder.table import WAYS, Entry, Sheet, Spot, Way
from gateway.source import Checker, nearest, one_of


class Key(NamedTuple):
    """One translation: from which message to which, ``call`` or ``result``, and the direction it goes."""

    source: str
    target: str
    kind: str
    way: Way


@dataclass(frozen=True, eq=False)
class Pair:
    """What ``asker``'s message becomes, and whose result answers it; ``flow`` names the function that serves it, if any."""

    asker: str
    answerer: str
    way: Way
    entry: Entry
    flow: str

    @property
    def ahead(self) -> Key:
        """The request."""
        return Key(self.asker, self.answerer, "call", self.way)

    @property
    def back(self) -> Key:
        """The result."""
        return Key(self.answerer, self.asker, "result", "<" if self.way == ">" else ">")

    @property
    def part(self) -> bool:
        """Whether its flow completes what the rules leave open: a pair of one direction, written for the flow alone."""
        return bool(self.flow) and not self.entry.both


Pairs = Mapping[tuple[str, Way], list[Pair]]


def paired(sheet: Sheet, left: Dialect, right: Dialect, checker: Checker) -> dict[tuple[str, Way], list[Pair]]:
    """Every pair, by the asker's message and the direction, in the order of the dialect."""
    found: dict[tuple[str, Way], list[Entry]] = {}
    entries = [entry for entry in sheet.messages.values() if _known(entry, left, right, checker)]
    for entry in entries:
        for way in WAYS:
            if entry.arrow in ("=", way):
                found.setdefault((entry.named(way)[0], way), []).append(entry)
    made: dict[tuple[str, Way], list[Pair]] = {}
    for way, near, far in ((WAYS[0], left, right), (WAYS[1], right, left)):
        for action in asked(near, far):
            given = found.get((action, way), [])
            if not given and action in far.messages and action not in sheet.only[way]:
                given = [_own(sheet, action)]
            if given:
                made[action, way] = _joined(action, way, given, checker)
    return made


def asked(near: Dialect, far: Dialect) -> list[str]:
    """The messages that somebody may ask towards ``far``: all of ``near``, but for those of an end where it cannot stand."""
    never = "backend" if near.ends == "station" else "station" if far.ends == "station" else ""
    return [action for action, message in near.messages.items() if message.sender != never]


def _own(sheet: Sheet, action: str) -> Entry:
    """What a message without an entry has."""
    return Entry(action, action, action, "=", sheet.spot)


def _known(entry: Entry, left: Dialect, right: Dialect, checker: Checker) -> bool:
    """Whether both dialects have the messages of an entry."""
    good = True
    for action, dialect in ((entry.left, left), (entry.right, right)):
        if action not in dialect.messages:
            near = nearest(action, dialect.messages)
            what = f"{dialect.name} has no message {action!r}"
            checker.fault(entry.spot.where, entry.spot.key, what, "a message of both, or of one = the other", near)
            good = False
    return good


def _joined(action: str, way: Way, entries: list[Entry], checker: Checker) -> list[Pair]:
    """The pairs of one message: several only where one flow serves them all."""
    flows = {entry.flows[way]: entry.spot for entry in entries if way in entry.flows}
    name = next(iter(flows), "")
    for flow, spot in flows.items():
        if flow not in FLOWS:
            _fault(checker, spot, f"unknown flow {flow!r}", one_of(sorted(FLOWS)), nearest(flow, FLOWS))
        elif flow != name:
            _fault(checker, spot, f"{action} has another flow going {way!r}: {name!r}", "one flow for a message and direction")
    seen: set[str] = set()
    for entry in entries:
        other = entry.named(way)[1]
        if (other in seen) or (len(entries) > 1 and not name):
            _fault(checker, entry.spot, f"{action} has two entries going {way!r}", "one, or a flow that serves both")
        elif not entry.both and way not in entry.flows:
            _fault(checker, entry.spot, f"{entry.name!r} names no flow", "flow: its name; or = where no function is needed")
        seen.add(other)
    if name in FLOWS:
        _needed(action, way, name, entries, seen, checker)
    return [Pair(*entry.named(way), way, entry, name) for entry in entries]


def _needed(action: str, way: Way, name: str, entries: list[Entry], seen: set[str], checker: Checker) -> None:
    """A flow that says which parts it uses must have them, and no other."""
    needs = getattr(FLOWS[name], "parts", None)
    for missing in sorted(set(needs or ()) - seen):
        key = f"{action} > {missing}" if way == ">" else f"{missing} < {action}"
        _fault(checker, entries[0].spot, f"the flow {name!r} makes {missing!r} of {action} too", f"an entry '{key}'")
    for entry in entries:
        if needs is not None and entry.named(way)[1] not in needs:
            _fault(checker, entry.spot, f"the flow {name!r} has no use for {entry.name!r}", one_of(needs))


def _fault(checker: Checker, spot: Spot, what: str, expected: str, near: str = "") -> None:
    checker.fault(spot.where, spot.key, what, expected, near)
