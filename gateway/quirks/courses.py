"""One command that a station needs as several calls: a sequence of calls, or a long list in parts.

In: ``behave: {sequences: […], split: […]}`` of a profile.  Out: `Series` and `Split`, which the session follows.
Not here: sending and waiting (`gateway.session.orders`), other words for a refused command (`gateway.quirks.plans`).

Both are a course: its calls are made one after another, each from the command and the answers so far, and at its end there is
one answer to the command.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol, TypeAlias

from gateway.dialects.shapes import Shape
from gateway.ladder.expressions import Type
from gateway.messages import Answer, Error, Payload, Result
from gateway.quirks import path as paths
from gateway.quirks.clauses import compiled_when
from gateway.quirks.condition import loosened
from gateway.quirks.digits import is_number, plain
from gateway.quirks.operation import When
from gateway.quirks.path import Path, Scene
from gateway.quirks.reading import On, Reading, each_map
from gateway.quirks.rule import Rule, check_on, read_changes
from gateway.source import Map

MOST = 16
"""Calls that one command may become by a sequence."""
Answers: TypeAlias = Sequence[Answer]
Move: TypeAlias = tuple[str, Payload, float]
"""A call to make: its operation, its payload, and seconds to wait before it."""


class Moment(Protocol):
    """When it is, and what may be asked of the station then (``facts.transaction(connector)``)."""

    @property
    def now(self) -> datetime:
        """The gateway's time."""

    @property
    def facts(self) -> Any:
        """Answers ``transaction``."""


@dataclass(frozen=True)
class Step:
    """One call of a sequence.  ``start`` is what it is made of, None for the command as it came."""

    action: str
    start: Payload | None
    changes: tuple[Rule, ...]
    when: When | None
    wait: float


@dataclass(frozen=True)
class Series:
    """Calls in the place of one command.  ``answer`` are the changes that make its answer; None: the last call's is it."""

    action: str
    when: When | None
    steps: tuple[Step, ...]
    answer_of: tuple[Rule, ...] | None

    def fits(self, asked: Payload, moment: Moment) -> bool:
        """Whether that command takes this course."""
        return self.when is None or self.when(asked, asked, _scene(asked, (), moment))

    def call(self, number: int, asked: Payload, answers: Answers, moment: Moment) -> Move | None:
        """The call ``number``; None where the sequence has ended."""
        if number >= len(self.steps):
            return None
        step, scene = self.steps[number], _scene(asked, answers, moment)
        told = bool(answers) and isinstance(answers[-1], Result)
        if step.when is not None and not (told and step.when(asked, asked, scene)):
            return None
        return step.action, _made(asked if step.start is None else step.start, step.changes, scene), step.wait

    def answer(self, asked: Payload, answers: Answers, moment: Moment) -> Answer:
        """What the one who gave the command hears."""
        last = answers[-1]
        if self.answer_of is None or isinstance(last, Error):
            return last
        return Result("", self.action, _made({}, self.answer_of, _scene(asked, answers, moment)))


@dataclass(frozen=True)
class Split:
    """A command with a longer list than the station takes becomes several with a part of it each."""

    action: str
    at: Path
    most: int
    when: When | None
    refused: When | None
    then: tuple[Rule, ...]

    def fits(self, asked: Payload, moment: Moment) -> bool:
        """Whether its list is longer."""
        longer = len(self._items(asked)) > self.most
        return longer and (self.when is None or self.when(asked, asked, _scene(asked, (), moment)))

    def _items(self, asked: Payload) -> list[Any]:
        found = paths.got(asked, self.at.names)
        return found.split(",") if isinstance(found, str) else found if isinstance(found, list) else []

    def call(self, number: int, asked: Payload, answers: Answers, moment: Moment) -> Move | None:
        """The call with the part ``number``; None after the last, and after one that was refused."""
        part = self._items(asked)[number * self.most : (number + 1) * self.most]
        if not part or (answers and self._refuses(answers[-1], asked, moment)):
            return None

        def put(holder: dict[str, Any], name: str, scene: Scene) -> dict[str, Any]:
            return {**holder, name: ",".join(part) if isinstance(holder[name], str) else part}

        scene = _scene(asked, answers, moment)
        made = paths.rewrite(asked, self.at.steps, put, scene)
        return self.action, _made(made, self.then if number else (), scene), 0.0

    def _refuses(self, answer: Answer, asked: Payload, moment: Moment) -> bool:
        if isinstance(answer, Error):
            return True
        return self.refused is not None and self.refused(
            answer.payload, answer.payload, _scene(asked, (), moment).of(answer.payload)
        )

    def answer(self, asked: Payload, answers: Answers, moment: Moment) -> Answer:
        """The refusal, if there was one; else the results with their lists joined."""
        made: dict[str, Any] = {}
        for one in answers:
            if isinstance(one, Error) or self._refuses(one, asked, moment):
                return one
            for name, value in one.payload.items():
                before = made.get(name)
                made[name] = [*before, *value] if isinstance(before, list) and isinstance(value, list) else value
        return Result("", self.action, made)


def _scene(asked: Payload, answers: Answers, moment: Moment) -> Scene:
    last = answers[-1] if answers else None
    return Scene(asked, asked, moment.now, last.payload if isinstance(last, Result) else None, facts=moment.facts)


def _made(payload: Payload, changes: tuple[Rule, ...], scene: Scene) -> Payload:
    for rule in changes:
        payload = rule.apply(payload, scene.of(payload))
    return payload


# -- reading ---------------------------------------------------------------------------------------------------------

SEQUENCE = "{on: OPERATION, calls: [{call: OPERATION, with: {…}, change: [{at: …}, …]}, …], answer: [{at: …}, …]}"


def read_sequences(reading: Reading, at: Map, key: str) -> dict[str, tuple[Series, ...]]:
    """The list ``at[key]`` of `SEQUENCE`, by the operation of the command."""
    reading = replace(reading, way="to")
    return _by_action([_sequence(reading, one) for one in each_map(reading, at, key, SEQUENCE)])


def _by_action(made: list[Any]) -> dict[str, tuple[Any, ...]]:
    found: dict[str, tuple[Any, ...]] = {}
    for one in made:
        if one is not None:
            found[one.action] = (*found.get(one.action, ()), one)
    return found


def _sequence(reading: Reading, at: Map) -> Series | None:
    if not reading.check.keys(at, "a sequence", ("on", "calls"), ("when", "answer")):
        return None
    on, before = On("call", str(at["on"])), len(reading.check.faults)
    if not check_on(reading, at, "on", on):
        return None
    asked = _request(reading, on)
    reading = replace(reading, beside={"asked": asked})
    when = compiled_when(reading, at, "when", {"asked": asked})
    steps = _steps(reading, at, on, asked)
    ends = {one.action for number, one in enumerate(steps) if number + 1 == len(steps) or steps[number + 1].when is not None}
    beside = {"asked": asked, "last": _any_of(reading, sorted(ends))}
    answer = _answer(replace(reading, way="from", beside=beside), at, on)
    if len(reading.check.faults) > before:
        return None
    if answer is None and ends != {on.action}:
        what = f"the sequence may end with the answer to another call than {on.action}"
        reading.check.fault(at, "calls", what, "answer: [{at: status, set: Accepted}, …], changes made to an empty result")
    return Series(on.action, when, tuple(steps), answer)


def _answer(reading: Reading, at: Map, on: On) -> tuple[Rule, ...] | None:
    return read_changes(reading, at["answer"], at, "answer", On("result", on.action)) if "answer" in at else None


def _request(reading: Reading, on: On) -> Shape:
    return reading.types(on)[0].request


def _result(reading: Reading, action: str) -> Type:
    found = reading.types(On("call", action))
    return found[0].result if found else None


def _any_of(reading: Reading, actions: Sequence[str]) -> Type:
    """The result of one of these operations; of several, with the fields of all and with any words."""
    found = [one for action in actions if isinstance(one := _result(reading, action), Shape)]
    if len(found) < 2:
        return found[0] if found else None
    return Shape("the last result", {name: field for one in found for name, field in loosened(one).fields.items()})


def _steps(reading: Reading, at: Map, on: On, asked: Shape) -> list[Step]:
    listed = each_map(reading, at, "calls", "{call: OPERATION, with: {…}, change: [{at: …}, …], when: condition, wait: seconds}")
    if len(listed) > MOST:
        reading.check.fault(at, "calls", f"{len(listed)} calls", f"up to {MOST}")
    made: list[Step] = []
    for one in listed:
        last = _result(reading, made[-1].action) if made else None
        step = _step(replace(reading, beside={"asked": asked, "last": last}), one, on, first=not made)
        made += [step] if step is not None else []
    return made


def _step(reading: Reading, at: Map, on: On, first: bool) -> Step | None:
    if not reading.check.keys(at, "a call", ("call",), ("with", "change", "when", "wait")):
        return None
    kind, wait = On("call", str(at["call"])), at.get("wait", 0)
    if not check_on(reading, at, "call", kind):
        return None
    if first and "when" in at:
        reading.check.fault(at, "when", "there is no answer before the first call", "when of the sequence, over asked")
        return None
    if not is_number(wait) or not 0 <= wait <= 3600:
        reading.check.fault(at, "wait", f"wait is {wait!r}", "seconds")
        return None
    if "with" in at and not isinstance(at["with"], Map):
        reading.check.fault(at, "with", "with is no mapping", "the fields of the call")
        return None
    own = kind == on and "with" not in at
    changes = read_changes(reading, at["change"], at, "change", kind) if "change" in at else ()
    start = None if own else plain(at.get("with", {}))
    return Step(kind.action, start, changes, compiled_when(reading, at, "when", reading.beside), float(wait))


def read_splits(reading: Reading, at: Map, key: str) -> dict[str, tuple[Split, ...]]:
    """The list ``at[key]`` of ``{on: OPERATION, at: path, most: count}``, by operation."""
    reading = replace(reading, way="to")
    return _by_action([_split(reading, one) for one in each_map(reading, at, key, "{on: OPERATION, at: field, most: count}")])


def _split(reading: Reading, at: Map) -> Split | None:
    if not reading.check.keys(at, "a split", ("on", "at", "most"), ("when", "refused", "then")):
        return None
    on, before = On("call", str(at["on"])), len(reading.check.faults)
    if not check_on(reading, at, "on", on):
        return None
    asked, most = _request(reading, on), at["most"]
    path = _list_at(reading, at, asked)
    if not isinstance(most, int) or isinstance(most, bool) or most < 1:
        reading.check.fault(at, "most", f"most is {most!r}", "how many items go into one call")
    when = compiled_when(reading, at, "when", {"asked": asked})
    refused = compiled_when(reading, at, "refused", {"it": _result(reading, on.action), "asked": asked})
    then = read_changes(replace(reading, beside={"asked": asked}), at["then"], at, "then", on) if "then" in at else ()
    return Split(on.action, path, most, when, refused, then) if path and len(reading.check.faults) == before else None


def _list_at(reading: Reading, at: Map, asked: Shape) -> Path | None:
    try:
        path = paths.parse(str(at["at"]))
        field = paths.find(asked, path)
    except ValueError as error:
        reading.check.fault(at, "at", str(error))
        return None
    if any(each for _, each in path.steps) or not (field.many or getattr(field.type, "kind", "") == "string"):
        reading.check.fault(at, "at", f"{path} is neither a list nor a text of parts", "a field that is one, without []")
        return None
    return path
