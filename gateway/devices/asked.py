"""Reads what a ``device:`` section says of the back end's commands: procedures, limits, configuration keys.

In: the sections ``commands``, ``limit`` and ``keys``, and which procedure runs which.  Out: rules; faults.
Not here: the steps of a procedure (`gateway.devices.steps`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from gateway.devices.expressions import Value, constant
from gateway.devices.names import joined
from gateway.devices.reading import Reader
from gateway.devices.rules import Command, DeviceRules, Key, Limit
from gateway.devices.steps import Steps
from gateway.dialects.shapes import Enum, MessageType, Shape
from gateway.ladder.expressions import Type
from gateway.source import List, Map, nearest, one_of

SETTABLE = ("sample_interval",)
"""Built-in names that a key may set."""


def limit(reader: Reader, where: Map, procedures: Map) -> Limit | None:
    """How a limit is set."""
    if "limit" not in where:
        return None
    part = reader.map(where, "limit")
    reader.checker.keys(part, "limit", ["do", "least", "most", "phases"], ["step", "voltage", "pause", "repeat"])
    do = reader.text(part, "do", list(procedures), "procedure")
    found = {key: reader.value(part, key, kind="decimal") for key in ("least", "most", "phases") if key in part}
    step, pause = part.get("step", 1), part.get("pause", True)
    if not isinstance(step, int | Decimal) or isinstance(step, bool) or step <= 0:
        reader.checker.fault(part, "step", f"'step' is {step!r}", "amperes: what may be set is a multiple of it")
        step = 1
    if not isinstance(pause, bool):
        reader.checker.fault(
            part, "pause", f"'pause' is {pause!r}", "true: 0 A is a pause; false: a limit below the least is refused"
        )
    least, most, phases = (found.get(key) for key in ("least", "most", "phases"))
    if least is None or most is None or phases is None:
        return None
    voltage = int(reader.seconds(part, "voltage", 230))
    return Limit(do, least, most, phases, Decimal(step), voltage, pause is True, reader.seconds(part, "repeat"))


def keys(reader: Reader, where: Map) -> dict[str, Key]:
    """Configuration keys: ``name: value``, or ``name: {value, set: variable}``, ``name: {value, do: procedure}``."""
    part, made = reader.map(where, "keys"), {}
    procedures = list(reader.map(where, "procedures"))
    for name, given in part.items():
        if isinstance(given, Map):
            reader.checker.keys(given, f"the key {name}", ["value"], ["set", "do"])
        where, key = (given, "value") if isinstance(given, Map) else (part, name)
        found = reader.value(where, key) if key in where else None
        if found is None:
            continue
        set_, do = "", ""
        if isinstance(given, Map):
            set_ = reader.text(given, "set", [*reader.settable, *SETTABLE], "variable")
            do = reader.text(given, "do", procedures, "procedure")
        made[name] = Key(name, found, set_, do)
    return made


def commands(reader: Reader, where: Map) -> dict[str, Command]:
    """``Message: procedure``, or ``Message: {do: procedure, then: {field: value}}``; a list of no steps is done at once."""
    part, made = reader.map(where, "commands"), {}
    known = [name for name, message in reader.messages.items() if message.sender != "station"]
    procedures = list(reader.map(where, "procedures"))
    for name, given in part.items():
        if name not in known:
            reader.checker.unknown(part, name, "command", known)
            continue
        more = given if isinstance(given, Map) else Map(do=given)
        if isinstance(given, Map):
            reader.checker.keys(given, f"the command {name}", [], ["do", "then"])
        else:
            more.file, more.line, more.lines = part.file, part.line, {"do": part.lines[name]}
        message = reader.messages[name]
        do = reader.text(more, "do", procedures, "procedure")
        then = reader.filled(reader.map(more, "then"), message.result, {"asked": message.request}, ())
        made[name] = Command(do, then or _success(message))
        _complete(reader, part, name, made[name])
    return made


def _complete(reader: Reader, part: Map, name: str, command: Command) -> None:
    """A result must have all that it must have."""
    for field in reader.messages[name].result.fields.values():
        if field.required and field.name not in command.then:
            reader.checker.fault(part, name, f"the result of {name} lacks {field.name!r}", f"then: {{{field.name}: …}}")


def askers(
    reader: Reader, commands: Mapping[str, Command], keys: Mapping[str, Key], procedures: Map
) -> dict[str, dict[str, Type]]:
    """The command that each procedure may look at, through all that run it."""
    runs: dict[str, list[Shape]] = {name: [] for name in procedures}
    setter = reader.role("set_key")
    calls = [(one.do, reader.messages[name].request) for name, one in commands.items()]
    calls += [(key.do, setter.request) for key in keys.values() if setter is not None]
    for do, shape in calls:
        for name in reached(procedures, [do]):
            runs[name].append(shape)
    return {name: {"asked": joined("asked", shapes)} for name, shapes in runs.items() if shapes}


def failing(reader: Reader, where: Map, steps: Steps, commands: Mapping[str, Command], keys: Mapping[str, Key]) -> None:
    """A word with which a procedure fails must be one that the answer to its command can say."""
    procedures = reader.map(where, "procedures")
    setters = [one.action for one in reader.messages.values() if one.role == "set_key"]
    askers = [(name, one.do) for name, one in commands.items()]
    askers += [(action, key.do) for action in setters for key in keys.values()]
    for name, do in askers:
        for where, word in [item for one in reached(procedures, [do]) for item in steps.words.get(one, [])]:
            field = reader.messages[name].result.fields.get("status")
            words = field.type.values if field is not None and isinstance(field.type, Enum) else ()
            if word and word not in words:
                reader.checker.fault(where, "fail", f"{name} cannot be answered {word!r}", one_of(words), nearest(word, words))


def unreached(reader: Reader, where: Map, made: DeviceRules, procedures: Map) -> None:
    """A procedure that nothing runs is a mistake."""
    starts = [made.up, made.limit.do if made.limit else "", *(one.do for one in made.commands.values())]
    starts += [rule.run for rules in made.records.values() for rule in rules]
    starts += [key.do for key in made.keys.values()]
    for name in set(procedures) - set(reached(procedures, starts)):
        reader.checker.fault(
            procedures, name, f"nothing runs the procedure {name!r}", "up, a command, a key, a record, or a step that runs it"
        )


def circles(reader: Reader, where: Map) -> None:
    """A procedure that runs itself would never end."""
    procedures = reader.map(where, "procedures")
    for name in procedures:
        if name in reached(procedures, _runs(procedures[name])):
            reader.checker.fault(procedures, name, f"the procedure {name!r} runs itself", "steps that come to an end")


def reached(procedures: Map, starts: Iterable[str]) -> list[str]:
    """The procedures that run where those of ``starts`` do."""
    found: list[str] = []
    todo = [name for name in starts if name in procedures]
    while todo:
        name = todo.pop()
        if name not in found:
            found.append(name)
            todo += [one for one in _runs(procedures[name]) if one in procedures]
    return found


def _runs(steps: Any) -> list[str]:
    found = []
    for step in steps if isinstance(steps, List) else ():
        if isinstance(step, Map):
            found += [str(step["run"])] if "run" in step else []
            found += [one for key in ("then", "else", "do") for one in _runs(step.get(key))]
    return found


def _success(message: MessageType) -> dict[str, Value]:
    """The usual good answer."""
    field = message.result.fields.get("status")
    words = field.type.values if field is not None and isinstance(field.type, Enum) else ()
    return {"status": constant(words[0])} if words else {}
