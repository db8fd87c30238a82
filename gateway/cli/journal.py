"""``ocpp-gateway journal``: what waits, what is parked and why; brings parked messages back, and writes everything out.

In: a data folder.  Out: tables, or JSON lines, on standard output; exit code 1 where the journal cannot be read.
Not here: SQL (`gateway.journal.parked`, `gateway.journal.salvage`), delivery (`gateway.session`).

Looking needs no lock and disturbs no gateway.  ``replay`` works in the file itself where no gateway holds it; else it stores
the request there, and the gateway carries it out within some seconds.
"""

from __future__ import annotations

import argparse
import sqlite3
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from gateway.cli import journal_text as text
from gateway.journal import parked
from gateway.journal.contract import JournalFailed, RowState
from gateway.journal.lock import InUse
from gateway.journal.parked import PARKED, Stored
from gateway.journal.salvage import salvaged
from gateway.journal.store import Store

FILE = "journal.sqlite"
EPILOG = """\
examples:
  ocpp-gateway journal list --data /var/lib/ocpp-gateway
  ocpp-gateway journal parked
  ocpp-gateway journal show CP-0001 17
  ocpp-gateway journal replay CP-0001 --transaction 4711
  ocpp-gateway journal export > journal.jsonl
"""
STATES: dict[str, Sequence[RowState]] = {"all": (), "queued": ("queued",), "parked": ("parked",), "delivered": ("delivered",)}


def add(own: argparse.ArgumentParser) -> None:
    """Give the parser its arguments."""
    own.description = "Looks into a journal, also beside a running gateway, and brings parked messages back."
    own.epilog = EPILOG
    own.formatter_class = argparse.RawDescriptionHelpFormatter
    inner = own.add_subparsers(title="commands", metavar="COMMAND", required=True)
    listed = _command(inner, "list", "all stations, or the rows of one", listing)
    listed.add_argument("station", nargs="?", metavar="STATION")
    listed.add_argument("--state", choices=STATES, default="all", help="of one station: only these rows")
    shown = _command(inner, "show", "all that is known of one row", show)
    shown.add_argument("station", metavar="STATION")
    shown.add_argument("row", type=int, metavar="ROW")
    _command(inner, "parked", "all that is put aside, and why", aside)
    again = _command(inner, "replay", "queue parked messages again, in their old place", replay)
    again.add_argument("station", metavar="STATION")
    chosen = again.add_mutually_exclusive_group()
    chosen.add_argument("--transaction", type=int, metavar="ID", help="only this one; default: all parked transactions")
    chosen.add_argument("--row", type=int, action="append", metavar="ROW", help="a row kept aside by itself (may repeat)")
    again.add_argument("--anew", action="store_true", help="render anew even what the back end has in part")
    out = _command(inner, "export", "every row as a JSON line, also from a damaged file", export)
    out.add_argument("station", nargs="?", metavar="STATION")
    out.add_argument("--state", choices=STATES, default="all", help="only these rows")


def _command(inner: Any, name: str, help: str, carry_out: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
    made: argparse.ArgumentParser = inner.add_parser(name, help=help, description=f"{help[0].upper()}{help[1:]}.")
    made.add_argument("--data", type=Path, default=Path("data"), metavar="DIR", help="the data folder (default: ./data)")
    made.set_defaults(run=lambda args: _guarded(carry_out, args))
    return made


def _guarded(carry_out: Callable[[argparse.Namespace], int], args: argparse.Namespace) -> int:
    try:
        return carry_out(args)
    except (JournalFailed, sqlite3.Error) as error:
        print(f"ocpp-gateway journal: {error}", file=sys.stderr)
        return 1


# --- looking --------------------------------------------------------------------------------------------------------


def listing(args: argparse.Namespace) -> int:
    """Print all stations, or the rows of one."""
    with closing(parked.look(args.data / FILE)) as db:
        if args.station is None:
            return _print(text.stations(parked.stations(db)))
        parked.must_know(db, args.station)
        return _print(text.rows(parked.stored(db, args.station, STATES[args.state])))


def aside(args: argparse.Namespace) -> int:
    """Print what is parked."""
    with closing(parked.look(args.data / FILE)) as db:
        return _print(text.parked(parked.stored(db, states=STATES["parked"])))


def show(args: argparse.Namespace) -> int:
    """Print one row."""
    with closing(parked.look(args.data / FILE)) as db:
        found = next(parked.stored(db, args.station, seqs=[args.row]), None)
        if found is None:
            parked.must_know(db, args.station)
            raise JournalFailed(f"{args.station} has no row {args.row}")
        return _print(text.row(found))


def export(args: argparse.Namespace) -> int:
    """Print rows as JSON lines; what lies behind damage is missing, and that is told."""
    count = 0
    with closing(parked.look(args.data / FILE)) as db:
        lost: list[str] = []
        for one in salvaged(db, args.station, STATES[args.state], lost.append):
            print(text.line(one))
            count += 1
        if lost:
            raise JournalFailed(f"{lost[0]}: {count} rows could be read, others may be lost")
        if args.station is not None:
            parked.must_know(db, args.station)
    return 0


def _print(lines: Iterable[str]) -> int:
    for line in lines:
        print(line)
    return 0


# --- bringing back --------------------------------------------------------------------------------------------------


def replay(args: argparse.Namespace) -> int:
    """Bring parked rows back, or ask the gateway that holds the file to."""
    path = args.data / FILE
    with closing(parked.look(path)) as db:
        parked.must_know(db, args.station)
        rows = list(_chosen(db, args))
    if not rows:
        print(f"nothing to bring back: no parked transaction of {args.station}" + _hint(args))
        return 1
    seqs = [one.row.seq for one in rows]
    try:
        with closing(Store(path)) as store:
            count = store.bring_back(args.station, seqs, args.anew)
        print(f"{count} rows of {args.station} are queued again; they go up when the gateway starts")
    except InUse as running:
        with closing(sqlite3.connect(path, timeout=10, isolation_level=None)) as db:
            parked.ask(db, args.station, seqs, args.anew)
        print(f"asked the running gateway ({running.holder}) for {len(seqs)} rows of {args.station}; it takes some seconds")
    return 0


def _hint(args: argparse.Namespace) -> str:
    return f" {args.transaction}" if args.transaction is not None else "; `journal parked` lists what there is"


def _chosen(db: sqlite3.Connection, args: argparse.Namespace) -> Iterator[Stored]:
    """The rows meant: those parked for their transaction's sake, or exactly those named.  Raises `JournalFailed`."""
    found = {one.row.seq: one for one in parked.stored(db, args.station, STATES["parked"])}
    if args.row is None:
        for one in found.values():
            if _with_its_transaction(one) and args.transaction in (None, one.row.transaction):
                yield one
        return
    for seq in args.row:
        if seq not in found:
            raise JournalFailed(f"row {seq} of {args.station} is not parked")
        number = found[seq].row.transaction
        if number is not None and _with_its_transaction(found[seq]):
            raise JournalFailed(f"row {seq} is parked with its whole transaction: use --transaction {number}")
        yield found[seq]


def _with_its_transaction(one: Stored) -> bool:
    """Whether it was parked because the back end or the tables refused it or its transaction, not kept aside for what it is."""
    words = one.row.flags.split()
    return bool(one.why) or PARKED in words
