"""Writes the WSDL 1.1 of a dialect: the service that one side offers to the other.

In: a dialect with a SOAP form.  Out: the bytes of the document; element order, enums and lengths as in the dialect file.
Not here: serving it (`gateway.relay`).
"""

from __future__ import annotations

from collections.abc import Iterator

from gateway.dialects.envelopes import element
from gateway.dialects.schema import Dialect, Enum, Field, MessageType, Shape, SoapCodec
from gateway.dialects.soap_write import text
from gateway.messages import Side

_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<wsdl:definitions xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/"'
    ' xmlns:soap12="http://schemas.xmlsoap.org/wsdl/soap12/" xmlns:xs="http://www.w3.org/2001/XMLSchema"'
    ' xmlns:wsaw="http://www.w3.org/2006/05/addressing/wsdl" xmlns:tns="{space}" targetNamespace="{space}">\n'
)
_SCALARS = {"integer": "xs:int", "any": "xs:string"}


def write_wsdl(dialect: Dialect, sender: Side, address: str) -> bytes:
    """The service that ``sender`` calls (a station calls the back end's), found at ``address``.

    ValueError where the dialect has no SOAP form.
    """
    codec = dialect.soap
    if codec is None:
        raise ValueError(f"{dialect.name} has no SOAP form")
    messages = [m for m in dialect.messages.values() if m.sender in (sender, "both") and m.codec in (None, "soap")]
    space, service = text(codec.namespaces[sender]), codec.services[sender]
    parts = [_HEAD.format(space=space), "<wsdl:types>\n"]
    parts += [f'<xs:schema targetNamespace="{space}" elementFormDefault="qualified">\n']
    parts += [*_types(messages, codec), *_elements(messages, codec), "</xs:schema>\n</wsdl:types>\n", *_messages(messages, codec)]
    parts += [*_port(messages, service), *_binding(messages, codec, service)]
    parts.append(f'<wsdl:service name="{service}"><wsdl:port name="{service}Soap12" binding="tns:{service}Soap">')
    parts.append(f'<soap12:address location="{text(address)}"/></wsdl:port></wsdl:service>\n</wsdl:definitions>\n')
    return "".join(parts).encode()


def _types(messages: list[MessageType], codec: SoapCodec) -> Iterator[str]:
    """Each enum and shape once, by name; a message's own shapes are named after it."""
    done: set[str] = set()
    for message in messages:
        for kind in ("call", "result"):
            shape = message.shape(kind)
            yield from _named(shape, done, codec)
            yield f'<xs:complexType name="{_pdu(message, kind)}">{_content(shape, codec)}</xs:complexType>\n'


def _pdu(message: MessageType, kind: str) -> str:
    name = element(message.action, kind)
    return name[:1].upper() + name[1:]


def _named(shape: Shape, done: set[str], codec: SoapCodec) -> Iterator[str]:
    """The types that the fields of ``shape`` name, inner ones first."""
    for field in shape.fields.values():
        kind = field.type
        if not isinstance(kind, Enum | Shape) or kind.name in done:
            continue
        done.add(kind.name)
        if isinstance(kind, Enum):
            spelled = codec.spelled.get(kind.name, {})
            values = "".join(f'<xs:enumeration value="{text(spelled.get(value, value))}"/>' for value in kind.values)
            inside = f'<xs:restriction base="xs:string">{values}</xs:restriction>'
            yield f'<xs:simpleType name="{kind.name}">{inside}</xs:simpleType>\n'
        else:
            yield from _named(kind, done, codec)
            yield f'<xs:complexType name="{kind.name}">{_content(kind, codec)}</xs:complexType>\n'


def _content(shape: Shape, codec: SoapCodec) -> str:
    own = shape.text
    attributes = "".join(_attribute(field, codec) for field in shape.fields.values() if field.place == "attribute")
    if own is not None:
        return f'<xs:simpleContent><xs:extension base="{_type(own, codec)}">{attributes}</xs:extension></xs:simpleContent>'
    children = "".join(_child(field, codec) for field in shape.fields.values() if field.place == "element")
    return f"<xs:sequence>{children}</xs:sequence>{attributes}"


def _type(field: Field, codec: SoapCodec) -> str:
    if isinstance(field.type, Enum | Shape):
        return f"tns:{field.type.name}"
    kind = field.type.kind
    if kind == "integer" and min(field.bits, codec.integers) != 32:
        return "xs:integer"
    return _SCALARS.get(kind, f"xs:{kind}")


def _restricted(field: Field, codec: SoapCodec) -> str:
    """The inline restriction of a field with a length or a step, or an empty text."""
    facet = ""
    if field.max_length is not None:
        facet = f'<xs:maxLength value="{field.max_length}"/>'
    elif field.step is not None:
        exponent = field.step.normalize().as_tuple().exponent
        assert isinstance(exponent, int)
        facet = f'<xs:fractionDigits value="{max(0, -exponent)}"/>'
    base = _type(field, codec)
    return f'<xs:simpleType><xs:restriction base="{base}">{facet}</xs:restriction></xs:simpleType>' if facet else ""


def _child(field: Field, codec: SoapCodec) -> str:
    least = field.least if field.many else int(field.required)
    counts = f'minOccurs="{least}" maxOccurs="{"unbounded" if field.many else 1}"'
    inline = _restricted(field, codec)
    if inline:
        return f'<xs:element name="{field.name}" {counts}>{inline}</xs:element>'
    return f'<xs:element name="{field.name}" type="{_type(field, codec)}" {counts}/>'


def _attribute(field: Field, codec: SoapCodec) -> str:
    use, inline = "required" if field.required else "optional", _restricted(field, codec)
    if inline:
        return f'<xs:attribute name="{field.name}" use="{use}">{inline}</xs:attribute>'
    return f'<xs:attribute name="{field.name}" type="{_type(field, codec)}" use="{use}"/>'


def _elements(messages: list[MessageType], codec: SoapCodec) -> Iterator[str]:
    yield f'<xs:element name="{codec.identity}" type="xs:string"/>\n'
    for message in messages:
        for kind in ("call", "result"):
            yield f'<xs:element name="{element(message.action, kind)}" type="tns:{_pdu(message, kind)}"/>\n'


def _part(codec: SoapCodec) -> str:
    return codec.identity[:1].upper() + codec.identity[1:]


def _messages(messages: list[MessageType], codec: SoapCodec) -> Iterator[str]:
    yield f'<wsdl:message name="Header"><wsdl:part name="{_part(codec)}" element="tns:{codec.identity}"/></wsdl:message>\n'
    for message in messages:
        for kind, way in (("call", "Input"), ("result", "Output")):
            part = f'<wsdl:part name="parameters" element="tns:{element(message.action, kind)}"/>'
            yield f'<wsdl:message name="{message.action}{way}">{part}</wsdl:message>\n'


def _port(messages: list[MessageType], service: str) -> Iterator[str]:
    yield f'<wsdl:portType name="{service}">\n'
    for message in messages:
        name = message.action
        asked = f'<wsdl:input message="tns:{name}Input" wsaw:Action="/{name}"/>'
        told = f'<wsdl:output message="tns:{name}Output" wsaw:Action="/{name}Response"/>'
        yield f'<wsdl:operation name="{name}">{asked}{told}</wsdl:operation>\n'
    yield "</wsdl:portType>\n"


def _binding(messages: list[MessageType], codec: SoapCodec, service: str) -> Iterator[str]:
    yield f'<wsdl:binding name="{service}Soap" type="tns:{service}">'
    yield '<soap12:binding transport="http://schemas.xmlsoap.org/soap/http" style="document"/>\n'
    header = f'<soap12:header message="tns:Header" part="{_part(codec)}" use="literal"/>'
    for message in messages:
        name = message.action
        yield f'<wsdl:operation name="{name}"><soap12:operation soapAction="/{name}" style="document"/>'
        yield f'<wsdl:input>{header}<soap12:body use="literal"/></wsdl:input>'
        yield '<wsdl:output><soap12:body use="literal"/></wsdl:output></wsdl:operation>\n'
    yield "</wsdl:binding>\n"
