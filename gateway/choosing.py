"""Chooses the quirk profiles of both ends of a conversation, and keeps account of what they did.

In: what is known of the two peers, what fired.  Out: cures at the ends, switches in the session, values to store.
Not here: which profile is meant for whom (`gateway.quirks.choose`), what a profile does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.config import Backend, Listener
from gateway.conversation import Conversation, End
from gateway.ends.frames import FrameEnd
from gateway.ends.pieces import Pieces
from gateway.journal.contract import PutStation, Write
from gateway.messages import Side
from gateway.quirks.choose import Quirks
from gateway.quirks.cures import Cures, Fired
from gateway.quirks.match import Known
from gateway.session import commands as do
from gateway.session.text import stamp
from gateway.witness import Witness


@dataclass(frozen=True, slots=True)
class Place:
    """Where a conversation is: its listener and back end, and the User-Agent of the station's handshake."""

    listener: Listener
    backend: Backend
    agent: str | None

    def known(self, side: Side, conversation: Conversation) -> Known:
        """What is known of one of the two peers."""
        what = conversation.known or do.Learned(None, None, None, None)
        address = self.listener.address if side == "station" else self.backend.address
        return Known(
            side=side,
            station=conversation.station,
            listener=self.listener.name,
            user_agent=self.agent,
            dialect=address.dialect,
            vendor=what.vendor,
            model=what.model,
            firmware=what.firmware,
            backend=self.backend.name,
            serial=what.serial,
            boot=what.boot,
        )


class Choosing:
    """One of a process.  ``store`` writes to the journal; that it failed is told elsewhere."""

    def __init__(self, witness: Witness, wall: Callable[[], datetime], store: Callable[[list[Write]], None]) -> None:
        self.witness, self.wall, self.store = witness, wall, store

    def choose(self, quirks: Quirks, conversation: Conversation, place: Place) -> None:
        """Choose the cures of both ends by what is known now."""
        station = self._cured("station", conversation.station_end, quirks, conversation, place)
        backend = self._cured("backend", conversation.backend_end, quirks, conversation, place)
        conversation.session.behave(station.behave, backend.behave)
        conversation.cures = {"station": station, "backend": backend}
        ids = station.ids + backend.ids
        if ids or conversation.firings.chosen:
            quiet = conversation.firings.choose(ids, _firmware(conversation))
            if quiet is not None:
                self.witness.cured(conversation.station, ids, station.warnings + backend.warnings, quiet)

    def _cured(self, side: Side, end: End | None, quirks: Quirks, conversation: Conversation, place: Place) -> Cures:
        cures = quirks.choose(place.known(side, conversation))
        if end is not None and end.voice is not None:
            end.voice.cures = cures
        if isinstance(end, FrameEnd):
            linked(end, cures)
            self._heed(conversation, end, cures)
        return cures

    def _heed(self, conversation: Conversation, end: FrameEnd, cures: Cures) -> None:
        """What is put right on the link counts as a firing of the profile that says so."""
        if cures.connect is not None and end.socket is not None:
            owners = cures.connect.owners
            end.socket.on_mended = lambda what: self.noted(conversation, [owners[what]] if what in owners else [], "connect")
            end.on_cut = lambda: self.noted(conversation, [owners["cut_anew"]] if "cut_anew" in owners else [], "connect")

    def acted(self, conversation: Conversation, command: do.Acted) -> None:
        """A switch of a profile did something."""
        quirk = conversation.cures[command.side].owner(command.switch, command.detail) if conversation.cures else None
        if quirk is None and command.side == "station" and conversation.cures:
            quirk = conversation.cures["backend"].owner(command.switch, command.detail)
        if quirk is not None:
            self.noted(conversation, [quirk], "behave")

    def noted(self, conversation: Conversation, quirks: Iterable[str], verb: str) -> None:
        """Quirks did something else than changing a message: counted, traced, remembered."""
        fired = [Fired(quirk, verb, None, None) for quirk in quirks]
        self.witness.acted(conversation.station, fired)
        self.fired(conversation, fired)

    def fired(self, conversation: Conversation, fired: Sequence[Fired]) -> None:
        """Quirks did something for a station, or for its back end: remembered once for each firmware."""
        news = conversation.firings.fired([one.quirk for one in fired], _firmware(conversation), stamp(self.wall()))
        if news is not None:
            self.store([PutStation(conversation.station, news)])


def linked(end: FrameEnd, cures: Cures) -> None:
    """Ping, and take messages, as the profiles of that end say."""
    connect, socket = cures.connect, end.socket
    if connect is None or socket is None:
        return
    if connect.beats:
        socket.pulse(connect.ping_every, connect.dead_after)
    if "binary" in connect.forgive:
        socket.takes_binary = True
    if connect.cut_anew and end.pieces is None:
        end.pieces = Pieces()
    unmasked, reserved = "unmasked" in connect.forgive, "reserved_bits" in connect.forgive
    if unmasked or reserved or connect.charset is not None:
        socket.straighten(unmasked, reserved, connect.charset)


def _firmware(conversation: Conversation) -> str | None:
    return conversation.known.firmware if conversation.known else None
