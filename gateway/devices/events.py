"""What may happen to a device, and what it may ask for.

In: nothing.  Out: frozen values.
Not here: what follows from them (`gateway.devices.device`), how they are carried out (`gateway.ends.devices`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from msgspec import Struct

from gateway.messages import Answer, Call
from gateway.wires.shapes import Record

# -- what happens ------------------------------------------------------------------------------------------------------


class Restored(Struct, frozen=True):
    """What was kept of this station; always the first event."""

    values: Mapping[str, Any]


class LinkUp(Struct, frozen=True):
    """The station can be spoken to."""


class LinkDown(Struct, frozen=True):
    """The station is gone: its link closed, or it answers no more."""

    why: str = ""


class Heard(Struct, frozen=True):
    """The station says something that answers nothing."""

    record: Record


class Answered(Struct, frozen=True):
    """The answer to the `Send` of this tag."""

    tag: int
    record: Record


class Unanswered(Struct, frozen=True):
    """The `Send` of this tag has no answer."""

    tag: int
    why: str = ""


class TimerFired(Struct, frozen=True):
    """The timer of this name came due."""

    name: str


class Asked(Struct, frozen=True):
    """The session asks, in the dialect's messages."""

    call: Call


class AnsweredUp(Struct, frozen=True):
    """The session's answer to the `CallUp` of the same id."""

    answer: Answer


class Kept(Struct, frozen=True):
    """The values of the `Keep` with this tag are on disk."""

    tag: int


Event: TypeAlias = Restored | LinkUp | LinkDown | Heard | Answered | Unanswered | TimerFired | Asked | AnsweredUp | Kept

# -- what is asked for -------------------------------------------------------------------------------------------------


class Send(Struct, frozen=True):
    """Say something to the station; without a tag nothing is expected back.

    ``within`` seconds and ``retries`` are the link's own where they are None.
    """

    tag: int | None
    name: str
    fields: Mapping[str, Any]
    within: float | None = None
    retries: int | None = None


class Timer(Struct, frozen=True):
    """`TimerFired` after so many seconds; a timer of that name that runs is replaced."""

    name: str
    seconds: float


class Cancel(Struct, frozen=True):
    """Forget the timer of that name, if it runs."""

    name: str


class CallUp(Struct, frozen=True):
    """Ask the session, as the station; `AnsweredUp` follows."""

    call: Call


class Reply(Struct, frozen=True):
    """Answer the session's `Asked` of the same id."""

    answer: Answer


class Keep(Struct, frozen=True):
    """Store these JSON-able values key by key (None: forget the key); `Kept` follows."""

    tag: int
    values: Mapping[str, Any]


class Note(Struct, frozen=True):
    """Something to count under ``kind``, one of `NOTES`, and to trace."""

    kind: str
    text: str = ""


class Known(Struct, frozen=True):
    """Who the station is, as far as it is known."""

    vendor: str | None
    model: str | None
    firmware: str | None
    serial: str | None


Command: TypeAlias = Send | Timer | Cancel | CallUp | Reply | Keep | Note | Known

NOTES: dict[str, str] = {
    "unfit": "a value that the message has no room for was cut, or the message was not made",
    "unanswered": "the station did not answer",
    "refused": "a command of the back end that such a station cannot do",
    "failed": "a procedure did not come to its end",
    "meter": "the station's meter went back or jumped; what was counted before stands",
    "unheard": "the meter was not heard in time, or an answer was lost: a session began or ended with what was known",
    "resumed": "a session that was open before a restart goes on",
    "crowded": "too much waits for the station: a command was refused",
}
"""The kinds of `Note`."""
