"""The loss ledger: what becomes of every field on a route, told from the tables alone.

In: the plans of tables.  Out: `Entry` by field, and `Account`, which holds those of one operation.
Not here: whole routes (`gateway.ladder.accounts`), losses that happened (`losses`), printing (`gateway.cli.explain`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from gateway.dialects.schema import Field, Shape
from gateway.ladder.expressions import Expression
from gateway.ladder.fit import alike
from gateway.ladder.plan import Choice, Move, Plan, Told, names
from gateway.ladder.table import ANY

HOW = ("carried", "converted", "read", "defaulted", "synthesized", "unfilled", "lost")
_CROSSES = ("carried", "converted")


@dataclass(frozen=True)
class Entry:
    """One field: ``source`` is empty for what is made here, ``target`` for what is lost, or only read by a flow.

    ``how`` is one of `HOW`; ``why`` holds the reasons of whatever is lost, wholly or in part; ``becomes`` tells which values
    become which, step by step, and a flow's own words.  ``message`` is the answerer's name of what is asked.
    """

    source: str
    target: str
    how: str
    why: tuple[str, ...] = ()
    becomes: tuple[str, ...] = ()
    message: str = ""


@dataclass
class Account:
    """One operation on a route.  ``said`` is what the gateway answers itself, where the message goes no further.

    ``flows`` are the functions that decide what becomes of it.
    """

    action: str
    sender: str
    request: list[Entry] = field(default_factory=list)
    result: list[Entry] = field(default_factory=list)
    said: str = ""
    answer: dict[str, Any] | None = None
    why: str = ""
    flows: tuple[str, ...] = ()

    def outcome(self, spelled: Callable[[dict[str, Any]], str]) -> str:
        """What the asker hears where the message goes no further; ``spelled`` writes an answer."""
        if self.answer is not None:
            return f"answered {spelled(self.answer)}"
        return "answered here" if self.said == "always" and self.flows else "refused"

    def share(self) -> float:
        """How much of what the peers say crosses: fields carried or converted, of all fields; 0 for a local answer."""
        if self.said == "always":
            return 0.0
        told: dict[tuple[str, str, str], bool] = {}
        for kind, some in (("request", self.request), ("result", self.result)):
            for entry in (entry for entry in some if entry.source):
                key = (kind, entry.message if kind == "result" else "", entry.source)
                told[key] = told.get(key, False) or entry.how in _CROSSES
        return sum(told.values()) / len(told) if told else 1.0


def entries(plan: Plan, source: str = "", target: str = "") -> Iterator[Entry]:
    """The ledger of one plan, leaf by leaf."""
    gone = {source + names(gone.source) for gone in plan.gone}
    for move in plan.moves:
        yield from (entry for entry in _moved(move, source, target) if not _within(entry.source, gone))
        yield from _looked(move, plan, source, target)
    for item in plan.gone:
        for leaf in leaves(item.source[-1], source + names(item.source)):
            yield Entry(leaf, "", "lost", (item.loss.why,))
    for path, why in plan.unfilled.items():
        yield Entry("", target + ".".join(path), "unfilled", (why,))
    for told in plan.told:
        yield from _told(told, source, target)


def _within(leaf: str, paths: set[str]) -> bool:
    return any(leaf == path or leaf.startswith(f"{path}.") for path in paths)


def _told(told: Told, source: str, target: str) -> Iterator[Entry]:
    """What Python says that it does with a field."""
    far, becomes = target + names(told.target) if told.target else "", (told.why, *_rows(told.choice))
    if not told.source:
        yield Entry("", far, "synthesized", (), becomes)
    for leaf in leaves(told.source[-1], source + names(told.source)) if told.source else ():
        yield Entry(leaf, far, "converted" if far else "read", (), becomes)


def _rows(choice: Choice | None) -> tuple[str, ...]:
    alike: dict[str, list[str]] = {}
    for old, new in (choice.table if choice else {}).items():
        if old != new:
            alike.setdefault(str(new), []).append(_word(old))
    return tuple(f"{', '.join(olds)} -> {new}" for new, olds in alike.items())


def _looked(move: Move, plan: Plan, source: str, target: str) -> Iterator[Entry]:
    """Fields that flow into the target of another one, and nowhere else."""
    elsewhere = {names(one.source) for one in plan.moves if one.source} | {names(gone.source) for gone in plan.gone}
    for name in sorted(move.reads):
        for leaf in leaves(plan.source.fields[name], name):
            if not _within(leaf, elsewhere):
                yield Entry(source + leaf, target + names(move.target), "converted", _reasons(move), _changes(move))
    for name, inner in move.above.items():
        outer = f"{names(move.source[:-1])}." if len(move.source) > 1 else ""
        yield Entry(f"{source}{outer}{name}", f"{target}{names(move.target)}.{names(inner.target)}", "carried")


def _moved(move: Move, source: str, target: str) -> Iterator[Entry]:
    far = target + names(move.target)
    if not move.source:
        if any(isinstance(turn.give, Expression) and turn.give.above for turn in move.cases):
            return  # told where the object around it is: `_looked`
        yield Entry("", far, "synthesized", _reasons(move), _changes(move))
        return
    near = source + names(move.source)
    if move.inner is not None:
        yield from entries(move.inner, f"{near}.", f"{far}.")
        return
    if _forgets(move):
        yield from (Entry(leaf, "", "lost", _reasons(move)) for leaf in leaves(move.source[-1], near))
        yield Entry("", far, "synthesized", (), _changes(move))
        return
    how = "carried" if _untouched(move) else "converted"
    for leaf in leaves(move.source[-1], near):
        yield Entry(leaf, far if move.keep else far + leaf.removeprefix(near), how, _reasons(move), _changes(move))
    if move.default is not None:
        yield Entry("", far, "defaulted", (f"{move.default!r} where {near} is absent",))
    elif not all(f.required for f in move.source) and any(turn.always for turn in move.cases):
        yield Entry("", far, "defaulted", (f"made here where {near} is absent",))


def _forgets(move: Move) -> bool:
    """Whether every word becomes the same one: then nothing is told by it."""
    choice = move.choice
    if choice is None or choice.open or choice.omits or choice.drops or move.cases:
        return False
    return len(choice.table) > 1 and len(set(choice.table.values())) == 1


def _untouched(move: Move) -> bool:
    ends = (move.source[-1].type, move.target[-1].type)
    changed = move.choice is not None and not (move.choice.plain and not move.choice.open)
    changed = changed or not (any(isinstance(end, Shape) for end in ends) or alike(*ends))
    return not (changed or move.keep or move.scale or move.echo or any(turn.on is not None for turn in move.cases))


def _reasons(move: Move) -> tuple[str, ...]:
    """What may be lost of a value, by value where it depends on it."""
    found: dict[str, list[str]] = {}
    for value, loss in (move.choice.losses if move.choice else {}).items():
        found.setdefault(loss.why, []).append(_word(value))
    for turn in move.cases:
        if turn.loss is not None:
            found.setdefault(turn.loss.why, []).append(str(turn.on) if turn.on is not None else "sometimes")
    said = [f"{', '.join(values)}: {why}" for why, values in found.items()]
    if move.single is not None:
        said.append(f"more than one: {move.single.loss.why}")
    if move.limit is not None and move.limit.loss is not None:
        said.append(f"too long ({move.limit.end}): {move.limit.loss.why}")
    return tuple(said)


def _changes(move: Move) -> tuple[str, ...]:
    """Which values become which; what a case decides by more than the value is told as ``or``."""
    given: dict[str, dict[str, None]] = {}
    for turn in move.cases:
        if turn.end == "give":
            given.setdefault("" if turn.on is None else str(turn.on), {})[_given(turn.give)] = None
    for old, new in (move.choice.table if move.choice else {}).items():
        if old != new:
            given.setdefault(_word(old), {str(new): None})
    alike: dict[str, list[str]] = {}
    for old, news in given.items():
        alike.setdefault(" or ".join(news), []).append(old)
    said = [f"{', '.join(olds)} -> {news}".removeprefix(" -> ") for news, olds in alike.items()]
    if move.scale is not None:
        said.append(f"{'divided by' if move.scale[1] else 'times'} {move.scale[0]}")
    return tuple(said)


def _word(value: Any) -> str:
    return "any other" if value == ANY else str(value)


def _given(value: Any) -> str:
    if not isinstance(value, Expression):
        return str(value)
    if value.reads:
        return f"from {', '.join(sorted(value.reads))}"
    return " or ".join(sorted(map(str, value.values))) if value.values else "by what is known"


def leaves(field: Field, path: str) -> Iterator[str]:
    """The dotted paths of a field's innermost fields."""
    if isinstance(field.type, Shape):
        for inner in (inner for inner in field.type.fields.values() if not inner.extra):
            yield from leaves(inner, f"{path}.{inner.name}")
    else:
        yield path
