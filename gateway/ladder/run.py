"""What every compiled function of a table is called with, and the one that changes nothing.

In: facts of the station, the request that a result answers.  Out: `Run`, `Translate`, `carry`, `blind`.
Not here: how the functions are made (`gateway.ladder.compiler`), who calls them (`gateway.ladder.route`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from gateway.ladder.facts import Facts
from gateway.ladder.losses import Loss

_NOTHING: dict[str, Any] = {}


class Run:
    """What a compiled function may look at and add to.

    ``asked`` is the request that a result answers; ``hits`` gathers the cases that fired (functions compiled with
    ``trace`` only).  A plain class: one is made for every message whose function looks at it.
    """

    __slots__ = ("asked", "facts", "hits", "losses")

    def __init__(self, facts: Facts, losses: list[Loss], asked: dict[str, Any] = _NOTHING, hits: set[str] | None = None) -> None:
        self.facts, self.losses, self.asked, self.hits = facts, losses, asked, hits


Translate: TypeAlias = Callable[[dict[str, Any], Run], "dict[str, Any] | None"]


def carry(payload: dict[str, Any], run: Run) -> dict[str, Any]:
    """The function of all plans that change nothing."""
    return payload


def blind(translate: Translate) -> bool:
    """Whether a function is marked as one that never looks at its run, so that none need be made for it."""
    return bool(getattr(translate, "blind", False))


vars(carry)["blind"] = True
