"""Streams: any cut gives the same frames, noise costs only itself, nothing grows."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.wires.framers import Datagram, Flagged, Gap, JsonStream, Marked, Prefixed
from gateway.wires.shapes import Framer, Noise
from tests.wires import toys

YKC, RTU = toys.named("ykc"), toys.named("rtu")
TOLD = {name: toys.named(name) for name in ("sized", "netstring", "packed", "hdlc", "stuffed")}
ACK = bytes.fromhex("680C000000025503141278230500DA4C")


def fresh(kind: str) -> Framer:
    if kind in TOLD:
        return TOLD[kind].framer("station")
    return {
        "line": lambda: Marked(b"$", (b"\r",), b"", True, 64),
        "body": lambda: Marked(b"", (b"\r\n", b"\n"), b"", True, 64),
        "between": lambda: Marked(b"\x02", (b"\x03",), b"\xff", True, 64),
        "json": lambda: JsonStream(64),
        "slip": lambda: Flagged(b"\xc0", 64),
        "length": lambda: YKC.framer("station"),
        "doubled": lambda: Marked(b"\x10\x02", (b"\x10\x03",), b"", True, 64, (b"\x10\x10",)),
        "behind": lambda: Marked(b"\x02", (b"\x03",), b"", True, 64, tail=1),
        "rtu": lambda: RTU.framer("station"),
    }[kind]()


GOOD = {
    "line": [b"$GS^30\r", b"$OK 1\r"],
    "body": [b"BOOT|1\r\n", b"ALIVE|2\n"],
    "between": [b"\x02abc\x03", b"\x02d\x03"],
    "json": [b'{"a":"}\\"{"}', b"[1,[2]]"],
    "slip": [b"\xc0abc\xc0", b"\xc0\xdb\xdc\xc0"],
    "doubled": [b"\x10\x02\x10\x10\x03\x10\x10\x02\x10\x03", b"\x10\x02\x10\x03"],
    "behind": [b"\x02abc\x03\x02", b"\x02\x03\x03"],
    "rtu": [bytes.fromhex("010404000700A04A3D"), bytes.fromhex("018402C2C1")],
    "length": [ACK, YKC.write("login_ack", {"seq": 0x6868, "pile": "68686868686868", "result": "ok"})],
}
GOOD |= {name: [one.frame for one in wire.vectors if one.frame and not one.refused][:2] for name, wire in TOLD.items()}
GOOD["stuffed"].append(TOLD["stuffed"].write("raw", {"data": "00FF"}))
each = pytest.mark.parametrize("kind", GOOD)


def frames(cut: list[bytes | Noise]) -> list[bytes]:
    return [one for one in cut if isinstance(one, bytes)]


def fed(framer: Framer, chunks: list[bytes]) -> list[bytes | Noise]:
    return [one for chunk in chunks for one in framer.feed(chunk)]


@each
@given(data=st.data())
def test_however_it_is_cut(kind: str, data: st.DataObject) -> None:
    whole = b"".join(GOOD[kind] * 3)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(whole)), max_size=9)) | {0, len(whole)})
    assert fed(fresh(kind), [whole[a:b] for a, b in pairwise(cuts)]) == GOOD[kind] * 3


@each
@given(noise=st.binary(max_size=40), after=st.integers(0, 1))
def test_after_noise_and_a_silence_it_is_back(kind: str, noise: bytes, after: int) -> None:
    framer = fresh(kind)
    framer.feed(noise)
    framer.idle()
    assert framer.feed(GOOD[kind][after]) == [GOOD[kind][after]]


@each
@given(noise=st.binary(max_size=400))
def test_every_byte_comes_out_once(kind: str, noise: bytes) -> None:
    """What goes in is a frame or noise (or stands between frames and means nothing)."""
    framer = fresh(kind)
    out = [*framer.feed(noise), *framer.idle()]
    told = b"".join(one if isinstance(one, bytes) else one.data for one in out)
    assert len(told) <= len(noise)
    if kind == "length":
        assert told == noise


@each
def test_endless_noise_is_not_kept(kind: str) -> None:
    framer = fresh(kind)
    for _ in range(50):
        framer.feed(b"\x68\xc8$\x02{[\xc0x" * 100)
        held = getattr(framer, "held", b"")
        assert len(held) < 1100


def test_half_a_frame_before_whole_ones_costs_only_itself() -> None:
    out = YKC.framer("station").feed(ACK[:9] + ACK + ACK)
    assert frames(out) == [ACK, ACK]
    assert b"".join(one.data for one in out if isinstance(one, Noise)) == ACK[:9]


def test_a_wrong_check_costs_only_its_frame() -> None:
    bad = ACK[:-1] + b"\0"
    assert frames(YKC.framer("station").feed(ACK + bad + ACK)) == [ACK, ACK]


def test_a_frame_that_was_begun_again() -> None:
    out = fresh("between").feed(b"\x02half\x02whole\x03")
    assert out == [Noise(b"\x02half", "broken off"), b"\x02whole\x03"]


def test_the_trailer_may_be_missing() -> None:
    assert fresh("between").feed(b"\x02a\x03\xff\x02b\x03\x02c\x03\xff") == [b"\x02a\x03", b"\x02b\x03", b"\x02c\x03"]


def test_the_check_behind_the_end_is_waited_for() -> None:
    framer = fresh("behind")
    assert framer.feed(b"\x02abc\x03") == []
    assert framer.feed(b"\x02") == [b"\x02abc\x03\x02"], "which is no start"


def test_an_escape_that_is_cut_in_two_is_no_marker() -> None:
    framer = fresh("doubled")
    assert framer.feed(b"\x10\x02\x10") == []
    assert framer.feed(b"\x10") == []
    assert framer.feed(b"\x03\x10\x03") == [b"\x10\x02\x10\x10\x03\x10\x03"]


def test_a_frame_of_rtu_is_found_behind_noise_without_a_silence() -> None:
    out = RTU.framer("station").feed(b"\xff\x00\x01" + GOOD["rtu"][0])
    assert frames(out) == [GOOD["rtu"][0]]


def test_half_a_frame_without_a_length_costs_only_itself() -> None:
    """The check tells where the next begins, though its start may stand anywhere."""
    whole = TOLD["sized"].write("other", {"rest": "A5A5A5"})
    assert frames(TOLD["sized"].framer("station").feed(whole[:4] + whole + whole)) == [whole, whole]


def test_a_length_of_any_size_is_waited_for() -> None:
    framer = TOLD["netstring"].framer("station")
    assert [framer.feed(one) for one in (b"1", b"6", b":", b"state;1;charging")] == [[], [], [], []]
    assert framer.feed(b",") == [b"16:state;1;charging,"]
    assert framer.feed(b"123456789") == [Noise(b"123456789", "an impossible length")]


def test_what_may_stand_behind_a_frame_is_no_noise() -> None:
    assert Flagged(b"\xc0", 64, b"\xfe\xfc").feed(b"\xc0a\xc0\xfe\xc0b\xc0\xfc\xfe") == [b"\xc0a\xc0", b"\xc0b\xc0"]
    meter = toys.named("meter")
    frame = meter.write("read_energy", {"meter": "000102030425"})
    assert meter.framer("backend").feed(b"\xfe\xfe\xfe\xfe" + frame + b"\xfe" + frame) == [frame, frame]


def test_noise_of_which_each_byte_may_begin_a_frame_costs_few_checks() -> None:
    checked = list[bytes]()

    def sound(frame: bytes) -> bool:
        checked.append(frame)
        return frame == b"h\x02ok"

    framer = Prefixed(b"h", 2, lambda head: 2 + head[1], sound, 256)
    framer.feed(b"h" * 2**16)
    assert len(checked) < 2 * 64 + 2**16 / 100
    framer.idle()
    framer.feed(b"hhhh" + b"h\x02ok")
    assert frames(framer.idle()) == [b"h\x02ok"], "after a silence it is searched for as before"


def test_a_silence_ends_a_frame() -> None:
    framer = Gap(8)
    assert framer.feed(b"abc") == []
    assert framer.feed(b"def") == []
    assert framer.idle() == [b"abcdef"]
    assert framer.idle() == []
    assert framer.feed(b"123456789") == [Noise(b"123456789", "too long")]


def test_a_datagram_is_a_frame() -> None:
    framer = Datagram(4)
    assert framer.feed(b"abcd") == [b"abcd"]
    assert framer.feed(b"abcde") == [Noise(b"abcde", "too long")]
    assert framer.feed(b"") == [Noise(b"", "empty")]
    assert framer.idle() == []


def test_a_last_line_without_its_end() -> None:
    framer = fresh("body")
    assert framer.feed(b"a\nb") == [b"a\n"]
    assert framer.idle() == [b"b"]
