"""Holds a profile to its own samples.

In: ``{repair: call MeterValues, before: …, after: …}``.  Out: faults where the profile does not do what it shows.
Not here: the rules themselves.

The laws: a sample's ``before`` becomes its ``after``; every rule changes something in some sample; mending twice is
mending once; what was mended passes the strict decode of each dialect that the profile names; an adjusted sample is valid
before and after.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from gateway.dialects.errors import PeerError
from gateway.quirks.operation import OPERATIONS, plain
from gateway.quirks.repair import Repair
from gateway.quirks.rule import On, Reading, Rule, check_on, read_on
from gateway.quirks.text import TextRule
from gateway.source import List, Map


@dataclass(frozen=True, slots=True)
class Sample:
    """``verb`` is ``repair`` or ``adjust``; ``on`` is None for a text."""

    verb: str
    on: On | None
    before: Any
    after: Any
    source: Map = field(compare=False, repr=False)


def read_samples(reading: Reading, at: Map) -> tuple[Sample, ...]:
    """The list at ``at["samples"]``."""
    listed = at["samples"]
    if not isinstance(listed, List) or not all(isinstance(one, Map) for one in listed):
        reading.check.fault(at, "samples", "samples is no list of mappings", "- {repair: text | call …, before: …, after: …}")
        return ()
    made = [_read(reading, one) for one in listed]
    return tuple(one for one in made if one is not None)


def _read(reading: Reading, at: Map) -> Sample | None:
    verbs = [verb for verb in ("repair", "adjust") if verb in at]
    if not reading.check.keys(at, "a sample", ("before", "after"), ("repair", "adjust")):
        return None
    if len(verbs) != 1:
        reading.check.fault(at, None, "a sample shows one verb", "repair: text, repair: call OPERATION or adjust: call OPERATION")
        return None
    verb = verbs[0]
    if verb == "repair" and at[verb] == "text":
        return Sample(verb, None, at["before"], at["after"], at)
    on = read_on(reading.check, at, verb)
    way = replace(reading, way="from" if verb == "repair" else "to")
    if on is None or not check_on(way, at, verb, on):
        return None
    return Sample(verb, on, plain(at["before"]), plain(at["after"]), at)


def check_samples(reading: Reading, at: Map, repair: Repair, adjust: Sequence[Rule], samples: Sequence[Sample]) -> None:
    """Check all laws for one profile whose parts were read without a fault."""
    used: set[int] = set()
    for sample in samples:
        if sample.on is None:
            _check_text(reading, sample, repair.text, used)
        else:
            _check_payload(reading, sample, sample.on, repair.payload if sample.verb == "repair" else adjust, used)
    rules: list[TextRule | Rule] = [*repair.text, *repair.payload, *adjust]
    for rule in rules:
        if id(rule) not in used:
            name, where = (rule.name, at) if isinstance(rule, TextRule) else (f"{rule.operation} at {rule.path}", rule.source)
            reading.check.fault(where, None, f"no sample shows {name}", "a sample in which it changes something")


def _check_text(reading: Reading, sample: Sample, rules: Sequence[TextRule], used: set[int]) -> None:
    once = _run_text(str(sample.before), rules, used)
    if once != sample.after:
        reading.check.fault(sample.source, "after", f"the sample becomes {once!r}", repr(sample.after))
    elif _run_text(once, rules, set()) != once:
        reading.check.fault(sample.source, "before", "repairing this twice is not the same as once")


def _run_text(text: str, rules: Sequence[TextRule], used: set[int]) -> str:
    for rule in rules:
        mended = rule.change(text)
        if mended != text:
            used.add(id(rule))
        text = mended
    return text


def _check_payload(reading: Reading, sample: Sample, on: On, rules: Sequence[Rule], used: set[int]) -> None:
    rules = [rule for rule in rules if on in rule.on]
    once = run(sample.before, rules, used)
    if once != sample.after:
        reading.check.fault(sample.source, "after", f"the sample becomes {once!r}", repr(sample.after))
        return
    repeatable = all(OPERATIONS[rule.operation].repeatable for rule in rules)
    if repeatable and run(once, rules, set()) != once:
        reading.check.fault(sample.source, "before", "doing this twice is not the same as once")
    if reading.named:
        _check_valid(reading, sample, on, "after")
        if sample.verb == "adjust":
            _check_valid(reading, sample, on, "before")


def run(payload: Any, rules: Sequence[Rule], used: set[int]) -> Any:
    """The payload after ``rules``; those that changed something are noted in ``used`` by identity."""
    for rule in rules:
        changed = rule.apply(payload)
        if changed is not payload:
            used.add(id(rule))
        payload = changed
    return payload


def _check_valid(reading: Reading, sample: Sample, on: On, key: str) -> None:
    for name, dialect in reading.dialects.items():
        try:
            dialect.check(on.kind, on.action, sample.before if key == "before" else sample.after)
        except PeerError as error:
            reading.check.fault(sample.source, key, f"not valid in {name}: {error}")
