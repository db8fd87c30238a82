"""Commands that a station takes and forgets, or that it must not hear twice.

In: ``behave: {repeats: {…}, say_again: […]}``.  Out: `Repeat` and `Again`, which the session follows.
Not here: when they go (`gateway.session.remembered`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from gateway.messages import Answer, Call, Payload, Result
from gateway.quirks import times
from gateway.quirks.clauses import compiled_when
from gateway.quirks.courses import Moment
from gateway.quirks.digits import is_number, plain
from gateway.quirks.operation import When
from gateway.quirks.path import Scene, got
from gateway.quirks.questions import Fields, read_fields, read_seconds
from gateway.quirks.reading import On, Reading, each_map, fits_dialects
from gateway.quirks.rule import Rule, by_command, check_on, read_changes
from gateway.source import List, Map

FORM = "{heard: OPERATION or zone: ZONE, seconds: n, on: OPERATION, same: [field, …], result: {…}, …}"


@dataclass(frozen=True)
class Repeat:
    """A command equal in ``fields`` to the last, which was answered with ``result`` within so many seconds, is not sent."""

    fields: Fields
    within: float
    when: When | None
    result: Payload

    def same(self, last: Call, call: Call, moment: Moment) -> bool:
        """Whether the call says what the last one said."""
        equal = all(got(last.payload, names) == got(call.payload, names) for names in self.fields)
        return equal and (self.when is None or self.when(call.payload, None, _scene(call.payload, moment)))


@dataclass(frozen=True)
class Again:
    """Commands that were answered with ``result``, the last of each value of ``fields``, are said again after an event."""

    action: str
    heard: str | None
    zone: str | None
    seconds: float
    fields: Fields
    when: When | None
    result: Payload
    changes: tuple[Rule, ...]
    forget: tuple[str, ...]

    def takes(self, call: Call, answer: Answer, moment: Moment) -> str | None:
        """What tells this command from others of its kind; None where it is not to be said again."""
        if call.action != self.action or not isinstance(answer, Result) or answer.payload != self.result:
            return None
        if self.when is not None and not self.when(call.payload, None, _scene(call.payload, moment)):
            return None
        return repr([got(call.payload, names) for names in self.fields])

    def hears(self, call: Call, moment: Moment) -> bool:
        """Whether it follows that call of the station."""
        return call.action == self.heard

    def offset(self, moment: Moment) -> timedelta | None:
        """What the clocks of its zone are ahead now; None where it follows a call."""
        there = times.zone_of(self.zone) if self.zone is not None else None
        return moment.now.astimezone(there).utcoffset() if there is not None else None

    def made(self, taken: Payload, moment: Moment) -> Call:
        """The command as it is said again, without an id."""
        payload = taken
        for rule in self.changes:
            payload = rule.apply(payload, _scene(payload, moment))
        return Call("", self.action, payload)


def _scene(payload: Payload, moment: Moment) -> Scene:
    return Scene(payload, payload, moment.now, facts=moment.facts)


def read_once(reading: Reading, at: Map, key: str) -> dict[str, Repeat]:
    """The mapping ``at[key]`` of ``OPERATION: {same: [field, …], within: seconds, result: {…}}``."""
    return by_command(reading, at, key, "OPERATION: {same: [field, …], within: seconds, result: {…}}", _repeat)


def _repeat(reading: Reading, listed: Map, action: str) -> Repeat | None:
    at, on = listed[action], On("call", action)
    if not isinstance(at, Map) or not reading.check.keys(at, f"repeats of {action}", ("same", "within", "result"), ("when",)):
        return None
    fields, within, result = read_fields(reading, at, on), at["within"], plain(at["result"])
    fits_dialects(reading, at, "result", "result", action, result)
    if not is_number(within) or not 0 < within <= 86400:
        reading.check.fault(at, "within", f"within is {within!r}", "seconds, up to 86400")
        return None
    asked = reading.types(on)[0].request
    when = compiled_when(reading, at, "when", {"it": asked, "asked": asked})
    return Repeat(fields, float(within), when, result) if fields is not None else None


def read_agains(reading: Reading, at: Map, key: str) -> tuple[Again, ...]:
    """The list ``at[key]`` of what is said again."""
    listed = each_map(reading, at, key, FORM)
    return tuple(found for found in (_again(reading, one) for one in listed) if found is not None)


def _again(reading: Reading, at: Map) -> Again | None:
    keys = ("heard", "zone", "seconds", "when", "change", "forget")
    if not reading.check.keys(at, "what is said again", ("on", "same", "result"), keys):
        return None
    back, on = replace(reading, way="to"), On("call", str(at["on"]))
    if not check_on(back, at, "on", on) or not _event(reading, at):
        return None
    fields, seconds, result = read_fields(back, at, on), read_seconds(reading, at, 0), plain(at["result"])
    fits_dialects(reading, at, "result", "result", on.action, result)
    asked = reading.types(on)[0].request
    when = compiled_when(reading, at, "when", {"it": asked, "asked": asked})
    changes = read_changes(back, at["change"], at, "change", on) if "change" in at else ()
    forget = _commands(back, at)
    if fields is None or seconds is None:
        return None
    heard, zone = (str(at[key]) if key in at else None for key in ("heard", "zone"))
    return Again(on.action, heard, zone, seconds, fields, when, result, changes, forget)


def _event(reading: Reading, at: Map) -> bool:
    """Whether it says when: after a call of the station, or when the clocks of a zone change."""
    if ("heard" in at) == ("zone" in at):
        reading.check.fault(at, None, "when it is said again is not clear", "heard: OPERATION or zone: Europe/Rome")
        return False
    if "zone" in at and not times.is_zone(at["zone"]):
        reading.check.fault(at, "zone", f"zone is {at['zone']!r}", "Europe/Rome or another")
        return False
    return "zone" in at or check_on(replace(reading, way="from"), at, "heard", On("call", str(at["heard"])))


def _commands(reading: Reading, at: Map) -> tuple[str, ...]:
    listed: Any = at.get("forget", List())
    if not isinstance(listed, List) or not all(isinstance(one, str) for one in listed):
        reading.check.fault(at, "forget", "forget is no list", "[OPERATION, …]: commands after which nothing is said again")
        return ()
    return tuple(one for one in listed if check_on(reading, at, "forget", On("call", one)))
