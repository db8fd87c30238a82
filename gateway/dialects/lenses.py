"""Reads and writes the facts of a message: compiled lenses over its payload.

In: a `MessageType` and the dialect's words.  Out: functions from payloads to facts and back.
Not here: what the session does with them; which facts there are (`gateway.facts`).

A word of a fact may have several spellings in the file: all are read, the first that the field allows is written.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

import msgspec

from gateway.dialects.shapes import Enum, MessageType, Scalar, at
from gateway.messages import Payload

Words: TypeAlias = Mapping[str, Mapping[str, tuple[str, ...]]]
"""fact → neutral word → its spellings."""


class Lens:
    """The facts of one kind of message."""

    def __init__(self, message: MessageType, kind: str, words: Words) -> None:
        shape = message.shape(kind)
        self.paths = {fact: tuple(path.split(".")) for fact, path in message.facts(kind).items()}
        self._read: dict[str, tuple[tuple[str, ...], str, dict[str, str] | None]] = {}
        self._spell: dict[str, dict[str, str]] = {}
        self._texts: set[str] = set()
        for fact, path in self.paths.items():
            field = at(shape, ".".join(path))
            if field is not None and field.type == Scalar("string"):
                self._texts.add(fact)
            allowed = field.type.values if field is not None and isinstance(field.type, Enum) else None
            spoken = words.get(fact)
            neutral = reading(spoken) if spoken is not None else None
            if spoken is not None:
                self._spell[fact] = spelling(spoken, allowed)
            self._read[fact] = path[:-1], path[-1], neutral

    def facts(self, payload: Payload) -> dict[str, Any]:
        """The facts that are present; a wire word without a neutral one stays as it is."""
        found = {}
        for fact, (way, name, neutral) in self._read.items():
            place: Any = payload
            for step in way:
                place = place.get(step) if place.__class__ is dict else None
            if place.__class__ is not dict:
                continue
            value = place.get(name)
            if value is not None:
                found[fact] = neutral.get(value, value) if neutral is not None else value
        return found

    def fact(self, payload: Payload, fact: str) -> Any:
        """One of them, or None."""
        if fact not in self._read:
            return None
        way, name, neutral = self._read[fact]
        place: Any = payload
        for step in way:
            place = place.get(step) if place.__class__ is dict else None
        value: Any = place.get(name) if place.__class__ is dict else None
        return neutral.get(value, value) if neutral is not None else value

    def put(self, payload: Payload, facts: Mapping[str, Any]) -> Payload:
        """A copy of ``payload`` with ``facts`` in it; None takes one out.

        KeyError for a fact that this message lacks, ValueError for a word that it cannot say.
        """
        made = dict(payload)
        for fact, value in facts.items():
            _set(made, self.paths[fact], self.spell(fact, value))
        return made

    def spell(self, fact: str, value: Any) -> Any:
        """A neutral value as this message writes it: words by their spelling, ids as text where ids are text."""
        spoken = self._spell.get(fact)
        if value.__class__ is int and fact in self._texts:
            return str(value)
        if spoken is None or value is None:
            return value
        if value not in spoken:
            raise ValueError(f"{fact} cannot be {value!r} here")
        return spoken[value]


def _set(payload: Payload, path: tuple[str, ...], value: Any) -> None:
    """Set one leaf; objects on the way are copied, for the caller's may be shared."""
    place = payload
    for step in path[:-1]:
        if value is None and not isinstance(place.get(step), dict):
            return
        place[step] = dict(place.get(step) or {})
        place = place[step]
    if value is None:
        place.pop(path[-1], None)
    else:
        place[path[-1]] = value


def put(payload: Payload, path: str, value: Any) -> None:
    """Set the leaf at a dotted path of ``payload``, in place."""
    _set(payload, tuple(path.split(".")), value)


def reading(spoken: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """Wire word → neutral word; where two share a spelling the first in the file is read."""
    made: dict[str, str] = {}
    for neutral, wires in spoken.items():
        for wire in wires:
            made.setdefault(wire, neutral)
    return made


def spelling(spoken: Mapping[str, tuple[str, ...]], allowed: tuple[str, ...] | None) -> dict[str, str]:
    """Neutral word → the first spelling that is ``allowed``; words without one are left out."""
    made = {}
    for neutral, wires in spoken.items():
        fit = [wire for wire in wires if allowed is None or wire in allowed]
        if fit:
            made[neutral] = fit[0]
    return made


def key_as_said(action: str, said: Any) -> str:
    """A digest of what makes a call the same one again."""
    return hashlib.sha256(_ENCODER.encode([action, said])).hexdigest()


def folded(names: Iterable[str], facts: Mapping[str, Any]) -> list[Any]:
    """The facts that make a call the same one again, where its file names them.

    A token is compared without case, as every OCPP does; so a retry that spells it anew is still a retry.
    """
    return [_folded(fact, facts.get(fact)) for fact in names]


def _folded(fact: str, value: Any) -> Any:
    return value.casefold() if fact == "token" and isinstance(value, str) else value


_ENCODER = msgspec.json.Encoder(decimal_format="string", order="deterministic")
