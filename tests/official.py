"""Validity by what others wrote: the official XML Schemas and the JSON schemas of PyPI ``ocpp``, beside our own dialects."""

from __future__ import annotations

import json
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Any

import jsonschema
from lxml import etree

from gateway.dialects.ocppj import write_frame
from gateway.dialects.schema import Dialect
from gateway.dialects.soap import write_request, write_response
from gateway.dialects.soap_write import speakable
from gateway.messages import Call, Result, Side
from tests import wsdls

FOLDERS = {"ocpp1.6": "v16", "ocpp2.0.1": "v201", "ocpp2.1": "v21"}


@cache
def xsd(version: str, side: Side) -> etree.XMLSchema:
    """The schema of the service that ``side`` calls; skips the test where there is none."""
    return wsdls.schema(version, side)


@cache
def json_schema(folder: str, action: str, kind: str) -> Any:
    """The validator of a message of PyPI ``ocpp``."""
    request = "" if folder == "v16" else "Request"
    name = f"{action}{request}.json" if kind == "call" else f"{action}Response.json"
    text = resources.files("ocpp").joinpath(folder, "schemas", name).read_text(encoding="utf-8-sig")
    schema = json.loads(text, parse_float=Decimal)
    return jsonschema.validators.validator_for(schema)(schema)


def valid(dialect: Dialect, kind: str, action: str, payload: Any, side: Side) -> None:
    """By our dialect and by the official schema of each codec; ``side`` is who makes the call."""
    assert dialect.check(kind, action, payload) == payload
    message: Call | Result = Call("1", action, payload) if kind == "call" else Result("1", action, payload)
    if dialect.name in FOLDERS:
        frame = json.loads(write_frame(message, dialect), parse_float=Decimal)
        json_schema(FOLDERS[dialect.name], action, kind).validate(frame[-1])
    if dialect.soap is not None and dialect.messages[action].codec in (None, "soap"):
        fit = message.__class__("1", action, speakable(payload))  # numbers that xs:int can hold
        if isinstance(fit, Call):
            written = write_request(dialect, fit, "CP", "http://a/", "http://b/", caller=side)
        else:
            written = write_response(dialect, fit, "urn:1", caller=side)
        xsd(dialect.name.removeprefix("ocpp"), side).assertValid(etree.fromstring(written)[1][0])
