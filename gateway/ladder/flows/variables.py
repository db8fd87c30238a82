"""A back end that knows variables of components reads and writes those of a station that has keys.

In: GetVariables, SetVariables.  Out: GetConfiguration, ChangeConfiguration, one after another.
Not here: which key is which variable (the table's settings), reports (`reports`), the other way round (`keys`).

Sources: OCPP 2.0.1 part 2, B05–B06; OCPP 1.6, 5.3 and 5.8.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from gateway.ladder.flows.contract import Part, Parts, Rendering, makes
from gateway.ladder.flows.device import LONGEST, limited, measured, named, portions
from gateway.ladder.flows.topology import there
from gateway.ladder.settings import Line, Settings
from gateway.messages import Payload

READ, WRITE = "GetConfiguration", "ChangeConfiguration"
PER_MESSAGE = "GetConfigurationMaxKeys"
PLACES = ("EVSE", "Connector")
"""Components that are there once for each EVSE or connector."""
_SAID = {"Accepted": "Accepted", "RebootRequired": "RebootRequired", "Rejected": "Rejected", "NotSupported": "UnknownVariable"}


class Aim(NamedTuple):
    """What an item asks for: a ``key`` of the station, or what we know ourselves."""

    key: str = ""
    line: Line | None = None
    status: str = "Accepted"
    value: str | None = None
    why: str = ""


@makes(READ)
def get_variables(asked: Payload, run: Any, parts: Parts) -> Rendering:
    """Several questions where the station takes no more keys at once."""
    items = asked["getVariableData"]
    aims = [reading(item, parts, run) for item in items]
    keys = list({aim.key.casefold(): aim.key for aim in aims if aim.key}.values())

    def ask(run: Any) -> Rendering:
        chunks = list(portions(keys, READ, run.cx))

        def answer(results: Sequence[Payload | None], run: Any) -> Payload:
            found, silent = told(chunks, results, run.cx)
            return {"getVariableResult": [_read(item, aim, found, silent) for item, aim in zip(items, aims, strict=True)]}

        return Rendering([(READ, {"key": list(chunk)}) for chunk in chunks], answer)

    if measured(keys, READ, run.cx):
        return ask(run)

    def then(results: Sequence[Payload | None], run: Any) -> Rendering:
        told([[PER_MESSAGE]], results, run.cx)
        return ask(run)

    unknown = [_result(item, Aim(status="Rejected", why="InternalError")) for item in items]
    return Rendering([(READ, {"key": [PER_MESSAGE]})], lambda results, run: {"getVariableResult": unknown}, then=then)


def reading(item: Payload, parts: Parts, run: Any) -> Aim:
    """What is to be read for an item."""
    settings, aim = parts.settings, aimed(item, parts.settings, run.cx)
    if aim.line is None or aim.key or aim.status != "Accepted":
        return aim
    if aim.line.kept:
        setting = settings.setting(named(item))
        hidden = setting is not None and setting.access == "w"
        return Aim(status="Rejected", why="WriteOnly") if hidden else Aim(status="UnknownVariable")
    given = aim.line.give or ""
    return aim._replace(value=worked_out(given, item["component"].get("evse", {}).get("id", 0), parts[READ], run))


def aimed(item: Payload, settings: Settings, cx: Any) -> Aim:
    """The key for an item, or why there is none; a line without a key is one that only we can tell."""
    component, aim = item["component"], _key(item, settings)
    if _misplaced(component, cx) or component["name"].casefold() not in settings.components:
        return Aim(status="UnknownComponent")
    plain = item.get("attributeType", "Actual") == "Actual"
    return aim if plain or aim.status == "UnknownVariable" else Aim(status="NotSupportedAttributeType")


def _misplaced(component: Payload, cx: Any) -> bool:
    """Whether the station has no such place; before it told of its connectors, any may be there."""
    evse = component.get("evse", {})
    known = [int(key) for key, _ in cx.registers.items("states") if int(key)]
    nowhere = bool(evse) and not 0 < evse["id"] <= max(known, default=evse["id"])
    return "instance" in component or bool(evse) != (component["name"] in PLACES) or nowhere or not there(evse)


def _key(item: Payload, settings: Settings) -> Aim:
    """The key of a variable."""
    component, line = item["component"], settings.named(named(item))
    if component["name"].casefold() == settings.others.casefold():
        key, more = item["variable"]["name"], "instance" in item["variable"]
        kept = any(one.kept for one in settings.keyed(key))
        return Aim(status="UnknownVariable" if more else "Rejected") if more or kept else Aim(key)
    if line is None:
        return Aim(status="UnknownVariable")
    return Aim(line.left.name if line.left is not None and not line.limit else "", line)


def worked_out(give: str, place: int, part: Part, run: Any) -> str:
    """What a line gives, at the whole station (0) or an EVSE of it."""
    if give == "=now":
        return str(run.cx.facts.now())
    if give == "=state":
        state = run.cx.registers.get("states", str(place))
        return str(part.back("ConnectorStatus", state, run)) if state else ""
    return give


def told(chunks: Sequence[Sequence[str]], results: Sequence[Payload | None], cx: Any) -> tuple[dict[str, Payload], set[str]]:
    """What the station said of each folded key, and the keys to which it gave no answer at all."""
    found: dict[str, Payload] = {}
    silent: set[str] = set()
    for chunk, result in zip(chunks, results, strict=True):
        if result is None:
            silent |= {key.casefold() for key in chunk}
        for entry in (result or {}).get("configurationKey", ()):
            found[entry["key"].casefold()] = entry
    if PER_MESSAGE.casefold() in found:
        limited(READ, found[PER_MESSAGE.casefold()].get("value", ""), cx)
    return found, silent


def _read(item: Payload, aim: Aim, found: dict[str, Payload], silent: set[str]) -> Payload:
    """An empty value is one too (B06.FR.13)."""
    if aim.key.casefold() in silent:
        aim = Aim(status="Rejected", why="InternalError")
    elif aim.key and aim.key.casefold() not in found:
        aim = Aim(status="UnknownVariable")
    elif aim.key:
        value = found[aim.key.casefold()].get("value", "")
        aim = aim._replace(value=aim.line.value(value, ">") if aim.line is not None else value)
    said = _result(item, aim)
    return said if aim.value is None else {**said, "attributeValue": aim.value}


def _result(item: Payload, aim: Aim) -> Payload:
    said = {"attributeStatus": aim.status, "component": item["component"], "variable": item["variable"]}
    said |= {"attributeType": item["attributeType"]} if "attributeType" in item else {}
    return said | ({"attributeStatusInfo": {"reasonCode": aim.why}} if aim.why else {})


@makes(WRITE)
def set_variables(asked: Payload, run: Any, parts: Parts) -> Rendering:
    """One command for each key, in order; two variables of one key are one command."""
    items = asked["setVariableData"]
    wanted: dict[str, Payload] = {}
    aims = [_writing(item, parts.settings, wanted, run.cx) for item in items]
    keys = list(wanted)

    def answer(results: Sequence[Payload | None], run: Any) -> Payload:
        said = dict(zip(keys, results, strict=True))
        return {"setVariableResult": [_written(item, aim, said) for item, aim in zip(items, aims, strict=True)]}

    return Rendering([(WRITE, wanted[key]) for key in keys], answer)


def _writing(item: Payload, settings: Settings, wanted: dict[str, Payload], cx: Any) -> Aim:
    """The key that an item changes, which is noted in ``wanted``."""
    aim, value = aimed(item, settings, cx), item["attributeValue"]
    if aim.status != "Accepted":
        return aim
    if not aim.key or (aim.line is not None and aim.line.member):
        return Aim(status="Rejected", why="" if aim.line is not None and aim.line.kept else "ReadOnly")
    value = aim.line.value(value, "<") if aim.line is not None else value
    if len(value) > LONGEST:
        return Aim(status="Rejected", why="TooLargeElement")
    call = wanted.setdefault(aim.key.casefold(), {"key": aim.key, "value": value})
    return aim if call["value"] == value else Aim(status="Rejected", why="InvalidValue")


def _written(item: Payload, aim: Aim, said: dict[str, Payload | None]) -> Payload:
    if aim.key:
        result = said[aim.key.casefold()]
        aim = Aim(status="Rejected", why="InternalError") if result is None else Aim(status=_SAID[result["status"]])
    return _result(item, aim)
