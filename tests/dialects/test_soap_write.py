from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from lxml import etree

from gateway.catalogue import Folders
from gateway.dialects.errors import Violation
from gateway.dialects.load import load_dialects, read_text
from gateway.dialects.soap_write import speakable, text, write_fault, write_request, write_response
from gateway.messages import Call, Error, Result

DIALECTS = load_dialects(Folders())
OLD, NEW = DIALECTS["ocpp1.5"], DIALECTS["ocpp1.6"]
MUTE = """
dialect: mute
title: Without SOAP
status: unofficial
codecs: {json: {subprotocol: mute}}
messages: {Heartbeat: {from: station}}
"""
CS, CP = "urn://Ocpp/Cs/2012/06/", "urn://Ocpp/Cp/2012/06/"
ENV, WSA = "{http://www.w3.org/2003/05/soap-envelope}", "{http://www.w3.org/2005/08/addressing}"


def request(payload: dict[str, Any], action: str = "Authorize", **more: Any) -> etree._Element:
    return etree.fromstring(write_request(OLD, Call("7", action, payload), "CP-1", "http://me/", "http://you/", **more))


ESCAPED = [
    ("a<b>&\"'", "a&lt;b&gt;&amp;&quot;'"),
    ("a\r\n\t", "a&#13;&#10;&#9;"),
    (True, "true"),
    (False, "false"),
    (None, ""),
    (7, "7"),
    (Decimal("5E+3"), "5000"),
    (Decimal("0.10"), "0.10"),
    ("😀", "😀"),
]


@pytest.mark.parametrize(("value", "written"), ESCAPED)
def test_text_is_escaped(value: Any, written: str) -> None:
    assert text(value) == written


@pytest.mark.parametrize("value", ["\0", "a\x01", "\x1f", "\ud800", "\ufffe", "\uffff"])
def test_text_that_xml_cannot_say(value: str) -> None:
    with pytest.raises(Violation):
        text(value)
    with pytest.raises(Violation):
        request({"idTag": value})


def test_the_headers_of_a_request() -> None:
    header = request({"idTag": "T"})[0]
    addressing = [WSA + name for name in ("Action", "MessageID", "From", "ReplyTo", "To")]
    assert [child.tag for child in header] == [f"{{{CS}}}chargeBoxIdentity", *addressing]
    assert header[0].get(ENV + "mustUnderstand") == "true"
    assert (header[1].text, header[2].text, header[5].text) == ("/Authorize", "urn:uuid:7", "http://you/")
    assert header[4][0].text == "http://www.w3.org/2005/08/addressing/anonymous"


def test_the_headers_of_a_response() -> None:
    header = etree.fromstring(write_response(OLD, Result("7", "Authorize", {"idTagInfo": {"status": "Blocked"}}), "urn:7"))[0]
    assert [(child.tag, child.text) for child in header] == [
        (WSA + "Action", "/AuthorizeResponse"),
        (WSA + "RelatesTo", "urn:7"),
        (WSA + "To", "http://www.w3.org/2005/08/addressing/anonymous"),
    ]


def test_children_come_in_the_order_of_the_schema() -> None:
    body = request({"meterStart": 1, "timestamp": "2026-01-01T10:00:00Z", "idTag": "T", "connectorId": 2}, "StartTransaction")[1][
        0
    ]
    assert [child.tag for child in body] == [f"{{{CS}}}{name}" for name in ("connectorId", "idTag", "timestamp", "meterStart")]


def test_an_empty_message_is_an_empty_element() -> None:
    body = request({}, "Heartbeat")[1][0]
    assert (body.tag, len(body), body.text) == (f"{{{CS}}}heartbeatRequest", 0, None)


def test_what_goes_both_ways_needs_a_caller() -> None:
    assert request({"vendorId": "v"}, "DataTransfer", caller="backend")[1][0].tag == f"{{{CP}}}dataTransferRequest"
    with pytest.raises(ValueError, match="both ways"):
        request({"vendorId": "v"}, "DataTransfer")


def test_attributes_are_unqualified() -> None:
    sample = {"timestamp": "2026-01-01T10:00:00Z", "value": [{"unit": "Wh", "value": '1"'}]}
    value = request({"connectorId": 1, "values": [sample]}, "MeterValues")[1][0][1][1]
    assert (value.text, dict(value.attrib)) == ('1"', {"unit": "Wh"})


@pytest.mark.parametrize("name", ["a b", "<x", "1", "", "x" * 200, "é"])
def test_a_name_that_is_none_in_xml(name: str) -> None:
    with pytest.raises(Violation):
        request({"idTag": "T", name: "1"})


def test_an_unknown_field_may_not_be_endless() -> None:
    deep: Any = "x"
    for _ in range(100):
        deep = {"a": deep}
    with pytest.raises(Violation):
        request({"idTag": "T", "new": deep})


def test_the_subcode_is_in_the_namespace_of_the_operation() -> None:
    status, data = write_fault(OLD, Error("7", "Reset", "SecurityError"), caller="backend")
    value = etree.fromstring(data).find(f".//{ENV}Subcode/{ENV}Value")
    assert value is not None
    assert value.text is not None
    prefix, _, name = value.text.partition(":")
    assert (status, value.nsmap[prefix], name) == (400, CP, "SecurityError")


def test_a_dialect_without_soap() -> None:
    with pytest.raises(ValueError, match="no SOAP form"):
        write_request(read_text(MUTE), Call("1", "Heartbeat", {}), "x", "y", "z")


def test_an_operation_of_json_alone_is_refused() -> None:
    with pytest.raises(Violation, match="JSON only") as caught:
        write_request(NEW, Call("1", "SignCertificate", {"csr": "x"}), "x", "y", "z")
    assert caught.value.code == "NotImplemented"


def test_a_number_that_xml_schema_cannot_hold() -> None:
    call = Call("1", "RemoteStopTransaction", {"transactionId": 1 << 31})
    with pytest.raises(Violation, match="32 bits"):
        write_request(NEW, call, "x", "y", "z")
    assert speakable(call.payload) == {"transactionId": (1 << 31) - 1}
    assert speakable({"a": [-(1 << 40), True]}) == {"a": [-(1 << 31), True]}


def test_a_word_that_soap_spells_otherwise() -> None:
    value = {"timestamp": "2026-01-01T00:00:00Z", "sampledValue": [{"value": "1", "unit": "Celcius"}]}
    call = Call("1", "MeterValues", {"connectorId": 1, "meterValue": [value]})
    assert b"<unit>Celsius</unit>" in write_request(NEW, call, "x", "y", "z")
