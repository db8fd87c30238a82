"""``ocpp-gateway explain``: what becomes of every field between a station and a back end.

In: two dialects, perhaps an operation.  Out: the loss ledger on standard output, as text or JSON; exit code 2 for unknown names.
Not here: the ledger itself (`gateway.ladder.accounts`).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from gateway import loading
from gateway.cli.explain_page import page
from gateway.dialects.schema import Dialect
from gateway.ladder.accounts import accounts
from gateway.ladder.ladder import RouteError
from gateway.ladder.ledger import HOW, Account, Entry
from gateway.source import nearest


def add(own: argparse.ArgumentParser) -> None:
    """Give the parser its arguments."""
    own.description = (
        "Prints the loss ledger between a station and a back end: each field carried, converted, defaulted, "
        "synthesized, unfilled or lost, and why.  Operations of both sides, requests and results."
    )
    own.epilog = "Examples:\n  ocpp-gateway explain ocpp1.5 ocpp1.6\n  ocpp-gateway explain ocpp1.6 ocpp1.5 Reset --format json"
    own.formatter_class = argparse.RawDescriptionHelpFormatter
    own.add_argument("station", metavar="STATION", nargs="?", help="the station's dialect, for example ocpp1.5")
    own.add_argument("backend", metavar="BACKEND", nargs="?", help="the back end's dialect, for example ocpp1.6")
    own.add_argument("operation", metavar="OPERATION", nargs="?", help="only this operation")
    own.add_argument("--format", choices=("text", "json"), default="text", help="default: text")
    own.add_argument("--page", action="store_true", help="the whole ladder as a page of the documentation (docs/ledger.rst)")
    own.add_argument("--mappings", type=Path, action="append", default=[], metavar="DIR", help="an operator's mappings folder")
    own.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the ledger and give the exit code.  Raises `SourceError` for faulty files."""
    ladder = loading.ladder(args.mappings)
    if args.page:
        print("\n".join(page(ladder)))
        return 0
    if args.backend is None:
        print("ocpp-gateway explain: two dialects are wanted, STATION and BACKEND, or --page", file=sys.stderr)
        return 2
    stands = ladder.dialects.get(args.backend)
    if stands is not None and stands.ends == "station":
        print(f"ocpp-gateway explain: {args.backend} is spoken by stations only, and BACKEND comes second", file=sys.stderr)
        return 2
    try:
        found = accounts(ladder.route(args.station, args.backend), ladder.route(args.backend, args.station))
    except RouteError as error:
        print(f"ocpp-gateway explain: {error}", file=sys.stderr)
        return 2
    if args.operation is not None:
        known = {account.action for account in found}
        found = [account for account in found if account.action == args.operation]
        if not found:
            print(f"ocpp-gateway explain: {unasked(args.operation, known, ladder.dialects)}", file=sys.stderr)
            return 2
    if args.format == "json":
        shown = as_json(args.station, args.backend, found) | {"unheard": unheard(ladder.dialects[args.station])}
        print(json.dumps(shown, indent=2, ensure_ascii=False))
    else:
        print("\n".join(as_text(args.station, args.backend, found)))
        for field, why in unheard(ladder.dialects[args.station]).items() if args.operation is None else ():
            print(f"{field}: said by the station, and lost ({why})")
    return 0


def unheard(station: Dialect) -> dict[str, str]:
    """What a station with a protocol of its own says and nobody reads: record.field → why."""
    lost = station.device.lost if station.device is not None else {}
    return {f"{record}.{path}": why for record, fields in lost.items() for path, why in fields.items()}


def unasked(operation: str, known: set[str], dialects: Mapping[str, Dialect]) -> str:
    """Why the ledger of this route has no such operation."""
    spoken = [name for name, dialect in dialects.items() if operation in dialect.messages]
    if spoken:
        return f"nobody asks {operation} on this route; the asker would have to speak {' or '.join(spoken)} (STATION comes first)"
    near = nearest(operation, known)
    return f"no operation {operation!r}" + (f"; did you mean {near!r}?" if near else "")


def as_json(station: str, backend: str, found: list[Account]) -> dict[str, Any]:
    """The ledger as JSON values."""
    return {"station": station, "backend": backend, "operations": [_operation(account) for account in found]}


def _operation(account: Account) -> dict[str, Any]:
    made: dict[str, Any] = {"action": account.action, "from": account.sender, "share": round(account.share(), 4)}
    if account.flows:
        made["flows"] = list(account.flows)
    if account.said:
        made["local"] = {"when": account.said, "answer": account.answer, "why": account.why}
    for kind, entries in (("request", account.request), ("result", account.result)):
        made[kind] = [_field(entry, account.action) for entry in entries]
    return made


def _field(entry: Entry, action: str) -> dict[str, Any]:
    made: dict[str, Any] = {"source": entry.source, "target": entry.target, "how": entry.how, "why": list(entry.why)}
    if entry.message not in ("", action):
        made["message"] = entry.message
    return {**made, "becomes": list(entry.becomes)} if entry.becomes else made


def as_text(station: str, backend: str, found: list[Account]) -> Iterator[str]:
    """The ledger as lines, with a sum at the end."""
    names = {"station": station, "backend": backend}
    for account in found:
        other = "backend" if account.sender == "station" else "station"
        yield f"{account.action}: {account.sender} ({names[account.sender]}) asks {other} ({names[other]})"
        if account.said:
            yield f"  {account.said}: {account.outcome(json.dumps)}; {account.why}"
        if account.flows:
            yield f"  what becomes of it is decided by {', '.join(account.flows)} (gateway/ladder/flows)"
        for kind, entries in (("request", account.request), ("result", account.result)):
            yield from _lines(kind, entries, account.action)
        yield ""
    every = [entry for account in found for entry in (*account.request, *account.result)]
    local = sum(account.said == "always" for account in found)
    yield ", ".join(f"{sum(entry.how == how for entry in every)} {how}" for how in HOW) + f"; {local} operations answered here"


def _lines(kind: str, entries: list[Entry], action: str) -> Iterator[str]:
    """One field a line; a field of a message with another name than the operation's has that before it."""
    for entry in entries:
        other = f"{entry.message}." if entry.message not in ("", action) else ""
        source = (other if kind == "result" and entry.source else "") + entry.source
        target = (other if kind == "request" and entry.target else "") + entry.target
        path = source or target
        moved = f" -> {target}" if source and target and source != target else ""
        reasons = f"  ({'; '.join(entry.why)})" if entry.why and entry.how in ("lost", "unfilled", "defaulted") else ""
        becomes = f":  {', '.join(entry.becomes)}" if entry.becomes else ""
        yield f"  {kind:8} {entry.how:12} {path}{moved}{becomes}{reasons}"
        if not reasons:
            yield from (f"{'':24}loses {why}" for why in entry.why)
