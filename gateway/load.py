"""How far the gateway is behind, and what it gives up then: least needed first, what was read of a transaction never.

In: commits that were asked for and answered, how late the reactor is.  Out: a level, 0 to 4.
Not here: giving something up (`gateway.session`, `gateway.doors`, `gateway.server`).
"""

from __future__ import annotations

from collections.abc import Callable

ERRANDS, STATES, DOORS, READS = 1, 2, 3, 4
"""From which level on: data transfer, diagnostics and the like are refused; states are coalesced; nobody new is let in; nothing
is read."""

LATE = (0.25, 0.5, 1.0, 2.0)
"""Seconds by which the reactor is late, for each level."""
COMMITS = (1000, 2000, 4000, 8000)
"""Commits that wait for the disk, for each level; well below `gateway.journal.threaded.MOST_WAITING`."""


class Load:
    """``commits`` is counted by the conversations; `look` is called now and then."""

    def __init__(self, on_level: Callable[[int], None] = lambda level: None) -> None:
        self.commits = 0
        self.level = 0
        self.on_level = on_level
        self._late = 0.0

    def look(self, late: float) -> None:
        """Up at the second look that is late, for a machine may stand still for a moment; down by one a look: what was just given
        up is not taken back in the same breath."""
        lasting, self._late = min(late, self._late), late
        now = sum(lasting >= bound or self.commits >= most for bound, most in zip(LATE, COMMITS, strict=True))
        before, self.level = self.level, max(now, self.level - 1)
        if self.level != before:
            self.on_level(self.level)
