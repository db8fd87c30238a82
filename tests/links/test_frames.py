from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.task import Clock
from wsproto.connection import Connection, ConnectionType
from wsproto.events import CloseConnection, Ping, Pong, TextMessage

from gateway.links.flow import Outlet
from gateway.links.frames import AT_ONCE, WebSocket
from gateway.links.limits import Limits

DEFAULT = Limits()
SMALL = Limits(frame=100, message=150, fragments=5)


def frame(first: int, payload: bytes = b"", mask: bool = True) -> bytes:
    size = len(payload)
    if size < 126:
        head = bytes([first, size | 128 * mask])
    elif size < 65536:
        head = bytes([first, 126 | 128 * mask]) + struct.pack("!H", size)
    else:
        head = bytes([first, 127 | 128 * mask]) + struct.pack("!Q", size)
    return head + (b"\0\0\0\0" if mask else b"") + payload


class RealClock(Clock):
    """Time goes on while somebody looks, and nothing can be asked for yesterday: as with a reactor."""

    def seconds(self) -> float:
        self.rightNow += 0.001
        return self.rightNow

    def callLater(self, delay, callable, *args, **kw):
        assert delay >= 0
        return super().callLater(delay, callable, *args, **kw)


class Open:
    """A server's WebSocket over a transport in memory, and what its peer reads."""

    def __init__(self, wire, heard, limits: Limits, kind: ConnectionType = ConnectionType.SERVER, clock=None) -> None:
        self.clock, self.heard, self.wire, self.refused = clock or Clock(), heard, wire(_Nobody()), []
        self.outlet = Outlet(self.wire, self.clock, limits, lambda: None)
        args = (heard, kind, None, "192.0.2.7", self.refused.append)
        self.socket = WebSocket(self.outlet, self.clock, limits, *args)
        self.peer = Connection(ConnectionType.CLIENT if kind is ConnectionType.SERVER else ConnectionType.SERVER)

    def seen(self) -> list:
        """The events that the peer reads in what was written since."""
        self.peer.receive_data(self.wire.taken())
        return list(self.peer.events())


class _Nobody:
    def makeConnection(self, transport):
        pass


@pytest.fixture
def opened(wire, heard):
    return lambda limits=DEFAULT, kind=ConnectionType.SERVER, clock=None: Open(wire, heard, limits, kind, clock)


HOSTILE = [
    (frame(0x81, b"hi", mask=False), 1002, "ws_protocol"),
    (frame(0xC1, b"hi"), 1002, "ws_protocol"),
    (frame(0xA1, b"hi"), 1002, "ws_protocol"),
    (frame(0x91, b"hi"), 1002, "ws_protocol"),
    (frame(0x83, b"hi"), 1002, "ws_protocol"),
    (frame(0x8B), 1002, "ws_protocol"),
    (frame(0x80, b"hi"), 1002, "ws_protocol"),
    (frame(0x01, b"a") + frame(0x81, b"b"), 1002, "ws_protocol"),
    (frame(0x89, b"x" * 126), 1002, "ws_protocol"),
    (frame(0x09, b"x"), 1002, "ws_protocol"),
    (frame(0x88, b"x"), 1002, "ws_protocol"),
    (frame(0x88, struct.pack("!H", 999)), 1002, "ws_protocol"),
    (frame(0x88, struct.pack("!H", 1005)), 1002, "ws_protocol"),
    (frame(0x88, struct.pack("!H", 1006)), 1002, "ws_protocol"),
    (frame(0x88, struct.pack("!H", 5000)), 1002, "ws_protocol"),
    (frame(0x88, struct.pack("!H", 1000) + b"\xff"), 1007, "ws_text"),
    (bytes([0x81, 0xFE, 0, 5]) + b"\0\0\0\0hello", 1002, "ws_protocol"),
    (frame(0x82, b"hi"), 1003, "ws_binary"),
    (frame(0x81, b"\xff"), 1007, "ws_text"),
    (frame(0x81, b"\xed\xa0\x80"), 1007, "ws_text"),
    (frame(0x01, b"\xc3") + frame(0x80, b"A"), 1007, "ws_text"),
    (frame(0x81, b"\xc3"), 1007, "ws_text"),
    (frame(0x81, b"x" * 101), 1009, "ws_too_big"),
    (frame(0x01, b"x" * 100) + frame(0x80, b"x" * 51), 1009, "ws_too_big"),
    (frame(0x81, "\u20ac".encode() * 34), 1009, "ws_too_big"),
    (frame(0x01, b"x") + frame(0x00, b"x") * 5, 1009, "ws_too_big"),
    (frame(0x01) + frame(0x00) * 5, 1009, "ws_too_big"),
]


@pytest.mark.parametrize("step", [1, 3, 100_000])
@pytest.mark.parametrize(("data", "code", "word"), HOSTILE)
def test_broken_rules(opened, data, code, word, step):
    ws = opened(SMALL)
    data += frame(0x81, b"after")
    for start in range(0, len(data), step):
        ws.socket.feed(data[start : start + step])
    (close,) = ws.seen()
    assert isinstance(close, CloseConnection)
    assert close.code == code
    assert ws.refused == [word]
    assert not ws.heard.texts
    assert [end[0] for end in ws.heard.ends] == [code]
    assert not ws.wire.disconnecting  # the peer gets a moment to read why
    ws.clock.advance(2)
    assert ws.wire.disconnecting
    ws.socket.gone()
    assert len(ws.heard.ends) == 1


def test_binary_is_text_of_a_peer_that_is_known_for_it(opened):
    ws = opened(SMALL)
    ws.socket.takes_binary = True
    ws.socket.feed(frame(0x82, b"hi") + frame(0x02, b"x" * 100) + frame(0x80, b"\xff" * 50) + frame(0x81, b"text"))
    assert ws.heard.texts == ["hi", "x" * 100 + "\ufffd" * 50, "text"]
    ws.socket.feed(frame(0x02, b"x") + frame(0x00, b"x") * 5)
    assert [end[0] for end in ws.heard.ends] == [1009]


def test_a_frame_of_any_declared_size_is_stopped_at_the_cap(opened):
    ws = opened(SMALL)
    ws.socket.feed(bytes([0x81, 0xFF]) + struct.pack("!Q", 2**62) + b"\0\0\0\0" + b"x" * 100)
    assert not ws.heard.ends
    ws.socket.feed(b"x")
    assert [end[0] for end in ws.heard.ends] == [1009]


def test_the_caps_themselves_are_taken(opened):
    ws = opened(SMALL)
    ws.socket.feed(frame(0x81, b"x" * 100))
    ws.socket.feed(frame(0x01, b"x" * 100) + frame(0x80, b"y" * 50))
    ws.socket.feed(frame(0x01, b"x") + frame(0x00, b"x") * 3 + frame(0x80, b"x"))
    assert [len(text) for text in ws.heard.texts] == [100, 150, 5]
    assert not ws.refused


@given(texts=st.lists(st.text(max_size=300), max_size=5), cuts=st.lists(st.integers(1, 40), min_size=1, max_size=20))
def test_any_text_in_any_slices_arrives_whole(texts, cuts):
    class Heard:
        def __init__(self):
            self.texts = []

        def text(self, text):
            self.texts.append(text)

        def closed(self, code, reason):
            raise AssertionError(code)

    class Transport:
        def __getattr__(self, name):
            return lambda *_: None

    clock, heard = Clock(), Heard()
    outlet = Outlet(Transport(), clock, Limits(), lambda: None)
    socket = WebSocket(outlet, clock, Limits(), heard, ConnectionType.SERVER, None, "")
    client = Connection(ConnectionType.CLIENT)
    data = b"".join(
        client.send(TextMessage(data=part, message_finished=last))
        for text in texts
        for part, last in ((text[: len(text) // 2], False), (text[len(text) // 2 :], True))
    )
    at = 0
    while at < len(data):
        cut = cuts[at % len(cuts)]
        socket.feed(data[at : at + cut])
        at += cut
    assert heard.texts == texts


def test_pings_are_answered_the_last_for_all(opened):
    ws = opened()
    ws.socket.feed(frame(0x89, b"1") + frame(0x01, b"a") + frame(0x89, b"2") + frame(0x80, b"b"))
    assert ws.seen() == [Pong(payload=b"2")]
    assert ws.heard.texts == ["ab"]


def test_a_flood_of_pings_from_a_peer_that_does_not_read_is_cut(opened):
    ws = opened()
    ws.wire.stop_reading()
    for _ in range(20):
        ws.socket.feed(frame(0x89, b"x" * 125) * 400)  # bytes that were on their way already
    assert len(ws.wire.value()) < 20 * 200
    ws.clock.advance(20)
    assert ws.wire.aborted
    assert ws.refused == ["slow_reader"]
    ws.socket.gone()
    assert ws.heard.ends == [(1006, "peer does not read")]


def test_messages_to_a_peer_that_does_not_read_are_bounded(opened):
    ws = opened(Limits(write_buffer=1000))
    ws.wire.stop_reading()
    for _ in range(200):
        ws.socket.send("x" * 100)
    assert ws.wire.aborted
    assert len(ws.wire.value()) < 1300


def test_a_flood_of_questions_from_a_peer_that_reads_no_answer_is_cut(opened):
    ws = opened(Limits(write_buffer=5000))
    ws.heard.then = lambda text: ws.socket.send("answer" * 100)
    ws.wire.stop_reading()
    for _ in range(200):
        ws.socket.feed(frame(0x81, b"question"))
    assert ws.wire.aborted
    assert ws.refused == ["slow_reader"]
    assert len(ws.heard.texts) < 15
    assert len(ws.wire.value()) < 7000


def test_the_peer_closes(opened):
    ws = opened()
    ws.socket.feed(frame(0x88, struct.pack("!H", 4001) + b"bye") + frame(0x81, b"x"))
    assert ws.seen() == [CloseConnection(code=4001, reason="bye")]
    assert ws.heard.ends == [(4001, "bye")]
    assert ws.wire.disconnecting
    assert not ws.refused
    ws.socket.send("late")
    ws.socket.close()
    ws.socket.abort()
    ws.socket.feed(frame(0x81, b"x"))
    ws.socket.gone()
    assert not ws.wire.value()
    assert len(ws.heard.ends) == 1
    assert not ws.clock.getDelayedCalls()


def test_the_peer_closes_without_a_code(opened):
    ws = opened()
    ws.socket.feed(frame(0x88))
    assert ws.heard.ends == [(1005, "")]
    assert ws.wire.value() == b"\x88\x00"


def test_we_close(opened):
    ws = opened()
    ws.socket.close(1001, "restart")
    assert ws.seen() == [CloseConnection(code=1001, reason="restart")]
    assert not ws.heard.ends
    ws.socket.feed(frame(0x81, b"in flight") + frame(0x88, struct.pack("!H", 1001)))
    assert ws.heard.ends == [(1001, "")]
    assert not ws.heard.texts
    assert ws.wire.disconnecting
    assert not ws.socket.is_open


def test_a_peer_that_does_not_answer_our_close_is_cut(opened):
    ws = opened()
    ws.socket.close()
    ws.clock.advance(5)
    assert ws.wire.aborted
    assert not ws.heard.ends
    ws.socket.gone()
    assert ws.heard.ends == [(1006, "peer did not answer the close")]


@pytest.mark.parametrize("reason", ["x" * 200, "\u20ac" * 60, "\U0001f50c" * 40, "a\ud800b"])
def test_close_reasons_fit_and_are_text(opened, reason):
    ws = opened()
    ws.socket.close(1000, reason)
    payload = ws.wire.value()[2:]
    assert len(payload) <= 125
    assert payload[2:].decode("utf-8")


@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1015, 2999, 5000])
def test_codes_that_may_not_be_sent(opened, code):
    with pytest.raises(ValueError, match="close code"):
        opened().socket.close(code)


def test_a_lone_surrogate_is_not_sent(opened):
    ws = opened()
    with pytest.raises(UnicodeEncodeError):
        ws.socket.send("\ud800")
    ws.socket.send("next")
    assert ws.seen() == [TextMessage(data="next")]


def test_the_receiver_may_close_or_abort_in_the_middle_of_a_read(opened):
    ws = opened()
    ws.heard.then = lambda _: ws.socket.close()
    ws.socket.feed(frame(0x81, b"1") + frame(0x81, b"2"))
    assert ws.heard.texts == ["1"]
    other = opened()
    other.heard.texts.clear()
    other.heard.then = lambda _: other.socket.abort()
    other.socket.feed(frame(0x81, b"1") + frame(0x81, b"2"))
    assert other.heard.texts == ["1"]
    assert other.wire.aborted


def test_we_ping_a_silent_peer_and_give_it_up(opened):
    ws = opened(Limits(ping_every=30, dead_after=90))
    ws.clock.pump([10] * 8)
    assert ws.seen() == [Ping(payload=b"")] * 2
    assert not ws.wire.aborted
    ws.clock.advance(10)
    assert ws.wire.aborted
    assert ws.refused == ["ws_dead"]
    ws.socket.gone()
    assert ws.heard.ends == [(1006, "nothing heard for 90 seconds")]


@pytest.mark.parametrize("later", range(12))
def test_a_silent_peer_is_given_up_though_time_goes_on_while_we_look(opened, later):
    """It is to be pinged, and a moment later to be given up: that moment may pass in between."""
    one = opened(Limits(ping_every=1.0, dead_after=1.0 + later / 1000), clock=RealClock())
    one.clock.pump([0.5] * 4)
    assert one.refused == ["ws_dead"]


def test_a_peer_that_does_not_read_when_it_should_be_pinged_is_pinged_later(opened):
    one = opened(Limits(ping_every=1.0, dead_after=0, stall=10.0), clock=RealClock())
    one.wire.stop_reading()
    one.clock.pump([0.5] * 3)
    assert one.wire.taken() == b""
    one.wire.producer.resumeProducing()
    one.clock.pump([0.5] * 2)
    assert len(one.seen()) == 1


def test_any_byte_is_a_sign_of_life(opened):
    ws = opened(Limits(ping_every=30, dead_after=90))
    for _ in range(50):
        ws.clock.advance(20)
        ws.socket.feed(frame(0x8A))
    assert not ws.wire.value()
    assert not ws.wire.aborted
    assert len(ws.clock.getDelayedCalls()) == 1


def test_never_means_never(opened):
    ws = opened(Limits(ping_every=0, dead_after=0))
    assert not ws.clock.getDelayedCalls()
    ws.clock.advance(10**6)
    assert not ws.wire.value()
    assert ws.socket.is_open


def test_a_client_masks_and_refuses_masks(opened):
    ws = opened(kind=ConnectionType.CLIENT)
    ws.socket.send("hi")
    assert ws.wire.value()[1] & 128
    ws.socket.feed(frame(0x81, b"ho", mask=False))
    ws.socket.feed(frame(0x81, b"x"))
    assert ws.heard.texts == ["ho"]
    assert [end[0] for end in ws.heard.ends] == [1002]


def test_a_flood_of_messages_leaves_others_their_turn(opened, heard, turn):
    ws = opened()
    data = b"".join(frame(0x81, b"%d" % number) for number in range(1000))
    ws.socket.feed(data[:3000])
    assert len(heard.texts) == AT_ONCE
    assert ws.wire.producerState == "paused"
    ws.socket.feed(data[3000:])
    assert len(heard.texts) == AT_ONCE
    while ws.wire.producerState == "paused":
        before = len(heard.texts)
        turn(ws.clock)
        assert len(heard.texts) - before <= AT_ONCE
    assert heard.texts == [str(number) for number in range(1000)]


def test_the_rest_of_a_flood_is_not_heard_after_the_end(opened, heard):
    ws = opened()
    ws.socket.feed(frame(0x81, b"x") * 1000)
    ws.socket.gone()
    ws.clock.advance(0)
    assert len(heard.texts) == AT_ONCE
    assert [code for code, _ in heard.ends] == [1006]
