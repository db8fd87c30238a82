"""Runs procedures: one at a time for a station, in the order in which they were wanted.

In: procedures to run, with what asked for them; the station's answers.  Out: records to the station; whether it came to its end.
Not here: reading them (`gateway.devices.steps`), what a success is answered (`gateway.devices.orders`).

A procedure is lost when the gateway restarts: commands are done at most once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from gateway.devices.desk import Desk
from gateway.devices.rules import Step
from gateway.wires.shapes import Record

MOST_WAITING = 20
Ended: TypeAlias = Callable[[bool, str], None]
Course: TypeAlias = Generator[None, Any, None]


@dataclass(eq=False)
class Job:
    """A procedure to run for a connector; ``then(success, word)`` is called at its end."""

    name: str
    connector: int
    then: Ended
    known: dict[str, Any] = field(default_factory=dict)


class _Failed(Exception):
    """The procedure ends here; the word is what the asker is told."""


class Procedures:
    """The procedures of one station."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._waiting: deque[Job] = deque()
        self._job: Job | None = None
        self._course: Course | None = None
        self._until: Step | None = None
        self._busy = False

    def run(self, name: str, connector: int, then: Ended, **known: Any) -> bool:
        """Run a procedure when its turn comes; false where too many wait already.  Without a name all is done at once."""
        if not name:
            then(True, "")
            return True
        if len(self._waiting) >= MOST_WAITING:
            self.desk.note("crowded", name)
            return False
        self._waiting.append(Job(name, connector, then, known))
        self._pump()
        return True

    def gone(self) -> None:
        """The station is gone: nothing that was begun comes to its end."""
        jobs = [*([self._job] if self._job else []), *self._waiting]
        self._waiting.clear()
        self._job = self._course = self._until = None
        self.desk.cancel("procedure")
        for job in jobs:
            job.then(False, "")

    def look(self) -> None:
        """Something changed: perhaps what a step waits for holds now."""
        step, job = self._until, self._job
        if step is not None and job is not None and step.condition is not None and step.condition(self._scope(job)):
            self.desk.cancel("procedure")
            self._until = None
            self._go_on(True)

    # -- one after the other -------------------------------------------------------------------------------------

    def _pump(self) -> None:
        while self._job is None and self._waiting and not self._busy:
            self._job = self._waiting.popleft()
            self._course = self._steps(self.desk.rules.procedures[self._job.name], self._job)
            self._go_on(None)

    def _go_on(self, word: Any) -> None:
        course, job = self._course, self._job
        if course is None or job is None:
            return
        self._busy = True
        try:
            course.send(word)
            return
        except StopIteration:
            ended = (True, "")
        except _Failed as failed:
            self.desk.note("failed", f"{job.name}: {failed}")
            ended = (False, str(failed.args[1]))
        finally:
            self._busy = False
        self._job = self._course = self._until = None
        job.then(*ended)
        self._pump()

    def _steps(self, steps: Sequence[Step], job: Job) -> Course:
        for step in steps:
            yield from _KINDS[step.kind](self, step, job)

    def _scope(self, job: Job) -> dict[str, Any]:
        return self.desk.scope(job.connector, **job.known)

    # -- steps ---------------------------------------------------------------------------------------------------

    def _ask(self, step: Step, job: Job) -> Course:
        assert step.message is not None
        course = self._course
        within = step.within(self._scope(job)) if step.within else None
        seconds = float(within) if within is not None else None
        self.desk.ask(step.message, self._scope(job), lambda record: self._heard(course, record), seconds, step.retries)
        record: Record | None = yield
        if record is None or self._refuses(record):
            raise _Failed(f"{'no' if record is None else 'a refusal as'} answer to {step.message.name}", "")
        known = {**self._scope(job), "it": record.fields}
        if step.condition is not None and not step.condition(known):
            raise _Failed(f"{record.name} is not what {step.message.name} should lead to", "")
        self.desk.memory.set(step.fields, known)

    def _refuses(self, record: Record) -> bool:
        wire = self.desk.dialect.wire
        return wire is not None and record.name in wire.frames and wire.frames[record.name].refusal

    def _heard(self, course: Course | None, record: Record | None) -> None:
        if course is self._course:
            self._go_on(record)

    def _send(self, step: Step, job: Job) -> Course:
        assert step.message is not None
        self.desk.send(step.message, self._scope(job))
        return
        yield

    def _set(self, step: Step, job: Job) -> Course:
        self.desk.memory.set(step.fields, self._scope(job))
        return
        yield

    def _wait(self, step: Step, job: Job) -> Course:
        self._timer(step, job, True)
        yield

    def _wait_until(self, step: Step, job: Job) -> Course:
        assert step.condition is not None
        if step.condition(self._scope(job)):
            return
        self._until = step
        self._timer(step, job, False)
        if not (yield):
            raise _Failed(f"{step.condition.text!r} did not come to hold", "")

    def _timer(self, step: Step, job: Job, word: bool) -> None:
        seconds = step.within(self._scope(job)) if step.within is not None else None
        self.desk.timer("procedure", float(seconds or 0), lambda: self._due(word))

    def _due(self, word: bool) -> None:
        self._until = None
        self._go_on(word)

    def _if(self, step: Step, job: Job) -> Course:
        holds = step.condition is not None and step.condition(self._scope(job))
        yield from self._steps(step.steps if holds else step.other, job)

    def _fail(self, step: Step, job: Job) -> Course:
        raise _Failed("a step says so", step.word)
        yield

    def _run(self, step: Step, job: Job) -> Course:
        yield from self._steps(self.desk.rules.procedures[step.word], job)

    def _each(self, step: Step, job: Job) -> Course:
        assert step.value is not None
        for item in step.value(self._scope(job)) or ():
            yield from self._steps(step.steps, Job(job.name, job.connector, job.then, {**job.known, "item": item}))

    def _tell(self, step: Step, job: Job) -> Course:
        assert step.message is not None
        scope = self._scope(job)
        payload = {name: value(scope) for name, value in step.message.fields.items()}
        self.desk.call(step.message.name, payload, lambda answer: None)
        return
        yield


_KINDS: Mapping[str, Callable[[Procedures, Step, Job], Course]] = {
    "ask": Procedures._ask,
    "send": Procedures._send,
    "set": Procedures._set,
    "wait": Procedures._wait,
    "until": Procedures._wait_until,
    "if": Procedures._if,
    "fail": Procedures._fail,
    "run": Procedures._run,
    "each": Procedures._each,
    "tell": Procedures._tell,
}
