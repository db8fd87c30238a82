"""Looks up the rules of one shape in the two dialects and makes a `Plan` of them, for one direction and place.

In: a `Block` and two shapes.  Out: a `Plan`; faults for everything that does not fit.
Not here: value maps (`gateway.ladder.choices`), whole tables (`gateway.ladder.tables`).

A field that no rule names is carried to the field of the same name, if that can hold whatever it may say.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from gateway.dialects.schema import Enum, Field, Scalar, Shape
from gateway.ladder.choices import Choices, Here, step
from gateway.ladder.fit import alike, finer, longer, may_lack, met, same, wider
from gateway.ladder.flows import KEEPERS, TOGETHER
from gateway.ladder.lookups import Draft, Lookups, Place
from gateway.ladder.losses import Loss
from gateway.ladder.plan import Choice, Echo, Fields, Gone, Keep, Limit, Move, Plan, Told, Turn, names
from gateway.ladder.spoken import unmade, unread
from gateway.ladder.table import ANY, REFUSE, Block, Case, Line, Path, Rule, Spot, Values, Way
from gateway.source import nearest, one_of

_NUMBER = ("integer", "decimal")


@dataclass(eq=False)
class Resolver(Lookups):
    """The rules of one table against its two dialects."""

    choices: Choices
    shapes_used: set[str] = field(default_factory=set)
    maps_used: set[str] = field(default_factory=set)
    needful: set[str] = field(default_factory=set)
    rules: dict[str, Rule] = field(default_factory=dict)
    places: dict[str, list[tuple[Place, Fields, Fields]]] = field(default_factory=dict)
    """Where each map of values is used: place, source path, target path."""

    stages: dict[int, list[Place]] = field(default_factory=dict)
    """Where each block is used, by its ``id``."""

    def block(self, block: Block, source: Shape, target: Shape, place: Place) -> Plan:
        """The plan for one shape at one place; every field of both is spoken for, or it is a fault."""
        draft = self.draft(block, source, target, place)
        unmade(self, draft, [draft])
        unread(self, draft, [draft])
        return draft.plan

    def draft(self, block: Block, source: Shape, target: Shape, place: Place) -> Draft:
        """The rules of a block and what needs none."""
        self.stages.setdefault(id(block), []).append(place)
        draft = Draft(block, Plan(source, target), place)
        for rule in block.rules:
            if rule.arrow in ("=", place.way) and (move := self.ruled(rule, draft)) is not None:
                path = tuple(f.name for f in move.target)
                self.clash(path, rule.spot, draft.made)
                draft.read.update(self.taken(rule, move, place.way))
                draft.read.update((name,) for name in move.reads)
                draft.read.update((*(f.name for f in move.source[:-1]), name) for name in move.above)
                draft.plan.moves.append(move)
        self.lines(draft)
        self.unruled(draft)
        order = list(target.fields)
        draft.plan.moves.sort(key=lambda move: order.index(move.target[0].name))
        return draft

    def lines(self, draft: Draft) -> None:
        """What the flow does beside the rules."""
        ruled = set(draft.read), set(draft.made)
        for line in draft.block.lines:
            if line.way != draft.place.way:
                continue
            source = self.find(draft.plan.source, line.source, line.spot)
            target = self.find(draft.plan.target, line.target, line.spot)
            if source is None or target is None:
                continue
            known, filled = bool(line.source) and met(line.source, ruled[0]), bool(line.target) and met(line.target, ruled[1])
            if (known or not line.source) and (filled or not line.target):
                self.fault(line.spot, "the line can never matter: rules read and make these fields", "no such line")
            if line.source:
                draft.read.add(line.source)
            if line.target:
                draft.made.setdefault(line.target, line.spot)
            choice = self.looked_up(line, source, target, draft.place) if line.by else None
            draft.plan.told.append(Told(source, target, choice, line.why))

    def looked_up(self, line: Line, source: Fields, target: Fields, place: Place) -> Choice | None:
        """The map through which a flow takes a value; without a source or a target, rows are taken at their word."""
        if line.by in self.sheet.maps:
            self.maps_used.add(line.by)
            return None
        if line.by not in self.sheet.enums:
            known = [*self.sheet.enums, *self.sheet.maps]
            self.fault(line.spot, f"unknown map {line.by!r}", one_of(known), nearest(line.by, known))
            return None
        values = self.sheet.enums[line.by]
        ends = (fields[-1].type if fields else Scalar("any") for fields in (source, target))
        from_, to = (Scalar("any") if isinstance(end, Shape) else end for end in ends)
        path, none = names(source) or names(target), frozenset[str]()
        here = Here(self.sheet.name, place.action, path, place.way, from_, to, none, none, line.spot)
        return self.choices.looked_up(values, here)

    def clash(self, path: Path, spot: Spot, made: dict[Path, Spot]) -> None:
        """Note a second rule for a target, or for a part of one."""
        for other in made:
            if path[: len(other)] == other or other[: len(path)] == path:
                self.fault(spot, f"two rules make {'.'.join(path)!r}", "one rule for a field and direction")
        made[path] = spot

    # ------------------------------------------------------------------------------------------------- one rule
    def ruled(self, rule: Rule, draft: Draft) -> Move | None:
        """What a rule means in this direction, or None where it is broken."""
        self.rules[rule.id] = rule
        plan, place = draft.plan, draft.place
        from_, to = (rule.left, rule.right) if place.way == ">" else (rule.right, rule.left)
        source = self.find(plan.source, from_, rule.spot)
        target = self.find(plan.target, to, rule.spot)
        if source is None or target is None or not target:
            return None
        move = Move(rule.id, source, target, default=rule.default.get(place.way))
        move.cases = self.turns(rule, source, target, place)
        if source:
            self.convert(move, place, rule)
        elif not move.cases:
            self.fault(rule.spot, f"nothing makes {names(target)!r}", "give, or cases")
        if rule.together:
            self.together(move, rule, place.way)
        if move.default is not None:
            self.constant(move.default, target[-1], rule.spot)
            if all(f.required for f in source):
                self.fault(rule.spot, f"the default can never be needed: {names(source)} is always there")
        self.presence(move, place, rule.spot, rule)
        self.dropped(rule, move, draft)
        return move

    def dropped(self, rule: Rule, move: Move, draft: Draft) -> None:
        """What a map of Python leaves behind of an object."""
        for item in rule.lost.get(draft.place.way, ()):
            inner = move.source[-1].type if move.source and move.keep else None
            if not isinstance(inner, Shape):
                self.fault(item.spot, "nothing is dropped here", "a rule by a map of Python, for an object")
            elif (found := self.find(inner, item.path, item.spot)) is not None:
                path = draft.place.prefix + names((*move.source, *found))
                loss = Loss(self.sheet.name, draft.place.action, path, item.id, item.why)
                draft.plan.gone.append(Gone((*move.source, *found), loss, None, item.id))

    def together(self, move: Move, rule: Rule, way: Way) -> None:
        """A map of Python that sees the items of a list together, and their rules."""
        if len(move.source) != 1 or not move.source[0].many or move.inner is None:
            self.fault(rule.spot, "'together' needs a list of objects", "a field that is one, and by: a shape")
        elif (found := TOGETHER.get(rule.together)) is None:
            self.fault(rule.spot, f"unknown map of lists {rule.together!r}", one_of(TOGETHER), nearest(rule.together, TOGETHER))
        else:
            move.together = found.right if way == ">" else found.left

    def convert(self, move: Move, place: Place, rule: Rule | None, spot: Spot | None = None) -> None:
        """Fill in how the value of the last source field becomes the last target field's."""
        spot = rule.spot if rule is not None else spot
        assert spot is not None
        source, target = move.source[-1], move.target[-1]
        if any(f.many for f in move.source) and not any(f.many for f in move.target):
            self.alone(move, place, rule, spot)
        known = [*self.sheet.shapes, *self.sheet.enums, *self.sheet.maps]
        if rule is not None and rule.by is not None and rule.by not in known:
            self.fault(spot, f"unknown map or shape {rule.by!r}", one_of(known), nearest(rule.by, known))
        elif rule is not None and rule.by in self.sheet.maps:
            move.keep = self.kept(str(rule.by), place.way)
        elif isinstance(source.type, Shape) and isinstance(target.type, Shape):
            self.objects(move, source.type, target.type, place, rule, spot)
        elif isinstance(source.type, Shape) or isinstance(target.type, Shape):
            if target.type != Scalar("any"):
                self.fault(spot, f"{names(move.source)} and {names(move.target)}: an object and a single value")
        else:
            self.scalars(move, source, target, place, rule, spot)

    def alone(self, move: Move, place: Place, rule: Rule | None, spot: Spot) -> None:
        """A list that becomes one value."""
        if rule is None or not rule.single:
            what = f"{names(move.source)} is a list and {names(move.target)} is not"
            self.fault(spot, what, "single, with the reason why more than one cannot cross")
            return
        self.needful.add(f"{rule.id} single")
        loss = Loss(self.sheet.name, place.action, place.prefix + names(move.source), rule.id, rule.single)
        move.single = Gone(move.source, loss, None, f"{rule.id} single {place.way}")

    def kept(self, name: str, way: Way) -> Keep | None:
        """A map of Python in one direction; None where there is none of that name."""
        self.maps_used.add(name)
        keeper = KEEPERS.get(self.sheet.maps[name][0])
        if keeper is None:
            return None
        through = keeper.right if way == ">" else keeper.left
        return Keep(name, through, way in getattr(keeper, "total", ""), getattr(keeper, "reads", None))

    def taken(self, rule: Rule, move: Move, way: Way) -> set[Path]:
        """What a rule reads, and what it declares to be dropped below that."""
        path = tuple(f.name for f in move.source)
        if move.keep is None or move.keep.reads is None or not path or not isinstance(move.source[-1].type, Shape):
            return {path}
        return {*((*path, name) for name in move.keep.reads), *((*path, *item.path) for item in rule.lost.get(way, ()))}

    def objects(self, move: Move, source: Shape, target: Shape, place: Place, rule: Rule | None, spot: Spot) -> None:
        """Two objects: the same, or a block of their own."""
        name = (rule.by if rule else None) or self.everywhere(source, target)
        if name is not None and name not in self.sheet.shapes:
            known = [*self.sheet.shapes, *self.sheet.maps]
            self.fault(spot, f"{name!r} is no shape", one_of(known), nearest(name, known))
            return
        if name is None and same(source, target):
            return
        if name is not None:
            self.shapes_used.add(name)
        block = self.sheet.shapes[name] if name else Block(spot)
        move.inner = self.block(block, source, target, place.within(move.source, move.target))

    def everywhere(self, source: Shape | Enum | Scalar, target: Shape | Enum | Scalar) -> str | None:
        """The name of the type on both sides, where the table has what holds for it everywhere."""
        return source.name if source.name == target.name and source.name in self.sheet.everywhere else None

    def scalars(self, move: Move, source: Field, target: Field, place: Place, rule: Rule | None, spot: Spot) -> None:
        """Two single values: bounds, then a scale, a map, or nothing."""
        assert not isinstance(source.type, Shape)
        assert not isinstance(target.type, Shape)
        move.limit = self.limit(source, target, place, rule, move, spot)
        if finer(source, target) and not (rule is not None and rule.cases.get(place.way)):
            what = f"{place.action}.{place.kind}: {place.prefix}{names(move.source)} may be finer than steps of {target.step}"
            self.fault(spot, f"{what} going {place.way!r}", "a case that rounds it")
        values = self.named(rule) or self.sheet.enums.get(self.everywhere(source.type, target.type) or "")
        if rule is not None and rule.scale is not None:
            self.scaled(move, rule, place, source.type, target.type)
        elif isinstance(source.type, Enum) or values is not None:
            move.choice = self.chosen(values, move, place, rule, spot)
        elif not alike(source.type, target.type) and not (move.cases and move.cases[-1].always):
            self.fault(
                spot,
                f"{names(move.source)} is {source.type.name} and {names(move.target)} is {target.type.name}",
                "a map or a scale",
            )
        if rule is not None and rule.echo:
            move.echo = self.echo(rule, place, values)

    def named(self, rule: Rule | None) -> Values | None:
        """The map that a rule names, if it names one."""
        if rule is None or rule.by is None:
            return None
        if rule.by in self.sheet.shapes:
            self.fault(rule.spot, f"{rule.by!r} is no map of values", one_of(self.sheet.enums))
        return self.sheet.enums.get(rule.by)

    def chosen(self, values: Values | None, move: Move, place: Place, rule: Rule | None, spot: Spot) -> Choice | None:
        """The choice of values at this place, or None where all stay as they are."""
        source, target = move.source[-1].type, move.target[-1].type
        assert not isinstance(source, Shape)
        assert not isinstance(target, Shape)
        if isinstance(target, Enum) and not isinstance(source, Enum) and ANY not in step(values, place.way):
            self.fault(spot, f"{names(move.source)} may say anything, {names(move.target)} only some words")
            return None
        if values is not None:
            self.places.setdefault(values.name, []).append((place, move.source, move.target))
        closed = frozenset(c.on for c in move.cases if c.when is None and c.on is not None)
        back = rule.cases.get("<" if place.way == ">" else ">", ()) if rule else ()
        closed_back = frozenset(c.on for c in back if c.when is None and c.on is not None)
        path = place.prefix + names(move.source)
        here = Here(self.sheet.name, place.action, path, place.way, source, target, closed, closed_back, spot)
        choice = self.choices.choose(values, here)
        return None if choice.plain and not choice.open else choice

    def limit(self, source: Field, target: Field, place: Place, rule: Rule | None, move: Move, spot: Spot) -> Limit | None:
        """The bound that the target sets and the source does not."""
        length = target.max_length if longer(source, target) else None
        bits = target.bits if wider(source, target) else None
        if length is None and bits is None:
            return None
        if rule is None or not rule.long:
            if length is not None:
                what = f"{place.action}.{place.kind}: {place.prefix}{names(move.source)}"
                self.fault(spot, f"{what} may be longer than {length} going {place.way!r}", "too long: cut, omit, drop or refuse")
            return Limit(length, bits, REFUSE, None, "")
        self.needful.add(f"{rule.id} too long")
        loss = Loss(self.sheet.name, place.action, place.prefix + names(move.source), rule.id, rule.why)
        return Limit(length, bits, rule.long, loss, f"{rule.id} too long {place.way}")

    def scaled(self, move: Move, rule: Rule, place: Place, source: Any, target: Any) -> None:
        """A number times a factor; the other way it is divided."""
        if source.name not in _NUMBER or target.name not in _NUMBER:
            self.fault(rule.spot, "only numbers can be scaled", "integer or decimal on both sides")
            return
        assert rule.scale is not None
        move.scale = (rule.scale, place.way == "<")

    def echo(self, rule: Rule, place: Place, values: Values | None) -> Echo | None:
        """Where the request has the spelling to answer in."""
        if place.asked is None:
            self.fault(rule.spot, "a request has nothing to echo", "a result")
            return None
        if self.find(place.asked, rule.echo, rule.spot) is None:
            return None
        return Echo(rule.echo, {k: to for k, (to, _) in step(values, "<" if place.way == ">" else ">").items()})

    # ------------------------------------------------------------------------------------------------- cases
    def turns(self, rule: Rule, source: Fields, target: Fields, place: Place) -> tuple[Turn, ...]:
        """The cases of a rule in this direction; note those that can never fire."""
        cases = rule.cases.get(place.way, ())
        for number, case in enumerate(cases):
            if any(earlier.on in (None, case.on) and earlier.when is None for earlier in cases[:number]):
                self.fault(case.spot, "the case can never be reached: an earlier one takes it")
        return tuple(self.turn(case, rule, source, target, place) for case in cases)

    def turn(self, case: Case, rule: Rule, source: Fields, target: Fields, place: Place) -> Turn:
        """One case, looked up."""
        if case.on is not None and not source:
            self.fault(case.spot, "'on' needs a field to look at", "when")
        elif case.on is None and source and isinstance(source[-1].type, Enum):
            self.fault(case.spot, f"the case takes every value of {names(source)}", "on: one of its values")
        elif case.on is not None and isinstance(source[-1].type, Enum) and case.on not in source[-1].type.values:
            known = source[-1].type.values
            self.fault(case.spot, f"unknown value {case.on!r}", one_of(known), nearest(str(case.on), known))
        give = self.give(case, target[-1], place) if case.end == "give" else None
        when = self.expression(case.when, place, case.spot) if case.when is not None else None
        path = place.prefix + (names(source) or names(target))
        loss = Loss(self.sheet.name, place.action, path, case.id, case.why) if case.why else None
        if case.end == "give" and case.on is not None:
            self.returns(case, give, rule, place)
        return Turn(case.id, case.on, when, case.end, give, loss)

    def returns(self, case: Case, give: Any, rule: Rule, place: Place) -> None:
        """A case for one value is a loss where the way back does not lead to that value."""
        back = step(self.named(rule), "<" if place.way == ">" else ">").get(give, (give, None))[0]
        if (back == case.on) == bool(case.why):
            expected = "no why" if case.why else "why"
            self.fault(case.spot, f"{case.on!r} becomes {give!r}, which goes back to {back!r}", expected)

    def give(self, case: Case, target: Field, place: Place) -> Any:
        """The constant or expression that a case gives, checked against the target's type."""
        if not (isinstance(case.give, str) and case.give.startswith("=")):
            self.constant(case.give, target, case.spot)
            return case.give
        found = self.expression(case.give[1:], place, case.spot)
        if found is not None and isinstance(target.type, Enum):
            if found.values is None:
                self.fault(case.spot, "cannot tell which values this may give", one_of(target.type.values))
            for value in (found.values or frozenset()) - {None}:
                self.constant(value, target, case.spot)
        elif found is not None and isinstance(found.type, Scalar) and not alike(found.type, target.type):
            self.fault(case.spot, f"{target.name} takes {target.type.name}, this gives {found.type.name}")
        return found

    # ------------------------------------------------------------------------------------------------- what no rule names
    def unruled(self, draft: Draft) -> None:
        """Carry fields of the same name that no rule names, and note the targets that are left out on purpose."""
        block, plan, place = draft.block, draft.plan, draft.place
        lost, unfilled = block.lost[place.way], block.unfilled[place.way]
        for name, target in plan.target.fields.items():
            source = plan.source.fields.get(name)
            if met((name,), set(draft.made)):
                continue
            if source is not None and not met((name,), draft.read) and (name,) not in lost:
                move = Move(f"{place.action}.{place.kind}.{place.prefix}{name}", (source,), (target,))
                self.convert(move, place, None, block.spot)
                self.presence(move, place, block.spot, None)
                plan.moves.append(move)
                draft.read.add((name,))
                draft.made[(name,)] = block.spot
            elif (name,) in unfilled and not (target.required and not place.part):
                plan.unfilled[(name,)] = unfilled[(name,)].why

    def presence(self, move: Move, place: Place, spot: Spot, rule: Rule | None) -> None:
        """A required target must come out of every source, or its owner goes (``needed``); a flow fills its part's itself."""
        if (all(field.required for field in move.target) and not place.part) or (rule is not None and rule.needed):
            if may_lack(move) and not (rule is not None and rule.needed):
                what = (
                    f"{place.action}.{place.kind}: {names(move.target)} is required going {place.way!r} and may come to nothing"
                )
                self.fault(spot, what, "a default, or needed: true (then its owner goes too)")
            move.needed = may_lack(move)
            if move.needed and rule is not None:
                self.needful.add(rule.id)
        elif rule is not None and rule.entire and (any(f.many for f in move.source) or move.inner is not None):
            move.entire = bool((move.inner and move.inner.drops) or (move.choice and (move.choice.drops or move.choice.omits)))
            self.needful.update([rule.id] if move.entire else [])
