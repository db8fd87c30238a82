"""Runs the samples that stand beside the rules of a table.

In: a `Table`.  Out: a `Shown` for each sample and direction; ``fault`` runs it.
Not here: what a sample may say (``mappings/README.rst``).

A sample names only what matters.  The rest is the smallest valid message; after the translation, a field that the
sample does not name must be what it is in the translation of that smallest message.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from gateway.dialects.errors import Violation
from gateway.dialects.schema import Enum, Field, Shape
from gateway.ladder.choices import step
from gateway.ladder.facts import Context, Recorded
from gateway.ladder.lookups import Place
from gateway.ladder.losses import Refused
from gateway.ladder.pairs import Key
from gateway.ladder.registers import Registers
from gateway.ladder.run import Run
from gateway.ladder.table import ANY, DROP, OMIT, WAYS, Block, Row, Sample, Spot, Values, Way
from gateway.ladder.tables import Table
from gateway.source import Fault, line_of

_BACK: dict[Way, Way] = {">": "<", "<": ">"}
_SMALLEST: dict[str, Any] = {
    "integer": 1,
    "decimal": 1,
    "boolean": True,
    "dateTime": "2026-01-01T00:00:00Z",
    "anyURI": "ftp://x/",
}


@dataclass(frozen=True, eq=False)
class Shown:
    """One sample in one direction at one place."""

    id: str
    table: Table
    place: Place
    before: list[Any]
    after: list[Any]
    sample: Sample | None = None
    rule: str = "-"
    makes: str = ""
    """The id of the rule, and the field that it makes."""
    spot: Spot | None = None

    def fault(self, hits: set[str] | None = None) -> str:
        """What went otherwise than the sample says, or an empty string.  ``hits`` gathers the cases that fired."""
        try:
            return self.compare(set() if hits is None else hits)
        except (Refused, Violation, LookupError, AttributeError, ArithmeticError, TypeError, ValueError) as error:
            return f"{self.id}: {error}"

    def compare(self, hits: set[str]) -> str:
        """Run the sample and the smallest message, and compare; `fault` without its net."""
        for index in (-1, 0, 1, 2):
            start, usual = self.run([{}], index, set())
            if start:
                break
        fired: set[str] = set()
        made, losses = self.run(self.before, index, fired)
        hits.update(hit for hit in fired if hit.startswith(self.rule))
        if self.sample is None:  # a row speaks of its own field only
            expected = [overlay(after, {}) for after in self.after]
            made = [named(one, self.after[0]) if self.after else one for one in made]
            return "" if made == expected else f"{self.id}: expected {expected}, got {made}"
        if self.makes and not all(self.makes in after for after in self.after):
            return f"{self.id}: the sample does not name {self.makes}, which the rule makes (null: it is left out)"
        whole = {} if self.partly and not self.place.far else smallest(self.far(), index)
        base = start[0] if start else whole
        expected = [overlay(base, after) for after in self.after]
        lost = losses - usual if start else losses
        if made != expected:
            return f"{self.id}: expected {expected}, got {made}"
        return (
            ""
            if lost == Counter(self.sample.lost)
            else f"{self.id}: lost are {sorted(lost.elements())}, not {list(self.sample.lost)}"
        )

    def far(self) -> Shape:
        """The shape of what comes out."""
        shape = self.table.ends(self.place.way)[1].messages[self.place.key.target].shape(self.place.kind)
        for name in filter(None, self.place.far.split(".")):
            shape = shape.fields[name].type  # type: ignore[assignment]
        return shape

    def run(self, fragments: list[Any], index: int, hits: set[str]) -> tuple[list[Any], Counter[str]]:
        """The objects that come out where the fragments, filled up, went in; and the fields of which something was lost."""
        key = self.place.key
        dialect, other = self.table.ends(key.way)
        near, far = dialect.messages[key.source].shape(key.kind), other.messages[key.target].shape(key.kind)
        message = _around(near, self.place.prefix.split(".")[:-1], fragments, index, far)
        run = self.state(smallest(other.messages[key.target].request), hits)
        try:
            made = self.table.translate(key, trace=True)(dialect.check(key.kind, key.source, message), run)
        except Refused:
            made = None
        if made is not None and not self.partly:
            other.check(key.kind, key.target, made)
        lost = Counter(loss.field.rpartition(".")[2] for loss in run.losses)
        return list(_at(made, self.place.far.split(".")[:-1])), lost

    def state(self, asked: dict[str, Any], hits: set[str]) -> Run:
        """What the sample says is known when it runs."""
        if self.sample is None:  # a row, at a site that lets everything pass
            open_site = Recorded(forwards=True)
            return Run(open_site, [], asked, hits, Context(open_site))
        facts, registers = known(self.sample.facts), Registers(self.sample.registers)
        return Run(facts, [], overlay(asked, self.sample.asked), hits, Context(facts, registers=registers))

    @property
    def partly(self) -> bool:
        """Whether a flow completes the message: then the whole need not be valid."""
        key = self.place.key
        asked = (key.source, key.way) if key.kind == "call" else (key.target, _BACK[key.way])
        return any(key in (pair.ahead, pair.back) and pair.part for pair in self.table.pairs[asked])


def faults(table: Table) -> Iterator[Fault]:
    """Everything that is wrong with the samples of a table, and every case, bound and condition that none of them shows."""
    hits: set[str] = set()
    for shown in samples(table):
        what = shown.fault(hits)
        if what:
            yield _at_spot(shown.spot or table.sheet.spot, f"sample of {what}")
    yield from (_at_spot(table.sheet.spot, f"no sample shows {id}") for id in sorted(_to_show(table) - hits))


def _at_spot(spot: Spot, what: str) -> Fault:
    return Fault(spot.where.file, line_of(spot.where, spot.key), what)


def _to_show(table: Table) -> set[str]:
    found: set[str] = set()
    plans = list(table.plans.values())
    for plan in plans:
        found.update(gone.id for gone in plan.gone if gone.when is not None)
        for move in plan.moves:
            found.update(turn.id for turn in move.cases)
            found.update({move.limit.id} - {""} if move.limit is not None else ())
            found.update({move.single.id} if move.single is not None else ())
            plans.extend([move.inner] if move.inner is not None else [])
    return found


def samples(table: Table) -> Iterator[Shown]:
    """Every sample of a table, at every place where its rule is used."""
    for block in _blocks(table):
        for place in table.resolver.stages.get(id(block), []):
            for rule, makes, sample in _of(block, place.way):
                yield _shown(f"{rule} {place.way}", table, place, sample, rule, makes)
    yield from _rows(table)
    yield from _open(table)
    for entry in table.sheet.messages.values():
        for way, local in entry.empty.items():
            place = Place(Key(*entry.named(way), "call", way), "", "", {}, None)
            for sample in local.samples:
                yield _shown(local.id, table, place, sample)


def _shown(id: str, table: Table, place: Place, sample: Sample, rule: str = "-", makes: str = "") -> Shown:
    before, after = (sample.left, sample.right) if place.way == ">" else (sample.right, sample.left)
    return Shown(
        f"{id} ({place.action})",
        table,
        place,
        _list(before),
        [] if after is None else _list(after),
        sample,
        rule,
        makes,
        sample.spot,
    )


def _list(side: Any) -> list[Any]:
    return list(side) if isinstance(side, list) else [side]


def _blocks(table: Table) -> Iterator[Block]:
    yield from table.sheet.shapes.values()
    for entry in table.sheet.messages.values():
        yield from entry.blocks.values()


def _of(block: Block, way: Way) -> Iterator[tuple[str, str, Sample]]:
    """Each sample with the id of its rule and the field that the rule makes."""
    for rule in block.rules:
        makes = (rule.right if way == ">" else rule.left)[0] if rule.arrow in ("=", way) else ""
        yield from ((rule.id, makes, sample) for sample in rule.samples if way in sample.ways)
    for lost in block.lost[way].values():
        yield from ((lost.id, "", sample) for sample in lost.samples)


def _rows(table: Table) -> Iterator[Shown]:
    """A row is its own sample: what stands before the arrow becomes what stands behind it."""
    for values in table.sheet.enums.values():
        for place, source, target in table.resolver.places.get(values.name, ()):
            words = source[-1].type.values if isinstance(source[-1].type, Enum) else _said(values, place.way)
            for row in values.rows if words else ():
                if row.arrow not in ("=", place.way):
                    continue
                olds, news = (row.left, row.right) if place.way == ">" else (row.right, row.left)
                for old in olds:
                    if old in words:
                        yield _row(row, table, place, (source, target), old, news[0])


def _said(values: Values, way: Way) -> tuple[str, ...]:
    """The texts that rows name, where one of them takes the rest."""
    ahead = tuple(step(values, way))
    return ahead if ANY in ahead else ()


def _row(row: Row, table: Table, place: Place, fields: tuple[tuple[Field, ...], ...], old: str, new: str) -> Shown:
    source, target = fields
    before = _nested(source, old)
    after = [] if new == DROP else [_nested(target, None if new == OMIT else new)]
    return Shown(f"{row.id}, {old} {place.way} ({place.action})", table, place, [before], after, spot=row.spot)


def _nested(path: tuple[Field, ...], value: Any) -> Any:
    for field in reversed(path):
        value = {field.name: [value] if field.many and value is not None else value}
    return value


def _open(table: Table) -> Iterator[Shown]:
    for values in table.sheet.enums.values():
        for place, source, _ in table.resolver.places.get(values.name, ()):
            at = f"{place.action}.{'request' if place.kind == 'call' else 'result'}.{place.prefix}{source[-1].name}"
            for sample in values.samples:
                if sample.place == at and place.way in sample.ways:
                    yield _shown(f"{values.name} at {at} {place.way}", table, place, sample)


def known(facts: dict[str, Any]) -> Recorded:
    """The facts of a sample: lists of connectors, and reasons by transaction."""
    running, ended = facts.get("running", []), facts.get("ended", [])
    reasons = {int(key): str(value) for key, value in facts.get("stop_reason", {}).items()}
    made = Recorded({connector: connector for connector in running}, set(ended), reasons)
    made.reset = "soft" if facts.get("boot_reason") == "reset" else None
    made.forwards = facts.get("forwards_certificates", False)
    return made


@lru_cache(maxsize=1024)
def smallest(shape: Shape, index: int = -1, twin: Shape | None = None) -> dict[str, Any]:
    """The smallest valid object: required fields only, each with the plainest value; ``index`` picks among words.

    With a ``twin`` it also has what that shape needs under the same name, in words that it knows.  It is not to be changed:
    hundreds of samples begin with the same.
    """
    twins = twin.fields if twin is not None else {}
    needed = [f for f in shape.fields.values() if f.required or (f.name in twins and twins[f.name].required)]
    return {field.name: _plainest(field, index, twins.get(field.name)) for field in needed}


def _plainest(field: Field, index: int, twin: Field | None) -> Any:
    other = twin.type if twin is not None else None
    words = next((kind.values for kind in (field.type, other) if isinstance(kind, Enum)), ())
    if isinstance(field.type, Shape):
        value: Any = smallest(field.type, index, other if isinstance(other, Shape) else None)
    elif words and (isinstance(field.type, Enum) or field.type.name == "string"):
        value = words[index if index < len(words) else 0]
    else:
        value = _SMALLEST.get(field.type.name, "x")
    return [value] if field.many else value


def overlay(base: dict[str, Any], fragment: dict[str, Any]) -> dict[str, Any]:
    """``base`` with the fields of ``fragment``, object by object; null takes one out."""
    made = {**base}
    for key, value in fragment.items():
        inner = base.get(key)
        made[key] = overlay(inner, value) if isinstance(inner, dict) and isinstance(value, dict) else value
    return {key: value for key, value in made.items() if value is not None}


def named(made: Any, fragment: Any) -> Any:
    """What of ``made`` the fragment names."""
    if not isinstance(made, dict) or not isinstance(fragment, dict):
        return made
    return {key: named(made[key], value) for key, value in fragment.items() if key in made}


def _around(shape: Shape, path: list[str], fragments: list[Any], index: int, twin: Shape | None) -> dict[str, Any]:
    """The smallest message that holds the fragments, filled up, at the end of ``path``."""
    base = smallest(shape, index, twin)
    if not path:
        return overlay(base, fragments[0])
    field = shape.fields[path[0]]
    assert isinstance(field.type, Shape)
    other = twin.fields[path[0]].type if twin is not None and path[0] in twin.fields else None
    beside = other if isinstance(other, Shape) else None
    if len(path) == 1:
        inner = [overlay(smallest(field.type, index, beside), fragment) for fragment in fragments]
    else:
        inner = [_around(field.type, path[1:], fragments, index, beside)]
    return {**base, field.name: inner if field.many else inner[0]}


def _at(made: Any, path: list[str]) -> Iterator[Any]:
    """The objects at the end of ``path``, through lists."""
    if made is None:
        return
    if isinstance(made, list):
        for one in made:
            yield from _at(one, path)
    elif not path:
        yield made
    else:
        yield from _at(made.get(path[0]), path[1:])


__all__ = ["WAYS", "Shown", "faults", "known", "overlay", "samples", "smallest"]
