"""Reads the section ``codecs: wire:`` of a dialect file: records and all that they are made of.

In: the map ``wire``.  Out: `Wire`; faults go to the `Checker`.
Not here: fields (`load_fields`), frames and checks (`load_frames`), links (`load_links`), forms (`load_forms`), running vectors
(`vectors`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from gateway.source import Checker, List, Map, nearest, one_of
from gateway.wires import load_forms, load_frames, load_links, load_registers
from gateway.wires.binary import Struct
from gateway.wires.fields import ABSENT, Field, Layout, names, shapes
from gateway.wires.json_form import Json
from gateway.wires.load_fields import Setting, layout
from gateway.wires.load_turns import number
from gateway.wires.load_when import condition, equal_constants
from gateway.wires.pairs import Pairs
from gateway.wires.patterns import Pattern, expression, holes
from gateway.wires.registers import Question
from gateway.wires.shapes import FrameShape, Sequence
from gateway.wires.vectors import read_vectors
from gateway.wires.wire import Form, Place, Rule, Wire, with_constants
from gateway.wires.xml_form import Xml

_KEYS = ["links", "frame", "form", "records", "vectors"]
_OPTIONAL = ["header", "trailer", "same", "sequence", "zone", "charset"]
_RECORD = ["when", "fields", "answers", "same", "form", "pattern", "place", "headers", "refusal", "root", "more"]
_BODILESS = ("GET ", "HEAD ", "DELETE ")
_SENDERS = ("station", "backend", "both")


@dataclass(frozen=True, slots=True)
class Common:
    """What the records of one wire share."""

    setting: Setting
    header: Layout
    trailer: Layout
    same: tuple[tuple[str, str], ...]
    records: tuple[str, ...]
    registers: bool


def load_wire(checker: Checker, codecs: Map) -> Wire | None:
    """The wire, or None where the dialect has none or a faulty one."""
    given = codecs.get("wire")
    if "wire" not in codecs:
        return None
    if not isinstance(given, Map):
        checker.fault(codecs, "wire", "the codec wire is no map", "links, frame, form, records, vectors")
        return None
    before = len(checker.faults)
    if not checker.keys(given, "the codec wire", _KEYS, _OPTIONAL):
        return None
    covers, links = load_frames.covers(checker, given), load_links.links(checker, given)
    if any(cover.parts is not None for cover in covers.values()) and set(links) - {"tcp"}:
        checker.fault(given, "links", "records come in parts over a stream only", "tcp alone")
    setting = load_forms.setting(checker, given)
    whole = len(checker.faults)
    header, trailer = (layout(checker, given, key, setting) for key in ("header", "trailer"))
    if len(checker.faults) > whole:
        return None  # the records name their fields
    records = given["records"] if isinstance(given["records"], Map) else Map()
    if not records:
        checker.fault(given, "records", "a wire needs records", "name: {from: station, fields: …}")
    common = Common(setting, header, trailer, _same(checker, given), tuple(records), _kind(given["form"]) == "registers")
    rules = [rule for name in records for rule in _rules(checker, records, name, given, common)]
    if common.registers:
        rules.append(load_registers.refusal_rule(given, common.records))
        header = load_registers.header_of(given)[0]
    if "same" in given:
        fields = {one.name for one in header + trailer}.union(*(rule.known for rule in rules))
        _check_names(checker, given, "same", [name for pair in common.same for name in pair], fields, "field")
    _reachable(checker, records, rules)
    sequence = _sequence(checker, given, header + trailer) or load_registers.sequence_of(header)
    vectors = read_vectors(checker, given, records)
    if len(checker.faults) > before:
        return None
    return Wire(links, covers, tuple(rules), _frames(rules), sequence, vectors)


def _kind(form: Any) -> Any:
    """The kind of a form, also in short."""
    return form.get("kind") if isinstance(form, Map) else form


def _rules(checker: Checker, records: Map, name: str, top: Map, common: Common) -> list[Rule]:
    given = records[name]
    if not isinstance(given, Map):
        checker.fault(records, name, f"record {name} is no map", "from, when, fields, …")
        return []
    if common.registers:
        return load_registers.register_rules(checker, given, name, top, common.setting)
    checker.keys(given, f"record {name}", ["from"], _RECORD)
    if given.get("from") not in _SENDERS:
        checker.fault(given, "from", f"record {name} is from {given.get('from')!r}", one_of(_SENDERS))
        return []
    setting = load_forms.of_record(checker, given, common.setting)
    fields = layout(checker, given, "fields", setting, common.header)
    inside = holes(_where(checker, given))
    own = tuple(one for one in fields if one.name not in inside)
    if _bodiless(given):
        if own:
            checker.fault(
                given, "fields", f"a request without a body has the field {own[0].name}", f"{{{own[0].name}}} in its place"
            )
        return [_rule(checker, given, name, replace(common, header=(), trailer=()), fields, Struct())]
    look = load_forms.form(checker, given if "form" in given or "pattern" in given else top, given, common, own)
    if look is None:
        return []
    return [_rule(checker, given, name, common, fields, look)]


def _bodiless(given: Map) -> bool:
    """Whether we ask so over HTTP that all stands in the place."""
    return given["from"] == "backend" and str(given.get("place", "")).startswith(_BODILESS)


def _rule(checker: Checker, given: Map, name: str, common: Common, fields: Layout, look: Form) -> Rule:
    heads = (*_layout_of(look, "header"), *_layout_of(look, "trailer"))
    for one in fields:
        if one.told and one.name in names(heads):
            checker.fault(given, "fields", f"{one.name} is a field of header or trailer already", "another name")
    when = condition(checker, given, common.records, (*heads, *fields), _seen(look))
    constants = equal_constants(checker, given, heads)
    own = _with_layouts(look, constants)
    place = _place(checker, given, (*heads, *fields))
    in_place = {one.name for one in place.layout} if place is not None else set()
    fields = tuple(one for one in fields if one.name not in in_place)
    told = (*_layout_of(own, "header"), *fields, *_layout_of(own, "trailer"), *(place.layout if place else ()))
    same = _same(checker, given) if "same" in given else common.same
    answers = _listed(given.get("answers"))
    _check_names(checker, given, "answers", answers, common.records, "record")
    _check_names(checker, given, "same", [mine for mine, _ in same] if "same" in given else [], list(names(told)), "field")
    matched = frozenset(mine for mine, _ in (*same, *common.same))
    shape = shapes(told)
    sender = given["from"]
    frame = FrameShape(sender, shape, shape, matched, answers, given.get("refusal") is True)
    return Rule(name, sender, when, own, fields, frame, look, frozenset(names(told)), place, same)


def _seen(form: Form) -> list[str] | None:
    """The fields by which the form tells records apart; None where any key will do."""
    if isinstance(form, Json | Xml | Pairs):
        return None
    if isinstance(form, Pattern):
        return list(form.regex.groupindex)
    return [one.name for one in _layout_of(form, "header")]


def _listed(value: Any) -> tuple[str, ...]:
    return () if value is None else tuple(map(str, value)) if isinstance(value, List) else (str(value),)


def _layout_of(form: Form, key: str) -> Layout:
    found: Layout = getattr(form, key, ())
    return found


def _with_layouts(form: Form, constants: Mapping[str, Any]) -> Form:
    """The form with the constants that a record has in its header and trailer."""
    if not constants:
        return form
    changed = {key: with_constants(_layout_of(form, key), constants) for key in ("header", "trailer")}
    made: Form = replace(form, **changed)  # type: ignore[type-var]
    return made


def _check_names(checker: Checker, given: Map, key: str, named: Iterable[str], known: Iterable[str], what: str) -> None:
    known = list(known)
    for one in named:
        if one not in known:
            checker.fault(given, key, f"there is no {what} {one!r}", one_of(sorted(known)), nearest(one, known))


def _same(checker: Checker, where: Map) -> tuple[tuple[str, str], ...]:
    """``[seq]`` or ``{own: theirs}``: fields of an answer that are equal to those of the question."""
    given = where.get("same")
    if given is None or isinstance(given, List):
        return tuple((str(one), str(one)) for one in given or [])
    if isinstance(given, Map):
        return tuple((own, str(theirs)) for own, theirs in given.items())
    checker.fault(where, "same", f"same is {given!r}", "a list of fields, or {own: theirs}")
    return ()


def _where(checker: Checker, given: Map) -> str:
    """The place of a record: ``place: "POST /x/{id}"``, and a line for each of its ``headers``."""
    headers = given.get("headers", Map())
    if not isinstance(headers, Map) or (headers and (given["from"] != "backend" or "place" not in given)):
        checker.fault(given, "headers", "only what we send to a place has headers", 'Authorization: "Bearer {token}" lines')
        headers = Map()
    return "\n".join([str(given.get("place", "")), *(f"{name}: {text}" for name, text in headers.items())])


def _place(checker: Checker, given: Map, fields: Layout) -> Place | None:
    """The topic, or method and path, of a record."""
    if "place" not in given:
        return None
    pattern, known = _where(Checker(), given), {one.name: one for one in fields if isinstance(one, Field)}
    _check_names(checker, given, "place", holes(pattern), known, "field")
    inside = tuple(known[name] for name in holes(pattern) if name in known)
    return Place(pattern, expression(pattern, {one.name: one.kind for one in inside}), inside)


def _sequence(checker: Checker, where: Map, fields: Layout) -> Sequence | None:
    """``{field: seq, first: 0, last: 65535}``."""
    given = where.get("sequence")
    if given is None:
        return None
    if not isinstance(given, Map) or not checker.keys(given, "sequence", ["field"], ["first", "last"]):
        return None
    first, last = number(given.get("first", 0)), number(given.get("last", 0xFFFF))
    _check_names(checker, given, "field", [str(given["field"])], list(names(fields)), "field of header or trailer")
    if first is None or last is None or last <= first:
        checker.fault(given, None, "a sequence runs from first to last", "{field: seq, first: 1, last: 999}")
        return None
    return Sequence(str(given["field"]), first, last)


def _reachable(checker: Checker, records: Map, rules: list[Rule]) -> None:
    """A record behind one that takes everything is never read."""
    open_by: dict[str, str] = {}
    for rule in rules:
        for side in ("station", "backend") if rule.sender == "both" else (rule.sender,):
            if side in open_by:
                what = f"no frame is ever read as {rule.name}: {open_by[side]} before it takes all"
                checker.fault(records, rule.name, what, "when: … at the one before, or it behind")
            elif rule.when.open and not isinstance(rule.form, Question) and rule.place is None and not _constants(rule):
                open_by[side] = rule.name


def _constants(rule: Rule) -> bool:
    """Whether something in the frame itself must be so, for it to be this record."""
    parts = (*_layout_of(rule.form, "header"), *rule.layout, *_layout_of(rule.form, "trailer"))
    return isinstance(rule.form, Pattern) or any(isinstance(one, Field) and one.const is not ABSENT for one in parts)


def _frames(rules: list[Rule]) -> dict[str, FrameShape]:
    made: dict[str, FrameShape] = {}
    for rule in rules:
        other = made.get(rule.name)
        if other is None:
            made[rule.name] = rule.shape
        else:
            answer, question = (rule.shape, other) if rule.sender == "station" else (other, rule.shape)
            made[rule.name] = replace(answer, sender="both", asks=question.fields)
    for rule in rules:
        for name in rule.shape.answers:
            if name in made:  # what an answer repeats needs no other reader
                theirs = frozenset(one for _, one in rule.same)
                made[name] = replace(made[name], matched=made[name].matched | theirs & made[name].fields.keys())
    return made
