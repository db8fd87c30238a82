"""Reads the form of a wire or of one record: struct, delimited, tokens, pairs, tagged, tlv, pattern, json, xml, plain, registers.

In: the key ``form`` (or ``pattern``).  Out: a `Form`; faults go to the `Checker`.
Not here: fields (`load_fields`), records (`load`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC
from typing import Any, Protocol

from gateway.source import Checker, Map, nearest, one_of
from gateway.wires.binary import Struct
from gateway.wires.fields import Field, Layout, Many, size_of
from gateway.wires.json_form import Json
from gateway.wires.load_fields import Setting, layout
from gateway.wires.load_turns import number, zone_of
from gateway.wires.load_values import text
from gateway.wires.pairs import Pairs
from gateway.wires.patterns import Pattern, expression, holes
from gateway.wires.tlv import Tlv
from gateway.wires.tokens import Delimited
from gateway.wires.wire import Form
from gateway.wires.xml_form import Xml


class Shared(Protocol):
    """What the records of one wire share (`gateway.wires.load.Common`)."""

    @property
    def header(self) -> Layout:
        """The fields before those of each record."""

    @property
    def trailer(self) -> Layout:
        """The fields behind."""


def setting(checker: Checker, top: Map) -> Setting:
    """What the form says of all fields."""
    given = top.get("form")
    form = given if isinstance(given, Map) else Map()
    kind = form.get("kind", given)
    if kind == "registers" and form:
        checker.keys(form, "the form registers", ["kind"], ["unit", "order", "words"])
    _sides(checker, form)
    charset = str(top.get("charset", "utf-8" if kind in ("json", "xml") else "ascii"))
    return Setting(form.get("order", "big"), form.get("words"), zone_of(checker, top, "zone", UTC), charset)


def of_record(checker: Checker, record: Map, usual: Setting) -> Setting:
    """The same, of a record that has a form of its own."""
    own = record.get("form")
    if not isinstance(own, Map):
        return usual
    _sides(checker, own)
    return replace(usual, order=own.get("order", usual.order), words=own.get("words", usual.words))


def _sides(checker: Checker, form: Map) -> None:
    for key in ("order", "words"):
        if form.get(key, "big") not in ("big", "little"):
            checker.fault(form, key, f"{key} is {form[key]!r}", "big or little")


def form(checker: Checker, where: Map, record: Map, shared: Shared, fields: Layout) -> Form | None:
    """The form of one record, with the header and trailer of all."""
    if "pattern" in record:
        return _pattern(checker, record, shared, fields)
    given = where["form"]
    if isinstance(given, str):
        given = Map(kind=given)
        given.file, given.line, given.lines = where.file, where.lines["form"], {"kind": where.lines["form"]}
    if not isinstance(given, Map) or given.get("kind") not in _FORMS:
        kind = given.get("kind") if isinstance(given, Map) else given
        expected = "pattern: a text with {fields} in it, at each record" if kind == "pattern" else one_of(_FORMS)
        checker.fault(where, "form", f"the form is {kind!r}", expected, nearest(str(kind), _FORMS))
        return None
    options, make = _FORMS[given["kind"]]
    checker.keys(given, f"the form {given['kind']}", ["kind"], [*options, "order", "words"])
    if given["kind"] in _KEYED:
        _no_places(checker, record, fields if given["kind"] == "tlv" else (*shared.header, *fields, *shared.trailer))
    return make(checker, given, record, shared, fields)


def _no_places(checker: Checker, record: Map, layout: Layout) -> None:
    """Where fields are found by name, nothing is counted or ended by another field."""
    for one in layout:
        wrong = one.count is not None if isinstance(one, Many) else bool(one.until or one.length or one.given)
        if wrong:
            checker.fault(record, "fields", f"{one.name} is found by its name", "no count, length, until or when")
        if isinstance(one, Many):
            _no_places(checker, record, one.parts)


def _pattern(checker: Checker, record: Map, shared: Shared, fields: Layout) -> Form:
    pattern = str(record["pattern"])
    known = {one.name: one for one in fields if isinstance(one, Field)}
    for name in holes(pattern):
        if name not in known:
            checker.fault(record, "pattern", f"there is no field {name!r}", one_of(known), nearest(name, known))
    for name in set(known) - set(holes(pattern)):
        checker.fault(record, "fields", f"the field {name} stands nowhere in the pattern", f"{{{name}}} in it")
    return Pattern(pattern, expression(pattern, {name: one.kind for name, one in known.items()}))


def _ordered(checker: Checker, record: Map, layout: Layout) -> None:
    """Where fields are found by their place, what may be missing stands last (unless its lead tells it)."""
    missing = ""
    for one in layout:
        if missing and not one.optional:
            checker.fault(record, "fields", f"{one.name} stands behind {missing}, which may be missing", "it before that")
        if one.optional and not (isinstance(one, Field) and one.lead):
            missing = one.name


def _struct(checker: Checker, given: Map, record: Map, shared: Shared, fields: Layout) -> Form:
    _sized(checker, record, (*shared.header, *fields, *shared.trailer))
    _ordered(checker, record, (*shared.header, *fields))
    return Struct(shared.header, shared.trailer, _more(given, record))


def _more(given: Map, record: Map) -> bool:
    return record.get("more", given.get("more", False)) is True


def _sized(checker: Checker, record: Map, layout: Layout) -> None:
    """In a struct each field must know where it ends; one may take the rest, if what stands behind has fixed sizes."""
    for index, one in enumerate(layout):
        if isinstance(one, Many):
            _sized(checker, record, one.parts)
        ended = one.count is not None if isinstance(one, Many) else one.ends
        if not ended and size_of(layout[index + 1 :]) is None:
            checker.fault(record, "fields", f"nothing says where {one.name} ends", "a width, length: field, until: text")


def _delimited(checker: Checker, given: Map, record: Map, shared: Shared, fields: Layout) -> Form:
    separator = text(checker, given, "separator", " " if given["kind"] == "tokens" else "|")
    if not separator:
        checker.fault(given, "separator", "the separator is empty", "a text, or the form plain")
    _ordered(checker, record, (*shared.header, *fields))
    for one in (*shared.header, *fields, *shared.trailer):
        if isinstance(one, Field) and (one.until or one.length):
            checker.fault(record, "fields", f"{one.name} ends at the separator", "no length, no until")
    several = given.get("several", given["kind"] == "tokens") is True
    quote, escape = text(checker, given, "quote"), text(checker, given, "escape")
    return Delimited(separator, shared.header, shared.trailer, _more(given, record), several, quote, escape)


def _plain(checker: Checker, given: Map, record: Map, shared: Shared, fields: Layout) -> Form:
    if len(fields) > 1:
        checker.fault(record, "fields", "a plain content is one field", "one")
    return Delimited(b"") if fields else Struct(more=_more(given, record))


def _pairs(checker: Checker, given: Map, record: Map, shared: Shared, fields: Layout) -> Form:
    tagged = given["kind"] == "tagged"
    separator = text(checker, given, "separator", "," if tagged else "&")
    equals = b"" if tagged else text(checker, given, "equals", "=")
    before = text(checker, given, "before")
    if before and (len(shared.header) != 1 or not isinstance(shared.header[0], Field)):
        checker.fault(given, "before", "what stands before the pairs is one field", "a header of one field")
        before = b""
    return Pairs(
        separator, equals, before, given.get("url", False) is True, given.get("case", True) is True, shared.header, shared.trailer
    )


def _tlv(checker: Checker, given: Map, record: Map, shared: Shared, fields: Layout) -> Form:
    """Tag and length are kinds of integers, the key ``at`` of a field is its tag."""
    if shared.trailer:
        checker.fault(given, None, "nothing stands behind the last value", "a field with a tag")
    for one in fields:
        if isinstance(one, Many) or number(one.key) is None:
            checker.fault(record, "fields", f"{one.name} has no tag", "{type: u16, at: 0x31}, perhaps repeated")
    pair = Map({key: given.get(key, "u8") for key in ("tag", "length")})
    pair.file, pair.line, pair.lines = given.file, given.line, dict.fromkeys(pair, given.line)
    head = layout(checker, Map(pair=pair), "pair", Setting(given.get("order", "big")))
    kinds = [one for one in head if isinstance(one, Field) and one.kind.type == "integer"]
    plus = number(given.get("plus", 0))
    if len(kinds) < 2 or plus is None:
        checker.fault(given, None, "tag, length or plus of the form tlv", "{kind: tlv, tag: u8, length: u8, plus: 0}")
        return Struct()
    return Tlv(kinds[0], kinds[1], plus, shared.header)


def _json(checker: Checker, given: Map, record: Map, shared: Shared, fields: Layout) -> Form:
    return Json(shared.header, shared.trailer)


def _xml(checker: Checker, given: Map, record: Map, shared: Shared, fields: Layout) -> Form:
    root = str(record.get("root", given.get("root", "")))
    if not re.fullmatch(r"[A-Za-z_][\w.-]*", root):
        checker.fault(record, None, "the record has no root element", "root: Name")
    declaration = given.get("declaration", True) is True
    prefixes = _prefixes(checker, given)
    for one in (*shared.header, *fields, *shared.trailer):
        for prefix in re.findall(r"([^/@:]+):", one.key):
            if prefix not in prefixes:
                known = f"prefixes: {{{prefix}: urn:…}} of the form, or the name alone"
                checker.fault(record, "fields", f"{one.name} has the prefix {prefix!r}", known, nearest(prefix, prefixes))
    return Xml(root or "x", str(given.get("namespace", "")), declaration, shared.header, shared.trailer, prefixes)


def _prefixes(checker: Checker, given: Map) -> dict[str, str]:
    """``prefixes: {b: "urn:…"}``, for elements that are not of the namespace."""
    part = given.get("prefixes", Map())
    if not isinstance(part, Map):
        checker.fault(given, "prefixes", f"prefixes is {part!r}", 'b: "urn:…" lines')
        return {}
    return {name: str(space) for name, space in part.items()}


_Make = Callable[[Checker, Map, Map, Any, Layout], Form]
_KEYED = ("json", "xml", "pairs", "tagged", "tlv")
_FORMS: dict[str, tuple[tuple[str, ...], _Make]] = {
    "struct": (("more",), _struct),
    "delimited": (("separator", "several", "quote", "escape", "more"), _delimited),
    "tokens": (("separator", "several", "quote", "escape", "more"), _delimited),
    "plain": (("more",), _plain),
    "json": ((), _json),
    "xml": (("root", "namespace", "prefixes", "declaration"), _xml),
    "pairs": (("separator", "equals", "before", "url", "case"), _pairs),
    "tlv": (("tag", "length", "plus"), _tlv),
    "tagged": (("separator", "before", "case"), _pairs),
}
