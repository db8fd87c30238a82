"""A link that is made again whenever it is lost or could not be made, after ever longer pauses.

In: a way to begin one attempt.  Out: attempts, one at a time, until it is shut.
Not here: what the link is (`gateway.links.streams`, `gateway.links.texts`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from gateway.links.dial import words

Attempt: TypeAlias = Callable[[Callable[[], None]], tuple[Deferred[Any], Callable[[], None]]]
"""Begins an attempt: takes what to call once the link that was made has ended; gives a Deferred that fires when it is made, and
what aborts it."""


class Backoff:
    """Ever longer pauses, up to ``most`` seconds, each a little different so that many do not come at once."""

    def __init__(self, uniform: Callable[[float, float], float], first: float = 1.0, most: float = 60.0) -> None:
        self._uniform, self._first, self._most = uniform, first, most
        self._tries = 0

    def next(self) -> float:
        """Seconds until the next try."""
        pause = min(self._most, self._first * 2.0 ** min(self._tries, 16))
        self._tries += 1
        return pause * self._uniform(0.75, 1.25)

    def reset(self) -> None:
        """It worked: begin with short pauses again."""
        self._tries = 0


class Redial:
    """``failed`` hears why an attempt came to nothing."""

    def __init__(self, reactor: Any, attempt: Attempt, delays: Backoff, failed: Callable[[str], None]) -> None:
        self._reactor, self._attempt, self._delays, self._told = reactor, attempt, delays, failed
        self._abort: Callable[[], None] | None = None
        self._making: Deferred[Any] | None = None
        self._later: Any = None
        self._wanted = False
        self._round = 0

    def open(self) -> None:
        """Begin."""
        if not self._wanted:
            self._wanted = True
            self._try()

    def shut(self) -> None:
        """End, without another byte."""
        self._wanted = False
        self._round += 1
        if self._later is not None:
            self._later.cancel()
            self._later = None
        making, self._making = self._making, None
        if making is not None:
            making.cancel()
        abort, self._abort = self._abort, None
        if abort is not None:
            abort()

    def _try(self) -> None:
        self._later = None
        self._round += 1
        here = self._round
        self._making, self._abort = self._attempt(lambda: self._ended(here))
        self._making.addCallbacks(lambda _: self._made(here), lambda failure: self._failed(here, failure))

    def _made(self, here: int) -> None:
        if here == self._round:
            self._making = None

    def _failed(self, here: int, failure: Failure) -> None:
        if here == self._round and self._wanted:
            self._told(words(failure))
            self._ended(here)

    def _ended(self, here: int) -> None:
        if here == self._round and self._wanted:
            self._round += 1
            self._making = self._abort = None
            self._later = self._reactor.callLater(self._delays.next(), self._try)
