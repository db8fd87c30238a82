"""Messages glued together, or in pieces, are cut anew; whatever else comes is handed on to be refused."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ends.pieces import LONGEST, Pieces

INNER = st.recursive(
    st.none() | st.integers() | st.text(alphabet='ab[]{}"\\, ', max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
FRAMES = st.lists(INNER.map(lambda value: json.dumps([2, "1", "A", value])), max_size=5)


def cut(pieces: Pieces, *texts: str) -> list[str]:
    return [made for text in texts for made in pieces.take(text)]


@given(FRAMES, st.sampled_from(["", " ", "\n"]))
def test_glued_messages_come_apart(frames: list[str], between: str) -> None:
    assert [one.strip() for one in cut(Pieces(), between.join(frames))] == frames


@given(INNER, st.integers(1, 30))
def test_pieces_come_together(value: object, size: int) -> None:
    frame = json.dumps([3, "17", value])
    pieces = Pieces()
    assert cut(pieces, *(frame[at : at + size] for at in range(0, len(frame), size))) == [frame]
    assert cut(pieces, frame) == [frame]
    assert not pieces.cut


@given(st.lists(st.text(max_size=30)))
def test_nothing_is_lost_and_it_never_fails(texts: list[str]) -> None:
    """But for blanks between messages, and for what waits for its end."""
    pieces = Pieces()
    made = "".join(cut(pieces, *texts))
    all_of_it, kept = "".join("".join(texts).split()), "".join(made.split())
    assert all_of_it.startswith(kept)


@pytest.mark.parametrize(
    ("texts", "made"),
    [
        (['[2,"1","A",{}]'], ['[2,"1","A",{}]']),
        (["hello"], ["hello"]),
        (['[2,"1"', '[2,"2","A",{}]'], ['[2,"1"', '[2,"2","A",{}]']),
        (['[2,"1","A",{"a":[1', "]}]"], ['[2,"1","A",{"a":[1]}]']),
        (['[2,"1","]', '["]'], ['[2,"1","]["]']),
        (["]]", "[]"], ["]]", "[]"]),
    ],
)
def test_each(texts: list[str], made: list[str]) -> None:
    assert cut(Pieces(), *texts) == made


def test_what_never_ends_is_given_up() -> None:
    pieces = Pieces()
    assert cut(pieces, "[", "x" * (LONGEST - 1)) == []
    assert cut(pieces, "y") == ["[" + "x" * (LONGEST - 1), "y"]
    assert cut(pieces, "[]") == ["[]"]
