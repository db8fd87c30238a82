"""Parses XML from strangers: no DTD, no entities, no network, no comments, and only encodings that hide nothing.

In: the bytes of a body.  Out: the root element of lxml, or `Garbled`.
Not here: what the elements mean (`gateway.dialects.soap`); how many bytes may come (`gateway.links`).

A DOCTYPE is looked for before the parser sees a byte.  That is enough because only encodings are let through in which
``<!DOCTYPE`` is those nine ASCII bytes; UTF-16, which XML obliges us to read, is turned into UTF-8 first.
"""

from __future__ import annotations

import codecs
import re

from lxml import etree

from gateway.dialects.errors import Garbled

_PARSER = etree.XMLParser(
    resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True, huge_tree=False
)
_DECLARED = re.compile(rb"""<\?xml[^>]{0,100}?encoding\s*=\s*["']([^"'>]{1,40})""")
_DECLARATION = re.compile(r"\s*<\?xml[^>]{0,200}\?>")
_PLAIN = {b"utf-8", b"utf8", b"us-ascii", b"ascii", b"iso-8859-1", b"latin1", b"iso-8859-15", b"windows-1252"}
# How nearly all envelopes begin: such a text is in UTF-8, and nothing needs to be looked at.
_ORDINARY = (b'<?xml version="1.0" encoding="UTF-8"', b'<?xml version="1.0" encoding="utf-8"', b"<s", b"<S", b"<e", b"<E")
_BANG = ord("!")
_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def parse(data: bytes) -> etree._Element:
    """The root element.  Text that a comment, CDATA or processing instruction splits comes as one text."""
    if not data.startswith(_ORDINARY):
        data = _ordinary(data)
    # One byte is found much faster than nine (and its number faster than itself), and most messages have not even that.
    if _BANG in data and (b"<!DOCTYPE" in data or b"<!ENTITY" in data):
        raise Garbled("SecurityError", "a document type or an entity is not read here")
    try:
        return etree.fromstring(data, _PARSER)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Garbled("ProtocolError", f"not XML: {str(error)[:150]}") from None


def _ordinary(data: bytes) -> bytes:
    """A text in an encoding where ``<`` is that one byte, which comes first."""
    if data[:2] in _WIDE or b"\0" in data[:4]:
        data = _narrow(data)
    elif data[:1] != b"<":
        # Blank lines before the declaration are a frequent fault of embedded stations.
        data = data.removeprefix(codecs.BOM_UTF8).lstrip()
    declared = _DECLARED.match(data)
    if declared is not None and declared[1].lower() not in _PLAIN:
        raise Garbled("ProtocolError", f"the encoding {declared[1].decode('ascii', 'replace')} is not read here")
    return data


def _narrow(data: bytes) -> bytes:
    """UTF-16 as UTF-8, without its declaration, which would now be wrong."""
    name = "utf-16" if data[:2] in _WIDE else "utf-16-le" if data[1:2] == b"\0" else "utf-16-be"
    try:
        return _DECLARATION.sub("", data.decode(name), count=1).lstrip().encode()
    except UnicodeError:
        raise Garbled("ProtocolError", "neither UTF-8 nor UTF-16") from None


def local(tag: object) -> str:
    """The name of an element or attribute without its namespace."""
    return str(tag).rpartition("}")[2]


def namespace(tag: object) -> str:
    """The namespace of an element, or an empty text."""
    return str(tag)[1:].partition("}")[0] if str(tag).startswith("{") else ""
