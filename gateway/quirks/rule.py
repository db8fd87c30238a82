"""One line of a profile that changes one field of one message, read and checked against the dialects.

In: ``{on: call StopTransaction, at: idTag, truncate: 20}``.  Out: `Rule`.
Not here: what the operations do (`gateway.quirks.operation`), in which direction they work (`repair`, `adjust`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, TypeAlias

from gateway.dialects.schema import Dialect
from gateway.dialects.shapes import Field, MessageType
from gateway.messages import Side
from gateway.quirks import path as paths
from gateway.quirks.operation import OPERATIONS, compile_change
from gateway.quirks.path import FieldChange, Path
from gateway.source import Checker, List, Map, nearest, one_of

Way: TypeAlias = Literal["from", "to"]
"""From the peer (``repair``) or to it (``adjust``)."""
MOST = 64


class On(NamedTuple):
    """A kind of message: ``call`` or ``result``, and the operation."""

    kind: str
    action: str

    def __str__(self) -> str:
        return f"{self.kind} {self.action}"


@dataclass(frozen=True, slots=True)
class Rule:
    """One change of one field in some kinds of message.  ``source`` is where it stands in the file."""

    on: tuple[On, ...]
    path: Path
    operation: str
    change: FieldChange
    touches: tuple[Path, ...]
    source: Map = field(compare=False, repr=False)

    def apply(self, payload: Any) -> Any:
        """The payload after the change; the same object where nothing changed."""
        return paths.rewrite(payload, self.path.steps, self.change)

    def meets(self, other: Rule) -> bool:
        """Whether both change the same field of the same message."""
        return bool({*self.on} & {*other.on}) and self.overlaps(other)

    def overlaps(self, other: Rule) -> bool:
        """Whether both change the same field, in whatever message."""
        return any(a.meets(b) for a in self.touches for b in other.touches)


@dataclass(frozen=True, slots=True)
class Reading:
    """What is needed to check the rules of one profile.  ``named`` says that the profile names its dialects."""

    check: Checker
    dialects: Mapping[str, Dialect]
    named: bool
    side: Side
    way: Way
    deliberate: bool

    def types(self, on: On) -> list[MessageType]:
        """The operation in each dialect that has it."""
        return [d.messages[on.action] for d in self.dialects.values() if on.action in d.messages]


def read_rules(reading: Reading, at: Map, key: str) -> tuple[Rule, ...]:
    """The list of rules at ``at[key]``; those with faults are left out."""
    listed = at[key]
    if not isinstance(listed, List) or not 0 < len(listed) <= MOST:
        reading.check.fault(at, key, f"{key} is no list of rules", f"one to {MOST} of {{on: …, at: …, operation: …}}")
        return ()
    made = [_rule(reading, listed, number, item) for number, item in enumerate(listed)]
    return tuple(rule for rule in made if rule is not None)


def read_on(check: Checker, at: Map, key: str) -> On | None:
    """The kind of message at ``at[key]``: ``call OPERATION`` or ``result OPERATION``."""
    words = str(at[key]).split()
    if len(words) == 2 and words[0] in ("call", "result"):
        return On(words[0], words[1])
    check.fault(at, key, f"{at[key]!r} is no kind of message", "call OPERATION or result OPERATION")
    return None


def _rule(reading: Reading, listed: List, number: int, item: Any) -> Rule | None:
    check = reading.check
    if not isinstance(item, Map):
        check.fault(listed, number, "a rule is a mapping", "{on: call OPERATION, at: path, operation: …}")
        return None
    if not check.keys(item, "a rule", ("on", "at"), OPERATIONS):
        return None
    operations = [key for key in item if key in OPERATIONS]
    if len(operations) != 1:
        if not operations and len(item) > 2:
            return None  # the unknown key is named already
        check.fault(item, None, f"a rule has one operation, this has {len(operations)}", one_of(OPERATIONS))
        return None
    on, path = _kinds(reading, item), _path(check, item)
    if not on or path is None or not _argument(check, item, operations[0], path):
        return None
    _check_schema(reading, item, on, path, operations[0])
    return _compile(item, on, path, operations[0])


def _compile(item: Map, on: tuple[On, ...], path: Path, operation: str) -> Rule:
    argument = item[operation]
    touches = (path, path.sibling(argument)) if operation == "rename" else (path,)
    return Rule(on, path, operation, compile_change(operation, argument, path.steps[-1][1]), touches, item)


def _path(check: Checker, item: Map) -> Path | None:
    try:
        return paths.parse(str(item["at"]))
    except ValueError as error:
        check.fault(item, "at", str(error))
        return None


def _argument(check: Checker, item: Map, operation: str, path: Path) -> bool:
    known = OPERATIONS[operation]
    if not known.accepts(item[operation]):
        check.fault(item, operation, f"{operation} does not take {item[operation]!r}", known.takes)
        return False
    if path.steps[-1][1] and known.value is None:
        check.fault(item, "at", f"{operation} works on a field, not on each item of a list", "a path without [] at its end")
        return False
    return True


def _kinds(reading: Reading, item: Map) -> tuple[On, ...]:
    """The kinds of message a rule is for, each checked: known, and sent in this direction by this side."""
    listed = item["on"] if isinstance(item["on"], List) else [item["on"]]
    made = []
    for one in listed:
        holder = Map(item, on=one)
        holder.file, holder.line, holder.lines = item.file, item.line, item.lines
        on = read_on(reading.check, holder, "on")
        if on is not None and check_on(reading, item, "on", on):
            made.append(on)
    return tuple(made)


def check_on(reading: Reading, at: Map, key: str, on: On) -> bool:
    """Whether a dialect has the operation and this side sends (or gets) it; faults are noted."""
    lacking = [name for name, dialect in reading.dialects.items() if on.action not in dialect.messages]
    if len(lacking) == len(reading.dialects) or (reading.named and lacking):
        known = {action for name, dialect in reading.dialects.items() for action in dialect.messages}
        reading.check.fault(at, key, f"unknown operation {on.action!r} in {', '.join(lacking)}", "", nearest(on.action, known))
        return False
    asker = reading.side if (on.kind == "call") == (reading.way == "from") else _other(reading.side)
    if any(kind.sender not in (asker, "both") for kind in reading.types(on)):
        comes = "comes from" if reading.way == "from" else "goes to"
        reading.check.fault(at, key, f"no {on} {comes} a {reading.side}")
        return False
    return True


def _other(side: Side) -> Side:
    return "backend" if side == "station" else "station"


# -- against the schema ----------------------------------------------------------------------------------------------


def _check_schema(reading: Reading, item: Map, on: tuple[On, ...], path: Path, operation: str) -> None:
    """Note every place where the rule leaves the dialect's schema.  Where no dialect is named, one that has it is enough."""
    for kind in on:
        troubles = [list(_troubles(reading, item, found.shape(kind.kind), path, operation)) for found in reading.types(kind)]
        if all(troubles) or (reading.named and any(troubles)):
            key, trouble = next(found for found in troubles if found)[0]
            reading.check.fault(item, key, f"{kind}: {trouble}")


def _troubles(reading: Reading, item: Map, shape: Any, path: Path, operation: str) -> Iterator[tuple[str, str]]:
    """What is wrong with one rule in one message, each with the key it stands at."""
    mends_name = reading.way == "from" and operation in ("rename", "drop")
    try:
        holder = paths.parent(shape, path)
        found: Field | None = None if mends_name else paths.find(shape, path)
    except ValueError as error:
        yield "at", str(error)
        return
    if operation == "rename" and mends_name and item["rename"] not in holder.fields:
        yield "rename", f"{holder.name} has no field {item['rename']!r}; expected {one_of(holder.fields)}"
    if found is not None:
        yield from _words(reading, item, found, operation)


def _words(reading: Reading, item: Map, field_: Field, operation: str) -> Iterator[tuple[str, str]]:
    """Values that the schema does not list, and legal values that are rewritten without saying so."""
    words = paths.words_of(field_)
    if words is None or operation not in ("set", "default", "enum"):
        return
    argument = item[operation]
    for value in argument.values() if operation == "enum" else [argument]:
        if value not in words:
            yield operation, f"{value!r} is not allowed there; expected {one_of(words)}"
    legal = [word for word in argument if word in words] if operation == "enum" else []
    if legal and not reading.deliberate:
        yield operation, f"{legal[0]!r} is a legal value; a profile that rewrites it says deliberate: true, and why"
