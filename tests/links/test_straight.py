"""The heads of frames that no strict reader takes, put right; whatever else comes passes as it is."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from wsproto.connection import ConnectionType

from gateway.links.limits import Limits
from gateway.links.straight import Straight
from tests.links.test_frames import Open, frame, opened  # noqa: F401

FRAMES = st.lists(st.tuples(st.sampled_from([0x81, 0x01, 0x80, 0x82, 0x89, 0xC1, 0xF1]), st.binary(max_size=300), st.booleans()))
UMLAUT = "Säule".encode("latin-1")


def cut(data: bytes, places: list[int]) -> list[bytes]:
    ends = sorted({min(place, len(data)) for place in places} | {0, len(data)})
    return [data[a:b] for a, b in pairwise(ends)]


@given(FRAMES, st.lists(st.integers(0, 2000)))
def test_every_frame_has_a_mask_and_no_reserved_bits(frames: list[tuple[int, bytes, bool]], places: list[int]) -> None:
    came = b"".join(frame(first, payload, masked) for first, payload, masked in frames)
    wanted = b"".join(frame(first & 0x8F, payload, True) for first, payload, _ in frames)
    straight = Straight(unmasked=True, reserved=True)
    assert b"".join(straight.take(part) for part in cut(came, places)) == wanted
    assert ("unmasked" in straight.met) == any(not masked for _, _, masked in frames)
    assert ("reserved_bits" in straight.met) == any(first & 0x70 for first, _, _ in frames)


@given(st.lists(st.binary(max_size=40)), st.lists(st.integers(0, 400)))
def test_noise_passes_through_or_waits(parts: list[bytes], places: list[int]) -> None:
    """Nothing is lost but for heads that were changed, and it never fails."""
    data = b"".join(parts)
    straight = Straight()
    made = b"".join(straight.take(part) for part in cut(data, places))
    assert data.startswith(made)
    assert len(data) - len(made) < 10


def test_a_peer_without_masks_is_understood(opened):  # noqa: F811
    ws, mended = opened(), []
    ws.socket.on_mended = mended.append
    ws.socket.straighten(True, False, None)
    ws.socket.feed(frame(0x81, b"hi", mask=False) + frame(0x81, b"x" * 200, mask=False) + frame(0x81, b"masked"))
    assert ws.heard.texts == ["hi", "x" * 200, "masked"]
    assert mended == ["unmasked"]
    ws.socket.feed(frame(0xC1, b"hi", mask=False))
    assert [end[0] for end in ws.heard.ends] == [1002]


def test_reserved_bits_are_overlooked(opened):  # noqa: F811
    ws, mended = opened(), []
    ws.socket.on_mended = mended.append
    ws.socket.straighten(False, True, None)
    ws.socket.feed(frame(0xC1, b"hi") + frame(0xC9) + frame(0x81, b"ho"))
    assert (ws.heard.texts, mended) == (["hi", "ho"], ["reserved_bits"])


def test_text_that_is_no_utf8_is_read_in_its_charset(opened):  # noqa: F811
    ws, mended = opened(), []
    ws.socket.on_mended = mended.append
    ws.socket.straighten(False, False, "latin-1")
    ws.socket.feed(frame(0x81, UMLAUT) + frame(0x01, UMLAUT[:2]) + frame(0x80, UMLAUT[2:]) + frame(0x81, "Säule".encode()))
    assert ws.heard.texts == ["Säule"] * 3
    assert mended == ["charset"] * 2


def test_sizes_are_kept_whatever_is_forgiven(opened):  # noqa: F811
    ws = opened(Limits(frame=100, message=150, fragments=5))
    ws.socket.straighten(True, True, "gbk")
    ws.socket.feed(frame(0x81, b"\xff" * 151, mask=False))
    assert [end[0] for end in ws.heard.ends] == [1009]


def test_a_link_in_use_is_not_read_otherwise(opened):  # noqa: F811
    ws = opened()
    ws.socket.feed(frame(0x81, b"hi")[:3])
    ws.socket.straighten(True, True, "latin-1")
    ws.socket.feed(frame(0x81, b"hi")[3:] + frame(0x81, b"hi", mask=False))
    assert ws.heard.texts == ["hi"]
    assert [end[0] for end in ws.heard.ends] == [1002]


def test_a_back_end_may_write_another_charset(opened):  # noqa: F811
    ws = opened(kind=ConnectionType.CLIENT)
    ws.socket.straighten(False, False, "windows-1252")
    ws.socket.feed(frame(0x81, "€ 5".encode("windows-1252"), mask=False))
    assert ws.heard.texts == ["€ 5"]
