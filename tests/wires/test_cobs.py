"""COBS: no zero in what is sent, and every byte comes back."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.wires import cobs

LONG = bytes(range(1, 255))
"""254 bytes without a zero: as many as one run holds."""


@pytest.mark.parametrize(
    ("plain", "coded"),
    [
        (b"", "01"),
        (b"\0", "0101"),
        (b"\0\0", "010101"),
        (b"\x11\x22\0\x33", "0311220233"),
        (b"\x11\0\0\0", "0211010101"),
        (LONG, "ff" + LONG.hex()),
        (b"\0" + LONG, "01ff" + LONG.hex()),
        (LONG + b"\xff", "ff" + LONG.hex() + "02ff"),
        (LONG + b"\0", "ff" + LONG.hex() + "0101"),
    ],
)
def test_the_examples_of_its_paper(plain: bytes, coded: str) -> None:
    assert cobs.coded(plain).hex() == coded
    assert cobs.plain(bytes.fromhex(coded)) == plain


@given(st.lists(st.sampled_from([b"\0", b"ab", LONG, b"\xff"]), max_size=8).map(b"".join))
def test_it_comes_back(data: bytes) -> None:
    assert b"\0" not in cobs.coded(data)
    assert cobs.plain(cobs.coded(data)) == data


@given(st.binary(max_size=20))
def test_what_is_none_is_refused(data: bytes) -> None:
    with contextlib.suppress(ValueError):
        assert cobs.coded(cobs.plain(data)) == data or data.endswith(b"\x01") or not data
