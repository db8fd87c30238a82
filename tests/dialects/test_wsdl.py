"""zeep is the reference: it uses our WSDL and the official one unaided, and each understands what the other writes."""

from __future__ import annotations

import io
from decimal import Decimal
from functools import cache
from typing import Any

import pytest
import zeep
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from gateway.catalogue import Folders
from gateway.dialects.load import load_dialects, read_text
from gateway.dialects.shapes import Shape
from gateway.dialects.soap import read_envelope, write_fault, write_request, write_response
from gateway.dialects.soap_write import speakable
from gateway.dialects.wsdl import write_wsdl
from gateway.messages import Call, Error, Result, Side
from tests import strategies, wsdls
from tests.dialects.test_load import SMALL
from tests.dialects.test_soap_write import MUTE

DIALECTS = load_dialects(Folders())
SOAP = {name: dialect for name, dialect in DIALECTS.items() if dialect.soap is not None}
SIDES: list[Side] = ["station", "backend"]
EVERY = [(name, side, action) for name, one in SOAP.items() for side in SIDES for action in strategies.actions(one, side, "soap")]


class Wire(zeep.Transport):
    """A transport without a network: it keeps what zeep sends and answers with ``answer``."""

    def __init__(self) -> None:
        super().__init__()
        self.sent = b""
        self.answer: tuple[int, bytes] = (200, b"")

    def post(self, address: str, message: bytes, headers: Any) -> Any:
        self.sent = message

        class Response:
            status_code, content, encoding = self.answer[0], self.answer[1], "utf-8"
            headers = {"Content-Type": "application/soap+xml; charset=utf-8"}

        return Response()


@cache
def client(name: str, side: Side, official: bool) -> tuple[zeep.Client, Wire]:
    wire = Wire()
    source: Any = io.BytesIO(write_wsdl(SOAP[name], side, "http://gateway.example/?a&b"))
    if official:
        source = io.BytesIO(wsdls.find(name.removeprefix("ocpp"), side).read_bytes())
    return zeep.Client(source, transport=wire), wire


def service(name: str, side: Side, official: bool) -> tuple[Any, Wire]:
    made, wire = client(name, side, official)
    port = next(iter(next(iter(made.wsdl.services.values())).ports.values()))
    return made.create_service(port.binding.name, "http://gateway.example/"), wire


def zeeped(shape: Shape, payload: dict[str, Any]) -> dict[str, Any]:
    """A payload with the names that zeep gives to the text of an element."""
    made: dict[str, Any] = {}
    for name, value in payload.items():
        field = shape.fields[name]
        inner = field.type
        if isinstance(inner, Shape):
            value = [zeeped(inner, one) for one in value] if field.many else zeeped(inner, value)
        made["_value_1" if field.place == "text" else name] = value
    return made


IDENTITY = {"ChargeBoxIdentity": "CP-1"}


@pytest.mark.parametrize("official", [False, True], ids=["ours", "official"])
@pytest.mark.parametrize(("name", "side", "action"), EVERY)
@settings(max_examples=6, deadline=None)
@given(data=st.data())
def test_zeep_and_we_understand_each_other(name: str, side: Side, action: str, official: bool, data: st.DataObject) -> None:
    caller, wire = service(name, side, official)
    dialect, message = SOAP[name], SOAP[name].messages[action]
    payload = speakable(data.draw(strategies.payload(dialect, action, "call")))
    result = speakable(data.draw(strategies.payload(dialect, action, "result")))
    wire.answer = 200, write_response(dialect, Result("1", action, result), "urn:7", caller=side)
    got = caller[action](**zeeped(message.request, payload), _soapheaders=IDENTITY)
    found = read_envelope(wire.sent, [*SOAP.values()], caller=side)
    assert (found.kind, found.action, found.identity, found.dialect) == ("call", action, "CP-1", dialect)
    assert plain(dialect.check("call", action, found.payload)) == plain(payload)
    assert unzeeped(message.result, got) == plain(result)


def unzeeped(shape: Shape, got: Any) -> Any:
    """What zeep understood, as a payload.  It unwraps a result of one field, and gives None for an empty one."""
    if got is None:
        return {}
    fields = list(shape.fields.values())
    if len(fields) == 1 and not hasattr(got, "__values__"):
        inner = fields[0].type
        return {fields[0].name: plain(zeep.helpers.serialize_object(got, dict)) if not isinstance(inner, Shape) else got}
    value = plain(zeep.helpers.serialize_object(got, dict))
    if len(fields) == 1 and isinstance(fields[0].type, Shape) and fields[0].name not in value:
        return {fields[0].name: value}
    return value


def plain(value: Any) -> Any:
    """Without the differences that are no differences: absent, null and empty; the spelling of a time; text that is ''."""
    if isinstance(value, dict):
        return {name: made for name, one in value.items() if (made := plain(one)) not in (None, [], "", {})}
    if isinstance(value, list):
        return ["" if one is None else plain(one) for one in value]  # zeep's word for empty text is None
    if hasattr(value, "isoformat"):
        return value.isoformat()[:19]
    if isinstance(value, str) and len(value) >= 20 and value[10] == "T" and value.endswith("Z"):
        return value[:19]
    return value


@pytest.mark.parametrize("name", SOAP)
@pytest.mark.parametrize("side", SIDES)
def test_zeep_sees_our_fault(name: str, side: Side) -> None:
    caller, wire = service(name, side, False)
    status, data = write_fault(SOAP[name], Error("1", "X", "SecurityError", "go away"), "urn:7", caller=side)
    wire.answer = status, data
    with pytest.raises(zeep.exceptions.Fault, match="go away") as caught:
        caller["Heartbeat" if side == "station" else "ClearCache"](_soapheaders=IDENTITY)
    assert [code.localname for code in caught.value.subcodes] == ["SecurityError"]


@pytest.mark.parametrize("name", SOAP)
@pytest.mark.parametrize("side", SIDES)
def test_our_service_is_the_official_one(name: str, side: Side) -> None:
    """Same operations, elements, order and cardinality; read by zeep from both documents."""
    ours, theirs = (signatures(client(name, side, official)[0]) for official in (False, True))
    if (name, side) == ("ocpp1.6", "station"):
        # The WSDL of 1.6 allows MeterValues without a value; its text and its JSON schemas do not, and no more do we.
        action, (fields, attributes), result = theirs["MeterValues"]
        fields = [
            (one, 1, most, inner) if one == "meterValue" else (one, least, most, inner) for one, least, most, inner in fields
        ]
        theirs["MeterValues"] = action, (fields, attributes), result
    assert ours == theirs


def signatures(made: zeep.Client) -> dict[str, Any]:
    port = next(iter(next(iter(made.wsdl.services.values())).ports.values()))
    found = {}
    for name, operation in port.binding._operations.items():
        found[name] = operation.soapaction, tree(operation.input.body.type), tree(operation.output.body.type)
    return found


def tree(kind: Any) -> Any:
    if not hasattr(kind, "elements"):
        return None
    children = [(name, one.min_occurs, one.max_occurs, tree(one.type)) for name, one in kind.elements]
    return children, sorted(name for name, _ in kind.attributes)


def test_lengths_steps_and_texts_stand_in_the_schema() -> None:
    root = etree.fromstring(write_wsdl(read_text(SMALL), "station", "http://x/"))
    xs = "{http://www.w3.org/2001/XMLSchema}"
    assert [one.get("value") for one in root.iter(f"{xs}fractionDigits")] == ["1"]
    assert [one.get("base") for one in root.iter(f"{xs}extension")] == ["xs:string"]
    assert [one.get("type") for one in root.iter(f"{xs}element") if one.get("name") == "plug"] == ["xs:int"]
    (schema,) = root.iter(f"{xs}schema")
    valid = etree.XMLSchema(etree.fromstring(etree.tostring(schema)))
    call = Call("1", "Begin", {"plug": 1, "at": "2026-01-01T10:00:00Z", "price": Decimal("0.2")})
    body = etree.fromstring(write_request(read_text(SMALL), call, "x", "y", "z"))[1][0]
    valid.assertValid(body)
    body[2].text = "0.25"
    assert not valid.validate(body)


def test_a_dialect_without_soap_has_no_wsdl() -> None:
    with pytest.raises(ValueError, match="no SOAP form"):
        write_wsdl(read_text(MUTE), "station", "http://x/")
