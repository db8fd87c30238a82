"""Drafts a dialect file from the WSDLs of a vendor's SOAP services.

In: services as zeep read them, by who calls them, and the XML that they were read from.  Out: the text of a dialect file.
Not here: fetching them (`gateway.cli.dialect_import`), what only a person knows: roles, facts, words (the draft says where).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lxml import etree
from zeep import xsd
from zeep.wsdl import Document

from gateway.dialects.envelopes import element
from gateway.messages import Side

XSD = "{http://www.w3.org/2001/XMLSchema}"
_SCALARS: tuple[tuple[type, str], ...] = (
    (xsd.Boolean, "boolean"),
    (xsd.DateTime, "dateTime"),
    (xsd.AnyURI, "anyURI"),
    (xsd.Integer, "integer"),
    (xsd.Decimal, "decimal"),
    (xsd.Float, "decimal"),
    (xsd.Double, "decimal"),
)
_ROLES = {
    "boot": "boot", "heartbeat": "heartbeat", "alive": "heartbeat", "authori": "authorize", "starttransaction": "start",
    "stoptransaction": "stop", "meter": "meter", "status": "status", "remotestart": "remote_start", "remotestop": "remote_stop",
    "reset": "reset", "datatransfer": "data",
}  # fmt: skip
"""Pieces of operations' names, and the roles that they may have."""
_FAULTS = """\
    # What codes the service tells its faults by is not in a WSDL.
    faults:
      Sender/ProtocolError:
        - SecurityError
        - ProtocolError
        - FormatViolation
        - PropertyConstraintViolation
        - OccurrenceConstraintViolation
        - TypeConstraintViolation
        - RpcFrameworkError
      Receiver/InternalError: [InternalError, GenericError, NotSupported, NotImplemented, MessageTypeNotSupported]
    read_faults: {Sender/*: ProtocolError, Receiver/*: InternalError}
"""


@dataclass
class _Facets:
    """Of one simple type: its words and its longest length."""

    words: list[str] = field(default_factory=list)
    most: str = ""


class Draft:
    """Collects enums, shapes and messages of several services."""

    def __init__(self) -> None:
        self.enums: dict[str, list[str]] = {}
        self.shapes: dict[str, dict[str, str]] = {}
        self.messages: dict[str, list[str]] = {}
        self.services: dict[Side, tuple[str, str]] = {}
        self.remarks: list[str] = []
        self._facets: dict[str, _Facets] = {}

    def add(self, document: Document, source: bytes, sender: Side) -> None:
        """A service that ``sender`` calls.  ValueError where no operation is in it."""
        self._facets |= _facets(source)
        for service in document.services.values():
            for port in service.ports.values():
                for operation in port.binding.all().values():
                    self._operation(operation, sender)
            self.services[sender] = (etree.fromstring(source).get("targetNamespace", ""), service.name)
            return
        raise ValueError("there is no service in it")

    def _operation(self, operation: Any, sender: str) -> None:
        action = operation.name[:1].upper() + operation.name[1:]
        lines = self._message(action, operation)
        before = self.messages.get(action)
        if before is not None and before[1:] == lines:
            lines, sender = before[1:], "both"
        elif before is not None:
            self.remarks.append(f"{action} is called from both sides with other fields; the first is drafted")
            return
        self.messages[action] = [f"    from: {sender}", *lines]

    def _message(self, action: str, operation: Any) -> list[str]:
        """The lines of a message behind who sends it."""
        lines = []
        role = next((role for piece, role in _ROLES.items() if piece in action.lower()), None)
        lines += [f"    # role: {role}     # with answer, key and facts: mappings/README.rst"] if role else []
        for kind, part, message in (("request", "call", operation.input), ("result", "result", operation.output)):
            body = message.body if message is not None else None
            if body is None:
                continue
            if body.name != element(action, part):
                self.remarks.append(f"the body of {action} is {body.name}, and {element(action, part)} would be sent")
            fields = self._fields(body.type, _name(body.type, f"{action}{kind.title()}"))
            lines += [f"    {kind}:", *(f"      {name}: {spec}" for name, spec in fields.items())] if fields else []
        return lines

    def _fields(self, kind: Any, owner: str) -> dict[str, str]:
        made = {}
        for name, child in kind.elements if isinstance(kind, xsd.ComplexType) else ():
            if not isinstance(child, xsd.Element):
                self.remarks.append(f"{owner} may hold anything in {name}; it is left out")
            elif name == "_value_1":
                made["value"] = f"{self._type(child.type, f'{owner}Value')} text"
            else:
                made[name] = self._type(child.type, f"{owner}{name[:1].upper()}{name[1:]}") + _count(child)
        for name, attribute in kind.attributes if isinstance(kind, xsd.ComplexType) else ():
            if isinstance(attribute, xsd.Attribute):
                needed = "" if attribute.required else "?"
                made[name] = f"{self._type(attribute.type, f'{owner}{name}')}{needed} attribute"
        return made

    def _type(self, kind: Any, owner: str) -> str:
        """The type of a field, made known if it has a name or parts."""
        if isinstance(kind, xsd.ComplexType):
            name = _name(kind, owner)
            if name not in self.shapes:
                self.shapes[name] = {}
                self.shapes[name] = self._fields(kind, name)
            return name
        name = owner if owner in self._facets else _name(kind, owner)  # one without a name is known by its place
        facets = self._facets.get(name, _Facets())
        if facets.words:
            self.enums[name] = facets.words
            return name
        scalar = next((name for base, name in _SCALARS if isinstance(kind, base)), "string")
        return f"{scalar}({facets.most})" if facets.most and scalar == "string" else scalar

    # -- the file --------------------------------------------------------------------------------------------------

    def text(self, name: str) -> str:
        """The text of the dialect file."""
        return "\n".join([*self._head(name), *self._types(), "messages:", *self._told()]) + "\n"

    def _head(self, name: str) -> Iterator[str]:
        yield "# A draft, made by ocpp-gateway dialect import.  Roles, facts and words are for you to say."
        yield from (f"# Note: {one}." for one in dict.fromkeys(self.remarks))
        yield from (f"dialect: {name}", f"title: {name}", "status: unofficial", "integers: 32", "", "codecs:", "  soap:")
        sides: tuple[Side, Side] = ("station", "backend")
        for key, index in (("namespaces", 0), ("services", 1)):
            pairs = ", ".join(f"{side}: {_quoted(self._service(side)[index])}" for side in sides)
            yield f"    {key}: {{{pairs}}}"
        yield "    identity: chargeBoxIdentity     # the header that names the station"
        yield _FAULTS

    def _service(self, side: Side) -> tuple[str, str]:
        return self.services.get(side) or next(iter(self.services.values()))

    def _types(self) -> Iterator[str]:
        if self.enums:
            yield from ("enums:", *(f"  {name}: [{', '.join(map(_quoted, words))}]" for name, words in self.enums.items()), "")
        if self.shapes:
            yield "shapes:"
            for name, fields in self.shapes.items():
                yield f"  {name}:" + ("" if fields else " {}")
                yield from (f"    {one}: {spec}" for one, spec in fields.items())
            yield ""

    def _told(self) -> Iterator[str]:
        for action, lines in self.messages.items():
            yield f"  {action}:"
            yield from lines


def _count(child: Any) -> str:
    if child.max_occurs == "unbounded" or child.max_occurs > 1:
        return "+" if child.min_occurs else "*"
    return "" if child.min_occurs and not getattr(child, "nillable", False) else "?"


def _name(kind: Any, owner: str) -> str:
    """The name of a type; one without a name is called after its place."""
    qname = getattr(kind, "qname", None)
    local = getattr(qname, "localname", None) or owner
    return re.sub(r"\W", "_", local)


def _quoted(word: str) -> str:
    return word if re.fullmatch(r"[A-Za-z][\w.-]*", word) and word.lower() not in ("true", "false", "null") else f'"{word}"'


def _facets(source: bytes) -> Mapping[str, _Facets]:
    """The enumerations and lengths of the simple types in a document, which zeep does not keep."""
    made: dict[str, _Facets] = {}
    for simple in etree.fromstring(source).iter(f"{XSD}simpleType"):
        name = simple.get("name") or _place(simple)
        values: Iterable[Any] = simple.iter(f"{XSD}enumeration")
        most = simple.find(f".//{XSD}maxLength")
        made[name] = _Facets([str(one.get("value")) for one in values], str(most.get("value")) if most is not None else "")
    return made


def _place(simple: Any) -> str:
    """What a simple type without a name is called: its owner's type, then its field."""
    names = [str(one.get("name")) for one in simple.iterancestors() if one.get("name") and one.tag != f"{XSD}schema"]
    return "".join(name[:1].upper() + name[1:] for name in reversed(names))
