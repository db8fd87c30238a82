"""One line of a profile that changes one field of one message, read and checked against the dialects.

In: ``{on: call StopTransaction, at: idTag, truncate: 20}``.  Out: `Rule`.
Not here: what the operations do (`gateway.quirks.operation`), in which direction they work (`repair`, `adjust`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from gateway.dialects.errors import PeerError
from gateway.dialects.shapes import Field, Shape
from gateway.messages import Side
from gateway.quirks import arguments, fields
from gateway.quirks import path as paths
from gateway.quirks.clauses import read_give, read_made, read_when
from gateway.quirks.digits import plain
from gateway.quirks.operation import MILD, OPERATIONS, When, compile_change, only
from gateway.quirks.path import FieldChange, Path, Scene
from gateway.quirks.reading import On, Reading
from gateway.source import Checker, List, Map, nearest, one_of

Read = TypeVar("Read")

MOST = 64
EVERY = "*"
NOWHERE = Path(())


@dataclass(frozen=True, slots=True)
class Rule:
    """One change of one field in some kinds of message.  ``source`` is where it stands in the file.

    ``change`` is None for an ``answer``, which ends the message here.
    """

    on: tuple[On, ...]
    path: Path
    operation: str
    change: FieldChange | None
    touches: tuple[Path, ...]
    source: Map = field(compare=False, repr=False)
    answer: Any = None
    when: When | None = None
    at: Path = NOWHERE
    """The path of the file, which for a move differs from where it is done."""

    def apply(self, payload: Any, scene: Scene) -> Any:
        """The payload after the change; the same object where nothing changed."""
        if self.change is None:
            return payload
        if not self.path.steps:
            return self.change(payload, "", scene) if isinstance(payload, dict) else payload
        return paths.rewrite(payload, self.path.steps, self.change, scene)

    def answers(self, payload: Any, scene: Scene) -> bool:
        """Whether the message ends here, with `answer`."""
        return self.change is None and (self.when is None or self.when(payload, payload, scene))

    def may_answer(self, payload: Any) -> bool:
        """Whether the rule may do something, by a look at the payload alone."""
        if self.change is not None or self.when is None or self.looks_at("asked", "facts"):
            return True
        return self.when(payload, payload, Scene(payload))

    @property
    def asks(self) -> bool:
        """Whether it looks at the call that a result answers."""
        return self.looks_at("asked")

    def looks_at(self, *names: str) -> bool:
        """Whether its expressions may look at one of these names."""
        texts = [str(self.source.get(key, "")) for key in ("when", "give", "add")]
        return any(name in text for name in names for text in texts)

    def meets(self, other: Rule) -> bool:
        """Whether both change the same field of the same message, and not in the same way."""
        return bool({*self.on} & {*other.on}) and self.overlaps(other) and not self.equals(other)

    def overlaps(self, other: Rule) -> bool:
        """Whether both change the same field, in whatever message, so that only one of them can have it."""
        if self._sifts and other._sifts:
            return False  # whatever meets the one condition or the other goes
        if self.mild or other.mild:
            return self.operation == other.operation and self.path == other.path
        return any(a.meets(b) for a in self.touches for b in other.touches)

    @property
    def mild(self) -> bool:
        """Whether it only brings a value into form, or takes out items that meet a condition."""
        return self.operation in MILD or self._sifts

    @property
    def _sifts(self) -> bool:
        """Whether it takes items out of a list."""
        return self.operation == "drop" and bool(self.path.steps) and self.path.steps[-1][1]

    def equals(self, other: Rule) -> bool:
        """Whether both say the same of the field."""
        mine, theirs = plain(self.source), plain(other.source)
        return {k: v for k, v in mine.items() if k != "on"} == {k: v for k, v in theirs.items() if k != "on"}


def read_rules(reading: Reading, at: Map, key: str) -> tuple[Rule, ...]:
    """The list of rules at ``at[key]``; those with faults are left out."""
    listed = at[key]
    if not isinstance(listed, List) or not 0 < len(listed) <= MOST:
        reading.check.fault(at, key, f"{key} is no list of rules", f"one to {MOST} of {{on: …, at: …, operation: …}}")
        return ()
    made = [_rule(reading, listed, number, item) for number, item in enumerate(listed)]
    return tuple(rule for rule in made if rule is not None)


def read_changes(reading: Reading, listed: Any, holder: Map, key: str, on: On) -> tuple[Rule, ...]:
    """The list ``listed``, which is ``holder[key]``: rules without ``on``, all for one kind of message."""
    if not isinstance(listed, List):
        reading.check.fault(holder, key, "no list of changes", "a list of {at: …, operation: …}; empty for none")
        return ()
    made = [_rule(reading, listed, number, item, (on,)) for number, item in enumerate(listed)]
    return tuple(rule for rule in made if rule is not None)


def read_on(check: Checker, at: Map, key: str) -> On | None:
    """The kind of message at ``at[key]``: ``call OPERATION``, ``result OPERATION`` or ``error OPERATION``."""
    words = str(at[key]).split()
    if len(words) == 2 and words[0] in ("call", "result", "error"):
        return On(words[0], words[1])
    near = f"call {words[0]}" if len(words) == 1 else ""
    check.fault(at, key, f"{at[key]!r} is no kind of message", "call OPERATION or result OPERATION or error OPERATION", near)
    return None


def _rule(reading: Reading, listed: List, number: int, item: Any, given: tuple[On, ...] = ()) -> Rule | None:
    check = reading.check
    if not isinstance(item, Map):
        check.fault(listed, number, "a rule is a mapping", "{on: call OPERATION, at: path, operation: …}")
        return None
    needed = [*([] if given else ["on"]), *([] if "answer" in item else ["at"])]
    if not check.keys(item, "a rule", needed, [*OPERATIONS, "when", "like"]):
        return None
    operations = [key for key in item if key in OPERATIONS]
    if len(operations) != 1:
        if not operations and any(key not in ("on", "at", "when", "like") for key in item):
            return None  # the unknown key is named already
        check.fault(item, None, f"a rule has one operation, this has {len(operations)}", one_of(OPERATIONS))
        return None
    return _made(reading, item, given, operations[0])


def _made(reading: Reading, item: Map, given: tuple[On, ...], operation: str) -> Rule | None:
    path = Path(()) if operation == "answer" else _path(reading.check, item)
    if path is None or not _argument(reading.check, item, operation, path):
        return None
    on = given or _kinds(reading, item, path, operation)
    if not on:
        return None
    before = len(reading.check.faults)
    if operation == "answer":
        _check_answer(reading, item, on)
    else:
        _check_schema(reading, item, on, path, operation)
    if len(reading.check.faults) > before:
        return None
    when = read_when(reading, item, on, path)
    if operation in ("give", "add"):
        make = read_give(reading, item, on, path) if operation == "give" else read_made(reading, item, on, path)
        change = fields.give if operation == "give" else fields.add
        return Rule(on, path, operation, only(when, change(make)), (path,), item, at=path) if make is not None else None
    return _rule_of(item, on, path, operation, when)


def _rule_of(item: Map, on: tuple[On, ...], path: Path, operation: str, when: When | None) -> Rule:
    argument = item[operation]
    if operation == "answer":
        return Rule(on, path, operation, None, (), item, plain(argument), when)
    if operation == "move":
        base, change, there = paths.moving(path, str(argument), when)
        return Rule(on, base, operation, change, (path, there), item, at=path)
    touches = (path, path.sibling(argument)) if operation == "rename" else (path,)
    compiled = compile_change(operation, argument, path.steps[-1][1], when)
    return Rule(on, path, operation, compiled, touches, item, at=path)


def _path(check: Checker, item: Map) -> Path | None:
    try:
        return paths.parse(str(item["at"]))
    except ValueError as error:
        check.fault(item, "at", str(error))
        return None


def _argument(check: Checker, item: Map, operation: str, path: Path) -> bool:
    known = OPERATIONS[operation]
    if not known.accepts(item[operation]):
        why = arguments.expression_trouble(item[operation]) if operation == "replace" else ""
        check.fault(item, operation, why or f"{operation} does not take {plain(item[operation])!r}", known.takes)
        return False
    each = bool(path.steps) and path.steps[-1][1]
    if each and not known.single and not (operation == "drop" and ("when" in item or "like" in item)):
        wanted = "when: … beside it, to say which items" if operation == "drop" else "a path without [] at its end"
        check.fault(item, "at", f"{operation} works on a field, not on each item of a list", wanted)
        return False
    return True


def _kinds(reading: Reading, item: Map, path: Path, operation: str) -> tuple[On, ...]:
    """The kinds of message a rule is for, each checked: known, and sent in this direction by this side."""
    listed = item["on"] if isinstance(item["on"], List) else [item["on"]]
    made: list[On] = []
    for one in listed:
        holder = Map(item, on=one)
        holder.file, holder.line, holder.lines = item.file, item.line, item.lines
        on = read_on(reading.check, holder, "on")
        if on is not None and on.action == EVERY:
            made += _every(reading, item, on, path)
        elif on is not None and check_on(reading, item, "on", on):
            made.append(on)
    return tuple(dict.fromkeys(made))


def _every(reading: Reading, item: Map, on: On, path: Path) -> list[On]:
    """All operations that go this way and have the field."""
    kinds = [On(on.kind, action) for action in sorted(reading.operations)]
    found = [kind for kind in kinds if _goes(reading, kind) and any(_has(shape, path) for shape in reading.shapes(kind))]
    if not found:
        reading.check.fault(item, "at", f"no {on.kind} has the field {path}")
    return found


def _has(shape: Shape, path: Path) -> bool:
    try:
        return not path.steps or bool(paths.find(shape, path))
    except ValueError:
        return False


def check_on(reading: Reading, at: Map, key: str, on: On) -> bool:
    """Whether a dialect has the operation and this side sends (or gets) it; faults are noted."""
    lacking = [name for name, dialect in reading.dialects.items() if on.action not in dialect.messages]
    if len(lacking) == len(reading.dialects) or (reading.named and lacking):
        near = nearest(on.action, reading.operations)
        reading.check.fault(at, key, f"unknown operation {on.action!r} in {', '.join(lacking)}", "", near)
        return False
    if not _goes(reading, on):
        comes = "comes from" if reading.way == "from" else "goes to"
        fit = [one for one in sorted(reading.operations) if _goes(reading, On(on.kind, one))]
        reading.check.fault(at, key, f"no {on} {comes} a {reading.side}", one_of(fit))
        return False
    return True


def by_command(
    reading: Reading, at: Map, key: str, form: str, read: Callable[[Reading, Map, str], Read | None]
) -> dict[str, Read]:
    """The mapping ``at[key]`` of commands to this side, each read by itself; ``form`` is what a fault says was expected."""
    listed = at[key]
    if not isinstance(listed, Map) or not listed:
        reading.check.fault(at, key, f"{key} is no mapping", form)
        return {}
    back = replace(reading, way="to")
    made = {action: read(back, listed, action) for action in listed if check_on(back, listed, action, On("call", action))}
    return {action: one for action, one in made.items() if one is not None}


def _goes(reading: Reading, on: On) -> bool:
    asker = reading.side if (on.kind == "call") == (reading.way == "from") else _other(reading.side)
    return all(kind.sender in (asker, "both") for kind in reading.types(on))


def _other(side: Side) -> Side:
    return "backend" if side == "station" else "station"


# -- against the schema ----------------------------------------------------------------------------------------------


def _check_answer(reading: Reading, item: Map, on: tuple[On, ...]) -> None:
    """An answer must be one that the asker can read."""
    for kind in on:
        if kind.kind == "result":
            reading.check.fault(item, "on", "a result cannot be answered", "call OPERATION or error OPERATION")
            continue
        for name, dialect in reading.dialects.items():
            if kind.action not in dialect.messages or not reading.named:
                continue
            try:
                dialect.check("result", kind.action, plain(item["answer"]))
            except PeerError as error:
                reading.check.fault(item, "answer", f"not valid in {name}: {error}")


def _check_schema(reading: Reading, item: Map, on: tuple[On, ...], path: Path, operation: str) -> None:
    """Note every place where the rule leaves the dialect's schema.  Where no dialect is named, one that has it is enough."""
    if reading.beyond and reading.way == "to":
        return
    for kind in on:
        troubles = [list(_troubles(reading, item, shape, path, operation)) for shape in reading.shapes(kind)]
        if all(troubles) or (reading.named and any(troubles)):
            key, trouble = next(found for found in troubles if found)[0]
            reading.check.fault(item, key, f"{kind}: {trouble}")


def _troubles(reading: Reading, item: Map, shape: Shape, path: Path, operation: str) -> list[tuple[str, str]]:
    """What is wrong with one rule in one message, each with the key it stands at."""
    mends_name = reading.way == "from" and operation in ("rename", "drop", "move", "unset")
    try:
        if operation == "move":
            paths.find(shape, paths.moving(path, item["move"], None)[2])
            return [] if mends_name else [("at", trouble) for trouble in _lacks(shape, path)]
        holder = paths.parent(shape, path)
        found: Field | None = None if mends_name else paths.find(shape, path)
    except ValueError as error:
        return [("at", str(error))]
    if operation == "rename" and mends_name and item["rename"] not in holder.fields:
        near = nearest(str(item["rename"]), holder.fields)
        meant = f"; did you mean {near!r}?" if near else ""
        return [("rename", f"{holder.name} has no field {item['rename']!r}; expected {one_of(holder.fields)}{meant}")]
    return _words(reading, item, found, operation) if found is not None else []


def _lacks(shape: Shape, path: Path) -> list[str]:
    try:
        paths.find(shape, path)
    except ValueError as error:
        return [str(error)]
    return []


def _words(reading: Reading, item: Map, field_: Field, operation: str) -> list[tuple[str, str]]:
    """Values that the schema does not list, and legal values that are rewritten without saying so."""
    words = paths.words_of(field_)
    if words is None or operation not in ("set", "default", "enum"):
        return []
    argument, troubles = item[operation], []
    for value in argument.values() if operation == "enum" else [argument]:
        if value not in words:
            near = nearest(str(value), words)
            meant = f"; did you mean {near!r}?" if near else ""
            troubles.append((operation, f"{value!r} is not allowed there; expected {one_of(words)}{meant}"))
    legal = [word for word in argument if word in words] if operation == "enum" else []
    if legal and not reading.deliberate:
        troubles.append((operation, f"{legal[0]!r} is a legal value; a profile that rewrites it says deliberate: true, and why"))
    return troubles
