"""Who stands where on one line: by identity, by bus address, by the peer that its bytes come from.

In: stations as they come and go, records as they are heard.  Out: whose a record is, or why it is nobody's.
Not here: letting a station in (`gateway.lines`), allotting addresses (`gateway.devices.addresses`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from gateway.wires.shapes import Record

Peer: TypeAlias = tuple[str, int]
"""Host and port that bytes come from and go to."""


@dataclass(frozen=True)
class Addressing:
    """Where a station's name stands in what it says: the part of a dialect's ``device:`` section that a bus reads.

    ``identity``: frame → its field with the station's own identity.  ``address``: the field with the bus address in what
    stations send, ``to``: the same in what they are sent.  ``pool``: the addresses that we may allot.  ``unknown``: the frame
    that asks whoever it is to come and say its name.
    """

    identity: Mapping[str, str] = field(default_factory=dict)
    address: str | None = None
    to: str | None = None
    pool: range | None = None
    unknown: str | None = None


@dataclass(slots=True)
class Place:
    """One station on the line.  ``fixed``: it is heard from this peer only.  ``misses``: unanswered in a row; ``heard``: when
    it said something last."""

    station: str
    peer: Peer
    address: Any = None
    fixed: bool = False
    misses: int = 0
    heard: float = float("-inf")


class Nobody(Exception):
    """Whose a record is cannot be said; ``reason`` is the word to count it under."""

    def __init__(self, reason: str, why: str) -> None:
        super().__init__(why)
        self.reason, self.why = reason, why


class Unnamed(Exception):
    """A record carries the identity of a station that is not on this line."""

    def __init__(self, station: str) -> None:
        super().__init__(station)
        self.station = station


class Places:
    """The stations of one line.  ``shared``: each peer is somebody else, as on a socket without connections.

    A station may come from another host only after ``settled`` seconds of silence: else whoever knows its name could take its
    place.  ``allotted`` says whose an address is though it was not heard here yet.
    """

    def __init__(
        self,
        addressing: Addressing,
        shared: bool,
        settled: float = 60.0,
        allotted: Callable[[Any], str | None] = lambda address: None,
    ) -> None:
        self.addressing, self.shared, self.settled, self.allotted = addressing, shared, settled, allotted
        self.stations: dict[str, Place] = {}
        self._addresses: dict[Any, Place] = {}
        self._peers: dict[Peer, Place] = {}

    def add(self, place: Place) -> None:
        """A station stands here now; its address must be free."""
        self.remove(place.station)
        assert place.address is None or place.address not in self._addresses, "an address is allotted once"
        self.stations[place.station] = self._peers[place.peer] = place
        if place.address is not None:
            self._addresses[place.address] = place

    def remove(self, station: str) -> None:
        """It stands here no more."""
        place = self.stations.pop(station, None)
        if place is not None:
            self._addresses.pop(place.address, None)
            if self._peers.get(place.peer) is place:
                del self._peers[place.peer]

    def at(self, peer: Peer) -> Place | None:
        """The only one that these bytes can come from, as far as the peer tells."""
        if self.shared:
            return self._peers.get(peer)
        return next(iter(self.stations.values())) if len(self.stations) == 1 else None

    def whose(self, record: Record, peer: Peer, now: float) -> Place:
        """Who said that.  Raises `Unnamed` for a newcomer, `Nobody` for what fits no one."""
        named = self.addressing.identity.get(record.name)
        if named is not None and record.fields.get(named) not in (None, ""):
            return self._named(str(record.fields[named]), peer, now)
        address = record.fields.get(self.addressing.address) if self.addressing.address else None
        if address is not None:
            place = self._addresses.get(address)
            if place is None and (station := self.allotted(address)) is not None:
                return self._named(station, peer, now)
            if place is None:
                raise Nobody("stranger", f"{record.name} from the address {address}, which nobody has")
            return self._sound(place, peer, now)
        found = self.at(peer)
        if found is None:
            raise Nobody("stranger", f"{record.name} from {peer[0]}:{peer[1]}, where no station is known to be")
        return found

    def _named(self, station: str, peer: Peer, now: float) -> Place:
        place = self.stations.get(station)
        if place is None:
            raise Unnamed(station)
        return self._sound(place, peer, now)

    def _sound(self, place: Place, peer: Peer, now: float) -> Place:
        """The place, moved to where it was heard now; `Nobody` where it may not move."""
        if place.peer == peer or not self.shared:
            return place
        if place.fixed or (place.peer[0] != peer[0] and now - place.heard < self.settled):
            raise Nobody(
                "spoofed", f"{peer[0]}:{peer[1]} speaks for {place.station}, which is at {place.peer[0]}:{place.peer[1]}"
            )
        if self._peers.get(place.peer) is place:
            del self._peers[place.peer]
        place.peer = peer
        self._peers[peer] = place
        return place
