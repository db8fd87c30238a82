"""Connector numbers: each connector has one, for good."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as some

from gateway.ladder.facts import Context, Recorded
from gateway.ladder.flows.topology import Alone, ConnectorLearnt, EvseLearnt, Learnt, Renumbered
from gateway.ladder.registers import Registers

places = some.tuples(some.integers(1, 6), some.integers(1, 3))


def run(registers: Registers | None = None) -> Any:
    return SimpleNamespace(cx=Context(Recorded(), registers=registers or Registers()))


@given(some.lists(places))
def test_a_number_is_given_once_and_never_to_two(seen: list[tuple[int, int]]) -> None:
    here = run()
    given_: dict[tuple[int, int], int] = {}
    for evse, connector in seen:
        number = Learnt().left({"id": evse, "connectorId": connector}, here)
        assert given_.setdefault((evse, connector), number) == number
        assert Learnt().right(number, here) == {"id": evse, "connectorId": connector}
    assert len(set(given_.values())) == len(given_)


def test_evses_of_one_connector_keep_their_own_numbers_in_any_order() -> None:
    here = run()
    assert [Learnt().left({"id": evse, "connectorId": 1}, here) for evse in (3, 1, 2)] == [3, 1, 2]


def test_the_second_connector_of_an_evse_takes_the_next_free_number() -> None:
    here = run()
    seen = [(1, 1), (1, 2), (2, 1)]
    assert [Learnt().left({"id": e, "connectorId": c}, here) for e, c in seen] == [1, 2, 3]
    assert EvseLearnt().left(2, here) == 3
    assert EvseLearnt().right(3, here) == 2
    assert [ConnectorLearnt().right(n, here) for n in (1, 2, 3, 9)] == [1, 2, 1, 1]


def test_an_evse_alone_stands_for_its_first_connector() -> None:
    here = run()
    assert Learnt().left({"id": 2}, here) == 2
    assert Learnt().left({"id": 2, "connectorId": 1}, here) == 2


def test_the_whole_station_has_no_evse() -> None:
    assert Alone().right(0, run()) is None
    assert Learnt().right(0, run()) is None
    assert (EvseLearnt().left(0, run()), EvseLearnt().right(0, run())) == (0, None)
    assert Alone().right(2, run()) == {"id": 2, "connectorId": 1}
    assert Alone().left({"id": 2, "connectorId": 1}, run()) == 2


def test_facts_are_asked_by_the_numbers_that_we_gave() -> None:
    facts, registers = Recorded(on={2: 17}, over={1}), Registers({"evses": {"1": [1, 1], "2": [1, 2], "3": [2, 1]}})
    asked = Renumbered(facts, registers)
    assert [asked.running(n) for n in (1, 2, 3)] == [False, False, True]
    assert [asked.ended(n) for n in (1, 2, 3)] == [True, True, False]
