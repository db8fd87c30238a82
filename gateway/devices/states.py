"""What each connector does, in words that all stations share, and the telling of it.

In: the conditions of a ``device:`` section over what the station said.  Out: states that lasted; messages of them.
Not here: what a change of state means for a session (`gateway.devices.sessions`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gateway.devices.desk import Desk

NO_ERROR, OTHER_ERROR = "NoError", "OtherError"
IDLE = ("connected", "ready")


@dataclass(slots=True)
class Seen:
    """``state`` counts; ``coming`` is one that has not lasted long enough yet.  ``told`` is what the back end knows."""

    state: str | None = None
    coming: str | None = None
    told: tuple[Any, ...] | None = None


class States:
    """Every connector of one station.  ``changed(connector, before, now)`` is called for a change that counts."""

    def __init__(self, desk: Desk, changed: Callable[[int, str | None, str], None]) -> None:
        self.desk, self.changed = desk, changed
        self._seen: dict[int, Seen] = {}

    def of(self, connector: int) -> Seen:
        """What is known of a connector."""
        return self._seen.setdefault(connector, Seen())

    def look(self, connector: int) -> None:
        """Something is known anew."""
        seen, scope = self.of(connector), self.desk.scope(connector)
        found = next((state for state, holds in self.desk.rules.states.items() if holds(scope)), None)
        name = f"state {connector}"
        if found is None or found == seen.state:
            seen.coming = None
            self.desk.cancel(name)
        elif found != seen.coming:
            seen.coming = found
            hold = self.desk.rules.hold.get(found, 0)
            if hold and seen.state is not None:
                self.desk.timer(name, hold, lambda: self._lasted(connector, seen))
            else:
                self._lasted(connector, seen)

    def _lasted(self, connector: int, seen: Seen) -> None:
        before, now = seen.state, seen.coming
        if now is None:
            return
        seen.state, seen.coming = now, None
        self.desk.cancel(f"state {connector}")
        self.changed(connector, before, now)

    def forget(self) -> None:
        """Nobody knows any more what the connectors do."""
        for connector, seen in self._seen.items():
            seen.state = seen.coming = None
            self.desk.cancel(f"state {connector}")

    # -- telling -------------------------------------------------------------------------------------------------

    def tell(self, connector: int, word: str, again: bool = False) -> None:
        """Tell the back end what a connector does, if it does not know; ``word`` is the state as it shall be told."""
        seen, scope = self.of(connector), self.desk.scope(connector)
        about = {name: value(scope) for name, value in self.desk.rules.about.items()}
        error = self._error(word, scope)
        now = (word, error, *about.values())
        if now == seen.told and not again:
            return
        action = self.desk.dialect.action_for("status")
        if action is None:
            return
        seen.told = now
        payload = {"connector": connector, "state": word, "error": error, "time": self.desk.now, **about}
        self.desk.call(action, payload, lambda answer: None)

    def _error(self, word: str, scope: dict[str, Any]) -> str:
        found = next((code for code, holds in self.desk.rules.errors.items() if holds(scope)), NO_ERROR)
        return OTHER_ERROR if found == NO_ERROR and word == "faulted" else found
