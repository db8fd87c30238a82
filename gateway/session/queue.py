"""The one ordered queue of a station: rows of transaction messages, and states between them.

In: rows, states.  Out: the head.
Not here: sending (`gateway.session.delivery`), storing (`gateway.session.intake`).

Of a long queue only the first rows are in memory; those behind them are in the journal alone, and come back from there in their
order.  States live in memory only.  Where they pile up a newer state of a connector takes the place of the one before it, but
never across a start, a stop or another event of a transaction on that connector, and never where its charging state changed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from gateway.journal.contract import MOST_TEXT, WINDOW, Row
from gateway.ladder.facts import Facts
from gateway.messages import Call
from gateway.session.asks import Asked
from gateway.session.text import from_text
from gateway.session.trip import Trip

CHARGING = ("occupied", "charging", "suspended_ev", "suspended_evse")
FEW = 8
"""So many states of a station may wait in a queue that flows before they are coalesced."""


class RowItem(Struct, eq=False):
    """A row in the queue, with the station's calls that wait for it.

    ``live`` says that it came while all flowed, and waits for nothing older.  ``call`` is its message where it is still at hand
    (else it is read from the row); ``connector`` is what it is about, None where that is unknown; ``content`` says that the back
    end's answer matters to the station; ``hasty`` that a waiting call is past its deadline.  ``trip`` is what it became on the
    ladder, once it was the head.  ``here`` says that it is in the part of the queue that is in memory.
    """

    row: Row
    call: Call | None = None
    connector: int | None = None
    content: bool = False
    committed: bool = False
    flying: bool = False
    hasty: bool = False
    trip: Trip | None = None
    here: bool = False
    live: bool = False
    asks: list[Asked] = []

    def message(self) -> Call | None:
        """The station's message, the gateway's transaction id in it; None where something else has written the file."""
        if self.call is None:
            try:
                payload = from_text(self.row.payload)
            except ValueError:
                return None
            self.call = Call("", self.row.action, payload) if isinstance(payload, dict) else None
        return self.call


class StateItem(Struct, eq=False):
    """A state or a notice in the queue.  ``facts`` are of the moment when it came, ``after`` is the number of the row before it.

    ``fixed`` says that no newer one takes its place: it is a notice, or a row is between them that is not in memory.
    """

    call: Call
    connector: int | None
    state: str | None
    facts: Facts
    flying: bool = False
    trip: Trip | None = None
    after: int = 0
    fixed: bool = False
    live: bool = False

    @property
    def movable(self) -> bool:
        """Whether it may be dropped for a newer state: not once the ladder has put it down in a register."""
        return not self.flying and (self.trip is None or not self.trip.writes)


Item: TypeAlias = RowItem | StateItem


class Queue:
    """In order of arrival."""

    def __init__(self, most_states: int) -> None:
        self.most_states = most_states
        self._items: list[Item] = []
        self._behind: list[StateItem] = []  # states that came after rows which are not in memory
        self.absent: int | None = None
        """The number from which on rows are in the journal alone; None where all are here."""
        self.last = 0
        """The number of the last row that came."""
        self._rows = self._weight = 0
        self._of: Counter[int] = Counter()  # rows by transaction

    def __bool__(self) -> bool:
        return bool(self._items or self._behind) or self.absent is not None

    def __iter__(self) -> Iterator[Item]:
        return iter([*self._items, *self._behind])

    @property
    def head(self) -> Item | None:
        """What goes next, if that is in memory."""
        return self._items[0] if self._items else None

    @property
    def live(self) -> bool:
        """Whether all that waits is live: what comes next may be so, too."""
        return self.absent is None and (not self._items or self._items[-1].live)

    def age(self) -> None:
        """The link is gone: what waits now is the past."""
        for item in self._items:
            item.live = False

    @property
    def low(self) -> bool:
        """Whether the rows in memory come to their end, and others wait in the journal."""
        return self.absent is not None and self._rows <= 1

    def rows(self) -> Iterator[RowItem]:
        """The rows in memory, in order."""
        return (item for item in self._items if isinstance(item, RowItem))

    def has(self, transaction: int) -> bool:
        """Whether a transaction has rows in memory."""
        return self._of[transaction] > 0

    def add_row(self, item: RowItem) -> None:
        """A row came; it stays in memory where there is room."""
        self.last = item.row.seq
        full = self._rows >= WINDOW or (self._rows and self._weight + len(item.row.payload) > MOST_TEXT)
        if self.absent is not None or full:
            self._leave_out(item)
        else:
            self._append(item)

    def restore(self, items: Sequence[RowItem], more: bool, last: int) -> None:
        """What the journal holds from before; the first row is kept, the others are read when it is their turn."""
        self.last = last
        for item in items[:1]:
            self._append(item)
        if items[1:] or more:
            self.absent = items[0].row.seq + 1

    def fill(self, items: Sequence[RowItem], absent: int | None) -> None:
        """The journal gave the next rows; from number ``absent`` on there may be others."""
        for item in items:
            self._come(item.row.seq)
            self._append(item)
        self.absent = absent
        if absent is None:
            self._come(self.last + 1)

    def lighten(self, item: RowItem, flowing: bool) -> None:
        """A row is stored, and nobody waits for it.  Where nothing flows only the first one need be in memory."""
        if not item.here or (flowing and item is self._items[0]):
            return
        item.row = replace(item.row, raw="")
        if flowing:
            return
        item.call = None
        if item is not self._items[0] and item is next(one for one in reversed(self._items) if isinstance(one, RowItem)):
            while isinstance(last := self._items[-1], StateItem):
                self._behind.insert(0, last)
                self._items.pop()
            self._items.pop()
            self._count(item, -1)
            self._leave_out(item)

    def _append(self, item: RowItem) -> None:
        self._items.append(item)
        self._count(item, 1)

    def _leave_out(self, item: RowItem) -> None:
        self.absent = min(item.row.seq, self.absent or item.row.seq)
        for state in self._behind:
            if state.after < item.row.seq and item.row.role != "meter" and item.connector in (None, state.connector):
                state.fixed = True

    def _come(self, before: int) -> None:
        """States from before that row take their place in memory."""
        while self._behind and self._behind[0].after < before:
            self._items.append(self._behind.pop(0))

    def add_state(self, item: StateItem, flowing: bool = False) -> str | None:
        """Append a state; ``coalesced`` if it replaced one, ``dropped`` if the oldest had to go.

        While the queue is ``flowing`` a few may wait unchanged: only what piles up is coalesced.
        """
        item.after = self.last
        line: list[Any] = self._items if self.absent is None else self._behind
        before = None if item.fixed or (flowing and self.states < FEW) else self._replaceable(item, line)
        if before is not None:
            line.remove(before)
        line.append(item)
        if before is None and self.states > self.most_states:
            self.remove(next(one for one in self if isinstance(one, StateItem) and one.movable))
            return "dropped"
        return "coalesced" if before is not None else None

    @property
    def states(self) -> int:
        """How many states wait."""
        return sum(1 for item in self if isinstance(item, StateItem) and item.movable)

    def remove(self, item: Item) -> None:
        """Take something out."""
        if isinstance(item, RowItem):
            self._items.remove(item)
            self._count(item, -1)
        else:
            (self._items if item in self._items else self._behind).remove(item)

    def _count(self, item: RowItem, change: int) -> None:
        self._rows += change
        self._weight += change * len(item.row.payload)
        item.here = change > 0
        if item.row.transaction is not None:
            self._of[item.row.transaction] += change
            if not self._of[item.row.transaction]:
                del self._of[item.row.transaction]

    def may_wait(self, item: RowItem) -> bool:
        """Whether a call may be held for this row: never refused, and no row before it but one that the back end has."""
        first = [row for row, _ in zip(self.rows(), range(2), strict=False)]
        return item in first and not item.row.attempts and (item is first[0] or (first[0].flying and not first[0].row.attempts))

    def _replaceable(self, item: StateItem, line: list[Any]) -> StateItem | None:
        for other in reversed(line):
            if isinstance(other, RowItem):
                if other.row.role != "meter" and other.connector in (None, item.connector):
                    return None
            elif other.connector == item.connector:
                same = charging(other.state) == charging(item.state)
                return other if same and other.movable and not other.fixed else None
        return None


def charging(state: str | None) -> str | None:
    """What a state says of the energy: its own name if it flows or is held back, else nothing."""
    return state if state in CHARGING else None
