"""Addresses as operators write them."""

from __future__ import annotations

import re

import pytest

from gateway.address import AddressError, is_loopback, parse

DIALECTS = ["ocpp1.5", "ocpp1.6"]


def test_an_address_tells_its_parts() -> None:
    one = parse("ocpp1.5+http://127.0.0.1:8080/ocpp", DIALECTS)
    assert (one.dialect, one.link, one.host, one.port, one.path, one.codec) == (
        "ocpp1.5",
        "http",
        "127.0.0.1",
        8080,
        "/ocpp",
        "soap",
    )
    assert one.loopback
    assert not one.secure
    assert str(one) == "ocpp1.5+http://127.0.0.1:8080/ocpp"


def test_the_identity_is_appended_percent_encoded() -> None:
    one = parse("ocpp1.6+wss://csms.example/ocpp/", DIALECTS)
    assert one.url("RDAM 12/3") == "wss://csms.example:443/ocpp/RDAM%2012%2F3"


def test_the_identity_stands_where_the_template_says() -> None:
    assert parse("ocpp1.6+ws://h:1/a/{identity}/b", DIALECTS).url("X") == "ws://h:1/a/X/b"


def test_an_ipv6_host_keeps_its_brackets() -> None:
    assert parse("ocpp1.6+ws://[::1]:9000/", DIALECTS).url() == "ws://[::1]:9000/"


def test_several_dialects_at_one_address() -> None:
    one = parse("ocpp1.6, ocpp1.5+ws://h:1/x", DIALECTS)
    assert (one.dialect, one.dialects) == ("ocpp1.6", ("ocpp1.6", "ocpp1.5"))
    assert str(one) == "ocpp1.6,ocpp1.5+ws://h:1/x"
    assert parse(str(one), DIALECTS) == one


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("ocpp1.6,ocpp1.6+ws://h/", "names ocpp1.6 twice"),
        ("ocpp1.6,+ws://h/", "unknown dialect ''"),
        ("ocpp1.6,ocpp1.4+ws://h/", "unknown dialect 'ocpp1.4'"),
        ("http://127.0.0.1:8080/", "dialect\\+link"),
        ("ocpp1.5", "dialect\\+link"),
        ("ocpp1.5+ftp://h/", "unknown link 'ftp'"),
        ("ocp1.5+http://h/", "did you mean 'ocpp1.5'"),
        ("ocpp1.5+http:///x", "host is missing"),
        ("ocpp1.5+http://h:99999/", "[Pp]ort"),
        ("ocpp1.6+ws://user:secret@h/", "must not hold a password"),
        ("ocpp1.6+ws://h/a b", "white space"),
        ("ocpp1.6+ws://h/a?x=1", "query"),
    ],
)
def test_a_wrong_address_says_what_was_expected(text: str, says: str) -> None:
    with pytest.raises(AddressError, match=says) as caught:
        parse(text, DIALECTS)
    assert "secret" not in str(caught.value)


def test_loopback_is_this_machine_only() -> None:
    assert [is_loopback(h) for h in ("127.0.0.1", "::1", "localhost", "10.0.0.1", "example.org")] == [
        True,
        True,
        True,
        False,
        False,
    ]


WIRES = {"toy": {"tcp": 8768, "udp": None, "http": None}, "both": {"ws": None}}
KNOWN = ["toy", "both", "ocpp1.6"]


@pytest.mark.parametrize(
    ("text", "codec", "kind", "port"),
    [
        ("toy+tcp://h", "wire", "tcp", 8768),
        ("toy+tls://h:1", "wire", "tcp", 1),
        ("toy+udp://[2001:db8::1]:7090", "wire", "udp", 7090),
        ("toy+http://h/gs", "wire", "http", 80),
        ("both+ws://h/x", "wire", "ws", 80),
        ("ocpp1.6+ws://h/x", "json", "ws", 80),
    ],
)
def test_protocols_that_bring_their_own_bytes(text: str, codec: str, kind: str, port: int) -> None:
    made = parse(text, KNOWN, WIRES)
    assert (made.codec, made.kind, made.port) == (codec, kind, port)
    assert parse(str(made), KNOWN, WIRES) == made


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("toy+udp://h", "the port is missing"),
        ("toy+mqtt://h", "toy does not run on 'mqtt', expected one of tcp, tls, udp, http, https"),
        ("toy+tcpp://h", "did you mean 'tcp'"),
        ("ocpp1.6+tcp://h:1", "ocpp1.6 does not run on 'tcp', expected one of http, https, ws, wss"),
        ("toy,ocpp1.6+http://h", "cannot share an address"),
    ],
)
def test_what_such_an_address_gets_wrong(text: str, words: str) -> None:
    with pytest.raises(AddressError, match=re.escape(words)):
        parse(text, KNOWN, WIRES)
