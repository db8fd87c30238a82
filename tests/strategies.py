"""Hypothesis strategies for messages: what may stand in a valid payload of any dialect.

strategies.payload(dialect, "StartTransaction", "call")     a valid payload, as `Dialect.check` gives it back
strategies.actions(dialect, sender="station")               names of operations
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from gateway.dialects.schema import Dialect, Enum, Field, Shape

# What XML 1.0 and JSON can both hold; a carriage return would come back from XML as a line feed.
_TEXT = st.characters(blacklist_categories=["Cs"], min_codepoint=32, max_codepoint=0x2FFFF, blacklist_characters="\ufffe\uffff")
_LETTERS = st.sampled_from("abcdefghijklmnopqrstuvwxyz0123456789")


def text(most: int | None = None) -> st.SearchStrategy[str]:
    return st.text(_TEXT, max_size=min(most or 40, 40)) | st.text(_LETTERS, min_size=1, max_size=min(most or 12, 12))


def times() -> st.SearchStrategy[str]:
    seconds = st.datetimes().map(lambda moment: moment.replace(microsecond=0).isoformat())
    fractions = st.sampled_from(["", ".5", ".123", ".1234567"])
    return st.builds(lambda second, fraction: f"{second}{fraction}Z", seconds, fractions)


def uris() -> st.SearchStrategy[str]:
    return st.builds(lambda host, path: f"ftp://{host}.example/{path}", st.text(_LETTERS, min_size=1), st.text(_LETTERS))


def _single(field: Field) -> st.SearchStrategy[Any]:
    kind = field.type
    if isinstance(kind, Shape):
        return shape(kind)
    if isinstance(kind, Enum):
        return st.sampled_from(kind.values)
    if field.name in ("location", "remoteLocation"):  # a text in some dialects, but mostly an address
        return uris() if kind.name == "anyURI" else uris() | text(field.max_length)
    high = (1 << field.bits - 1) - 1 if field.bits < 60 else 10**15
    makers: dict[str, st.SearchStrategy[Any]] = {
        "integer": st.integers(0, 100_000) | st.integers(-high - 1, high),
        "decimal": st.integers(-(10**9), 10**9).map(lambda count: count * (field.step or Decimal("0.001"))),
        "boolean": st.booleans(),
        "dateTime": times(),
        "anyURI": uris(),
        "any": text(),
    }
    return makers.get(kind.name, text(field.max_length))


_BUILT: dict[int, tuple[Shape, st.SearchStrategy[dict[str, Any]]]] = {}
"""By identity of the shape, which is kept so that no other can take its place: to build takes longer than to draw."""


def shape(kind: Shape) -> st.SearchStrategy[dict[str, Any]]:
    if id(kind) not in _BUILT:
        _BUILT[id(kind)] = kind, _build(kind)
    return _BUILT[id(kind)][1]


def _build(kind: Shape) -> st.SearchStrategy[dict[str, Any]]:
    required: dict[str, Any] = {}
    optional: dict[str, Any] = {}
    for field in kind.fields.values():
        value = _single(field)
        if field.many:
            # An empty list says no more than none at all, and is read so.
            value = st.lists(value, min_size=1, max_size=3)
        (required if field.required else optional)[field.name] = value
    made = st.fixed_dictionaries(required, optional=optional)
    if not kind.open:
        return made
    others = st.dictionaries(st.sampled_from(["x", "y"]), text() | st.integers(0, 9), max_size=2)
    return st.builds(lambda named, rest: {**rest, **named}, made, others)


def payload(dialect: Dialect, action: str, kind: str) -> st.SearchStrategy[dict[str, Any]]:
    """A valid payload; ``kind`` is ``call`` or ``result``."""
    return shape(dialect.messages[action].shape(kind))


def actions(dialect: Dialect, sender: str | None = None, codec: str | None = None) -> list[str]:
    """The operations that ``sender`` may call, or all; only those that ``codec`` has, where it is named."""
    known = [m for m in dialect.messages.values() if codec is None or m.codec in (None, codec)]
    return [m.action for m in known if sender in (None, m.sender) or m.sender == "both"]
