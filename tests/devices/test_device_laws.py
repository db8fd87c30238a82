"""What holds for every dialect with a section ``device``: known messages, and a meaning for each state of its station.

That each field is read or lost, each procedure reached, and each name known, is the loader's work (test_load.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from gateway.catalogue import Folders
from gateway.devices import events as on
from gateway.devices.device import Device
from gateway.dialects.load import load_dialects
from gateway.dialects.schema import Dialect
from gateway.ladder.accounts import accounts
from gateway.ladder.ladder import Ladder
from gateway.wires.shapes import FieldShape
from gateway.wires.vectors import run
from gateway.wires.wire import Record
from tests.devices.bench import Bench

DIALECTS = load_dialects(Folders())
LADDER = Ladder.load(Folders(), DIALECTS)
OWN = [dialect for dialect in DIALECTS.values() if dialect.device is not None]
each = pytest.mark.parametrize("dialect", OWN, ids=[dialect.name for dialect in OWN])


@each
def test_its_vectors_come_out(dialect: Dialect) -> None:
    assert dialect.wire is not None
    assert run(dialect.wire) == []


@each
@pytest.mark.parametrize("backend", ["ocpp1.2", "ocpp1.5", "ocpp1.6", "ocpp2.0.1", "ocpp2.1"])
def test_it_reaches_every_back_end(dialect: Dialect, backend: str) -> None:
    assert accounts(LADDER.route(dialect.name, backend), LADDER.route(backend, dialect.name))


def domain(shape: FieldShape) -> list[Any]:
    if shape.words:
        return list(shape.words)
    return {"boolean": [True, False], "integer": list(range(256))}.get(shape.type, [])


def fed(dialect: Dialect) -> Device:
    """A device that has heard every record of which there is a vector."""
    bench = Bench(dialect, lambda frame: [])
    bench.up()
    wire = dialect.wire
    assert wire is not None
    for vector in wire.vectors:
        if not vector.refused and (vector.sender or wire.frames[vector.record].sender) == "station":
            asked = Record(vector.asked[0], dict(vector.asked[1])) if vector.asked else None
            framer = wire.framer("station")
            for frame in [*framer.feed(vector.frame), *framer.idle()]:
                assert isinstance(frame, bytes)
                bench.happen(on.Heard(wire.read(frame, "station", asked, vector.place)))
    return bench.device


def sources(dialect: Dialect) -> Iterator[tuple[str, FieldShape]]:
    """The variables by which states are told, each with the field that it comes from."""
    assert dialect.device is not None
    assert dialect.wire is not None
    read = {name.split(".")[0] for holds in dialect.device.states.values() for name in holds.reads}
    for record, rules in dialect.device.records.items():
        for rule in rules:
            for variable, value in rule.set.items():
                fields = [path.removeprefix("it.") for path in value.reads if path.startswith("it.")]
                if variable in read and len(fields) == 1 and "." not in fields[0]:
                    yield variable, dialect.wire.frames[record].fields[fields[0]]


@each
def test_it_knows_what_each_state_of_its_station_means(dialect: Dialect) -> None:
    device = fed(dialect)
    assert dialect.device is not None
    unknown = []
    for variable, shape in sources(dialect):
        for word in domain(shape):
            scope = {**device.desk.scope(1), variable: word}
            if not any(holds(scope) for holds in dialect.device.states.values()):
                unknown.append((variable, word))
    assert unknown == []
