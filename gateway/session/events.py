"""What may happen to a session.  Past tense; built by the joint (`gateway.relay`) and by tests.

In: nothing.  Out: frozen values.
Not here: what follows from them (`gateway.session.session`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from gateway.journal.contract import Restored
from gateway.messages import Answer, Call


@dataclass(frozen=True, slots=True)
class Instant:
    """When an event happened: ``mono`` seconds for durations, ``wall`` (aware, UTC) for stamps."""

    mono: float
    wall: datetime


@dataclass(frozen=True, slots=True)
class Opened:
    """The journal gave back what it knows of this station; always the first event."""

    restored: Restored


@dataclass(frozen=True, slots=True)
class StationConnected:
    """The station is there.  ``exchange`` is true where it is reached by separate HTTP exchanges (SOAP)."""

    exchange: bool = False


@dataclass(frozen=True, slots=True)
class StationLost:
    """The station's link closed."""

    why: str = ""


@dataclass(frozen=True, slots=True)
class StationAsked:
    """A valid call of the station, in its dialect; ``raw`` is the text as it came, before any repair."""

    call: Call
    raw: str


@dataclass(frozen=True, slots=True)
class StationAnswered:
    """The station's answer to the `CallStation` of the same id."""

    answer: Answer


@dataclass(frozen=True, slots=True)
class StationCallFailed:
    """A `CallStation` could not be delivered, or its HTTP exchange broke.  ``reached`` is false where it surely never arrived."""

    id: str
    why: str
    reached: bool = True


@dataclass(frozen=True, slots=True)
class UplinkUp:
    """The link to the back end stands."""


@dataclass(frozen=True, slots=True)
class UplinkDown:
    """The link to the back end broke or could not be made; calls in flight have no answer."""

    why: str


@dataclass(frozen=True, slots=True)
class BackendAsked:
    """A valid call of the back end, in its dialect."""

    call: Call


@dataclass(frozen=True, slots=True)
class BackendAnswered:
    """The back end's answer to the `CallBackend` of the same id."""

    answer: Answer


@dataclass(frozen=True, slots=True)
class Committed:
    """The writes of the `Commit` with this tag are on disk, fsynced."""

    tag: int


@dataclass(frozen=True, slots=True)
class TimerFired:
    """The timer of this name came due."""

    name: str


@dataclass(frozen=True, slots=True)
class Stopping:
    """The gateway is about to stop: finish what is in flight, take nothing new."""


Event: TypeAlias = (
    Opened
    | StationConnected
    | StationLost
    | StationAsked
    | StationAnswered
    | StationCallFailed
    | UplinkUp
    | UplinkDown
    | BackendAsked
    | BackendAnswered
    | Committed
    | TimerFired
    | Stopping
)
