"""Whether every field of both sides is spoken for: made or declared unfilled, read or declared lost, and only one of the two.

In: `Draft`s of one message's parts.  Out: the losses of their plans; faults for fields that nobody thought of.
Not here: the rules themselves (`gateway.ladder.resolve`).
"""

from __future__ import annotations

from collections.abc import Sequence

from gateway.ladder.fit import carries, leaves, met
from gateway.ladder.lookups import Draft, Lookups
from gateway.ladder.losses import Loss
from gateway.ladder.plan import Gone
from gateway.ladder.table import Lost, Path
from gateway.source import nearest, one_of


def unmade(lookups: Lookups, draft: Draft, together: Sequence[Draft]) -> None:
    """Every target field is made or declared unfilled, and only one of the two, by this draft or those that join it."""
    plan, place, unfilled = draft.plan, draft.place, draft.block.unfilled[draft.place.way]
    others = [other for other in together if other is not draft]
    made = set[Path]().union(*(other.made for other in others))
    left = set[Path]().union(*(other.plan.unfilled for other in others))
    for name, target in plan.target.fields.items():
        spoken = target.extra or met((name,), set(draft.made)) or (name,) in plan.unfilled
        if not spoken and not met((name,), made) and (name,) not in left:
            need = "required " if target.required else ""
            expected = f"a rule, or a line under 'unfilled {place.way}'" if not need else "a rule"
            what = f"nothing makes the {need}field {place.prefix}{name} going {place.way!r}"
            lookups.fault(draft.block.spot, f"{place.action}.{place.kind}: {what}", expected)
    for path, item in unfilled.items():
        if path not in plan.unfilled or met(path, made) or path in left:
            known = path[0] in plan.target.fields
            why = "is filled, required, or declared twice"
            what = f"{'.'.join(path)!r} {why}" if known else f"unknown field {'.'.join(path)!r}"
            lookups.fault(item.spot, what, one_of(plan.target.fields), nearest(path[0], plan.target.fields))


def unread(lookups: Lookups, draft: Draft, together: Sequence[Draft]) -> None:
    """Every source field is read or declared lost, and only one of the two, by this draft or those that take the same message.

    What no other reads may be declared once; what another reads is lost only where this part is all, and needs a sample.
    """
    place, lost = draft.place, draft.block.lost[draft.place.way]
    others = [other for other in together if other is not draft]
    elsewhere = set[Path]().union(*(other.read for other in others))
    declared = set[Path]().union(*(other.block.lost[place.way] for other in others))
    for path in leaves(draft.plan.source, draft.read | elsewhere):
        if path not in lost and path not in declared:
            name = place.prefix + ".".join(path)
            lookups.fault(
                draft.block.spot,
                f"{place.action}.{place.kind}: no rule reads {name} going {place.way!r}",
                f"a rule, or a line under 'lost {place.way}'",
            )
    for path, item in lost.items():
        once = place.served and not item.when and not item.samples
        _gone(lookups, draft, path, item, once)
        if (met(path, elsewhere) or path in declared) and not item.samples:
            lookups.fault(item.spot, f"{'.'.join(path)!r} is read or declared lost by another part", "no such line, or a sample")


def _gone(lookups: Lookups, draft: Draft, path: Path, item: Lost, once: bool) -> None:
    """One field that is declared lost."""
    plan, place = draft.plan, draft.place
    source = lookups.find(plan.source, path, item.spot)
    if source is None:
        return
    twin = plan.target.fields.get(path[0]) if len(path) == 1 else None
    free = twin is not None and not any(m.target[0] is twin for m in plan.moves) and not met(path, set(draft.made))
    if met(path, draft.read) or (free and twin is not None and carries(source[0], twin)):
        lookups.fault(item.spot, f"{'.'.join(path)!r} is declared lost and is not", "no such line")
    when = lookups.expression(item.when, place, item.spot) if item.when else None
    loss = Loss(lookups.sheet.name, place.action, place.prefix + ".".join(path), item.id, item.why)
    plan.gone.append(Gone(source, loss, when, f"{item.id} when {place.way}", once))
