"""Holds a profile to its own samples.

In: ``{repair: call MeterValues, before: …, after: …}``.  Out: faults where the profile does not do what it shows.
Not here: the rules themselves; playing a ``dialogue`` (`gateway.rehearsal`).

The laws: a sample's ``before`` becomes its ``after`` (or is answered with ``answer``); every rule changes something in some
sample; mending twice is mending once; what was mended passes the strict decode of each dialect that the profile names; an
adjusted sample is valid before and after; what is legal as it stands is changed only deliberately.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from gateway.dialects.errors import PeerError
from gateway.quirks.adjust import Adjust
from gateway.quirks.condition import QUESTIONS, Given
from gateway.quirks.cures import NO_SCENE
from gateway.quirks.digits import plain
from gateway.quirks.operation import OPERATIONS
from gateway.quirks.path import Scene, words_of
from gateway.quirks.reading import On, Reading
from gateway.quirks.repair import Repair
from gateway.quirks.rule import Rule, check_on, read_on
from gateway.quirks.text import TextRule
from gateway.quirks.times import read_time
from gateway.source import List, Map, nearest, one_of

NOTHING = object()
SHOWN = ("repair", "adjust", "dialogue")
BESIDE = ("answer", "after", "asked", "now", "skew", "facts")


@dataclass(frozen=True, slots=True)
class Sample:
    """``verb`` is one of `SHOWN`; ``on`` is None for a text and a dialogue, whose steps are ``before``.

    ``answer`` is the result with which the message ends here, or `NOTHING`.
    """

    verb: str
    on: On | None
    before: Any
    after: Any
    source: Map = field(compare=False, repr=False)
    scene: Scene = NO_SCENE
    answer: Any = NOTHING


def read_samples(reading: Reading, at: Map) -> tuple[Sample, ...]:
    """The list at ``at["samples"]``."""
    listed = at["samples"]
    if not isinstance(listed, List) or not all(isinstance(one, Map) for one in listed):
        reading.check.fault(at, "samples", "samples is no list of mappings", "- {repair: text | call …, before: …, after: …}")
        return ()
    made = [_read(reading, one) for one in listed]
    return tuple(one for one in made if one is not None)


def _read(reading: Reading, at: Map) -> Sample | None:
    verbs = [verb for verb in SHOWN if verb in at]
    if verbs == ["dialogue"]:
        return _dialogue(reading, at)
    needed = ("before", *([] if "answer" in at else ["after"]))
    if not reading.check.keys(at, "a sample", needed, ("repair", "adjust", *BESIDE)):
        return None
    if len(verbs) != 1:
        reading.check.fault(at, None, "a sample shows one verb", "repair: text | call …, adjust: text | call … or dialogue: […]")
        return None
    verb = verbs[0]
    if at[verb] == "text":
        return Sample(verb, None, at["before"], at.get("after"), at, Scene(None, _open(reading, at)))
    on = read_on(reading.check, at, verb)
    way = replace(reading, way="from" if verb == "repair" else "to")
    if on is None or not check_on(way, at, verb, on):
        return None
    answer = plain(at["answer"]) if "answer" in at else NOTHING
    return Sample(verb, on, plain(at["before"]), plain(at.get("after")), at, _scene(reading, at), answer)


def _open(reading: Reading, at: Map) -> tuple[str, ...]:
    """The ids of the calls that wait for an answer."""
    asked = at.get("asked", List())
    if not isinstance(asked, List) or not all(isinstance(one, str) for one in asked):
        reading.check.fault(at, "asked", "asked is no list", "message ids of the calls that wait for an answer, the latest last")
        return ()
    return tuple(asked)


def _dialogue(reading: Reading, at: Map) -> Sample | None:
    steps = at["dialogue"]
    if not reading.check.keys(at, "a sample", ("dialogue",), ("now",)):
        return None
    if not isinstance(steps, List) or not steps or not all(isinstance(one, Map) and one for one in steps):
        reading.check.fault(at, "dialogue", "a dialogue is no list of steps", "- {station says: call …, with: {…}}")
        return None
    return Sample("dialogue", None, steps, None, at, _scene(reading, at) if "now" in at else NO_SCENE)


def _scene(reading: Reading, at: Map) -> Scene:
    read = read_time(at["now"]) if "now" in at else None
    if "now" in at and read is None:
        reading.check.fault(at, "now", f"now is {at['now']!r}", "a time, in quotes")
    skew = at.get("skew")
    if skew is not None and (not isinstance(skew, int) or isinstance(skew, bool)):
        reading.check.fault(at, "skew", f"skew is {skew!r}", "seconds that the station's clock is ahead, or a negative number")
        skew = None
    now = read[0] if read else NO_SCENE.now
    facts = Given(_facts(reading, at))
    return Scene(None, plain(at.get("asked")), now, skew=None if skew is None else timedelta(seconds=skew), facts=facts)


def _facts(reading: Reading, at: Map) -> dict[str, dict[str, Any]]:
    """The answers of a sample to the questions of its profile, by question and connector."""
    listed = at.get("facts", Map())
    form = "facts: {running: {1: true}}, a value for each connector"
    if not isinstance(listed, Map):
        reading.check.fault(at, "facts", "facts is no mapping", form)
        return {}
    for name, by_connector in listed.items():
        if name not in QUESTIONS:
            reading.check.unknown(listed, name, "question of facts", QUESTIONS)
        elif not isinstance(by_connector, Map):
            reading.check.fault(listed, name, f"{name} is no mapping", form)
    return {name: plain(one) for name, one in listed.items() if isinstance(one, Map)}


def check_samples(reading: Reading, at: Map, repair: Repair, adjust: Adjust, samples: Sequence[Sample]) -> None:
    """Check all laws for one profile whose parts were read without a fault."""
    used: set[int] = set()
    for sample in samples:
        if sample.verb == "dialogue":
            continue
        if sample.on is None:
            _check_text(reading, sample, repair.text if sample.verb == "repair" else adjust.text, used)
        else:
            _check_payload(reading, sample, sample.on, repair.payload if sample.verb == "repair" else adjust.payload, used)
    rules: list[TextRule | Rule] = [*repair.text, *repair.payload, *adjust.payload, *adjust.text]
    for rule in rules:
        if id(rule) not in used:
            name, where = (rule.name, at) if isinstance(rule, TextRule) else (_called(rule), rule.source)
            reading.check.fault(where, None, f"no sample shows {name}", "a sample in which it changes something")


def _called(rule: Rule) -> str:
    return f"{rule.operation} at {rule.path}" if rule.path.steps else rule.operation


def _check_text(reading: Reading, sample: Sample, rules: Sequence[TextRule], used: set[int]) -> None:
    once = _run_text(str(sample.before), rules, used, sample.scene.asked)
    if once != sample.after:
        reading.check.fault(sample.source, "after", f"the sample becomes {once!r}", repr(sample.after))
    elif sample.verb == "repair" and _run_text(once, rules, set(), sample.scene.asked) != once:
        reading.check.fault(sample.source, "before", "repairing this twice is not the same as once")


def _run_text(text: str, rules: Sequence[TextRule], used: set[int], open: Sequence[str]) -> str:
    for rule in rules:
        mended = rule.apply(text, open)
        if mended != text:
            used.add(id(rule))
        text = mended
    return text


def _check_payload(reading: Reading, sample: Sample, on: On, rules: Sequence[Rule], used: set[int]) -> None:
    rules = [rule for rule in rules if on in rule.on]
    once, answer = run(sample.before, rules, used, sample.scene)
    if answer is not sample.answer and answer != sample.answer:
        said = "is not answered here" if answer is NOTHING else f"is answered here with {answer!r}"
        reading.check.fault(sample.source, "answer", f"the sample {said}", "answer: RESULT where it is")
        return
    if answer is NOTHING and once != sample.after:
        reading.check.fault(sample.source, "after", f"the sample becomes {once!r}", repr(sample.after))
        return
    repeatable = sample.verb == "repair" and all(OPERATIONS[rule.operation].repeatable for rule in rules)
    if answer is NOTHING and repeatable and run(once, rules, set(), sample.scene)[0] != once:
        reading.check.fault(sample.source, "before", "doing this twice is not the same as once")
    if on.kind == "error":
        _check_error(reading, sample, on)
    elif reading.named:
        _check_against_dialects(reading, sample, on, answer is NOTHING)


def _check_error(reading: Reading, sample: Sample, on: On) -> None:
    """What is mended has a code that is one; what is adjusted had one of those that we write."""
    coming = sample.verb == "repair"
    key, shown = ("after", sample.after) if coming else ("before", sample.before)
    if sample.answer is not NOTHING and coming:
        return
    code = shown.get("code") if isinstance(shown, dict) else None
    for dialect in replace(reading, way="from" if coming else "to").shapes(on):
        words = words_of(dialect.fields["code"]) or ()
        if code not in words:
            reading.check.fault(sample.source, key, f"{code!r} is no error code", one_of(words), nearest(str(code), words))
            return


def _check_against_dialects(reading: Reading, sample: Sample, on: On, goes_on: bool) -> None:
    if goes_on and not (reading.beyond and sample.verb == "adjust"):
        _check_valid(reading, sample, on, "after")
    if sample.verb == "adjust":
        _check_valid(reading, sample, on, "before")
    changed = not goes_on or sample.before != sample.after
    if changed and not reading.deliberate and all(_legal(d, on, sample.before) for d in reading.dialects.values()):
        what = "before is a legal message; a profile that changes it says deliberate: true, and why"
        reading.check.fault(sample.source, "before", what)


def _legal(dialect: Any, on: On, payload: Any) -> bool:
    """Whether the standard allows the message just as it stands (a reader forgives more than that)."""
    try:
        return bool(dialect.check(on.kind, on.action, payload) == payload)
    except PeerError:
        return False


def run(payload: Any, rules: Sequence[Rule], used: set[int], scene: Scene) -> tuple[Any, Any]:
    """The payload after ``rules``, and the answer that ended it, or `NOTHING`; what did something is noted in ``used``."""
    for rule in rules:
        here = scene.of(payload)
        if rule.answers(payload, here):
            used.add(id(rule))
            return payload, rule.answer
        changed = rule.apply(payload, here)
        if changed is not payload:
            used.add(id(rule))
        payload = changed
    return payload, NOTHING


def _check_valid(reading: Reading, sample: Sample, on: On, key: str) -> None:
    for name, dialect in reading.dialects.items():
        try:
            dialect.check(on.kind, on.action, sample.before if key == "before" else sample.after)
        except PeerError as error:
            reading.check.fault(sample.source, key, f"not valid in {name}: {error}")
