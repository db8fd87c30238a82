"""The laws of every step: valid in, valid out; there and back is the same but for declared losses; the ledger tells the truth."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from gateway.catalogue import Folders
from gateway.dialects.load import load_dialects
from gateway.dialects.ocppj import write_frame
from gateway.dialects.schema import Enum, Field, Shape
from gateway.ladder.accounts import accounts
from gateway.ladder.compiler import Run
from gateway.ladder.facts import Context, Recorded
from gateway.ladder.ladder import Ladder
from gateway.ladder.ledger import entries
from gateway.ladder.losses import Loss, Refused
from gateway.ladder.pairs import Key
from gateway.ladder.registers import Registers
from gateway.ladder.run import carry
from gateway.ladder.table import Way
from gateway.ladder.tables import Table
from gateway.messages import Call, Result
from tests import strategies

DIALECTS = load_dialects(Folders())
LADDER = Ladder.load(Folders(), DIALECTS)
FLOOR = Path(__file__).with_name("floor.json")
STATELESS = [table for table in LADDER.tables if not table.sheet.maps]
"""Those whose every message is translated alone; for the others see test_experiment.py."""

EACH = [(table, key.source, key.kind, key.way) for table in STATELESS for key in table.plans]
each_plan = pytest.mark.parametrize(
    ("table", "action", "kind", "way"), EACH, ids=[f"{t.name}-{a}-{k}-{w}" for t, a, k, w in EACH]
)
REMEMBERING = [t for t in LADDER.tables if t.sheet.maps and not any(pair.flow for pairs in t.pairs.values() for pair in pairs)]
"""Those that also keep registers, but have no flow."""
MORE = [(t, k.source, k.kind, k.way) for t in REMEMBERING for k in t.plans if t.translate(k) is not carry]
OTHER: dict[Way, Way] = {">": "<", "<": ">"}


def named(table: Table, action: str, kind: str, way: Way) -> Key:
    """The translation of a message; KeyError where nobody says it in that direction."""
    found = [key for key in table.plans if (key.source, key.kind, key.way) == (action, kind, way)]
    if not found:
        raise KeyError(action)
    return found[0]


def cross(table: Table, action: str, kind: str, way: Way, payload: Any, known: Registers | None = None) -> tuple[Any, list[Loss]]:
    """What the table makes of a message, and what is lost; the quick function says the same, or nothing where something is."""
    run = Run(Recorded(), [], {}, None, Context(Recorded(), registers=known or Registers()))
    whole, quick = table.translated(named(table, action, kind, way))
    made = whole(payload, run)
    if quick is not None:
        assert quick(payload) == (None if run.losses else made)
    return made, run.losses


@cache
def official(action: str, kind: str) -> Any:
    name = f"{action}.json" if kind == "call" else f"{action}Response.json"
    text = resources.files("ocpp").joinpath("v16", "schemas", name).read_text(encoding="utf-8-sig")
    schema = json.loads(text, parse_float=Decimal)
    return jsonschema.validators.validator_for(schema)(schema)


def valid(table: Table, action: str, kind: str, way: Way, made: Any) -> None:
    dialect = table.ends(way)[1]
    assert dialect.check(kind, action, made) == made
    if dialect.name == "ocpp1.6":
        message = Call("1", action, made) if kind == "call" else Result("1", action, made)
        official(action, kind).validate(json.loads(write_frame(message, dialect), parse_float=Decimal)[-1])


def tops(table: Table, action: str, kind: str, way: Way) -> dict[str, set[str]]:
    """Target field → source fields, first names only, by the ledger."""
    found: dict[str, set[str]] = {}
    for entry in entries(table.plans[named(table, action, kind, way)]):
        if entry.source and entry.target:
            found.setdefault(entry.target.split(".")[0], set()).add(entry.source.split(".")[0])
    return found


def flat(value: Any) -> Any:
    """A list of objects that hold one list each, and nothing else, says as much as one such object."""
    if isinstance(value, dict):
        return {key: flat(item) for key, item in value.items()}
    if isinstance(value, list) and all(isinstance(one, dict) and all(isinstance(v, list) for v in one.values()) for one in value):
        joined: dict[str, list[Any]] = {}
        for one in value:
            for key, items in one.items():
                joined.setdefault(key, []).extend(flat(items))
        return joined
    return [flat(item) for item in value] if isinstance(value, list) else value


@each_plan
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_valid_in_valid_out_and_back_again(table: Table, action: str, kind: str, way: Way, data: st.DataObject) -> None:
    there_and_back(table, action, kind, way, data)


@pytest.mark.parametrize(("table", "action", "kind", "way"), MORE, ids=[f"{t.name}-{a}-{k}-{w}" for t, a, k, w in MORE])
@settings(max_examples=3, deadline=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_so_it_is_with_registers(table: Table, action: str, kind: str, way: Way, data: st.DataObject) -> None:
    there_and_back(table, action, kind, way, data)


def there_and_back(table: Table, action: str, kind: str, way: Way, data: st.DataObject) -> None:
    payload = table.ends(way)[0].check(kind, action, data.draw(strategies.payload(table.ends(way)[0], action, kind)))
    known = Registers()
    try:
        made, losses = cross(table, action, kind, way, payload, known)
        if made is None:
            assert losses or (action, way) in table.empties
            return
        other = named(table, action, kind, way).target
        valid(table, other, kind, way, made)
        if not any((key.source, key.kind, key.way) == (other, kind, OTHER[way]) for key in table.plans):
            return  # nobody goes back
        back, more = cross(table, other, kind, OTHER[way], made, known)
    except Refused:
        return
    if back is None:
        assert more or losses or (other, OTHER[way]) in table.empties
        return
    valid(table, action, kind, OTHER[way], back)
    home = tops(table, action, kind, way)
    declared = {loss.field.split(".")[0] for loss in losses}
    for loss in more:
        declared |= home.get(loss.field.split(".")[0], set())
    before, after = flat(payload), flat(back)
    ahead = entries(table.plans[named(table, action, kind, way)])
    for entry in ahead:  # what was filled in deep inside an object stays on the way home
        if entry.how in ("synthesized", "defaulted") and "." in entry.target:
            declared |= home.get(entry.target.split(".")[0], set())
    homeward = entries(table.plans[named(table, other, kind, OTHER[way])])
    made_here = {e.target for e in homeward if e.how in ("synthesized", "defaulted")}
    declared |= made_here - set(before)
    ahead = entries(table.plans[named(table, action, kind, way)])
    defaulted = {e.target.split(".")[0] for e in ahead if e.how == "defaulted"}
    declared |= {name for target in defaulted for name in home.get(target, set())} - set(before)
    changed = {
        name for name in {*before, *after} if before.get(name) != after.get(name) and (before.get(name) or after.get(name))
    }
    if "errorCode" in declared:
        changed.discard("info")  # the name that was lost is kept there
    assert changed <= declared, (payload, made, back)


# ------------------------------------------------------------------------------------------------------- the experiment
WORDS: dict[str, list[Any]] = {
    "string": ["leaf-a", "leaf-b", "11", "12", "HeartBeatInterval", "HeartbeatInterval"],
    "anyURI": ["ftp://a/", "ftp://b/"],
    "integer": [11, 12],
    "decimal": [Decimal("1.5"), Decimal("2.5")],
    "boolean": [True, False],
    "dateTime": ["2026-01-01T00:00:01Z", "2026-01-01T00:00:02Z"],
    "any": ["leaf-a", "leaf-b"],
}


LAST = 17


def full(shape: Shape, index: int, leaf: tuple[str, ...] | None = None, value: Any = None) -> dict[str, Any]:
    """A message with every field; the one at ``leaf`` says ``value``.  The last index leaves out words that may be absent."""
    made = {}
    for name, field in shape.fields.items():
        inside = leaf is not None and leaf[0] == name
        if index == LAST and isinstance(field.type, Enum) and not field.required and not inside:
            continue
        if isinstance(field.type, Shape):
            one: Any = full(field.type, index, leaf[1:] if inside and leaf else None, value)
        elif inside:
            one = value
        else:
            # A text called value is that of a reading: mostly a number.
            text = "7" if name == "value" else f"other {name}"
            one = field.type.values[index % len(field.type.values)] if isinstance(field.type, Enum) else text
            one = one if isinstance(field.type, Enum) or field.type.name in ("string", "any") else WORDS[field.type.name][0]
        made[name] = [one] if field.many else one
    return made


def at(shape: Shape, path: str) -> Field:
    *outer, last = path.split(".")
    for name in outer:
        inner = shape.fields[name].type
        assert isinstance(inner, Shape)
        shape = inner
    return shape.fields[last]


def leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from leaves(one)
    else:
        yield (type(value), value)


def observed(table: Table, action: str, kind: str, way: Way, path: str) -> str:
    """What moves when one leaf says something else; this knows nothing of the table."""
    shape = table.ends(way)[0].messages[action].shape(kind)
    field = at(shape, path)
    words = list(field.type.values) if isinstance(field.type, Enum) else WORDS[field.type.name]
    moved = kept = told = 0
    for index in range(LAST + 1):
        made = [cross(table, action, kind, way, full(shape, index, tuple(path.split(".")), word))[0] for word in words]
        came = [one for one in made if one is not None]
        told += bool(came)
        if all(one == came[0] for one in came):
            continue  # this message lost it for another reason, or always does
        for word, one in zip(words, made, strict=True):
            moved += 1
            others = [list(leaves(other)).count((type(word), word)) for other in made]
            kept += one is not None and list(leaves(one)).count((type(word), word)) > min(others)
    assert told, f"{action}.{path} never got through"
    return "lost" if not moved else "carried" if kept == moved else "converted"


@each_plan
def test_the_ledger_and_the_experiment_agree(table: Table, action: str, kind: str, way: Way) -> None:
    told = {entry.source: entry.how for entry in entries(table.plans[named(table, action, kind, way)]) if entry.source}
    assert {path: observed(table, action, kind, way, path) for path in told} == told


def test_what_is_lost_comes_back_as_a_loss() -> None:
    for table, action, kind, way in EACH:
        shape = table.ends(way)[0].messages[action].shape(kind)
        for entry in entries(table.plans[named(table, action, kind, way)]):
            if entry.how == "lost":
                leaf, field = tuple(entry.source.split(".")), at(shape, entry.source)
                words = list(field.type.values) if isinstance(field.type, Enum) else WORDS[field.type.name][:1]
                tries = [full(shape, i, leaf, word) for i in range(LAST + 1) for word in words]
                losses = [cross(table, action, kind, way, one)[1] for one in tries]
                fields = {loss.field for some in losses for loss in some}
                assert any(entry.source == one or entry.source.startswith(f"{one}.") for one in fields), entry


# ------------------------------------------------------------------------------------------------------- the floor
OLDEST = ["ocpp1.2", "ocpp1.5", "ocpp1.6"]
ROUTES = [(near, far) for near in OLDEST for far in OLDEST if near != far]
ROUTES += [("plain", "ocpp1.6"), ("plain", "ocpp2.0.1")]
ROUTES += [(near, far) for old in ("ocpp1.5", "ocpp1.6") for near, far in ((old, "ocpp2.0.1"), ("ocpp2.0.1", old))]


def shares() -> dict[str, float]:
    found = {}
    for near, far in ROUTES:
        for account in accounts(LADDER.route(near, far), LADDER.route(far, near)):
            found[f"{near} station, {far} back end: {account.action} from the {account.sender}"] = round(account.share(), 3)
    return found


def test_the_carried_share_does_not_fall(capsys: pytest.CaptureFixture[str]) -> None:
    floor = json.loads(FLOOR.read_text(encoding="utf-8"))
    found = shares()
    with capsys.disabled():
        print()
        for name, share in found.items():
            if share < 1:
                print(f"  {share:6.1%}  {name}")
        print(f"  100.0%  the other {sum(share == 1 for share in found.values())} operations")
    assert set(found) == set(floor), "an operation came or went: write the floor anew, on purpose"
    assert {name: share for name, share in found.items() if share < floor[name]} == {}
