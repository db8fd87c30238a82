"""Bus addresses that the gateway allots: each station keeps its own, over restarts too.

In: a pool, what was allotted before, identities.  Out: an address, or none where the pool is empty.
Not here: telling the station (`device:` in the dialect file), keeping the list (`gateway.lines`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Allotments:
    """``taken`` is what may be kept: identity → address.  Of a list that contradicts itself the first entry stands."""

    def __init__(self, pool: range | None, before: Mapping[str, Any] | None = None) -> None:
        self.pool = pool
        self.taken: dict[str, int] = {}
        for station, address in (before or {}).items():
            if isinstance(address, int) and pool is not None and address in pool and address not in self.taken.values():
                self.taken.setdefault(station, address)

    def known(self, station: str) -> bool:
        """Whether it has an address already."""
        return station in self.taken

    def of(self, station: str) -> int | None:
        """The station's address: the one that it had, else the lowest free one, else None."""
        if station not in self.taken and self.pool is not None:
            used = set(self.taken.values())
            free = next((one for one in self.pool if one not in used), None)
            if free is not None:
                self.taken[station] = free
        return self.taken.get(station)

    def station(self, address: Any) -> str | None:
        """Whose address that is."""
        return next((station for station, one in self.taken.items() if one == address), None)
