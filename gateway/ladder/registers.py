"""What the flows of one station remember from message to message: ids, sequence numbers, aliases.

In: what the journal restored.  Out: values, and the writes that must be committed with whatever was made from them.
Not here: when that happens (`gateway.session`), what the names mean (`gateway.ladder.flows`).

A register is a named map of text keys to JSON-able values.  A value is replaced whole; what `get` gave is never changed in place.
Keys are numbers and tokens that peers choose, so a register holds `MOST_KEYS` of them: the one that came first goes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

COUNTERS = "counters"
DUE = "due"
"""{name: {at, dialect, action, payload}}: calls for the back end, in its dialect, at a moment that has yet to come."""
LAST_NUMBER = 2**31 - 1
MOST_KEYS = 5000


class Registers:
    """``values``: {register: {key: value}}."""

    def __init__(self, values: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        self._values = {name: dict(keys) for name, keys in (values or {}).items()}
        self.unsaved: dict[tuple[str, str], Any] = {}
        """What was written since `taken` or `undo`, with the value before: where `undo` goes back to."""

    def get(self, name: str, key: str) -> Any:
        """The value, or None."""
        return self._values.get(name, {}).get(key)

    def items(self, name: str) -> list[tuple[str, Any]]:
        """All of one register, in the order in which the keys came."""
        return list(self._values.get(name, {}).items())

    def put(self, name: str, key: str, value: Any) -> None:
        """Remember; None forgets.  What changes nothing is no write."""
        keys = self._values.setdefault(name, {})
        if keys.get(key) == value:
            return
        if key not in keys and len(keys) >= MOST_KEYS:
            self.put(name, next(iter(keys)), None)
        self.unsaved.setdefault((name, key), keys.get(key))
        if value is None:
            del keys[key]
        else:
            keys[key] = value

    def next(self, name: str) -> int:
        """The next number of a counter: 1, 2, … and after 2**31 - 1 again 1."""
        number = (self.get(COUNTERS, name) or 0) % LAST_NUMBER + 1
        self.put(COUNTERS, name, number)
        return int(number)

    def taken(self) -> dict[str, dict[str, Any]]:
        """The writes since the last call, to be committed: {register: {key: value, or None to forget}}."""
        made: dict[str, dict[str, Any]] = {}
        for name, key in self.unsaved:
            made.setdefault(name, {})[key] = self.get(name, key)
        self.unsaved.clear()
        return made

    def undo(self) -> None:
        """Back to where `taken` left it."""
        for (name, key), value in self.unsaved.items():
            keys = self._values.setdefault(name, {})
            if value is None:
                keys.pop(key, None)
            else:
                keys[key] = value
        self.unsaved.clear()
