"""Walks the ladder: from the asker's dialect to the answerer's, and back with the answer.

In: a valid request, then its result.  Out: `Passage`, and the result as the asker understands it.
Not here: what one table does (`gateway.ladder.tables`); transaction ids (the session maps them before and after).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from gateway.dialects.schema import Dialect
from gateway.ladder.compiler import Run, Translate
from gateway.ladder.facts import Context
from gateway.ladder.losses import Loss, Refused
from gateway.ladder.table import Way
from gateway.ladder.tables import Said, Table
from gateway.messages import Payload

_Way: TypeAlias = tuple[Said | None, Translate | None]
"""What one step does with one action: what it says itself (always, or where nothing is left), and its function."""


@dataclass(frozen=True, eq=False)
class Step:
    """One table, walked in one direction."""

    table: Table
    way: Way

    @property
    def back(self) -> Way:
        """The direction of the answers."""
        return "<" if self.way == ">" else ">"


@dataclass(eq=False)
class Passage:
    """What became of a request.

    ``action`` and ``payload`` are what to ask onward; ``action`` is None where it goes no further, and then either
    ``answer`` (in the asker's dialect) or ``refusal`` (code, why) is what to tell the asker.
    """

    route: Route
    action: str | None
    payload: Payload
    answer: Payload | None = None
    refusal: tuple[str, str] | None = None
    losses: list[Loss] = field(default_factory=list)
    asked: list[Payload] = field(default_factory=list)
    """What each step was asked, the asker's own request first."""

    name: str = ""

    def result(self, payload: Payload, cx: Context) -> tuple[Payload, list[Loss]]:
        """The answer to what was asked onward, climbed back to the asker's dialect.

        Raises `Refused` where it cannot be said there (a number that does not fit).
        """
        losses: list[Loss] = []
        return self.climb(payload, len(self.asked), cx, losses), losses

    def climb(self, payload: Payload, height: int, cx: Context, losses: list[Loss]) -> Payload:
        """Take an answer back over the first ``height`` steps."""
        for step, asked in zip(reversed(self.route.steps[:height]), reversed(self.asked[:height]), strict=True):
            made = step.table.translate(self.name, "result", step.back)(payload, Run(cx.facts, losses, asked))
            assert made is not None, "a result that may come to nothing is a fault at load"
            payload = made
        return payload


class Route:
    """The way from the asker's dialect to the answerer's; of no steps where the two are one."""

    def __init__(self, from_dialect: Dialect, to_dialect: Dialect, steps: Sequence[Step]) -> None:
        self.from_dialect, self.to_dialect, self.steps = from_dialect, to_dialect, tuple(steps)
        self._ways: dict[str, list[_Way | None]] = {}

    def request(self, action: str, payload: Payload, cx: Context) -> Passage:
        """Take a valid request to the answerer's dialect.

        ``payload`` is not changed, but may share parts with the outcome.
        """
        passage = Passage(self, action, payload, name=action)
        for way in self._ways.get(action) or self._known(action):
            if way is None:
                return self.refuse(passage, "NotImplemented", f"{action} is unknown")
            said, translate = way
            run = Run(cx.facts, passage.losses)
            try:
                made = translate(payload, run) if translate is not None else None
            except Refused as refused:
                return self.refuse(passage, refused.code, refused.why)
            if made is None:
                assert said is not None, "a request that may come to nothing has an answer, or the table does not load"
                return self.say(passage, said, run, cx)
            passage.asked.append(payload)
            passage.payload = payload = made
        return passage

    def _known(self, action: str) -> list[_Way | None]:
        """For each step what it does with ``action``; None where it does not know it.  Kept for known ones only."""
        ways: list[_Way | None] = []
        for step in self.steps:
            table, key = step.table, (action, step.way)
            if key in table.locals:
                ways.append((table.locals[key], None))
            elif action in table.flows or (action, "call", step.way) in table.plans:
                ways.append((table.empties.get(key), table.translate(action, "call", step.way)))
            else:
                return [*ways, None]
        self._ways[action] = ways
        return ways

    def say(self, passage: Passage, said: Said, run: Run, cx: Context) -> Passage:
        """End the passage with what the gateway says itself."""
        passage.losses.append(said.loss)
        answer = said.to(passage.payload, run)
        if answer is None:
            return self.refuse(passage, said.refuse, said.loss.why)
        passage.answer = passage.climb(answer, len(passage.asked), cx, passage.losses)
        passage.action = None
        return passage

    @staticmethod
    def refuse(passage: Passage, code: str, why: str) -> Passage:
        """End the passage with a refusal."""
        passage.action, passage.refusal = None, (code, why)
        return passage
