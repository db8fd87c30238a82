"""Reads what a ``device:`` section says of what the back end is told: who the station is, states, sessions, readings.

In: the sections ``boot``, ``state``, ``hold``, ``error``, ``about``, ``session`` and ``readings``.  Out: values and rules.
Not here: telling it (`gateway.devices.device`).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from gateway.devices.names import STATES
from gateway.devices.reading import Reader
from gateway.devices.rules import WITHIN, Sample, Session
from gateway.dialects.shapes import Enum, Shape
from gateway.source import List, Map, nearest, one_of

_SESSION = {"energy": "decimal", "token": "string", "id": "", "within": "decimal"}


def boot(reader: Reader, where: Map) -> dict[str, Any]:
    """The fields of the message that announces the station."""
    message = reader.role("boot")
    if message is None or "boot" not in where:
        return {}
    return dict(reader.filled(reader.map(where, "boot"), message.request, {}, (), entire=True))


def states(reader: Reader, where: Map) -> dict[str, Any]:
    """Each state with its condition; the first that holds counts."""
    part = reader.map(where, "state")
    for state in part:
        if state not in STATES:
            reader.checker.unknown(part, state, "state", STATES)
    return reader.values(where, "state")


def hold(reader: Reader, where: Map) -> dict[str, float]:
    """How long a state must last before it counts."""
    part = reader.map(where, "hold")
    for state in part:
        if state not in STATES:
            reader.checker.unknown(part, state, "state", STATES)
    return {state: reader.seconds(part, state) for state in part}


def errors(reader: Reader, where: Map) -> dict[str, Any]:
    """Each error code with its condition."""
    part, status = reader.map(where, "error"), reader.role("status")
    field = status.request.fields.get("error") if status is not None else None
    for code in part:
        if field is None or not isinstance(field.type, Enum) or code not in field.type.values:
            words = field.type.values if field is not None and isinstance(field.type, Enum) else ()
            reader.checker.unknown(part, code, "error code", words)
    return reader.values(where, "error")


def about(reader: Reader, where: Map) -> dict[str, Any]:
    """More fields of the state: info, the vendor's own error."""
    status = reader.role("status")
    return dict(reader.filled(reader.map(where, "about"), status.request, {}, ())) if status else {}


def session(reader: Reader, where: Map) -> Session | None:
    """How sessions are known."""
    if "session" not in where:
        return None
    part = reader.map(where, "session")
    reader.checker.keys(part, "session", ["energy"], ["wraps", "token", "id", "native", "within"])
    named = {key: reader.value(part, key, kind=kind) for key, kind in _SESSION.items() if key in part}
    wraps = part.get("wraps")
    if wraps is not None and (not isinstance(wraps, int | Decimal) or wraps <= 0):
        reader.checker.fault(part, "wraps", f"'wraps' is {wraps!r}", "the Wh at which the register starts again")
    within = named.get("within") or WITHIN
    return Session(named.get("energy"), wraps, named.get("token"), named.get("id"), part.get("native") is True, within)


def readings(reader: Reader, where: Map) -> tuple[Sample, ...]:
    """The values that are told from time to time."""
    part, made = where.get("readings", []), []
    meter = reader.role("meter")
    shape = _sampled(meter.request) if meter is not None else None
    if shape is None or not isinstance(part, List):
        return ()
    for index, one in enumerate(part):
        if not isinstance(one, Map) or "value" not in one:
            reader.checker.fault(part, index, "a reading lacks its value", "{measurand: …, unit: …, value: …}")
            continue
        labels, found = _labels(reader, one, shape), reader.value(one, "value")
        if found is not None:
            made.append(Sample(found, labels))
    return tuple(made)


def _labels(reader: Reader, one: Map, shape: Shape) -> dict[str, str]:
    """What a value is of: words that the dialect has."""
    labels = {key: str(word) for key, word in one.items() if key != "value"}
    for key, word in labels.items():
        field = shape.fields.get(key)
        if field is None or not isinstance(field.type, Enum):
            reader.checker.unknown(one, key, "label of a reading", shape.fields)
        elif word not in field.type.values:
            words = field.type.values
            reader.checker.fault(one, key, f"unknown {key} {word!r}", one_of(words), nearest(word, words))
    return labels


def _sampled(shape: Shape) -> Shape | None:
    """The shape of one value in a message of readings."""
    for field in shape.fields.values():
        if isinstance(field.type, Shape):
            return _sampled(field.type) or field.type
    return None
