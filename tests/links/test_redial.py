"""Links that are made again, and how long that waits."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from gateway.links.redial import Backoff, Redial


class Dialled:
    """Attempts whose fate the test decides."""

    def __init__(self) -> None:
        self.attempts: list[tuple[Deferred[Any], Any]] = []
        self.aborted = 0

    def __call__(self, ended: Any) -> tuple[Deferred[Any], Any]:
        made: Deferred[Any] = Deferred()
        self.attempts.append((made, ended))
        return made, self.abort

    def abort(self) -> None:
        self.aborted += 1


def scene() -> tuple[Clock, Dialled, Redial, list[str], Backoff]:
    clock, dialled, told = Clock(), Dialled(), []
    delays = Backoff(lambda low, high: 1.0)
    return clock, dialled, Redial(clock, dialled, delays, told.append), told, delays


def test_it_tries_again_after_longer_and_longer_pauses() -> None:
    clock, dialled, redial, told, delays = scene()
    redial.open()
    redial.open()
    pauses = []
    for _ in range(9):
        dialled.attempts[-1][0].errback(OSError("nobody there"))
        before, count = clock.seconds(), len(dialled.attempts)
        while len(dialled.attempts) == count:
            clock.advance(1)
        pauses.append(clock.seconds() - before)
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert told == ["nobody there"] * 9
    delays.reset()
    assert delays.next() == 1


def test_a_link_that_ends_is_made_again() -> None:
    clock, dialled, redial, told, _ = scene()
    redial.open()
    made, ended = dialled.attempts[0]
    made.callback(None)
    ended()
    ended()
    clock.advance(1)
    assert (len(dialled.attempts), told) == (2, []), "whoever holds the link was told by the link"


def test_once_shut_nothing_follows_until_it_is_opened() -> None:
    clock, dialled, redial, told, _ = scene()
    redial.open()
    dialled.attempts[0][0].callback(None)
    redial.shut()
    dialled.attempts[0][1]()
    clock.advance(100)
    assert (dialled.aborted, len(dialled.attempts)) == (1, 1)
    redial.open()
    assert len(dialled.attempts) == 2
    redial.shut()
    dialled.attempts[1][0].addErrback(lambda failure: None)
    clock.advance(100)
    assert (len(dialled.attempts), told) == (2, [])


def test_shut_between_two_tries() -> None:
    clock, dialled, redial, _, _ = scene()
    redial.open()
    dialled.attempts[0][0].errback(OSError("x"))
    redial.shut()
    clock.advance(100)
    assert len(dialled.attempts) == 1


def test_pauses_differ_so_that_many_do_not_come_at_once() -> None:
    assert Backoff(lambda low, high: high, 4).next() == 5
    assert Backoff(lambda low, high: low, 4).next() == 3
