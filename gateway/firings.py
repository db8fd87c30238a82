"""Remembers which quirks fired for a station, under which firmware, and says when one has nothing to do any more.

In: what the ends report, what the journal remembers, the cures that were chosen.  Out: words for the log, values to store.
Not here: counting (`gateway.witness`), telling it to a person (`gateway.cli.quirks_why`).

One write for each quirk and firmware of a station: enough to see that a quirk fired before an update and not since.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

MOST = 64
"""Quirks that are remembered of one station, and firmwares of one quirk."""


@dataclass
class Firings:
    """One station's: quirk → firmware → when it first fired under it."""

    seen: dict[str, dict[str, str]] = field(default_factory=dict)
    chosen: tuple[str, ...] = ()
    under: str | None = None
    """The firmware under which they were chosen."""

    def restore(self, values: Mapping[str, Any]) -> None:
        """Take up what the journal knows."""
        known = values.get("quirks")
        for quirk, when in known.items() if isinstance(known, dict) else ():
            if isinstance(when, dict):
                self.seen.setdefault(quirk, {}).update(when)

    def fired(self, quirks: Iterable[str], firmware: str | None, now: str) -> dict[str, Any] | None:
        """Quirks fired; what to store, if that is news."""
        news = False
        for quirk in quirks:
            of = self.seen.get(quirk)
            if of is None and len(self.seen) >= MOST:
                continue
            of = self.seen.setdefault(quirk, {})
            if (firmware or "") not in of and len(of) < MOST:
                of[firmware or ""] = now
                news = True
        return {"quirks": self.seen} if news else None

    def choose(self, ids: tuple[str, ...], firmware: str | None) -> list[str] | None:
        """Profiles were chosen: None where all is as before, else those that fired only under another firmware."""
        if (ids, firmware) == (self.chosen, self.under):
            return None
        self.chosen, self.under = ids, firmware
        return [quirk for quirk in ids if quirk in self.seen and (firmware or "") not in self.seen[quirk]]
