"""A command that becomes several calls: it ends with whoever is gone, and is answered once whatever happens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gateway.messages import Answer, Error, Payload
from gateway.session import commands as do
from gateway.session import events as on
from tests.session.scene import Scene
from tests.session.test_session_orders import CLEAR, clears, does

LATE = 6.0


class Thrice:
    """The same call three times, the last of them some seconds later."""

    def fits(self, asked: Payload, moment: Any) -> bool:
        return True

    def call(self, number: int, asked: Payload, answers: Sequence[Answer], moment: Any) -> tuple[str, Payload, float] | None:
        return (CLEAR, asked, LATE if number == 2 else 0.0) if number < 3 else None

    def answer(self, asked: Payload, answers: Sequence[Answer], moment: Any) -> Answer:
        return answers[-1]


def under_way(play: Scene) -> Any:
    """The second call of three, and another command that waits."""
    play.online()
    play.session.behave({"sequences": {CLEAR: (Thrice(),)}})
    clears(play, "b1")
    first = play.ordered(CLEAR)
    play.commands("Reset", {"type": "Soft"}, id="b2")
    does(play, first)
    return play.ordered(CLEAR)


def test_it_goes_on_to_its_end_before_another_begins() -> None:
    with Scene() as play:
        does(play, under_way(play))
        play >> LATE
        does(play, play.ordered(CLEAR))
        assert play.told("b1").payload == {"status": "Accepted"}
        play.ordered("Reset")


def test_a_station_that_leaves_ends_it() -> None:
    with Scene() as play:
        under_way(play)
        play >> on.StationLost("gone")
        assert isinstance(play.told("b1"), Error)
        assert isinstance(play.told("b2"), Error)
        play >> on.StationConnected(False)
        assert not [c for c in play.unheard if isinstance(c, do.CallStation)]


def test_a_back_end_that_leaves_ends_it() -> None:
    with Scene() as play:
        second = under_way(play)
        play >> on.UplinkDown("gone")
        does(play, second)
        play.unheard.clear()
        play >> 60.0
        assert not [c for c in play.unheard if isinstance(c, do.CallStation)]
        play.unheard.clear()


def test_its_deadline_is_for_all_together() -> None:
    with Scene() as play:
        second = under_way(play)
        play >> 20.0
        does(play, second)
        play >> LATE
        third = play.ordered(CLEAR)
        play >> 10.0
        assert isinstance(play.told("b1"), Error)
        assert isinstance(play.told("b2"), Error)
        does(play, third)
