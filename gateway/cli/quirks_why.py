"""``ocpp-gateway quirks why``: which profiles a station has, by which fact, and when each last did something.

In: a journal (read only, also beside a running gateway), mappings folders, a site file.  Out: text; exit code 1 for a fault.
Not here: choosing (`gateway.quirks.choose`).
"""

from __future__ import annotations

import argparse
import sqlite3
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from typing import Any

from gateway import site_file
from gateway.catalogue import Folders
from gateway.config import Site
from gateway.dialects.load import load_dialects
from gateway.journal import parked, rows
from gateway.journal.contract import JournalFailed
from gateway.quirks.choose import Quirks
from gateway.quirks.match import GLOBS, Known, Match
from gateway.quirks.profile import Profile

FILE = "journal.sqlite"


def why(args: argparse.Namespace) -> int:
    """Tell of one station."""
    try:
        with closing(parked.look(args.data / FILE)) as db:
            parked.must_know(db, args.station)
            values = rows.restored(db, args.station).values
    except (JournalFailed, sqlite3.Error) as error:
        print(f"ocpp-gateway quirks: {error}", file=sys.stderr)
        return 1
    own = [*args.mappings, *(site_file.mappings_folders(args.config) if args.config else ())]
    folders = Folders(own)
    dialects = load_dialects(folders)
    quirks = Quirks.load(folders, dialects)
    site = site_file.read(args.config, dialects) if args.config else None
    print("\n".join(told(quirks, facts(args.station, values, site), values)))
    return 0


def facts(station: str, values: Mapping[str, Any], site: Site | None) -> tuple[Known, Known]:
    """What is known of the station, and of its back end as far as the site file tells."""
    named = {key: values.get(key) for key in ("vendor", "model", "firmware", "serial")}
    listener, backend = values.get("listener"), None
    dialect = (values.get("boot") or {}).get("dialect")
    theirs = None
    if site is not None:
        home = next((one for one in site.listeners if one.name == listener), site.listeners[0])
        found = site.backend_of(station, home)
        backend, theirs, dialect = found.name, found.address.dialect, dialect or home.address.dialect
    common: dict[str, Any] = {
        "station": station,
        "listener": listener,
        "user_agent": values.get("user_agent"),
        "backend": backend,
        **named,
    }
    common["boot"] = (values.get("boot") or {}).get("payload") or {}
    return Known("station", dialect=dialect, **common), Known("backend", dialect=theirs, **common)


def told(quirks: Quirks, both: tuple[Known, Known], values: Mapping[str, Any]) -> Iterator[str]:
    """Facts, then profiles with the facts that chose them."""
    station = both[0]
    said = [
        f"{key.replace('_', ' ')} {getattr(station, key)!r}" for key in (*GLOBS, "firmware", "dialect") if getattr(station, key)
    ]
    yield f"{station.station}: {', '.join(said) or 'nothing is known of it; it has not booted yet'}"
    none = True
    for known in both:
        for profile in quirks.fitting(known):
            none = False
            yield f"{profile.id}: {profile.title}"
            yield f"  by {_by(profile, known)}"
            yield f"  {_fired(values.get('quirks', {}).get(profile.id), station.firmware)}"
            if profile.warn:
                yield f"  {profile.warn}"
    if none:
        yield "no profile is meant for it"
    off = [
        one for one in quirks.profiles.values() if one.off and any(replace(one, off="").rank(known) is not None for known in both)
    ]
    for profile in off:
        yield f"{profile.id}: switched off in {profile.off}"
    fitting = {one.id for known in both for one in quirks.fitting(known)} | {one.id for one in off}
    for id, when in sorted(values.get("quirks", {}).items()):
        if id not in fitting:
            yield f"{id}: no longer meant for it; {_fired(when, station.firmware)}"


def _by(profile: Profile, known: Known) -> str:
    """The facts that chose a profile, in the words of its match."""
    match: Match = next(one for one in profile.matches if one.fits(known))
    parts = [f"{key.replace('_', ' ')} {known.value(key)!r} ({' or '.join(patterns)})" for key, patterns in match.globs.items()]
    if match.firmware is not None:
        parts.append(f"firmware {known.firmware!r} (read by {match.firmware.read.pattern})")
    parts += [f"dialect {known.dialect}"] if match.dialects else []
    return ", ".join(parts) + (" (use)" if match is profile.use else "")


def _fired(seen: Any, firmware: str | None) -> str:
    """Under which firmware it first did something; and that it no longer does under a new one."""
    if not isinstance(seen, dict) or not seen:
        return "has not fired yet"
    firmwares = [f"{when} under firmware {name or 'unknown'}" for name, when in sorted(seen.items(), key=lambda one: str(one[1]))]
    still = "" if (firmware or "") in seen else f"; not since the firmware is {firmware or 'unknown'}: perhaps it is cured"
    return f"first fired {', '.join(firmwares)}{still}"
