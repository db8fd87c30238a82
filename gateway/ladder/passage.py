"""What became of one request on the ladder, and how its answer climbs back.

In: the legs of a walk, what each was asked.  Out: `Passage`, which takes the result back to the asker's dialect.
Not here: the walk itself (`gateway.ladder.route`), requests of which several come (`gateway.ladder.forks`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from msgspec import Struct

from gateway.ladder.facts import Context
from gateway.ladder.losses import Loss, Refused
from gateway.ladder.run import Run, Translated, carry
from gateway.ladder.tables import Said
from gateway.messages import Payload

Answered: TypeAlias = tuple[Payload, Sequence[Loss]]
"""What the asker is told, and what was lost on the way to it."""


class Leg:
    """What one step does with one action.

    ``said`` is what the gateway says itself: always where ``ahead`` is None, else where ``ahead`` leaves nothing.
    ``back`` is the function of the answer.
    """

    __slots__ = ("ahead", "back", "carries", "quick_ahead", "quick_back", "said", "same_ahead", "same_back")

    def __init__(self, said: Said | None, ahead: Translated | None, back: Translated | None) -> None:
        self.said, self.carries = said, ahead is not None
        there, home = ahead or Translated(_nothing, None), back or Translated(carry, None)
        self.ahead, self.quick_ahead, self.same_ahead = there.whole, there.quick, there.whole is carry
        self.back, self.quick_back, self.same_back = home.whole, home.quick, home.whole is carry


def _nothing(payload: Payload, run: Run) -> None:
    """The function of what no step carries."""


class Passage(Struct, gc=False):
    """What became of a request.

    ``action`` and ``payload`` are what to ask onward; ``action`` is None where it goes no further, and then either
    ``answer`` (in the asker's dialect) or ``refusal`` (code, why) is what to tell the asker.  ``legs`` are the steps that
    were taken, ``asked`` what each was asked, and ``losses`` happened on the way.  One is made for each message, so none
    of its parts is made anew where there is nothing in it.
    """

    action: str | None
    payload: Payload
    legs: tuple[Leg, ...] = ()
    asked: tuple[Payload, ...] = ()
    losses: Sequence[Loss] = ()
    answer: Payload | None = None
    refusal: tuple[str, str] | None = None
    after: Sequence[tuple[str, Payload]] = ()
    """Calls for the asker, in its dialect, once it has its answer: complete when the answer is made."""
    idle: Sequence[tuple[str, Payload]] = ()
    """What is to be asked onward once no transaction runs."""

    def waits(self, payloads: Sequence[Payload | None], cx: Context) -> bool:
        """Whether the answer shall wait, though all of `onward` was answered so, for what the other side has yet to tell."""
        return False

    def further(self, payloads: Sequence[Payload | None], cx: Context) -> Passage | None:
        """What is asked next, where `onward` was answered so and that is not all; its answer is then the answer."""
        return None

    def failed(self, code: str, cx: Context) -> Answered | None:
        """The answer where all of `onward` was answered with errors, the last with ``code``; None where that is the answer."""
        return None

    def result(self, payload: Payload, cx: Context) -> Answered:
        """The answer to what was asked onward, climbed back to the asker's dialect.

        Raises `Refused` where it cannot be said there (a number that does not fit).
        """
        legs = self.legs
        if len(legs) == 1:
            leg = legs[0]
            if leg.same_back:
                return payload, ()
            quick = leg.quick_back
            if quick is not None and (made := quick(payload)) is not None:
                return made, ()
        losses: list[Loss] = []
        for leg, asked in zip(reversed(legs), reversed(self.asked), strict=True):
            if not leg.same_back:
                made = leg.back(payload, Run(cx.facts, losses, asked, None, cx))
                assert made is not None, "a result that may come to nothing is a fault at load"
                payload = made
        return payload, losses

    def onward(self) -> list[tuple[str, Payload]]:
        """All that is to be asked onward, in order: none, one, or where a flow decides several."""
        return [] if self.action is None else [(self.action, self.payload)]

    def results(self, payloads: Sequence[Payload | None], cx: Context) -> Answered:
        """The answer, where all of `onward` was answered: a result for each; None for one that never came or was refused.

        Raises `Refused` where there is nothing to say.
        """
        (payload,) = payloads
        if payload is None:
            raise Refused("InternalError", "the other side gave no answer")
        return self.result(payload, cx)

    def refuse(self, code: str, why: str) -> Passage:
        """End here with a refusal."""
        self.action, self.refusal = None, (code, why)
        return self
