"""Commands of our own that a profile wants, and commands of the back end that need not be sent.

In: ``behave: {ask_on_connect: […], ask_after: […], ask_every: […], newest_only: {…}}``.  Out: what the session follows.
Not here: when they go (`gateway.session.questions`, `gateway.session.orders`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from gateway.messages import Call, Payload
from gateway.quirks.clauses import compiled_when
from gateway.quirks.courses import Moment
from gateway.quirks.digits import is_number, plain
from gateway.quirks.operation import When
from gateway.quirks.path import Scene, got, lacks
from gateway.quirks.reading import On, Reading, each_map, fits_dialects
from gateway.quirks.rule import Rule, by_command, check_on, read_changes
from gateway.source import List, Map

LONGEST = 86400
Fields: TypeAlias = tuple[tuple[str, ...], ...]
"""Fields of a command, each by its names."""


@dataclass(frozen=True)
class After:
    """A command that follows a call of the station, ``seconds`` after it."""

    heard: str
    when: When | None
    seconds: float
    command: tuple[str, Payload]
    changes: tuple[Rule, ...]

    def fits(self, heard: Payload, moment: Moment) -> bool:
        """Whether it follows that call."""
        return self.when is None or self.when(heard, heard, Scene(heard, heard, moment.now, facts=moment.facts))

    def call(self, heard: Payload, moment: Moment) -> tuple[str, Payload]:
        """The command after that call."""
        action, payload = self.command
        for rule in self.changes:
            payload = rule.apply(payload, Scene(payload, heard, moment.now, facts=moment.facts))
        return action, payload


@dataclass(frozen=True)
class Every:
    """A command that is asked every so many ``seconds``; ``charging``: while a transaction runs."""

    seconds: float
    call: tuple[str, Payload]
    charging: bool


@dataclass(frozen=True)
class Newest:
    """Of commands that are equal in ``fields`` only the newest is sent; an older one that still waits gets ``result``."""

    fields: Fields
    result: Payload

    def same(self, one: Call, other: Call) -> bool:
        """Whether they are of one kind."""
        return one.action == other.action and all(got(one.payload, f) == got(other.payload, f) for f in self.fields)


def read_questions(reading: Reading, at: Map, key: str) -> list[tuple[str, Payload]]:
    """The list ``at[key]`` of ``{on: OPERATION, with: {…}}``: commands, each with its payload."""
    reading, listed = replace(reading, way="to"), each_map(reading, at, key, "{on: OPERATION, with: {…}}")
    fit = [one for one in listed if reading.check.keys(one, "a command", ("on",), ("with",))]
    return [found for found in (_question(reading, one) for one in fit) if found is not None]


def _question(reading: Reading, at: Map, whole: bool = True) -> tuple[str, Payload] | None:
    """The command ``{on: OPERATION, with: {…}}``; ``whole``: valid as it stands."""
    if not check_on(reading, at, "on", On("call", str(at["on"]))):
        return None
    payload = plain(at.get("with", {}))
    if whole:
        fits_dialects(reading, at, "with", "call", str(at["on"]), payload)
    return str(at["on"]), payload


def read_afters(reading: Reading, at: Map, key: str) -> dict[str, tuple[After, ...]]:
    """The list ``at[key]`` of ``{heard: OPERATION, on: OPERATION, with: {…}}``, by what is heard."""
    listed = each_map(reading, at, key, "{heard: OPERATION, when: condition, seconds: n, on: OPERATION, with: {…}}")
    made = [found for found in (_after(reading, one) for one in listed) if found is not None]
    return {heard: tuple(one for one in made if one.heard == heard) for heard in {one.heard: None for one in made}}


def _after(reading: Reading, at: Map) -> After | None:
    if not reading.check.keys(at, "a command", ("heard", "on"), ("when", "seconds", "with", "change")):
        return None
    heard, back = On("call", str(at["heard"])), replace(reading, way="to")
    if not check_on(replace(reading, way="from"), at, "heard", heard):
        return None
    command, seconds = _question(back, at, whole="change" not in at), read_seconds(reading, at, 0)
    names = {"it": reading.types(heard)[0].request}
    when = compiled_when(reading, at, "when", names)
    if command is None or seconds is None:
        return None
    beside = replace(back, beside={"asked": names["it"]})
    changes = read_changes(beside, at["change"], at, "change", On("call", command[0])) if "change" in at else ()
    return After(heard.action, when, seconds, command, changes)


def read_seconds(reading: Reading, at: Map, usual: float | None) -> float | None:
    """The number at ``at["seconds"]``, ``usual`` where there is none; a fault where that is None too."""
    given: Any = at.get("seconds", usual)
    if not is_number(given) or not (0 if usual is not None else 1) <= given <= LONGEST:
        reading.check.fault(at, "seconds", f"seconds is {given!r}", f"a number of seconds up to {LONGEST}")
        return None
    return float(given)


def read_everies(reading: Reading, at: Map, key: str) -> tuple[Every, ...]:
    """The list ``at[key]`` of ``{seconds: n, on: OPERATION, with: {…}, charging: true}``."""
    listed = each_map(reading, at, key, "{seconds: n, on: OPERATION, with: {…}, charging: true}")
    return tuple(found for found in (_every(replace(reading, way="to"), one) for one in listed) if found is not None)


def _every(reading: Reading, at: Map) -> Every | None:
    if not reading.check.keys(at, "a command", ("seconds", "on"), ("with", "charging")):
        return None
    command, seconds = _question(reading, at), read_seconds(reading, at, None)
    if at.get("charging", True) is not True:
        reading.check.fault(at, "charging", f"charging is {at['charging']!r}", "true, or left out")
    return Every(seconds, command, "charging" in at) if command is not None and seconds is not None else None


def read_newest(reading: Reading, at: Map, key: str) -> dict[str, Newest]:
    """The mapping ``at[key]`` of ``OPERATION: {same: [field, …], result: {…}}``."""
    return by_command(reading, at, key, "OPERATION: {same: [field, …], result: {…}}", _newest)


def _newest(reading: Reading, listed: Map, action: str) -> Newest | None:
    at, on = listed[action], On("call", action)
    if not isinstance(at, Map) or not reading.check.keys(at, f"newest_only of {action}", ("result",), ("same",)):
        return None
    fields = read_fields(reading, at, on)
    if fields is None:
        return None
    result = plain(at["result"])
    fits_dialects(reading, at, "result", "result", action, result)
    return Newest(fields, result)


def read_fields(reading: Reading, at: Map, on: On) -> Fields | None:
    """The list ``at["same"]`` of fields of a command, through no list; none where it is left out."""
    fields = at.get("same", List())
    if not isinstance(fields, List) or not all(isinstance(one, str) for one in fields):
        reading.check.fault(at, "same", "same is no list", "fields that must be equal, names joined by dots")
        return None
    for number, one in enumerate(fields):
        trouble = lacks(reading.types(on)[0].request, one)
        if trouble:
            reading.check.fault(fields, number, trouble)
    return tuple(tuple(one.split(".")) for one in fields)
