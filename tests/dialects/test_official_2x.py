"""2.0.1 and 2.1, field by field and message by message, against the official JSON schemas."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from gateway.catalogue import Folders
from gateway.dialects.errors import Violation
from gateway.dialects.load import load_dialect
from gateway.dialects.ocppj import write_frame
from gateway.dialects.schema import Enum, Field, Shape
from gateway.messages import Call, Result
from tests import strategies

FOLDERS = {"ocpp2.0.1": "v201", "ocpp2.1": "v21"}
COUNTS = {"ocpp2.0.1": (64, 24, 39), "ocpp2.1": (91, 36, 54)}
"""Operations: all, those of the station, those of the back end; one more goes both ways."""
DIALECTS = {name: load_dialect(Folders(), name) for name in FOLDERS}
# Sent without an answer, so that there is no schema of one.
UNANSWERED = "NotifyPeriodicEventStream"
EVERY = [
    (name, action, kind)
    for name, dialect in DIALECTS.items()
    for action in dialect.messages
    for kind in ("call", "result")
    if (action, kind) != (UNANSWERED, "result")
]


@cache
def names(name: str) -> dict[tuple[str, str], str]:
    """The operation and kind of each file of the official set."""
    found = {}
    for path in resources.files("ocpp").joinpath(FOLDERS[name], "schemas").iterdir():
        word = path.name.removesuffix(".json")
        if word != path.name:
            kind = "result" if word.endswith("Response") else "call"
            found[word.removesuffix("Response").removesuffix("Request"), kind] = path.name
    return found


@cache
def official(name: str, action: str, kind: str) -> Any:
    """The schema, without the bounds that our dialects do not state."""
    path = resources.files("ocpp").joinpath(FOLDERS[name], "schemas", names(name)[action, kind])
    return bare(json.loads(path.read_text(encoding="utf-8-sig"), parse_float=Decimal))


def bare(schema: Any) -> Any:
    if isinstance(schema, list):
        return [bare(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {key: bare(one) for key, one in schema.items() if key not in ("maxItems", "minimum", "maximum")}


@pytest.mark.parametrize("name", FOLDERS)
def test_every_operation_is_there_and_no_other(name: str) -> None:
    messages = DIALECTS[name].messages
    assert set(messages) == {action for action, _ in names(name)}
    senders = [message.sender for message in messages.values()]
    assert (len(senders), senders.count("station"), senders.count("backend")) == COUNTS[name]


# --------------------------------------------------------------------------------------------------------- structure
def theirs(schema: Any, top: Any) -> Any:
    if "$ref" in schema:
        schema = top["definitions"][schema["$ref"].rpartition("/")[2]]
    if schema.get("type") == "object":
        needed, fields = set(schema.get("required", [])), schema.get("properties", {})
        opened = schema.get("additionalProperties", True) is not False
        return opened, {field: (field in needed, *theirs_counted(one, top)) for field, one in fields.items()}
    if "enum" in schema:
        return frozenset(schema["enum"])
    kind = "date-time" if schema.get("format") == "date-time" else schema.get("type", "any")
    return kind, schema.get("maxLength")


def theirs_counted(schema: Any, top: Any) -> tuple[Any, Any]:
    """How many at least, None for a single value; then what each is."""
    if schema.get("type") == "array":
        return schema.get("minItems", 0), theirs(schema["items"], top)
    return None, theirs(schema, top)


def ours(kind: Any, field: Field | None = None) -> Any:
    if isinstance(kind, Shape):
        # An optional list of ours may be empty on reading, which says no more than none; we never write it.
        counts = {one.name: 1 if one.many else None for one in kind.fields.values()}
        return kind.open, {n: (one.required, counts[n], ours(one.type, one)) for n, one in kind.fields.items()}
    if isinstance(kind, Enum):
        return frozenset(kind.values)
    assert field is not None
    words = {"decimal": "number", "dateTime": "date-time"}
    return words.get(kind.name, kind.name), field.max_length


@pytest.mark.parametrize(("name", "action", "kind"), EVERY)
def test_field_by_field(name: str, action: str, kind: str) -> None:
    schema = official(name, action, kind)
    assert ours(DIALECTS[name].messages[action].shape(kind)) == theirs(schema, schema)


# ---------------------------------------------------------------------------------------------------------- messages
@cache
def validator(name: str, action: str, kind: str) -> Any:
    schema = official(name, action, kind)
    return jsonschema.validators.validator_for(schema)(schema)


def wrongs(shape: Shape, payload: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Where a small change makes the payload invalid, and the value that does; ``...`` takes the field out."""
    if not shape.open:
        yield (*path, "odd"), 1
    for field in shape.fields.values():
        here = (*path, field.name)
        if field.required:
            yield here, ...
        if field.name not in payload:
            continue
        if field.type.name != "any":
            yield here, 7 if field.many or isinstance(field.type, Shape) else {"x": 1}
        if field.least:
            yield here, []
        values = payload[field.name] if field.many else [payload[field.name]]
        for index, value in enumerate(values):
            at = (*here, index) if field.many else here
            if isinstance(field.type, Shape):
                yield from wrongs(field.type, value, at)
            elif isinstance(field.type, Enum):
                yield at, value + "X"
            elif field.max_length is not None:
                yield at, "x" * (field.max_length + 1)
            elif field.type.name in ("integer", "decimal", "boolean"):
                yield at, "many"


def changed(payload: Any, path: tuple[Any, ...], value: Any) -> Any:
    made = copy.deepcopy(payload)
    owner = made
    for step in path[:-1]:
        owner = owner[step]
    if value is ...:
        owner.pop(path[-1], None)
    else:
        owner[path[-1]] = value
    return made


@pytest.mark.parametrize(("name", "action", "kind"), EVERY)
@settings(max_examples=3, phases=[Phase.generate], suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_message_by_message(name: str, action: str, kind: str, data: st.DataObject) -> None:
    """What is valid by our dialect is so by the schema, and small changes are refused by both."""
    dialect, judge = DIALECTS[name], validator(name, action, kind)
    payload = data.draw(strategies.payload(dialect, action, kind))
    made = Call("1", action, payload) if kind == "call" else Result("1", action, payload)
    judge.validate(json.loads(write_frame(made, dialect), parse_float=Decimal)[-1])
    for path, value in data.draw(st.permutations(list(wrongs(dialect.messages[action].shape(kind), payload))))[:3]:
        wrong = changed(payload, path, value)
        with pytest.raises(Violation):
            dialect.check(kind, action, wrong)
        assert not judge.is_valid(wrong), path
