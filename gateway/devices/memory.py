"""What a device remembers: options, variables of the station and of its connectors, and the names built in.

In: rules, options of the site, values that were kept.  Out: scopes for expressions; which values must be kept again.
Not here: when they change (`gateway.devices.device`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from gateway.devices.rules import DeviceRules, Fields

MOST_CONNECTORS = 64


class Memory:
    """``built(connector)`` gives the values of the names built in."""

    def __init__(self, rules: DeviceRules, identity: str, options: Mapping[str, Any]) -> None:
        self.rules, self.identity = rules, identity
        given = {name: value for name, value in options.items() if value is not None}
        self.options = {name: given.get(name, one.start) for name, one in rules.options.items()}
        self.station: dict[str, Any] = {name: one.start for name, one in rules.station.items()}
        self.built: Callable[[int], dict[str, Any]] = lambda connector: {}
        self.sample_interval = 60
        self._connectors: dict[int, dict[str, Any]] = {}
        self._changed: dict[str, Any] = {}
        self._said: set[tuple[int | None, str]] = set()

    def restore(self, values: Mapping[str, Any]) -> None:
        """Take up what was kept; a variable that is kept no longer is passed over."""
        for key, value in values.items():
            where, _, name = key.partition(".")
            if where == "station" and name in self.rules.station:
                self.station[name] = value
            elif where.isdigit() and name in self.rules.connector:
                self._own(int(where))[name] = value
        self.sample_interval = values.get("sample_interval", self.sample_interval)

    @property
    def connectors(self) -> range:
        """The numbers of the connectors."""
        count = self.rules.connectors(self.scope(1)) if self.rules.connectors is not None else 1
        return range(1, min(int(count), MOST_CONNECTORS) + 1) if isinstance(count, int | Decimal) and count > 0 else range(1, 2)

    def scope(self, connector: int, **more: Any) -> dict[str, Any]:
        """Name → value, for expressions about one connector."""
        own = {"identity": self.identity, "connector": connector, "sample_interval": self.sample_interval}
        return {**_NOTHING, **self.options, **self.station, **self._own(connector), **self.built(connector), **own, **more}

    def _own(self, connector: int) -> dict[str, Any]:
        if connector not in self._connectors:
            self._connectors[connector] = {name: one.start for name, one in self.rules.connector.items()}
        return self._connectors[connector]

    def set(self, fields: Fields, scope: Mapping[str, Any]) -> None:
        """Remember new values; all are worked out before the first is remembered."""
        connector = scope["connector"]
        for name, value in [(name, value(scope)) for name, value in fields.items()]:
            self.put(connector, name, value)

    def put(self, connector: int, name: str, value: Any) -> None:
        """Remember one value."""
        if name == "sample_interval":
            self.sample_interval = value
            self._changed[name] = value
            return
        here = name in self.rules.connector
        variable = self.rules.connector[name] if here else self.rules.station[name]
        place = self._own(connector) if here else self.station
        self._said.add((connector if here else None, name))
        if variable.keep and place[name] != value:
            self._changed[f"{connector if here else 'station'}.{name}"] = value
        place[name] = value

    def refused(self, connector: int, names: Iterable[str]) -> None:
        """The station will not say these: what was known of them stands, and nothing more is to be waited for."""
        self._said.update((connector if name in self.rules.connector else None, name) for name in names)

    def forget(self) -> None:
        """The station is gone: what it said before is not known any more, but for what is kept."""
        for variables, places in ((self.rules.station, [self.station]), (self.rules.connector, list(self._connectors.values()))):
            for place in places:
                place.update({name: one.start for name, one in variables.items() if not one.keep})

    def said(self) -> Callable[[int], frozenset[str]]:
        """Which variables were set since this was asked last, perhaps to what they were: of a connector and of the station."""
        said, self._said = self._said, set()
        return lambda connector: frozenset(name for place, name in said if place in (None, connector))

    def changed(self) -> dict[str, Any]:
        """What must be kept since this was asked last."""
        changed, self._changed = self._changed, {}
        return changed


_NOTHING: dict[str, Any] = dict.fromkeys(
    ("state", "session", "session_id", "session_token", "session_start", "energy", "limit", "amps")
)
