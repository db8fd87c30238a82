"""A ``device:`` section as it was read: every expression checked, every name looked up.

In: nothing.  Out: frozen values.
Not here: reading (`gateway.devices.load`), doing (`gateway.devices.device`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from gateway.devices.expressions import Value, constant
from gateway.devices.places import Addressing

WITHIN = constant(10)
Fields: TypeAlias = Mapping[str, Value]
"""Field → what stands there.  A value of None leaves the field out."""


@dataclass(frozen=True)
class Variable:
    """Something to remember; ``kind`` as in `gateway.dialects.shapes.KINDS`.  ``keep``: over restarts too."""

    name: str
    kind: str
    start: Any = None
    keep: bool = False


@dataclass(frozen=True)
class Message:
    """A record to send, or a message to tell: its name and its fields."""

    name: str
    fields: Fields


@dataclass(frozen=True)
class Step:
    """One step of a procedure; ``kind`` says which, and which of the rest has a meaning.

    ``ask`` (message; condition, within, retries, fields), ``send`` (message), ``set`` (fields), ``wait`` (within),
    ``until`` (condition, within), ``if`` (condition, steps, other), ``fail`` (word), ``run`` (word),
    ``each`` (value, steps), ``tell`` (message).
    """

    kind: str
    message: Message | None = None
    condition: Value | None = None
    fields: Fields = field(default_factory=dict)
    within: Value | None = None
    retries: int | None = None
    word: str = ""
    value: Value | None = None
    steps: tuple[Step, ...] = ()
    other: tuple[Step, ...] = ()


@dataclass(frozen=True)
class Rule:
    """What follows from a record, or from ``each`` item of a list in it.

    ``call`` is ``@`` and a role, with ``fields`` by facts; or the name of a message, with its own fields.
    """

    each: Value | None = None
    connector: Value | None = None
    when: Value | None = None
    set: Fields = field(default_factory=dict)
    call: str = ""
    fields: Fields = field(default_factory=dict)
    answer: Message | None = None
    run: str = ""


@dataclass(frozen=True)
class Poll:
    """Something to ask again and again.  ``every``: seconds by state, ``""`` for any other."""

    message: Message
    every: Mapping[str, Value]
    when: Value | None = None
    each: bool = False
    answered: bool = True


@dataclass(frozen=True)
class Session:
    """How the gateway tells a session from what it sees.  ``energy`` is a register in Wh.

    ``native``: the station says itself when one begins and ends.  ``within``: seconds that a begin and an end wait for the meter.
    """

    energy: Value | None = None
    wraps: int | None = None
    token: Value | None = None
    id: Value | None = None
    native: bool = False
    within: Value = WITHIN


@dataclass(frozen=True)
class Limit:
    """How a limit is set: ``do`` is run with ``amps``.  ``least``: less is a pause; ``step``: what may be set."""

    do: str
    least: Value
    most: Value
    phases: Value
    step: Any = 1
    voltage: int = 230
    pause: bool = True
    repeat: float = 0


@dataclass(frozen=True)
class Command:
    """How a command of the back end is done: a procedure (perhaps none), and the result where it came to its end."""

    do: str
    then: Fields


@dataclass(frozen=True)
class Key:
    """A configuration key: what it says, and where a new value goes (a variable or a procedure)."""

    name: str
    value: Value
    set: str = ""
    do: str = ""


@dataclass(frozen=True)
class Sample:
    """One value of a reading, with its labels as the dialect has them."""

    value: Value
    labels: Mapping[str, str]


@dataclass(frozen=True)
class DeviceRules:
    """All of it."""

    addressing: Addressing = field(default_factory=Addressing)
    options: Mapping[str, Variable] = field(default_factory=dict)
    station: Mapping[str, Variable] = field(default_factory=dict)
    connector: Mapping[str, Variable] = field(default_factory=dict)
    connectors: Value | None = None
    boot: Fields = field(default_factory=dict)
    up: str = ""
    records: Mapping[str, tuple[Rule, ...]] = field(default_factory=dict)
    lost: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    polls: tuple[Poll, ...] = ()
    states: Mapping[str, Value] = field(default_factory=dict)
    hold: Mapping[str, float] = field(default_factory=dict)
    errors: Mapping[str, Value] = field(default_factory=dict)
    about: Fields = field(default_factory=dict)
    session: Session | None = None
    readings: tuple[Sample, ...] = ()
    limit: Limit | None = None
    keys: Mapping[str, Key] = field(default_factory=dict)
    commands: Mapping[str, Command] = field(default_factory=dict)
    procedures: Mapping[str, tuple[Step, ...]] = field(default_factory=dict)

    def can(self, action: str, role: str | None) -> bool:
        """Whether a command leads to more than a refusal."""
        if role in ("limit", "clear_limit", "composite"):
            return self.limit is not None
        if role in ("get_keys", "set_key"):
            return bool(self.keys)
        return role == "trigger" or action in self.commands
