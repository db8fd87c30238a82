"""The simulated stations' own SOAP."""

from __future__ import annotations

import pytest

from gateway.demo import envelopes
from gateway.demo.envelopes import Dress, Text, Unreadable

DRESS = Dress("soap", "wsa", "cs")


def test_a_request_says_who_and_what() -> None:
    values = [("timestamp", "t"), ("value", Text("15", (("unit", "Wh"),)))]
    made = envelopes.request(
        DRESS, "MeterValues", "A&B", "http://me/", "http://you/?a&b", "m-1", [("connectorId", 1), ("values", values)]
    )
    text = made.decode()
    assert "<cs:chargeBoxIdentity>A&amp;B</cs:chargeBoxIdentity>" in text
    assert "<wsa:Action>/MeterValues</wsa:Action>" in text
    assert "<wsa:From><wsa:Address>http://me/</wsa:Address></wsa:From>" in text
    assert '<cs:values><cs:timestamp>t</cs:timestamp><cs:value unit="Wh">15</cs:value></cs:values>' in text
    read = envelopes.read(made)
    assert (read.name, read.id, read.get("connectorId"), read.get("values/value")) == ("meterValuesRequest", "m-1", "1", "15")


def test_an_answer_relates() -> None:
    made = envelopes.answer(DRESS, "Reset", "S-1", "urn:x", [("status", "Accepted")])
    assert b"<wsa:RelatesTo>urn:x</wsa:RelatesTo>" in made
    assert b'xmlns:cs="urn://Ocpp/Cp/2012/06/"' in made
    assert envelopes.read(made).get("status") == "Accepted"


def test_a_fault_is_one() -> None:
    assert envelopes.read(envelopes.fault(DRESS, "no <such> thing")).name == "Fault"


def test_lists_and_what_is_not_there() -> None:
    read = envelopes.read(envelopes.answer(DRESS, "GetConfiguration", "S", "i", [("key", "a"), ("other", "x"), ("key", "b")]))
    assert read.all("key") == ["a", "b"]
    assert read.get("nothing/here") == ""


@pytest.mark.parametrize("data", [b"", b"<a", b"<html/>", b"\xff\xfe"])
def test_what_is_no_envelope(data: bytes) -> None:
    with pytest.raises(Unreadable):
        envelopes.read(data)
