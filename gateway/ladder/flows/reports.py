"""A back end that wants reports gets them of a station that has keys.

In: GetBaseReport, GetReport.  Out: GetConfiguration; and NotifyReport after the answer.
Not here: single variables (`variables`), what a station reports itself (`keys`).

The topology is made up: an EVSE for each connector.  Sources: OCPP 2.0.1 part 2, B07–B08.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from gateway.dialects.settings import Setting
from gateway.ladder.flows.contract import Part, Parts, Rendering, makes
from gateway.ladder.flows.device import place
from gateway.ladder.flows.variables import READ, worked_out
from gateway.ladder.settings import Line, Settings
from gateway.messages import Payload

REPORT = "NotifyReport"
PER_REPORT = 20
CONNECTORS = "NumberOfConnectors"
MOST_CONNECTORS = 100
SUMMARY = ("AvailabilityState", "Available", "Problem")
_TYPES = {"text": "string", "secret": "string", "word": "OptionList", "list": "MemberList", "time": "dateTime"}
_ACCESS = {"r": "ReadOnly", "rw": "ReadWrite", "w": "WriteOnly"}
Keep = Callable[[Sequence[Payload]], list[Payload]]


@makes(READ)
def base_report(asked: Payload, run: Any, parts: Parts) -> Rendering:
    """All that is known, all that can be changed, or in short how the station is."""
    base = asked["reportBase"]

    def keep(data: Sequence[Payload]) -> list[Payload]:
        if base == "SummaryInventory":
            return [one for one in data if one["variable"]["name"] in SUMMARY]
        every = base == "FullInventory"
        return [one for one in data if every or one["variableAttribute"][0]["mutability"] != "ReadOnly"]

    return _reporting(asked, parts, keep)


@makes(READ)
def report(asked: Payload, run: Any, parts: Parts) -> Rendering:
    """Of some components, some variables, or components that are so and so."""
    wanted, criteria = asked.get("componentVariable"), asked.get("componentCriteria", ())

    def keep(data: Sequence[Payload]) -> list[Payload]:
        kept = [one for one in data if wanted is None or any(_asked(one, item) for item in wanted)]
        fit = {_component(one): all(_is(one, word, data) for word in criteria) for one in kept}
        return [one for one in kept if fit[_component(one)]]

    return _reporting(asked, parts, keep)


def _asked(one: Payload, item: Payload) -> bool:
    """Whether a datum is what an item names; what the item leaves out is any."""
    own, component = one["component"], item["component"]
    same = own["name"].casefold() == component["name"].casefold() and "instance" not in component
    evse = component.get("evse", {})
    at = own.get("evse", {})
    here = all(at.get(key) == value for key, value in evse.items())
    variable = item.get("variable")
    return same and here and (variable is None or _same(one["variable"], variable))


def _same(own: Payload, variable: Payload) -> bool:
    instance = variable.get("instance")
    return own["name"].casefold() == variable["name"].casefold() and instance in (None, own.get("instance"))


def _component(one: Payload) -> tuple[Any, ...]:
    evse = one["component"].get("evse", {})
    return one["component"]["name"], evse.get("id"), evse.get("connectorId")


def _is(one: Payload, word: str, data: Sequence[Payload]) -> bool:
    """Whether the component of a datum has a problem, or is active, available, enabled: as it is where it says nothing of it."""
    same = [other for other in data if _component(other) == _component(one) and other["variable"]["name"] == word]
    return any(other["variableAttribute"][0]["value"] == "true" for other in same) or (not same and word != "Problem")


def _reporting(asked: Payload, parts: Parts, keep: Keep) -> Rendering:
    part = parts[READ]

    def data(results: Sequence[Payload | None], run: Any) -> list[Payload]:
        found = (results[0] or {}).get("configurationKey", ())
        return keep(list(inventory(found, parts.settings, part, run))) if results[0] is not None else []

    def answer(results: Sequence[Payload | None], run: Any) -> Payload:
        if results[0] is None:
            return {"status": "Rejected"}
        return {"status": "Accepted" if data(results, run) else "EmptyResultSet"}

    return Rendering([(READ, {})], answer, after=lambda results, run: list(_told(data(results, run), asked, run)))


def _told(data: list[Payload], asked: Payload, run: Any) -> Iterator[tuple[str, Payload]]:
    """In several reports, where it is much."""
    for number, at in enumerate(range(0, len(data), PER_REPORT)):
        some = {"requestId": asked["requestId"], "generatedAt": run.cx.facts.now(), "seqNo": number}
        yield REPORT, {**some, "tbc": at + PER_REPORT < len(data), "reportData": data[at : at + PER_REPORT]}


def inventory(found: Sequence[Payload], settings: Settings, part: Part, run: Any) -> Iterator[Payload]:
    """All data of a station that gave these keys."""
    keys = {entry["key"].casefold(): entry for entry in found}
    for line in settings.lines:
        if line.left is not None and line.right:
            yield from _mapped(line, keys.get(line.left.name.casefold()), keys, settings)
        elif line.left is None and line.give is not None:
            yield from _made_up(line, _connectors(keys, run), part, run)
    for entry in found:
        lines = settings.keyed(entry["key"])
        if not lines or lines[0].why:
            yield _datum({"component": {"name": settings.others}, "variable": {"name": entry["key"]}}, "string", entry)


def _mapped(line: Line, entry: Payload | None, keys: dict[str, Payload], settings: Settings) -> Iterator[Payload]:
    if entry is None or (line.limit and settings.named(line.right[0].name) is not line):
        return
    value = "" if line.limit else line.value(entry.get("value", ""), ">")
    entry = {**entry, "value": value, "readonly": entry["readonly"] or line.limit or bool(line.member)}
    for setting in line.right:
        limit = settings.limits(setting.name)
        most = keys.get(limit.left.name.casefold(), {}).get("value") if limit is not None and limit.left is not None else None
        yield _datum(place(setting.name), _TYPES.get(setting.type, setting.type), entry, most)


def _made_up(line: Line, connectors: int, part: Part, run: Any) -> Iterator[Payload]:
    (setting,) = line.right
    for number, where in _places(setting, connectors):
        entry = {"value": worked_out(line.give or "", number, part, run), "readonly": True}
        yield _datum(where, _TYPES.get(setting.type, setting.type), entry)


def _places(setting: Setting, connectors: int) -> Iterator[tuple[int, Payload]]:
    """Where a variable is: at the station, or at each EVSE or connector."""
    at = place(setting.name)
    name = at["component"]["name"]
    if name not in ("EVSE", "Connector"):
        yield 0, at
        return
    for number in range(1, connectors + 1):
        evse = {"id": number, **({"connectorId": 1} if name == "Connector" else {})}
        yield number, {**at, "component": {"name": name, "evse": evse}}


def _connectors(keys: dict[str, Payload], run: Any) -> int:
    """As many as the station says, else as were heard of."""
    said = keys.get(CONNECTORS.casefold(), {}).get("value", "").strip()
    if said.isdigit():
        return min(int(said), MOST_CONNECTORS)
    return max((int(key) for key, _ in run.cx.registers.items("states")), default=1) or 1


def _datum(where: Payload, kind: str, entry: Payload, most: str | None = None) -> Payload:
    attribute = {"value": entry.get("value", ""), "mutability": _ACCESS["r" if entry["readonly"] else "rw"]}
    about: Payload = {"dataType": kind, "supportsMonitoring": False}
    limit = _number(most)
    return {
        **where,
        "variableAttribute": [attribute],
        "variableCharacteristics": about | ({"maxLimit": limit} if limit is not None else {}),
    }


def _number(text: str | None) -> Decimal | None:
    try:
        number = Decimal(text.strip()) if text is not None else None
    except InvalidOperation:
        return None
    return number if number is not None and number.is_finite() and abs(number) < 10**9 else None
