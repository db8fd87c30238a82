from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.catalogue import Folders
from gateway.dialects.errors import CODES, Garbled, PeerError
from gateway.dialects.load import load_dialects
from gateway.dialects.soap import (
    SOAP11,
    SOAP12,
    Envelope,
    action_hint,
    error_of,
    read_envelope,
    write_fault,
    write_request,
    write_response,
)
from gateway.messages import Call, Error, Result
from tests import strategies

OLD = load_dialects(Folders())["ocpp1.5"]
CS, CP = "urn://Ocpp/Cs/2012/06/", "urn://Ocpp/Cp/2012/06/"
WSA = "http://www.w3.org/2005/08/addressing"
AUTHORIZE = f'<c:authorizeRequest xmlns:c="{CS}"><c:idTag>TAG</c:idTag></c:authorizeRequest>'
HEADER = (
    f'<c:chargeBoxIdentity xmlns:c="{CS}"> CP-1\n</c:chargeBoxIdentity><a:MessageID xmlns:a="{WSA}">urn:7</a:MessageID>'
    f'<a:From xmlns:a="{WSA}"><a:Address>http://cp/</a:Address></a:From>'
)


def envelope(body: str = AUTHORIZE, header: str = HEADER, version: str = SOAP12) -> bytes:
    return f'<s:Envelope xmlns:s="{version}"><s:Header>{header}</s:Header><s:Body>{body}</s:Body></s:Envelope>'.encode()


def read(data: bytes, **more: Any) -> Envelope:
    return read_envelope(data, [OLD], **more)


def garbled(data: bytes, **more: Any) -> Garbled:
    with pytest.raises(Garbled) as caught:
        read(data, **more)
    return caught.value


def test_a_request() -> None:
    found = read(envelope())
    assert (found.kind, found.action, found.payload, found.dialect) == ("call", "Authorize", {"idTag": "TAG"}, OLD)
    assert (found.identity, found.message_id, found.from_address, found.to) == ("CP-1", "urn:7", "http://cp/", "")
    assert (found.caller, found.namespace, found.soap) == ("station", CS, SOAP12)


@pytest.mark.parametrize("sender", ["station", "backend"])
@given(data=st.data())
def test_what_we_write_we_read(sender: Any, data: st.DataObject) -> None:
    action = data.draw(st.sampled_from(strategies.actions(OLD, sender)))
    call = Call("1", action, data.draw(strategies.payload(OLD, action, "call")))
    found = read(write_request(OLD, call, "CP <1>", "http://me/?a&b", "http://you/", "urn:7", caller=sender))
    assert (found.kind, found.action, found.caller, found.identity) == ("call", action, sender, "CP <1>")
    assert (found.message_id, found.from_address, found.to) == ("urn:7", "http://me/?a&b", "http://you/")
    assert (found.reply_to, found.wsa_action) == (WSA + "/anonymous", "/" + action)
    assert OLD.check("call", action, found.payload) == call.payload
    result = Result("1", action, data.draw(strategies.payload(OLD, action, "result")))
    found = read(write_response(OLD, result, "urn:7", "urn:8", caller=sender))
    assert (found.kind, found.action, found.relates_to, found.identity) == ("result", action, "urn:7", "")
    assert (found.message_id, found.to, found.wsa_action) == ("urn:8", WSA + "/anonymous", f"/{action}Response")
    assert OLD.check("result", action, found.payload) == result.payload


def test_headers_may_be_missing_or_odd() -> None:
    assert read(envelope(header="")).identity == ""
    bare = f'<s:Envelope xmlns:s="{SOAP12}"><s:Body>{AUTHORIZE}</s:Body></s:Envelope>'.encode()
    assert read(bare).action == "Authorize"
    odd = '<ChargeBoxIdentity xmlns="urn://Ocpp/Cp/2010/08/">CP-2</ChargeBoxIdentity>'
    odd += '<x:MessageID xmlns:x="urn:old">m</x:MessageID>'
    assert (read(envelope(header=odd)).identity, read(envelope(header=odd)).message_id) == ("CP-2", "m")


def test_soap_1_1_is_read_too() -> None:
    assert read(envelope(version=SOAP11)).soap == SOAP11


def test_children_without_a_namespace_are_found() -> None:
    assert read(envelope(f'<c:authorizeRequest xmlns:c="{CS}"><idTag>TAG</idTag></c:authorizeRequest>')).payload == {
        "idTag": "TAG"
    }


def test_text_split_by_comments_is_one_text() -> None:
    split = AUTHORIZE.replace("TAG", "T<!-- x -->A<![CDATA[G<]]><?pi?>1")
    assert read(envelope(split)).payload == {"idTag": "TAG<1"}


def test_attributes_text_lists_and_nil() -> None:
    body = (
        f'<meterValuesRequest xmlns="{CS}" xmlns:x="http://www.w3.org/2001/XMLSchema-instance"><connectorId>1</connectorId>'
        '<transactionId x:nil="true"/><values><timestamp>t</timestamp>'
        '<value unit="Wh" x:type="y" odd="1">5</value><value/></values>'
        "</meterValuesRequest>"
    )
    assert read(envelope(body)).payload == {
        "connectorId": "1",
        "transactionId": None,
        "values": [{"timestamp": "t", "value": [{"value": "5", "unit": "Wh"}, {"value": ""}]}],
    }


def test_unknown_elements_are_kept_and_can_be_written_again() -> None:
    extra = "<c:idTag>TAG</c:idTag><c:new>1</c:new><c:more><c:a>1</c:a><c:a>2</c:a><c:b/></c:more>"
    came = read(envelope(AUTHORIZE.replace("<c:idTag>TAG</c:idTag>", extra))).payload
    assert came == {"idTag": "TAG", "new": "1", "more": {"a": ["1", "2"], "b": ""}}
    passed = OLD.check("call", "Authorize", came, "pass")
    assert passed == came
    assert read(write_request(OLD, Call("1", "Authorize", passed), "x", "y", "z")).payload == came


@pytest.mark.parametrize(
    ("name", "hint", "header", "action"),
    [
        ("AuthorizeRequest", "", "", "Authorize"),
        ("authorize", "", "", "Authorize"),
        ("parameters", "", "/Authorize", "Authorize"),
        ("parameters", "", "urn://Ocpp/Cs/2012/06/CentralSystemService/AuthorizeRequest", "Authorize"),
        ("parameters", "/Authorize", "", "Authorize"),
        ("authorizeresponse", "", "", "Authorize"),
    ],
)
def test_an_operation_is_recognised_by_what_there_is(name: str, hint: str, header: str, action: str) -> None:
    said = f'<a:Action xmlns:a="{WSA}">{header}</a:Action>'
    body = f'<c:{name} xmlns:c="{CS}"><c:idTag>TAG</c:idTag></c:{name}>'
    assert read(envelope(body, said), hint=hint).action == action


def test_the_hint_of_http() -> None:
    assert action_hint('application/soap+xml; charset=utf-8; action="/Authorize"', '"/Other"') == "/Authorize"
    assert action_hint("text/xml", '"/Other"') == "/Other"
    assert action_hint() == ""


def test_calls_of_the_other_direction_are_not_supported() -> None:
    reset = f'<c:resetRequest xmlns:c="{CP}"><c:type>Hard</c:type></c:resetRequest>'
    assert read(envelope(reset), caller="backend").action == "Reset"
    error = garbled(envelope(reset), caller="station")
    assert (error.code, error.id) == ("NotSupported", "urn:7")


@pytest.mark.parametrize(
    ("data", "code", "id"),
    [
        (b"", "ProtocolError", None),
        (b"hello", "ProtocolError", None),
        (b"<html><body>login</body></html>", "ProtocolError", None),
        (b"<!DOCTYPE html><html/>", "SecurityError", None),
        (envelope().replace(SOAP12.encode(), b"urn:soap"), "ProtocolError", None),
        (envelope()[:-20], "ProtocolError", None),
        (envelope(""), "ProtocolError", "urn:7"),
        (envelope(AUTHORIZE * 2), "ProtocolError", "urn:7"),
        (envelope().replace(b"</s:Body>", b"</s:Body><s:Body/>"), "ProtocolError", None),
        (envelope().replace(b"<s:Header>", b"<s:Header/><s:Header>"), "ProtocolError", None),
        (f'<s:Envelope xmlns:s="{SOAP12}"/>'.encode(), "ProtocolError", None),
        (envelope(AUTHORIZE.replace("2012/06", "2010/08")), "NotSupported", "urn:7"),
        (envelope(AUTHORIZE.replace("authorize", "dance")), "NotSupported", "urn:7"),
        (envelope(AUTHORIZE.replace("authorizeRequest", "x")), "NotSupported", "urn:7"),
        (envelope(AUTHORIZE.replace("<c:idTag>", "<c:idTag>A</c:idTag><c:idTag>")), "OccurrenceConstraintViolation", "urn:7"),
        (envelope(header=HEADER + HEADER.replace("CP-1", "CP-2")), "ProtocolError", "urn:7"),
        (envelope(header=HEADER + '<x:odd xmlns:x="urn:x" s:mustUnderstand="1"/>'), "ProtocolError", "urn:7"),
        (envelope(AUTHORIZE.replace("TAG", "T\0G")), "ProtocolError", None),
        (envelope(AUTHORIZE.replace("TAG", "&#0;")), "ProtocolError", None),
        (envelope(AUTHORIZE.replace("TAG", "&#xD800;")), "ProtocolError", None),
        (envelope(AUTHORIZE.replace("TAG", "&nbsp;")), "ProtocolError", None),
        (envelope().replace(b"TAG", b"\xed\xa0\x80"), "ProtocolError", None),
        (envelope().replace(b"TAG", b"\xff"), "ProtocolError", None),
        (b'<?xml version="1.0" encoding="UTF-7"?>' + envelope(), "ProtocolError", None),
        (b"<?xml version='1.0' encoding='cp037'?>" + envelope(), "ProtocolError", None),
        (b"\xff\xfe\x00\x00" + envelope().decode().encode("utf-32-le"), "ProtocolError", None),
        (b"\xff\xfe<", "ProtocolError", None),
        (envelope("<a>" * 10_000 + "</a>" * 10_000), "ProtocolError", None),
        (envelope(AUTHORIZE.replace("</c:a", "<c:x>" * 60 + "</c:x>" * 60 + "</c:a")), "FormatViolation", "urn:7"),
    ],
)
def test_what_is_no_envelope_of_ours(data: bytes, code: str, id: str | None) -> None:
    error = garbled(data)
    assert (error.code, error.id) == (code, id)


LAUGHS = (
    "<!DOCTYPE l [<!ENTITY a 'ha'>"
    + "".join(f"<!ENTITY {b} '{f'&{a};' * 10}'>" for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    + "]>"
)


@pytest.mark.parametrize(
    "doctype",
    [
        LAUGHS,
        '<!DOCTYPE x [<!ENTITY i SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE x [<!ENTITY % i SYSTEM "http://127.0.0.1:1/x.dtd"> %i;]>',
        '<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd">',
    ],
    ids=["laughs", "file", "parameter", "external"],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_document_type_is_refused_unread(doctype: str, encoding: str) -> None:
    text = doctype + envelope(AUTHORIZE.replace("TAG", "&i;")).decode()
    assert garbled(text.encode(encoding)).code == "SecurityError"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "iso-8859-1"])
def test_other_encodings_are_read(encoding: str) -> None:
    declared = encoding if encoding.startswith("iso") else encoding[:6].rstrip("-")
    text = f'<?xml version="1.0" encoding="{declared}"?>' + envelope(AUTHORIZE.replace("TAG", "Tä")).decode()
    assert read(text.encode(encoding)).payload == {"idTag": "Tä"}


def test_blank_lines_before_the_declaration() -> None:
    assert read(b'\r\n <?xml version="1.0"?>' + envelope()).action == "Authorize"


def test_a_megabyte_of_text_is_only_too_long() -> None:
    found = read(envelope(AUTHORIZE.replace("TAG", "x" * 2**20)))
    with pytest.raises(PeerError) as caught:
        OLD.check("call", "Authorize", found.payload)
    assert caught.value.code == "PropertyConstraintViolation"


def test_structure_where_text_belongs_is_no_text() -> None:
    found = read(envelope(AUTHORIZE.replace("TAG", "T<c:b>A</c:b>G")))
    with pytest.raises(PeerError) as caught:
        OLD.check("call", "Authorize", found.payload)
    assert caught.value.code == "TypeConstraintViolation"


@pytest.mark.parametrize("version", [SOAP12, SOAP11])
@pytest.mark.parametrize("code", CODES)
def test_faults_there_and_back(code: str, version: str) -> None:
    status, data = write_fault(OLD, Error("7", "Authorize", code, "no <b>\x01"), "urn:7", soap=version)
    found = read(data)
    assert (found.kind, found.relates_to, found.soap) == ("fault", "urn:7", version)
    assert found.fault is not None
    back = error_of(OLD, found, "7", "Authorize")
    assert (back.id, back.action, back.description) == ("7", "Authorize", "no <b>?")
    kin = {
        "FormatViolation",
        "PropertyConstraintViolation",
        "OccurrenceConstraintViolation",
        "TypeConstraintViolation",
        "RpcFrameworkError",
    }
    expected = {"NotImplemented": "NotSupported", "MessageTypeNotSupported": "NotSupported", "GenericError": "InternalError"}
    if version == SOAP12:
        assert back.code == ("ProtocolError" if code in kin else expected.get(code, code))
        assert status == (400 if found.fault[0] == "Sender" else 500)


SUBCODE = "<s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>{}</s:Value></s:Subcode></s:Code>"


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("<s:Code><s:Value>s:Sender</s:Value></s:Code>", "ProtocolError"),
        ("<s:Code><s:Value>s:Receiver</s:Value></s:Code>", "InternalError"),
        (
            "<s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>x:IdentityMismatch</s:Value></s:Subcode></s:Code>",
            "InternalError",
        ),
        ("<s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>UrlMismatch</s:Value></s:Subcode></s:Code>", "ProtocolError"),
        ("<faultcode>SOAP-ENV:Client.SecurityError</faultcode>", "SecurityError"),
        ("<faultcode>s:Server</faultcode>", "InternalError"),
        ("", "InternalError"),
    ],
)
def test_faults_of_others(fault: str, code: str) -> None:
    found = read(envelope(f"<s:Fault>{fault}</s:Fault>", ""))
    assert error_of(OLD, found, "7", "X").code == code


def test_a_fault_where_no_dialect_could_be_made_out() -> None:
    status, data = write_fault(None, Error("", "", "NotSupported", "which version is this?"))
    assert (status, read(data).fault) == (400, ("Sender", "", "which version is this?"))


PIECES = [
    "<",
    ">",
    "</",
    "/>",
    "s:Envelope",
    "s:Body",
    "&#0;",
    "&x;",
    "<![CDATA[",
    "]]>",
    "<!--",
    "-->",
    "\0",
    "\ud800",
    " ",
    "'",
    '"',
    "xmlns=",
]


@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass")))
@example(b"\xfe\xff")
def test_any_bytes_are_garbled(data: bytes) -> None:
    assert isinstance(garbled(data), PeerError)


@given(st.data())
def test_a_damaged_envelope_is_read_or_refused(data: st.DataObject) -> None:
    text = envelope().decode()
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 12)))
        text = text[:start] + data.draw(st.sampled_from(PIECES) | st.just(text[end : end + 20])) + text[end:]
    try:
        found = read(text.encode("utf-8", "surrogatepass"))
        if found.kind != "fault":
            OLD.check("call" if found.kind == "call" else "result", found.action, found.payload, "drop")
    except PeerError:
        pass
