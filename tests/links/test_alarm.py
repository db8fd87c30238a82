from __future__ import annotations

from twisted.internet.task import Clock

from gateway.links.alarm import Alarm


def make() -> tuple[Clock, list[float], Alarm]:
    clock, rung = Clock(), []
    return clock, rung, Alarm(clock, lambda: rung.append(clock.seconds()))


def test_rings_once_at_the_moment_set():
    clock, rung, alarm = make()
    alarm.set(5)
    clock.pump([1] * 20)
    assert rung == [5]


def test_a_later_moment_moves_no_timer():
    clock, rung, alarm = make()
    alarm.set(5)
    (call,) = clock.getDelayedCalls()
    clock.advance(3)
    alarm.set(5)
    assert clock.getDelayedCalls() == [call]
    assert call.getTime() == 5
    clock.advance(4)
    assert not rung
    clock.advance(1)
    assert rung == [8]


def test_an_earlier_moment_rings_earlier():
    clock, rung, alarm = make()
    alarm.set(50)
    alarm.set(2)
    clock.pump([1] * 60)
    assert rung == [2]


def test_off_leaves_nothing_on_the_clock():
    clock, rung, alarm = make()
    alarm.set(5)
    alarm.off()
    assert clock.getDelayedCalls() == []
    alarm.off()
    alarm.set(1)
    clock.advance(1)
    assert rung == [1]
