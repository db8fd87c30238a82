from __future__ import annotations

import gzip
from itertools import pairwise

import h11
import pytest

from gateway.links.http import AT_ONCE
from gateway.links.limits import Limits, LinkFailed

POST = b"POST /ocpp HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi"
UPGRADE = (
    b"GET //ocpp///CP1?x=/%2F// HTTP/1.1\r\nHost: a\r\nUpgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)


def answers(data: bytes, count: int) -> list[tuple[int, dict[bytes, bytes], bytes]]:
    """What h11, as a client that asked ``count`` times, reads in ``data``."""
    found = []
    client = h11.Connection(h11.CLIENT)
    client.receive_data(data)
    for _ in range(count):
        client.send(h11.Request(method="GET", target="/", headers=[("Host", "a")]))
        client.send(h11.EndOfMessage())
        head = client.next_event()
        assert isinstance(head, h11.Response), head
        body = b""
        while isinstance(event := client.next_event(), h11.Data):
            body += event.data
        assert isinstance(event, h11.EndOfMessage)
        found.append((head.status_code, dict(head.headers), body))
        if client.our_state is h11.DONE:
            client.start_next_cycle()
    assert client.trailing_data[0] == b""
    return found


@pytest.mark.parametrize("step", [1, 2, 3, 10, 1000])
def test_a_request_in_any_slices(serve, step):
    served = serve()
    wire = served.peer()
    data = POST + b"\r\n" + POST
    for start in range(0, len(data), step):
        wire.protocol.dataReceived(data[start : start + step])
    both = answers(wire.value(), 2)
    assert [(status, body) for status, _, body in both] == [(200, b"/ocpphi")] * 2
    assert not wire.disconnecting
    assert not served.refused


def test_what_a_request_says(serve):
    served = serve()
    served.say(b"GET //a//b?c=//d HTTP/1.1\r\nhOsT: a\r\nOrigin: http://evil\r\nX: \xe9\r\n\r\n")
    request = served.exchanges[0].request
    assert (request.method, request.target, request.path, request.body) == ("GET", "//a//b?c=//d", "/a/b", b"")
    assert request.headers == (("host", "a"), ("origin", "http://evil"), ("x", "\xe9"))
    assert request.header("origin") == "http://evil"
    assert request.header("y") is None
    assert (request.peer_host, request.peer_port, request.secure) == ("192.0.2.7", 4711, False)


def test_pipelined_requests_are_handed_on_one_at_a_time_and_answered_in_order(serve):
    served = serve(answers=False)
    wire = served.say(b"".join(b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" % number for number in range(1000)))
    for number in range(1000):
        assert len(served.exchanges) == number + 1
        served.exchanges[-1].respond(200, [], served.exchanges[-1].request.path.encode())
    assert [body for _, _, body in answers(wire.value(), 1000)] == [b"/%d" % number for number in range(1000)]


def test_thousands_of_pipelined_requests_neither_recurse_nor_keep_others_from_their_turn(serve, turn):
    served = serve()
    wire = served.say(POST * 5000)
    others = []
    while wire.producerState == "paused":
        others.append(len(served.exchanges))
        turn(served.clock)
    assert wire.value().count(b"HTTP/1.1 200 OK") == 5000
    assert max(after - before for before, after in pairwise([0, *others])) <= AT_ONCE


def test_a_peer_that_goes_while_it_waits_for_its_turn_is_forgotten(serve):
    served = serve()
    wire = served.say(POST * 100)
    asked = len(served.exchanges)
    wire.lost()
    served.clock.advance(0)
    assert asked == len(served.exchanges) < 100
    assert not served.clock.getDelayedCalls()


def test_an_asker_that_sends_no_more_still_gets_its_answers(serve):
    served = serve(answers=False)
    wire = served.say(POST * 2 + POST[:-1])
    wire.protocol.readConnectionLost()
    served.exchanges[0].respond(200, [], b"one")
    served.exchanges[1].respond(200, [], b"two")
    assert [body for _, _, body in answers(wire.value(), 2)] == [b"one", b"two"]
    assert wire.disconnecting
    assert len(served.exchanges) == 2


@pytest.mark.parametrize("sent", [b"", POST[:-1], POST], ids=["nothing", "half a request", "a request that was answered"])
def test_an_asker_that_sends_no_more_and_waits_for_nothing_is_closed(serve, sent):
    wire = serve().say(sent)
    wire.protocol.readConnectionLost()
    assert wire.disconnecting


def test_a_flood_whose_sender_has_ended_is_answered_to_its_end(serve, turn):
    served = serve()
    wire = served.say(POST * 100)
    wire.protocol.readConnectionLost()
    while not wire.disconnecting:
        turn(served.clock)
    assert len(served.exchanges) == 100


def test_too_much_pipelined_is_left_with_the_sender(serve):
    served = serve(Limits(pipelined=100), answers=False)
    wire = served.say(POST * 10)
    assert wire.producerState == "paused"
    while wire.producerState == "paused":
        served.exchanges[-1].respond(200)
    assert 1 < len(served.exchanges) < 10


def test_one_write_an_answer_and_no_timer_a_request(serve):
    served = serve()
    wire = served.peer()
    writes = []
    wire.write = writes.append
    wire.protocol.dataReceived(POST)
    calls = served.clock.getDelayedCalls()
    for _ in range(10):
        wire.protocol.dataReceived(POST)
    assert len(writes) == 11
    assert served.clock.getDelayedCalls() == calls


@pytest.mark.parametrize(
    ("head", "stays"),
    [
        (b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Close\r\n\r\n", False),
        (b"GET / HTTP/1.0\r\n\r\n", False),
        (b"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", True),
    ],
)
def test_keep_alive(serve, head, stays):
    wire = serve().say(head)
    headers = wire.value().split(b"\r\n\r\n")[0].lower()
    assert wire.disconnecting is not stays
    assert (b"connection: keep-alive" if stays else b"connection: close") in headers


HOSTILE = [
    (b"PUT / HTTP/1.1\r\nHost: a\r\n\r\n", 405, "method"),
    (b"TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", 405, "method"),
    (b"CONNECT b:1 HTTP/1.1\r\nHost: a\r\n\r\n", 405, "method"),
    (b"GET http://b/ HTTP/1.1\r\nHost: b\r\n\r\n", 400, "target"),
    (b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400, "malformed"),
    (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, "smuggling"),
    (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 600 + b"\r\n", 431, "headers_too_large"),
    (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 20_000 + b"\r\n\r\n", 431, "headers_too_large"),
    (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", 400, "malformed"),
    (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nhi", 400, "encoding"),
    (b"GET /\r\n\r\n", 400, "malformed"),
    (UPGRADE.replace(b": 13", b": 8") + b"\r\n", 426, "upgrade"),
    (UPGRADE.replace(b"==", b"") + b"\r\n", 400, "upgrade"),
    (UPGRADE.replace(b", Upgrade", b"") + b"\r\n", 400, "upgrade"),
    (UPGRADE.replace(b"GET", b"POST") + b"\r\n", 400, "upgrade"),
    (UPGRADE + b"Content-Length: 1\r\n\r\nx", 400, "upgrade"),
    (UPGRADE + b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", 400, "duplicate_header"),
]


@pytest.mark.parametrize("step", [1, 100_000])
@pytest.mark.parametrize(("data", "status", "word"), HOSTILE)
def test_hostile_requests_are_answered_counted_and_closed(serve, data, status, word, step):
    served = serve()
    wire = served.say(POST)
    wire.taken()
    for start in range(0, len(data), step):
        wire.protocol.dataReceived(data[start : start + step])
    assert answers(wire.value(), 1)[0][0] == status
    assert served.refused == [word]
    assert wire.disconnecting
    assert len(served.exchanges) == 1
    assert not served.handshakes


def test_allowed_methods_are_told(serve):
    assert answers(serve().say(HOSTILE[0][0]).value(), 1)[0][1][b"allow"] == b"GET, POST"


def test_http2_is_closed_without_a_word(serve):
    served = serve()
    wire = served.say(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
    assert wire.disconnecting
    assert not wire.value()
    assert served.refused == ["http2"]


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10737418240\r\n\r\n", 413),
        (b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 101\r\n\r\n", 413),
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n" + b"x" * 101, 413),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Encoding: br\r\nContent-Length: 9\r\n\r\n", 415),
    ],
)
def test_a_sender_in_the_middle_of_its_body_gets_to_see_the_answer(serve, data, status):
    served = serve(Limits(body=100))
    wire = served.say(data)
    assert answers(wire.value(), 1)[0][0] == status
    assert not wire.disconnecting
    wire.protocol.dataReceived(b"x" * 10**6)
    served.clock.advance(2)
    assert wire.disconnecting
    assert len(served.refused) == 1
    assert not served.exchanges


def test_a_bomb_is_stopped_at_the_cap(serve):
    bomb = gzip.compress(bytes(10**7))
    served = serve()
    head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n"
    wire = served.say(head % len(bomb) + bomb)
    assert answers(wire.value(), 1)[0][0] == 413
    assert served.refused == ["body_too_large"]


def test_a_packed_body_is_unpacked(serve):
    packed = gzip.compress(b"hello")
    served = serve()
    served.say(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Encoding: GZip\r\nContent-Length: %d\r\n\r\n" % len(packed) + packed)
    assert served.exchanges[0].request.body == b"hello"


def test_chunked_then_another_request(serve):
    served = serve()
    served.say(b"POST /1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n" + POST)
    assert [exchange.request.body for exchange in served.exchanges] == [b"hi", b"hi"]


def test_a_sender_that_waits_is_told_to_go_on(serve):
    served = serve()
    wire = served.say(b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
    assert wire.taken() == b"HTTP/1.1 100 Continue\r\n\r\n"
    wire.protocol.dataReceived(b"hi")
    assert answers(wire.value(), 1)[0][2] == b"/hi"


def test_slow_headers_are_closed_at_a_total_time(serve):
    served = serve()
    wire = served.say(b"GET / HTTP/1.1\r\n")
    for _ in range(9):
        served.clock.advance(1)
        wire.protocol.dataReceived(b"X: y\r\n")
    assert not wire.disconnecting
    served.clock.advance(1)
    assert wire.disconnecting
    assert not wire.value()
    assert served.refused == ["slow_request"]


def test_a_connection_that_never_says_anything_is_closed(serve):
    served = serve()
    wire = served.peer()
    served.clock.advance(10)
    assert wire.disconnecting
    served.clock.advance(20)
    assert wire.aborted


def test_a_slow_body_is_closed_at_a_total_time(serve):
    served = serve()
    wire = served.say(POST[:-2].replace(b": 2", b": 1000"))
    for _ in range(29):
        served.clock.advance(1)
        wire.protocol.dataReceived(b"x")
    assert not wire.disconnecting
    served.clock.advance(1)
    assert wire.disconnecting
    assert served.refused == ["slow_request"]


def test_a_second_request_has_its_own_time(serve):
    served = serve()
    wire = served.say(POST)
    served.clock.advance(100)
    wire.protocol.dataReceived(b"P")
    served.clock.advance(29)
    assert not wire.disconnecting
    served.clock.advance(1)
    assert wire.disconnecting
    assert served.refused == ["slow_request"]


def test_an_idle_connection_is_closed_and_not_counted(serve):
    served = serve()
    wire = served.say(POST)
    served.clock.advance(119)
    wire.protocol.dataReceived(b"\r\n")
    assert not wire.disconnecting
    served.clock.advance(1)
    assert wire.disconnecting
    assert not served.refused


def test_a_request_that_nobody_answers_is_dropped_in_time(serve):
    served = serve(answers=False)
    gone = []
    wire = served.say(POST)
    served.exchanges[0].on_gone = lambda: gone.append(1)
    served.clock.advance(60)
    assert wire.disconnecting
    assert not wire.value()
    assert served.refused == ["unanswered"]
    assert gone == [1]
    served.exchanges[0].respond(200)
    assert not wire.value()


def test_a_peer_that_does_not_read_its_answers_is_cut(serve):
    served = serve()
    wire = served.say(POST)
    wire.stop_reading()
    assert wire.producerState == "paused"
    served.clock.advance(20)
    assert wire.aborted
    assert served.refused == ["slow_reader"]


def test_the_asker_goes_away(serve):
    served = serve(answers=False)
    gone = []
    wire = served.say(POST)
    exchange = served.exchanges[0]
    exchange.on_gone = lambda: gone.append(1)
    wire.lost()
    assert gone == [1]
    assert not exchange.waiting
    exchange.respond(200)
    exchange.drop()
    assert gone == [1]
    assert not wire.value()
    assert not served.clock.getDelayedCalls()
    assert not served.factory.live


def test_a_dropped_request_gets_no_byte(serve):
    served = serve(answers=False)
    wire = served.say(POST + POST)
    served.exchanges[0].drop()
    assert wire.disconnecting
    assert not wire.value()
    assert len(served.exchanges) == 1


def test_an_answer_is_given_once(serve):
    served = serve(answers=False)
    wire = served.say(POST)
    served.exchanges[0].respond(202)
    served.exchanges[0].respond(500)
    assert [status for status, _, _ in answers(wire.value(), 1)] == [202]


def test_a_header_that_cannot_be_sent_leaves_the_answer_open(serve):
    served = serve(answers=False)
    wire = served.say(POST)
    with pytest.raises(ValueError, match="cannot be sent"):
        served.exchanges[0].respond(200, [("X", "a\r\nY: b")])
    assert not wire.value()
    served.exchanges[0].respond(500)
    assert answers(wire.value(), 1)[0][0] == 500


def test_no_body_where_there_can_be_none(serve):
    served = serve(answers=False)
    wire = served.say(POST)
    served.exchanges[0].respond(204, [], b"x")
    assert wire.value() == b"HTTP/1.1 204 No Content\r\n\r\n"


def test_too_many_connections(serve):
    served = serve(Limits(connections=2))
    first, _, third = served.peer(), served.peer(), served.peer()
    assert third.aborted
    assert served.refused == ["connections"]
    third.lost()
    first.lost()
    assert not served.peer().aborted


def test_drain(serve):
    served = serve(answers=False)
    idle, busy = served.say(POST), served.say(POST)
    served.exchanges[0].respond(200)
    served.factory.drain()
    assert idle.disconnecting
    assert not busy.disconnecting
    served.exchanges[1].respond(200)
    assert busy.disconnecting
    assert answers(busy.value(), 1)[0][1][b"connection"] == b"close"


# --- handshakes ---


def test_a_handshake_is_accepted(serve, heard):
    served = serve()
    wire = served.say(
        UPGRADE + b"sec-webSocket-protocol: ,ocpp1.6,, ocpp1.5\r\nSEC-WEBSOCKET-PROTOCOL: x\r\nOrigin: http://e\r\n\r\n"
    )
    (handshake,) = served.handshakes
    assert handshake.subprotocols == ("ocpp1.6", "ocpp1.5", "x")
    assert (handshake.request.path, handshake.request.target) == ("/ocpp/CP1", "//ocpp///CP1?x=/%2F//")
    assert handshake.request.header("origin") == "http://e"
    socket = handshake.accept("ocpp1.6", heard)
    head = wire.taken()
    assert head.startswith(b"HTTP/1.1 101 Switching Protocols\r\n")
    assert b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" in head
    assert b"Sec-WebSocket-Protocol: ocpp1.6\r\n" in head
    assert socket.subprotocol == "ocpp1.6"
    assert socket.peer_host == "192.0.2.7"
    assert socket.is_open
    wire.protocol.dataReceived(b"\x81\x82\x00\x00\x00\x00hi")
    assert heard.texts == ["hi"]
    socket.send("ho")
    assert wire.taken() == b"\x81\x02ho"


def test_q15_compression_is_never_agreed_on_and_reserved_bits_end_the_link(serve, heard):
    served = serve()
    wire = served.say(UPGRADE + b"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n")
    served.handshakes[0].accept(None, heard)
    assert b"extensions" not in wire.taken().lower()
    wire.protocol.dataReceived(b"\xc1\x82\x00\x00\x00\x00hi")
    assert heard.texts == []
    assert [end[0] for end in heard.ends] == [1002]


def test_q04_a_malformed_handshake_is_refused_and_counted_and_no_conversation_hears_of_it(serve):
    served = serve()
    wire = served.say(UPGRADE.replace(b"Upgrade", b"Up\x00grade", 1) + b"\r\n")
    assert answers(wire.value(), 1)[0][0] == 400
    assert served.refused == ["malformed"]
    assert not served.handshakes


def test_without_a_subprotocol_the_caller_decides(serve, heard):
    served = serve()
    wire = served.say(UPGRADE + b"\r\n")
    assert served.handshakes[0].subprotocols == ()
    socket = served.handshakes[0].accept(None, heard)
    assert b"Protocol" not in wire.taken().replace(b"Switching Protocols", b"")
    socket.close(1002, "no subprotocol in common")
    assert wire.value()[:4] == b"\x88\x1a\x03\xea"


def test_a_subprotocol_that_was_not_offered_is_not_accepted(serve, heard):
    served = serve()
    served.say(UPGRADE + b"Sec-WebSocket-Protocol: OCPP1.6\r\n\r\n")
    with pytest.raises(ValueError, match="not offered"):
        served.handshakes[0].accept("ocpp1.6", heard)


def test_a_handshake_is_refused(serve):
    served = serve()
    wire = served.say(UPGRADE + b"\r\n")
    served.handshakes[0].refuse(401, b"no", [("WWW-Authenticate", "Basic")])
    ((status, headers, body),) = answers(wire.value(), 1)
    assert (status, headers[b"www-authenticate"], headers[b"connection"], body) == (401, b"Basic", b"close", b"no")
    assert wire.disconnecting
    assert not served.refused


def test_a_handshake_that_nobody_decides(serve, heard):
    served = serve()
    wire = served.say(UPGRADE + b"\r\n")
    served.clock.advance(10)
    assert wire.disconnecting
    assert served.refused == ["unanswered"]
    with pytest.raises(LinkFailed):
        served.handshakes[0].accept(None, heard)


@pytest.mark.parametrize("step", [1, 3, 1000])
def test_frames_right_behind_the_handshake_are_not_lost(serve, heard, step):
    served = serve()
    served.factory.on_handshake = lambda handshake: handshake.accept(None, heard)
    wire = served.peer()
    data = UPGRADE + b"\r\n" + b"\x81\x82\x00\x00\x00\x00hi\x81\x82\x00\x00\x00\x00ho"
    for start in range(0, len(data), step):
        wire.protocol.dataReceived(data[start : start + step])
    assert heard.texts == ["hi", "ho"]


def test_frames_that_came_before_a_late_acceptance(serve, heard):
    served = serve()
    served.say(UPGRADE + b"\r\n" + b"\x81\x82\x00\x00\x00\x00hi")
    served.handshakes[0].accept(None, heard)
    assert not heard.texts  # whoever accepts gets the WebSocket before its first message
    served.clock.advance(0)
    assert heard.texts == ["hi"]


def test_a_listener_without_websockets(serve):
    served = serve()
    served.factory.on_handshake = None
    assert answers(served.say(UPGRADE + b"\r\n").value(), 1)[0][0] == 400


def test_a_websocket_ends_with_its_connection(serve, heard):
    served = serve()
    wire = served.say(UPGRADE + b"\r\n")
    served.handshakes[0].accept(None, heard)
    wire.lost()
    assert [code for code, _ in heard.ends] == [1006]
    assert not served.clock.getDelayedCalls()
    assert not served.factory.live
