"""Stations that post: what they are told rides in the answer."""

from __future__ import annotations

from typing import Any

from twisted.internet.task import Clock

from gateway.links.exchange import Exchange, Request
from gateway.links.posts import MOST_OPEN, Posts
from tests.links.test_streams import Far
from tests.office import Wire


class Told(Far):
    """Answers each body with what the test wants."""

    def __init__(self, reply: bytes = b"") -> None:
        super().__init__()
        self.reply, self.peers, self.places = reply, [], []
        self.posts: Any = None

    def heard(self, data: bytes, peer: Any, place: str = "") -> None:
        super().heard(data, peer)
        self.peers.append(peer)
        self.places.append(place)
        if self.reply:
            self.posts.write(self.reply, peer)


def posts(reply: bytes = b"") -> tuple[Clock, Told, Posts]:
    clock, told = Clock(), Told(reply)
    told.posts = Posts(clock, told, 10, "text/plain")
    return clock, told, told.posts


def post(to: Posts, body: bytes = b"x", target: str = "/gs?a=1") -> tuple[Wire, Exchange]:
    wire = Wire()
    exchange = Exchange(wire, Request("POST", target, "/gs", (), body, "192.0.2.7", 1, False))
    to.request(exchange)
    return wire, exchange


def test_all_that_is_said_in_one_turn_is_one_answer() -> None:
    clock, told, one = posts(b"ACK\n")
    wire, _ = post(one)
    one.write(b"CMD\n", told.peers[0])
    assert wire.answer is None
    clock.advance(0)
    assert (wire.answer, told.data, told.places) == ((200, b"ACK\nCMD\n"), [b"x"], ["POST /gs?a=1"])
    assert not one.open_to(told.peers[0])
    one.write(b"late", told.peers[0])


def test_where_there_is_nothing_to_say_the_answer_is_empty_after_a_while() -> None:
    clock, _, one = posts()
    wire, _ = post(one)
    clock.advance(9.9)
    assert wire.answer is None
    clock.advance(0.2)
    assert wire.answer == (200, b"")


def test_what_could_not_be_used_is_refused_at_once_but_not_over_an_answer() -> None:
    clock, told, one = posts()
    wire, _ = post(one)
    one.bad(told.peers[0])
    one.bad(told.peers[0])
    assert wire.answer == (400, b"")
    wire, _ = post(one)
    one.write(b"ACK", told.peers[1])
    one.bad(told.peers[1])
    clock.advance(0)
    assert wire.answer == (200, b"ACK")


def test_who_hangs_up_is_forgotten_and_who_is_shut_out_gets_no_byte() -> None:
    clock, told, one = posts()
    wire, exchange = post(one)
    exchange.gone()
    assert not one.open_to(told.peers[0])
    wire, _ = post(one)
    one.shut()
    assert (wire.answer, wire.ended) == (None, True)
    clock.advance(20)
    assert clock.getDelayedCalls() == []


def test_only_so_many_wait() -> None:
    _, told, one = posts()
    first, _ = post(one)
    for _ in range(MOST_OPEN):
        post(one)
    assert first.answer == (200, b"")
    assert one.open_to(told.peers[1])
