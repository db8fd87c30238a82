"""What may happen to a session.  Past tense; built by the joint (`gateway.relay`) and by tests.

In: nothing.  Out: frozen values.
Not here: what follows from them (`gateway.session.session`).
"""

from __future__ import annotations

from datetime import datetime
from typing import TypeAlias

from msgspec import Struct

from gateway.journal.contract import Restored, Waiting
from gateway.messages import Answer, Call


class Instant(Struct, frozen=True, gc=False):
    """When an event happened: ``mono`` seconds for durations, ``wall`` (aware, UTC) for stamps."""

    mono: float
    wall: datetime


class Opened(Struct, frozen=True, gc=False):
    """The journal gave back what it knows of this station; always the first event."""

    restored: Restored


class StationConnected(Struct, frozen=True, gc=False):
    """The station is there.  ``exchange`` is true where it is reached by separate HTTP exchanges (SOAP)."""

    exchange: bool = False


class StationLost(Struct, frozen=True, gc=False):
    """The station's link closed."""

    why: str = ""


class StationAsked(Struct, frozen=True, gc=False):
    """A valid call of the station, in its dialect; ``raw`` is the text as it came, before any repair."""

    call: Call
    raw: str


class StationAnswered(Struct, frozen=True, gc=False):
    """The station's answer to the `CallStation` of the same id."""

    answer: Answer


class StationCallFailed(Struct, frozen=True, gc=False):
    """A `CallStation` could not be delivered, or its HTTP exchange broke.  ``reached`` is false where it surely never arrived."""

    id: str
    why: str
    reached: bool = True


class UplinkUp(Struct, frozen=True, gc=False):
    """The link to the back end stands."""


class UplinkDown(Struct, frozen=True, gc=False):
    """The link to the back end broke or could not be made; calls in flight have no answer.  The back end asks to be left alone
    for ``after`` seconds."""

    why: str
    after: float = 0.0


class BackendAsked(Struct, frozen=True, gc=False):
    """A valid call of the back end, in its dialect."""

    call: Call


class BackendAnswered(Struct, frozen=True, gc=False):
    """The back end's answer to the `CallBackend` of the same id."""

    answer: Answer


class Committed(Struct, frozen=True, gc=False):
    """The writes of the `Commit` with this tag are on disk, fsynced."""

    tag: int


class Fetched(Struct, frozen=True, gc=False):
    """The rows that a `Fetch` asked for."""

    found: Waiting


class TurnCame(Struct, frozen=True, gc=False):
    """It is this station's turn (`gateway.turns`): one queued message may go up."""


class Woken(Struct, frozen=True, gc=False):
    """The time has passed after which a `Wake` asked for this."""


class Stopping(Struct, frozen=True, gc=False):
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
    | Fetched
    | TurnCame
    | Woken
    | Stopping
)
