from __future__ import annotations

import gzip
import zlib

import h11
import pytest

from gateway.links.bodies import body_of, inflate
from gateway.links.limits import Limits, Refusal

LIMITS = Limits(body=100, chunks=5)


def chunked() -> h11.Connection:
    wire = h11.Connection(h11.SERVER)
    wire.receive_data(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
    wire.next_event()
    return wire


def test_a_declared_length_is_waited_for_and_no_more_is_taken():
    body = body_of([("content-length", "3")], chunked, LIMITS)
    buffer = bytearray(b"ab")
    assert body.take(buffer) is None
    buffer += b"cd"
    assert body.take(buffer) == b"abc"
    assert buffer == b"d"


@pytest.mark.parametrize("length", ["101", "10737418240"])
def test_a_declared_length_above_the_cap_is_refused_before_reading(length):
    with pytest.raises(Refusal) as caught:
        body_of([("content-length", length)], chunked, LIMITS)
    assert caught.value.status == 413
    assert caught.value.mid_body


def test_the_cap_itself_is_taken():
    assert body_of([("content-length", "100")], chunked, LIMITS).take(bytearray(100)) == bytes(100)


@pytest.mark.parametrize("step", [1, 2, 7, 100])
def test_chunks_in_any_slices_and_what_follows_stays(step):
    data = b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: x\r\n\r\n"
    body, buffer = body_of([("transfer-encoding", "chunked")], chunked, LIMITS), bytearray()
    whole = None
    for start in range(0, len(data), step):
        assert whole is None
        buffer += data[start : start + step]
        if start + step >= len(data):
            buffer += b"GET"
        whole = body.take(buffer)
    assert whole == b"abcde"
    assert buffer == b"GET"


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"65\r\n" + b"x" * 101, 413),
        (b"ffffffffffffffff\r\n" + b"x" * 101, 413),
        (b"1\r\nx\r\n" * 6, 413),
        (b"fffffffffffffffffffff\r\n", 400),
        (b"0x3\r\nabc\r\n", 400),
        (b"3\r\nabcd\r\n", 400),
        (b"-1\r\n", 400),
    ],
)
def test_bad_chunks(data, status):
    with pytest.raises(Refusal) as caught:
        body_of([("transfer-encoding", "chunked")], chunked, LIMITS).take(bytearray(data))
    assert caught.value.status == status


def test_a_response_without_a_length_ends_with_the_connection():
    body = body_of([], chunked, LIMITS, until_close=True)
    assert body.take(bytearray(b"ab")) is None
    assert body.take(bytearray(b"c")) is None
    assert body.ended() == b"abc"
    with pytest.raises(Refusal):
        body.take(bytearray(101))


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (b"x" * 100, ""),
        (b"x" * 100, "identity"),
        (gzip.compress(b"x" * 100, mtime=0), "gzip"),
        (gzip.compress(b"x" * 60, mtime=0) + gzip.compress(b"x" * 40, mtime=0), " X-GZIP "),
        (zlib.compress(b"x" * 100), "deflate"),
        (raw_deflate(b"x" * 100), "deflate"),
    ],
)
def test_encodings(body, encoding):
    assert inflate(body, encoding, 100) == b"x" * 100


@pytest.mark.parametrize(
    ("body", "encoding", "status"),
    [
        (gzip.compress(bytes(101), mtime=0), "gzip", 413),
        (gzip.compress(bytes(10**7), mtime=0), "gzip", 413),
        (zlib.compress(bytes(101)), "deflate", 413),
        (gzip.compress(b"abc", mtime=0)[:-3], "gzip", 400),
        (gzip.compress(b"abc", mtime=0) + b"junk", "gzip", 400),
        (gzip.compress(b"", mtime=0) * 17, "gzip", 400),
        (b"plain", "gzip", 400),
        (b"plain", "br", 415),
        (gzip.compress(gzip.compress(b"abc", mtime=0), mtime=0), "gzip, gzip", 415),
    ],
)
def test_bad_encodings(body, encoding, status):
    with pytest.raises(Refusal) as caught:
        inflate(body, encoding, 100)
    assert caught.value.status == status
