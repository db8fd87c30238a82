"""Where a flow decides what becomes of a request: several messages, one, or none, each with a way of its own beyond.

In: a request at the step that has the flow, and the way beyond it.  Out: `Forked`, whose answer is joined of all results.
Not here: what flows decide (`gateway.ladder.flows`), the steps before (`gateway.ladder.route`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from msgspec.structs import replace

from gateway.ladder.facts import Context
from gateway.ladder.flows import Flow, Parts, Rendering
from gateway.ladder.losses import Loss, Refused
from gateway.ladder.passage import Answered, Passage
from gateway.ladder.registers import DUE
from gateway.ladder.run import Run, Translate
from gateway.messages import Payload

Beyond: TypeAlias = Callable[[str, Payload, Context], Passage]
Messages: TypeAlias = Sequence[tuple[str, Payload]]


@dataclass(frozen=True, eq=False, slots=True)
class Fork:
    """A flow with its parts, and how each of its messages goes on: None where the flow's far side is the answerer's.

    ``home`` is the way back to the asker for calls of the flow's near side, ``around`` for those of its far side; ``asker`` names
    the asker's dialect.
    """

    flow: Flow
    parts: Parts
    once: Translate | None
    beyond: Beyond | None
    home: Beyond
    around: Beyond
    asker: str

    def split(self, passage: Passage, payload: Payload, cx: Context) -> Passage:
        """What becomes of ``payload``, which ``passage`` brought here."""
        passage.losses = losses = list(passage.losses)
        run = Run(cx.facts, losses, {}, None, cx)
        if self.once is not None:
            self.once(payload, run)
        try:
            rendering = self.flow(payload, run, self.parts)
        except Refused as refused:
            return passage.refuse(refused.code, refused.why)
        return self.forked(passage, payload, rendering, cx)

    def forked(self, passage: Passage, payload: Payload, rendering: Rendering, cx: Context) -> Passage:
        """The ways of a rendering's messages; ``passage`` says how its answer climbs back."""
        forked = Forked(None, payload, passage.legs, passage.asked, passage.losses, rendering=rendering, fork=self)
        forked.idle = rendering.idle
        if self.beyond is not None:
            seen = cx if rendering.facts is None else replace(cx, facts=rendering.facts)
            forked.branches = [self.beyond(action, made, seen) for action, made in rendering.messages]
            later = [self.beyond(action, made, seen) for action, made in rendering.idle]
            forked.idle = [leaf for branch in later for leaf in branch.onward()]
            forked.losses = [*passage.losses, *(loss for branch in (*forked.branches, *later) for loss in branch.losses)]
        return forked.settled(cx)


class Forked(Passage, gc=True):
    """A passage through a flow.  ``branches`` are the ways of its messages; None where they are asked as they are."""

    rendering: Rendering | None = None
    fork: Fork | None = None
    branches: list[Passage] | None = None

    def settled(self, cx: Context) -> Passage:
        """With the first message to be asked; answered here and now where there is none, refused where all were."""
        onward = self.onward()
        if onward:
            self.action, self.payload = onward[0]
            return self
        refused = [branch.refusal for branch in self.branches or () if branch.answer is None]
        if refused and refused[0] is not None and len(refused) == len(self.branches or ()):
            return self.refuse(*refused[0])
        more = self.further([], cx)
        if more is not None:
            more.losses = [*self.losses, *more.losses]
            return more
        try:
            self.answer, losses = self.results([], cx)
        except Refused as said:
            return self.refuse(said.code, said.why)
        self.losses = [*self.losses, *losses]
        return self

    def onward(self) -> list[tuple[str, Payload]]:
        """See `Passage.onward`."""
        assert self.rendering is not None
        if self.branches is None:
            return list(self.rendering.messages)
        return [leaf for branch in self.branches for leaf in branch.onward()]

    def result(self, payload: Payload, cx: Context) -> Answered:
        """The answer where one message alone was asked onward."""
        return self.results([payload], cx)

    def results(self, payloads: Sequence[Payload | None], cx: Context) -> Answered:
        """See `Passage.results`."""
        assert self.rendering is not None
        losses: list[Loss] = []
        told = payloads if self.branches is None else self._told(payloads, cx, losses)
        if len(told) != len(self.rendering.messages):
            raise ValueError(f"{len(payloads)} results to {len(self.onward())} requests")
        run = Run(cx.facts, losses, {}, None, cx)
        answer = self.rendering.answer(told, run)
        self.after = list(self._afterwards(self.rendering.after(told, run), cx, losses))
        self._promise(self.rendering.due(told, run), cx, losses)
        made, more = Passage.result(self, answer, cx)
        return made, [*losses, *more]

    def further(self, payloads: Sequence[Payload | None], cx: Context) -> Passage | None:
        """See `Passage.further`."""
        assert self.rendering is not None
        assert self.fork is not None
        if self.rendering.then is None:
            return None
        losses: list[Loss] = []
        told = payloads if self.branches is None else self._told(payloads, cx, losses)
        rendering = self.rendering.then(told, Run(cx.facts, losses, {}, None, cx))
        on = Passage(None, self.payload, self.legs, self.asked, losses)
        return self.fork.forked(on, self.payload, rendering, cx) if rendering is not None else None

    def failed(self, code: str, cx: Context) -> Answered | None:
        """See `Passage.failed`; of a flow beyond it is not asked."""
        assert self.rendering is not None
        answer = self.rendering.failed(code, Run(cx.facts, [], {}, None, cx))
        return None if answer is None else Passage.result(self, answer, cx)

    def waits(self, payloads: Sequence[Payload | None], cx: Context) -> bool:
        """See `Passage.waits`; of a flow beyond it is not asked."""
        assert self.rendering is not None
        if self.rendering.until is None:
            return False
        told = payloads if self.branches is None else self._told(payloads, cx, [])
        return not self.rendering.until(told, Run(cx.facts, [], {}, None, cx))

    def _afterwards(self, own: Messages, cx: Context, losses: list[Loss]) -> Iterator[tuple[str, Payload]]:
        """Calls for the asker, of this flow and of those beyond, in its dialect; what comes to nothing on the way is lost."""
        assert self.fork is not None
        beyond = [call for branch in self.branches or () for call in branch.after]
        for way, calls in ((self.fork.around, beyond), (self.fork.home, own)):
            for action, payload in calls:
                passage = way(action, payload, cx)
                losses += passage.losses
                yield from passage.onward()

    def _promise(self, due: Sequence[tuple[str, str, str, Payload]], cx: Context, losses: list[Loss]) -> None:
        """Put down what the asker is told later, in its dialect."""
        assert self.fork is not None
        for name, moment, action, payload in due:
            passage = self.fork.home(action, payload, cx)
            losses += passage.losses
            for call, made in passage.onward():
                cx.registers.put(DUE, name, {"at": moment, "dialect": self.fork.asker, "action": call, "payload": made})

    def _told(self, payloads: Sequence[Payload | None], cx: Context, losses: list[Loss]) -> list[Payload | None]:
        """What each of the flow's messages was answered, in the dialect of the flow's far side."""
        assert self.rendering is not None
        assert self.branches is not None
        seen = cx if self.rendering.facts is None else replace(cx, facts=self.rendering.facts)
        given = iter(payloads)
        return [_climbed(branch, given, seen, losses) for branch in self.branches]


def _climbed(branch: Passage, given: Iterator[Payload | None], cx: Context, losses: list[Loss]) -> Payload | None:
    mine = [next(given, None) for _ in branch.onward()]
    if not mine:
        return branch.answer
    try:
        made, more = branch.results(mine, cx)
    except Refused:
        return None
    losses += more
    return made
