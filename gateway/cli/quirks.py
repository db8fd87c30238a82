"""``ocpp-gateway quirks``: which profiles there are, who has which and why; tries and drafts profiles.

In: mappings folders, a data folder, a file of quirks, a trace.  Out: text on standard output; exit code 1 for a fault.
Not here: what a profile may say (`gateway.quirks`), playing its dialogues (`gateway.rehearsal`).
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from gateway import loading, rehearsal, source
from gateway.catalogue import Folders
from gateway.cli.quirks_why import why
from gateway.dialects.load import load_dialects
from gateway.quirks import describe, draft, json_schema
from gateway.quirks.choose import Quirks
from gateway.quirks.profile import Profile, chosen_by_operator, read_file
from gateway.source import Checker, Map, nearest, one_of

EPILOG = """\
examples:
  ocpp-gateway quirks list
  ocpp-gateway quirks show openevse-numeric-samples
  ocpp-gateway quirks test mappings/quirks/acme/box.yaml
  ocpp-gateway quirks draft trace.jsonl --station CP-0001 > box.yaml
  ocpp-gateway quirks why CP-0001 --data /var/lib/ocpp-gateway -c gateway.yaml
"""


def add(own: argparse.ArgumentParser) -> None:
    """Give the parser its arguments."""
    own.description = "Shows, tries and drafts quirk profiles."
    own.epilog = EPILOG
    own.formatter_class = argparse.RawDescriptionHelpFormatter
    inner = own.add_subparsers(title="commands", metavar="COMMAND", required=True)
    listed = _command(inner, "list", "all profiles", listing)
    listed.add_argument("--json", action="store_true", help="one JSON array, with all that is known of each")
    _command(inner, "show", "all of one profile", show).add_argument("id", metavar="ID")
    _why(_command(inner, "why", "which profiles a station has, by which fact, and when each fired", why))
    _command(inner, "test", "load a file of quirks, run its samples and dialogues", test).add_argument(
        "files", metavar="FILE", type=Path, nargs="+"
    )
    _draft(_command(inner, "draft", "a first profile from a trace or a file of frames", drafted))
    _command(inner, "schema", "the JSON Schema of the file format, for editors", schema)
    _command(inner, "models", "the page of supported models (docs/models.rst)", models)


def _command(inner: Any, name: str, help: str, carry_out: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
    made: argparse.ArgumentParser = inner.add_parser(name, help=help, description=f"{help[0].upper()}{help[1:]}.")
    made.add_argument("--mappings", type=Path, action="append", default=[], metavar="DIR", help="an operator's mappings folder")
    made.set_defaults(run=carry_out)
    return made


def _why(own: argparse.ArgumentParser) -> None:
    own.add_argument("station", metavar="STATION")
    own.add_argument("--data", type=Path, default=Path("data"), metavar="DIR", help="the data folder (default: ./data)")
    own.add_argument("-c", "--config", type=Path, metavar="FILE", help="the site file: for its folders, listeners and back ends")


def _draft(own: argparse.ArgumentParser) -> None:
    own.add_argument("trace", metavar="TRACE", help="a trace, or frames or envelopes, one a line; - is standard input")
    own.add_argument("--station", metavar="STATION", help="only this one's messages")
    own.add_argument("--dialect", metavar="DIALECT", help="what it speaks (default: what the trace says)")


def loaded(args: argparse.Namespace) -> Quirks:
    """The profiles of the folders that the command line names.  Raises `SourceError`."""
    faults = loading.overlooked(args.mappings)
    if faults:
        raise source.SourceError(faults)
    folders = Folders(args.mappings)
    return Quirks.load(folders, load_dialects(folders))


def listing(args: argparse.Namespace) -> int:
    """All profiles."""
    profiles = list(loaded(args).profiles.values())
    if args.json:
        print(json.dumps([describe.as_json(one) for one in profiles], indent=2, ensure_ascii=False))
        return 0
    for one in profiles:
        mark = "-" if one.off else "?" if one.on_request and one.use is None else " "
        print(f"{mark} {one.id:40} {', '.join(describe.verbs(one)):16} {one.title}" + (f" (off: {one.off})" if one.off else ""))
    print(f"{len(profiles)} profiles; ? is for those whom an operator names, - is switched off")
    return 0


def show(args: argparse.Namespace) -> int:
    """All of one profile."""
    found = loaded(args).profiles
    if args.id not in found:
        near = nearest(args.id, found)
        print(
            f"ocpp-gateway quirks: there is no quirk {args.id!r}" + (f"; did you mean {near!r}?" if near else ""), file=sys.stderr
        )
        return 1
    print("\n".join(describe.shown(found[args.id])))
    return 0


def test(args: argparse.Namespace) -> int:
    """Load files on top of all others, and play their dialogues."""
    check, profiles, tops, dialects = Checker(), list[Profile](), list[Map](), load_dialects(Folders(args.mappings))
    for path in args.files:
        try:
            tops.append(source.load(path))
            profiles += read_file(check, tops[-1], dialects)
        except source.SourceError as error:
            check.faults += error.faults
    chosen = profiles
    if not check.faults:
        chosen = _beside(check, profiles, tops, args, dialects)
        check.faults += [fault for one in profiles for fault in rehearsal.play(one, dialects).faults]
    for fault in sorted(set(check.faults)):
        print(fault)
    if check.faults:
        return 1
    print("\n".join(_tried(chosen, {one.id: _unseen(one, dialects) for one in profiles}, tops)))
    return 0


def _unseen(profile: Profile, dialects: Any) -> str:
    """Which switches no dialogue shows at work, for a person to see to."""
    unseen = [name for name in profile.behave if name not in rehearsal.acted(profile, dialects)]
    return f"; no dialogue shows {', '.join(unseen)} at work" if unseen else ""


def _beside(check: Checker, profiles: list[Profile], tops: list[Map], args: argparse.Namespace, dialects: Any) -> list[Profile]:
    """All profiles with those of the files and what the files say of others; quarrels are noted."""
    there = Quirks.load(Folders(args.mappings), dialects).profiles
    own = {one.id: one for one in profiles}
    chosen = chosen_by_operator(check, {**there, **own}, tops, list(dialects))
    changed = own.keys() | {id for top in tops for id in top.get("use", ())}
    for one, other in itertools.permutations(chosen, 2):
        found = one.quarrel(other) if one.id in changed and (other.id not in changed or one.id > other.id) else None
        if found is not None:
            what = f"{one.id} and {other.id} ({other.source.file}) are equally specific and both change {found[2]}"
            check.fault(found[0], found[1], what, "one of them to match more closely")
    return chosen


def _tried(chosen: Iterable[Profile], own: Mapping[str, str], tops: list[Map]) -> Iterator[str]:
    """A line for each profile of the files, and for each other that they speak of."""
    used = {id for top in tops for id in top.get("use", ())}
    off = {id for top in tops for id in top.get("off", ())}
    for one in chosen:
        if one.id in own:
            shown = f"{len(one.samples)} sample{'s' * (len(one.samples) != 1)} as shown"
            whom = describe.whom(one.match) + (", on request" if one.on_request else "")
            yield f"{one.id}: {shown}; for a {whom}{own[one.id]}"
        if one.id in off:
            yield f"{one.id}: off"
        elif one.id in used and one.use is not None:
            yield f"{one.id}: in use for a {describe.whom(one.use)}"


# -- drafting --------------------------------------------------------------------------------------------------------


def drafted(args: argparse.Namespace) -> int:
    """A first profile from what a station said."""
    lines = sys.stdin.read() if args.trace == "-" else Path(args.trace).read_text(encoding="utf-8", errors="replace")
    heard = list(_heard(lines.splitlines(), args.station))
    versions = [one["ocppVersion"] for one in heard if "ocppVersion" in one]
    name = args.dialect or (f"ocpp{versions[0]}" if versions else "")
    dialects = load_dialects(Folders(args.mappings))
    if name not in dialects:
        what = f"unknown dialect {name!r}" if name else "the lines do not say their version: --dialect is missing"
        print(f"ocpp-gateway quirks: {what}, expected {one_of(dialects)}", file=sys.stderr)
        return 2
    asked = {
        str(one["messageId"]): str(one["action"]) for one in heard if one.get("direction") == "csms-to-cp" and "action" in one
    }
    said = [str(one["raw"]) for one in heard if one.get("direction") != "csms-to-cp" and one.get("raw")]
    found = draft.look(dialects[name], said, asked)
    print(draft.written(found, name), end="")
    print(f"{len(said)} messages; {len(found.texts) + len(found.cures)} repairs, {len(found.left)} not cured", file=sys.stderr)
    return 0 if said else 1


def _heard(lines: Iterable[str], station: str | None) -> Iterator[dict[str, Any]]:
    """Lines of a trace on the station's side, or frames."""
    for line in lines:
        try:
            made = json.loads(line)
        except (ValueError, RecursionError):
            made = None
        if isinstance(made, dict) and "hop" in made:
            if made["hop"] == "station" and station in (None, made.get("chargePointId")):
                yield made
        elif line.strip() and not isinstance(made, dict):
            yield {"raw": line}


def schema(args: argparse.Namespace) -> int:
    """The JSON Schema."""
    print(json.dumps(json_schema.schema(), indent=1, ensure_ascii=False))
    return 0


def models(args: argparse.Namespace) -> int:
    """The page of supported models."""
    print(describe.page(loaded(args).profiles.values()), end="")
    return 0
