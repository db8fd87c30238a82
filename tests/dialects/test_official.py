"""What we write is valid by the official schemas; what others wrote on the wire is read."""

from __future__ import annotations

import json
from decimal import Decimal
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from gateway.catalogue import Folders
from gateway.dialects.load import load_dialects
from gateway.dialects.ocppj import read_frame, write_frame
from gateway.dialects.schema import Dialect
from gateway.dialects.soap import read_envelope, write_request, write_response
from gateway.dialects.soap_write import speakable
from gateway.messages import Call, Result, Side
from tests import strategies, wsdls

DIALECTS = load_dialects(Folders())
OLD, NEW = DIALECTS["ocpp1.5"], DIALECTS["ocpp1.6"]
SIDES: list[Side] = ["station", "backend"]
CAPTURES = Path(__file__).resolve().parents[3] / "shared" / "captures"
SOAP = [dialect for dialect in DIALECTS.values() if dialect.soap is not None]
ENVELOPES = sorted(CAPTURES.glob("sim_soap_*/*/*.http")) + sorted(CAPTURES.glob("gsoap_*/*.http"))
TRACE = CAPTURES / "sim_ocppj_1.6J.trace.jsonl"


@cache
def xml_schema(version: str, side: Side) -> etree.XMLSchema:
    root = etree.fromstring(wsdls.find(version, side).read_bytes())
    schema = root.find(".//{http://www.w3.org/2001/XMLSchema}schema")
    assert schema is not None
    return etree.XMLSchema(etree.fromstring(etree.tostring(schema)))  # alone, it needs the outer prefixes written into it


SOAP_EACH = [(d, s, a, k) for d in SOAP for s in SIDES for a in strategies.actions(d, s, "soap") for k in ("call", "result")]


@pytest.mark.parametrize(
    ("dialect", "side", "action", "kind"), SOAP_EACH, ids=[f"{d.name}-{s}-{a}-{k}" for d, s, a, k in SOAP_EACH]
)
@settings(max_examples=40)
@given(data=st.data())
def test_soap_is_valid_by_the_official_wsdl(dialect: Dialect, side: Side, action: str, kind: str, data: st.DataObject) -> None:
    payload = speakable(data.draw(strategies.payload(dialect, action, kind)))  # numbers that fit xs:int
    if kind == "call":
        written = write_request(dialect, Call("1", action, payload), "CP-1", "http://a/", "http://b/", caller=side)
    else:
        written = write_response(dialect, Result("1", action, payload), "urn:1", caller=side)
    body = etree.fromstring(written)[1][0]
    xml_schema(dialect.name.removeprefix("ocpp"), side).assertValid(body)
    found = read_envelope(written, SOAP, caller=side)
    assert (found.dialect, found.action, found.kind) == (dialect, action, kind)
    assert dialect.check(kind, action, found.payload) == dialect.check(kind, action, payload)


@cache
def json_schema(action: str, kind: str) -> Any:
    name = f"{action}.json" if kind == "call" else f"{action}Response.json"
    text = resources.files("ocpp").joinpath("v16", "schemas", name).read_text(encoding="utf-8-sig")
    schema = json.loads(text, parse_float=Decimal)
    return jsonschema.validators.validator_for(schema)(schema)


@pytest.mark.parametrize(("action", "kind"), [(a, k) for a in NEW.messages for k in ("call", "result")])
@settings(max_examples=40)
@given(data=st.data())
def test_json_is_valid_by_the_official_schemas(action: str, kind: str, data: st.DataObject) -> None:
    payload = data.draw(strategies.payload(NEW, action, kind))
    message = Call("1", action, payload) if kind == "call" else Result("1", action, payload)
    frame = json.loads(write_frame(message, NEW), parse_float=Decimal)
    json_schema(action, kind).validate(frame[-1])


def test_every_operation_of_the_official_set_is_there() -> None:
    names = {path.name.removesuffix(".json") for path in resources.files("ocpp").joinpath("v16", "schemas").iterdir()}
    assert {name for name in names if not name.endswith("Response")} - set(NEW.messages) <= {"__init__.py"}
    counts = {d.name: tuple(len(strategies.actions(d, side, "soap")) for side in SIDES) for d in SOAP}
    assert counts == {"ocpp1.2": (9, 9), "ocpp1.5": (10, 15), "ocpp1.6": (10, 19)}


@pytest.mark.skipif(not ENVELOPES, reason="no captured envelopes beside this checkout (../shared/captures)")
@pytest.mark.parametrize("path", ENVELOPES, ids=[str(path.relative_to(CAPTURES)) for path in ENVELOPES])
def test_captured_envelopes_are_read(path: Path) -> None:
    found = read_envelope(path.read_bytes().partition(b"\r\n\r\n")[2], SOAP)
    expected = path.stem.partition("_")[2].partition("_")[2]
    if found.kind == "fault":
        assert expected == "Fault"
        return
    assert expected.lower() == found.action.lower() + ("request" if found.kind == "call" else "response")
    assert found.dialect is not None
    assert found.dialect.check(found.kind, found.action, found.payload) is not None
    if found.kind == "call":
        assert found.identity
        assert found.message_id


@pytest.mark.skipif(not TRACE.is_file(), reason="no captured frames beside this checkout (../shared/captures)")
def test_captured_frames_are_read_and_written_again() -> None:
    asked: dict[str, str] = {}
    raws = [line["raw"] for line in map(json.loads, TRACE.read_text().splitlines()) if line.get("raw")]
    for raw in raws:
        message = read_frame(raw)
        assert json.loads(write_frame(message, NEW)) == json.loads(raw)
        if isinstance(message, Call):
            asked[message.id] = message.action
            NEW.check("call", message.action, message.payload)
        elif isinstance(message, Result):
            NEW.check("result", asked[message.id], message.payload)
    assert asked
