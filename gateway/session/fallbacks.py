"""What a quirk profile says of commands: other words to try, how long to wait, what silence means, how long to rest.

In: the session's switches, commands and what came of them.  Out: the next call to try, an answer, seconds.
Not here: the queue of commands (`gateway.session.orders`), how a profile says it (`gateway.quirks.plans`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from gateway.messages import Answer, Call, Payload, Result
from gateway.session.desk import Desk

WHILE = 5.0
"""Seconds from the connect to our own questions."""


class Plan(Protocol):
    """Other words for one command (`gateway.quirks.plans.Plan`)."""

    def refuses(self, answer: Answer, asked: Payload) -> bool:
        """Whether that answer is a reason to try on."""

    def payload(self, number: int, asked: Payload, now: datetime) -> Payload | None:
        """The command in the words of that try; None where there is none."""


class Fallbacks:
    """Stateless but for the moment at which the station's last answer came."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._landed_at: float | None = None

    def _of(self, switch: str, action: str) -> Any:
        found: Mapping[str, Any] = self.desk.switches.get(switch) or {}
        return found.get(action)

    def on_connect(self, send: Callable[[Call], None]) -> None:
        """The station connected: ask in a while what a profile wants to be asked.

        A boot that comes meanwhile is answered first, as before any other command.
        """
        wanted = self.desk.switches.get("ask_on_connect")
        if wanted:
            self.desk.timer("ask-on-connect", WHILE, lambda: self._ask(wanted, send))

    def _ask(self, wanted: Sequence[tuple[str, Payload]], send: Callable[[Call], None]) -> None:
        for action, payload in wanted:
            send(Call(self.desk.ids(), action, payload))

    def landed(self) -> None:
        """The station answered, or will not."""
        self._landed_at = self.desk.at.mono

    def rest(self) -> float:
        """Seconds until the next command may go."""
        gap = self.desk.switches.get("command_gap")
        return self._landed_at + float(gap) - self.desk.at.mono if gap and self._landed_at is not None else 0.0

    def patience(self, call: Call) -> float:
        """Seconds to wait for the answer to a command."""
        silence = self._of("silence", call.action)
        usual = self.desk.policy.station_call
        return min(usual, silence.after) if silence is not None else usual

    def silent(self, call: Call) -> Answer | None:
        """The answer that stands for the station's silence, if a profile has one."""
        silence = self._of("silence", call.action)
        return Result(call.id, call.action, silence.result) if silence is not None and silence.result is not None else None

    def next(self, first: Call, tried: int, answer: Answer) -> Call | None:
        """The command in other words, after ``tried`` tries beside the ``first``; None where the answer stands."""
        plan: Plan | None = self._of("fallbacks", first.action)
        if plan is None or not plan.refuses(answer, first.payload):
            return None
        payload = plan.payload(tried, first.payload, self.desk.at.wall)
        return Call(self.desk.ids(), first.action, payload) if payload is not None else None
