"""Takes changed files into use without dropping a connection: all of them, or none.

In: a relay that runs, what was loaded now and what was loaded before.  Out: what changed, or why nothing did.
Not here: reading files (`gateway.loading`), the signal that asks for it (`gateway.cli.run`).

Quirks, ladder tables, the list of stations and the devices that are dialled change at once.  A call ends on the route on
which it began; cures are chosen again for every conversation.  Dialects, listeners, back ends and policy are built into what
runs, so they need a restart.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from gateway.catalogue import Folders
from gateway.config import Device, Site, Station
from gateway.data import Data
from gateway.loading import Loaded
from gateway.relay import Relay
from gateway.source import Fault

LIVE = ("stations", "mappings", "devices")
"""Parts of the site file that change at once."""
BOUND = ("upstream", "backend")
"""What a conversation was built with."""


@dataclass
class Outcome:
    """``faults``: nothing was changed, for these reasons.  ``restart``: what only a restart will change.  ``devices``: those to
    dial from now on, where they changed."""

    faults: list[Fault] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    restart: list[str] = field(default_factory=list)
    devices: tuple[Device, ...] | None = None


def prints(own: Iterable[Path]) -> dict[str, str]:
    """A fingerprint of every data file, by kind and name."""
    folders = Folders([*own])
    found = {f"{kind}/{name}": path for kind in ("dialects", "ladder", "quirks") for name, path in folders.files(kind).items()}
    return {name: sha256(path.read_bytes()).hexdigest() for name, path in found.items()}


def take(relay: Relay, loaded: Loaded, before: Mapping[str, str], now: Mapping[str, str]) -> Outcome:
    """Take into use what was loaded; ``before`` and ``now`` are the fingerprints of the files."""
    outcome = Outcome([*loaded.faults])
    files = sorted(name for name in {*before, *now} if before.get(name) != now.get(name))
    outcome.faults += [
        Fault(name, 1, "a dialect cannot change while it is spoken", "a restart") for name in files if _dialect(name)
    ]
    if outcome.faults or loaded.data is None:
        return outcome
    outcome.changed += files
    if loaded.site is not None:
        _site(relay, loaded.site, outcome)
    if outcome.changed:
        _data(relay, loaded.data, any(name.startswith("ladder/") for name in files))
    return outcome


def _dialect(name: str) -> bool:
    return name.startswith("dialects/")


def _data(relay: Relay, new: Data, routes: bool) -> None:
    """Quirks for everybody; routes only where a table changed, so that what did not change is not compiled again."""
    relay.data = Data(relay.data.dialects, new.ladder if routes else relay.data.ladder, new.quirks)
    for conversation in list(relay.conversations.values()):
        if routes:
            relay.reroute(conversation)
        relay.choose(conversation)


def _site(relay: Relay, new: Site, outcome: Outcome) -> None:
    """The stations; of all else only what would need a restart."""
    old = relay.site
    for one in dataclasses.fields(Site):
        if one.name not in LIVE and getattr(old, one.name) != getattr(new, one.name):
            outcome.restart.append(one.name)
    if new.devices != old.devices:
        outcome.devices = new.devices
        outcome.changed.append(f"devices ({len(new.devices)})")
    stations = {identity: _station(old, station, outcome) for identity, station in new.stations.items()}
    gone = [identity for identity in old.stations if identity not in stations]
    changed = [identity for identity, one in stations.items() if old.stations.get(identity) != one]
    if gone or changed:
        outcome.changed.append(f"stations ({len(changed)} new or changed, {len(gone)} gone)")
    relay.site = dataclasses.replace(old, stations=stations, mappings=new.mappings)


def _station(old: Site, new: Station, outcome: Outcome) -> Station:
    """The station as it may be now: a new back end, or a new name there, waits for a restart."""
    was = old.stations.get(new.identity)
    bound = {name: getattr(was, name) for name in BOUND if was is not None and getattr(was, name) != getattr(new, name)}
    if bound:
        outcome.restart.append(f"station {new.identity} ({', '.join(bound)})")
    return dataclasses.replace(new, **bound)
