"""Whatever a station says in whatever order, whatever the back end asks: no device falls over, each command is answered."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.devices import events as on
from gateway.dialects.schema import Dialect
from gateway.wires.shapes import FieldShape
from gateway.wires.wire import Record
from tests import strategies
from tests.devices.bench import Bench
from tests.devices.rapi import OpenEvse
from tests.devices.test_device_laws import OWN

each = pytest.mark.parametrize("dialect", OWN, ids=[dialect.name for dialect in OWN])


def value(shape: FieldShape) -> st.SearchStrategy[Any]:
    if shape.words:
        return st.sampled_from(list(shape.words))
    if shape.type == "group":
        return st.fixed_dictionaries({name: value(part) for name, part in shape.parts.items()})
    if shape.type == "list":
        return st.just([])
    kinds: dict[str, st.SearchStrategy[Any]] = {
        "integer": st.integers(-1, 70_000),
        "decimal": st.decimals(-10, 10**7, allow_nan=False, places=2),
        "boolean": st.booleans(),
        "time": st.just("2026-01-01T00:00:00Z"),
    }
    return st.none() | kinds.get(shape.type, st.text("0123456789ABCDEFabc", max_size=30))


def record(dialect: Dialect) -> st.SearchStrategy[Record]:
    assert dialect.wire is not None
    names = sorted(name for name, shape in dialect.wire.frames.items() if shape.sender != "backend")
    frames = dialect.wire.frames
    return st.sampled_from(names).flatmap(
        lambda name: st.fixed_dictionaries({}, optional={one: value(shape) for one, shape in frames[name].fields.items()}).map(
            lambda fields: Record(name, fields)
        )
    )


def happenings(dialect: Dialect) -> st.SearchStrategy[Any]:
    commands = sorted(name for name, message in dialect.messages.items() if message.sender != "station")
    asked = st.sampled_from(commands).flatmap(lambda name: st.tuples(st.just(name), strategies.payload(dialect, name, "call")))
    return st.one_of(
        record(dialect).map(on.Heard),
        record(dialect).map(on.Heard),
        st.floats(0, 200).map(lambda seconds: seconds),
        asked,
        st.sampled_from([on.LinkUp(), on.LinkDown("gone"), "restart"]),
    )


class Deaf(Bench):
    """A bench whose station answers nothing."""

    def do_send(self, command: on.Send) -> None:
        self.said.append((command.name, dict(command.fields)))
        if command.tag is not None:
            self.waiting.append(command.tag)

    waiting: list[Any]


@each
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_nothing_makes_it_fall_over(dialect: Dialect, data: st.DataObject) -> None:
    bench = Deaf(dialect, lambda frame: [])
    bench.waiting = []
    bench.up()
    asked = 0
    for one in data.draw(st.lists(happenings(dialect), max_size=25)):
        if isinstance(one, float):
            bench.run(one)
        elif isinstance(one, tuple):
            asked += 1
            bench.ask(one[0], **one[1])
        elif one == "restart":
            bench.restart()
            asked, bench.replies = 0, []
        else:
            bench.happen(one)
        while bench.waiting:
            bench.happen(on.Unanswered(bench.waiting.pop(), "silence"))
    bench.happen(on.LinkDown("the end"))
    bench.run(400)
    assert len(bench.replies) == asked


@settings(max_examples=12, deadline=None)
@given(st.lists(st.sampled_from(["plug", "unplug", "charge", "restart", "lost", "wait"]), max_size=30))
def test_wherever_the_gateway_is_restarted_the_sessions_told_are_those_that_were(acts: list[str]) -> None:
    station = OpenEvse()
    bench = Bench("openevse-rapi", station)
    bench.up()
    bench.run(20)
    delivered = 0
    for act in acts:
        if act == "plug":
            station.plug()
        elif act == "unplug":
            station.unplug()
        elif act == "charge" and station.state == 3:
            station.charge(100)
            delivered += 100
        elif act == "restart":
            bench.restart()
        elif act == "lost":
            bench.happen(on.LinkDown("lost"))
            bench.happen(on.LinkUp())
        bench.run(70)
    station.unplug()
    bench.run(70)
    starts = {(one["time"], one["energy"]) for one in bench.calls("Start")}
    stops = {one["session"]: one for one in bench.calls("Stop")}
    assert len(starts) == len(bench.calls("Start")) == len(stops)
    told = sum(one["energy"] for one in stops.values()) - sum(energy for _, energy in starts)
    assert told == delivered
