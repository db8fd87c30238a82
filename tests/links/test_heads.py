from __future__ import annotations

import pytest

from gateway.links.heads import HeadCutter, KnownHeads, has_token, is_interim, read_request, read_response, tokens, write_head
from gateway.links.limits import Limits, Refusal

LIMITS = Limits(header_bytes=200, header_count=5)
PLAIN = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


def cut(data: bytes, step: int) -> tuple[list[bytes], bytearray]:
    cutter, buffer, heads = HeadCutter(LIMITS), bytearray(), []
    for start in range(0, len(data), step):
        buffer += data[start : start + step]
        while (head := cutter.take(buffer)) is not None:
            heads.append(head)
    return heads, buffer


@pytest.mark.parametrize("step", [1, 2, 3, 5, 1000])
def test_heads_are_cut_off_one_by_one(step):
    assert cut(PLAIN + PLAIN + b"GET", step) == ([PLAIN, PLAIN], bytearray(b"GET"))


def with_lines(*lines: bytes) -> bytes:
    return b"\r\n".join([b"POST / HTTP/1.1", b"Host: a", *lines]) + b"\r\n\r\n"


HOSTILE = [
    (with_lines(*[b"X: y"] * 5), 431, "headers_too_large"),
    (with_lines(b"X: " + b"y" * 200), 431, "headers_too_large"),
    (b"GET /" + b"x" * 300, 431, "headers_too_large"),
    (b"X: y\r\n" * 30, 431, "headers_too_large"),
    (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 0, "http2"),
    (b"GET / HTTP/1.1\nHost: a\n\n", 400, "malformed"),
    (with_lines(b"X: y\n: z"), 400, "malformed"),
    (with_lines(b"X: y\rz"), 400, "malformed"),
    (with_lines(b"X: y\x00z"), 400, "malformed"),
    (with_lines(b"X: y", b" folded"), 400, "malformed"),
    (b"\x16\x03\x01\x02\x00\x01\x00", 400, "malformed"),
    (with_lines(b"Content-Length: 3", b"Content-Length: 3"), 400, "smuggling"),
    (with_lines(b"Content-Length: 3", b"content-length: 4"), 400, "smuggling"),
    (with_lines(b"Content-Length: 3, 3"), 400, "smuggling"),
    (with_lines(b"Content-Length: +3"), 400, "smuggling"),
    (with_lines(b"Content-Length: 0_3"), 400, "smuggling"),
    (with_lines(b"Content-Length: -1"), 400, "smuggling"),
    (with_lines(b"Content-Length: 0x3"), 400, "smuggling"),
    (with_lines(b"Content-Length:"), 400, "smuggling"),
    (with_lines(b"Content-Length: 3", b"Transfer-Encoding: chunked"), 400, "smuggling"),
    (with_lines(b"Transfer-Encoding: chunked").replace(b"1.1", b"1.0"), 400, "smuggling"),
    (with_lines(b"Content-Length : 3"), 400, "malformed"),
    (with_lines(b"Transfer-Encoding: xchunked"), 501, "malformed"),
    (with_lines(b"Transfer-Encoding: chunked, identity"), 501, "malformed"),
    (with_lines(b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"), 501, "malformed"),
    (with_lines(b"Host: b"), 400, "malformed"),
    (b"GET / HTTP/1.1\r\nX: y\r\n\r\n", 400, "malformed"),
    (b"GET /\r\n\r\n", 400, "malformed"),
    (b"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "malformed"),
    (b"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505, "version"),
    (with_lines(b"Authorization: Basic YTpi", b"AUTHORIZATION: Basic YTpj"), 400, "duplicate_header"),
]


@pytest.mark.parametrize("step", [1, 7, 1000])
@pytest.mark.parametrize(("data", "status", "word"), HOSTILE)
def test_hostile_heads(data, status, word, step):
    with pytest.raises(Refusal) as caught:
        [read_request(head, LIMITS) for head in cut(data, step)[0]]
    assert (caught.value.status, caught.value.word) == (status, word)


def test_the_caps_themselves_are_taken():
    most = with_lines(*[b"X: y"] * 4)
    assert cut(most, 1000)[0] == [most]
    room = LIMITS.header_bytes - len(with_lines(b"X: "))
    assert len(cut(with_lines(b"X: " + b"y" * room), 1000)[0][0]) == LIMITS.header_bytes


def test_lists_over_several_lines_with_empty_elements():
    headers = [("sec-websocket-protocol", ", a,,B ,"), ("x", "c"), ("sec-websocket-protocol", "d")]
    assert tokens(headers, "sec-websocket-protocol") == ["a", "B", "d"]
    assert has_token(headers, "sec-websocket-protocol", "b")


@pytest.mark.parametrize(
    "header",
    [("X", "a\r\nY: b"), ("X", "a\nb"), ("X", "a\x00"), ("X", "a\x7f"), ("X", "\u20ac"), ("X Y", "a"), ("", "a"), ("X:", "a")],
)
def test_a_header_that_would_end_its_line_is_not_written(header):
    with pytest.raises(ValueError, match="cannot be sent"):
        write_head("GET / HTTP/1.1", [header])


def test_responses():
    event, _ = read_response(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", LIMITS)
    assert event.status_code == 200
    assert is_interim(b"HTTP/1.1 100 Continue\r\n\r\n")
    assert is_interim(b"HTTP/1.1 103 x\r\n\r\n")
    assert not is_interim(b"HTTP/1.1 101 x\r\n\r\n")
    assert not is_interim(b"HTTP/1.1 200 x\r\n\r\n")
    with pytest.raises(Refusal):
        read_response(b"nonsense\r\n\r\n", LIMITS)


def test_short_heads_are_remembered_but_no_secret():
    known = KnownHeads(LIMITS, most=2, longest=100)
    assert known.read(PLAIN) is known.read(PLAIN)
    secret = with_lines(b"Authorization: Basic YTpi")
    assert known.read(secret) is not known.read(secret)
    long = with_lines(b"X: " + b"y" * 100)
    assert known.read(long) is not known.read(long)
    first = known.read(PLAIN)
    for number in range(5):
        known.read(with_lines(b"X: %d" % number))
    assert known.read(PLAIN) is not first
    assert known.read(PLAIN) == first
