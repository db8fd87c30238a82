"""A back end that knows keys reads and writes those of a station that has variables of components.

In: GetConfiguration, ChangeConfiguration, NotifyReport.  Out: GetVariables, SetVariables, GetBaseReport.
Not here: which key is which variable (the table's settings), the other way round (`variables`).

What a station says of itself once, when first asked for all keys, is kept: what may be changed, limits, its connectors, and which
variables it has that the table does not speak of.  These are keys of their own, ``Component.Variable[Instance]``.
Register ``report`` {"": {id, done}}: the report that was asked for, and whether all of it came.  Register ``own`` {folded name:
{key, access}}: the station's own.
Sources: OCPP 1.6, 5.3 and 5.8; OCPP 2.0.1 part 2, B05–B07.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gateway.ladder.flows.contract import Parts, Rendering, makes
from gateway.ladder.flows.device import LONGEST, limited, measured, named, place, portions
from gateway.ladder.flows.topology import number
from gateway.ladder.given import GIVEN
from gateway.ladder.settings import Line, Settings, spelled
from gateway.messages import Payload

READ, WRITE, REPORT = "GetVariables", "SetVariables", "GetBaseReport"
PER_MESSAGE = "DeviceDataCtrlr.ItemsPerMessage[GetVariables]"
OWN, MOST_OWN, LONGEST_KEY = "own", 100, 50
_UNKNOWN = ("UnknownComponent", "UnknownVariable", "NotSupportedAttributeType")


@makes(WRITE)
def change_configuration(asked: Payload, run: Any, parts: Parts) -> Rendering:
    """All variables of the key; the first of them decides, and one that the station lacks besides does no harm."""
    lines = parts.settings.keyed(asked["key"])
    if any(line.kept or line.limit or line.member or line.give is not None for line in lines):
        return Rendering([], lambda results, run: {"status": "Rejected"})
    value = lines[0].value(asked["value"], ">") if lines else asked["value"]
    items = [{**place(name), "attributeValue": value} for name in _names(asked["key"], lines, parts.settings)]
    calls = [(WRITE, {"setVariableData": list(some)}) for some in portions(items, WRITE, run.cx)]
    return Rendering(calls, lambda results, run: {"status": _changed(results)})


def _names(key: str, lines: Sequence[Line], settings: Settings) -> list[str]:
    """The variables for a key; of one that no line speaks of, that of its name."""
    names = [setting.name for line in lines for setting in line.right]
    component, dot, variable = key.partition(".")
    return names or [key if component and dot and variable else spelled(settings.others, key)]


def _changed(results: Sequence[Payload | None]) -> str:
    said = [one["attributeStatus"] for result in results for one in (result or {}).get("setVariableResult", ())]
    if not said or said[0] == "Rejected":
        return "Rejected"
    if said[0] in _UNKNOWN:
        return "NotSupported"
    rest = [word for word in said if word not in _UNKNOWN]
    return next((word for word in ("Rejected", "RebootRequired") if word in rest), "Accepted")


@makes(READ, REPORT)
def get_configuration(asked: Payload, run: Any, parts: Parts) -> Rendering:
    """Some keys, or all: of the table, and the station's own; for all its report is awaited once."""
    some, settings = asked.get("key") or (), parts.settings
    if some or run.cx.registers.get("report", "") is not None:
        return Question(some, settings, run.cx).measured(run.cx)

    def then(results: Sequence[Payload | None], run: Any) -> Rendering:
        return Question((), settings, run.cx).measured(run.cx)

    return Rendering([_base_report(run.cx)], lambda results, run: {}, until=_reported, then=then)


class Question:
    """``keys`` as the back end spells them, each once, or all; ``names`` are the variables that tell of them."""

    def __init__(self, some: Sequence[str], settings: Settings, cx: Any) -> None:
        self.some, self.settings = some, settings
        every = some or [*settings.keys(), *(kept["key"] for _, kept in cx.registers.items(OWN))]
        self.keys = list({key.casefold(): key for key in every}.values())
        self.names = list(dict.fromkeys(name for key in self.keys for name in _asks(key, settings)))

    def measured(self, cx: Any) -> Rendering:
        """First how many variables go into one message, where these are many and that is not known."""
        if measured(self.names, READ, cx):
            return self.read(cx)

        def then(results: Sequence[Payload | None], run: Any) -> Rendering:
            _found(results, run.cx)
            return self.read(run.cx)

        return Rendering([(READ, {"getVariableData": [place(PER_MESSAGE)]})], lambda results, run: {}, then=then)

    def read(self, cx: Any) -> Rendering:
        """All of them."""
        chunks = portions(self.names, READ, cx)
        return Rendering([(READ, {"getVariableData": [place(name) for name in chunk]}) for chunk in chunks], self.answer)

    def answer(self, results: Sequence[Payload | None], run: Any) -> Payload:
        """Of keys that were asked for by name also which are unknown."""
        found = _found(results, run.cx)
        entries = {key: _entry(key, found, self.settings, run.cx) for key in self.keys}
        told = [entry for entry in entries.values() if entry is not None]
        unknown = [key for key, entry in entries.items() if entry is None] if self.some else []
        return {**({"configurationKey": told} if told else {}), **({"unknownKey": unknown} if unknown else {})}


def _base_report(cx: Any) -> tuple[str, Payload]:
    id = cx.registers.next("report")
    cx.registers.put("report", "", {"id": id, "done": False})
    return REPORT, {"requestId": id, "reportBase": "FullInventory"}


def _reported(results: Sequence[Payload | None], run: Any) -> bool:
    """Whether there is nothing to wait for."""
    kept = run.cx.registers.get("report", "")
    return kept is None or kept["done"] or results[0] is None or results[0]["status"] != "Accepted"


def _asks(key: str, settings: Settings) -> list[str]:
    """The variables that tell of a key; none where we can tell ourselves, or nobody."""
    lines = settings.keyed(key)
    if any(line.kept or line.limit for line in lines) or (lines and all(line.give is not None for line in lines)):
        return []
    told = [line for line in lines if line.right]
    return [line.right[0].name for line in told] or _names(key, lines, settings)


def _found(results: Sequence[Payload | None], cx: Any) -> dict[str, Payload]:
    """What the station said of each folded variable."""
    found = {}
    for one in (one for result in results for one in (result or {}).get("getVariableResult", ())):
        found[named(one).casefold()] = one
        _limited(one, one.get("attributeValue", ""), cx)
    return found


def _entry(key: str, found: dict[str, Payload], settings: Settings, cx: Any) -> Payload | None:
    """A key with its value; None for one that the station does not know."""
    lines = settings.keyed(key)
    if lines and lines[0].kept:
        setting = lines[0].left
        return {"key": key, "readonly": False} if setting is not None and setting.access == "w" else None
    said = [one for name in _asks(key, settings) if (one := found.get(name.casefold())) is not None]
    readonly = _readonly(key, lines, cx)
    if any(one["attributeStatus"] == "Rejected" for one in said):
        return {"key": key, "readonly": False}
    value = _value(lines, said, cx)
    if value is None:
        return None
    return {"key": key, "readonly": readonly, **({"value": value} if len(value) <= LONGEST else {})}


def _value(lines: Sequence[Line], said: Sequence[Payload], cx: Any) -> str | None:
    """The value of a key: the station's, words of several variables together, a limit, or what we know."""
    values = {named(one).casefold(): one.get("attributeValue", "") for one in said if one["attributeStatus"] == "Accepted"}
    if not lines or not any(line.right or line.give is not None for line in lines):
        return next(iter(values.values()), None)
    made = [text for line in lines if (text := _of(line, values, cx)) is not None]
    return ",".join(text for text in made if text) if len(lines) > 1 else next(iter(made), None)


def _of(line: Line, values: dict[str, str], cx: Any) -> str | None:
    if line.give is not None:
        return str(len(list(cx.registers.items("evses")))) if line.give == "=connectors" else line.give
    name = line.right[0].name.casefold()
    if line.limit:
        return (cx.registers.get("inventory", name) or {}).get("limit")
    return line.value(values[name], "<") if name in values else None


def _readonly(key: str, lines: Sequence[Line], cx: Any) -> bool:
    """As the station reported, else as the standard has it."""
    name = lines[0].right[0].name.casefold() if lines and lines[0].right else ""
    known = cx.registers.get("inventory", name) if name else cx.registers.get(OWN, key.casefold())
    if lines and (lines[0].limit or lines[0].member or lines[0].give is not None):
        return True
    if known is not None and known.get("access"):
        return bool(known["access"] == "ReadOnly")
    return bool(lines) and lines[0].left is not None and lines[0].left.access == "r"


@makes()
def inventory(asked: Payload, run: Any, parts: Parts) -> Rendering:
    """What a station reports of itself; no back end waits for it here."""
    cx = run.cx
    for one in asked.get("reportData", ()):
        _learn(one, parts.settings, cx)
    kept = cx.registers.get("report", "")
    if kept is not None and kept["id"] == asked["requestId"] and not asked.get("tbc"):
        cx.registers.put("report", "", {**kept, "done": True})
    return Rendering([], lambda results, run: {})


def _limited(one: Payload, value: str, cx: Any) -> None:
    name, _, instance = named(one).partition("[")
    if name.casefold() == PER_MESSAGE.partition("[")[0].casefold():
        limited(instance.rstrip("]"), value, cx)


def _learn(one: Payload, settings: Settings, cx: Any) -> None:
    evse = one["component"].get("evse", {})
    if one["component"]["name"] == "Connector" and "connectorId" in evse:
        number(evse["id"], evse["connectorId"], cx.registers)
    name = named(one)
    attribute: Payload = next((some for some in one["variableAttribute"] if some.get("type", "Actual") == "Actual"), {})
    if evse or not name:
        return
    _limited(one, attribute.get("value", ""), cx)
    line = settings.named(name)
    if line is None or (line.left is None and not line.kept):
        _own(name, attribute, settings, cx)
        return
    limit = one.get("variableCharacteristics", {}).get("maxLimit")
    kept = {"access": attribute.get("mutability"), "limit": None if limit is None else str(GIVEN["text"](limit))}
    cx.registers.put("inventory", name.casefold(), kept)


def _own(name: str, attribute: Payload, settings: Settings, cx: Any) -> None:
    """A variable that no key of the table tells of, by a key of its own; one that was a key before it was a variable has that."""
    component, _, variable = name.partition(".")
    key = variable if component.casefold() == settings.others.casefold() else name
    known = {folded for folded, _ in cx.registers.items(OWN)}
    if len(key) <= LONGEST_KEY and not settings.keyed(key) and (key.casefold() in known or len(known) < MOST_OWN):
        cx.registers.put(OWN, key.casefold(), {"key": key, "access": attribute.get("mutability")})
