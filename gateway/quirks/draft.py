"""Drafts a profile from what a peer said: what cannot be read or is not valid, and the first repair that cures it.

In: the texts of a peer's messages, its dialect.  Out: a profile as YAML text, to be read and finished by a person.
Not here: reading the trace (`gateway.cli.quirks`).

Only repairs that make a message valid are proposed.  Whether they are right is for who knows the station to say.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import combinations
from typing import Any

from gateway.dialects.errors import PeerError
from gateway.dialects.ocppj import read_frame
from gateway.dialects.schema import Dialect
from gateway.dialects.shapes import Enum, Field, Scalar
from gateway.dialects.soap import error_of, read_envelope
from gateway.messages import Call, Message, Result
from gateway.quirks import frame, text
from gateway.quirks import path as paths
from gateway.quirks.operation import compile_change
from gateway.quirks.path import Path, Scene
from gateway.source import nearest

MOST_STEPS = 12
SOON = "TODO: say what goes wrong, on which firmware it was seen, and what follows from it."


@dataclass(frozen=True)
class Cure:
    """One rule, and a message before and after it."""

    on: str
    at: str
    operation: str
    argument: Any
    before: Any
    after: Any


@dataclass
class Draft:
    """What was found.  ``who`` are the facts of the boot; ``left`` is what no single operation cures."""

    who: dict[str, str] = field(default_factory=dict)
    texts: dict[tuple[str, ...], tuple[str, str]] = field(default_factory=dict)
    cures: dict[tuple[str, str, str], Cure] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)


def look(dialect: Dialect, said: Iterable[str], asked: Mapping[str, str]) -> Draft:
    """Read every text that the peer said; ``asked`` are the operations of the calls that it answers, by id."""
    draft = Draft()
    for raw in said:
        message = _readable(draft, dialect, raw)
        if message is None:
            continue
        action = message.action or asked.get(message.id, "")
        if isinstance(message, Call | Result) and action in dialect.messages:
            _payload(draft, dialect, message.kind, action, message.payload)
            if isinstance(message, Call) and dialect.role(action) == "boot":
                facts = dialect.lens("call", action).facts(message.payload) if isinstance(message.payload, dict) else {}
                draft.who |= {k: v for k, v in facts.items() if isinstance(v, str)}
        elif isinstance(message, Call):
            draft.left.append(f"{dialect.name} has no operation {action}")
    return draft


# -- texts -----------------------------------------------------------------------------------------------------------


def _readable(draft: Draft, dialect: Dialect, raw: str) -> Message | None:
    read = _read(dialect, raw)
    if read is not None and not (isinstance(read, Call | Result) and not isinstance(read.payload, dict)):
        return read
    changes = dict(text.NAMED)
    changes |= {name: frame.on_text(change) for name, (change, _) in frame.NAMED.items()}
    for names in [*((name,) for name in changes), *combinations(changes, 2)]:
        mended = raw
        for name in names:
            mended = changes[name](mended)
        made = _read(dialect, mended) if mended != raw else None
        if made is not None and (not isinstance(made, Call | Result) or isinstance(made.payload, dict)):
            draft.texts.setdefault(names, (raw, mended))
            return made
    what = "an envelope" if raw.startswith("<") else "a frame"
    draft.left.append(f"no repair makes {what} of {raw[:200]!r}")
    return None


def _read(dialect: Dialect, raw: str) -> Message | None:
    try:
        return _enveloped(dialect, raw) if raw.startswith("<") else read_frame(raw)
    except PeerError:
        return None


def _enveloped(dialect: Dialect, raw: str) -> Message:
    found = read_envelope(raw.encode("utf-8", "replace"), [dialect])
    if found.kind == "call":
        return Call(found.message_id, found.action, found.payload)
    if found.kind == "result":
        return Result(found.relates_to, found.action, found.payload)
    return error_of(dialect, found, found.relates_to, "")


# -- payloads --------------------------------------------------------------------------------------------------------


def _payload(draft: Draft, dialect: Dialect, kind: str, action: str, payload: Any) -> None:
    """Cure one fault after the other, until the message is valid or nothing helps."""
    for _ in range(MOST_STEPS):
        fault = _fault(dialect, kind, action, payload)
        if fault is None:
            return
        cure = next(_cures(dialect, kind, action, payload, fault), None)
        if cure is None:
            draft.left.append(f"{kind} {action}: {fault.path}: {fault.why}")
            without = _without(payload, fault.path)
            if without is payload:
                return
            payload = without  # what else is wrong shows itself once this is gone
            continue
        draft.cures.setdefault((cure.on, cure.at, cure.operation), cure)
        payload = cure.after


def _fault(dialect: Dialect, kind: str, action: str, payload: Any) -> PeerError | None:
    try:
        dialect.check(kind, action, payload, "drop")
    except PeerError as error:
        return error
    return None


def _cures(dialect: Dialect, kind: str, action: str, payload: Any, fault: PeerError) -> Iterator[Cure]:
    """Each rule after which that fault, everywhere in the message, is gone."""
    at = re.sub(r"\[\d+\]", "[]", fault.path)
    try:
        path = paths.parse(at)
        owner = paths.parent(dialect.messages[action].shape(kind), path)
    except ValueError:
        return
    there = Path((*path.steps[:-1], (path.steps[-1][0], False)))
    for where, operation, argument in _tries(there, owner.fields, _at(payload, fault.path)):
        change = compile_change(operation, argument, False)
        after = paths.rewrite(payload, where.steps, change, Scene())
        next_fault = _fault(dialect, kind, action, after) if after is not payload else fault
        if next_fault is None or re.sub(r"\[\d+\]", "[]", next_fault.path) != at:
            yield Cure(f"{kind} {action}", str(where), operation, argument, payload, after)


def _tries(path: Path, fields: Mapping[str, Field], value: Any) -> Iterator[tuple[Path, str, Any]]:
    name = path.steps[-1][0]
    known = fields.get(name)
    if known is None:
        meant = nearest(name, fields)
        if meant:
            yield path, "rename", meant
        yield path, "drop", True
        return
    for operation in (
        "to_text",
        "to_number",
        "to_bool",
        "to_whole",
        "trim",
        "strip_control",
        "unwrap",
        "wrap",
        "to_json",
        "from_json",
    ):
        yield path, operation, True
    yield from ((path, operation, argument) for operation, argument in _by_type(known))
    for other in (name.lower(), name.upper(), name[:1].upper() + name[1:], name.replace("Id", "ID")):
        yield path.sibling(other), "rename", name
    if not known.required:
        yield (path, "unset", [value]) if isinstance(value, str | int) else (path, "drop", True)
    if isinstance(known.type, Enum):
        yield path, "default", known.type.values[0]
        yield path, "enum", {str(value): known.type.values[0]}
    if isinstance(known.type, Scalar) and known.type.kind == "string":
        yield path, "default", "TODO"


def _by_type(known: Field) -> Iterator[tuple[str, Any]]:
    if known.max_length is not None:
        yield "truncate", known.max_length
    if isinstance(known.type, Enum):
        yield "spelling", list(known.type.values)
    if isinstance(known.type, Scalar) and known.type.kind == "dateTime":
        yield "now", True


def _without(payload: Any, path: str) -> Any:
    """The payload without the field, in every item."""
    try:
        where = paths.parse(re.sub(r"\[\d+\]", "[]", path).removesuffix("[]"))
    except ValueError:
        return payload
    return paths.rewrite(payload, where.steps, compile_change("drop", True, False), Scene())


def _at(payload: Any, path: str) -> Any:
    """What stands at the path of a fault."""
    for name, index in re.findall(r"([^.\[\]]+)|\[(\d+)\]", path):
        if index:
            payload = payload[int(index)] if isinstance(payload, list) and int(index) < len(payload) else None
        else:
            payload = payload.get(name) if isinstance(payload, dict) else None
    return payload


# -- writing ---------------------------------------------------------------------------------------------------------


def written(draft: Draft, dialect: str) -> str:
    """The profile as YAML; what stays to be done is marked TODO."""
    vendor = draft.who.get("vendor", "").strip()
    id = re.sub(r"[^a-z0-9]+", "-", f"{vendor or 'unknown'} {draft.who.get('model', '')}".lower()).strip("-")
    match: dict[str, Any] = {"side": "station", "dialect": dialect}
    match |= {key: draft.who[key] for key in ("vendor", "model") if draft.who.get(key, "").strip()}
    lines = [f"# Drafted from a trace.  Firmware there: {_quoted(draft.who.get('firmware', 'unknown'))}", "quirks:", f"  {id}:"]
    lines += ["    title: TODO what is seen", f"    why: {_quoted(SOON)}", "    link: https://TODO.example/report"]
    lines += [f"    match: {_flow(match)}", *([] if len(match) > 2 else ["    on_request: true"])]
    lines += list(_verbs(draft))
    lines += [f"# Not cured: {one}" for one in dict.fromkeys(draft.left)]
    return "\n".join(lines) + "\n"


def _verbs(draft: Draft) -> Iterator[str]:
    if not draft.texts and not draft.cures:
        return
    yield "    repair:"
    named = list(dict.fromkeys(name for names in draft.texts for name in names))
    for key, known in (("text", text.NAMED), ("frame", frame.NAMED)):
        found = [name for name in named if name in known]
        if found:
            yield f"      {key}: {_flow(found)}"
    if draft.cures:
        yield "      payload:"
    for cure in draft.cures.values():
        yield f"        - {_flow({'on': cure.on, 'at': cure.at, cure.operation: cure.argument})}"
    yield "    samples:"
    for before, after in draft.texts.values():
        yield f"      - {_flow({'repair': 'text', 'before': before, 'after': after})}"
    for on, before, after in _shown(draft.cures.values()):
        yield f"      - repair: {on}\n        before: {_flow(before)}\n        after: {_flow(after)}"


def _shown(cures: Iterable[Cure]) -> Iterator[tuple[str, Any, Any]]:
    """Cures that follow each other on one message are one sample."""
    open_: list[tuple[str, Any, Any]] = []
    for cure in cures:
        last = open_[-1] if open_ else None
        if last is not None and last[0] == cure.on and last[2] is cure.before:
            open_[-1] = (cure.on, last[1], cure.after)
        else:
            open_.append((cure.on, cure.before, cure.after))
    return iter(open_)


def _flow(value: Any) -> str:
    """YAML flow style, plain where it can be."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_quoted(str(key))}: {_flow(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    return format(value, "f") if isinstance(value, Decimal) else _quoted(value) if isinstance(value, str) else str(value)


def _quoted(value: str) -> str:
    return value if re.fullmatch(r"[A-Za-z][A-Za-z0-9_./-]*( [A-Za-z][A-Za-z0-9_./-]*)*", value) else json.dumps(value)
