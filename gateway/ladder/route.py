"""Walks the ladder: from the asker's dialect to the answerer's, and back with the answer.

In: a valid request, then its result.  Out: `Passage`, and the result as the asker understands it.
Not here: what one table does (`gateway.ladder.tables`); transaction ids (the session maps them before and after).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from msgspec import Struct

from gateway.dialects.schema import Dialect
from gateway.ladder.facts import Context, Recorded
from gateway.ladder.losses import Loss, Refused
from gateway.ladder.run import Run, Translate, blind, carry
from gateway.ladder.table import Way
from gateway.ladder.tables import Said, Table
from gateway.messages import Payload


@dataclass(frozen=True, eq=False)
class Step:
    """One table, walked in one direction."""

    table: Table
    way: Way

    @property
    def back(self) -> Way:
        """The direction of the answers."""
        return "<" if self.way == ">" else ">"


class Leg:
    """What one step does with one action.

    ``said`` is what the gateway says itself: always where ``ahead`` is None, else where ``ahead`` leaves nothing.
    ``back`` is the function of the answer.
    """

    __slots__ = ("ahead", "back", "blind_ahead", "blind_back", "carries", "said", "same_ahead", "same_back")

    def __init__(self, said: Said | None, ahead: Translate | None, back: Translate | None) -> None:
        self.said, self.carries = said, ahead is not None
        self.ahead, self.same_ahead, self.blind_ahead = ahead or _nothing, ahead is carry, ahead is None or blind(ahead)
        self.back, self.same_back, self.blind_back = back or carry, back is None or back is carry, back is None or blind(back)


def _nothing(payload: Payload, run: Run) -> None:
    """The function of what no step carries."""


class Passage(Struct):
    """What became of a request.

    ``action`` and ``payload`` are what to ask onward; ``action`` is None where it goes no further, and then either
    ``answer`` (in the asker's dialect) or ``refusal`` (code, why) is what to tell the asker.  ``losses`` happened on the
    way.
    """

    action: str | None
    payload: Payload
    climbs: tuple[tuple[Leg, Payload], ...] = ()
    """Each step that was taken, with what it was asked."""
    losses: list[Loss] = []
    answer: Payload | None = None
    refusal: tuple[str, str] | None = None

    def result(self, payload: Payload, cx: Context) -> tuple[Payload, list[Loss]]:
        """The answer to what was asked onward, climbed back to the asker's dialect.

        Raises `Refused` where it cannot be said there (a number that does not fit).
        """
        losses: list[Loss] = []
        for leg, asked in self.climbs if len(self.climbs) < 2 else reversed(self.climbs):
            if not leg.same_back:
                made = leg.back(payload, _UNSEEN if leg.blind_back else Run(cx.facts, losses, asked))
                assert made is not None, "a result that may come to nothing is a fault at load"
                payload = made
        return payload, losses

    def refuse(self, code: str, why: str) -> Passage:
        """End here with a refusal."""
        self.action, self.refusal = None, (code, why)
        return self


_UNSEEN = Run(Recorded(), [])
"""Handed to the functions that never look at their run."""


class Route:
    """The way from the asker's dialect to the answerer's; of no steps where the two are one."""

    def __init__(self, from_dialect: Dialect, to_dialect: Dialect, steps: Sequence[Step]) -> None:
        self.from_dialect, self.to_dialect, self.steps = from_dialect, to_dialect, tuple(steps)
        self._legs: dict[str, tuple[Leg | None, ...]] = {}
        self._unchanged: dict[str, Leg] = {}

    def request(self, action: str, payload: Payload, cx: Context) -> Passage:
        """Take a valid request to the answerer's dialect.

        ``payload`` is not changed, but may share parts with the outcome, or be it.
        """
        only = self._unchanged.get(action)
        if only is not None:
            return Passage(action, payload, ((only, payload),))
        passage = Passage(action, payload)
        for leg in self._legs.get(action) or self._known(action):
            if leg is None:
                return passage.refuse("NotImplemented", f"{action} is unknown")
            passage.climbs = (*passage.climbs, (leg, payload)) if passage.climbs else ((leg, payload),)
            if leg.same_ahead:
                continue
            try:
                made = leg.ahead(payload, _UNSEEN if leg.blind_ahead else Run(cx.facts, passage.losses))
            except Refused as refused:
                return passage.refuse(refused.code, refused.why)
            if made is None:
                passage.climbs = passage.climbs[:-1]
                return self.say(passage, leg, payload, cx)
            payload = made
        passage.payload = payload
        return passage

    def answered(self, action: str, asked: Sequence[Payload]) -> Passage:
        """The passage of a request that was made elsewhere: ``asked`` is what each step was asked, the asker's own first."""
        passage = Passage(action, {})
        legs = self._legs.get(action) or self._known(action)
        passage.climbs = tuple(
            (leg, payload) for leg, payload in zip(legs, asked, strict=False) if leg is not None and leg.carries
        )
        return passage

    def _known(self, action: str) -> tuple[Leg | None, ...]:
        """For each step what it does with ``action``; None where it does not know it.  Kept for known ones only."""
        legs: list[Leg | None] = []
        for step in self.steps:
            table, key = step.table, (action, step.way)
            if key in table.locals:
                legs.append(Leg(table.locals[key], None, None))
            elif action in table.flows or (action, "call", step.way) in table.plans:
                ahead, back = table.translate(action, "call", step.way), table.translate(action, "result", step.back)
                legs.append(Leg(table.empties.get(key), ahead, back))
            else:
                return (*legs, None)
        if legs:
            self._legs[action] = tuple(legs)
        if len(legs) == 1 and legs[0] is not None and legs[0].same_ahead:
            self._unchanged[action] = legs[0]
        return tuple(legs)

    def say(self, passage: Passage, leg: Leg, payload: Payload, cx: Context) -> Passage:
        """End the passage with what the gateway says itself; ``payload`` is what the last step was asked."""
        said = leg.said
        assert said is not None, "a request that may come to nothing has an answer, or the table does not load"
        passage.payload = payload
        passage.losses.append(said.loss)
        answer = said.to(payload, Run(cx.facts, passage.losses))
        if answer is None:
            return passage.refuse(said.refuse, said.loss.why)
        passage.answer, losses = passage.result(answer, cx)
        passage.losses += losses
        passage.action = None
        return passage
