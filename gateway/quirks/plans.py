"""Plans for commands that a station refuses or never answers: other words to try, or an answer of our own.

In: ``behave: {fallbacks: […], silence: {…}}`` of a profile.  Out: `Plan` and `Silence`, which the session follows.
Not here: sending and waiting (`gateway.session.orders`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from gateway.messages import Answer, Payload, Result
from gateway.quirks.clauses import compiled_when
from gateway.quirks.courses import Moment
from gateway.quirks.digits import is_number, plain
from gateway.quirks.operation import When
from gateway.quirks.path import Scene
from gateway.quirks.reading import On, Reading, each_map, fits_dialects
from gateway.quirks.rule import Rule, by_command, check_on, read_changes
from gateway.source import List, Map

MOST = 8


@dataclass(frozen=True)
class Plan:
    """What to try for one command, in order, until the station takes it."""

    action: str
    refused: When
    tries: tuple[tuple[Rule, ...], ...]

    def refuses(self, answer: Answer, asked: Payload, moment: Moment) -> bool:
        """Whether that answer is a reason to try on; every error is."""
        if not isinstance(answer, Result):
            return True
        return self.refused(answer.payload, answer.payload, Scene(answer.payload, asked, moment.now, facts=moment.facts))

    def payload(self, number: int, asked: Payload, moment: Moment) -> Payload | None:
        """The command in the words of the try ``number``; None where there is none."""
        if number >= len(self.tries):
            return None
        for rule in self.tries[number]:
            asked = rule.apply(asked, Scene(asked, None, moment.now, facts=moment.facts))
        return asked


@dataclass(frozen=True)
class Silence:
    """After ``after`` seconds without an answer the command is answered with ``result``; None: it only fails sooner."""

    after: float
    result: Payload | None
    when: When | None = None

    def fits(self, asked: Payload, moment: Moment) -> bool:
        """Whether it is foretold of that command."""
        return self.when is None or self.when(asked, asked, Scene(asked, asked, moment.now, facts=moment.facts))


def read_plans(reading: Reading, at: Map, key: str) -> dict[str, Plan]:
    """The list ``at[key]`` of ``{on: OPERATION, refused: condition, try: [[change, …], …]}``, by operation."""
    made = [_plan(reading, one) for one in each_map(reading, at, key, "{on: OPERATION, refused: condition, try: [[{at: …}], …]}")]
    return {plan.action: plan for plan in made if plan is not None}


def _plan(reading: Reading, at: Map) -> Plan | None:
    reading = replace(reading, way="to")
    if not reading.check.keys(at, "a fallback", ("on", "refused", "try")):
        return None
    on = On("call", str(at["on"]))
    if not check_on(reading, at, "on", on):
        return None
    refused, tries = _refused(reading, at, on), at["try"]
    if not isinstance(tries, List) or not 0 < len(tries) <= MOST:
        reading.check.fault(at, "try", "try is no list", f"one to {MOST} lists of changes, each made to the command as it came")
        return None
    changes = tuple(read_changes(reading, one, at, "try", on) for one in tries)
    return Plan(on.action, refused, changes) if refused is not None else None


def _refused(reading: Reading, at: Map, on: On) -> When | None:
    made = None
    for found in reading.types(on):
        made = compiled_when(
            reading, at, "refused", {"it": found.result, "value": None, "top": found.result, "asked": found.request}
        )
    return made


def read_repeats(reading: Reading, at: Map, key: str) -> dict[str, float]:
    """The mapping ``at[key]`` of ``OPERATION: seconds``: calls of the station."""
    listed, reading = at[key], replace(reading, way="from" if reading.side == "station" else "to")
    fit = [action for action in listed if check_on(reading, listed, action, On("call", action))]
    for action in fit:
        if any(found.answer is not None for found in reading.types(On("call", action))):
            reading.check.fault(listed, action, f"{action} may be part of a transaction, of which nothing is left out")
    return {action: float(listed[action]) for action in fit}


def read_silences(reading: Reading, at: Map, key: str) -> dict[str, Silence]:
    """The mapping ``at[key]`` of ``OPERATION: {after: seconds, result: {…}}``."""
    return by_command(reading, at, key, "OPERATION: {after: seconds, result: {…}}", _silence)


def _silence(reading: Reading, listed: Map, action: str) -> Silence | None:
    at = listed[action]
    if not isinstance(at, Map) or not reading.check.keys(at, f"silence of {action}", ("after",), ("result", "when")):
        return None
    after: Any = at["after"]
    if not is_number(after) or not 0 < after <= 3600:
        reading.check.fault(at, "after", f"after is {after!r}", "seconds")
        return None
    result = plain(at["result"]) if "result" in at else None
    if result is not None:
        fits_dialects(reading, at, "result", "result", action, result)
    asked = reading.types(On("call", action))[0].request
    return Silence(float(after), result, compiled_when(reading, at, "when", {"it": asked, "asked": asked}))
