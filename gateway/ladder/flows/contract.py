"""What a flow is given and what it gives.

In: nothing.  Out: `Part`, `Parts`, `Rendering`, `Flow`, `Keeper`, `Together`.
Not here: any flow.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from gateway.ladder.facts import Facts
from gateway.ladder.losses import Refused
from gateway.ladder.settings import Settings
from gateway.messages import Payload

UNABLE = ("NotSupported", "NotImplemented")
"""The errors of one who cannot do what it is asked."""


class Part(Protocol):
    """The rules of one entry: how this message becomes that one, and that one's result the answer to this."""

    def ask(self, payload: Payload, run: Any) -> Payload | None:
        """What the rules make of the request; fields that the flow makes itself are missing.  None where it comes to nothing."""

    def answer(self, result: Payload, asked: Payload, run: Any) -> Payload:
        """What the rules make of the other side's result; ``asked`` is the request that it answers, in the asker's dialect."""

    def value(self, map: str, value: Any, run: Any) -> Any:
        """One value through a map of the table's ``enums`` or ``maps``, in the direction of the request; None: left out."""

    def back(self, map: str, value: Any, run: Any) -> Any:
        """The same, in the direction of the result."""


class Parts(dict[str, Part]):
    """What a flow is given of its table: parts by the messages that they make, and ``settings``.

    ``inside(kind, action, text)`` is the payload of the right side's message that is a JSON text; None where it is none.
    """

    def __init__(self, parts: Mapping[str, Part], settings: Settings, inside: Callable[[str, str, str], Payload | None]) -> None:
        super().__init__(parts)
        self.settings, self.inside = settings, inside


def nothing(results: Sequence[Payload | None], run: Any) -> Sequence[tuple[str, Payload]]:
    """What most renderings have to say afterwards."""
    return ()


def never(results: Sequence[Payload | None], run: Any) -> Sequence[tuple[str, str, str, Payload]]:
    """What most renderings promise."""
    return ()


def unsaid(code: str, run: Any) -> Payload | None:
    """What most renderings make of an error."""
    return None


@dataclass(frozen=True, slots=True)
class Rendering:
    """What a flow made of a request.

    ``messages`` are (action, payload), to be sent in this order on the flow's far side; none: it goes no further.
    ``answer`` makes the answer on the near side of their results, in order; None stands for one that was refused or is not known
    any more.  ``facts`` are asked by the steps beyond in place of those of the station, where numbers differ there.

    ``after`` makes, of the same results, calls the other way: (action, payload) of the near side's dialect, for the asker once it
    has its answer.  They are said once, and what the asker replies is for nobody; a crash may forget them.
    ``until`` holds the answer to a command back, for some seconds at most, until it is true of the same results: for what the
    other side only tells by messages of its own.  ``then`` makes of them what is asked next, whose answer is the answer, where
    there is more to ask; ``answer`` stands for it only where that cannot be asked any more.  ``idle`` are more messages for the
    far side of a command, promised by its answer: each is sent once when no transaction runs, unless the station boots before.
    ``due`` makes, of the same results, what the asker is told later unless something comes between: (name, moment, action,
    payload) of the near side's dialect.  It waits in the register `DUE` under its name, in the place of what waited there; a flow
    takes it back by forgetting it.  Of a flow beyond another it is not asked.
    ``failed`` makes the answer where all were answered with errors, of the last one's code; None: that error is the answer.
    """

    messages: Sequence[tuple[str, Payload]]
    answer: Callable[[Sequence[Payload | None], Any], Payload]
    facts: Facts | None = None
    after: Callable[[Sequence[Payload | None], Any], Sequence[tuple[str, Payload]]] = nothing
    until: Callable[[Sequence[Payload | None], Any], bool] | None = None
    then: Callable[[Sequence[Payload | None], Any], Rendering | None] | None = None
    idle: Sequence[tuple[str, Payload]] = ()
    due: Callable[[Sequence[Payload | None], Any], Sequence[tuple[str, str, str, Payload]]] = never
    failed: Callable[[str, Any], Payload | None] = unsaid


Flow: TypeAlias = Callable[[Payload, Any, Parts], Rendering]
"""(request, run, the parts) → what comes of it.  May raise `gateway.ladder.losses.Refused`."""


def the_answer(results: Sequence[Payload | None]) -> Payload:
    """The result of the last message.  Raises `Refused` where there is none: then nobody can answer in its place."""
    if not results or results[-1] is None:
        raise Refused("InternalError", "the other side gave no answer")
    return results[-1]


def makes(*messages: str) -> Callable[[Flow], Flow]:
    """Mark a flow with the messages that it makes: a table that names it must have a part for each, and for no other."""

    def marked(flow: Flow) -> Flow:
        vars(flow)["parts"] = messages
        return flow

    return marked


class Together(Protocol):
    """What belongs together among the items of a list.  ``one`` is what the rules make of an item, None where it is dropped."""

    def right(self, items: Sequence[Payload], one: Callable[[Payload], Payload | None], run: Any) -> list[Payload]:
        """The right side's items."""

    def left(self, items: Sequence[Payload], one: Callable[[Payload], Payload | None], run: Any) -> list[Payload]:
        """The left side's items."""


class Keeper(Protocol):
    """A two-way map of values that no list of rows can say: ``left`` and ``right`` are the value on that side, None: left out.

    It may say with ``total`` in which directions it never is None (``"<>"``: both), and with ``reads = (names)`` which fields
    of an object it looks at: all others must then be declared lost by the rules that use it.
    """

    def right(self, value: Any, run: Any) -> Any:
        """A left value as the right side has it."""

    def left(self, value: Any, run: Any) -> Any:
        """A right value as the left side has it."""
