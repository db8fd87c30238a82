"""OCPP 1.5 as the simulated stations write and read it: SOAP by small templates.

In: values.  Out: XML as bytes; and what an envelope says.
Not here: anything of the gateway's own codec.  That these stations know nothing of it is the point of the demo.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from lxml import etree

SOAP = "http://www.w3.org/2003/05/soap-envelope"
ADDRESSING = "http://www.w3.org/2005/08/addressing"
UP, DOWN = "urn://Ocpp/Cs/2012/06/", "urn://Ocpp/Cp/2012/06/"

_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<{s}:Envelope xmlns:{s}="{soap}" xmlns:{a}="{addressing}" xmlns:{o}="{space}"><{s}:Header>'
    "<{o}:chargeBoxIdentity>{identity}</{o}:chargeBoxIdentity>"
)
_TAIL = "</{s}:Header><{s}:Body><{o}:{element}>{inner}</{o}:{element}></{s}:Body></{s}:Envelope>"
_REQUEST = (
    _HEAD + "<{a}:MessageID>{id}</{a}:MessageID><{a}:From><{a}:Address>{sender}</{a}:Address></{a}:From>"
    "<{a}:ReplyTo><{a}:Address>{addressing}/anonymous</{a}:Address></{a}:ReplyTo>"
    "<{a}:To>{to}</{a}:To><{a}:Action>/{action}</{a}:Action>" + _TAIL
)
_ANSWER = _HEAD + "<{a}:RelatesTo>{id}</{a}:RelatesTo><{a}:Action>/{action}Response</{a}:Action>" + _TAIL
_FAULT = (
    '<{s}:Envelope xmlns:{s}="{soap}" xmlns:{o}="{space}"><{s}:Body><{s}:Fault>'
    "<{s}:Code><{s}:Value>{s}:Receiver</{s}:Value><{s}:Subcode><{s}:Value>{o}:NotSupported</{s}:Value></{s}:Subcode></{s}:Code>"
    '<{s}:Reason><{s}:Text xml:lang="en">{why}</{s}:Text></{s}:Reason></{s}:Fault></{s}:Body></{s}:Envelope>'
)


@dataclass(frozen=True, slots=True)
class Dress:
    """The prefixes that a make of station uses: for SOAP, for addressing, for OCPP."""

    soap: str
    addressing: str
    ocpp: str

    def names(self, space: str) -> dict[str, str]:
        """What the templates need."""
        spaces = {"soap": SOAP, "addressing": ADDRESSING, "space": space}
        return {"s": self.soap, "a": self.addressing, "o": self.ocpp, **spaces}


Inner = Sequence[tuple[str, object]]
"""Elements in order: a name and a value, where a value may be more elements, or text with attributes (`Text`)."""


@dataclass(frozen=True, slots=True)
class Text:
    """An element's text with attributes beside it."""

    text: str
    attributes: tuple[tuple[str, str], ...]


class Unreadable(Exception):
    """What came is no answer of a central system."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """What a peer said: the body's element (or ``Fault``), its content, and the message id if it has one."""

    name: str
    body: etree._Element
    id: str

    def get(self, path: str) -> str:
        """The text at ``a/b`` below the body's element; empty if there is none."""
        found = self.body.xpath("/".join(f"*[local-name()='{step}']" for step in path.split("/")))
        return str(found[0].text or "").strip() if isinstance(found, list) and found else ""  # type: ignore[union-attr]

    def all(self, name: str) -> list[str]:
        """The texts of all elements of that name."""
        return [str(one.text or "").strip() for one in self.body if etree.QName(one).localname == name]


def elements(prefix: str, inner: Inner) -> str:
    """Write elements, the text escaped."""
    return "".join(_element(prefix, name, value) for name, value in inner)


def _element(prefix: str, name: str, value: object) -> str:
    attributes = ""
    if isinstance(value, Text):
        attributes = "".join(f' {key}="{escape(one)}"' for key, one in value.attributes)
        value = value.text
    content = elements(prefix, value) if isinstance(value, list) else escape(str(value))
    return f"<{prefix}:{name}{attributes}>{content}</{prefix}:{name}>"


def request(dress: Dress, action: str, identity: str, sender: str, to: str, id: str, inner: Inner) -> bytes:
    """A call of the station."""
    known = {"identity": escape(identity), "sender": escape(sender), "to": escape(to), "id": id, "action": action}
    element = f"{action[0].lower()}{action[1:]}Request"
    return _REQUEST.format(**dress.names(UP), **known, element=element, inner=elements(dress.ocpp, inner)).encode()


def answer(dress: Dress, action: str, identity: str, id: str, inner: Inner) -> bytes:
    """A station's answer to a call of its central system."""
    known = {"identity": escape(identity), "id": escape(id), "action": action}
    element = f"{action[0].lower()}{action[1:]}Response"
    return _ANSWER.format(**dress.names(DOWN), **known, element=element, inner=elements(dress.ocpp, inner)).encode()


def fault(dress: Dress, why: str) -> bytes:
    """A station's word that it cannot do this."""
    return _FAULT.format(**dress.names(DOWN), why=escape(why)).encode()


def read(data: bytes) -> Envelope:
    """Read an envelope.  Raises `Unreadable`."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise Unreadable(str(error)) from None
    body = root.find(f"{{{SOAP}}}Body")
    if body is None or len(body) == 0:
        raise Unreadable("no SOAP body")
    return Envelope(etree.QName(body[0]).localname, body[0], root.findtext(f".//{{{ADDRESSING}}}MessageID") or "")
