"""Encrypted contents: the examples of the standards, and the ways in which one is not opened."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.dialects.errors import PeerError
from gateway.wires.ciphers import BLOCKS, MODES, PADS, SIZES, Secrecy, key_of
from tests.wires import toys


@pytest.mark.parametrize(
    ("kind", "key", "iv", "plain", "sent"),
    [
        # FIPS 197 C.1, SP 800-38A F.2.1 and F.2.5, SP 800-67 (three keys), GB/T 32907 A.1
        (
            "aes-ecb",
            "000102030405060708090a0b0c0d0e0f",
            "",
            "00112233445566778899aabbccddeeff",
            "69c4e0d86a7b0430d8cdb78070b4c55a",
        ),
        (
            "aes-cbc",
            "2b7e151628aed2a6abf7158809cf4f3c",
            "000102030405060708090a0b0c0d0e0f",
            "6bc1bee22e409f96e93d7e117393172a",
            "7649abac8119b246cee98e9b12e9197d",
        ),
        ("3des-ecb", "0123456789abcdef23456789abcdef01456789abcdef0123", "", "5468652071756663", "a826fd8ce53b855f"),
        ("3des-ecb", "133457799bbcdff1", "", "0123456789abcdef", "85e813540f0ab405"),  # DES
        (
            "sm4-ecb",
            "0123456789abcdeffedcba9876543210",
            "",
            "0123456789abcdeffedcba9876543210",
            "681edf34d206965e86b3e94f536e4246",
        ),
        ("xor", "0a0b", "", "000102", "0a0a08"),
    ],
)
def test_the_examples_of_the_standards(kind: str, key: str, iv: str, plain: str, sent: str) -> None:
    algorithm, _, mode = kind.partition("-")
    made = Secrecy(algorithm, mode, key_of(algorithm, key.encode()), bytes.fromhex(iv), "none")
    assert made.hidden(bytes.fromhex(plain)).hex() == sent
    assert made.shown(bytes.fromhex(sent)).hex() == plain


@given(st.sampled_from(list(BLOCKS)), st.sampled_from(MODES), st.sampled_from(PADS), st.binary(max_size=40), st.data())
def test_it_comes_back(algorithm: str, mode: str, pad: str, content: bytes, data: st.DataObject) -> None:
    block = BLOCKS[algorithm]
    first = data.draw(st.integers(0, 4))
    key = bytes(range(SIZES[algorithm][-1]))
    made = Secrecy(algorithm, mode, key, bytes(block) if mode == "cbc" else b"", pad, first)
    if len(content) < first or (pad == "none" and (len(content) - first) % block):
        with pytest.raises(ValueError, match=r"whole number of blocks|stay in the clear"):
            made.hidden(content)
        return
    sent = made.hidden(content)
    assert sent[:first] == content[:first]
    assert made.shown(sent) == content if pad != "zero" else made.shown(sent).rstrip(b"\0") == content.rstrip(b"\0")


@given(st.binary(max_size=40))
def test_what_cannot_be_opened_is_an_error_of_the_peer(noise: bytes) -> None:
    made = Secrecy("aes", "ecb", bytes(16), first=2)
    with contextlib.suppress(PeerError):
        assert made.hidden(made.shown(noise)) == noise


def test_the_key_of_the_site_takes_the_place_of_the_sample() -> None:
    ours, fields = toys.named("sealed"), {"number": 1, "sealed": 1, "ok": 1}
    theirs = ours.keyed(b"sixteen letters!")
    frame = theirs.write("welcome", fields)
    assert ours.secret
    assert theirs.read(frame, "backend").fields == fields
    with pytest.raises(PeerError, match="another key"):
        ours.read(frame, "backend")
    with pytest.raises(ValueError, match="a key of aes has 16 or 24 or 32 bytes"):
        ours.keyed(b"short")


def test_a_key_that_all_know_stays() -> None:
    known = toys.wire("\n" + toys.text("sealed").replace("sample:", "key:"))
    assert not known.secret
    assert known.keyed(b"anything") == known or known.keyed(b"anything").covers == known.covers


def test_a_key_in_hex_or_as_it_is() -> None:
    assert key_of("aes", b"00" * 16) == bytes(16)
    assert key_of("aes", b"0123456789abcdef") == b"0123456789abcdef", "as hex it would be too short"
