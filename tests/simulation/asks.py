"""What stations plan and ask.

In: nothing.  Out: `Plan`, `Ask`, the simulated day.
Not here: the stations themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tests.simulation.truth import Item

DAY = datetime(2026, 3, 1, 8, 0, 0, tzinfo=UTC)


@dataclass(eq=False)
class Ask:
    """A call of the station.  ``kind`` is boot, beat, authorize, status, start, meter or stop."""

    kind: str
    fields: dict[str, Any]
    item: Item | None = None
    id: str = ""
    since: float = 0.0


@dataclass(frozen=True)
class Plan:
    """One session of the day."""

    at: float
    connector: int
    tag: str
    stay: float
    asks: bool = True
    """Whether the station asks before it lets him charge."""
