"""The wire of one protocol: frames ⇄ records, which record a frame is, which answer belongs to which question.

In: a frame and who sent it, or the name and fields of a record.  Out: `Record`, or a frame.
Not here: cutting streams (`gateway.wires.framers`), the file (`gateway.wires.load`), when anything is sent (`gateway.devices`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Protocol

from gateway.dialects.errors import PeerError
from gateway.dialects.shapes import Sender
from gateway.messages import Side
from gateway.source import nearest
from gateway.wires.fields import ABSENT, Field, Layout, OtherRecord
from gateway.wires.frames import Cover
from gateway.wires.patterns import filled
from gateway.wires.shapes import FieldShape, Framer, FrameShape, LinkRules, Noise, Record, Sequence

__all__ = ["FieldShape", "FrameShape", "Framer", "LinkRules", "Noise", "Record", "Sequence", "Wire"]


class Form(Protocol):
    """How the content of a frame is made."""

    def look(self, content: bytes, key: str) -> Any:
        """The value at ``key``, by which records are told apart, or `ABSENT`.  May raise `PeerError`."""

    def read(self, content: bytes, layout: Layout) -> dict[str, Any]:
        """All fields.  Raises `PeerError`."""

    def write(self, layout: Layout, fields: Mapping[str, Any]) -> bytes:
        """The content.  Raises ValueError."""


@dataclass(frozen=True, slots=True)
class When:
    """What must hold for a frame to be a record; all that is said."""

    equals: tuple[tuple[str, tuple[Any, ...]], ...] = ()
    has: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    length: tuple[int, int] | None = None
    prefix: bytes = b""
    match: re.Pattern[bytes] | None = None
    asked: tuple[str, ...] = ()

    @property
    def open(self) -> bool:
        """Whether everything fits."""
        return self == When()

    def fits(self, content: bytes, form: Form, asked: str) -> bool:
        """Whether all holds."""
        if self.asked and asked not in self.asked:
            return False
        if self.length is not None and not self.length[0] <= len(content) <= self.length[1]:
            return False
        if not content.startswith(self.prefix) or (self.match is not None and not self.match.search(content)):
            return False
        if any(_same(form.look(content, key), values) is False for key, values in self.equals):
            return False
        return all(form.look(content, key) is not ABSENT for key in self.has) and all(
            form.look(content, key) is ABSENT for key in self.lacks
        )


def _same(found: Any, wanted: tuple[Any, ...]) -> bool:
    """Whether it is one of the wanted values; text is compared as text, and so is truth that no field reads."""
    if isinstance(found, bool) and str(found).lower() in wanted:
        return True
    return found in wanted or (isinstance(found, str) and found in map(str, wanted))


@dataclass(frozen=True, slots=True)
class Place:
    """The topic, or method and path, of a record: a pattern."""

    pattern: str
    regex: re.Pattern[bytes]
    layout: Layout


@dataclass(frozen=True, slots=True)
class Rule:
    """One record of the file: who sends it, when a frame is it, its fields, what it answers."""

    name: str
    sender: Sender
    when: When
    form: Form
    layout: Layout
    shape: FrameShape
    look: Form
    """The form without the record's constants, for telling records apart."""
    known: frozenset[str] = frozenset()
    """What may be given for writing: the told fields of header, record, trailer and place."""
    place: Place | None = None
    same: tuple[tuple[str, str], ...] = ()
    """Fields of the answer and of the question that must be equal."""


@dataclass(frozen=True, eq=False)
class Wire:
    """One protocol on the wire, ready for use.  Nothing in it changes.

    Of a record whose question and answer share a name there are two rules.
    """

    links: Mapping[str, LinkRules]
    covers: Mapping[Side, Cover]
    rules: tuple[Rule, ...]
    frames: Mapping[str, FrameShape]
    sequence: Sequence | None = None
    vectors: tuple[Any, ...] = field(default=(), repr=False)

    def framer(self, sender: Side) -> Framer:
        """A fresh framer for what ``sender`` sends."""
        return self.covers[sender].framer()

    @property
    def secret(self) -> bool:
        """Whether a key of the site is wanted."""
        return any(cover.cipher is not None and not cover.cipher.open for cover in self.covers.values())

    def keyed(self, key: bytes) -> Wire:
        """The same with the key of a site.  ValueError where it is none."""
        return replace(self, covers={side: cover.keyed(key) for side, cover in self.covers.items()})

    def read(self, frame: bytes, sender: Side, asked: Record | None = None, place: str = "") -> Record:
        """The record of a whole frame.

        ``asked`` is our open question, where only that tells what an answer is; ``place`` the topic, or method and path, that it
        came by.
        Raises `PeerError`: a wrong check, no such record (``NotImplemented``), a field that cannot be read.
        """
        content, warnings = self.covers[sender].open(frame)
        garbled, other = None, PeerError("NotImplemented", "no record looks like this frame")
        for rule in self.rules:
            if rule.sender not in (sender, "both"):
                continue
            try:
                at = _placed(rule.place, place)
                if at is None or not rule.when.fits(content, rule.look, asked.name if asked is not None else ""):
                    continue
            except PeerError as error:
                garbled = error
                continue
            try:
                return Record(rule.name, {**at, **rule.form.read(content, rule.layout)}, frame, place, warnings)
            except OtherRecord as error:
                other = PeerError("NotImplemented", f"no record looks like this frame; of {rule.name}: {error.why}", error.path)
        raise garbled or other

    def write(self, name: str, fields: Mapping[str, Any], sender: Side | None = None) -> bytes:
        """A whole frame.  ``sender`` only matters for a record that both send.

        Raises ValueError for an unknown record or field, a missing field, a value that does not fit.
        """
        rule = self._rule(name, sender)
        for key in fields:
            if key not in rule.known:
                near = nearest(key, rule.known)
                raise ValueError(f"{name} has no field {key!r}" + (f"; did you mean {near!r}?" if near else ""))
        by: Side = sender or ("station" if rule.sender == "station" else "backend")
        return self.covers[by].close(rule.form.write(rule.layout, fields))

    def place(self, name: str, fields: Mapping[str, Any]) -> str:
        """The topic, or method and path, by which a record goes; empty where the link has no such.  Raises ValueError."""
        place = self._rule(name).place
        if place is None:
            return ""
        made = filled(place.pattern, {one.name: one for one in place.layout if isinstance(one, Field)}, fields).decode("latin-1")
        if made.count("\n") > place.pattern.count("\n"):
            raise ValueError("a field of the place has a line break")
        return made

    def _rule(self, name: str, sender: Side | None = None) -> Rule:
        """The rule to write by: of two, ours."""
        found = [rule for rule in self.rules if rule.name == name and (sender is None or rule.sender in (sender, "both"))]
        if not found:
            near = nearest(name, self.frames)
            raise ValueError(f"there is no record {name!r}" + (f"; did you mean {near!r}?" if near and near != name else ""))
        return next((rule for rule in found if rule.sender != "station"), found[0])

    def answers(self, heard: Record, asked: Record) -> bool:
        """Whether ``heard`` is the answer to ``asked``."""
        rule = self._heard[heard.name]
        if asked.name not in rule.shape.answers:
            return False
        return all(heard.fields.get(own) == asked.fields.get(theirs) for own, theirs in rule.same)

    def echo(self, name: str, heard: Record) -> dict[str, Any]:
        """The fields that the record ``name`` must have as an answer to ``heard``, so that it will be found."""
        rule = self._rule(name)
        return {own: heard.fields[theirs] for own, theirs in rule.same if theirs in heard.fields}

    @cached_property
    def _heard(self) -> dict[str, Rule]:
        """The rules by name, as their records are heard from a station, where they are."""
        return {rule.name: rule for rule in sorted(self.rules, key=lambda rule: rule.sender != "backend")}


def _placed(place: Place | None, text: str) -> dict[str, Any] | None:
    """The fields of the place; None where it is another."""
    if place is None:
        return {}
    match = place.regex.fullmatch(text.encode("latin-1", "replace"))
    if match is None:
        return None
    return {one.name: one.read(match[one.name]) for one in place.layout if isinstance(one, Field)}


def with_constants(layout: Layout, constants: Mapping[str, Any]) -> Layout:
    """``layout`` where the fields named are constant."""
    return tuple(
        replace(one, const=constants[one.name]) if isinstance(one, Field) and one.name in constants else one for one in layout
    )
