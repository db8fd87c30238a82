"""SOAP 1.2 envelopes with WS-Addressing: reads them, and writes them through `gateway.dialects.soap_write`.

In: the bytes of an HTTP body, and the dialects spoken at its address.  Out: `Envelope`, or `Garbled` with the readable id.
Not here: HTTP, the types of values (`Dialect.check`), XML itself (`gateway.dialects.xml`).

Tolerant where stations differ: any prefixes, any order of headers, missing headers, SOAP 1.1, faults with any HTTP status.
Strict where two readers could see two things: two bodies, two identities, a header that must be understood and is not.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeAlias

from lxml import etree

from gateway.dialects.envelopes import SOAP11, SOAP12, WSA, Envelope, element
from gateway.dialects.errors import Garbled, Violation
from gateway.dialects.schema import Dialect, Shape, SoapCodec
from gateway.dialects.soap_shapes import Read, compile_read
from gateway.dialects.soap_write import write_fault, write_request, write_response
from gateway.dialects.xml import local, namespace, parse
from gateway.messages import Error, Side

__all__ = [
    "SOAP11",
    "SOAP12",
    "Envelope",
    "action_hint",
    "error_of",
    "read_envelope",
    "write_fault",
    "write_request",
    "write_response",
]

_Kind: TypeAlias = Literal["call", "result"]
_Headers: TypeAlias = dict[str, str]
_Entry: TypeAlias = tuple[Dialect, _Kind, str, Side, str, Read]
_KINDS: tuple[_Kind, _Kind] = ("call", "result")
_VERSIONS = {f"{{{version}}}Envelope": version for version in (SOAP12, SOAP11)}
_USUAL = {version: (f"{{{version}}}Header", f"{{{version}}}Body") for version in (SOAP12, SOAP11)}
_SLOTS = {
    "Action": "wsa_action",
    "MessageID": "message_id",
    "RelatesTo": "relates_to",
    "From": "from_address",
    "ReplyTo": "reply_to",
    "To": "to",
    "FaultTo": "fault_to",
}
_SEEN = {"address": ""}  # never a header of its own
_LOOSE = {name.lower(): slot for name, slot in _SLOTS.items()}
_FAULT_SIDES = {"sender": "Sender", "client": "Sender", "receiver": "Receiver", "server": "Receiver"}
_HINT = re.compile(r"""action\s*=\s*["']?([^"';]{1,200})""", re.IGNORECASE)


class _Book:
    """What some dialects look like in SOAP: body elements and headers by tag."""

    def __init__(self, dialects: Sequence[Dialect]) -> None:
        self.entries: dict[str, _Entry] = {}
        self.spaces: set[str] = set()
        self.slots = {f"{{{WSA}}}{name}": slot for name, slot in _SLOTS.items()}
        self.slots |= {f"{{{version}}}Header": "" for version in (SOAP12, SOAP11)}
        self.slots[f"{{{WSA}}}Address"] = "address"
        self.loose = dict(_LOOSE)
        for dialect in dialects:
            if dialect.soap is not None:
                self._add(dialect, dialect.soap)

    def _add(self, dialect: Dialect, codec: SoapCodec) -> None:
        self.loose[codec.identity.lower()] = "identity"
        sides: tuple[Side, Side] = ("station", "backend")
        made: dict[tuple[Shape, str], Read] = {}
        for caller in sides:
            space = codec.namespaces[caller]
            self.spaces.add(space)
            self.slots[f"{{{space}}}{codec.identity}"] = "identity"
            for message in dialect.messages.values():
                if message.sender in (caller, "both") and message.codec in (None, "soap"):
                    for kind in _KINDS:
                        read = compile_read(message.shape(kind), space, made)
                        tag = f"{{{space}}}{element(message.action, kind)}"
                        self.entries[tag] = (dialect, kind, message.action, caller, space, read)

    def find(self, tag: str, hints: Sequence[str]) -> _Entry | None:
        """The operation of a body element that has not quite the right name: without case, or by what the headers say.

        Headers count only for an element whose own name says nothing (no …Request or …Response).
        """
        space, name = namespace(tag), local(tag).lower()
        if space not in self.spaces:
            return None
        said = name.endswith(("request", "response"))
        names = [name] if said else [name, f"{name}request", *(_wanted(hint) for hint in hints)]
        known = {known.lower(): entry for known, entry in self.entries.items()}
        return next((known[key] for one in names if (key := f"{{{space.lower()}}}{one}") in known), None)


_book = functools.lru_cache(maxsize=64)(_Book)


def _wanted(hint: str) -> str:
    """The body element that an action such as ``/Authorize`` or ``urn:…/AuthorizeResponse`` announces, in small letters."""
    name = hint.strip().rstrip("/").rpartition("/")[2].lower()
    return name if name.endswith("response") else name.removesuffix("request") + "request"


def action_hint(content_type: str = "", soap_action: str = "") -> str:
    """What the HTTP headers say of the action: the parameter of Content-Type, else SOAPAction."""
    match = _HINT.search(content_type)
    return match[1].strip() if match else soap_action.strip().strip("\"'")


def read_envelope(
    data: bytes, dialects: Sequence[Dialect], hint: str | Callable[[], str] = "", caller: Side | None = None
) -> Envelope:
    """One envelope.  The dialect is found by the namespace of its body.

    ``hint`` is `action_hint`, or gives it, for few need it; ``caller`` says whose calls belong here (None: anybody's).
    Raises `Garbled`: NotSupported for another namespace, an unknown operation or one of the other direction, else
    ProtocolError or SecurityError.
    """
    root = parse(data)
    soap = _VERSIONS.get(root.tag)
    if soap is None:
        raise Garbled("ProtocolError", "not a SOAP envelope")
    header, body = _parts(root, soap)
    book = _book(tuple(dialects))
    said = _headers(header, book, soap)
    id = said.get("message_id") or None
    if len(body) != 1:
        raise Garbled("ProtocolError", f"the body holds {len(body)} elements, not one", id)
    content = body[0]
    tag = content.tag
    found = book.entries.get(tag)
    if found is None:
        if local(tag) == "Fault":
            return Envelope("fault", "", {}, None, None, "", said, soap, _fault(content))
        found = book.find(tag, (said.get("wsa_action", ""), hint() if callable(hint) else hint))
    if found is None or caller not in (None, found[3]):
        raise Garbled("NotSupported", _unsupported(tag, book), id)
    dialect, kind, action, asker, space, read = found
    try:
        payload = read(content)
    except Violation as error:
        raise Garbled(error.code, f"{error.path}: {error.why}", id, action) from None
    return Envelope(kind, action, payload, dialect, asker, space, said, soap)


def _unsupported(tag: str, book: _Book) -> str:
    if namespace(tag) in book.spaces:
        return f"{local(tag)[:60]} is not asked here"
    return "the body is in a namespace that is not spoken here"


def _parts(root: etree._Element, soap: str) -> tuple[etree._Element | None, etree._Element]:
    if len(root) == 2:
        first, second = root[0], root[1]
        if (first.tag, second.tag) == _USUAL[soap]:
            return first, second
    header: etree._Element | None = None
    body: etree._Element | None = None
    for child in root:
        name = local(child.tag)
        if name == "Body" and body is None:
            body = child
        elif name == "Header" and header is None and body is None:
            header = child
        else:
            raise Garbled("ProtocolError", f"an envelope has one header and one body, and no {name[:60]} here")
    if body is None:
        raise Garbled("ProtocolError", "the envelope has no body")
    return header, body


def _headers(header: etree._Element | None, book: _Book, soap: str) -> _Headers:
    """The known headers by slot, stripped.  The first of each counts; identities must agree.

    One flat walk over the header and all elements below it: nested iterators would take twice the time.
    """
    said: dict[Any, str] = dict(_SEEN)
    last, find = "", book.slots.get
    for node in header.iter() if header is not None else ():
        slot, text = find(node.tag), node.text
        if slot is None:
            slot = _unusual(node, header, book, soap, said)
        if slot not in said:
            said[slot] = text.strip() if text else ""
        elif slot == "address":
            slot = "" if said.get(last) else last
            said[slot] = text.strip() if text else ""
        elif slot == "identity" and said[slot] != (text or "").strip():
            raise Garbled("ProtocolError", "two different identities", said.get("message_id") or None)
        last = slot
    return said


def _unusual(node: etree._Element, header: etree._Element | None, book: _Book, soap: str, said: _Headers) -> str:
    """The slot of a header in an unexpected namespace or spelling; empty for one that we do not know and need not."""
    name = local(node.tag).lower()
    if node.getparent() is not header:
        return "address" if name == "address" else ""
    slot = book.loose.get(name, "")
    if not slot and node.get(f"{{{soap}}}mustUnderstand", "").strip() in ("true", "1"):
        why = f"the header {local(node.tag)[:60]} is not understood"
        raise Garbled("ProtocolError", why, said.get("message_id") or None)
    return slot


def _text(node: etree._Element) -> str:
    return (node.text or "").strip()


def _fault(node: etree._Element) -> tuple[str, str, str]:
    """(Sender or Receiver, sub-code, reason), by local names: SOAP 1.2 or 1.1, and the mixtures of the two."""
    values = [_text(one).rpartition(":")[2] for one in node.iter() if local(one.tag) in ("Value", "faultcode")]
    reason = next((_text(one) for one in node.iter() if local(one.tag) in ("Text", "faultstring")), "")
    code = values[0] if values else ""
    # SOAP 1.1 joins the two: Client.SecurityError.
    code, _, sub = code.partition(".")
    return _FAULT_SIDES.get(code.lower(), "Receiver"), values[1] if len(values) > 1 else sub, reason


def error_of(dialect: Dialect, envelope: Envelope, id: str, action: str) -> Error:
    """The refusal that a fault is, in neutral codes of ``dialect``'s own table."""
    side, sub, reason = envelope.fault or ("Receiver", "", "")
    read = dialect.soap.read_faults if dialect.soap is not None else {}
    code = read.get((side, sub)) or read.get((side, "")) or "InternalError"
    return Error(id, action, code, reason[:255])
