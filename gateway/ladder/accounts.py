"""The ledger of a route: what becomes of every field of every operation over all steps, through all parts of flows.

In: two routes.  Out: an `Account` for each operation.
Not here: the ledger of one plan (`gateway.ladder.ledger`), printing (`gateway.cli.explain`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gateway.dialects.lenses import put
from gateway.dialects.schema import Dialect, Shape
from gateway.ladder.ledger import Account, Entry, entries, leaves
from gateway.ladder.losses import Loss
from gateway.ladder.route import Route, Step
from gateway.ladder.tables import Said
from gateway.messages import Payload

_ORDER = ("lost", "synthesized", "defaulted", "converted", "carried")
_MADE = ("carried", "converted", "defaulted", "synthesized")


@dataclass
class _Chain:
    """One way through the steps: ``request`` and ``result`` are None where the gateway answers on the way."""

    message: str
    request: list[Entry] | None
    result: list[Entry] | None
    said: Said | None = None
    sometimes: bool = False
    flows: tuple[str, ...] = ()


def account(route: Route, action: str, sender: str) -> Account:
    """What becomes of one operation between the asker and the answerer of ``route``."""
    made = Account(action, sender)
    if not route.steps:
        message = route.from_dialect.messages[action]
        made.request, made.result = (_whole(message.shape(kind), action) for kind in ("call", "result"))
        return made
    chains = _chains(route.steps, action, route.to_dialect)
    local = next((chain for chain in chains if chain.said is not None), None)
    through = [chain for chain in chains if chain.request is not None]
    made.flows = tuple(dict.fromkeys(flow for chain in chains for flow in chain.flows))
    if local is not None and local.said is not None and (not through or local.sometimes):
        made.said = "always" if not through else "where nothing is left to say"
        made.answer = None if made.flows else local.said.told  # a flow makes its own of what is said beyond it
        made.why = local.said.loss.why
        if local.said.refuse:
            made.why = f"{local.said.refuse}: {local.said.loss.why}"
    made.request = _merged([[replace(e, message=c.message) for e in c.request or ()] for c in through], asked=True)
    made.result = _merged([[replace(e, message=c.message) for e in c.result or ()] for c in through], asked=False)
    return made


def _chains(steps: Sequence[Step], action: str, end: Dialect) -> list[_Chain]:
    """Every way that a message may take."""
    if not steps:
        return [_Chain(action, [], []) if end.can(action) else _Chain(action, None, None, _unable(end, action))]
    step, table = steps[0], steps[0].table
    local = table.locals.get((action, step.way))
    if local is not None:
        return [_Chain(action, None, None, local, flows=(local.flow,) if local.flow else ())]
    made: list[_Chain] = []
    for pair in table.pairs[action, step.way]:
        ahead, back = list(entries(table.plans[pair.ahead])), list(entries(table.plans[pair.back]))
        flows = (pair.flow,) if pair.flow else ()
        for chain in _chains(steps[1:], pair.answerer, end):
            if chain.request is not None and chain.result is not None and len(steps) > 1:
                chain.request, chain.result = joined(ahead, chain.request), joined(chain.result, back)
            elif chain.request is not None:
                chain.request, chain.result = ahead, back
            chain.flows = (*flows, *chain.flows)
            empty = table.empties.get((action, step.way))
            if chain.sometimes and flows:
                chain.said, chain.sometimes = None, False  # the flow has other parts, or an answer of its own
            if empty is not None and chain.said is None:
                chain.said, chain.sometimes = empty, True
            made.append(chain)
    return made


def _unable(end: Dialect, action: str) -> Said:
    """What a station answers that has no procedure for a command."""
    answer: Payload = {}
    for path, value in end.messages[action].defaults.items():
        put(answer, path, value)
    why = f"{end.name} has no procedure for {action}"
    return Said(answer or None, "" if answer else "NotSupported", Loss(end.name, action, "", action, why))


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
            made += [_both(entry, after) for after in _beyond(entry.target, onward)]
    for entry in first:
        if entry.how == "unfilled":
            made += [Entry("", e.target, "unfilled", entry.why) for e in _beyond(entry.target, onward) if e.target]
    return made + onward.get("", [])


def _beyond(target: str, onward: dict[str, list[Entry]]) -> list[Entry]:
    """What the next step does with a field, or with all that is inside it."""
    inside = (some for source, some in onward.items() if source.startswith(f"{target}."))
    return onward.get(target) or [entry for some in inside for entry in some]


def _both(first: Entry, after: Entry) -> Entry:
    hows = (first.how, after.how)
    how = next((word for word in _ORDER if word in hows), "read")
    if not after.target and after.how == "read":
        how = "read" if first.source else "synthesized"
    return Entry(first.source, after.target, how, (*first.why, *after.why), (*first.becomes, *after.becomes))


def _merged(chains: Sequence[list[Entry]], asked: bool) -> list[Entry]:
    """All parts together: what one of them carries is not lost, and what one of them makes is not missing."""
    every = list(dict.fromkeys(entry for chain in chains for entry in chain))
    if len(chains) < 2 and not any(entry.how == "read" for entry in every):
        return every
    used, read = _sources(every, ("lost", "read"), asked), _sources(every, ("lost",), asked)
    made = {_place(entry, asked) for entry in every if entry.how in _MADE}
    kept: dict[tuple[Any, ...], Entry] = {}
    for entry in every:
        key = (entry.message if not asked else "", entry.source)
        if (entry.how == "lost" and key in read) or (entry.how == "read" and key in used):
            continue
        if entry.how == "unfilled" and _place(entry, asked) in made:
            continue
        same: tuple[Any, ...] = (*key, entry.how) if entry.how in ("lost", "read") else (entry,)
        if entry.how == "unfilled":
            same = (*_place(entry, asked), entry.how)
        before = kept.get(same)
        kept[same] = entry if before is None else replace(before, why=tuple(dict.fromkeys((*before.why, *entry.why))))
    return list(kept.values())


def _sources(every: Iterable[Entry], but: Sequence[str], asked: bool) -> set[tuple[str, str]]:
    """The fields of which something else is told than ``but``."""
    return {("" if asked else e.message, e.source) for e in every if e.source and e.how not in but}


def _place(entry: Entry, asked: bool) -> tuple[str, str]:
    """Where something arrives: each request is a message of its own, their results are one answer."""
    return (entry.message if asked else "", entry.target)


def _whole(shape: Shape, action: str) -> list[Entry]:
    return [Entry(leaf, leaf, "carried", message=action) for one in shape.fields.values() for leaf in leaves(one, one.name)]


def accounts(up: Route, down: Route) -> list[Account]:
    """Every operation between a station and a back end: ``up`` from the station's dialect, ``down`` from the back end's."""
    made = [account(up, m.action, "station") for m in up.from_dialect.messages.values() if m.sender != "backend"]
    return made + [account(down, m.action, "backend") for m in down.from_dialect.messages.values() if m.sender != "station"]
