"""``ocpp-gateway translate``: recorded messages of one dialect in, the same in another out.

In: a file or standard input.  Out: JSON lines or wire forms on standard output, losses and bad lines on standard error;
exit code 0, 1 if a line was bad, 2 for a wrong command line.
Not here: reading (`gateway.cli.intake`), translating (`gateway.ladder.dialogue`).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from gateway import loading
from gateway.cli.intake import Heard, read
from gateway.dialects.errors import PeerError
from gateway.dialects.ocppj import write_frame
from gateway.dialects.schema import Dialect
from gateway.dialects.soap import write_fault, write_request, write_response
from gateway.ladder.dialogue import Dialogue, Outcome, Spoken, other
from gateway.ladder.ladder import RouteError
from gateway.messages import Call, Error, Message, Result, Side

_ENCODER = msgspec.json.Encoder(decimal_format="number")
_SIDES: dict[str | None, Side] = {"up": "station", "down": "backend"}
_EPILOG = """\
Examples:
  ocpp-gateway translate --from ocpp1.5 --to ocpp1.6 capture.http
  ocpp-gateway translate --from ocpp1.6 --to ocpp1.5 --as wire trace.jsonl
  echo '{"action":"Heartbeat","payload":{}}' | ocpp-gateway translate --from ocpp1.5 --to ocpp1.6 -

Input: SOAP envelopes (one or several, HTTP headers may stand before each), OCPP-J frames (one a line), lines of an
open-ocpp-trace, or JSON lines {"action": ..., "kind": "call|result|error", "id": ..., "payload": ...}; kind is call where
left out.  A call whose answer is not in the input is supposed to be accepted; transaction ids then count from 1."""


def add(own: argparse.ArgumentParser) -> None:
    """Give the parser its arguments."""
    own.description = "Translates recorded messages from one dialect to another and names each loss on standard error."
    own.epilog = _EPILOG
    own.formatter_class = argparse.RawDescriptionHelpFormatter
    own.add_argument("--from", dest="source", required=True, metavar="DIALECT", help="the dialect of the input")
    own.add_argument("--to", dest="target", required=True, metavar="DIALECT", help="the receiver's dialect")
    own.add_argument(
        "--direction", choices=("up", "down"), help="who makes the calls that both sides may make: up is the station"
    )
    own.add_argument("--codec", choices=("soap", "json"), help="how the input is written (default: its first character tells)")
    own.add_argument("--all", action="store_true", help="also what the gateway answers itself")
    own.add_argument(
        "--as", dest="form", choices=("json", "wire"), default="json", help="JSON lines, or the receiver's wire form"
    )
    own.add_argument("--mappings", type=Path, action="append", default=[], metavar="DIR", help="an operator's mappings folder")
    own.add_argument("file", metavar="FILE", nargs="?", default="-", help="the input; - is standard input")
    own.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Translate, print, and give the exit code.  Raises `SourceError` for faulty data files."""
    ladder = loading.ladder(args.mappings)
    try:
        ladder.route(args.source, args.target)
        data = sys.stdin.buffer.read() if args.file == "-" else Path(args.file).read_bytes()
    except (RouteError, OSError) as error:
        print(f"ocpp-gateway translate: {error}", file=sys.stderr)
        return 2
    dialects = ladder.dialects
    heard = answers_last(told_apart(read(data, dialects[args.source], args.codec)))
    answers: dict[str, dict[str, Result | Error]] = {one.identity: {} for one in heard}
    for one in heard:
        if isinstance(one.message, Result | Error):
            answers[one.identity][one.message.id] = one.message
    dialogues = {station: Dialogue(ladder, args.source, args.target, given) for station, given in answers.items()}
    bad = [not _one(one, dialogues[one.identity], args, dialects) for one in heard]
    return 1 if any(bad) else 0


def told_apart(heard: Iterable[Heard]) -> list[Heard]:
    """Each message with its station: where none is named, an answer has that of its question, all else the last one named."""
    whose: dict[str, str] = {}
    named, last = list[Heard](), ""
    for one in heard:
        asked = whose.get(one.message.id) if isinstance(one.message, Result | Error) else None
        named.append(replace(one, identity=one.identity or asked or last))
        last = one.identity or last
        if isinstance(one.message, Call):
            whose[one.message.id] = named[-1].identity
    return named


def answers_last(heard: list[Heard]) -> list[Heard]:
    """The same messages, but an answer that stands before its question comes right after it."""
    asked_later = {(one.identity, one.message.id) for one in heard if isinstance(one.message, Call)}
    early: dict[tuple[str, str], list[Heard]] = {}
    ordered = []
    for one in heard:
        key = (one.identity, one.message.id if one.message else "")
        if isinstance(one.message, Result | Error) and key in asked_later:
            early.setdefault(key, []).append(one)
            continue
        ordered.append(one)
        if isinstance(one.message, Call):
            asked_later.discard(key)
            ordered += early.pop(key, [])
    return ordered


def _one(heard: Heard, dialogue: Dialogue, args: argparse.Namespace, dialects: Mapping[str, Dialect]) -> bool:
    """Translate and print one message; false where it is bad."""
    name = "<stdin>" if args.file == "-" else args.file
    try:
        if heard.message is None:
            raise PeerError("FormatViolation", heard.fault)
        message = heard.message
        caller = _caller(heard, dialects[args.source].messages, args.direction)
        outcome = dialogue.hear(message, caller)
        lines = _print(outcome, heard, caller, args, dialects)
    except (PeerError, ValueError) as error:
        print(f"{name}:{heard.line}: {heard.fault or error}", file=sys.stderr)
        return False
    for loss in outcome.losses:
        print(
            f"{name}:{heard.line}: lost: ladder/{loss.table}.yaml: {loss.rule}: {_field(loss.action, loss.field)}: {loss.why}",
            file=sys.stderr,
        )
    for spoken in outcome.spoken:
        if spoken.local and isinstance(spoken.message, Error):
            error_text = f"{spoken.message.code}: {spoken.message.description}"
            print(f"{name}:{heard.line}: refused: {spoken.message.action}: {error_text}", file=sys.stderr)
    for line in lines:
        print(line, flush=True)
    return True


def _field(action: str, path: str) -> str:
    return f"{action}.{path}" if path else action


def _caller(heard: Heard, messages: Any, direction: str | None) -> Side:
    """Who asks: the operation's own sender, else what was said, else what the text tells, else the station."""
    message = messages.get(heard.message.action) if heard.message else None
    if message is not None and message.sender != "both":
        return "station" if message.sender == "station" else "backend"
    return _SIDES.get(direction) or heard.caller or "station"


def _print(outcome: Outcome, heard: Heard, caller: Side, args: argparse.Namespace, dialects: Mapping[str, Dialect]) -> list[str]:
    made = []
    for spoken in outcome.spoken:
        if not spoken.local or args.all:
            dialect = dialects[args.source if spoken.local else args.target]
            made.append(_json(spoken) if args.form == "json" else _wire(spoken, dialect, heard))
    return made


def _json(spoken: Spoken) -> str:
    message = spoken.message
    made: dict[str, Any] = {"to": spoken.to, "action": message.action, "kind": message.kind, "id": message.id}
    if isinstance(message, Error):
        made.update(code=message.code, description=message.description)
    else:
        made["payload"] = message.payload
    return _ENCODER.encode(made).decode()


def _wire(spoken: Spoken, dialect: Dialect, heard: Heard) -> str:
    """A frame or an envelope, by the receiver's usual codec."""
    message, id = spoken.message, spoken.message.id.removeprefix("urn:").removeprefix("uuid:")
    if dialect.soap is None or (dialect.json is not None and dialect.json.status == "official"):
        return write_frame(_with_id(message, id[-36:]), dialect)
    if isinstance(message, Call):
        caller = other(spoken.to)
        uri = message.id if ":" in message.id else f"urn:uuid:{message.id}"
        return write_request(dialect, message, heard.identity or "station", "", "", uri, caller=caller).decode()
    related = message.id if ":" in message.id else f"urn:uuid:{message.id}"
    if isinstance(message, Result):
        return write_response(dialect, message, related, caller=spoken.to).decode()
    return write_fault(dialect, message, related, caller=spoken.to)[1].decode()


def _with_id(message: Message, id: str) -> Message:
    if isinstance(message, Call):
        return Call(id, message.action, message.payload)
    if isinstance(message, Result):
        return Result(id, message.action, message.payload)
    return Error(id, message.action, message.code, message.description, message.details)
