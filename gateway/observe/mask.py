"""Masks the tags of drivers in messages.

In: dialects, messages.  Out: copies of the messages in which every token shows its first two characters only.
Not here: when to mask (`gateway.observe.trace`), secrets of the site (`gateway.observe.redact`).

The dialect says where a message keeps the facts *token* and *parent_token*; the fields' names are then masked wherever
they stand, so that lists of tags are masked too.  A tag inside free text or a vendor's own data is not recognised.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from msgspec.structs import replace

from gateway.messages import Error, Message

MASKED_FACTS = ("token", "parent_token")


class _Type(Protocol):
    @property
    def request_facts(self) -> Mapping[str, str]: ...
    @property
    def result_facts(self) -> Mapping[str, str]: ...


class Spoken(Protocol):
    """What is read of a dialect."""

    @property
    def name(self) -> str:
        """The dialect's name."""

    @property
    def messages(self) -> Mapping[str, Any]:
        """Its message types, with ``request_facts`` and ``result_facts``: fact → dotted path."""


class TagMask:
    """Call it with a dialect's name and a message."""

    def __init__(self, dialects: Iterable[Spoken]) -> None:
        self._fields = {dialect.name: tag_fields(dialect.messages.values()) for dialect in dialects}

    def __call__(self, dialect: str, message: Message) -> Message:
        """The message with its tags masked."""
        if isinstance(message, Error):
            return replace(message, description="", details={})
        fields = self._fields.get(dialect, frozenset())
        return replace(message, payload=_masked(message.payload, fields))


def tag_fields(types: Iterable[_Type]) -> frozenset[str]:
    """The names of the fields that hold tags, from the paths of the facts."""
    paths = [
        facts[fact]
        for each in types
        for facts in (each.request_facts, each.result_facts)
        for fact in MASKED_FACTS
        if fact in facts
    ]
    return frozenset(str(path).rsplit(".", 1)[-1].split("[", 1)[0] for path in paths)


def _masked(value: Any, fields: frozenset[str]) -> Any:
    if isinstance(value, dict):
        return {
            name: _hidden(one) if name in fields and isinstance(one, str) else _masked(one, fields) for name, one in value.items()
        }
    if isinstance(value, list):
        return [_masked(one, fields) for one in value]
    return value


def _hidden(tag: str) -> str:
    return tag[:2] + "***" if len(tag) > 4 else "***"
