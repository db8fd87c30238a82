"""The one ordered queue of a station: rows of transaction messages, and states between them.

In: rows, states.  Out: the head.
Not here: sending (`gateway.session.delivery`), storing (`gateway.session.intake`).

Of a long queue the texts stay on the disk, but for the first ones.  States live in memory only.  Where they pile up a newer
state of a connector takes the place of the one before it, but never across a start, a stop or another event of a transaction
on that connector, and never where its charging state changed.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from gateway.journal.contract import MOST_TEXT, Row
from gateway.ladder.facts import Facts
from gateway.messages import Call
from gateway.session.asks import Asked
from gateway.session.text import from_text
from gateway.session.trip import Trip

CHARGING = ("occupied", "charging", "suspended_ev", "suspended_evse")
KEPT_CALLS = 8
FEW = 8
"""So many states of a station may wait in a queue that flows before they are coalesced."""


@dataclass(slots=True, eq=False)
class RowItem:
    """A row in the queue, with the station's calls that wait for it.

    ``call`` is its message where it is still at hand (else it is read from the row); ``connector`` is what it is about,
    None where that is unknown; ``content`` says that the back end's answer matters to the station; ``hasty`` that a
    waiting call is past its deadline.  ``trip`` is what it became on the ladder, once it was the head.  ``weight`` is what its
    text weighs in memory, ``waiting`` whether it is in the queue.
    """

    row: Row
    call: Call | None = None
    connector: int | None = None
    content: bool = False
    committed: bool = False
    flying: bool = False
    hasty: bool = False
    trip: Trip | None = None
    weight: int = 0
    waiting: bool = False
    asks: list[Asked] = field(default_factory=list)

    @property
    def thin(self) -> bool:
        """Whether its text must be read from the journal before it can go."""
        return not self.row.payload

    def message(self) -> Call:
        """The station's message, the gateway's transaction id in it."""
        return self.call or Call("", self.row.action, from_text(self.row.payload))


@dataclass(slots=True, eq=False)
class StateItem:
    """A state in the queue.  ``facts`` are those of the moment when it came."""

    call: Call
    connector: int | None
    state: str | None
    facts: Facts
    flying: bool = False
    trip: Trip | None = None

    @property
    def movable(self) -> bool:
        """Whether a newer state may still take its place: not once the ladder has put it down in a register."""
        return not self.flying and (self.trip is None or not self.trip.writes)


Item: TypeAlias = RowItem | StateItem


class Queue:
    """In order of arrival."""

    def __init__(self, most_states: int) -> None:
        self.most_states = most_states
        self._items: deque[Item] = deque()
        self._rows = self._weight = 0
        self._of: Counter[int] = Counter()  # rows by transaction

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[Item]:
        return iter(self._items)

    @property
    def head(self) -> Item | None:
        """What goes next."""
        return self._items[0] if self._items else None

    def rows(self) -> Iterator[RowItem]:
        """The rows, in order."""
        return (item for item in self._items if isinstance(item, RowItem))

    def ends(self, transaction: int) -> bool:
        """Whether the end of a transaction waits here."""
        return self.has(transaction) and any(i.row.role == "stop" and i.row.transaction == transaction for i in self.rows())

    def has(self, transaction: int) -> bool:
        """Whether a transaction has rows."""
        return self._of[transaction] > 0

    def add_row(self, item: RowItem) -> None:
        """Append a row.  Its message is kept beside it only while the queue is short."""
        if self._rows >= KEPT_CALLS:
            item.call = None
        self._items.append(item)
        item.waiting = True
        self._count(item, 1)

    def lighten(self, item: RowItem) -> None:
        """A row is stored and nobody waits for it: its texts stay in memory only as far as `MOST_TEXT` goes."""
        if not item.waiting or item.weight or item is self._items[0]:  # the head goes next, and takes its texts along
            return
        item.weight = len(item.row.payload)
        item.row = replace(item.row, raw="")
        self._weight += item.weight
        if self._weight > MOST_TEXT and item is not self.head:
            self._weight -= item.weight
            item.row, item.call, item.weight = replace(item.row, payload=""), None, 0

    def fill(self, payloads: Mapping[int, str]) -> None:
        """The journal gave texts back."""
        for item in self.rows():
            if item.thin and item.row.seq in payloads:
                item.row = replace(item.row, payload=payloads[item.row.seq])
                item.weight = len(item.row.payload)
                self._weight += item.weight

    def add_state(self, item: StateItem, flowing: bool = False) -> str | None:
        """Append a state; ``coalesced`` if it replaced one, ``dropped`` if the oldest had to go.

        While the queue is ``flowing`` a few may wait unchanged: only what piles up is coalesced.
        """
        before = None if flowing and self.states < FEW else self._replaceable(item)
        if before is not None:
            self._items.remove(before)
            self._items.append(item)
            return "coalesced"
        self._items.append(item)
        if self.states > self.most_states:
            self._items.remove(next(i for i in self._items if isinstance(i, StateItem) and i.movable))
            return "dropped"
        return None

    @property
    def states(self) -> int:
        """How many states wait."""
        return sum(1 for item in self._items if isinstance(item, StateItem) and item.movable)

    def remove(self, item: Item) -> None:
        """Take something out."""
        self._items.remove(item)
        if isinstance(item, RowItem):
            self._count(item, -1)
            self._weight -= item.weight
            item.waiting, item.weight = False, 0

    def _count(self, item: RowItem, change: int) -> None:
        self._rows += change
        if item.row.transaction is not None:
            self._of[item.row.transaction] += change
            if not self._of[item.row.transaction]:
                del self._of[item.row.transaction]

    def may_wait(self, item: RowItem) -> bool:
        """Whether a call may be held for this row: never refused, and no row before it but one that the back end has."""
        first = [row for row, _ in zip(self.rows(), range(2), strict=False)]
        return item in first and not item.row.attempts and (item is first[0] or (first[0].flying and not first[0].row.attempts))

    def _replaceable(self, item: StateItem) -> StateItem | None:
        for other in reversed(self._items):
            if isinstance(other, RowItem):
                if other.row.role != "meter" and other.connector in (None, item.connector):
                    return None
            elif other.connector == item.connector:
                same = charging(other.state) == charging(item.state)
                return other if same and other.movable else None
        return None


def charging(state: str | None) -> str | None:
    """What a state says of the energy: its own name if it flows or is held back, else nothing."""
    return state if state in CHARGING else None
