"""HTTP Digest: the examples of RFC 7616 and RFC 2617, and challenges that cannot be answered."""

from __future__ import annotations

import re

import pytest

from gateway.links.digest import Digest

NONCE = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
CHANCE = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
OPAQUE = "FQhe/qaU925kfnzjev0ciny7QMkPqMAFRtzCUYo5tdS"
RFC = f'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=%s, nonce="{NONCE}", opaque="{OPAQUE}"'


def made(*challenges: str, chance: str = CHANCE) -> Digest:
    digest = Digest("Mufasa", b"Circle of Life", lambda: chance)
    assert digest.challenged([("www-authenticate", one) for one in challenges])
    return digest


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_the_examples_of_the_standard(algorithm: str, response: str) -> None:
    digest = made(RFC % algorithm)
    header = digest.header("GET", "/dir/index.html") or ""
    assert f'response="{response}"' in header
    assert f"algorithm={algorithm}, qop=auth, nc=00000001" in header
    assert f'opaque="{OPAQUE}"' in header
    assert "nc=00000002" in (digest.header("GET", "/dir/index.html") or ""), "each use of a challenge is counted"


def test_a_challenge_without_protection_is_that_of_rfc_2069() -> None:
    header = made('Digest realm="a", nonce="b"').header("GET", "/") or ""
    assert re.fullmatch(r'Digest username="Mufasa", realm="a", nonce="b", uri="/", response="[0-9a-f]{32}"', header)


def test_the_first_challenge_that_can_be_answered_is() -> None:
    digest = made('Basic realm="x"', RFC % "SHA-512-256", RFC % "SHA-256")
    assert "SHA-256" in (digest.header("GET", "/") or "")


@pytest.mark.parametrize("one", ["", "Digest", 'Digest realm="a"', 'Digest realm="a", nonce="b", qop="auth-int"', "Basic x"])
def test_what_is_no_challenge(one: str) -> None:
    digest = Digest("u", b"s", lambda: "c")
    assert not digest.challenged([("www-authenticate", one), ("server", RFC % "MD5")])
    assert digest.header("GET", "/") is None
