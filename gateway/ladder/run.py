"""What every compiled function of a table is called with, and the one that changes nothing.

In: facts of the station, the request that a result answers.  Out: `Run`, `Translate`, `carry`, `blind`.
Not here: how the functions are made (`gateway.ladder.compiler`), who calls them (`gateway.ladder.route`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from msgspec import Struct

from gateway.ladder.facts import Context, Facts, Recorded
from gateway.ladder.losses import Loss


class Run(Struct, gc=False):
    """What a compiled function may look at and add to.

    ``asked`` is the request that a result answers; ``hits`` gathers the cases that fired (functions compiled with
    ``trace`` only).  Only flows and maps of Python look at ``cx``.
    """

    facts: Facts
    losses: list[Loss]
    asked: dict[str, Any] = {}
    hits: set[str] | None = None
    cx: Context | None = None

    def to(self, asked: dict[str, Any]) -> Run:
        """The same for a result that answers ``asked``."""
        return Run(self.facts, self.losses, asked, self.hits, self.cx)


Translate: TypeAlias = Callable[[dict[str, Any], Run], "dict[str, Any] | None"]


def carry(payload: dict[str, Any], run: Run) -> dict[str, Any]:
    """The function of all plans that change nothing."""
    return payload


def blind(translate: Translate) -> bool:
    """Whether a function is marked as one that never looks at its run but notes losses there: `PAD` is good enough."""
    return bool(getattr(translate, "blind", False))


class _Pad(Run):
    """A run for one call after the other, so that none need be made.  Who uses it sees whether a loss was noted, and clears."""

    def clear(self) -> None:
        """Nothing is noted any more."""
        self.losses.clear()


PAD = _Pad(Recorded(), [])
