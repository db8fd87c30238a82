"""What flows remember: nothing is written that changes nothing, and what was not committed can be taken back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some

from gateway.ladder.registers import LAST_NUMBER, MOST_KEYS, Registers


def test_a_write_is_read_and_taken_once() -> None:
    registers = Registers({"tx": {"1": {"seq": 0}}})
    registers.put("tx", "1", {"seq": 1})
    registers.put("tokens", "a", "b")
    assert registers.get("tx", "1") == {"seq": 1}
    assert registers.taken() == {"tx": {"1": {"seq": 1}}, "tokens": {"a": "b"}}
    assert not registers.unsaved
    assert registers.taken() == {}


def test_what_changes_nothing_is_no_write() -> None:
    registers = Registers({"states": {"1": "Charging"}})
    registers.put("states", "1", "Charging")
    registers.put("states", "2", None)
    assert not registers.unsaved


def test_none_forgets() -> None:
    registers = Registers({"tx": {"1": 5, "2": 6}})
    registers.put("tx", "1", None)
    assert list(registers.items("tx")) == [("2", 6)]
    assert registers.taken() == {"tx": {"1": None}}


def test_a_counter_counts_and_begins_anew_after_the_last_number() -> None:
    registers = Registers()
    assert [registers.next("request") for _ in range(3)] == [1, 2, 3]
    assert Registers({"counters": {"request": LAST_NUMBER}}).next("request") == 1


def test_of_too_many_keys_the_one_that_came_first_goes() -> None:
    registers = Registers({"states": {str(number): "Charging" for number in range(MOST_KEYS)}})
    registers.put("states", "7", "Faulted")
    assert registers.taken() == {"states": {"7": "Faulted"}}, "a new value of a known key"
    registers.put("states", "one more", "Charging")
    assert registers.taken() == {"states": {"one more": "Charging", "0": None}}
    registers.put("states", "and another", "Charging")
    registers.undo()
    assert len(list(registers.items("states"))) == MOST_KEYS
    assert registers.get("states", "1") == "Charging"


@given(some.lists(some.tuples(some.sampled_from("ab"), some.none() | some.integers(0, 3))))
def test_undo_leads_back_to_what_was_taken(writes: list[tuple[str, int | None]]) -> None:
    registers = Registers({"r": {"a": 1}})
    for key, value in writes:
        registers.put("r", key, value)
    registers.undo()
    assert dict(registers.items("r")) == {"a": 1}
    assert registers.taken() == {}
