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
from gateway.ladder.run import PAD, Run, carry
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

    ``quick`` is the one leg of a walk that has no other and needs to know nothing but the message.
    """

    __slots__ = ("action", "fork", "legs", "quick")

    def __init__(self, action: str, legs: tuple[Leg | None, ...], fork: Fork | None) -> None:
        self.action, self.legs, self.fork = action, legs, fork
        self.quick = legs[0] if len(legs) == 1 and fork is None and legs[0] is not None and legs[0].blind_ahead else None


class Route:
    """The way from the asker's dialect to the answerer's; of no steps where the two are one."""

    def __init__(self, from_dialect: Dialect, to_dialect: Dialect, steps: Sequence[Step]) -> None:
        self.from_dialect, self.to_dialect, self.steps = from_dialect, to_dialect, tuple(steps)
        self._walks: dict[str, Walk] = {}
        self._unchanged: dict[str, Leg] = {}

    def request(self, action: str, payload: Payload, cx: Context) -> Passage:
        """Take a valid request to the answerer's dialect.

        ``payload`` is not changed, but may share parts with the outcome, or be it.
        """
        only = self._unchanged.get(action)
        if only is not None:
            return Passage(action, payload, ((only, payload),))
        walk = self._walks.get(action) or self._known(action)
        leg = walk.quick
        if leg is not None:
            try:
                made = leg.ahead(payload, PAD)
            except Exception:  # whatever it is: it comes once more below
                made = None
            if made is not None and not PAD.losses:
                return Passage(walk.action, made, ((leg, payload),))
            PAD.clear()  # there is more to say than the message: once more, with all ceremony
        passage = Passage(walk.action, payload)
        for leg in walk.legs:
            if leg is None:
                return passage.refuse("NotImplemented", f"{action} is unknown")
            passage.climbs = (*passage.climbs, (leg, payload)) if passage.climbs else ((leg, payload),)
            if leg.same_ahead:
                continue
            try:
                made = leg.ahead(payload, Run(cx.facts, passage.losses, {}, None, cx))
            except Refused as refused:
                return passage.refuse(refused.code, refused.why)
            if made is None:
                passage.climbs = passage.climbs[:-1]
                return self.say(passage, leg, payload, cx)
            payload = made
        if walk.fork is not None:
            return walk.fork.split(passage, payload, cx)
        passage.payload = payload
        return passage

    def stateful(self, action: str) -> bool:
        """Whether a flow decides what becomes of ``action`` somewhere on the way."""
        return (self._walks.get(action) or self._known(action)).fork is not None

    def answered(self, action: str, asked: Sequence[Payload]) -> Passage:
        """The passage of a request that was made elsewhere: ``asked`` is what each step was asked, the asker's own first.

        Only where no flow is on the way.
        """
        walk = self._walks.get(action) or self._known(action)
        legs, passage = walk.legs, Passage(walk.action, {})
        passage.climbs = tuple(
            (leg, payload) for leg, payload in zip(legs, asked, strict=False) if leg is not None and leg.carries
        )
        return passage

    def _known(self, action: str) -> Walk:
        """What each step does with ``action``; the last leg is None where it is unknown.  Kept for known ones only."""
        legs: list[Leg | None] = []
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
                legs.append(Leg(table.empties.get(key), table.translate(pair.ahead), table.translate(pair.back)))
                name = pair.answerer
            else:
                return Walk(action, (*legs, None), None)
        walk = Walk(name, tuple(legs), fork)
        if self.steps:
            self._walks[action] = walk
        if fork is None and len(legs) == 1 and legs[0] is not None and legs[0].same_ahead and name == action:
            self._unchanged[action] = legs[0]
        return walk

    def _fork(self, flow: Flow, number: int, action: str) -> Fork:
        """The flow of a step, with the way beyond."""
        step, rest = self.steps[number], self.steps[number + 1 :]
        once = step.table.once(action, step.way)
        beyond = Route(step.table.ends(step.way)[1], self.to_dialect, rest).request if rest else None
        parts = step.table.parts(action, step.way)
        return Fork(flow, parts, None if once is carry else once, beyond, self._home(number), self._home(number + 1))

    def _home(self, number: int) -> Beyond:
        """The way to the asker from where ``number`` steps lead."""
        steps = self.steps[:number]
        start = steps[-1].table.ends(steps[-1].way)[1] if steps else self.from_dialect
        return Route(start, self.from_dialect, [Step(step.table, step.back) for step in reversed(steps)]).request

    def say(self, passage: Passage, leg: Leg, payload: Payload, cx: Context) -> Passage:
        """End the passage with what the gateway says itself; ``payload`` is what the last step was asked."""
        said = leg.said
        assert said is not None, "a request that may come to nothing has an answer, or the table does not load"
        passage.payload = payload
        passage.losses.append(said.loss)
        answer = said.to(payload, Run(cx.facts, passage.losses, {}, None, cx))
        if answer is None:
            return passage.refuse(said.refuse, said.loss.why)
        passage.answer, losses = passage.result(answer, cx)
        passage.losses += losses
        passage.action = None
        return passage
