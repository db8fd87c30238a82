"""A route that tells how long each request took to cross it.

In: a route, a clock's reading, someone to tell.  Out: the same passages as the route's own.
Not here: what is done with the seconds (`gateway.observe.metrics`).
"""

from __future__ import annotations

from collections.abc import Callable

from gateway.ladder.facts import Context
from gateway.ladder.route import Passage, Route
from gateway.messages import Payload


class TimedRoute(Route):
    """``seconds`` reads a clock; ``took`` hears the difference."""

    def __init__(self, route: Route, seconds: Callable[[], float], took: Callable[[float], None]) -> None:
        super().__init__(route.from_dialect, route.to_dialect, route.steps)
        self.of = route
        self._seconds, self._took = seconds, took

    def request(self, action: str, payload: Payload, cx: Context) -> Passage:
        """See `Route.request`."""
        begun = self._seconds()
        passage = super().request(action, payload, cx)
        self._took(self._seconds() - begun)
        return passage
