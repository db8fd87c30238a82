"""Translates a stream of messages without a session: what was asked is remembered, what is not answered is supposed.

In: messages of one dialect, in order.  Out: `Spoken` for each, in the other dialect, and losses.
Not here: reading and writing them (`gateway.cli`), queues, deadlines and transaction ids (`gateway.session`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from gateway.dialects.errors import PeerError
from gateway.ladder.facts import Context, Recorded
from gateway.ladder.ladder import Ladder
from gateway.ladder.losses import Loss, Refused
from gateway.ladder.route import Passage
from gateway.messages import Call, Error, Message, Result, Side


@dataclass(frozen=True)
class Spoken:
    """What comes out: a message and who it is for.  ``local`` is true where the gateway says it itself."""

    to: Side
    message: Message
    local: bool = False


@dataclass
class Outcome:
    """What one message led to."""

    spoken: list[Spoken] = field(default_factory=list)
    losses: list[Loss] = field(default_factory=list)


@dataclass
class _Asked:
    caller: Side
    call: Call
    passage: Passage


def other(side: Side) -> Side:
    """The other end."""
    return "backend" if side == "station" else "station"


class Dialogue:
    """``answered`` are the ids of calls whose answers are in the stream; for all others acceptance is supposed."""

    def __init__(self, ladder: Ladder, source: str, target: str, answered: frozenset[str] = frozenset()) -> None:
        self.ahead, self.back = ladder.route(source, target), ladder.route(target, source)
        self.answered = answered
        self.facts = Recorded()
        self.cx = Context(self.facts)
        self.open: dict[str, _Asked] = {}
        self.transactions = 0

    def hear(self, message: Message, caller: Side) -> Outcome:
        """Translate the next message; ``caller`` is who asks, or who asked what this answers.

        Raises `PeerError` for what is not valid in its dialect or answers nothing.
        """
        if isinstance(message, Call):
            return self.asked(message, caller)
        if isinstance(message, Result):
            return self.replied(message, caller)
        asked = self.find(message, caller)
        return Outcome(
            [Spoken(asked.caller, Error(message.id, asked.call.action, message.code, message.description, message.details))]
        )

    def asked(self, call: Call, caller: Side) -> Outcome:
        """Translate a call, and suppose its answer where the stream has none."""
        dialect = self.ahead.from_dialect
        call = Call(call.id, call.action, dialect.check("call", call.action, call.payload))
        passage = self.ahead.request(call.action, call.payload, self.cx)
        self.open[call.id] = _Asked(caller, call, passage)
        self.facts.noted(dialect.role(call.action), dialect.facts(call))
        if call.id not in self.answered:
            self.suppose(call)
        outcome = Outcome(losses=list(passage.losses))
        if passage.action is not None:
            payload = self.ahead.to_dialect.check("call", passage.action, passage.payload)
            outcome.spoken.append(Spoken(other(caller), Call(call.id, passage.action, payload)))
        elif passage.refusal is not None:
            outcome.spoken.append(Spoken(caller, Error(call.id, call.action, *passage.refusal), local=True))
        else:
            outcome.spoken.append(Spoken(caller, Result(call.id, call.action, passage.answer or {}), local=True))
        return outcome

    def suppose(self, call: Call) -> None:
        """Go on as if ``call`` were accepted."""
        role = self.ahead.from_dialect.role(call.action)
        supposed: dict[str, Any] = {"verdict": "accepted"}
        if role == "start":
            self.transactions += 1
            supposed = {"transaction": self.transactions}
        self.facts.answered(role, self.ahead.from_dialect.facts(call), supposed)

    def find(self, answer: Result | Error, caller: Side) -> _Asked:
        """What ``answer`` answers.  A lone answer that names its action is taken for that of an empty question."""
        asked = self.open.pop(answer.id, None)
        if asked is not None:
            return asked
        if answer.action not in self.ahead.from_dialect.messages:
            raise PeerError("ProtocolError", f"an answer to {answer.id!r}, which nobody asked")
        passage = self.ahead.answered(answer.action, [{} for _ in self.ahead.steps])
        return _Asked(caller, Call(answer.id, answer.action, {}), passage)

    def replied(self, result: Result, caller: Side) -> Outcome:
        """Translate a result for the one who asked."""
        asked = self.find(result, caller)
        dialect, action = self.ahead.from_dialect, asked.call.action
        payload = dialect.check("result", action, result.payload)
        facts = dialect.facts(Result(result.id, action, payload))
        if asked.call.payload:
            self.facts.answered(dialect.role(action), dialect.facts(asked.call), facts)
        if asked.passage.action is None:
            return Outcome()  # the question went no further, so nobody waits for this
        asks = [asked.passage.payload, *(payload for _, payload in reversed(asked.passage.climbs))]
        return_way = self.back.answered(action, asks[: len(self.back.steps)])
        try:
            made, losses = return_way.result(payload, self.cx)
        except Refused as refused:
            error = Error(result.id, action, refused.code, refused.why)
            return Outcome([Spoken(asked.caller, error)], [])
        checked = self.ahead.to_dialect.check("result", action, made)
        return Outcome([Spoken(asked.caller, Result(result.id, action, checked))], losses)
