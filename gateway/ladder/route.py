"""Walks the ladder: from the asker's dialect to the answerer's, and back with the answer.

In: a valid request, then its result.  Out: `Passage`, and the result as the asker understands it.
Not here: what one table does (`gateway.ladder.tables`); transaction ids (the session maps them before and after).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from gateway.dialects.schema import Dialect
from gateway.ladder.compiler import Run, Translate
from gateway.ladder.facts import Context
from gateway.ladder.losses import Loss, Refused
from gateway.ladder.table import Way
from gateway.ladder.tables import Said, Table
from gateway.messages import Payload

_Way: TypeAlias = tuple[Said | None, Translate | None, Translate | None]
"""What one step does with one action: what it says itself (always, or where nothing is left), its function, and the
function of the answer."""


@dataclass(frozen=True, eq=False)
class Step:
    """One table, walked in one direction."""

    table: Table
    way: Way

    @property
    def back(self) -> Way:
        """The direction of the answers."""
        return "<" if self.way == ">" else ">"


class Passage:
    """What became of a request.

    ``action`` and ``payload`` are what to ask onward; ``action`` is None where it goes no further, and then either
    ``answer`` (in the asker's dialect) or ``refusal`` (code, why) is what to tell the asker.  ``losses`` happened on the
    way.  A plain class: one is made for every message.
    """

    def __init__(self, action: str | None, payload: Payload) -> None:
        self.action, self.payload = action, payload
        self.answer: Payload | None = None
        self.refusal: tuple[str, str] | None = None
        self.losses: list[Loss] = []
        self.climbs: list[tuple[Translate, Payload]] = []
        """For each step that was taken, the way back and what the step was asked."""

    def result(self, payload: Payload, cx: Context) -> tuple[Payload, list[Loss]]:
        """The answer to what was asked onward, climbed back to the asker's dialect.

        Raises `Refused` where it cannot be said there (a number that does not fit).
        """
        losses: list[Loss] = []
        return self.climb(payload, cx, losses), losses

    def climb(self, payload: Payload, cx: Context, losses: list[Loss]) -> Payload:
        """Take an answer back over the steps that were taken."""
        for back, asked in reversed(self.climbs):
            made = back(payload, Run(cx.facts, losses, asked))
            assert made is not None, "a result that may come to nothing is a fault at load"
            payload = made
        return payload

    def refuse(self, code: str, why: str) -> Passage:
        """End here with a refusal."""
        self.action, self.refusal = None, (code, why)
        return self


class Route:
    """The way from the asker's dialect to the answerer's; of no steps where the two are one."""

    def __init__(self, from_dialect: Dialect, to_dialect: Dialect, steps: Sequence[Step]) -> None:
        self.from_dialect, self.to_dialect, self.steps = from_dialect, to_dialect, tuple(steps)
        self._ways: dict[str, list[_Way | None]] = {}

    def request(self, action: str, payload: Payload, cx: Context) -> Passage:
        """Take a valid request to the answerer's dialect.

        ``payload`` is not changed, but may share parts with the outcome.
        """
        passage = Passage(action, payload)
        run = Run(cx.facts, passage.losses)
        for way in self._ways.get(action) or self._known(action):
            if way is None:
                return passage.refuse("NotImplemented", f"{action} is unknown")
            said, ahead, back = way
            try:
                made = ahead(payload, run) if ahead is not None else None
            except Refused as refused:
                return passage.refuse(refused.code, refused.why)
            if made is None or back is None:
                assert said is not None, "a request that may come to nothing has an answer, or the table does not load"
                return self.say(passage, said, run, cx)
            passage.climbs.append((back, payload))
            passage.payload = payload = made
        return passage

    def answered(self, action: str, asked: Sequence[Payload]) -> Passage:
        """The passage of a request that was made elsewhere: ``asked`` is what each step was asked, the asker's own first."""
        passage = Passage(action, {})
        for way, payload in zip(self._ways.get(action) or self._known(action), asked, strict=False):
            if way is not None and way[2] is not None:
                passage.climbs.append((way[2], payload))
        return passage

    def _known(self, action: str) -> list[_Way | None]:
        """For each step what it does with ``action``; None where it does not know it.  Kept for known ones only."""
        ways: list[_Way | None] = []
        for step in self.steps:
            table, key = step.table, (action, step.way)
            if key in table.locals:
                ways.append((table.locals[key], None, None))
            elif action in table.flows or (action, "call", step.way) in table.plans:
                ahead, back = table.translate(action, "call", step.way), table.translate(action, "result", step.back)
                ways.append((table.empties.get(key), ahead, back))
            else:
                return [*ways, None]
        self._ways[action] = ways
        return ways

    def say(self, passage: Passage, said: Said, run: Run, cx: Context) -> Passage:
        """End the passage with what the gateway says itself."""
        passage.losses.append(said.loss)
        answer = said.to(passage.payload, run)
        if answer is None:
            return passage.refuse(said.refuse, said.loss.why)
        passage.answer = passage.climb(answer, cx, passage.losses)
        passage.action = None
        return passage
