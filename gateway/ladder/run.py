"""What every compiled function of a table is called with, and the one that changes nothing.

In: facts of the station, the request that a result answers.  Out: `Run`, `Translate`, `Quick`, `Translated`, `carry`.
Not here: how the functions are made (`gateway.ladder.compiler`), who calls them (`gateway.ladder.route`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

from msgspec import Struct

from gateway.ladder.facts import Context, Facts
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
Quick: TypeAlias = Callable[[dict[str, Any]], "dict[str, Any] | None"]
"""The same without a run.  None where there is more to say than the message: a loss, a refusal, that nothing comes of it."""


class Translated(NamedTuple):
    """What one step does with one message; ``quick`` is None where that cannot be known without a run."""

    whole: Translate
    quick: Quick | None


def carry(payload: dict[str, Any], run: Run) -> dict[str, Any]:
    """The function of all plans that change nothing."""
    return payload
