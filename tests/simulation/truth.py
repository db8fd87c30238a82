"""The independent ledger: what each station truly did, what the back end was told, and whether the two agree.

In: what stations do (from themselves), what reaches the back end (from its books), troubles that excuse a repetition.
Out: findings, each under the name of the invariant that it breaks.
Not here: any line of the gateway; who, when and how much are compared as moments and exact decimals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

Reading = tuple[datetime | None, Decimal, str, str]
"""When, value, unit, measurand."""


@dataclass(eq=False)
class Session:
    """One transaction as it truly was."""

    station: str
    connector: int
    tag: str
    begun: str
    meter_start: int
    number: int
    id: Any = None
    """As the station was told."""
    token: bool = False
    """Whether the station names it by something meaningless (-1, 0)."""
    ended: str | None = None
    meter_stop: int | None = None
    nameless: bool = False
    """Whether it has begun, and nobody knows yet for whom."""
    told: list[Any] = field(default_factory=list)
    events: int = 0
    """How many messages it had so far."""


@dataclass(eq=False)
class Item:
    """One message that a station must deliver.  ``sign`` is a text that stands in no other message of the run."""

    kind: str
    station: str
    order: int
    session: Session | None
    sign: str
    fields: dict[str, Any]
    sends: int = 0
    errors: int = 0
    asked: float | None = None
    acked: float | None = None
    booked: float | None = None
    parked: bool = False
    copies: list[Copy] = field(default_factory=list)
    readings: tuple[Reading, ...] = ()
    poisoned: bool = False
    receipts: dict[int, datetime] = field(default_factory=dict)
    """What stands for a time that was none: by its place, the moment itself first and then those of the readings."""


@dataclass(eq=False)
class Copy:
    """One arrival at the back end.  ``sent`` is when the gateway wrote it, ``heard`` when it had the answer whole, ``error``
    that this was an error."""

    sent: float
    heard: float | None = None
    error: bool = False


@dataclass(eq=False)
class Booking:
    """A transaction in the back end's books."""

    id: Any
    session: Session
    start: Item
    items: list[Item] = field(default_factory=list)
    stop: Item | None = None


def moment(text: str) -> datetime:
    """A time on the wire as a moment; without a zone where it names none."""
    read = datetime.fromisoformat(text)
    return read.astimezone(UTC) if read.tzinfo is not None else read


def own_moment(text: str) -> datetime | None:
    """A time as a station told it: in UTC where it names no zone, None where it is none."""
    try:
        return in_utc(moment(text))
    except (ValueError, OverflowError):
        return None


def in_utc(when: datetime) -> datetime:
    """What names no zone is UTC."""
    return when if when.tzinfo is not None else when.replace(tzinfo=UTC)


class Ledger:
    """Truth and books.  ``found`` takes the name of a broken invariant and words."""

    PATIENCE = 25.0
    """An answer that came later than this after its call may have come too late."""

    def __init__(
        self,
        now: Callable[[], float],
        found: Callable[[str, str], None],
        count: Callable[[str], None],
        showed: Callable[[datetime, float], bool],
    ) -> None:
        self.now, self.found, self.count, self.showed = now, found, count, showed
        self.items: dict[str, list[Item]] = {}
        self.sessions: list[Session] = []
        self.bookings: dict[str, dict[Any, Booking]] = {}
        self.troubles: list[float] = []
        self.window = 0.5
        self.waiting: dict[Item, None] = {}
        """Acknowledged, and not in the books yet."""
        self.undone = 0
        """Items that are not acknowledged or not booked."""
        self._by_content: dict[tuple[Any, ...], Item] = {}
        self._last: dict[str, int] = {}
        self._ids: dict[tuple[str, Any], Session] = {}
        self._names: dict[tuple[Any, ...], Any] = {}
        self.renumbered = False
        """Whether the back end counts the station's places otherwise than the station."""
        self.passing = False
        """Whether messages pass as they are: a time without a zone stays one."""

    # -- what stations do ----------------------------------------------------------------------------------------

    def session(self, station: str, connector: int, tag: str, begun: str, meter: int) -> Session:
        """A transaction begins."""
        made = Session(station, connector, tag, begun, meter, len(self.sessions))
        self.sessions.append(made)
        return made

    def item(self, kind: str, station: str, session: Session | None, sign: str, **fields: Any) -> Item:
        """A station has something to tell."""
        mine = self.items.setdefault(station, [])
        made = Item(kind, station, len(mine), session, sign, fields)
        made.readings = readings_of(fields.get("readings", ()))
        mine.append(made)
        if None in moments(fields, made.readings, own_moment):
            self.count("messages with a time that is none")
        if kind == "plug":  # 1.x has no word for it: it is told by the start that follows
            made.booked = self.now()
        content = content_of(kind, station, fields, made.readings)
        assert content not in self._by_content, "the simulation must say each thing once"
        self._by_content[content] = made
        self.undone += 1
        return made

    def told(self, item: Item, id: Any) -> None:
        """The station was told the id of its transaction."""
        session = item.session
        assert session is not None
        if any(id != other for other in session.told):
            self.found("INV2", f"{item.station} was told {id} for a start that it was told {session.told[-1]} for before")
        if not isinstance(id, int) or id <= 0:
            self.found("INV2", f"{item.station} was told {id!r}: no id that every station can name")
        owner = self._ids.setdefault((item.station, id), session)
        if owner is not session:
            self.found("INV2", f"{item.station} was told {id} for session {session.number}: that is session {owner.number}'s")
        session.told.append(id)

    def acknowledged(self, item: Item) -> None:
        """The station heard a good answer."""
        if item.acked is None:
            item.acked = self.now()
            if item.booked is None:
                self.waiting[item] = None
            else:
                self.undone -= 1

    # -- what the back end hears ---------------------------------------------------------------------------------

    def arrived(self, kind: str, station: str, fields: dict[str, Any], readings: tuple[Reading, ...], sent: float) -> Item | None:
        """A message of a transaction came.  It must be one that the station truly said."""
        item = self.of(kind, station, fields, readings)
        if item is None:
            self.found("INV4", f"the back end heard of {station} what it never said: {kind} {fields} {readings}")
            return None
        self._same(item, "connector", fields.get("connector"), self.renumbered)
        self._same(item, "tag", fields.get("tag") if kind == "start" else None, len(item.fields.get("tag", "")) > 20)
        if not all(self._excused(item, copy, sent) for copy in item.copies):
            self.found("INV2", f"{kind} {item.sign} of {station} came again although its answer had been heard")
        if item.copies:
            self.count("doubles on the wire")
        item.copies.append(Copy(sent))
        return item

    def of(self, kind: str, station: str, fields: dict[str, Any], readings: tuple[Reading, ...]) -> Item | None:
        """The item that says this."""
        item = self._by_content.get(content_of(kind, station, fields, readings))
        return item if item is not None and self._timely(item, moments(fields, readings, moment)) else None

    def _timely(self, item: Item, heard: list[datetime | None]) -> bool:
        """Whether these are its times; for one that is none a time at which the gateway can have received it, always the same."""
        said = moments(item.fields, item.readings, own_moment)
        for place, (mine, theirs) in enumerate(zip(said, heard, strict=True)):
            theirs = in_utc(theirs) if self.passing and theirs is not None else theirs
            if mine is None and item.asked is not None and theirs is not None and self.showed(theirs, item.asked):
                mine = item.receipts.setdefault(place, theirs)
            if mine != theirs:
                return False
        return True

    def _same(self, item: Item, name: str, heard: Any, renamed: bool) -> None:
        """A place or a tag is what the station said; where it must be renamed, always to the same and none other is."""
        said = item.fields.get(name)
        if heard is None or said is None:
            return
        if not renamed and heard != said:
            self.found("INV4", f"{item.kind} {item.sign} of {item.station} had the {name} {said}, and {heard} was heard")
        pair = (
            self._names.setdefault((item.station, name, 0, said), heard),
            self._names.setdefault((item.station, name, 1, heard), said),
        )
        if pair != (heard, said):
            self.found(
                "INV4", f"the {name} {said} of {item.station} was {pair[0]} before, and is {heard} now, which was {pair[1]}"
            )

    def _excused(self, item: Item, copy: Copy, sent: float) -> bool:
        """Whether a gateway that got this far with a copy may have sent another one then."""
        if copy.heard is None or copy.heard >= sent or copy.error or copy.heard - copy.sent > self.PATIENCE:
            return True
        return any(copy.sent - 0.01 <= trouble <= copy.heard + self.window for trouble in self.troubles)

    def booked(self, item: Item) -> None:
        """It is in the books: for the first time, so its place in the order counts."""
        if item.booked is not None:
            return
        item.booked = self.now()
        before = self._last.get(item.station, -1)
        if item.order < before:
            self.found("INV3", f"{item.kind} {item.sign} of {item.station} is number {item.order}, and came after {before}")
        self._last[item.station] = max(before, item.order)
        self.waiting.pop(item, None)
        if item.acked is not None:
            self.undone -= 1

    def book_start(self, item: Item, new_id: Callable[[], Any]) -> Booking:
        """Enter a start; an open one with the same natural key is the same."""
        mine = self.bookings.setdefault(item.station, {})
        for booking in mine.values():
            if booking.start is item:
                stop = booking.stop
                if stop is not None and item.copies[-1].sent > stop.copies[0].sent:
                    self.found("INV2", f"start {item.sign} of {item.station} came again after its stop")
                return booking
        assert item.session is not None
        made = Booking(new_id(), item.session, item)
        mine[made.id] = made
        self.booked(item)
        return made

    def book_more(self, item: Item, id: Any) -> None:
        """Enter a reading or a stop under a transaction."""
        booking = self.bookings.get(item.station, {}).get(id)
        if item.session is None:
            if id is not None:
                self.found("INV4", f"{item.kind} {item.sign} of {item.station} belongs to no transaction, and came for {id}")
            self.booked(item)
            return
        if booking is None:
            self.found("INV2", f"{item.kind} {item.sign} of {item.station} came for {id}, which is no transaction of its")
            return
        if booking.session is not item.session:
            mine, theirs = item.session.number, booking.session.number
            self.found("INV4", f"{item.kind} {item.sign} of {item.station}, session {mine}, is booked to session {theirs}")
            return
        if item.booked is None:
            if booking.stop is not None:
                self.found("INV3", f"{item.kind} {item.sign} of {item.station} came after the stop")
            booking.items.append(item)
            if item.kind == "stop":
                booking.stop = item
        self.booked(item)

    # -- at the end ----------------------------------------------------------------------------------------------

    def everything(self) -> Iterator[Item]:
        """All items of all stations."""
        for mine in self.items.values():
            yield from mine

    def forgive(self, item: Item) -> None:
        """It was put aside, and rightly so."""
        if not item.parked:
            item.parked = True
            if item.booked is None:
                self.undone -= 1
                self.waiting.pop(item, None)

    def compare(self) -> None:
        """Every transaction once, whole, with its own energy."""
        for item in self.everything():
            if item.acked is None:
                self.found("INV5", f"{item.kind} {item.sign} of {item.station} was never acknowledged")
            if item.booked is None and not item.parked:
                self.found("INV1", f"{item.kind} {item.sign} of {item.station} was acknowledged and is lost")
        for session in self.sessions:
            self._compare(session)

    def _compare(self, session: Session) -> None:
        found = [b for b in self.bookings.get(session.station, {}).values() if b.session is session]
        said = [i for i in self.items[session.station] if i.session is session and not i.parked and i.kind != "plug"]
        if len(found) != (1 if said else 0):
            self.found("INV2", f"session {session.number} of {session.station} has {len(found)} transactions in the books")
            return
        for booking in found:
            if [booking.start, *booking.items] != said:
                self.found("INV4", f"session {session.number} of {session.station} is not booked as it was")


def readings_of(said: Any) -> tuple[Reading, ...]:
    """A station's readings as comparable values."""
    return tuple((own_moment(when), Decimal(value), unit, measurand) for when, value, unit, measurand in said)


def plain(reading: Reading) -> tuple[Decimal, str, str]:
    """Value, unit, measurand in units without a kilo: how it is written is nobody's business."""
    _, value, unit, measurand = reading
    return (value * 1000, unit[1:], measurand) if unit.startswith("k") else (value, unit, measurand)


def content_of(kind: str, station: str, fields: dict[str, Any], readings: tuple[Reading, ...]) -> tuple[Any, ...]:
    """What a message says of how much, whatever ids and names it carries: the simulation says each thing once."""
    meter = Decimal(fields["meter"]) if fields.get("meter") is not None else None
    return kind, station, meter, tuple(plain(one) for one in readings)


def moments(
    fields: dict[str, Any], readings: tuple[Reading, ...], read: Callable[[str], datetime | None]
) -> list[datetime | None]:
    """What a message says of when: of itself, and of each reading."""
    return [*([read(fields["when"])] if "when" in fields else []), *(when for when, _, _, _ in readings)]
