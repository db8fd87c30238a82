"""Whether the back end wants each connector in use, kept over restarts; a running session is not broken off.

In: wishes, ends of sessions.  Out: runs of the procedure of the command.
Not here: the command itself (`gateway.devices.orders`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gateway.devices.desk import Desk
from gateway.devices.procedures import Procedures

KEY = "operative"


class Availability:
    """By connector; what is not known is in use."""

    def __init__(self, desk: Desk, procedures: Procedures, changed: Callable[[int], None]) -> None:
        self.desk, self.procedures, self.changed = desk, procedures, changed
        self._wanted: dict[int, bool] = {}
        self._waiting: set[int] = set()

    def restore(self, values: Mapping[str, Any]) -> None:
        """Take up what was kept."""
        self._wanted = {int(connector): wanted for connector, wanted in values.get(KEY, {}).items()}

    def operative(self, connector: int) -> bool:
        """Whether it is to be used, now."""
        return self._wanted.get(connector, True) or connector in self._waiting

    def want(self, connector: int, operative: bool) -> None:
        """A wish; it holds from `settle` on."""
        self._wanted[connector] = operative
        self._waiting.add(connector)
        self.desk.keep({KEY: {str(one): wanted for one, wanted in self._wanted.items()}})

    def over(self, connector: int) -> None:
        """A session ended: what waited for that happens now."""
        if connector in self._waiting:
            self.settle([connector], lambda good: None)

    def settle(self, connectors: Sequence[int], then: Callable[[bool], None]) -> None:
        """Do as was wished; ``then`` is called with whether the station did."""
        action = next((one.action for one in self.desk.dialect.messages.values() if one.role == "availability"), "")
        do, left, good = self.desk.rules.commands[action].do, list(connectors), [True]

        def done(connector: int, success: bool) -> None:
            left.remove(connector)
            good[0] = good[0] and success
            self.changed(connector)
            if not left:
                then(good[0])

        for connector in connectors:
            self._waiting.discard(connector)
            if not self.procedures.run(do, connector, lambda success, word, connector=connector: done(connector, success)):  # type: ignore[misc]
                done(connector, False)
