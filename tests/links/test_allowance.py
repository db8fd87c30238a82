"""A peer that says more than its link may is read more slowly, and nothing that it said is lost, changed or refused."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.task import Clock

from gateway.links.allowance import Allowances
from gateway.links.http import HttpFactory
from gateway.links.limits import Limits
from gateway.links.streams import StreamFactory

PACE = 10.0
AT_ONCE = 20
"""What may be said in a row at that pace."""


class Peers:
    """Allowances on a clock that is moved, and who was told to be held."""

    def __init__(self, pace: float = PACE) -> None:
        self.clock, self.held = Clock(), []
        self.all = Allowances(self.clock, pace, lambda host, path: self.held.append((host, path)))


@given(st.lists(st.tuples(st.floats(0, 3), st.integers(0, 50_000)), min_size=1, max_size=80))
def test_who_waits_as_told_says_no_more_than_his_pace_and_is_never_held_for_good(said: list[tuple[float, int]]) -> None:
    peers = Peers()
    one, spent, first = peers.all.take("h", "/p"), 0.0, None
    for pause, size in said:
        peers.clock.advance(pause + one.wait())
        first = peers.clock.seconds() if first is None else first
        may = one.spend(size)
        spent += 1 + max(0, size - 4096) / 256
        largest = 1 + 50_000 / 256
        assert spent <= AT_ONCE + largest + PACE * (peers.clock.seconds() - first) + 1e-6
        assert not may or one.wait() == 0
        assert one.wait() <= largest / PACE


def test_a_pace_of_nought_holds_nobody() -> None:
    peers = Peers(0)
    one = peers.all.take("h", "/p")
    assert all(one.spend(10**6) for _ in range(1000))
    assert peers.held == []


def test_a_debt_goes_over_to_one_connection_of_the_same_host_and_path_and_is_told_once() -> None:
    peers = Peers()
    one = peers.all.take("h", "/p")
    one.spend(4096 + 256 * 100)
    assert peers.all.take("other", "/p").wait() == peers.all.take("h", "/other").wait() == 0
    again = peers.all.take("h", "/p")
    assert again.wait() == one.wait() == pytest.approx(8.1)
    assert peers.all.take("h", "/p").wait() == 0, "who shares the address with it is not made to wait for ever"
    again.end()
    peers.clock.advance(4)
    assert peers.all.take("h", "/p").wait() == pytest.approx(4.1)
    assert peers.held == [("h", "/p")]


def test_debts_are_bounded_and_those_that_are_paid_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.links.allowance._MOST_DEBTS", 2)
    peers = Peers()
    for name in ("/1", "/2", "/3"):
        peers.all.take("h", name).spend(10_000)
    assert [peers.all.take("h", name).wait() > 0 for name in ("/1", "/2", "/3")] == [True, True, False]
    peers.all.take("h", "/4").spend(10_000)
    peers.all.take("h", "/5").spend(10_000)
    peers.clock.advance(10)
    peers.all.take("h", "/6").spend(10_000)
    assert peers.all.take("h", "/6").wait() > 0


# -- over links ----------------------------------------------------------------------------------------------------


class Door:
    """A server with such allowances; a WebSocket to it is accepted at once."""

    def __init__(self, wire: Callable[[Any], Any], heard: Any, limits: Limits | None = None) -> None:
        self.peers, self.heard, self.requests, self.refused = Peers(), heard, [], []
        self.clock = self.peers.clock
        self.factory = HttpFactory(self.clock, self._asked, self._shaken, limits or Limits(), self.refused.append)
        self.factory.allowances = self.peers.all
        self._wire = wire

    def _asked(self, exchange: Any) -> None:
        self.requests.append(exchange.request)
        exchange.respond(200)

    def _shaken(self, handshake: Any) -> None:
        self.heard.socket = handshake.accept(None, self.heard)

    def peer(self) -> Any:
        """A connection."""
        return self._wire(self.factory.buildProtocol(None))

    def upgraded(self) -> Any:
        """A WebSocket's connection."""
        peer = self.peer()
        peer.protocol.dataReceived(SHAKE)
        peer.taken()
        return peer

    def pass_time(self, seconds: float) -> None:
        """In small steps, for what is due may ask for more."""
        for _ in range(int(seconds * 20)):
            self.clock.advance(0.05)


SHAKE = (
    b"GET /ocpp/S HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)


def frame(first: int, payload: bytes = b"") -> bytes:
    size = len(payload)
    head = bytes([first, size | 128]) if size < 126 else bytes([first, 254]) + struct.pack("!H", size)
    return head + bytes(4) + payload


@pytest.fixture
def door(wire: Callable[[Any], Any], heard: Any) -> Callable[..., Door]:
    return lambda **limits: Door(wire, heard, Limits(**limits))


def test_a_flood_of_messages_is_heard_whole_and_in_order_at_its_pace(door: Callable[..., Door]) -> None:
    one = door()
    peer = one.upgraded()
    texts = [str(number) for number in range(100)]
    peer.protocol.dataReceived(b"".join(frame(0x81, text.encode()) for text in texts))
    one.clock.advance(0)
    assert len(one.heard.texts) == AT_ONCE, "the handshake was the first thing said, the message after the last free one the last"
    assert peer.producerState == "paused"
    one.pass_time(2)
    assert AT_ONCE + 18 <= len(one.heard.texts) <= AT_ONCE + 22
    one.pass_time(8)
    assert one.heard.texts == texts
    assert peer.producerState == "producing"
    assert (one.refused, one.heard.ends, one.peers.held) == ([], [], [("192.0.2.7", "/ocpp/S")])


@pytest.mark.parametrize(
    "flood",
    [frame(0x89, b"?"), frame(0x8A, b"!"), frame(0x01, b"a") + frame(0x80)],
    ids=["pings", "pongs", "pieces"],
)
def test_what_is_no_message_counts_too(door: Callable[..., Door], flood: bytes) -> None:
    one = door()
    peer = one.upgraded()
    peer.protocol.dataReceived(flood * 30 + frame(0x81, b"at last"))
    one.clock.advance(0)
    assert peer.producerState == "paused"
    assert "at last" not in one.heard.texts
    one.pass_time(8)
    assert one.heard.texts[-1] == "at last"


def test_a_long_message_is_heard_at_once_and_paid_for_afterwards(door: Callable[..., Door]) -> None:
    one = door()
    peer = one.upgraded()
    long = b"x" * 60_000
    peer.protocol.dataReceived(frame(0x81, long) + frame(0x81, b"next"))
    one.clock.advance(0)
    assert one.heard.texts == [long.decode()]
    one.pass_time(15)
    assert len(one.heard.texts) == 1
    one.pass_time(10)
    assert one.heard.texts[1:] == ["next"]


def test_who_is_not_listened_to_is_not_taken_for_dead(door: Callable[..., Door]) -> None:
    one = door(ping_every=0, dead_after=3)
    peer = one.upgraded()
    peer.protocol.dataReceived(frame(0x81, b"x" * 60_000))
    one.pass_time(15)
    assert one.heard.ends == []
    one.pass_time(12)
    assert [code for code, _ in one.heard.ends] == [1006] or peer.aborted, "afterwards its silence counts again"


def test_a_link_that_is_held_can_be_closed_and_lost(door: Callable[..., Door]) -> None:
    one = door()
    for end in ("close", "abort", "lost"):
        peer = one.upgraded()
        peer.protocol.dataReceived(frame(0x81, b"m") * 40)
        one.clock.advance(0)
        before = len(one.heard.texts)
        if end == "lost":
            peer.lost()
        else:
            getattr(one.heard.socket, end)()
        one.pass_time(6)
        assert len(one.heard.texts) == before, f"nothing is heard after {end}"


def test_requests_in_a_row_are_answered_at_their_pace(door: Callable[..., Door]) -> None:
    one = door()
    peer = one.peer()
    peer.protocol.dataReceived(b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi" * 60)
    one.clock.advance(0)
    one.clock.advance(0)
    assert len(one.requests) == AT_ONCE + 1
    one.pass_time(5)
    assert len(one.requests) == 60
    assert peer.taken().count(b"200 OK") == 60
    assert one.refused == []


def test_a_stranger_with_huge_requests_gains_nothing_by_new_connections(door: Callable[..., Door]) -> None:
    one = door()
    for _ in range(3):
        one.peer().protocol.dataReceived(b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n" + b"x" * 60_000)
    assert len(one.requests) == 2, "the second waits for the first one's debt; the third found none and runs into its own"
    assert one.peers.held == [("192.0.2.7", "/a")] * 2


def test_bytes_without_frames_count_by_their_number(wire: Callable[[Any], Any]) -> None:
    class Far:
        def __init__(self) -> None:
            self.data = b""

        def opened(self, link: Any) -> None:
            self.link = link

        def heard(self, data: bytes, peer: Any, place: str = "") -> None:
            self.data += data

        def closed(self, why: str) -> None: ...

    peers, far = Peers(), Far()
    factory = StreamFactory(peers.clock, lambda: far, Limits(), lambda word: None)
    factory.allowances = peers.all
    peer = wire(factory.buildProtocol(None))
    peer.protocol.dataReceived(b"x" * 64 * 10)
    assert peer.producerState == "producing"
    peer.protocol.dataReceived(b"y" * 64 * 50)
    assert peer.producerState == "paused"
    peer.protocol.dataReceived(b"z" * 64 * 10)  # it was under way
    peers.clock.advance(4.9)
    assert peer.producerState == "paused"
    for _ in range(4):
        peers.clock.advance(0.5)
    assert peer.producerState == "producing"
    assert len(far.data) == 64 * 70
    assert peers.held == [("192.0.2.7", "")]
    peer.lost()
