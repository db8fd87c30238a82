"""The few stateful steps that a table only names.

In: a message and the run.  Out: its translation.
Not here: anything that a table can say.

``flow: name`` in a table takes the functions for that message from `FLOWS` instead of from rules.  This is the one place
in Python where the name of a message may stand.
"""

from __future__ import annotations

from typing import Any, Protocol


class Flow(Protocol):
    """A pair of functions for one message, in both directions."""

    def function(self, kind: str, way: str) -> Any:
        """What translates a ``call`` or a ``result`` in the direction ``>`` or ``<``: (payload, run) → payload or None."""


FLOWS: dict[str, Flow] = {}
"""By name.  Nothing needs one yet."""
