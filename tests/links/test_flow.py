from __future__ import annotations

from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport

from gateway.links.flow import Outlet
from gateway.links.limits import Limits


class Wire(StringTransport):
    aborted = False

    def abortConnection(self) -> None:
        self.aborted = True


LIMITS = Limits(write_buffer=10, stall=20)


def make(in_turn: bool = False) -> tuple[Clock, Wire, list[str], Outlet]:
    clock, wire, stalled = Clock(), Wire(), []
    return clock, wire, stalled, Outlet(wire, clock, LIMITS, lambda: stalled.append("stalled"), in_turn)


def test_a_peer_that_speaks_when_it_likes_is_read_from_even_if_it_does_not_read():
    _, wire, _, outlet = make()
    outlet.pauseProducing()
    assert outlet.full
    assert wire.producerState == "producing"


def test_a_peer_that_only_asks_waits_until_it_has_read_the_answers():
    _, wire, _, outlet = make(in_turn=True)
    outlet.pauseProducing()
    assert outlet.full
    assert wire.producerState == "paused"
    outlet.resumeProducing()
    assert not outlet.full
    assert wire.producerState == "producing"


def test_a_peer_that_only_asked_may_come_to_speak_when_it_likes():
    _, wire, _, outlet = make(in_turn=True)
    outlet.pauseProducing()
    outlet.both_ways()
    assert wire.producerState == "producing"


def test_two_reasons_not_to_read():
    _, wire, _, outlet = make(in_turn=True)
    outlet.hold(True)
    outlet.pauseProducing()
    outlet.resumeProducing()
    assert wire.producerState == "paused"
    outlet.hold(False)
    assert wire.producerState == "producing"


def test_a_stall_is_told_after_its_time_and_not_if_it_ended():
    clock, _, stalled, outlet = make()
    outlet.pauseProducing()
    clock.advance(19)
    outlet.resumeProducing()
    clock.advance(5)
    assert not stalled
    assert not clock.getDelayedCalls()
    outlet.pauseProducing()
    clock.advance(20)
    assert stalled == ["stalled"]


def test_more_than_the_cap_unread_is_told_at_once():
    _, wire, stalled, outlet = make()
    outlet.pauseProducing()
    outlet.write(b"x" * 11)  # one big message may wait
    assert not stalled
    outlet.write(b"y")
    assert stalled
    assert wire.value() == b"x" * 11


def test_a_close_that_the_peer_does_not_let_end_is_cut():
    clock, wire, _, outlet = make()
    outlet.write(b"bye")
    outlet.close()
    outlet.write(b"more")
    assert wire.disconnecting
    assert wire.producer is None
    assert not wire.aborted
    assert wire.value() == b"bye"
    clock.advance(20)
    assert wire.aborted


def test_nothing_stays_on_the_clock_after_the_end():
    clock, wire, _, outlet = make()
    outlet.close()
    outlet.gone()
    assert not clock.getDelayedCalls()
    outlet.abort()
    assert not wire.aborted


def test_the_whole_gateway_may_be_a_reason_not_to_read_too():
    _, wire, _, outlet = make()
    outlet.pause(True)
    outlet.hold(True)
    outlet.hold(False)
    assert wire.producerState == "paused"
    outlet.pause(False)
    assert wire.producerState == "producing"
