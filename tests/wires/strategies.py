"""Generated fields for any record of any wire: only values that the wire can say."""

from __future__ import annotations

import string
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from gateway.wires import turns
from gateway.wires.fields import Field, Layout, Many
from gateway.wires.kinds import Bcd, Digits, Integer, Kind, Number, Raw, Real, Text, Truth, Varint

ALPHABET = string.ascii_letters + string.digits[1:]
TIMES = st.datetimes(datetime(2001, 1, 1), datetime(2090, 1, 1)).map(lambda at: turns.iso(at.replace(microsecond=0, tzinfo=UTC)))


def raw(kind: Kind) -> st.SearchStrategy[Any]:
    """Plain values of a kind."""
    size = kind.size
    if isinstance(kind, Integer):
        low = -(1 << 8 * kind.size - 1) if kind.signed else 0
        return st.integers(low, low + (1 << 8 * kind.size) - 1)
    if isinstance(kind, Varint):
        return st.integers(-(1 << 63) if kind.signed else 0, (1 << 63) - 1)
    if isinstance(kind, Digits):
        top = kind.base ** (size or 6) - 1
        low = -(top // 2) if kind.signed and (not size or kind.base == 16) else 0
        return st.integers(low, top // 2 if kind.signed else top)
    if isinstance(kind, Number):
        return st.decimals(0, 9999, places=2)
    if isinstance(kind, Real):
        return st.integers(-(10**6), 10**6).map(Decimal)
    if isinstance(kind, Bcd):
        digits = st.text(string.digits, min_size=2 * kind.size, max_size=2 * kind.size)
        return digits.map(int) if kind.number else digits
    if isinstance(kind, Raw):
        return st.binary(min_size=size or 0, max_size=size or 8).map(lambda data: data.hex().upper())
    if isinstance(kind, Truth):
        return st.booleans()
    assert isinstance(kind, Text), kind
    width = len("x".encode(kind.charset))
    rest = st.text(ALPHABET, max_size=(size or 12) // width - 1)
    return st.tuples(st.sampled_from(string.digits[1:]), rest).map("".join)


def value(field: Field) -> st.SearchStrategy[Any]:
    """Values that a field can have.  Making a strategy costs more than drawing from it."""
    if id(field) not in _MADE:
        _MADE[id(field)] = field, _value(field)
    return _MADE[id(field)][1]


_MADE: dict[int, tuple[Field, st.SearchStrategy[Any]]] = {}


def _value(field: Field) -> st.SearchStrategy[Any]:
    last = field.turns[-1] if field.turns else None
    if isinstance(last, turns.Written):
        return TIMES.map(lambda at: last.read(last.write(at)))
    made = raw(field.kind)
    if isinstance(last, turns.Words):
        return st.sampled_from(list(last.values))
    if isinstance(last, turns.Since | turns.Cp56 | turns.Iso):
        return TIMES.map(lambda at: last.read(last.write(at))).filter(lambda at: says(field, at))
    if isinstance(last, turns.Bits):
        used = sum(((1 << count) - 1) << at for at, count in last.places.values())
        return made.map(lambda number: last.read(number & used))
    made = made.filter(lambda one: one not in field.nulls)
    for turn in field.turns:
        made = made.map(turn.read)
    return st.lists(made, min_size=1, max_size=3) if field.repeated else made


def says(field: Field, at: str) -> bool:
    """Whether a time comes back from the field as it is (an hour that stands twice in the year does not)."""
    try:
        return bool(field.read(field.write(at)) == at)
    except ValueError:
        return False


@st.composite
def fields(draw: st.DrawFn, layout: Layout) -> dict[str, Any]:
    """All fields of a layout."""
    made: dict[str, Any] = {}
    ended = False
    for part in layout:
        if not part.told or (isinstance(part, Field) and not part.there(made)):
            continue
        ended = part.optional and (ended or not draw(st.booleans()))
        if ended:
            continue
        if isinstance(part, Many):
            least = max(many(part), int(part.optional))  # an empty list that may be missing is missing
            items = draw(st.lists(fields(part.parts), min_size=least, max_size=many(part) or 3))
            made[part.name] = part.made(items)
        else:
            made[part.name] = draw(value(part))
    return made


@st.composite
def records(draw: st.DrawFn, rule: Any) -> dict[str, Any]:
    """All fields of a record, with what tells it from others."""
    layout = layouts(rule)
    found: dict[str, Any] = draw(fields(layout))
    for key, values in rule.when.equals:
        found |= {one.name: values[0] for one in layout if key in (one.name, one.key) and one.told}
    return found


def many(part: Many) -> int:
    """How many items a list of a fixed length has; else 0."""
    return part.count if isinstance(part.count, int) else 0


def layouts(rule: Any) -> Layout:
    """All that a record says: header, its own, trailer, place."""
    place = rule.place.layout if rule.place is not None else ()
    return (*getattr(rule.form, "header", ()), *rule.layout, *getattr(rule.form, "trailer", ()), *place)
