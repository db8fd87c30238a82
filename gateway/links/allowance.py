"""How much one peer may say in a while.  Who says more is not refused: his link is read more slowly, and TCP makes him wait.

In: that something was said, and how long it was.  Out: how long to wait before more is read.
Not here: the waiting (`gateway.links.frames`, `gateway.links.http`, `gateway.links.streams`).

A message costs reading, judging, storing, and the time of all who wait meanwhile.  One station that says as much as it can would
take all of it from the others.  What is priced is the message, and its length beyond a usual one's; a debt is paid by time.

Not a word is lost by it, and none is answered with an error: a transaction message must never be (promise P15), and what kind of
message waits in a connection nobody knows before it was read.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

USUAL, PIECE = 4096, 256
"""Bytes of a message that cost no more than the message; of a longer one each piece of so many more costs as much again."""
IN_A_ROW = 2.0
"""Seconds' worth that may be said at once."""
_MOST_DEBTS = 1000
_MOMENT = 1e-3  # nobody waits for less
_FREE = float("inf")


class Allowance:
    """What one peer may still say."""

    __slots__ = ("_at", "_home", "_left", "host", "path", "told")

    def __init__(self, home: Allowances, host: str, path: str) -> None:
        self._home, self.host, self.path = home, host, path
        self._left, self._at = home.most, home.clock.seconds()
        self.told = False
        """Whether it was told that this peer has to wait."""

    def spend(self, size: int, usual: int = USUAL, piece: int = PIECE) -> bool:
        """Something of so many bytes was said; whether more may be."""
        home = self._home
        now = home.clock.seconds()
        left = self._left + (now - self._at) * home.pace - 1
        if size > usual:
            left -= (size - usual) / piece
        self._left, self._at = min(home.most, left), now
        if left >= 0:
            return True
        home.owed(self)
        return False

    def wait(self) -> float:
        """Seconds until more may be said; 0 where that is now."""
        if self._left >= 0:
            return 0.0
        home = self._home
        seconds = -self._left / home.pace - (home.clock.seconds() - self._at)
        return seconds if seconds > _MOMENT else 0.0

    def end(self) -> None:
        """The connection has ended."""
        if self.wait() > 0:
            self._home.owed(self)


class Allowances:
    """Those of one listener: ``pace`` messages a second, 0 for any number.  ``on_held``: told of a peer that has to wait.

    A debt goes over to the next connection from the same host to the same path.
    """

    def __init__(self, clock: Any, pace: float = 0.0, on_held: Callable[[str, str], None] = lambda host, path: None) -> None:
        self.clock, self.pace, self.on_held = clock, pace, on_held
        self.most = pace * IN_A_ROW if pace else _FREE
        self._debts: dict[tuple[str, str], Allowance] = {}

    def take(self, host: str, path: str) -> Allowance:
        """That of a new connection."""
        found = self._debts.pop((host, path), None) if self._debts else None
        return found or Allowance(self, host, path)

    def owed(self, one: Allowance) -> None:
        """Keep what is not paid yet.  Not only when the connection ends: who is not read is not seen to hang up."""
        if not one.told:
            one.told = True
            self.on_held(one.host, one.path)
        if len(self._debts) >= _MOST_DEBTS:
            self._debts = {key: debt for key, debt in self._debts.items() if debt.wait() > 0}
        if len(self._debts) < _MOST_DEBTS:
            self._debts[one.host, one.path] = one
