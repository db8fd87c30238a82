"""What became of one request on the ladder, and how its answer climbs back.

In: the legs of a walk, what each was asked.  Out: `Passage`, which takes the result back to the asker's dialect.
Not here: the walk itself (`gateway.ladder.route`), requests of which several come (`gateway.ladder.forks`).
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from gateway.ladder.facts import Context
from gateway.ladder.losses import Loss, Refused
from gateway.ladder.run import PAD, Run, Translate, blind, carry
from gateway.ladder.tables import Said
from gateway.messages import Payload


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


class Passage(Struct, gc=False):
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
    after: Sequence[tuple[str, Payload]] = ()
    """Calls for the asker, in its dialect, once it has its answer: complete when the answer is made."""
    idle: list[tuple[str, Payload]] = []
    """What is to be asked onward once no transaction runs."""

    def waits(self, payloads: Sequence[Payload | None], cx: Context) -> bool:
        """Whether the answer shall wait, though all of `onward` was answered so, for what the other side has yet to tell."""
        return False

    def further(self, payloads: Sequence[Payload | None], cx: Context) -> Passage | None:
        """What is asked next, where `onward` was answered so and that is not all; its answer is then the answer."""
        return None

    def failed(self, code: str, cx: Context) -> tuple[Payload, list[Loss]] | None:
        """The answer where all of `onward` was answered with errors, the last with ``code``; None where that is the answer."""
        return None

    def result(self, payload: Payload, cx: Context) -> tuple[Payload, list[Loss]]:
        """The answer to what was asked onward, climbed back to the asker's dialect.

        Raises `Refused` where it cannot be said there (a number that does not fit).
        """
        if len(self.climbs) == 1:
            leg = self.climbs[0][0]
            if leg.same_back:
                return payload, []
            if leg.blind_back:
                try:
                    made = leg.back(payload, PAD)
                except Exception:  # whatever it is: it comes once more below
                    made = None
                if made is not None and not PAD.losses:
                    return made, []
                PAD.clear()
        losses: list[Loss] = []
        for leg, asked in reversed(self.climbs):
            if not leg.same_back:
                made = leg.back(payload, Run(cx.facts, losses, asked, None, cx))
                assert made is not None, "a result that may come to nothing is a fault at load"
                payload = made
        return payload, losses

    def onward(self) -> list[tuple[str, Payload]]:
        """All that is to be asked onward, in order: none, one, or where a flow decides several."""
        return [] if self.action is None else [(self.action, self.payload)]

    def results(self, payloads: Sequence[Payload | None], cx: Context) -> tuple[Payload, list[Loss]]:
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
