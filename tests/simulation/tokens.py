"""What the back end thinks of tokens, and whether a station may have been told what it was told.

In: questions, what stations heard.  Out: verdicts; findings under the name ``TOKEN``.
Not here: how a verdict is worded.

Tokens that begin with X are blocked; those that begin with V are good until a moment of the day, and have expired then.
"""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

from tests.simulation.asks import DAY

GOOD = "Accepted"
USUAL = ("A1", "A2", "B7", "X9", "V1", "V2", "V3")
LONGEST = 20
"""A longer one goes by another name on the way to a 1.x back end."""


class Tokens:
    """Those of one run."""

    def __init__(self, world: Any, day: float) -> None:
        self.world = world
        chance = random.Random(f"{world.seed} tokens")
        self._ends = {tag: DAY + timedelta(seconds=chance.randint(60, int(day))) for tag in USUAL if tag.startswith("V")}
        self._judged: dict[str, float] = {}  # when the back end last said anything
        self._welcomed: dict[str, float] = {}  # when it last said a good word
        self._learnt: dict[tuple[str, str], float] = {}  # when a station heard what only the back end can have said

    def ending(self, seconds: float) -> str:
        """A token that was never seen, and is good for so long."""
        tag = f"V{1000 + len(self._ends)}"
        self._ends[tag] = DAY + timedelta(seconds=int(self.world.time.now + seconds))
        return tag

    # -- the back end --------------------------------------------------------------------------------------------

    def judged(self, tag: str) -> dict[str, str]:
        """The back end's word: ``status``, and ``until`` in UTC where that is said of a token."""
        end, status = self._ends.get(tag), GOOD
        if end is not None and DAY + timedelta(seconds=self.world.time.now) >= end:
            status = "Expired"
        if tag.startswith("X"):
            status = "Blocked"
        self._judged[tag] = self.world.time.now
        if status == GOOD:
            self._welcomed[tag] = self.world.time.now
        return {"status": status} if end is None else {"status": status, "until": end.strftime("%Y-%m-%dT%H:%M:%SZ")}

    # -- the stations --------------------------------------------------------------------------------------------

    def authorized(self, station: str, tag: str, status: str, since: float) -> None:
        """A station heard what a token may: where the site does not believe all, only the back end can have said a good word."""
        believed = self.world.site.policy.authorize_offline == "accept"
        if status == "Expired" and self._judged.get(tag, 0.0) < since:
            self.world.count("tokens that had expired while the back end was away")
        if status == GOOD and not believed and len(tag) <= LONGEST and not self._may(tag, since):
            self.world.found("TOKEN", f"{station} may charge with {tag}: the back end never said so, or no longer")
        if status in ("Blocked", "Expired") or (status == GOOD and not believed):
            self._learnt[station, tag] = self.world.time.now

    def started(self, station: str, tag: str, status: str, since: float) -> None:
        """A station heard what the token of a start may, which it first told then: no good word if the gateway knew better."""
        if status != GOOD or self.world.site.policy.start_offline == "accept" or len(tag) > LONGEST:
            return
        learnt = self._learnt.get((station, tag))
        if learnt is None or learnt > since or self._lost(learnt):
            return
        self.world.count("starts with a token that the gateway knew")
        if not self._may(tag, since):
            self.world.found("TOKEN", f"{station} may go on charging with {tag}, though it was known that it may not")

    def _lost(self, learnt: float) -> bool:
        """Whether a trouble may have come before it was stored."""
        return any(learnt - 1.0 < trouble < learnt + 10.0 for trouble in self.world.ledger.troubles)

    def _may(self, tag: str, since: float) -> bool:
        """Whether a good word said now, or at any time since then, is right: the back end's own, or what is left of it."""
        welcomed, end = self._welcomed.get(tag), self._ends.get(tag)
        if welcomed is None:
            return False
        return welcomed >= since or end is None or self.world.wall.earliest(since) < end
