"""``ocpp-gateway check``: loads everything that ``run`` would load, and names every fault.

In: a site file, mappings folders.  Out: faults with file and line on standard output; exit code 1 if there is any.
Not here: the rules (each room checks its own files).
"""

from __future__ import annotations

import argparse
from pathlib import Path

from gateway import loading, rehearsal
from gateway.ladder import samples


def add(own: argparse.ArgumentParser) -> None:
    """Give the parser its arguments."""
    own.description = "Loads the site file, dialects, tables and quirks as run would, and reports every fault with file and line."
    own.epilog = "Example: ocpp-gateway check -c gateway.yaml --mappings ./mappings"
    own.add_argument("-c", "--config", type=Path, metavar="FILE", help="the site file")
    own.add_argument("--mappings", type=Path, action="append", default=[], metavar="DIR", help="an operator's mappings folder")
    own.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Check, print, and give the exit code."""
    loaded = loading.load(args.config, args.mappings)
    found = [*loaded.faults]
    if loaded.data is not None:
        found += [fault for table in loaded.data.ladder.tables for fault in samples.faults(table)]
        played = (rehearsal.play(one, loaded.data.dialects).faults for one in loaded.data.quirks.profiles.values())
        found += [fault for faults in played for fault in faults]
    for fault in found:
        print(fault)
    if found:
        print(f"{len(found)} fault{'s' if len(found) > 1 else ''} found")
        return 1
    print(summary(loaded))
    for notice in loaded.notices:
        print(notice)
    return 0


def summary(loaded: loading.Loaded) -> str:
    """One line on what was loaded."""
    data = loaded.data
    assert data is not None
    counts = (len(data.dialects), "dialects"), (len(data.ladder.tables), "tables"), (len(data.quirks.profiles), "quirk profiles")
    return "all is well: " + ", ".join(f"{n} {what if n != 1 else what[:-1]}" for n, what in counts)
