"""Translates a stream of messages without a session: what was asked is remembered, what is not answered is supposed.

In: messages of one dialect, in order.  Out: `Spoken` for each, in the other dialect, and losses.
Not here: reading and writing them (`gateway.cli`), queues and deadlines (`gateway.session`), transactions (`bindings`).

Where flows decide, an answer is translated by a second gateway that is thought of the other way round: what was asked onward is
asked back, and the recorded answer is given to that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from gateway.dialects.errors import PeerError
from gateway.ladder.bindings import Bindings
from gateway.ladder.facts import Context
from gateway.ladder.ladder import Ladder
from gateway.ladder.losses import Loss, Refused
from gateway.ladder.registers import Registers
from gateway.ladder.route import Passage
from gateway.messages import Call, Error, Message, Payload, Result, Side


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
class _Leaf:
    """One message that was asked onward.  ``back`` is what the way back makes of it, where a flow decides there."""

    call: Call
    back: Passage | None


@dataclass
class _Asked:
    caller: Side
    call: Call
    passage: Passage
    cx: Context
    leaves: list[_Leaf] = field(default_factory=list)


def other(side: Side) -> Side:
    """The other end."""
    return "backend" if side == "station" else "station"


class Dialogue:
    """``answers`` are those in the stream by the id of their calls; for all others acceptance is supposed."""

    def __init__(self, ladder: Ladder, source: str, target: str, answers: Mapping[str, Result | Error] | None = None) -> None:
        self.ahead, self.back = ladder.route(source, target), ladder.route(target, source)
        self.answers = answers or {}
        self.bindings = Bindings(self.ahead.from_dialect)
        self.registers, self.mirrored = Registers(), Registers()
        self.renames = self.ahead.from_dialect.names_transactions != self.ahead.to_dialect.names_transactions
        self.open: dict[str, _Asked] = {}
        self.now = datetime(1970, 1, 1, tzinfo=UTC)

    def hear(self, message: Message, caller: Side) -> Outcome:
        """Translate the next message; ``caller`` is who asks, or who asked what this answers.

        Raises `PeerError` for what is not valid in its dialect or answers nothing.
        """
        if isinstance(message, Call):
            return self.asked(message, caller)
        if isinstance(message, Result):
            return self.replied(message, caller)
        asked = self.find(message, caller)
        leaves = asked.leaves or [_Leaf(asked.call, None)]
        return Outcome([Spoken(asked.caller, _error(leaf.call, message.code, message.description, message)) for leaf in leaves])

    # ------------------------------------------------------------------------------------------------- calls
    def asked(self, call: Call, caller: Side) -> Outcome:
        """Translate a call, and suppose its answer where the stream has none."""
        dialect = self.ahead.from_dialect
        call = Call(call.id, call.action, dialect.check("call", call.action, call.payload))
        number = self.bindings.transaction(call, self.told(call))
        self.clock(dialect.facts(call).get("time"))
        cx = Context(self.bindings.facts, self.now, self.registers, number)
        bound = self.bindings.bound(call) if self.renames else call
        passage = self.ahead.request(call.action, bound.payload, cx)
        self.bindings.asked(call, number)
        asked = self.open[call.id] = _Asked(caller, call, passage, cx)
        outcome = Outcome(losses=list(passage.losses))
        for place, (action, payload) in enumerate(passage.onward()):
            checked = self.ahead.to_dialect.check("call", action, payload)
            onward = Call(call.id if place == 0 else f"{call.id}-{place + 1}", action, checked)
            asked.leaves.append(_Leaf(onward, self.mirror(onward, call, number)))
            outcome.spoken.append(Spoken(other(caller), onward))
        if call.id not in self.answers:
            self.suppose(call, number)
        if passage.refusal is not None:
            outcome.spoken.append(Spoken(caller, Error(call.id, call.action, *passage.refusal), local=True))
        elif passage.action is None:
            outcome.spoken.append(Spoken(caller, Result(call.id, call.action, passage.answer or {}), local=True))
        return outcome

    def told(self, call: Call) -> dict[str, Any] | None:
        """The facts of the answer that the stream has for ``call``."""
        answer = self.answers.get(call.id)
        if not isinstance(answer, Result):
            return None
        try:
            payload = self.ahead.from_dialect.check("result", call.action, answer.payload)
        except PeerError:
            return None
        return self.ahead.from_dialect.facts(Result(call.id, call.action, payload))

    def clock(self, time: Any) -> None:
        """The stream's own time is all the time there is."""
        try:
            self.now = datetime.fromisoformat(time) if time else self.now
        except ValueError:
            return

    def mirror(self, onward: Call, asked: Call, number: int | None) -> Passage | None:
        """What a gateway the other way round would make of ``onward``: by it the recorded answer becomes that of ``onward``."""
        if not (self.back.stateful(onward.action) or self.ahead.stateful(asked.action)):
            return None
        return self.back.request(onward.action, onward.payload, self.mirror_cx(number))

    def mirror_cx(self, number: int | None) -> Context:
        """Its registers are its own."""
        return Context(self.bindings.facts, self.now, self.mirrored, number)

    def suppose(self, call: Call, number: int | None) -> None:
        """Go on as if ``call`` were accepted."""
        role = self.ahead.from_dialect.role_of(call)
        told = {"transaction": number} if role == "start" else {"verdict": "accepted"}
        self.bindings.answered(call, told if role != "start" or "connector" in self.ahead.from_dialect.facts(call) else {})

    # ------------------------------------------------------------------------------------------------- answers
    def find(self, answer: Result | Error, caller: Side) -> _Asked:
        """What ``answer`` answers.  A lone answer that names its action is taken for that of an empty question."""
        asked = self.open.pop(answer.id, None)
        if asked is not None:
            return asked
        if answer.action not in self.ahead.from_dialect.messages:
            raise PeerError("ProtocolError", f"an answer to {answer.id!r}, which nobody asked")
        passage = self.ahead.answered(answer.action, [{} for _ in self.ahead.steps])
        if self.ahead.stateful(answer.action) or (passage.action is not None and self.back.stateful(passage.action)):
            raise PeerError("ProtocolError", f"an answer of {answer.action} without its question, which decides what it becomes")
        call = Call(answer.id, answer.action, {})
        leaves = [] if passage.action is None else [_Leaf(Call(answer.id, passage.action, {}), None)]
        return _Asked(caller, call, passage, self.mirror_cx(None), leaves)

    def replied(self, result: Result, caller: Side) -> Outcome:
        """Translate a result for the one who asked; where several messages were asked, each gets one."""
        asked = self.find(result, caller)
        dialect, action = self.ahead.from_dialect, asked.call.action
        payload = dialect.check("result", action, result.payload)
        if asked.call.payload:
            self.bindings.answered(asked.call, self.facts_of(asked, Result(result.id, action, payload)))
        outcome, made = Outcome(), list[Payload | None]()
        for leaf in asked.leaves:
            spoken, losses = self.reply(leaf, payload, asked)
            outcome.spoken.append(Spoken(asked.caller, spoken))
            outcome.losses += losses
            made.append(spoken.payload if isinstance(spoken, Result) else None)
        if made and self.ahead.stateful(action):
            with suppress(Refused):
                asked.passage.results(made, asked.cx)  # for what its flows remember
        return outcome

    def facts_of(self, asked: _Asked, result: Result) -> dict[str, Any]:
        """The facts of a result; a transaction that it names has the number that its call was given."""
        facts = self.ahead.from_dialect.facts(result)
        return {**facts, "transaction": asked.cx.transaction} if "transaction" in facts else facts

    def reply(self, leaf: _Leaf, payload: Payload, asked: _Asked) -> tuple[Result | Error, Sequence[Loss]]:
        """The recorded answer as that of one message that was asked onward."""
        cx = self.mirror_cx(asked.cx.transaction)
        try:
            if leaf.back is None:
                asks = [leaf.call.payload, *reversed(asked.passage.asked)]
                made, losses = self.back.answered(leaf.call.action, asks[: len(self.back.steps)]).result(payload, cx)
            elif leaf.back.action is None:
                made, losses = leaf.back.answer or {}, []
            else:
                given = [payload if action == asked.call.action else None for action, _ in leaf.back.onward()]
                made, losses = leaf.back.results(given, cx)
        except Refused as refused:
            return _error(leaf.call, refused.code, refused.why), []
        return Result(leaf.call.id, leaf.call.action, self.ahead.to_dialect.check("result", leaf.call.action, made)), losses


def _error(call: Call, code: str, why: str, like: Error | None = None) -> Error:
    return Error(call.id, call.action, code, why, like.details if like is not None else {})
