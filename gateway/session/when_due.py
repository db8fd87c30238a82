"""What the back end is told when its time has come, unless something comes between: stored, and said until it is heard.

In: the register `DUE`.  Out: the same calls in the lane, a while after their moment.
Not here: what is due, and what takes it back (`gateway.ladder.flows`).

The while is for what the station did before that moment and tells after it: its clock is not ours, and one that was away says
what it kept only when it is back.  For the same reason nothing is said while the station is away, or anything of it waits.  How
long it is until then is worked out once: clocks are set.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from gateway.ladder.registers import DUE
from gateway.messages import Call
from gateway.session.desk import Desk
from gateway.session.lane import Lane
from gateway.session.registration import Registration
from gateway.session.text import moment

A_WHILE = 60.0
TIMER = "due"


class WhenDue:
    """``waiting`` says whether messages of the station wait for the back end."""

    due = True  # the register knows

    def __init__(self, desk: Desk, lane: Lane, registration: Registration, waiting: Callable[[], bool]) -> None:
        self.desk, self.lane, self.registration, self.waiting = desk, lane, registration, waiting
        self._since = 0.0
        self._seen: dict[str, tuple[Any, float]] = {}

    def wait(self) -> None:
        """The station came, or the back end gave no answer: nothing for a while."""
        self._since = self.desk.at.mono

    def backend_gone(self) -> None:
        """Nobody hears it now."""
        self.desk.cancel(TIMER)

    def offer(self) -> bool:
        """Send the next one; if its time has yet to come, be woken then."""
        dues = self.desk.registers.items(DUE)
        first = min(self._all(dues), default=None) if dues else None
        if first is None or not self.desk.present or not self.registration.ready or self.waiting():
            return False
        left, name = first
        if left > 0.0:
            self.desk.timer(TIMER, left, lambda: None)
            return False
        due = self.desk.registers.get(DUE, name)
        call = Call(self.desk.ids(), due["action"], due["payload"])
        self.lane.send(call, lambda answer: self._over(name, due), lambda why: self.wait())
        return True

    def _all(self, dues: Sequence[tuple[str, Any]]) -> Iterator[tuple[float, str]]:
        """Seconds until each is said; what was due to a back end of another dialect is nobody's."""
        self._seen = {name: self._sighted(name, due) for name, due in dues}
        for name, (due, at) in self._seen.items():
            if due["dialect"] == self.desk.backend.name:
                yield A_WHILE + max(at, self._since) - self.desk.at.mono, name

    def _sighted(self, name: str, due: Any) -> tuple[Any, float]:
        known, now = self._seen.get(name), self.desk.at
        if known is not None and known[0] is due:
            return known
        return due, now.mono + ((moment(due["at"]) or now.wall) - now.wall).total_seconds()

    def _over(self, name: str, due: Any) -> None:
        """The back end heard it; not what took its place meanwhile."""
        if self.desk.registers.get(DUE, name) is due:
            self.desk.registers.put(DUE, name, None)
            self.desk.commit_soon(self.desk.registered())
