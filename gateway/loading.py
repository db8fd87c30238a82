"""Loads dialects, tables, quirks and the site file together, and gathers the faults of all of them.

In: a site file (or none) and folders.  Out: `Loaded`.
Not here: the rules of each file.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gateway import site_file
from gateway.catalogue import Folders
from gateway.config import Secret, SecretError, Site
from gateway.dialects.load import load_dialect
from gateway.dialects.schema import Dialect
from gateway.ladder.ladder import Ladder
from gateway.quirks.choose import Quirks
from gateway.relay import Data
from gateway.source import Fault, SourceError


@dataclass
class Loaded:
    """What could be loaded.  ``data`` and ``site`` are None where faults stood in the way."""

    faults: list[Fault] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    data: Data | None = None
    site: Site | None = None


def load(config: Path | None, mappings: Sequence[Path] = ()) -> Loaded:
    """Load all; nothing is raised for a fault in a file."""
    loaded = Loaded()
    own = [*mappings]
    for folder in own:
        if not folder.is_dir():
            loaded.faults.append(Fault(str(folder), 1, "there is no such mappings folder"))
    if config is not None:
        try:
            own += site_file.mappings_folders(config)
        except SourceError as error:
            loaded.faults += error.faults
            config = None
    dialects = _data(Folders(own), loaded)
    if config is not None:
        _site(config, dialects, loaded)
    loaded.faults = sorted(set(loaded.faults))
    return loaded


def _data(folders: Folders, loaded: Loaded) -> dict[str, Dialect]:
    dialects: dict[str, Dialect] = {}
    for name in folders.files("dialects"):
        try:
            dialects[name] = load_dialect(folders, name)
        except SourceError as error:
            loaded.faults += error.faults
            _stand_in(name, dialects)
    ladder = quirks = None
    try:
        ladder = Ladder.load(folders, dialects)
    except SourceError as error:
        loaded.faults += error.faults
    try:
        quirks = Quirks.load(folders, dialects)
    except SourceError as error:
        loaded.faults += error.faults
    if ladder is not None and quirks is not None and not loaded.faults:
        loaded.data = Data(dialects, ladder, quirks)
    loaded.notices += [f"{d.name} is {d.status}: see its file" for d in dialects.values() if d.status != "official"]
    return dialects


def _stand_in(name: str, dialects: dict[str, Dialect]) -> None:
    """Where an operator's dialect is broken, check the other files against the shipped one: their faults are wanted too."""
    with contextlib.suppress(SourceError, KeyError):
        dialects[name] = load_dialect(Folders(), name)


def _site(config: Path, dialects: dict[str, Dialect], loaded: Loaded) -> None:
    try:
        site = site_file.read(config, dialects)
    except SourceError as error:
        loaded.faults += error.faults
        return
    loaded.site = site
    secrets = [b.credential for b in site.backends] + [s for st in site.stations.values() for s in (st.password, st.credential)]
    for secret in secrets:
        fault = unreadable(secret)
        if fault:
            loaded.faults.append(Fault(str(config), 1, fault))
    if loaded.data is None:
        return
    for listener in site.listeners:
        for backend in site.backends:
            start, end = listener.address.dialect, backend.address.dialect
            if not loaded.data.ladder.reaches(start, end):
                what = f"no table leads from {start} ({listener.name}) to {end} ({backend.name})"
                loaded.faults.append(Fault(str(config), 1, what))


def unreadable(secret: Secret | None) -> str:
    """Why a credential cannot be read, or an empty text."""
    if secret is None:
        return ""
    try:
        secret.read()
    except SecretError as error:
        return str(error)
    return ""
