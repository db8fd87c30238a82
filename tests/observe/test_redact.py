"""Secrets never come out."""

from __future__ import annotations

import base64

import pytest

from gateway.observe.redact import Redactor


@pytest.fixture
def redact():
    redactor = Redactor()
    redactor.hide(b"hunter 2/\xff")
    redactor.hide("s3cret")
    return redactor


@pytest.mark.parametrize(
    "text",
    [
        "s3cret",
        "the key is s3cret, twice s3cret",
        base64.b64encode(b"s3cret").decode(),
        b"s3cret".hex(),
        b"s3cret".hex().upper(),
        "hunter%202%2F%FF",
        "hunter 2/\udcff",
    ],
)
def test_a_secret_is_taken_out_in_every_form(redact, text):
    found = redact(text)
    assert "***" in found
    assert not any(part in found for part in ("s3cret", "hunter", "czNjcmV0", "733363726574"))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("ws://cp1:pass@host:9000/x", "ws://***@host:9000/x"),
        ("ftp://u@h and http://a:b@c/d", "ftp://***@h and http://***@c/d"),
        ("http://a:b@c@host/", "http://***@host/"),
        ("http://host/?mail=a@b", "http://host/?mail=a@b"),
        ("Authorization: Basic Q1AxOnBhc3M=", "Authorization: Basic ***"),
        ("authorization: bearer abc.def-g", "authorization: bearer ***"),
        ("a@b, no address", "a@b, no address"),
    ],
)
def test_credentials_in_their_usual_places_need_not_be_known(text, shown):
    assert Redactor()(text) == shown


def test_the_longer_of_two_secrets_goes_first():
    redactor = Redactor()
    redactor.hide("abc")
    redactor.hide("abcdef")
    assert redactor("abcdef") == "***"


@pytest.mark.parametrize("empty", ["", b"", "  ", b"\n"])
def test_an_empty_secret_hides_nothing(empty):
    redactor = Redactor()
    redactor.hide(empty)
    assert redactor("a b\n") == "a b\n"
