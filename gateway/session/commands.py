"""What a session may ask for.  Imperative; carried out by the joint (`gateway.relay`), in order.

In: nothing.  Out: frozen values.
Not here: how they are carried out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from msgspec import Struct, field

from gateway.journal.contract import Write
from gateway.messages import Answer, Call, Payload, Side


class AnswerStation(Struct, frozen=True, gc=False):
    """Answer the station's call of that id."""

    answer: Answer


class CallStation(Struct, frozen=True, gc=False):
    """Ask the station.  ``within`` seconds is the deadline of an HTTP exchange; the session keeps its own timer besides."""

    call: Call
    within: float


class AnswerBackend(Struct, frozen=True, gc=False):
    """Answer the back end's call of that id."""

    answer: Answer


class CallBackend(Struct, frozen=True, gc=False):
    """Ask the back end.  ``within`` as in `CallStation`."""

    call: Call
    within: float


class OpenUplink(Struct, frozen=True, gc=False):
    """Make the link to the back end now.  `UplinkUp` or `UplinkDown` follows."""


class CloseUplink(Struct, frozen=True, gc=False):
    """Close the link to the back end.  No `UplinkDown` follows."""

    why: str


class CloseStation(Struct, frozen=True, gc=False):
    """Close the station's link, answering nothing more.  No `StationLost` follows."""

    why: str


class Commit(Struct, frozen=True, gc=False):
    """Store these writes in one transaction; `Committed` with the tag follows when they are fsynced.

    Where storing fails no event follows: the joint closes the station without a byte and drops this session.
    """

    tag: int
    writes: Sequence[Write]


class Fetch(Struct, frozen=True, gc=False):
    """Read the queued rows from this number on (`Journal.waiting`); `Fetched` follows.

    Where reading fails the joint does as for a `Commit`.
    """

    first: int


class Wake(Struct, frozen=True, gc=False):
    """Let `Woken` follow after ``seconds``, in place of what a `Wake` before it asked for."""

    seconds: float


class Note(Struct, frozen=True, gc=False):
    """Something to count and to trace: ``what`` is one of `gateway.observe.metrics.NOTES`, ``labels`` are closed sets of words.

    ``detail`` goes to the trace and the log only.
    """

    what: str
    labels: dict[str, str] = field(default_factory=dict)
    detail: str = ""


class Learned(Struct, frozen=True, gc=False):
    """The station announced who it is; the joint chooses the quirks again."""

    vendor: str | None
    model: str | None
    firmware: str | None
    serial: str | None
    boot: Payload = field(default_factory=dict)
    """All that it said, as it came."""


class Acted(Struct, frozen=True, gc=False):
    """A switch of a quirk profile did something; ``detail`` is the operation or role that it was set for, or empty."""

    side: Side
    switch: str
    detail: str = ""


Command: TypeAlias = (
    AnswerStation
    | CallStation
    | AnswerBackend
    | CallBackend
    | OpenUplink
    | CloseUplink
    | CloseStation
    | Commit
    | Fetch
    | Wake
    | Note
    | Learned
    | Acted
)
