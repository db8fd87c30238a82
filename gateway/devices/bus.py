"""One line to stations with a protocol of their own: bytes become records of one station or another, letters become bytes.

In: bytes and where they came from, letters, a clock.  Out: what each station said or did not say, to the `Owner`; bytes to the
`Carrier`.
Not here: sockets (`gateway.links`), who may be there (`gateway.lines`), what a record means (`gateway.devices.device`).

Whatever comes in is either a record of a station that stands on this line, or counted as noise; nothing that one peer sends
keeps another from being heard.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from gateway.devices.lane import Lane, Letter
from gateway.devices.places import Addressing, Nobody, Peer, Place, Places, Unnamed
from gateway.dialects.errors import Garbled, PeerError
from gateway.timers import Clock, Timers
from gateway.wires.shapes import LinkRules, Noise, Record
from gateway.wires.wire import Wire

CALL_WAITS = 5.0
"""Seconds that a call to everybody waits for its turn on the line."""
ASK_WHO = 30.0
"""Seconds between two calls to unknown stations to say their names."""
SETTLED = 60.0
"""Seconds of silence after which a station may come from another host, where the file does not say when it is gone."""
EVERYBODY = ""
"""No station's identity: a letter to whoever hears it."""
_ALL = Place(EVERYBODY, ("", 0))


class Carrier(Protocol):
    """What takes bytes to the stations of a line."""

    def open_to(self, peer: Peer) -> bool:
        """Whether something may be written to that peer now."""

    def write(self, data: bytes, peer: Peer, place: str) -> None:
        """Send; ``place`` is the topic, or method and path, where the link has such."""


class Owner(Protocol):
    """Whoever holds a bus."""

    def newcomer(self, station: str, record: Record, peer: Peer) -> bool:
        """An identity that is not on this line: add it, and say true, or turn it away."""

    def said(self, station: str, record: Record) -> None:
        """A station says something that is no answer."""

    def answered(self, station: str, tag: Any, record: Record) -> None:
        """The answer to the letter of that tag."""

    def unanswered(self, station: str, tag: Any, why: str) -> None:
        """There will be none."""

    def silent(self, station: str, why: str) -> None:
        """The station does not answer any more, or says nothing for too long."""

    def noise(self, reason: str, why: str, peer: Peer, data: bytes) -> None:
        """Something came that is nobody's, or cannot be read."""


class Bus:
    """``shared``: each peer is somebody else, with a lane of its own; ``whole``: what comes at once is whole messages."""

    def __init__(
        self,
        wire: Wire,
        rules: LinkRules,
        addressing: Addressing,
        clock: Clock,
        owner: Owner,
        shared: bool = False,
        whole: bool = False,
        allotted: Callable[[Any], str | None] = lambda address: None,
    ) -> None:
        self.wire, self.rules, self.clock, self.owner = wire, rules, clock, owner
        self.shared, self.whole = shared, whole
        self.places = Places(addressing, shared, rules.silence or SETTLED, allotted)
        self.carrier: Carrier | None = None
        self._framer = wire.framer("station")
        self._lanes: dict[str, Lane] = {}
        self._timers = Timers(clock, self._due)
        self._number = 0
        self._asked_who = -ASK_WHO
        self._changed: dict[str, None] = {}  # lanes in which something may go now
        self._pumping = False

    # -- the line ------------------------------------------------------------------------------------------------

    def opened(self, carrier: Carrier) -> None:
        """The line is there."""
        self.carrier, self._framer = carrier, self.wire.framer("station")
        self._ask_who()
        self._pump(*self._lanes)

    def closed(self, why: str) -> None:
        """The line is gone, and with it all that waits."""
        self.carrier = None
        self._timers.clear()
        lanes, self._lanes = self._lanes, {}
        for lane in lanes.values():
            for letter in lane.forget():
                self.owner.unanswered(letter.station, letter.tag, why)

    def feed(self, data: bytes, peer: Peer, place: str = "") -> None:
        """Bytes came from there, by that topic or method and path."""
        # a request without a body says all by its place
        pieces: list[bytes | Noise] = self._framer.feed(data) if data or not place else [b""]
        if self.whole:
            pieces += self._framer.idle()  # what is left of a datagram belongs to no other
        else:
            self._timers.set("lull", self.rules.lull)
        if not self.shared:
            self._lane("").heard(self.clock.seconds())
        self._pieces(pieces, peer, place)

    def _pieces(self, pieces: list[bytes | Noise], peer: Peer, place: str) -> None:
        for piece in pieces:
            if self.carrier is None:
                return
            if isinstance(piece, Noise):
                self.owner.noise("noise", piece.why, peer, piece.data)
            else:
                self._frame(piece, peer, place)
        here = self.places.at(peer) if self.shared else None
        self._pump(here.station if here is not None else "")  # whoever shows itself may be written to, whatever it said

    # -- stations ------------------------------------------------------------------------------------------------

    def add(self, place: Place) -> None:
        """A station stands on this line."""
        self.places.add(place)
        self._listen(place.station)

    def remove(self, station: str) -> None:
        """A station stands here no more; nothing that waited for it is told to anybody."""
        self.places.remove(station)
        self._timers.cancel(f"silence:{station}")
        lane = self._lanes.get(self._lane_of(station))
        if lane is not None:
            lane.forget(station)
        if self.shared:
            self._lanes.pop(station, None)

    def send(
        self, station: str, tag: Any, name: str, fields: Mapping[str, Any], within: float | None, retries: int | None
    ) -> None:
        """Send a record to a station; with a ``tag``, `Owner.answered` or `Owner.unanswered` follows."""
        rules = self.rules
        letter = Letter(
            station, tag, name, fields, rules.within if within is None else within, rules.retries if retries is None else retries
        )
        if self.carrier is None or station not in self.places.stations:
            self._fail(letter, "the line is down")
        elif not self._lane(self._lane_of(station)).post(letter, self.clock.seconds()):
            self._fail(letter, "too much waits for its turn")
        self._pump(self._lane_of(station))

    def _lane_of(self, station: str) -> str:
        return station if self.shared else ""

    def _lane(self, name: str) -> Lane:
        found = self._lanes.get(name)
        if found is None:
            found = self._lanes[name] = Lane(self.rules)
        return found

    # -- hearing -------------------------------------------------------------------------------------------------

    def _frame(self, frame: bytes, peer: Peer, by: str) -> None:
        try:
            if self._is_answer(frame, peer, by):
                return
            record = self.wire.read(frame, "station", None, by)
            place = self.places.whose(record, peer, self.clock.seconds())
        except PeerError as error:
            self.owner.noise("garbled" if isinstance(error, Garbled) else "violation", str(error), peer, frame)
        except Nobody as nobody:
            self.owner.noise(nobody.reason, nobody.why, peer, frame)
            self._ask_who()
        except Unnamed as unnamed:
            if self.owner.newcomer(unnamed.station, record, peer) and unnamed.station in self.places.stations:
                self._note_heard(self.places.stations[unnamed.station])
                self.owner.said(unnamed.station, record)
        else:
            self._note_heard(place)
            self.owner.said(place.station, record)

    def refused(self, data: bytes, peer: Peer, place: str, why: str) -> None:
        """What was asked by that method and path came back refused: by a record that says so, or by the status alone."""
        speaker = self._speaker(data, peer, place)
        lane = self._lanes.get(speaker) if speaker is not None else None
        letter = next((one for one in lane.open if one.asked is not None and one.asked.place == place), None) if lane else None
        if lane is None or letter is None:
            return
        if not self._is_answer(data, peer, place, refusal=True):
            lane.answered(letter)
            self.owner.noise("violation", f"{place.partition(chr(10))[0]}: {why}", peer, data)
            self.owner.unanswered(letter.station, letter.tag, f"{letter.name}: {why}")
        self._pump(self._lane_of(letter.station))

    def _is_answer(self, frame: bytes, peer: Peer, by: str, refusal: bool = False) -> bool:
        """Whether the frame answers what was asked there, the oldest question first; if so, it is told.

        ``refusal``: only what says so is an answer.
        """
        speaker = self._speaker(frame, peer, by)
        lane = self._lanes.get(speaker) if speaker is not None else None
        for letter in list(lane.open) if lane is not None else ():
            assert letter.asked is not None, "open letters were sent"
            try:
                record = self.wire.read(frame, "station", letter.asked, by)
            except PeerError:
                continue
            if refusal and not self.wire.frames[record.name].refusal:
                continue
            if lane is not None and self.wire.answers(record, letter.asked):
                lane.answered(letter)
                self._note_heard(self.places.stations[letter.station])
                self.owner.answered(letter.station, letter.tag, record)
                return True
        return False

    def _speaker(self, frame: bytes, peer: Peer, by: str) -> str | None:
        """Whose lane a frame from there may answer in: all of a stream share one, else it is the peer's, or whoever it names."""
        if not self.shared:
            return ""
        found = self.places.at(peer)
        if found is None and any(lane.open for lane in self._lanes.values()):
            try:
                found = self.places.whose(self.wire.read(frame, "station", None, by), peer, self.clock.seconds())
            except (PeerError, Nobody, Unnamed):
                return None  # what it is instead is found out in a moment
        return found.station if found is not None else None

    def _note_heard(self, place: Place) -> None:
        place.misses, place.heard = 0, self.clock.seconds()
        self._changed[self._lane_of(place.station)] = None
        if self.shared:
            self._lane(place.station).heard(self.clock.seconds())
        self._listen(place.station)

    def _listen(self, station: str) -> None:
        if self.rules.silence:
            self._timers.set(f"silence:{station}", self.rules.silence)

    # -- sending -------------------------------------------------------------------------------------------------

    def _pump(self, *lanes: str) -> None:
        """Send what may be sent in these lanes and those that changed, and see to it that the next moment is not missed."""
        self._changed.update(dict.fromkeys(lanes))
        if self._pumping:
            return
        self._pumping = True
        try:
            while self._changed:
                name = next(iter(self._changed))
                del self._changed[name]
                self._pump_lane(name)
        finally:
            self._pumping = False

    def _pump_lane(self, name: str) -> None:
        lane = self._lanes.get(name)
        while lane is not None and self.carrier is not None:
            for letter, why in lane.late(self.clock.seconds()):
                self._fail(letter, why)
            if not self._send_one(lane):
                break
            lane = self._lanes.get(name)
        if lane is not None:
            wait = lane.wait(self.clock.seconds())
            if wait is not None:
                self._timers.set(f"lane:{name}", wait)

    def _send_one(self, lane: Lane) -> bool:
        """Send the first letter that may go; false where none may."""
        now, carrier = self.clock.seconds(), self.carrier
        for letter in lane.candidates(now):
            place = self.places.stations.get(letter.station, _ALL)
            if carrier is None or not carrier.open_to(place.peer):
                continue
            try:
                asked = self._written(letter, place)
            except (ValueError, KeyError) as error:
                lane.drop(letter)
                self._fail(letter, f"{letter.name} cannot be said: {error}")
                return True
            if not lane.held(asked.raw, now):
                lane.sent(letter, asked, now)
                carrier.write(asked.raw, place.peer, asked.place)
                return True
        return False

    def _written(self, letter: Letter, place: Place) -> Record:
        fields, known = dict(letter.fields), self.wire.frames[letter.name].asks
        to, sequence = self.places.addressing.to, self.wire.sequence
        if to is not None and to in known and place.address is not None:
            fields.setdefault(to, place.address)
        if sequence is not None and sequence.field in known and sequence.field not in fields:
            self._number = self._number + 1 if sequence.first <= self._number < sequence.last else sequence.first
            fields[sequence.field] = self._number
        where = self.wire.place(letter.name, fields)
        return Record(letter.name, fields, self.wire.write(letter.name, fields, "backend"), where)

    def _fail(self, letter: Letter, why: str) -> None:
        place = self.places.stations.get(letter.station)
        if place is None:
            return
        if letter.asked is not None:  # it was sent: silence is news of the station
            place.misses += 1
        if letter.tag is not None:
            self.owner.unanswered(letter.station, letter.tag, why)
        if letter.asked is not None and place.misses >= self.rules.misses:
            place.misses = 0
            self.owner.silent(letter.station, f"{self.rules.misses} questions in a row had no answer")

    def _ask_who(self) -> None:
        """Whoever is there and not known shall say its name."""
        frame, now = self.places.addressing.unknown, self.clock.seconds()
        if frame is None or self.carrier is None or self.shared or now - self._asked_who < ASK_WHO:
            return
        self._asked_who = now
        self._lane("").post(Letter(EVERYBODY, None, frame, {}, CALL_WAITS), now)

    def _due(self, name: str) -> None:
        if name == "lull":
            self._pieces(self._framer.idle(), ("", 0), "")
        elif name.startswith("lane:"):
            self._pump(name[5:])
        else:
            self.owner.silent(name.partition(":")[2], f"nothing was heard for {self.rules.silence:g} seconds")
