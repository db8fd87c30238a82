"""What a quirk profile says of calls to its peer: other words to try, how long to wait, what silence means, how long to rest.

In: the session's switches, calls and what came of them.  Out: the next call to try, an answer, seconds.
Not here: the queues of calls (`gateway.session.orders` to the station, `gateway.session.lane` to the back end), how a profile
says it (`gateway.quirks.plans`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from gateway.messages import Answer, Call, Payload, Result
from gateway.session.scenery import Moment


class Plan(Protocol):
    """Other words for one command (`gateway.quirks.plans.Plan`)."""

    def refuses(self, answer: Answer, asked: Payload, moment: Moment) -> bool:
        """Whether that answer is a reason to try on."""

    def payload(self, number: int, asked: Payload, moment: Moment) -> Payload | None:
        """The command in the words of that try; None where there is none."""


class Silence(Protocol):
    """What the silence after a command means (`gateway.quirks.plans.Silence`)."""

    @property
    def after(self) -> float:
        """Seconds of it."""

    @property
    def result(self) -> Payload | None:
        """The answer for which it stands; None where it only fails sooner."""

    def fits(self, asked: Payload, moment: Moment) -> bool:
        """Whether it is foretold of that command."""


class Fallbacks:
    """For the calls to the peer whose ``moment`` it is.  Stateless but for the time at which its last answer came."""

    def __init__(self, moment: Moment) -> None:
        self.moment, self.desk, self.side = moment, moment.desk, moment.side
        self._landed_at: float | None = None

    @property
    def _switches(self) -> Mapping[str, Any]:
        return self.desk.switches if self.side == "station" else self.desk.theirs

    def _of(self, switch: str, action: str) -> Any:
        found: Mapping[str, Any] = self._switches.get(switch) or {}
        return found.get(action)

    def _silence(self, call: Call) -> Silence | None:
        silence: Silence | None = self._of("silence", call.action)
        return silence if silence is not None and silence.fits(call.payload, self.moment) else None

    def landed(self) -> None:
        """The peer answered, or will not."""
        self._landed_at = self.desk.at.mono

    def rest(self) -> float:
        """Seconds until the next call may go."""
        gap = self._switches.get("command_gap")
        return self._landed_at + float(gap) - self.desk.at.mono if gap and self._landed_at is not None else 0.0

    def settling(self, since: float) -> float:
        """Seconds until calls may go, where the boot was answered at that moment."""
        seconds = self._switches.get("hold_calls_until_boot")
        return since + float(seconds) - self.desk.at.mono if seconds is not None else 0.0

    def told(self, settling: float) -> None:
        """A call waits: for the boot and a while more, or for its turn."""
        self.desk.acted("hold_calls_until_boot" if settling > 0 else "command_gap", side=self.side)

    def patience(self, call: Call, usual: float) -> float:
        """Seconds to wait for the answer to a call."""
        silence = self._silence(call)
        return min(usual, silence.after) if silence is not None else usual

    def expects(self, call: Call) -> bool:
        """Whether the silence that a call met is the one that a profile foretells."""
        if self._silence(call) is None:
            return False
        self.desk.acted("silence", call.action, self.side)
        return True

    def silent(self, call: Call) -> Answer | None:
        """The answer that stands for the peer's silence, if a profile has one."""
        silence = self._silence(call)
        return Result(call.id, call.action, silence.result) if silence is not None and silence.result is not None else None

    def next(self, first: Call, tried: int, answer: Answer) -> Call | None:
        """The call in other words, after ``tried`` tries beside the ``first``; None where the answer stands."""
        plan: Plan | None = self._of("fallbacks", first.action)
        if plan is None or not plan.refuses(answer, first.payload, self.moment):
            return None
        payload = plan.payload(tried, first.payload, self.moment)
        if payload is None:
            return None
        self.desk.acted("fallbacks", first.action, self.side)
        return Call(self.desk.ids(), first.action, payload)
