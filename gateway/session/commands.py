"""What a session may ask for.  Imperative; carried out by the joint (`gateway.relay`), in order.

In: nothing.  Out: frozen values.
Not here: how they are carried out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from gateway.journal.contract import Write
from gateway.messages import Answer, Call


@dataclass(frozen=True, slots=True)
class AnswerStation:
    """Answer the station's call of that id."""

    answer: Answer


@dataclass(frozen=True, slots=True)
class CallStation:
    """Ask the station.  ``within`` seconds is the deadline of an HTTP exchange; the session keeps its own timer besides."""

    call: Call
    within: float


@dataclass(frozen=True, slots=True)
class AnswerBackend:
    """Answer the back end's call of that id."""

    answer: Answer


@dataclass(frozen=True, slots=True)
class CallBackend:
    """Ask the back end.  ``within`` as in `CallStation`."""

    call: Call
    within: float


@dataclass(frozen=True, slots=True)
class OpenUplink:
    """Make the link to the back end now.  `UplinkUp` or `UplinkDown` follows."""


@dataclass(frozen=True, slots=True)
class CloseUplink:
    """Close the link to the back end.  No `UplinkDown` follows."""

    why: str


@dataclass(frozen=True, slots=True)
class CloseStation:
    """Close the station's link, answering nothing more.  No `StationLost` follows."""

    why: str


@dataclass(frozen=True, slots=True)
class Commit:
    """Store these writes in one transaction; `Committed` with the tag follows when they are fsynced.

    Where storing fails no event follows: the joint closes the station without a byte and drops this session.
    """

    tag: int
    writes: Sequence[Write]


@dataclass(frozen=True, slots=True)
class SetTimer:
    """Fire `TimerFired` after ``seconds``; a timer of that name that runs is replaced."""

    name: str
    seconds: float


@dataclass(frozen=True, slots=True)
class CancelTimer:
    """Forget the timer of that name, if it runs."""

    name: str


@dataclass(frozen=True, slots=True)
class Note:
    """Something to count and to trace: ``what`` is one of `gateway.observe.metrics.NOTES`, ``labels`` are closed sets of words.

    ``detail`` goes to the trace and the log only.
    """

    what: str
    labels: dict[str, str] = field(default_factory=dict)
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Learned:
    """The station announced who it is; the joint chooses the quirks again."""

    vendor: str | None
    model: str | None
    firmware: str | None
    serial: str | None


Command: TypeAlias = (
    AnswerStation
    | CallStation
    | AnswerBackend
    | CallBackend
    | OpenUplink
    | CloseUplink
    | CloseStation
    | Commit
    | SetTimer
    | CancelTimer
    | Note
    | Learned
)
