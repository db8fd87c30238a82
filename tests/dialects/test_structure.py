"""Field by field: types, lengths, cardinalities and words of our 1.x dialects are those of the official schemas."""

from __future__ import annotations

import json
from decimal import Decimal
from importlib import resources
from typing import Any

import pytest
from lxml import etree

from gateway.catalogue import Folders
from gateway.dialects.load import load_dialects
from gateway.dialects.schema import Enum, Field, Shape
from gateway.dialects.wsdl import write_wsdl
from gateway.messages import Side
from tests import wsdls

XS = "{http://www.w3.org/2001/XMLSchema}"
DIALECTS = load_dialects(Folders())
SOAP = {name: dialect for name, dialect in DIALECTS.items() if dialect.soap is not None}
NEW = DIALECTS["ocpp1.6"]
SIDES: list[Side] = ["station", "backend"]

# ------------------------------------------------------------------------------------------------------- XML Schema


class Xsd:
    """A schema with every type resolved: what an element of the body may hold."""

    def __init__(self, wsdl: bytes) -> None:
        self.root = next(etree.fromstring(wsdl).iter(f"{XS}schema"))
        self.types = {one.get("name"): one for one in self.root if one.tag != f"{XS}element"}

    def elements(self) -> dict[str, Any]:
        return {str(one.get("name")): self.kind(one) for one in self.root if one.tag == f"{XS}element"}

    def kind(self, one: Any) -> Any:
        """The type of an element or attribute, by name or inline."""
        name = one.get("type")
        inline = next((child for child in one if child.tag in (f"{XS}simpleType", f"{XS}complexType")), None)
        if inline is not None:
            return self.type(inline)
        word = str(name).rpartition(":")[2]
        return self.type(self.types[word]) if word in self.types else word

    def type(self, one: Any) -> Any:
        if one.tag == f"{XS}simpleType":
            return self.simple(one.find(f"{XS}restriction"))
        extension = one.find(f"{XS}simpleContent/{XS}extension")
        if extension is not None:
            base = str(extension.get("base")).rpartition(":")[2]
            base = self.type(self.types[base]) if base in self.types else base
            return ("text", base, {str(a.get("name")): self.kind(a) for a in extension.iter(f"{XS}attribute")})
        children = list(one.iter(f"{XS}element"))
        return [(c.get("name"), c.get("minOccurs", "1"), c.get("maxOccurs", "1"), self.kind(c)) for c in children]

    def simple(self, one: Any) -> Any:
        words = frozenset(str(value.get("value")) for value in one.iter(f"{XS}enumeration"))
        lengths = [value.get("value") for value in one.iter(f"{XS}maxLength")]
        digits = [value.get("value") for value in one.iter(f"{XS}fractionDigits")]
        base = str(one.get("base")).rpartition(":")[2]
        if not words and not lengths and not digits:
            return base
        return words or (base, *lengths, *digits)


@pytest.mark.parametrize("name", SOAP)
@pytest.mark.parametrize("side", SIDES)
def test_soap_field_by_field(name: str, side: Side) -> None:
    ours = Xsd(write_wsdl(SOAP[name], side, "http://x/")).elements()
    theirs = Xsd(wsdls.find(name.removeprefix("ocpp"), side).read_bytes()).elements()
    if (name, side) == ("ocpp1.6", "station"):
        # The WSDL of 1.6 allows MeterValues without a value; its text and its JSON schemas do not, and no more do we.
        fields = theirs["meterValuesRequest"]
        theirs["meterValuesRequest"] = [(f, "1" if f == "meterValue" else least, most, k) for f, least, most, k in fields]
    assert set(ours) == set(theirs)
    for element, kind in theirs.items():
        assert ours[element] == kind, element


# ------------------------------------------------------------------------------------------------------- JSON Schema
def official(action: str, kind: str) -> Any:
    name = f"{action}.json" if kind == "call" else f"{action}Response.json"
    text = resources.files("ocpp").joinpath("v16", "schemas", name).read_text(encoding="utf-8-sig")
    return json.loads(text, parse_float=Decimal)


def resolved(schema: Any, top: Any) -> Any:
    """Types, lengths, words and cardinalities of a schema; the rest (titles, formats) is left out."""
    if "$ref" in schema:
        schema = top["definitions"][schema["$ref"].rpartition("/")[2]]
    if schema.get("type") == "object" or "properties" in schema:
        needed = set(schema.get("required", []))
        return {name: (name in needed, resolved(one, top)) for name, one in schema.get("properties", {}).items()}
    if schema.get("type") == "array":
        return [resolved(schema["items"], top)]
    if "enum" in schema:
        # Two spellings of one unit, and one that a single schema of the set has: see the dialect file.
        return frozenset({"Celsius": "Celcius"}.get(word, word) for word in schema["enum"]) - {"Hertz"}
    kind = "dateTime" if schema.get("format") == "date-time" else schema["type"]
    return (kind, schema.get("maxLength"))


def ours_of(shape: Shape) -> Any:
    made = {}
    for field in shape.fields.values():
        one = _ours(field)
        made[field.name] = (field.required, [one] if field.many else one)
    return made


def _ours(field: Field) -> Any:
    if isinstance(field.type, Shape):
        return ours_of(field.type)
    if isinstance(field.type, Enum):
        return frozenset(field.type.values)
    kinds = {"decimal": "number", "anyURI": "string", "any": "string"}
    return (kinds.get(field.type.kind, field.type.kind), field.max_length)


@pytest.mark.parametrize("kind", ["call", "result"])
@pytest.mark.parametrize("action", NEW.messages)
def test_json_field_by_field(action: str, kind: str) -> None:
    schema = official(action, kind)
    assert ours_of(NEW.messages[action].shape(kind)) == resolved(schema, schema)
