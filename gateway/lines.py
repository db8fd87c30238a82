"""A line to stations with a protocol of their own: lets in whoever shows itself, and joins each station to its conversation.

In: what a link brings (`gateway.links`), the site.  Out: ends attached to conversations; refusals, counted.
Not here: which bytes are whose (`gateway.devices.bus`), sockets, what is said afterwards.

A station that we dial is here from the first record that is heard of it, and gone when it leaves several questions without an
answer; then it is asked again, after ever longer pauses.  One that comes by itself is gone when its connection is, or when it is
silent for longer than its protocol allows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gateway.config import Device, Listener
from gateway.conversation import StationSide
from gateway.devices import events as on
from gateway.devices.addresses import Allotments
from gateway.devices.bus import SETTLED, Bus
from gateway.devices.places import Peer, Place
from gateway.ends.devices import DeviceEnd, Machine
from gateway.identity import UNLISTED, sound_identity
from gateway.journal.contract import JournalFailed, PutStation, Restored
from gateway.relay import Relay
from gateway.timers import Timers
from gateway.wires.shapes import Record

MOST_STATIONS = 1000
"""Stations on one line; whoever comes after them is turned away."""
MOST_NOISE = 50
"""Pieces of noise before a connection has shown a station: then it is closed."""
LOUD = 60.0
"""Seconds between two lines of the log about the same kind of noise on one line; each piece is counted."""

Build = Callable[[str, Mapping[str, Any]], Machine]
"""Makes the device of a station: identity, options."""


class Ledger:
    """The bus addresses of one line, in the journal under a name that no station can have."""

    def __init__(self, relay: Relay, name: str, pool: range | None) -> None:
        self.relay, self.key, self.pool = relay, f"\x1f{name}", pool
        self.allotments = Allotments(pool)

    def load(self, done: Callable[[], None]) -> None:
        """Read what was allotted before."""

        def restored(found: Restored | JournalFailed) -> None:
            if isinstance(found, Restored):
                self.allotments = Allotments(self.pool, found.values.get("addresses"))
            done()

        self.relay.journal.restore(self.key, restored) if self.pool is not None else done()

    def station(self, address: Any) -> str | None:
        """Whose address that is."""
        return self.allotments.station(address)

    def address(self, station: str) -> int | None:
        """The station's address, kept from now on."""
        known = self.allotments.known(station)
        address = self.allotments.of(station)
        if not known and address is not None:
            self.relay.journal.commit([PutStation(self.key, {"addresses": dict(self.allotments.taken)})], lambda failure: None)
        return address


class Line:
    """One connection, socket or dialled place.  Stations that we dial are told by `expect`; others come as ``entrance`` allows
    (None: nobody else).  ``shared``: each peer is somebody else; ``accepted``: the other side made the connection."""

    def __init__(
        self,
        relay: Relay,
        speaks: Listener,
        build: Build,
        ledger: Ledger,
        open: bool,
        shared: bool = False,
        accepted: bool = False,
    ) -> None:
        self.relay, self.speaks, self.build, self.ledger = relay, speaks, build, ledger
        self.open, self.accepted = open, accepted
        self.clock, self.journal, self.wall = relay.clock, relay.journal, relay.wall
        dialect, kind = relay.data.dialects[speaks.address.dialect], speaks.address.kind
        assert dialect.wire is not None, "checked when the site was loaded"
        self.rules, self.addressing = dialect.wire.links[kind], dialect.addressing
        wire = dialect.wire if speaks.key is None else dialect.wire.keyed(speaks.key.read())
        self.bus = Bus(wire, self.rules, self.addressing, relay.clock, self, shared, kind != "tcp", ledger.station)
        self.ends: dict[str, DeviceEnd] = {}
        self.devices: dict[str, tuple[Device, Peer]] = {}
        self.link: Any = None
        self.works: Callable[[], None] = lambda: None
        self._pauses: dict[str, float] = {}
        self._timers = Timers(relay.clock, self._due)
        self._noise = 0
        self._lost = False  # and told so
        self._told: dict[str, float] = {}

    # -- the link ------------------------------------------------------------------------------------------------

    def opened(self, link: Any) -> None:
        """The link is there."""
        self.link, self._lost = link, False
        self.bus.opened(link)
        if self.accepted:
            self._timers.set("login", self.rules.login)
        for identity in self.devices:
            self._dialled(identity)

    def heard(self, data: bytes, peer: Peer, place: str = "") -> None:
        """Bytes came.  Whatever goes wrong with them costs this line alone."""
        if not self.relay.healthy:
            return
        try:
            self.bus.feed(data, peer, place)
        except Exception as error:  # the last line of defence: bad input must never stop the gateway
            self.relay.witness.crashed(self.speaks.name, error)
            self._abort("a fault of ours")

    def refused(self, status: int, data: bytes, peer: Peer, place: str) -> None:
        """A question was answered with a status that is none of success (HTTP)."""
        try:
            self.bus.refused(data, peer, place, f"it was answered with the status {status}")
        except Exception as error:  # as above
            self.relay.witness.crashed(self.speaks.name, error)
            self._abort("a fault of ours")

    def closed(self, why: str) -> None:
        """The link is gone, or could not be made."""
        if self.devices and not self._lost:
            self._lost = True
            self.relay.witness.log.warn("line", way=self.speaks.name, why=why)
        self.link = None
        self._timers.clear()
        self.bus.closed(why)
        for identity, end in list(self.ends.items()):
            end.link(False, why)
            if identity not in self.devices:
                end.close(why)

    def end(self, why: str) -> None:
        """Nothing of this line shall be left."""
        self.devices = {}
        self.closed(why)
        for end in list(self.ends.values()):
            end.close(why)

    def _abort(self, why: str) -> None:
        if self.link is not None:
            self.link.abort(why)

    # -- stations ------------------------------------------------------------------------------------------------

    def expect(self, identity: str, device: Device, peer: Peer) -> None:
        """That station is to be found there."""
        self.devices[identity] = (device, peer)
        if self.link is not None:
            self._dialled(identity)

    def _dialled(self, identity: str) -> None:
        device, peer = self.devices[identity]
        if self.relay.healthy and not self.relay.stopping:
            self._seat(identity, Place(identity, peer, device.unit, fixed=True))

    def _entrance(self, identity: str) -> Listener:
        found = self.devices.get(identity)
        return found[0].entrance if found is not None else self.speaks

    def _seat(self, identity: str, place: Place) -> DeviceEnd:
        """A station may be spoken to from now on."""
        self.bus.add(place)
        end = self.ends.get(identity)
        if end is None:
            options = {
                **self.relay.site.options_of(identity, self._entrance(identity)),
                "address": place.address,
                "host": place.peer[0],
            }
            end = self.ends[identity] = DeviceEnd(identity, self.build(identity, options), self)
            end.meet = lambda: self._meet(identity)
            end.begin()
        end.link(True)
        return end

    def _meet(self, identity: str) -> None:
        """The station was heard: its conversation has it from now on."""
        end = self.ends.get(identity)
        if end is None or end.owner is not None or not self.relay.healthy:
            return
        entrance = self._entrance(identity)
        conversation = self.relay.conversation(identity, entrance)
        if conversation.station_end not in (None, end):
            self.relay.witness.displaced(identity)
        side = StationSide(conversation)
        end.here(self.relay.station_voice(conversation, entrance), side)
        conversation.station_here(end, side)
        self.relay.choose(conversation)

    def newcomer(self, station: str, record: Record, peer: Peer) -> bool:
        """`gateway.devices.bus.Owner`: an identity that is not here yet."""
        refused = self._turned_away(station, peer)
        address = self.ledger.address(station) if not refused and self.addressing.pool is not None else None
        if not refused and address is None and self.addressing.pool is not None:
            refused = ("address", f"no address is left for {station}")
        if refused:
            self.noise(*refused, peer, record.raw)
            return False
        self._timers.cancel("login")
        self._seat(station, Place(station, peer, address))
        self._meet(station)
        return True

    def _turned_away(self, station: str, peer: Peer) -> tuple[str, str] | None:
        """Why that station may not be here, or None."""
        if sound_identity(station) != station:
            return "identity", f"{station!r} is no identity"
        configured = self.relay.site.stations.get(station)
        if not self.open:
            return "stranger", f"{station} is not expected here"
        if configured is None and self.speaks.enroll != "open":
            return "identity", f"{station}: {UNLISTED}"
        if configured is not None and configured.password is not None:
            return "unauthorized", f"{station} has a password, and no way to show it"
        if self._alive_elsewhere(station, peer):
            return "spoofed", f"{peer[0]} speaks for {station}, which is alive elsewhere"
        if len(self.ends) >= MOST_STATIONS or self.relay.stopping:
            return "overload", f"{station} cannot be taken in now"
        return None

    def _alive_elsewhere(self, station: str, peer: Peer) -> bool:
        """Whether it was heard lately over another line, from another host: nothing like a password tells who is right."""
        conversation = self.relay.conversations.get(station)
        end = conversation.station_end if conversation is not None else None
        place = end.line.place(station) if isinstance(end, DeviceEnd) and end.line is not self else None
        lately = self.clock.seconds() - (self.rules.silence or SETTLED)
        return place is not None and place.peer[0] != peer[0] and place.heard > lately

    def place(self, station: str) -> Place | None:
        """`gateway.ends.devices.Line`."""
        return self.bus.places.stations.get(station)

    def _due(self, name: str) -> None:
        """A connection has shown no station in time, or a station that did not answer is asked again."""
        if name == "login":
            self.relay.witness.metrics.refused("slow_request")
            self._abort("it did not say who it is")
        elif self.link is not None and name in self.devices:
            self._dialled(name)

    # -- what the bus says ---------------------------------------------------------------------------------------

    def _here(self, station: str) -> None:
        """A station is there: say so to its session, and let the link know that it works."""
        end = self.ends[station]
        self._timers.cancel(station)
        self._pauses.pop(station, None)
        end.link(True)
        self.works()
        self._meet(station)

    def _happened(self, station: str, event: on.Event) -> None:
        """It said something."""
        if station in self.ends:
            self._here(station)
            if station in self.ends:
                self.ends[station].feed(event)

    def said(self, station: str, record: Record) -> None:
        """`gateway.devices.bus.Owner`."""
        self._happened(station, on.Heard(record))

    def answered(self, station: str, tag: Any, record: Record) -> None:
        """`gateway.devices.bus.Owner`."""
        self._happened(station, on.Answered(tag, record))

    def unanswered(self, station: str, tag: Any, why: str) -> None:
        """`gateway.devices.bus.Owner`."""
        if station in self.ends:
            self.ends[station].feed(on.Unanswered(tag, why))

    def silent(self, station: str, why: str) -> None:
        """`gateway.devices.bus.Owner`: the station is gone."""
        end = self.ends.get(station)
        if end is None:
            return
        end.link(False, why)
        if station in self.devices:
            self._again(station)
            return
        end.close(why)
        if self.accepted and not self.ends:
            self._abort(why)

    def noise(self, reason: str, why: str, peer: Peer, data: bytes) -> None:
        """`gateway.devices.bus.Owner`: count it; tell of it, but not of each piece of a flood."""
        now = self.clock.seconds()
        if now - self._told.get(reason, -LOUD) >= LOUD:
            self._told[reason] = now
            self.relay.witness.refused(None, reason, f"{self.speaks.name}, {peer[0]}: {why}; {data[:64].hex()}")
        else:
            self.relay.witness.metrics.refused(reason)
        if self.link is not None:
            self.link.bad(peer)
        self._noise += 1
        if self.accepted and not self.ends and self._noise >= MOST_NOISE:
            self._abort("nothing but noise")

    # -- what the ends say ---------------------------------------------------------------------------------------

    def send(self, station: str, command: on.Send) -> None:
        """`gateway.ends.devices.Line`."""
        self.bus.send(station, command.tag, command.name, command.fields, command.within, command.retries)

    def leave(self, station: str, why: str) -> None:
        """`gateway.ends.devices.Line`: the session let go of it; one that we dial is begun anew after a pause."""
        self.ends.pop(station, None)
        self.bus.remove(station)
        if station in self.devices and self.link is not None:
            self._again(station)
        elif self.accepted and not self.ends:
            self._abort(why)

    def _again(self, station: str) -> None:
        pause = self._pauses.get(station, 0.5) * 2
        self._pauses[station] = min(pause, 60.0)
        self._timers.set(station, self._pauses[station])

    def remark(self, station: str, kind: str, text: str) -> None:
        """`gateway.ends.devices.Line`."""
        self.relay.witness.remarked(self.speaks.address.dialect, station, kind, text)

    def storing_failed(self, station: str, failure: JournalFailed) -> None:
        """`gateway.ends.devices.Line`."""
        conversation = self.relay.conversations.get(station)
        if conversation is not None:
            self.relay.storing_failed(conversation, failure)
        elif station in self.ends:
            self.ends[station].close(str(failure))

    def crashed(self, station: str, error: Exception) -> None:
        """`gateway.ends.devices.Line`."""
        conversation = self.relay.conversations.get(station)
        if conversation is not None and conversation.station_end is self.ends.get(station):
            self.relay.crashed(conversation, error)
        else:
            self.relay.witness.crashed(station, error)
        if station in self.ends:
            self.ends[station].close("a fault of ours")
