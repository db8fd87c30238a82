"""One meter's register that never goes back: over resets, roll-overs and changes of unit of the station's own.

In: what the station's register says, Wh, and when.  Out: the register that the back end is told; whether something was odd.
Not here: where the register stands in a record (`session: energy` of the file).

A register that goes back has rolled over, if the file says where it does and the way round is short; else it was reset, and goes
on from where it was.  One that jumps further than the station could ever have delivered counts from there, without the jump; so
does one that was not heard before a session began.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

SLACK = Decimal(5000)
"""Wh that may always come between two readings: a station that was read rarely, or a meter that is read in steps."""
GENEROUS = Decimal("1.5")


class Meter:
    """``wraps``: the Wh at which the station's register begins again; ``power``: the most that it delivers, W."""

    def __init__(self, wraps: Decimal | None = None) -> None:
        self.wraps = wraps
        self.offset = Decimal(0)
        self.last: Decimal | None = None
        self.at: float | None = None
        self.blind = False
        """A session began at `register`, whatever the station's says next."""

    @property
    def register(self) -> Decimal | None:
        """What the back end is told, Wh."""
        return None if self.last is None else self.offset + self.last

    def take(self, raw: Decimal, at: float, power: Decimal | None = None) -> str:
        """The station says ``raw`` at that time (seconds).  What was odd about it in a word, or an empty text."""
        before, self.last, odd = self.last, raw, ""
        if self.blind:
            self.blind, self.offset = False, self.offset + (before or 0) - raw
            odd = f"counts from {raw} Wh, which was heard after the session had begun"
        elif before is not None and raw < before:
            odd = self._back(before, raw)
        elif before is not None and power is not None and raw - before > self._most(power, at):
            self.offset -= raw - before
            odd = f"jumped from {before} to {raw} Wh"
        self.at = at
        return odd

    def _back(self, before: Decimal, raw: Decimal) -> str:
        if self.wraps is not None and raw + self.wraps - before <= SLACK:
            self.offset += self.wraps
            return f"rolled over from {before} to {raw} Wh"
        self.offset += before
        return f"went back from {before} to {raw} Wh"

    def _most(self, power: Decimal, at: float) -> Decimal:
        if self.at is None:
            return Decimal("Infinity")
        return SLACK + power * GENEROUS * Decimal(max(0.0, at - self.at)) / 3600

    # -- memory --------------------------------------------------------------------------------------------------

    def kept(self) -> list[str | bool | None]:
        """What must outlive a restart."""
        return [str(self.offset), str(self.last) if self.last is not None else None, self.blind]

    def restore(self, kept: Sequence[Any]) -> None:
        """Take it up again.  How long ago that was is not known, so no jump is too far."""
        offset, last, self.blind = kept
        self.offset, self.last, self.at = Decimal(offset), Decimal(last) if last is not None else None, None
