"""One table between two neighbours, checked and ready: for each message and direction, what to do with it.

In: the tree of a table file and the dialects.  Out: `Table`, or `SourceError` with every fault.
Not here: reading the tree (`read`), the rules of a shape (`resolve`), walking several tables (`route`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from gateway.dialects.errors import Violation
from gateway.dialects.schema import Dialect, MessageType, Shape
from gateway.ladder.blocks import Reader
from gateway.ladder.choices import Choices
from gateway.ladder.compiler import Run, Translate, compile_expression, compile_plan, compile_quick
from gateway.ladder.expressions import NotAllowed, Type, parse
from gateway.ladder.flows import FLOWS, KEEPERS, Flow, Parts
from gateway.ladder.lookups import Draft, Place
from gateway.ladder.losses import Loss
from gateway.ladder.pairs import Key, Pair, Pairs, asked, paired
from gateway.ladder.parts import Rules, inside, maps
from gateway.ladder.plan import Plan
from gateway.ladder.read import read
from gateway.ladder.read_settings import SettingsReader
from gateway.ladder.resolve import Resolver
from gateway.ladder.run import Quick, Translated, carry
from gateway.ladder.settings import Settings
from gateway.ladder.spoken import unmade, unread
from gateway.ladder.table import WAYS, Block, Local, Sheet, Spot, Values, Way
from gateway.source import Checker, Map, SourceError, nearest, one_of

_BLOCKS = {"call": "request", "result": "result"}


@dataclass(frozen=True, eq=False)
class Said:
    """An answer or a refusal of the gateway's own, with what is lost by it; or the name of the flow that answers."""

    answer: dict[str, Any] | None
    refuse: str
    loss: Loss
    flow: str = ""

    @property
    def told(self) -> dict[str, Any] | None:
        """The answer for a reader: expressions as they stand in the table."""
        return None if self.answer is None else {k: getattr(v, "text", v) for k, v in self.answer.items()}

    def to(self, asked: dict[str, Any], run: Run) -> dict[str, Any] | None:
        """The answer to ``asked``; expressions in it are worked out."""
        made = {k: v(asked, run) if callable(v) else v for k, v in (self.answer or {}).items()}
        return None if self.answer is None else {k: v for k, v in made.items() if v is not None}


@dataclass(eq=False)
class Table:
    """What a table does with each message and direction; functions are compiled at first use."""

    sheet: Sheet
    left: Dialect
    right: Dialect
    pairs: Pairs
    plans: dict[Key, Plan]
    locals: dict[tuple[str, Way], Said]
    empties: dict[tuple[str, Way], Said]
    resolver: Resolver
    settings: Settings = field(default_factory=Settings)
    compiled: dict[tuple[Key, bool], Translate] = field(default_factory=dict)
    quick: dict[Key, Quick | None] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The file's name, without folder and ending."""
        return self.sheet.name

    def ends(self, way: Way) -> tuple[Dialect, Dialect]:
        """From where to where a direction leads."""
        return (self.left, self.right) if way == ">" else (self.right, self.left)

    def translate(self, key: Key, trace: bool = False) -> Translate:
        """The function for one message.  KeyError for one that the table does not carry."""
        made = self.compiled.get((key, trace))
        if made is None:
            made = compile_plan(self.plans[key], f"{self.name} {' '.join(key)}", trace)
            self.compiled[key, trace] = made
        return made

    def translated(self, key: Key) -> Translated:
        """The function for one message, and the quick one.  KeyError for one that the table does not carry."""
        if key not in self.quick:
            self.quick[key] = compile_quick(self.plans[key], f"{self.name} {' '.join(key)} quick")
        return Translated(self.translate(key), self.quick[key])

    def flow(self, action: str, way: Way) -> Flow | None:
        """The function that serves a message, if one does."""
        pairs, local = self.pairs.get((action, way)), self.locals.get((action, way))
        name = pairs[0].flow if pairs else local.flow if local is not None else ""
        return FLOWS[name] if name else None

    def parts(self, action: str, way: Way) -> Parts:
        """What the flow of a message is given: its parts by the messages that they make, and the settings of both sides."""
        ahead, back = maps(self.sheet, way), maps(self.sheet, "<" if way == ">" else ">")
        pairs = self.pairs.get((action, way), ())
        rules = {p.answerer: Rules(self.translate(p.ahead), self.translate(p.back), ahead, back) for p in pairs}
        return Parts(rules, self.settings, partial(inside, self.right))

    def once(self, action: str, way: Way) -> Translate:
        """The function that notes what a flow's request loses whatever the flow decides."""
        plans = [self.plans[pair.ahead] for pair in self.pairs.get((action, way), ())]
        gone = [replace(gone, once=False) for plan in plans for gone in plan.gone if gone.once]
        if not gone:
            return carry
        nothing = Plan(plans[0].source, Shape("nothing", {}), gone=gone)
        return compile_plan(nothing, f"{self.name} {action} lost {way}")

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
        settings = SettingsReader(Reader(checker), sheet.enums, builder.left, builder.right).read(tree)
        checker.raise_if_any()
        b = builder
        return Table(sheet, b.left, b.right, b.pairs, b.plans, b.locals, b.empties, b.resolver, settings)


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
        self.pairs: Pairs = {}
        self.plans: dict[Key, Plan] = {}
        self.locals: dict[tuple[str, Way], Said] = {}
        self.empties: dict[tuple[str, Way], Said] = {}

    def messages(self) -> None:
        self.maps()
        self.pairs = paired(self.sheet, self.left, self.right, self.checker)
        for pairs in self.pairs.values():
            self.message(pairs)
        for way, dialect, other in ((WAYS[0], self.left, self.right), (WAYS[1], self.right, self.left)):
            self.only(way, dialect, other)

    def maps(self) -> None:
        """Every map of Python must be there, and no map may have two meanings."""
        for name, (keeper, spot) in self.sheet.maps.items():
            if keeper not in KEEPERS:
                self.fault(spot, f"unknown map of Python {keeper!r}", one_of(sorted(KEEPERS)), nearest(keeper, KEEPERS))
            if name in self.sheet.enums or name in self.sheet.shapes:
                self.fault(spot, f"the name {name!r} is taken", "a name of its own")

    def message(self, pairs: Sequence[Pair]) -> None:
        """All that one message becomes in a direction, and what comes back."""
        asks = [self.draft(pair, pair.ahead, pair.flow != "") for pair in pairs]
        told = [self.draft(pair, pair.back, False) for pair in pairs]
        for pair, ask, answer in zip(pairs, asks, told, strict=True):
            unmade(self.resolver, ask, [ask])
            unread(self.resolver, ask, asks)
            unmade(self.resolver, answer, told)
            unread(self.resolver, answer, [answer])
            self.plans[pair.ahead], self.plans[pair.back] = ask.plan, answer.plan
            self.emptied(pair, ask.plan, answer.plan)
            self.turned(pair)

    def draft(self, pair: Pair, key: Key, served: bool) -> Draft:
        """The rules for one request or result, looked up."""
        near, far = self.left, self.right
        source, target = (near, far) if key.way == ">" else (far, near)
        asker = target.messages[key.target] if key.kind == "result" else None
        shape = source.messages[key.source].shape(key.kind)
        scope: dict[str, Type] = {"it": shape, "top": shape, "facts": None}
        if asker is not None:
            scope["asked"] = asker.request
        place = Place(key, "", "", scope, asker.request if asker is not None else None, pair.part, served)
        block = pair.entry.blocks.get(_BLOCKS[key.kind]) or Block(pair.entry.spot)
        return self.resolver.draft(block, shape, target.messages[key.target].shape(key.kind), place)

    def turned(self, pair: Pair) -> None:
        """Where only one side asks nothing may point the other way; only a flow has lines."""
        both = pair.entry.both and (pair.answerer, pair.back.way) in self.pairs
        for kind, key in (("request", pair.ahead), ("result", pair.back)):
            block = pair.entry.blocks.get(kind, Block(pair.entry.spot))
            for spot, arrow in block.arrows() if not both else ():
                if arrow != key.way:
                    self.fault(spot, f"the {kind} of {pair.entry.name!r} goes {key.way!r} only", f"{key.way} in place of {arrow}")
            for line in block.lines:
                if line.way == key.way and not pair.flow:
                    self.fault(line.spot, f"no flow serves {pair.asker} going {pair.way!r}", "no such line, or a flow")

    def emptied(self, pair: Pair, ask: Plan, answer: Plan) -> None:
        """A request that may come to nothing needs an answer of our own; a result must always come to something."""
        action, way, entry = pair.asker, pair.way, pair.entry
        local = entry.empty.get(way)
        if answer.drops:
            what = f"{action}: the result may come to nothing going {pair.back.way!r}"
            self.fault(entry.spot, what, "a default, or a case that gives")
        if local is not None and (pair.flow or not ask.drops):
            what = "what then is the flow's affair" if pair.flow else f"the request never comes to nothing going {way!r}"
            self.fault(local.spot, f"{action}: {what}", "no such line")
        elif ask.drops and local is None and not pair.flow:
            self.fault(
                entry.spot, f"{action}: the request may come to nothing going {way!r}", f"empty {way}, with the answer to give"
            )
        elif local is not None:
            self.empties[action, way] = self.said(local, action, way)

    def only(self, way: Way, dialect: Dialect, other: Dialect) -> None:
        given = self.sheet.only[way]
        missing = [action for action in asked(dialect, other) if (action, way) not in self.pairs]
        for action, local in given.items():
            if action in missing:
                self.locals[action, way] = self.said(local, action, way)
            else:
                self.fault(
                    local.spot,
                    f"{action!r} is no message that only {dialect.name} has, or has an entry",
                    one_of(missing),
                    nearest(action, missing),
                )
        for action in missing:
            if action not in given:
                side = "left" if way == ">" else "right"
                expected = f"an entry, or a line under 'only {side}' that says what to answer"
                self.fault(self.sheet.spot, f"{other.name} has no {action}", expected)

    def said(self, local: Local, action: str, way: Way) -> Said:
        """Check an answer against the asker's dialect."""
        dialect = self.left if way == ">" else self.right
        message = dialect.messages[action]
        if local.flow and getattr(FLOWS.get(local.flow), "parts", None) != ():
            alone = [name for name, flow in FLOWS.items() if getattr(flow, "parts", None) == ()]
            what = f"no flow {local.flow!r} that answers by itself"
            self.fault(local.spot, what, one_of(sorted(alone)), nearest(local.flow, alone))
        answer = None if local.answer is None else {k: self.worth(v, message, local.spot) for k, v in local.answer.items()}
        if answer is not None and not any(map(callable, answer.values())):
            try:
                dialect.check("result", action, answer)
            except Violation as violation:
                self.fault(local.spot, f"{action}: {dialect.name} has no such answer: {violation}")
        return Said(answer, local.refuse, Loss(self.sheet.name, action, "", local.id, local.why), local.flow)

    def worth(self, value: Any, message: MessageType, spot: Spot) -> Any:
        """A constant, or the function of an expression over the request."""
        if not (isinstance(value, str) and value.startswith("=")):
            return value
        try:
            made = compile_expression(parse(value[1:], {"it": message.request, "facts": None}))
            vars(made)["text"] = value
            return made
        except NotAllowed as no:
            self.fault(spot, no.what, no.expected, no.near)
            return value

    def unused(self) -> None:
        """Note whatever can never fire, and rules that nobody could see at work."""
        self.choices.finish(self.sheet.enums.values())
        for name, block in self.sheet.shapes.items():
            if name not in self.resolver.shapes_used:
                self.fault(block.spot, f"no rule uses the shape {name!r}")
        for name, (_, spot) in self.sheet.maps.items():
            if name not in self.resolver.maps_used:
                self.fault(spot, f"no rule uses the map {name!r}", "a rule or a line of a flow with by, or no such map")
        for rule in self.resolver.rules.values():
            for says, what in ((rule.needed or rule.entire, ""), (bool(rule.long), " too long"), (bool(rule.single), " single")):
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
