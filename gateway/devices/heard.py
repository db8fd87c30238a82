"""Reads what a ``device:`` section says of the records that are heard: what follows from each, what is lost, what is polled.

In: the sections ``records``, ``lost`` and ``polls``.  Out: `Rule`s and `Poll`s; faults for what does not fit.
Not here: values (`gateway.devices.reading`), whether every field is thought of (`gateway.devices.unread`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.devices.names import STATES, shape_of
from gateway.devices.reading import Reader
from gateway.devices.rules import Fields, Poll, Rule
from gateway.dialects.shapes import Field, Scalar, Shape, at
from gateway.ladder.expressions import Type
from gateway.source import List, Map

CALLS = ("boot", "heartbeat", "authorize", "start", "meter", "stop")
"""Roles that a record may play."""
_TEXT = Field("id", Scalar("any"))


def records(reader: Reader, where: Map, procedures: Map) -> dict[str, tuple[Rule, ...]]:
    """The rules of each record: one, or a list."""
    part, made = reader.map(where, "records"), {}
    for name in part:
        if name not in reader.heard:
            reader.checker.unknown(part, name, "record", reader.heard)
            continue
        given = part[name] if isinstance(part[name], List) else [part[name]]
        made[name] = tuple(_rule(reader, one, name, procedures) for one in given if is_map(reader, part, name, one))
    return made


def _rule(reader: Reader, part: Map, name: str, procedures: Map) -> Rule:
    """What follows from one record."""
    of = [name]
    calls = [key for key in (*CALLS, "tell") if key in part]
    reader.checker.keys(part, f"a rule of {name}", [], ["each", "connector", "when", "set", "run", "answer", "tell", *CALLS])
    more: dict[str, Type] = {"it": shape_of(name, reader.frames[name].fields)}
    each = reader.listed(part, "each", more, of) if "each" in part else None
    if each is not None:
        more["item"] = each[1]
    if len(calls) > 1:
        reader.checker.fault(part, calls[1], f"{calls[0]} and {calls[1]} in one rule", "one, or a list of rules")
    call: str = ""
    fields: Fields = {}
    told: Shape | None = None
    if calls and calls[0] == "tell":
        message = reader.message(part, "tell", more, of)
        call, fields = (message.name, message.fields) if message else ("", {})
        told = reader.messages[call].result if call else None
    elif calls:
        call, fields, told = _played(reader, part, calls[0], more, of)
    if told is not None:
        more["told"] = told
    return Rule(
        each=each[0] if each is not None else None,
        connector=reader.value(part, "connector", more, "integer", of) if "connector" in part else None,
        when=reader.value(part, "when", more, of=of) if "when" in part else None,
        set=reader.variables(part, "set", more, of),
        call=call,
        fields=fields,
        answer=reader.record(part, "answer", more, of) if "answer" in part else None,
        run=reader.text(part, "run", list(procedures), "procedure"),
    )


def _played(reader: Reader, part: Map, role: str, more: Mapping[str, Type], of: list[str]) -> tuple[str, Fields, Shape | None]:
    """A call of that role: its facts, and for readings nothing (they are those of `readings`)."""
    message = reader.role(role)
    if message is None:
        reader.checker.fault(part, role, f"the dialect has no message of the role {role}")
        return "", {}, None
    given, allowed = reader.map(part, role), {}
    for fact, path in message.request_facts.items():
        found = at(message.request, path)
        if found is not None and fact not in ("connector", "transaction"):
            allowed[_short(fact)] = found
    if role in ("start", "stop"):
        allowed["id"] = _TEXT
    return f"@{role}", reader.filled(given, Shape(role, allowed), more, of), message.result


def lost(reader: Reader, where: Map) -> dict[str, dict[str, str]]:
    """``record.field: why``, ``record.*`` for all that nothing reads, ``*.field`` for that field of every record."""
    part, made = reader.map(where, "lost"), dict[str, dict[str, str]]()
    for key, why in part.items():
        record, _, path = key.partition(".")
        if record not in (*reader.heard, "*"):
            reader.checker.unknown(part, key, "record", reader.heard)
        elif not isinstance(why, str) or not path:
            reader.checker.fault(part, key, f"the loss {key!r} is {why!r}", "record.field: the reason")
        else:
            made.setdefault(record, {})[path] = why
    return made


def polls(reader: Reader, where: Map) -> tuple[Poll, ...]:
    """What is asked again and again."""
    part, made = where.get("polls", []), []
    if not isinstance(part, List) and part:
        reader.checker.fault(where, "polls", "'polls' is no list", "- {ask: record, every: seconds}")
        return ()
    for index, one in enumerate(part):
        key = next((key for key in ("ask", "send") if isinstance(one, Map) and key in one), None)
        if key is None or not reader.checker.keys(one, "a poll", [key, "every"], ["when", "each"]):
            reader.checker.fault(part, index, "a poll lacks what it asks", "{ask: record, every: seconds}")
            continue
        message = reader.record(one, key)
        when = reader.value(one, "when") if "when" in one else None
        if message is not None:
            made.append(Poll(message, _every(reader, one), when, one.get("each") == "connector", key == "ask"))
    return tuple(made)


def _every(reader: Reader, poll: Map) -> dict[str, Any]:
    """Seconds, or seconds by state."""
    given = poll["every"]
    part = given if isinstance(given, Map) else Map({"else": given})
    if not isinstance(given, Map):
        part.file, part.line, part.lines = poll.file, poll.line, {"else": poll.lines["every"]}
    for state in part:
        if state not in (*STATES, "else"):
            reader.checker.unknown(part, state, "state", [*STATES, "else"])
    if "else" not in part:
        reader.checker.fault(poll, "every", "'every' says nothing for other states", "else: seconds")
    found = {state.replace("else", ""): reader.value(part, state, kind="decimal") for state in part}
    return {state: one for state, one in found.items() if one is not None}


def is_map(reader: Reader, where: Map, key: str, one: Any) -> bool:
    """Whether a rule is one."""
    if not isinstance(one, Map):
        reader.checker.fault(where, key, f"{key!r} is no rule", "connector, when, set, run, tell, answer, …")
    return isinstance(one, Map)


def _short(fact: str) -> str:
    """What a fact of a call is called in a rule of a record."""
    return "energy" if fact.startswith("meter_") else fact
