"""The third verb: named switches that the session reads.

In: the ``behave`` of a profile.  Out: switch → value, compiled where it holds rules.
Not here: what a switch does, and the list of them (`gateway.session.policy`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from gateway.facts import ROLES
from gateway.quirks.arguments import is_count
from gateway.quirks.courses import read_sequences, read_splits
from gateway.quirks.digits import plain
from gateway.quirks.plans import read_plans, read_repeats, read_silences
from gateway.quirks.questions import read_afters, read_everies, read_newest, read_questions
from gateway.quirks.reading import Reading
from gateway.quirks.remembering import read_agains, read_once
from gateway.session.policy import STATION_ALONE, SWITCHES
from gateway.source import List, Map, nearest, one_of


def _seconds(value: Any) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool) and 0 <= value <= 3600


def _seconds_by_role(value: Any) -> bool:
    return isinstance(value, dict) and bool(value) and all(role in ROLES and _seconds(one) for role, one in value.items())


def _roles(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(role in ROLES for role in value)


FEWEST_IDS = 9999
"""What waits to be delivered, or was parked, may be a year old, and no two transactions of a station may then have one id."""
FORMS: Mapping[str, Callable[[Any], bool]] = {
    "seconds": _seconds,
    "{role: seconds}": _seconds_by_role,
    "{OPERATION: seconds}": lambda value: isinstance(value, dict) and bool(value) and all(map(_seconds, value.values())),
    "[role, …]": _roles,
    "true": lambda value: value is True,
    "number": lambda value: is_count(value) and value >= FEWEST_IDS,
    "[{on: OPERATION, refused: condition, try: [[change, …], …]}, …]": lambda value: True,
    "{OPERATION: {after: seconds, result: {…}}}": lambda value: True,
    "[{on: OPERATION, with: {…}}, …]": lambda value: True,
    "[{on: OPERATION, calls: […], answer: […]}, …]": lambda value: True,
    "[{on: OPERATION, at: field, most: count}, …]": lambda value: True,
    "{OPERATION: {same: [field, …], result: {…}}}": lambda value: True,
    "[{heard: OPERATION, when: condition, seconds: n, on: OPERATION, with: {…}}, …]": lambda value: True,
    "[{seconds: n, on: OPERATION, with: {…}, charging: true}, …]": lambda value: True,
    "{OPERATION: {same: [field, …], within: seconds, result: {…}}}": lambda value: True,
    "[{heard: OPERATION, zone: ZONE, seconds: n, on: OPERATION, same: [field, …], result: {…}}, …]": lambda value: True,
}
"""What a switch may hold, by the words with which its meaning begins.  Some have readers of their own (`_READERS`)."""
_READERS: Mapping[str, Callable[[Reading, Map, str], Any]] = {
    "fallbacks": read_plans,
    "silence": read_silences,
    "ask_on_connect": read_questions,
    "drop_repeats": read_repeats,
    "sequences": read_sequences,
    "split": read_splits,
    "newest_only": read_newest,
    "ask_after": read_afters,
    "ask_every": read_everies,
    "repeats": read_once,
    "say_again": read_agains,
}


def form_of(switch: str) -> str:
    """The form of a switch's value, a key of `FORMS`."""
    return next(form for form in FORMS if SWITCHES[switch].startswith(f"{form}: "))


def read_behave(reading: Reading, at: Any, holder: Map) -> dict[str, Any]:
    """The mapping ``at``, which is ``holder["behave"]``."""
    if not isinstance(at, Map) or not at:
        reading.check.fault(holder, "behave", "behave is no mapping", "switch: value lines")
        return {}
    made: dict[str, Any] = {}
    for name, value in at.items():
        if name not in SWITCHES:
            reading.check.unknown(at, name, "switch", SWITCHES)
        elif reading.side == "backend" and name in STATION_ALONE:
            known = one_of(other for other in SWITCHES if other not in STATION_ALONE)
            reading.check.fault(at, name, f"{name} does nothing for a back end", known)
        elif not FORMS[form_of(name)](value):
            odd = [one for one in value if one not in ROLES] if isinstance(value, Map | List) and "role" in form_of(name) else []
            near = nearest(str(odd[0]), ROLES) if odd else ""
            reading.check.fault(at, name, f"{name} does not take {plain(value)!r}", SWITCHES[name], near)
        else:
            made[name] = _READERS[name](reading, at, name) if name in _READERS else plain(value)
    return made
