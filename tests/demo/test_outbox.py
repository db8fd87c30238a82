"""A station's requests: in order, one at a time, and what counts is never given up."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from twisted.internet.task import Clock

from gateway.demo import envelopes
from gateway.demo.envelopes import Dress, Envelope
from gateway.demo.outbox import AGAIN, Outbox

DRESS = Dress("s", "a", "o")
GOOD = envelopes.answer(DRESS, "Any", "S", "1", [("status", "Accepted")])


class World:
    def __init__(self) -> None:
        self.clock = Clock()
        self.posted: list[tuple[str, Callable[[bytes | None], None]]] = []
        self.outbox = Outbox(self.clock, lambda action, body, done: self.posted.append((action, done)))
        self.answers: list[Envelope | None] = []

    def put(self, action: str, keep: bool) -> None:
        self.outbox.put(action, b"", keep, self.answers.append)

    def actions(self) -> list[str]:
        return [action for action, _ in self.posted]


def test_one_at_a_time() -> None:
    world = World()
    world.put("A", False)
    world.put("B", False)
    assert world.actions() == ["A"]
    world.posted[0][1](GOOD)
    assert world.actions() == ["A", "B"]
    assert not world.outbox.empty
    world.posted[1][1](GOOD)
    assert world.outbox.empty
    assert world.outbox.answered == 2


@pytest.mark.parametrize("nothing", [None, b"no envelope"])
def test_what_must_be_kept_is_tried_again_before_anything_else(nothing: bytes | None) -> None:
    world = World()
    world.put("A", True)
    world.put("B", False)
    world.posted[0][1](nothing)
    assert world.actions() == ["A"]
    world.clock.advance(AGAIN)
    assert world.actions() == ["A", "A"]
    world.posted[1][1](GOOD)
    assert world.actions() == ["A", "A", "B"]


def test_the_rest_is_given_up() -> None:
    world = World()
    world.put("A", False)
    world.put("B", False)
    world.posted[0][1](None)
    assert world.actions() == ["A", "B"]
    assert world.answers == [None]


def test_a_fault_is_an_answer_but_no_good_one() -> None:
    world = World()
    world.put("A", True)
    world.posted[0][1](envelopes.fault(DRESS, "no"))
    assert world.outbox.empty
    assert world.answers == [None]
    assert world.outbox.faults == 1
