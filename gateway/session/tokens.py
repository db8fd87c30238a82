"""What the back end last said of tokens: who may charge while it is away.

In: tokens, what the back end said of them and until when.  Out: what a token is told here, and writes that keep what was learnt.
Not here: when it is asked (`gateway.session.errands`, `gateway.session.intake`), how much a site lets it decide
(`gateway.session.policy`).

One station's, or that of all stations of a back end.  It lasts over a restart, and holds so many tokens: the one that was learnt
first goes.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gateway.journal.contract import PutRegisters, Write
from gateway.session.text import not_before, stamp

PASSING = ("concurrent",)
"""Words that say something of the moment, not of the token."""
MOST_OF_A_STATION = 50
MOST_OF_A_SITE = 10_000
EVERYBODY = ""
"""Stands in the journal for the station where it is no station's own; no station is called so."""


class Tokens:
    """Kept as a register of ``station``, whose name no table can give."""

    def __init__(self, station: str, name: str = "", most: int = MOST_OF_A_STATION) -> None:
        self._station, self.register, self._most = station, f"tokens learnt {name}".strip(), most
        self._learnt: dict[str, tuple[str, str | None]] = {}

    def restore(self, registers: Mapping[str, Mapping[str, Any]]) -> None:
        """Take up what the journal knows."""
        self._learnt = {token: (status, until) for token, (status, until) in registers.get(self.register, {}).items()}

    def heard(self, token: str, status: str, until: str | None) -> list[Write]:
        """The back end said what a token may, and until when; what must be stored of that."""
        key, new = token.casefold(), (status, until)
        if status in PASSING or self._learnt.get(key) == new:
            return []
        self._learnt[key] = new
        entries: dict[str, Any] = {key: list(new)}
        if len(self._learnt) > self._most:
            first = next(iter(self._learnt))
            del self._learnt[first]
            entries[first] = None
        return [PutRegisters(self._station, {self.register: entries})]

    def last(self, token: str) -> str | None:
        """What was last said of it, however long ago; None where nothing was."""
        return self._learnt.get(token.casefold(), (None, None))[0]

    def said(self, token: str, now: datetime) -> str | None:
        """What it may now: a good word ends when the back end said, a bad one (``Expired`` names a day gone by) with another."""
        status, until = self._learnt.get(token.casefold(), (None, None))
        over = status == "accepted" and until is not None and not_before(stamp(now), until)
        return "expired" if over else status
