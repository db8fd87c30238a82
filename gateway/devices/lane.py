"""The way out to those who share a line, or to one of many on a socket: who may be told what, and when.

In: letters to send, the moments when something was sent or heard.  Out: the next letter that may go; those without an answer.
Not here: bytes (`gateway.devices.bus`), what is said (`gateway.devices.device`).

No clock: each call says when it is, in monotonic seconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.wires.shapes import LinkRules, Record

MOST_WAITING = 64
"""Letters that may wait in one lane; a further one is refused at once."""
PATIENCE = 10.0
"""Seconds that a letter waits for its turn at least, and not much longer: a late command is worse than none."""


@dataclass(slots=True, eq=False)
class Letter:
    """One record for a station.  ``tag`` None: nothing is expected back.  Its answer, and that of each of its ``retries``, has
    ``within`` seconds."""

    station: str
    tag: Any
    name: str
    fields: Mapping[str, Any]
    within: float
    retries: int = 0
    posted: float = 0.0
    asked: Record | None = None
    until: float = field(default=0.0, repr=False)

    @property
    def stale(self) -> float:
        """When it has waited for its turn for too long."""
        return self.posted + max(self.within, PATIENCE)


class Lane:
    """Sends one thing after the other as a link's rules want it."""

    def __init__(self, rules: LinkRules) -> None:
        self.rules = rules
        self.open: list[Letter] = []
        self._replies: list[Letter] = []
        self._asks: list[Letter] = []
        self._free_at = 0.0  # when the gap after what was sent last is over
        self._quiet_at = 0.0  # when the line will have been silent long enough
        self._again: dict[bytes, float] = {}  # frame → when the same may be sent again

    def post(self, letter: Letter, now: float) -> bool:
        """Take a letter; false where too many wait."""
        if len(self._replies) + len(self._asks) >= MOST_WAITING:
            return False
        letter.posted = now
        (self._replies if letter.tag is None else self._asks).append(letter)
        return True

    def heard(self, now: float) -> None:
        """Something came from there."""
        self._quiet_at = max(self._quiet_at, now + self.rules.idle)

    # -- sending -------------------------------------------------------------------------------------------------

    def candidates(self, now: float) -> Iterator[Letter]:
        """What may be sent now as far as the line is concerned: replies first, then questions while few are unanswered."""
        if now < max(self._free_at, self._quiet_at):
            return
        yield from list(self._replies)
        if len(self.open) < self.rules.outstanding:
            yield from list(self._asks)

    def held(self, frame: bytes, now: float) -> bool:
        """Whether these very bytes were sent too short a time ago."""
        return now < self._again.get(frame, 0.0)

    def sent(self, letter: Letter, asked: Record, now: float) -> None:
        """It was written."""
        (self._replies if letter.tag is None else self._asks).remove(letter)
        rules = self.rules
        self._free_at = max(self._free_at, now + max(rules.gap, rules.after.get(letter.name, 0.0)))
        self._quiet_at = max(self._quiet_at, now + rules.idle)
        self._remember(asked, now)
        if letter.tag is not None:
            letter.asked, letter.until = asked, now + letter.within
            self.open.append(letter)

    def _remember(self, asked: Record, now: float) -> None:
        wait = self.rules.repeat.get(asked.name, self.rules.repeat.get("*", 0.0))
        if wait:
            self._again = {frame: until for frame, until in self._again.items() if until > now}
            self._again[asked.raw] = now + wait

    def drop(self, letter: Letter) -> None:
        """It cannot be sent at all."""
        (self._replies if letter.tag is None else self._asks).remove(letter)

    # -- answers and their absence -------------------------------------------------------------------------------

    def answered(self, letter: Letter) -> None:
        """Its answer came."""
        self.open.remove(letter)

    def late(self, now: float) -> list[tuple[Letter, str]]:
        """Those that are given up now, each with the reason; those with tries left wait for their turn again."""
        over: list[tuple[Letter, str]] = []
        for letter in [one for one in self.open if one.until <= now]:
            self.open.remove(letter)
            if letter.retries > 0:
                letter.retries -= 1
                letter.posted = now
                self._asks.insert(0, letter)
            else:
                over.append((letter, f"no answer within {letter.within:g} seconds"))
        for queue in (self._replies, self._asks):
            for letter in [one for one in queue if one.stale <= now]:
                queue.remove(letter)
                over.append((letter, "it had to wait too long for its turn"))
        return over

    def forget(self, station: str | None = None) -> list[Letter]:
        """Let go of all letters (of one station, or of everybody), and give those that expected an answer."""
        gone = [one for one in (*self.open, *self._replies, *self._asks) if station in (None, one.station)]
        for queue in (self.open, self._replies, self._asks):
            queue[:] = [one for one in queue if one not in gone]
        return [one for one in gone if one.tag is not None]

    def wait(self, now: float) -> float | None:
        """Seconds until something may change by itself, or None."""
        moments = [one.until for one in self.open]
        waiting = [*self._replies, *self._asks]
        moments += [one.stale for one in waiting]
        if self._replies or (self._asks and len(self.open) < self.rules.outstanding):
            ready = max(self._free_at, self._quiet_at)
            moments += [ready] if ready > now else [until for until in self._again.values() if until > now]
        return max(0.0, min(moments) - now) if moments else None
