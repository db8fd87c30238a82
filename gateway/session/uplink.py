"""The link to the back end: a small machine, and how long it waits between tries.

In: words such as ``want``, ``up``, ``down``.  Out: `OpenUplink`, `CloseUplink`, a timer.
Not here: what is said over it (`gateway.session.lane`), or when it is wanted (`gateway.session.session`).
"""

from __future__ import annotations

from gateway.session import commands as do
from gateway.session.desk import Desk

STEPS: dict[tuple[str, str], tuple[str, str]] = {
    # state, word → state, deed
    ("closed", "want"): ("opening", "open"),
    ("closed", "drop"): ("closed", ""),
    ("opening", "want"): ("opening", ""),
    ("opening", "up"): ("up", "greet"),
    ("opening", "down"): ("waiting", "back_off"),
    ("opening", "drop"): ("closed", "hang_up"),
    ("up", "want"): ("up", ""),
    ("up", "down"): ("waiting", "back_off"),
    ("up", "drop"): ("closed", "hang_up"),
    ("up", "recycle"): ("waiting", "renew"),
    ("waiting", "want"): ("waiting", ""),
    ("waiting", "retry"): ("opening", "open"),
    ("waiting", "drop"): ("closed", "forget"),
}


class Uplink:
    """``state`` is closed, opening, up or waiting (for the next try)."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.state = "closed"
        self.up = False
        """Whether the link stands."""
        self.tries = 0
        self.asked = 0.0
        """Seconds for which the back end asks to be left alone."""

    def hear(self, word: str, why: str = "", after: float = 0.0) -> bool:
        """Go one step; false if the word means nothing in this state.  ``after`` is what the back end asked for with it."""
        step = STEPS.get((self.state, word))
        if step is None:
            self.desk.note("stray", f"uplink {self.state}: {word} {why}".strip(), peer="gateway", kind="event")
            return False
        self.asked = after
        self.state, deed = step
        self.up = self.state == "up"
        if deed:
            getattr(self, f"_{deed}")(why)
        return True

    def steady(self) -> None:
        """The station was accepted over it: forget the past failures once that lasted."""
        if self.tries and "uplink-stable" not in self.desk.deadlines:
            self.desk.timer("uplink-stable", self.desk.policy.uplink_stable, self._calm)

    def wait(self) -> float:
        """Seconds until the next try; 2.0.1 part 4, 5.3 has this shape."""
        policy = self.desk.policy
        doubled: float = policy.uplink_wait_min * 2.0 ** min(self.tries, policy.uplink_wait_doublings)
        asked = min(self.asked, policy.most_retry_after)
        return max(doubled, asked) + self.desk.rng.uniform(0, policy.uplink_random)

    def _calm(self) -> None:
        self.tries = 0

    def _open(self, why: str) -> None:
        self.desk.say(do.OpenUplink())

    def _greet(self, why: str) -> None:
        self.desk.note("uplink", why, change="up")

    def _back_off(self, why: str) -> None:
        self.desk.note("uplink", why, change="down")
        self._later()

    def _renew(self, why: str) -> None:
        self.desk.say(do.CloseUplink(why))
        self.desk.note("uplink", why, change="recycled")
        self._later()

    def _later(self) -> None:
        self.desk.cancel("uplink-stable")
        self.desk.timer("uplink-retry", self.wait(), self._retry)
        self.tries += 1

    def _retry(self) -> None:
        self.hear("retry")

    def _hang_up(self, why: str) -> None:
        self.desk.say(do.CloseUplink(why))
        self._forget(why)

    def _forget(self, why: str) -> None:
        self.desk.cancel("uplink-stable")
        self.desk.cancel("uplink-retry")
        self.desk.note("uplink", why, change="closed")
