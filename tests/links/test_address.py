from __future__ import annotations

import pytest

from gateway.links.address import Address, read_address

HTTP = ("http", "https")


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://a.example/x?y=1", Address(False, "a.example", 80, "/x?y=1", "a.example")),
        ("https://a_b:8443", Address(True, "a_b", 8443, "/", "a_b:8443")),
        ("http://[2001:db8::1]:8080//a", Address(False, "2001:db8::1", 8080, "//a", "[2001:db8::1]:8080")),
        ("HTTP://192.0.2.1/", Address(False, "192.0.2.1", 80, "/", "192.0.2.1")),
    ],
)
def test_addresses(url, address):
    assert read_address(url, HTTP) == address


def test_numeric():
    assert read_address("http://[::1]/", HTTP).numeric
    assert read_address("http://127.0.0.1/", HTTP).numeric
    assert not read_address("http://localhost/", HTTP).numeric


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ws://a/",
        "file:///etc/passwd",
        "gopher://a/",
        "http://",
        "http:///x",
        "http://a b/",
        "http://a/\r\nX: y",
        "http://a/\x00",
        "http://a/\u00e4",
        "http://user:secret@a/",
        "http://a/#x",
        "http://a:99999/",
        "http://a:x/",
        "http://[::1",
        "http://a/" + "x" * 5000,
        "http://a%0d%0a/",
    ],
)
def test_bad_addresses(url):
    with pytest.raises(ValueError):
        read_address(url, HTTP)
