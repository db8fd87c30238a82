"""One call on its way over the ladder: what became of it, how far it has come, and its answer.

In: a call, a route.  Out: `Trip`: the messages to send, or the answer that the tables give; then the answer made of the results.
Not here: when anything is sent or stored (the rooms), the ids of transactions (`gateway.session.naming`).

One call may become several, sent one after another.  What a step with registers remembers must be on disk before the first of
them leaves: an id that was once said is never given again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from gateway.dialects.schema import Dialect
from gateway.journal.contract import Message, Write
from gateway.ladder.facts import Context
from gateway.ladder.losses import Loss, Refused
from gateway.ladder.route import Passage, Route
from gateway.messages import Answer, Call, Error, Result


class Trip(Struct, eq=False):
    """``messages`` are what ``call`` became; ``local`` is its answer where it goes no further.

    ``passage`` is None for one taken up after a restart.  ``writes`` must be stored before the first message is sent, and
    ``stored`` says whether they are.  ``answers`` are the results so far, None for one that was an error (the last: ``refusal``).
    """

    call: Call
    passage: Passage | None
    messages: Sequence[Message] = ()
    local: Answer | None = None
    writes: list[Write] = []
    stored: bool = True
    answers: list[Any] = []
    refusal: Error | None = None

    @property
    def left(self) -> bool:
        """Whether a message is still to be sent."""
        return len(self.answers) < len(self.messages)

    def onward(self, id: str) -> Call:
        """The next message, as the ladder names its transaction."""
        action, payload = self.messages[len(self.answers)]
        return Call(id, action, payload)

    def heard(self, answer: Answer) -> bool:
        """The next message was answered; true if another is left."""
        if isinstance(answer, Error):
            self.refusal = answer
            self.answers.append(None)
        else:
            self.answers.append(answer.payload)
        return len(self.answers) < len(self.messages)

    def waits(self, cx: Context) -> bool:
        """Whether the answer shall wait for what the other side has yet to tell."""
        return self.passage is not None and self.passage.waits(self.answers, cx)

    @property
    def after(self) -> Sequence[Message]:
        """What the asker is told once it has its answer, in its dialect; known when that is made."""
        return self.passage.after if self.passage is not None else ()

    @property
    def idle(self) -> Sequence[Message]:
        """What its answer promises for when no transaction runs."""
        return self.passage.idle if self.passage is not None else ()

    def answer(self, asked: Call, cx: Context) -> tuple[Answer, Sequence[Loss]]:
        """The answer to ``asked``, made of all results; an error where none of the messages got a result."""
        if self.passage is None or (self.refusal is not None and all(one is None for one in self.answers)):
            error = self.refusal or Error("", "", "InternalError", "the answer is not known any more")
            said = self.passage.failed(error.code, cx) if self.passage is not None else None
            if said is None:
                return Error(asked.id, asked.action, error.code, error.description, error.details), []
            return Result(asked.id, asked.action, said[0]), said[1]
        try:
            payload, losses = self.passage.results(self.answers, cx)
        except Refused as refused:
            cx.registers.undo()
            return Error(asked.id, asked.action, refused.code, refused.why), []
        return Result(asked.id, asked.action, payload), losses


def travel(route: Route, call: Call, cx: Context) -> Trip:
    """Take a call over the ladder; the registers of ``cx`` may be written.  A refusal leaves none of that."""
    return _begun(route, call, route.request(call.action, call.payload, cx), cx)


def further(route: Route, trip: Trip, cx: Context) -> Trip | None:
    """The same call with what is asked next, where all so far was answered and there is more."""
    passage = trip.passage.further(trip.answers, cx) if trip.passage is not None else None
    return None if passage is None else _begun(route, trip.call, passage, cx)


def _begun(route: Route, call: Call, passage: Passage, cx: Context) -> Trip:
    if passage.action is not None:
        return Trip(call, passage, passage.onward())
    if passage.refusal is not None:
        cx.registers.undo()
    return Trip(call, passage, (), _local(route.from_dialect, call, passage))


def _local(dialect: Dialect, call: Call, passage: Passage) -> Answer:
    """The answer that the tables themselves give, in the asker's ``dialect``."""
    if passage.refusal is not None:
        return Error(call.id, call.action, *passage.refusal)
    return Result(call.id, call.action, passage.answer) if passage.answer is not None else dialect.result_of(call)
