"""``ocpp-gateway dialect test``: loads dialect files and runs their vectors.

In: dialect files.  Out: one line each, or the faults; exit code 1 for a fault.
Not here: what a vector is (`gateway.wires.vectors`).
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from gateway import source
from gateway.catalogue import Folders
from gateway.dialects import likeness
from gateway.dialects.load import build
from gateway.source import Checker, Fault, Map, SourceError
from gateway.wires import vectors
from gateway.wires.load import load_wire
from gateway.wires.wire import Wire

_WHOLE = ("messages", "device", "speaks")


def add(own: argparse.ArgumentParser) -> None:
    """Give the parser its arguments."""
    own.description = "Load dialects and run their vectors."
    own.add_argument("files", metavar="FILE", type=Path, nargs="+")
    own.set_defaults(run=test)


def test(args: argparse.Namespace) -> int:
    """Load and run each file."""
    files: Sequence[Path] = args.files
    faults: list[Fault] = []
    for path in files:
        try:
            wire, whole = loaded(path)
        except SourceError as error:
            faults += error.faults
            continue
        wrong = vectors.run(wire) if wire is not None else []
        faults += wrong
        if not wrong:
            print(_said(path, wire, whole))
    for fault in sorted(set(faults)):
        print(fault)
    return int(bool(faults))


def loaded(path: Path) -> tuple[Wire | None, bool]:
    """The wire of a file, and whether the rest of the dialect is there too; while it is being written, the wire may be all.

    What it is like, or speaks, is looked for in its own mappings folder first.  Raises `SourceError`.
    """
    folders = Folders([path.parent.parent] if path.parent.name == "dialects" else [])
    top = likeness.whole(source.load(path), folders)
    if any(key in top for key in _WHOLE) or not isinstance(top.get("codecs"), Map):
        return build(top, folders=folders).wire, True
    checker = Checker()
    wire = load_wire(checker, top["codecs"])
    checker.raise_if_any()
    return wire, False


def _said(path: Path, wire: Wire | None, whole: bool) -> str:
    if wire is None:
        return f"{path}: loads; it has no wire, so there are no vectors"
    shown = f"{path}: {len(wire.frames)} records, {len(wire.vectors)} vectors as shown"
    return shown if whole else f"{shown}; nothing but the wire is there yet (no messages, no speaks)"
