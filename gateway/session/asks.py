"""The station's open calls: each is answered at most once, and never over another link than it came by.

In: calls, and answers to them.  Out: `AnswerStation`.
Not here: what the answer is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from gateway.dialects.errors import PeerError
from gateway.messages import Answer, Call, Error, Result
from gateway.session import commands as do
from gateway.session.desk import Desk


class Asked(Struct, eq=False):
    """A call of the station that waits.  ``raw`` is its text as it came, ``since`` when (monotonic).

    ``wants`` is what a transaction message waits for: ``ack`` or ``content``; None for any other message.  ``limited`` says that
    it has a deadline.
    """

    call: Call
    role: str | None
    raw: str
    since: float
    wants: str | None = None
    open: bool = True
    limited: bool = False


class Asks:
    """The ledger of open calls, by message id."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._open: dict[str, Asked] = {}

    def __len__(self) -> int:
        return len(self._open)

    def take(self, call: Call, raw: str) -> Asked | None:
        """Enter a call; None if the very same one is open already: its answer serves both."""
        before = self._open.get(call.id)
        if before is not None:
            self.desk.note("stray", f"the id {call.id} is open", peer="station", kind="call")
            if before.open and before.call == call:
                return None
            self._forget(before)
        role, wants = self.desk.dialect.place_of(call)
        asked = Asked(call, role, raw, self.desk.at.mono, wants)
        self._open[call.id] = asked
        return asked

    def within(self, asked: Asked, late: Callable[[Asked], None]) -> None:
        """Run ``late`` if the call is still open when `Policy.answer_within` has passed."""
        waited, asked.limited = self.desk.at.mono - asked.since, True
        self.desk.timer(f"answer:{asked.call.id}", self.desk.policy.answer_within - waited, lambda: late(asked))

    def reply(self, asked: Asked, answer: Answer, outcome: str) -> bool:
        """Answer, if it is still open.  ``outcome`` is for the count."""
        if not asked.open:
            return False
        asked.open = False
        if asked.limited:
            self.desk.cancel(f"answer:{asked.call.id}")
        self.desk.ended("up", self.desk.dialect, asked.call, outcome)
        if isinstance(answer, Result):
            answer = Result(asked.call.id, asked.call.action, answer.payload)
        else:
            answer = replace(answer, id=asked.call.id, action=asked.call.action)
        delay = self._delay(asked) if self.desk.switches else 0.0
        if delay > 0:
            self.desk.acted("delay_answer", asked.role)
            self.desk.timer(f"delay:{asked.call.id}", delay, lambda: self._speak(asked, answer))
        else:
            self._speak(asked, answer)
        return True

    def result(self, asked: Asked, outcome: str, **facts: Any) -> bool:
        """Answer with a result made of facts."""
        if not asked.open:
            return False
        try:
            return self.reply(asked, self.desk.dialect.result_of(asked.call, **facts), outcome)
        except PeerError as error:  # the dialect's file has no default for what the facts do not fill
            return self.reply(asked, Error(asked.call.id, asked.call.action, "InternalError", error.why), outcome)

    def unreachable(self, asked: Asked, outcome: str = "local") -> bool:
        """Answer that the back end cannot be asked."""
        why = "the back end cannot be reached"
        return self.reply(asked, Error(asked.call.id, asked.call.action, "InternalError", why), outcome)

    def void(self) -> None:
        """The link is gone: nobody waits for these answers."""
        for asked in list(self._open.values()):
            self._forget(asked)

    def _delay(self, asked: Asked) -> float:
        return float(self.desk.switches.get("delay_answer", {}).get(asked.role, 0))

    def _speak(self, asked: Asked, answer: Answer) -> None:
        self._open.pop(asked.call.id, None)
        self.desk.say(do.AnswerStation(answer))

    def _forget(self, asked: Asked) -> None:
        asked.open = False
        self._open.pop(asked.call.id, None)
        self.desk.cancel(f"answer:{asked.call.id}")
        self.desk.cancel(f"delay:{asked.call.id}")
