"""Laws of every wire there is: what is written is read again, through the framer; noise is never more than a `PeerError`."""

from __future__ import annotations

import contextlib
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.catalogue import Folders
from gateway.dialects.errors import PeerError
from gateway.dialects.load import load_dialects
from gateway.messages import Side
from gateway.wires import registers, vectors
from gateway.wires.shapes import Noise, Record
from gateway.wires.wire import Rule, Wire
from tests.wires import strategies as made
from tests.wires import toys


def lays_out(rule: Rule) -> bool:
    """Whether it has fields of its own: a refusal has none, the answer to a written register repeats its question."""
    if isinstance(rule.form, registers.Answer):
        return rule.form.block.reads
    return not isinstance(rule.form, registers.Refusal)


WIRES: dict[str, Wire] = {name: toys.named(name) for name in toys.NAMES}
WIRES |= {name: one.wire for name, one in load_dialects(Folders()).items() if one.wire is not None}
each = pytest.mark.parametrize("name", WIRES)
RULES = [(name, index) for name, wire in WIRES.items() for index, rule in enumerate(wire.rules) if lays_out(rule)]
IDS = [f"{name}-{WIRES[name].rules[index].name}-{WIRES[name].rules[index].sender}" for name, index in RULES]


def side(rule: Rule) -> Side:
    return "backend" if rule.sender == "backend" else "station"


@each
def test_the_vectors_come_out(name: str) -> None:
    assert vectors.run(WIRES[name]) == []


@pytest.mark.parametrize(("name", "index"), RULES, ids=IDS)
@settings(max_examples=20)
@given(data=st.data())
def test_what_is_written_is_read_again(name: str, index: int, data: st.DataObject) -> None:
    wire, rule = WIRES[name], WIRES[name].rules[index]
    fields: dict[str, Any] = data.draw(made.records(rule))
    frame = wire.write(rule.name, fields, side(rule))
    asked = Record(rule.when.asked[0], {}) if rule.when.asked else None
    framer = wire.framer(side(rule))
    cut = [*framer.feed(frame), *framer.idle()] if frame else [frame]
    assert not [one for one in cut if isinstance(one, Noise)], cut
    assert len(cut) == 1
    if rule.when.match is not None and not rule.when.match.search(frame):
        return  # no law makes a text for an expression
    record = wire.read(cut[0], side(rule), asked, wire.place(rule.name, fields))  # type: ignore[arg-type]
    if record.name == rule.name:  # by chance it may be what stands before it in the file
        assert record.fields == fields


@each
@settings(max_examples=5)
@given(chance=st.randoms(use_true_random=True))
def test_noise_is_an_error_of_the_peer_and_nothing_else(name: str, chance: Random) -> None:
    """Twenty at a time: they are plain bytes, which hypothesis draws a hundred times slower."""
    wire = WIRES[name]
    for _ in range(20):
        frame = damaged(chance.choice(wire.vectors).frame or b"", chance)
        sides: list[Side] = ["station", "backend"]
        for sender in sides:
            framer = wire.framer(sender)
            for one in [*framer.feed(frame), *framer.idle()]:
                if isinstance(one, bytes):
                    for asked in (None, *(Record(name, {}) for name in list(wire.frames)[:3])):
                        with contextlib.suppress(PeerError):
                            wire.read(one, sender, asked)


def damaged(whole: bytes, chance: Random) -> bytes:
    """A frame with bits turned, bytes lost and bytes put in."""
    frame = bytearray(whole)
    for _ in range(chance.randint(1, 4)):
        what, at = chance.choice(["flip", "cut", "insert"]), chance.randrange(len(frame) or 1)
        if what == "flip" and frame:
            frame[at] ^= 1 << chance.randrange(8)
        elif what == "cut":
            del frame[at : at + chance.randint(1, 5)]
        else:
            frame[at:at] = chance.randbytes(chance.randint(0, 5))
    return bytes(frame)


@each
@settings(max_examples=5)
@given(chance=st.randoms(use_true_random=True))
def test_whole_frames_come_through_noise(name: str, chance: Random) -> None:
    """Half frames and noise before it, then a silence: the next frame is read as ever."""
    wire = WIRES[name]
    good = [one for one in wire.vectors if one.frame and not one.refused and one.way != "write"]
    for _ in range(20):
        vector, other = chance.choice(good), chance.choice(good)
        sender: Side = vector.sender or ("backend" if wire.frames[vector.record].sender == "backend" else "station")
        framer = wire.framer(sender)
        before = other.frame[: chance.randint(0, len(other.frame))] + chance.randbytes(chance.randint(0, 20))
        framer.feed(before)
        framer.idle()
        whole = [*framer.feed(vector.frame), *framer.idle()]
        assert len(whole) == 1, (before, vector.frame)
        assert isinstance(whole[0], bytes), (before, vector.frame)
