"""Walks the ladder: from the asker's dialect to the answerer's, and back with the answer.

In: a valid request, then its result.  Out: `Passage`, and the result as the asker understands it.
Not here: what one table does (`gateway.ladder.tables`); transaction ids (the session maps them before and after).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.dialects.schema import Dialect
from gateway.ladder.facts import Context
from gateway.ladder.flows import Flow
from gateway.ladder.forks import Beyond, Fork
from gateway.ladder.losses import Refused
from gateway.ladder.passage import Leg, Passage
from gateway.ladder.run import Run, carry
from gateway.ladder.table import Way
from gateway.ladder.tables import Table
from gateway.messages import Payload

__all__ = ["Passage", "Route", "Step"]


@dataclass(frozen=True, eq=False)
class Step:
    """One table, walked in one direction."""

    table: Table
    way: Way

    @property
    def back(self) -> Way:
        """The direction of the answers."""
        return "<" if self.way == ">" else ">"


class Walk:
    """All steps of one message: plain legs, then perhaps a flow.  ``action`` is its name at the far end of the legs.

    ``known`` is false where the step after the legs has no such message.  A walk of one leg that needs to know nothing but
    the message is gone without ceremony: ``unchanged`` where the leg changes nothing, else by ``quick``.
    """

    __slots__ = ("action", "fork", "known", "legs", "quick", "unchanged")

    def __init__(self, action: str, legs: tuple[Leg, ...], fork: Fork | None, known: bool = True) -> None:
        self.action, self.legs, self.fork, self.known = action, legs, fork, known
        alone = legs[0] if len(legs) == 1 and fork is None and known else None
        self.unchanged = alone is not None and alone.same_ahead
        self.quick = alone.quick_ahead if alone is not None else None


class Route:
    """The way from the asker's dialect to the answerer's; of no steps where the two are one."""

    def __init__(self, from_dialect: Dialect, to_dialect: Dialect, steps: Sequence[Step]) -> None:
        self.from_dialect, self.to_dialect, self.steps = from_dialect, to_dialect, tuple(steps)
        self._walks: dict[str, Walk] = {}

    def request(self, action: str, payload: Payload, cx: Context) -> Passage:
        """Take a valid request to the answerer's dialect.

        ``payload`` is not changed, but may share parts with the outcome, or be it.
        """
        try:
            walk = self._walks[action]
        except KeyError:
            walk = self._known(action)
        if walk.unchanged:
            return Passage(walk.action, payload, walk.legs, (payload,))
        if walk.quick is not None:
            try:
                made = walk.quick(payload)
            except Refused:
                made = None
            if made is not None:
                return Passage(walk.action, made, walk.legs, (payload,))
        return self._walked(walk, payload, cx)  # there is more to say than the message

    def _walked(self, walk: Walk, payload: Payload, cx: Context) -> Passage:
        """Step by step, with all that is lost on the way."""
        run = Run(cx.facts, [], {}, None, cx)
        asked: list[Payload] = []
        made: Payload | None = payload
        refused = None
        try:
            for leg in walk.legs:
                made = payload if leg.same_ahead else leg.ahead(payload, run)
                if made is None:
                    break
                asked.append(payload)
                payload = made
        except Refused as why:
            refused = why
        passage = Passage(walk.action, payload, walk.legs[: len(asked)], tuple(asked), run.losses)
        if refused is not None:
            return passage.refuse(refused.code, refused.why)
        if made is None:
            return self.say(passage, walk.legs[len(asked)], run)
        if not walk.known:
            return passage.refuse("NotImplemented", f"{walk.action} is unknown")
        return passage if walk.fork is None else walk.fork.split(passage, payload, cx)

    def stateful(self, action: str) -> bool:
        """Whether a flow decides what becomes of ``action`` somewhere on the way."""
        return bool(self.steps) and (self._walks.get(action) or self._known(action)).fork is not None

    def answered(self, action: str, asked: Sequence[Payload]) -> Passage:
        """The passage of a request that was made elsewhere: ``asked`` is what each step was asked, the asker's own first.

        Only where no flow is on the way.
        """
        walk = self._walks.get(action) or self._known(action)
        taken = [(leg, payload) for leg, payload in zip(walk.legs, asked, strict=False) if leg.carries]
        return Passage(walk.action, {}, tuple(leg for leg, _ in taken), tuple(payload for _, payload in taken))

    def _known(self, action: str) -> Walk:
        """What each step does with ``action``.  Kept for known ones only."""
        legs: list[Leg] = []
        name, fork = action, None
        for number, step in enumerate(self.steps):
            table, key = step.table, (name, step.way)
            if (flow := table.flow(*key)) is not None:
                fork = self._fork(flow, number, name)
                break
            if key in table.locals:
                legs.append(Leg(table.locals[key], None, None))
            elif key in table.pairs:
                (pair,) = table.pairs[key]
                legs.append(Leg(table.empties.get(key), table.translated(pair.ahead), table.translated(pair.back)))
                name = pair.answerer
            else:
                return Walk(action, tuple(legs), None, known=False)
        walk = Walk(name, tuple(legs), fork)
        if self.steps:
            self._walks[action] = walk
        return walk

    def _fork(self, flow: Flow, number: int, action: str) -> Fork:
        """The flow of a step, with the way beyond."""
        step, rest = self.steps[number], self.steps[number + 1 :]
        once = step.table.once(action, step.way)
        beyond = Route(step.table.ends(step.way)[1], self.to_dialect, rest).request if rest else None
        parts = step.table.parts(action, step.way)
        homes = self._home(number), self._home(number + 1)
        return Fork(flow, parts, None if once is carry else once, beyond, *homes, self.from_dialect.name)

    def _home(self, number: int) -> Beyond:
        """The way to the asker from where ``number`` steps lead."""
        steps = self.steps[:number]
        start = steps[-1].table.ends(steps[-1].way)[1] if steps else self.from_dialect
        return Route(start, self.from_dialect, [Step(step.table, step.back) for step in reversed(steps)]).request

    def say(self, passage: Passage, leg: Leg, run: Run) -> Passage:
        """End the passage with what the gateway says itself, at a step that was asked the payload and carries nothing."""
        said = leg.said
        assert said is not None, "a request that may come to nothing has an answer, or the table does not load"
        run.losses.append(said.loss)
        answer = said.to(passage.payload, run)
        if answer is None:
            return passage.refuse(said.refuse, said.loss.why)
        assert run.cx is not None
        passage.answer, losses = passage.result(answer, run.cx)
        run.losses.extend(losses)
        passage.action = None
        return passage
