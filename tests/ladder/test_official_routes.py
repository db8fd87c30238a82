"""Every route between the 1.x dialects, of one step or two: valid in, and valid by the *official* schemas out, in each codec."""

from __future__ import annotations

import json
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from gateway.catalogue import Folders
from gateway.dialects.load import load_dialects
from gateway.dialects.ocppj import write_frame
from gateway.dialects.schema import Dialect
from gateway.dialects.soap import write_request, write_response
from gateway.dialects.soap_write import speakable
from gateway.ladder.facts import Context, Recorded
from gateway.ladder.ladder import Ladder
from gateway.ladder.losses import Refused
from gateway.messages import Call, Result, Side
from tests import strategies, wsdls

DIALECTS = load_dialects(Folders())
LADDER = Ladder.load(Folders(), DIALECTS)
NAMES = ["ocpp1.2", "ocpp1.5", "ocpp1.6"]
SIDES: list[Side] = ["station", "backend"]
EACH = [
    (near, far, side, action)
    for near in NAMES
    for far in NAMES
    if near != far
    for side in SIDES
    for action in strategies.actions(DIALECTS[near], side)
]


@cache
def xsd(version: str, side: Side) -> etree.XMLSchema:
    return wsdls.schema(version, side)


@cache
def official(action: str, kind: str) -> Any:
    name = f"{action}.json" if kind == "call" else f"{action}Response.json"
    text = resources.files("ocpp").joinpath("v16", "schemas", name).read_text(encoding="utf-8-sig")
    schema = json.loads(text, parse_float=Decimal)
    return jsonschema.validators.validator_for(schema)(schema)


def valid(dialect: Dialect, kind: str, action: str, payload: Any, side: Side) -> None:
    """By our dialect and by the official schema of each codec."""
    assert dialect.check(kind, action, payload) == payload
    message: Call | Result = Call("1", action, payload) if kind == "call" else Result("1", action, payload)
    if dialect.name == "ocpp1.6":
        official(action, kind).validate(json.loads(write_frame(message, dialect), parse_float=Decimal)[-1])
    if dialect.messages[action].codec in (None, "soap"):
        fit = message.__class__("1", action, speakable(payload))  # numbers that xs:int can hold
        if isinstance(fit, Call):
            written = write_request(dialect, fit, "CP", "http://a/", "http://b/", caller=side)
        else:
            written = write_response(dialect, fit, "urn:1", caller=side)
        xsd(dialect.name.removeprefix("ocpp"), side).assertValid(etree.fromstring(written)[1][0])


@pytest.mark.parametrize(("near", "far", "side", "action"), EACH, ids=["-".join(one) for one in EACH])
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_valid_by_the_official_schemas(near: str, far: str, side: Side, action: str, data: st.DataObject) -> None:
    route = LADDER.route(near, far)
    asked = route.from_dialect.check("call", action, data.draw(strategies.payload(route.from_dialect, action, "call")))
    passage = route.request(action, asked, Context(Recorded()))
    if passage.action is None:
        assert passage.refusal is not None or passage.answer is not None
        if passage.answer is not None:
            valid(route.from_dialect, "result", action, passage.answer, side)
        return
    valid(route.to_dialect, "call", passage.action, passage.payload, side)
    told = data.draw(strategies.payload(route.to_dialect, passage.action, "result"))
    try:
        made, _ = passage.result(route.to_dialect.check("result", passage.action, told), Context(Recorded()))
    except Refused:
        return
    valid(route.from_dialect, "result", action, made, side)
