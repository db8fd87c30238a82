"""Counters and histograms that are cheap to feed: plain numbers, brought to prometheus-client when somebody asks.

In: label values as they come, also a peer's; seconds.  Out: a `Counter` or `Histogram` that is right after `settle`.
Not here: which counters there are (`gateway.observe.metrics`), what a label may be (`gateway.observe.labels`).

Finding the child of five labels and adding one to it takes prometheus-client about six microseconds, and each call through
the gateway is counted five times.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter as Count
from collections.abc import Callable, Mapping, Sequence

from prometheus_client import Counter, Histogram

MOST_KEPT = 4096
"""Readings, or kinds of a counter, that wait for somebody to ask."""


class Tally(dict[tuple[object, ...], int]):
    """``tally[given] += 1`` counts one.

    ``names`` are the counter's labels; ``words`` makes a value of a label harmless, and may change between two `settle`.
    """

    def __init__(self, counter: Counter, names: Sequence[str], words: Mapping[str, Callable[[object], str]]) -> None:
        super().__init__()
        self._counter, self._names, self._words = counter, names, words

    def __missing__(self, given: tuple[object, ...]) -> int:
        """The first of its kind.  Values may be a peer's own words: they are kept for a while only, and never too many."""
        if len(self) >= MOST_KEPT:
            self.settle()
        return 0

    def settle(self) -> None:
        """Bring the counter up to date."""
        for given, count in self.items():
            said = [self._words[name](value) for name, value in zip(self._names, given, strict=True)]
            self._counter.labels(*said).inc(count)
        self.clear()


class Readings:
    """A histogram whose readings are sorted into their buckets when somebody asks."""

    def __init__(self, histogram: Histogram) -> None:
        self._histogram = histogram
        self._kept: list[float] = []

    def add(self, value: float) -> None:
        """One reading."""
        self._kept.append(value)
        if len(self._kept) >= MOST_KEPT:
            self.settle()

    def settle(self) -> None:
        """Bring the histogram up to date: bucket by bucket, for to observe a reading takes three microseconds."""
        bounds, buckets = self._histogram._upper_bounds, self._histogram._buckets
        for index, count in Count(bisect_left(bounds, value) for value in self._kept).items():
            buckets[index].inc(count)
        self._histogram._sum.inc(sum(self._kept))
        self._kept.clear()
