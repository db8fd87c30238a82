"""Reads the procedures of a ``device:`` section: ordered steps, each of one kind, without loops.

In: lists of a dialect file.  Out: `Step`s; faults for what no step is.
Not here: who runs them and when (`gateway.devices.procedures`).
"""

from __future__ import annotations

from collections.abc import Mapping

from gateway.devices.names import joined, shape_of
from gateway.devices.reading import Reader
from gateway.devices.rules import Step
from gateway.ladder.expressions import Type
from gateway.source import List, Map, nearest

KINDS: dict[str, tuple[str, ...]] = {
    "ask": ("expect", "within", "retries", "set"),
    "send": (),
    "set": (),
    "wait": (),
    "until": ("within",),
    "if": ("then", "else"),
    "fail": (),
    "run": (),
    "each": ("do",),
    "tell": (),
}
"""The kinds of steps, with what else each may have."""

MOST_WAIT = 300


class Steps:
    """The procedures of one section; ``names`` are the local names that each may use."""

    def __init__(self, reader: Reader, procedures: Map, names: Mapping[str, Mapping[str, Type]]) -> None:
        self.reader, self.procedures, self.names = reader, procedures, names
        self.words: dict[str, list[tuple[Map, str]]] = {}
        """The words with which each procedure may fail, and where they stand."""

    def all(self) -> dict[str, tuple[Step, ...]]:
        """Every procedure."""
        return {name: self.steps(self.procedures, name, name, self.names.get(name, {})) for name in self.procedures}

    def steps(self, where: Map, key: str, procedure: str, more: Mapping[str, Type]) -> tuple[Step, ...]:
        """The list at ``where[key]``."""
        given = where[key]
        if not isinstance(given, List):
            self.reader.checker.fault(where, key, f"{key!r} is no list of steps", "- ask: …")
            return ()
        made = (self.step(given, index, procedure, more) for index in range(len(given)))
        return tuple(step for step in made if step is not None)

    def step(self, steps: List, index: int, procedure: str, more: Mapping[str, Type]) -> Step | None:
        """One step."""
        part, reader = steps[index], self.reader
        kinds = [kind for kind in KINDS if isinstance(part, Map) and kind in part]
        if "ask" in kinds and "set" in kinds:
            kinds.remove("set")
        if len(kinds) != 1 or not isinstance(part, Map):
            wrong = next((key for key in part if key not in KINDS), "") if isinstance(part, Map) and not kinds else ""
            what = f"a step is of one kind, not {wrong!r}" if wrong else "a step is of one kind"
            reader.checker.fault(steps, index, what, ", ".join(KINDS), nearest(wrong, KINDS))
            return None
        (kind,) = kinds
        reader.checker.keys(part, f"the step {kind!r}", [kind], KINDS[kind])
        made: Step = getattr(self, f"on_{kind}")(part, procedure, more)
        return made

    def on_ask(self, part: Map, procedure: str, more: Mapping[str, Type]) -> Step:
        """Send a record and wait for its answer."""
        reader, message = self.reader, self.reader.record(part, "ask", more)
        answers = reader.answering(message.name) if message is not None else []
        names = {**more, "it": joined("the answer", (shape_of(one, reader.frames[one].fields) for one in answers))}
        return Step(
            "ask",
            message,
            condition=reader.value(part, "expect", names, of=answers) if "expect" in part else None,
            fields=reader.variables(part, "set", names, answers),
            within=reader.value(part, "within", more) if "within" in part else None,
            retries=int(part["retries"]) if isinstance(part.get("retries"), int) else None,
        )

    def on_send(self, part: Map, procedure: str, more: Mapping[str, Type]) -> Step:
        """Send a record; nothing is expected back."""
        return Step("send", self.reader.record(part, "send", more))

    def on_set(self, part: Map, procedure: str, more: Mapping[str, Type]) -> Step:
        """Remember something."""
        return Step("set", fields=self.reader.variables(part, "set", more))

    def on_wait(self, part: Map, procedure: str, more: Mapping[str, Type]) -> Step:
        """Let time pass."""
        self.bounded(part, "wait")
        return Step("wait", within=self.reader.value(part, "wait", more, "decimal"))

    def on_until(self, part: Map, procedure: str, more: Mapping[str, Type]) -> Step:
        """Go on when something holds; where it does not in time the procedure has failed."""
        if "within" not in part:
            self.reader.checker.fault(part, "until", "the step 'until' lacks the key 'within'", "seconds")
            return Step("until")
        self.bounded(part, "within")
        within = self.reader.value(part, "within", more, "decimal")
        return Step("until", condition=self.reader.value(part, "until", more), within=within)

    def on_if(self, part: Map, procedure: str, more: Mapping[str, Type]) -> Step:
        """Steps under a condition."""
        then = self.steps(part, "then", procedure, more) if "then" in part else ()
        other = self.steps(part, "else", procedure, more) if "else" in part else ()
        if "then" not in part:
            self.reader.checker.fault(part, "if", "the step 'if' lacks the key 'then'", "then: [steps]")
        return Step("if", condition=self.reader.value(part, "if", more), steps=then, other=other)

    def on_fail(self, part: Map, procedure: str, more: Mapping[str, Type]) -> Step:
        """End here, without success; the word is the status that the back end is told."""
        word = self.reader.text(part, "fail")
        self.words.setdefault(procedure, []).append((part, word))
        return Step("fail", word=word)

    def on_run(self, part: Map, procedure: str, more: Mapping[str, Type]) -> Step:
        """Another procedure, as if its steps stood here."""
        return Step("run", word=self.reader.text(part, "run", list(self.procedures), "procedure"))

    def on_each(self, part: Map, procedure: str, more: Mapping[str, Type]) -> Step:
        """Steps for every item of a list, which is known by the name ``item``."""
        found = self.reader.listed(part, "each", more)
        if found is None:
            return Step("each")
        inner = self.steps(part, "do", procedure, {**more, "item": found[1]}) if "do" in part else ()
        return Step("each", value=found[0], steps=inner)

    def on_tell(self, part: Map, procedure: str, more: Mapping[str, Type]) -> Step:
        """A message to the back end."""
        return Step("tell", self.reader.message(part, "tell", more))

    def bounded(self, part: Map, key: str) -> None:
        """Seconds that are written out may not be absurdly many."""
        if isinstance(part[key], int) and not 0 <= part[key] <= MOST_WAIT:
            self.reader.checker.fault(part, key, f"{key!r} is {part[key]} seconds", f"at most {MOST_WAIT}")
