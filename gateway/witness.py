"""Sees every message and every refusal, and tells the metrics, the trace and the log.

In: what the ends, the doors and the sessions noticed.  Out: calls on `gateway.observe`.
Not here: names of metrics (`gateway.observe.metrics`), any decision.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gateway.ends.voice import Voice
from gateway.messages import Error, Message
from gateway.observe.log import Log
from gateway.observe.metrics import Metrics
from gateway.observe.trace import Trace
from gateway.quirks.cures import Fired
from gateway.session.commands import Note

LOGGED = ("link", "uplink", "registration", "flag", "late_refusal")
"""Notes that an operator reads; the others are counted, and their messages stand in the trace."""


class Witness:
    """The one observer of a gateway process."""

    def __init__(self, metrics: Metrics, trace: Trace | None, log: Log) -> None:
        self.metrics, self.trace, self.log = metrics, trace, log
        self.on_fired: Callable[[str, Sequence[Fired]], None] = lambda station, fired: None

    def message(self, voice: Voice, heard: bool, message: Message, raw: str | bytes, fired: Sequence[Fired]) -> None:
        """A message was heard from, or said to, a peer."""
        outcome = message.code if isinstance(message, Error) else message.kind
        self.metrics.called[voice.dialect.name, voice.side, "heard" if heard else "said", message.action, outcome] += 1
        if fired:
            for one in fired:
                self.metrics.fired(one.quirk)
            self.on_fired(voice.station, fired)
        if self.trace is not None:
            direction = "up" if heard == (voice.side == "station") else "down"
            raw = raw if isinstance(raw, str) else raw.decode("utf-8", "replace")
            self.trace.message(voice.side, direction, voice.station, voice.dialect.name, voice.codec, message, raw, fired)

    def acted(self, station: str, fired: Sequence[Fired]) -> None:
        """Quirks did something else than changing a message."""
        for one in fired:
            self.metrics.fired(one.quirk)
            if self.trace is not None:
                self.trace.acted(station, f"{one.quirk} {one.verb}")

    def refused(self, voice: Voice | None, reason: str, why: str, raw: str = "") -> None:
        """Input of a peer was refused."""
        self.metrics.refused(reason)
        self.log.warn("refused", station=voice.station if voice else None, reason=reason, why=why)
        if self.trace is not None and voice is not None and raw:
            direction = "up" if voice.side == "station" else "down"
            self.trace.refused(voice.side, direction, voice.station, voice.dialect.name, voice.codec, raw, why)

    def cured(self, station: str, ids: Sequence[str], warnings: Sequence[tuple[str, str]], quiet: Sequence[str]) -> None:
        """Other quirk profiles were chosen for a station; ``quiet`` are those that fired only before its firmware changed."""
        self.log.info("quirks", station=station, detail=", ".join(ids) or "none", quiet=", ".join(quiet) or None)
        for quirk, warning in warnings:
            self.log.warn("quirk", station=station, quirk=quirk, why=" ".join(warning.split()))

    def noted(self, station: str, note: Note) -> None:
        """A session noted something."""
        self.metrics.noted(note.what, note.labels)
        if note.what == "loss" and self.trace is not None:
            self.trace.lost(station, note.detail)
        elif note.what in LOGGED:
            self.log.info(note.what, station=station, detail=note.detail, **note.labels)

    def remarked(self, dialect: str, station: str, kind: str, text: str) -> None:
        """Something about a station without OCPP that an operator should be able to see."""
        self.metrics.remarked(dialect, kind)
        self.log.info("device", station=station, remark=kind, detail=text)

    def displaced(self, station: str) -> None:
        """A newer link of the same station took over."""
        self.metrics.refused("displaced")
        self.log.warn("displaced", station=station, why="the station came back over a new link")

    def held(self, host: str, path: str) -> None:
        """A peer says more than its link may: it is read more slowly.  Told once for each link."""
        self.metrics.held()
        self.log.warn("held", peer=host, path=path, why="it says more than station_pace: the rest waits in its link")

    def crashed(self, station: str, error: Exception) -> None:
        """A fault of ours cost a station its links."""
        self.metrics.refused("crash")
        self.log.failure("a conversation crashed", error, station=station)

    def storing_failed(self, why: str) -> None:
        """The journal could not store."""
        self.metrics.refused("store")
        self.log.error("storing failed", why=why)
