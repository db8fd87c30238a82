"""What came in one look at the sockets is read first and then judged, like after like.

In: calls to make soon.  Out: the same calls, in their order, one after another.
Not here: what is called.

A message passes some hundreds of functions, and between two messages the system reads and writes sockets.  Done at once, each
message finds the processor's caches full of something else; a dozen of one kind in a row take a fifth less time
(docs/benchmark.rst).  Nobody waits longer for it: the row begins when the sockets that were ready have been read.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Later:
    """One kind of work.  ``clock`` has a reactor's ``callLater``."""

    __slots__ = ("_clock", "_waiting")

    def __init__(self, clock: Any) -> None:
        self._clock = clock
        self._waiting: list[tuple[Callable[..., None], tuple[Any, ...]]] = []

    def add(self, call: Callable[..., None], *given: Any) -> None:
        """Make this call when the sockets were read, after those that were added before."""
        if not self._waiting:
            self._clock.callLater(0, self._take)
        self._waiting.append((call, given))

    def _take(self) -> None:
        """Make the calls; one that raises costs the others nothing."""
        waiting, self._waiting = self._waiting, []
        failures: list[Exception] = []
        for call, given in waiting:
            try:
                call(*given)
            except Exception as error:
                failures.append(error)
        if failures:
            raise failures[0]


class Now:
    """The same without waiting: each call is made as it comes."""

    def add(self, call: Callable[..., None], *given: Any) -> None:
        """Call."""
        call(*given)


NOW = Now()
