"""The loss ledger: what becomes of every field on a route, told from the tables alone.

In: the plans of tables, a route.  Out: `Entry` by field, `Account` by operation, composed over all steps.
Not here: losses that happened (`gateway.ladder.losses`), printing (`gateway.cli.explain`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from gateway.dialects.schema import Field, Shape
from gateway.ladder.expressions import Expression
from gateway.ladder.plan import Move, Plan, names
from gateway.ladder.route import Route, Step

HOW = ("carried", "converted", "defaulted", "synthesized", "unfilled", "lost")


@dataclass(frozen=True)
class Entry:
    """One field: ``source`` is empty for what is made here, ``target`` for what is lost.

    ``how`` is one of `HOW`; ``why`` holds the reasons of whatever is lost, wholly or in part; ``becomes`` tells which values
    become which, step by step.
    """

    source: str
    target: str
    how: str
    why: tuple[str, ...] = ()
    becomes: tuple[str, ...] = ()


@dataclass
class Account:
    """One operation on a route.  ``said`` is what the gateway answers itself, where the message goes no further."""

    action: str
    sender: str
    request: list[Entry] = field(default_factory=list)
    result: list[Entry] = field(default_factory=list)
    said: str = ""
    answer: dict[str, Any] | None = None
    why: str = ""

    def share(self) -> float:
        """How much of what the peers say crosses: fields carried or converted, of all fields; 0 for a local answer."""
        told = [entry for entry in (*self.request, *self.result) if entry.source]
        if self.said == "always":
            return 0.0
        return sum(entry.how in ("carried", "converted") for entry in told) / len(told) if told else 1.0


def entries(plan: Plan, source: str = "", target: str = "") -> Iterator[Entry]:
    """The ledger of one plan, leaf by leaf."""
    for move in plan.moves:
        yield from _moved(move, source, target)
    for gone in plan.gone:
        for leaf in _leaves(gone.source[-1], source + names(gone.source)):
            yield Entry(leaf, "", "lost", (gone.loss.why,))
    for path, why in plan.unfilled.items():
        yield Entry("", target + ".".join(path), "unfilled", (why,))


def _moved(move: Move, source: str, target: str) -> Iterator[Entry]:
    far = target + names(move.target)
    if not move.source:
        yield Entry("", far, "synthesized", _reasons(move), _changes(move))
        return
    near = source + names(move.source)
    if move.inner is not None:
        yield from entries(move.inner, f"{near}.", f"{far}.")
        return
    how = "carried" if _untouched(move) else "converted"
    for leaf in _leaves(move.source[-1], near):
        yield Entry(leaf, far + leaf.removeprefix(near), how, _reasons(move), _changes(move))
    if move.default is not None:
        yield Entry("", far, "defaulted", (f"{move.default!r} where {near} is absent",))


def _untouched(move: Move) -> bool:
    changed = move.choice is not None and not (move.choice.plain and not move.choice.open)
    return not (changed or move.scale or move.echo or any(turn.on is not None for turn in move.cases))


def _reasons(move: Move) -> tuple[str, ...]:
    """What may be lost of a value, by value where it depends on it."""
    found: dict[str, list[str]] = {}
    for value, loss in (move.choice.losses if move.choice else {}).items():
        found.setdefault(loss.why, []).append(str(value))
    for turn in move.cases:
        if turn.loss is not None:
            found.setdefault(turn.loss.why, []).append(str(turn.on) if turn.on is not None else "sometimes")
    said = [f"{', '.join(values)}: {why}" for why, values in found.items()]
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
            given.setdefault(str(old), {str(new): None})
    alike: dict[str, list[str]] = {}
    for old, news in given.items():
        alike.setdefault(" or ".join(news), []).append(old)
    said = [f"{', '.join(olds)} -> {news}".removeprefix(" -> ") for news, olds in alike.items()]
    if move.scale is not None:
        said.append(f"{'divided by' if move.scale[1] else 'times'} {move.scale[0]}")
    return tuple(said)


def _given(value: Any) -> str:
    if not isinstance(value, Expression):
        return str(value)
    if value.reads:
        return f"from {', '.join(sorted(value.reads))}"
    return " or ".join(sorted(map(str, value.values))) if value.values else "by what is known"


def _leaves(field: Field, path: str) -> Iterator[str]:
    if isinstance(field.type, Shape):
        for inner in field.type.fields.values():
            yield from _leaves(inner, f"{path}.{inner.name}")
    else:
        yield path


def joined(first: list[Entry], second: list[Entry]) -> list[Entry]:
    """The ledger of two steps, one after the other."""
    onward: dict[str, list[Entry]] = {}
    for entry in second:
        onward.setdefault(entry.source, []).append(entry)
    made: list[Entry] = []
    for entry in first:
        if not entry.target:
            made.append(entry)
        elif entry.how != "unfilled":
            made += [_both(entry, after) for after in onward.get(entry.target, [])]
    unfilled = {entry.target: entry.why for entry in first if entry.how == "unfilled"}
    made += [Entry("", e.target, "unfilled", unfilled[e.source]) for e in second if e.source in unfilled and e.target]
    return made + onward.get("", [])


def _both(first: Entry, after: Entry) -> Entry:
    hows = (first.how, after.how)
    how = next(word for word in ("lost", "synthesized", "defaulted", "converted", "carried") if word in hows)
    return Entry(first.source, after.target, how, (*first.why, *after.why), (*first.becomes, *after.becomes))


def account(route: Route, action: str, sender: str) -> Account:
    """What becomes of one operation between the asker and the answerer of ``route``."""
    made = Account(action, sender)
    done: list[Step] = []
    for step in route.steps:
        said = step.table.locals.get((action, step.way)) or step.table.empties.get((action, step.way))
        if said is not None:
            made.said = "always" if (action, step.way) in step.table.locals else "where nothing is left to say"
            made.answer, made.why = said.answer, said.loss.why
            if said.answer is None:
                made.why = f"{said.refuse}: {said.loss.why}"
        if made.said == "always":
            return Account(action, sender, [], [], made.said, made.answer, made.why)
        ahead, back = _step(step, action)
        made.request = joined(made.request, ahead) if done else ahead
        made.result = joined(back, made.result) if done else back
        done.append(step)
    if not done:
        message = route.from_dialect.messages[action]
        made.request, made.result = (_whole(message.shape(kind)) for kind in ("call", "result"))
    return made


def _step(step: Step, action: str) -> tuple[list[Entry], list[Entry]]:
    (pair,), plans = step.table.pairs[action, step.way], step.table.plans
    return list(entries(plans[pair.ahead])), list(entries(plans[pair.back]))


def _whole(shape: Shape) -> list[Entry]:
    return [Entry(leaf, leaf, "carried") for one in shape.fields.values() for leaf in _leaves(one, one.name)]


def accounts(up: Route, down: Route) -> list[Account]:
    """Every operation between a station and a back end: ``up`` from the station's dialect, ``down`` from the back end's."""
    made = [account(up, m.action, "station") for m in up.from_dialect.messages.values() if m.sender != "backend"]
    return made + [account(down, m.action, "backend") for m in down.from_dialect.messages.values() if m.sender != "station"]
