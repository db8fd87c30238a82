"""Messages that kill: a row that was on its way again and again when the link, or this process, died.

In: rows about to go up, and what came of them.  Out: whether a row must wait, and whether it is to be put aside.
Not here: sending, parking (`gateway.session.delivery`).

A lost link is no refusal, and a back end that comes and goes must not make anybody's transaction be put aside.  So only what
points to this very message counts: the link had proved itself (something was answered on it), and died within `AT_ONCE` of the
row's departure; and from the second time on the link must have lived for `CALM` before the row is let onto it again.  A row that
is taken up from the journal is counted before it leaves, since what it does to this process cannot be counted afterwards.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from gateway.journal.contract import Mark
from gateway.session.desk import Desk
from gateway.session.queue import RowItem

AT_ONCE = 2.0
CALM = 2.0
"""Seconds."""
CALM_FROM = 2
"""So many deaths may be chance; from then on the link must be calm first."""
MOST_OLD = 50
"""So many rows from the journal are counted before they leave.  What kills is near the head: those before it were delivered."""
WHY = "it was on its way each time when the link to the back end, or the gateway, died"


class Cuts:
    """One station's.  The count stands in `Row.cuts`; an answer, a refusal too, takes it back to nought."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._old = range(0)  # rows that were there before this session
        self._most_old = MOST_OLD
        self._counted: int | None = None  # the row whose next departure is counted and stored
        self._storing = False
        self._calm = self._proved = False
        self._left = 0.0

    def restore(self, next_seq: int) -> None:
        """The rows below that number were there before this session."""
        self._old = range(next_seq)

    def kills(self, item: RowItem) -> bool:
        """Whether the row is to be put aside."""
        return item.row.cuts >= self.desk.policy.most_cuts and self._counted != item.row.seq

    def waits(self, item: RowItem) -> bool:
        """Whether the row may not leave yet: the link must be calm first, or the count stored."""
        if self._storing:
            return True
        if not item.row.cuts and (item.row.seq not in self._old or not self._most_old):
            return False
        if self.kills(item) or self._counted == item.row.seq:
            return False
        if item.row.cuts >= CALM_FROM and not self._calm:
            if "calm" not in self.desk.deadlines:
                self.desk.timer("calm", CALM, self._is_calm)
            return True
        self._count(item, self._ready)
        self._counted, self._storing = item.row.seq, True
        return True

    def leaves(self, proved: bool) -> None:
        """The row goes up now; ``proved`` says that a boot was answered on this link."""
        self._left, self._proved = self.desk.at.mono, self._proved or proved

    def lands(self, item: RowItem) -> None:
        """It was answered."""
        self._proved = True
        if item.row.cuts or self._counted is not None or item.row.seq in self._old:
            self._harmless(item)

    def fails(self, item: RowItem, why: str, clear: Callable[[], None]) -> None:
        """It got no answer: ``lost`` or ``silent``.  ``clear`` stores the row as it is then, soon."""
        if why == "lost" and self._proved and self.desk.at.mono - self._left <= AT_ONCE:
            if self._counted is None:
                self._count(item, lambda: None)
            self._counted = None
        elif item.row.cuts:
            self._harmless(item)
            clear()

    def link_gone(self) -> None:
        """A new link must prove itself anew."""
        self._calm = self._proved = False
        self.desk.cancel("calm")

    def _harmless(self, item: RowItem) -> None:
        if item.row.seq in self._old:  # rows come in order
            self._old, self._most_old = range(item.row.seq + 1, self._old.stop), max(0, self._most_old - 1)
        self._counted = None
        if item.row.cuts:
            item.row = replace(item.row, cuts=0)

    def _count(self, item: RowItem, then: Callable[[], None]) -> None:
        row = item.row = replace(item.row, cuts=item.row.cuts + 1)
        why = f"on its way when something died, {row.cuts} times" if row.cuts > 1 else ""
        self.desk.commit([Mark(self.desk.station, row.seq, "queued", row.attempts, why=why, cuts=row.cuts)], then)

    def _is_calm(self) -> None:
        self._calm = True

    def _ready(self) -> None:
        self._storing = False
