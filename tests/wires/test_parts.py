"""Records in several frames: whatever is lost, repeated or mixed up, no record is made that nobody sent, and the next is read."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gateway.source import SourceError
from gateway.wires.parts import Whole
from gateway.wires.shapes import Noise
from gateway.wires.wire import Wire
from tests.wires import toys

WIRE = toys.named("parts")
SERIALS = st.text("ABC123", max_size=30)


def report(serial: str, address: str = "A", energy: int = 7) -> list[bytes]:
    """The frames of one record."""
    frame = WIRE.write("report", {"address": address, "energy": energy, "serial": serial, "rest": ""})
    cut = []
    while frame:
        cut.append(frame[: frame[1] + 2])
        frame = frame[frame[1] + 2 :]
    return cut


def heard(frames: list[bytes], wire: Wire = WIRE) -> tuple[list[tuple[str, str, int]], list[str]]:
    """The reports, and why other things were thrown away."""
    framer = wire.framer("station")
    cut = [one for frame in frames for one in framer.feed(frame)]
    cut += framer.idle()
    records = [wire.read(one, "station").fields for one in cut if isinstance(one, bytes)]
    return [(one["address"], one["serial"], one["energy"]) for one in records], [x.why for x in cut if isinstance(x, Noise)]


@given(
    st.lists(
        st.tuples(st.sampled_from("ABCDEFGH"), SERIALS, st.integers(0, 9)), min_size=1, max_size=8, unique_by=lambda x: x[0]
    ),
    st.data(),
)
def test_stations_that_speak_at_a_time_are_told_apart(sent: list[tuple[str, str, int]], data: st.DataObject) -> None:
    queues = [report(serial, address, energy) for address, serial, energy in sent]
    line = []
    while any(queues):
        line.append(data.draw(st.sampled_from([queue for queue in queues if queue])).pop(0))
    got, why = heard(line)
    assert sorted(got) == sorted(sent)
    assert not why


@given(st.lists(SERIALS, min_size=1, max_size=4), st.data())
def test_what_is_damaged_makes_no_record_and_costs_no_other(serials: list[str], data: st.DataObject) -> None:
    """Each record has a number of its own in its first part only; one part of one record is lost, comes twice or too early."""
    records = [report(serial, energy=number) for number, serial in enumerate(serials)]
    hurt = data.draw(st.integers(0, len(serials) - 1))
    frames = records[hurt]
    at = data.draw(st.integers(0, len(frames) - 1))
    what = data.draw(st.sampled_from(["lost", "twice", "early", "broken"]))
    if what == "lost":
        del frames[at]
    elif what == "twice":
        frames.insert(at, frames[at])
    elif what == "early" and at:
        frames[at - 1], frames[at] = frames[at], frames[at - 1]
    elif what == "broken":
        assume(frames[at][-1] != 0x68)  # which looks like the start of a frame, and a long one
        frames[at] = frames[at].replace(b"A", b"@", 1)
    framer = WIRE.framer("station")
    cut = [one for frames in [*records, report("END", energy=99)] for frame in frames for one in framer.feed(frame)]
    got = [WIRE.read(one, "station").fields for one in cut if isinstance(one, Whole)]
    for one in got[:-1]:
        assert one["serial"] == serials[one["energy"]]
    assert {one["energy"] for one in got} >= {*range(len(serials)), 99} - {hurt}
    assert what == "twice" or (what == "early" and not at) or hurt not in {one["energy"] for one in got}


def test_of_too_many_that_are_begun_the_oldest_goes() -> None:
    first = [report("0123", address)[0] for address in "ABCDEFGHI"]
    got, why = heard([*first, report("0123", "A")[1], *report("0123", "I")[1:]])
    assert got == [("I", "0123", 7)]
    assert why.count("a part without those before it") == 1
    assert why.count("parts without the rest") == 8


def test_a_record_that_grows_without_an_end_is_given_up() -> None:
    framer = WIRE.framer("backend")
    cut = [one for _ in range(200) for one in framer.feed(b"AM+hello\n")]
    assert [one.why for one in cut if isinstance(one, Noise)] == ["too long"] * 6
    assert len(cut) == 6
    framer.idle()
    assert [bytes(one) for one in framer.feed(b"AM$x\n")] == [b"AM$x\n"]  # type: ignore[arg-type]


@given(st.lists(st.sampled_from([*report("012345", "A"), *report("543210", "B"), *report("0", "A"), b"\x68\x04"]), max_size=30))
def test_any_frames_in_any_order_are_bounded_and_end(frames: list[bytes]) -> None:
    got, _ = heard([*frames, b"", *report("012345", "A")])
    assert all(serial in ("012345", "543210", "0") for _, serial, _ in got)


def test_what_does_not_fit_is_not_written() -> None:
    with pytest.raises(ValueError, match="a record has at most 20"):
        report("A" * 90)


def other(*changes: tuple[str, str]) -> Wire:
    """The same wire with other parts."""
    text = toys.text("parts")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return toys.wire(text)


def write(wire: Wire, serial: str) -> bytes:
    return wire.write("report", {"address": "A", "energy": 7, "serial": serial, "rest": ""})


def test_parts_of_some_bits() -> None:
    wire = other(
        ("head: 4", "head: 3"),
        ("number: {at: 2}", "number: {at: 2, mask: 0xF0}"),
        ("total: {at: 3}", "total: {at: 2, mask: 0x0F}"),
        ("skip(2)", "skip(1)"),
    )
    frame = write(wire, "S1")
    assert frame == bytes.fromhex("6808 412112 00000007 7B 6807 412122 533100 08")
    assert heard([frame], wire) == ([("A", "S1", 7)], [])
    with pytest.raises(ValueError, match="cannot be counted"):
        write(wire, "x" * 70)


def test_parts_counted_in_digits() -> None:
    wire = other(("number: {at: 2}", "number: {at: 2, as: decimal}"))
    frame = write(wire, "S1")
    assert frame.startswith(b"\x68\x09A!1\x02")
    assert heard([frame], wire) == ([("A", "S1", 7)], [])
    with pytest.raises(ValueError, match="cannot be counted"):
        write(wire, "x" * 40)


def test_a_byte_that_differs_from_part_to_part_is_read_and_not_written() -> None:
    wire = other(("size: 4\n", "size: 4\n        varies: [0]\n"))
    assert heard([report("S1", "A")[0], report("S1", "B")[1]], wire) == ([("A", "S1", 7)], [])
    with pytest.raises(ValueError, match="only read"):
        write(wire, "S1")


@pytest.mark.parametrize(
    ("old", "new", "line", "told"),
    [
        ("head: 4\n", "head: 0\n", 11, "head is 0; expected a whole number, 1 to 255"),
        ("number: {at: 2}", "number: {at: 4}", 13, "number does not stand in the head"),
        ("number: {at: 2}", "number: {at: 2, mask: 0x1FF}", 13, "mask is '0x1FF'"),
        ("number: {at: 2}", "nummer: {at: 2}", 13, "did you mean 'number'"),
        ("total: {at: 3}", "first: 0", 11, "one thing tells where the last part is; expected total, more, or last"),
        ("at: 1, is: 0x21", "at: 9, is: 0x21", 12, "a byte of the head"),
        ("is: 0x24, else: 0x2B", "is: 0x24, else: 0x24", 21, "two values"),
        ("most: 30}", "varies: [3]}", 21, "a list of offsets in the head"),
        ("tcp: {port: 5400, lull: 2}", "udp: {port: 5400}", 3, "records come in parts over a stream only"),
    ],
)
def test_mistakes_are_told_with_their_line(old: str, new: str, line: int, told: str) -> None:
    text = toys.text("parts")
    assert old in text
    with pytest.raises(SourceError) as caught:
        toys.wire(text.replace(old, new, 1))
    assert any(told in str(one) and one.line == line for one in caught.value.faults), str(caught.value)
