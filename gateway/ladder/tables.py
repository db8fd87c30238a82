"""One table between two neighbours, checked and ready: for each message and direction, what to do with it.

In: the tree of a table file and the dialects.  Out: `Table`, or `SourceError` with every fault.
Not here: reading the tree (`read`), the rules of a shape (`resolve`), walking several tables (`route`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.dialects.errors import Violation
from gateway.dialects.schema import Dialect, MessageType
from gateway.ladder.choices import Choices
from gateway.ladder.compiler import Run, Translate, compile_expression, compile_plan
from gateway.ladder.expressions import NotAllowed, Type, parse
from gateway.ladder.flows import FLOWS, Flow
from gateway.ladder.losses import Loss
from gateway.ladder.plan import Plan
from gateway.ladder.read import read
from gateway.ladder.resolve import Place, Resolver
from gateway.ladder.table import WAYS, Block, Entry, Local, Sheet, Spot, Values, Way
from gateway.source import Checker, Map, SourceError, nearest, one_of

KINDS = ("call", "result")
_BLOCKS = {"call": "request", "result": "result"}


@dataclass(frozen=True, eq=False)
class Said:
    """An answer or a refusal of the gateway's own, with what is lost by it."""

    answer: dict[str, Any] | None
    refuse: str
    loss: Loss

    def to(self, asked: dict[str, Any], run: Run) -> dict[str, Any] | None:
        """The answer to ``asked``; expressions in it are worked out."""
        return None if self.answer is None else {k: v(asked, run) if callable(v) else v for k, v in self.answer.items()}


@dataclass(eq=False)
class Table:
    """What a table does, by message, kind (``call`` or ``result``) and direction; functions are compiled at first use."""

    sheet: Sheet
    left: Dialect
    right: Dialect
    plans: dict[tuple[str, str, Way], Plan]
    locals: dict[tuple[str, Way], Said]
    empties: dict[tuple[str, Way], Said]
    flows: dict[str, Flow]
    resolver: Resolver
    compiled: dict[tuple[str, str, Way, bool], Translate] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The file's name, without folder and ending."""
        return self.sheet.name

    def ends(self, way: Way) -> tuple[Dialect, Dialect]:
        """From where to where a direction leads."""
        return (self.left, self.right) if way == ">" else (self.right, self.left)

    def translate(self, action: str, kind: str, way: Way, trace: bool = False) -> Translate:
        """The function for one message.  KeyError for one that the table does not carry."""
        made = self.compiled.get((action, kind, way, trace))
        if made is None:
            flow, name = self.flows.get(action), f"{self.name} {action} {kind} {way}"
            made = flow.function(kind, way) if flow else compile_plan(self.plans[action, kind, way], name, trace)
            self.compiled[action, kind, way, trace] = made
        return made

    @classmethod
    def build(cls, tree: Map, name: str, dialects: Mapping[str, Dialect]) -> Table:
        """Check ``tree`` against the dialects.  Raises `SourceError` with every fault in it."""
        checker = Checker()
        sheet = read(tree, name, checker)
        if sheet is None or not _known(sheet, tree, dialects, checker):
            raise SourceError(checker.faults)
        builder = _Builder(sheet, dialects[sheet.left], dialects[sheet.right], checker)
        builder.messages()
        builder.unused()
        checker.raise_if_any()
        return Table(
            sheet, builder.left, builder.right, builder.plans, builder.locals, builder.empties, builder.flows, builder.resolver
        )


def _known(sheet: Sheet, tree: Map, dialects: Mapping[str, Dialect], checker: Checker) -> bool:
    for side in (sheet.left, sheet.right):
        if side not in dialects:
            checker.fault(tree, "ladder", f"unknown dialect {side!r}", one_of(sorted(dialects)), nearest(side, dialects))
    return sheet.left in dialects and sheet.right in dialects


class _Builder:
    def __init__(self, sheet: Sheet, left: Dialect, right: Dialect, checker: Checker) -> None:
        self.sheet, self.left, self.right, self.checker = sheet, left, right, checker
        self.choices = Choices(checker)
        self.resolver = Resolver(sheet, checker, self.choices)
        self.plans: dict[tuple[str, str, Way], Plan] = {}
        self.locals: dict[tuple[str, Way], Said] = {}
        self.empties: dict[tuple[str, Way], Said] = {}
        self.flows: dict[str, Flow] = {}

    def messages(self) -> None:
        both = [action for action in self.left.messages if action in self.right.messages]
        for action in self.sheet.messages:
            if action not in both:
                self.checker.unknown(self.sheet.messages[action].spot.where, "", f"message of both dialects {action!r}:", both)  # type: ignore[arg-type]
        for action in both:
            entry = self.sheet.messages.get(action) or Entry(action, self.sheet.spot)
            self.flow(entry) if entry.flow else self.message(action, entry)
        for way, dialect, other in ((WAYS[0], self.left, self.right), (WAYS[1], self.right, self.left)):
            self.only(way, dialect, other)

    def message(self, action: str, entry: Entry) -> None:
        for kind in KINDS:
            block = entry.blocks.get(_BLOCKS[kind]) or Block(entry.spot)
            for way in WAYS:
                plan = self.plan(action, kind, way, block)
                self.plans[action, kind, way] = plan
                self.emptied(action, kind, way, plan, entry)

    def plan(self, action: str, kind: str, way: Way, block: Block) -> Plan:
        near, far = self.left.messages[action], self.right.messages[action]
        source, target = (near, far) if way == ">" else (far, near)
        shape = source.shape(kind)
        scope: dict[str, Type] = {"it": shape, "top": shape, "facts": None}
        if kind == "result":
            scope["asked"] = target.request
        place = Place(action, kind, way, "", "", scope, target.request if kind == "result" else None)
        return self.resolver.block(block, shape, target.shape(kind), place, block.spot)

    def emptied(self, action: str, kind: str, way: Way, plan: Plan, entry: Entry) -> None:
        """A request that may come to nothing needs an answer of our own; a result must always come to something."""
        local = entry.empty.get(way)
        if kind == "result":
            if plan.drops:
                self.fault(
                    entry.spot, f"{action}: the result may come to nothing going {way!r}", "a default, or a case that gives"
                )
        elif local is not None and not plan.drops:
            self.fault(local.spot, f"{action}: the request never comes to nothing going {way!r}", "no such line")
        elif plan.drops and local is None:
            self.fault(
                entry.spot, f"{action}: the request may come to nothing going {way!r}", f"empty {way}, with the answer to give"
            )
        elif local is not None:
            self.empties[action, way] = self.said(local, action, way)

    def only(self, way: Way, dialect: Dialect, other: Dialect) -> None:
        given = self.sheet.only[way]
        missing = [action for action in dialect.messages if action not in other.messages]
        for action, local in given.items():
            if action in missing:
                self.locals[action, way] = self.said(local, action, way)
            else:
                self.fault(
                    local.spot,
                    f"{action!r} is no message that only {dialect.name} has",
                    one_of(missing),
                    nearest(action, missing),
                )
        for action in missing:
            if action not in given:
                side = "left" if way == ">" else "right"
                self.fault(
                    self.sheet.spot, f"{other.name} has no {action}", f"a line under 'only {side}' that says what to answer"
                )

    def said(self, local: Local, action: str, way: Way) -> Said:
        """Check an answer against the asker's dialect."""
        dialect = self.left if way == ">" else self.right
        message = dialect.messages[action]
        answer = None if local.answer is None else {k: self.worth(v, message, local.spot) for k, v in local.answer.items()}
        if answer is not None and not any(map(callable, answer.values())):
            try:
                dialect.check("result", action, answer)
            except Violation as violation:
                self.fault(local.spot, f"{action}: {dialect.name} has no such answer: {violation}")
        return Said(answer, local.refuse, Loss(self.sheet.name, action, "", local.id, local.why))

    def worth(self, value: Any, message: MessageType, spot: Spot) -> Any:
        """A constant, or the function of an expression over the request."""
        if not (isinstance(value, str) and value.startswith("=")):
            return value
        try:
            return compile_expression(parse(value[1:], {"it": message.request, "facts": None}))
        except NotAllowed as no:
            self.fault(spot, no.what, no.expected, no.near)
            return value

    def flow(self, entry: Entry) -> None:
        if entry.flow not in FLOWS:
            self.fault(entry.spot, f"unknown flow {entry.flow!r}", one_of(sorted(FLOWS)), nearest(entry.flow, FLOWS))
            return
        if entry.blocks or entry.empty:
            self.fault(entry.spot, f"{entry.name} has a flow and rules", "one of the two")
        self.flows[entry.name] = FLOWS[entry.flow]

    def unused(self) -> None:
        """Note whatever can never fire, and rules that nobody could see at work."""
        self.choices.finish(self.sheet.enums.values())
        for name, block in self.sheet.shapes.items():
            if name not in self.resolver.shapes_used:
                self.fault(block.spot, f"no rule uses the shape {name!r}")
        for rule in self.resolver.rules.values():
            for says, what in ((rule.needed, ""), (bool(rule.long), " too long")):
                if says and rule.id + what not in self.resolver.needful:
                    self.fault(rule.spot, f"{what.strip() or 'needed'!r} says nothing here", "no such line")
        for fault in _unshown(self.sheet, self.resolver):
            self.fault(*fault)

    def fault(self, spot: Spot, what: str, expected: str = "", near: str = "") -> None:
        self.checker.fault(spot.where, spot.key, what, expected, near)


def _unshown(sheet: Sheet, resolver: Resolver) -> list[tuple[Spot, str, str]]:
    """Rules that have no sample for a direction, and places of an open map that none of its samples shows."""
    found: list[tuple[Spot, str, str]] = []
    blocks = [*sheet.shapes.values(), *(block for entry in sheet.messages.values() for block in entry.blocks.values())]
    for block in blocks:
        for rule in block.rules:
            if rule.by in sheet.enums and sheet.enums[rule.by].open:
                continue
            shown = {way for sample in rule.samples for way in sample.ways}
            found += [
                (rule.spot, f"no sample shows {rule.id!r} going {w!r}", "sample")
                for w in WAYS
                if rule.arrow in ("=", w) and w not in shown
            ]
        for way in WAYS:
            found += [
                (x.spot, "the condition has no sample", "sample") for x in block.lost[way].values() if x.when and not x.samples
            ]
    for entry in sheet.messages.values():
        found += [(x.spot, "no sample shows it", "sample") for x in entry.empty.values() if not x.samples]
    for values in sheet.enums.values():
        found += _places(values, resolver) if values.open else []
    return found


def _places(values: Values, resolver: Resolver) -> list[tuple[Spot, str, str]]:
    shown = {sample.place for sample in values.samples}
    places = {f"{p.action}.{_BLOCKS[p.kind]}.{p.prefix}{s[-1].name}" for p, s, _ in resolver.places.get(values.name, [])}
    missing = [
        (values.spot, f"no sample shows {values.name} at {place}", "a sample with at: that place")
        for place in sorted(places - shown)
    ]
    return missing + [
        (values.spot, f"the map is not used at {place!r}", one_of(sorted(places))) for place in sorted(shown - places)
    ]
