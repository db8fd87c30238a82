"""Raw bytes over connections that were accepted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.task import Clock

from gateway.links.limits import Limits
from gateway.links.streams import StreamFactory


class Far:
    """A `Receiver` that remembers."""

    def __init__(self) -> None:
        self.link: Any = None
        self.data: list[bytes] = []
        self.ends: list[str] = []

    def opened(self, link: Any) -> None:
        self.link = link

    def heard(self, data: bytes, peer: Any, place: str = "") -> None:
        self.data.append(data)

    def closed(self, why: str) -> None:
        self.ends.append(why)


def factory(clock: Clock, made: list[Far], refused: list[str], **limits: Any) -> StreamFactory:
    def receiver() -> Far:
        made.append(Far())
        return made[-1]

    return StreamFactory(clock, receiver, Limits(**limits), refused.append)


def test_each_connection_has_a_receiver_of_its_own(wire: Callable[[Any], Any]) -> None:
    made: list[Far] = []
    one = factory(Clock(), made, [])
    a, b = wire(one.buildProtocol(None)), wire(one.buildProtocol(None))
    a.protocol.dataReceived(b"x")
    made[1].link.write(b"y", made[1].link.peer)
    assert ([far.data for far in made], b.taken(), made[0].link.peer) == ([[b"x"], []], b"y", ("192.0.2.7", 4711))


def test_what_ended_is_told_once_and_forgotten(wire: Callable[[Any], Any]) -> None:
    made: list[Far] = []
    one = factory(Clock(), made, [])
    a = wire(one.buildProtocol(None))
    made[0].link.abort("noise")
    a.protocol.dataReceived(b"late")
    a.lost()
    assert (made[0].data, made[0].ends, a.aborted, one.live) == ([], ["noise"], True, set())
    assert not made[0].link.open_to(("", 0))


def test_too_many_connections_are_turned_away(wire: Callable[[Any], Any]) -> None:
    made: list[Far] = []
    refused: list[str] = []
    one = factory(Clock(), made, refused, connections=1)
    wire(one.buildProtocol(None))
    assert one.buildProtocol(None) is None
    assert refused == ["connections"]


def test_a_peer_that_does_not_read_is_given_up(wire: Callable[[Any], Any]) -> None:
    clock, made = Clock(), []
    one = factory(clock, made, [], stall=5)
    a = wire(one.buildProtocol(None))
    a.stop_reading()
    clock.advance(5)
    a.lost()
    assert made[0].ends == ["the peer does not read"]


def test_draining_closes_once_all_is_written(wire: Callable[[Any], Any]) -> None:
    made: list[Far] = []
    one = factory(Clock(), made, [])
    a = wire(one.buildProtocol(None))
    made[0].link.write(b"last", ("", 0))
    one.drain()
    assert (a.taken(), a.disconnecting, a.aborted) == (b"last", True, False)
