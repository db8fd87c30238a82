"""The form ``xml``: fields by path in one XML document.

In: a content.  Out: the fields of a layout; and the other way.
Not here: parsing what strangers send safely (`gateway.dialects.xml`), SOAP.

A path is ``Meter/Energy``, ``Meter/@unit`` or ``.`` (the element's own text); names are compared without their namespace.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from lxml import etree

from gateway.dialects.xml import parse
from gateway.wires.fields import ABSENT, Field, Layout, Many, missing

Spelled = Callable[[str], str]
"""The name of an element with its namespace."""


@dataclass(frozen=True, slots=True)
class Xml:
    """The root element of this record, and the namespaces of what we write: one for all, others by ``prefixes`` of a path.

    Reading goes by names alone, whatever their namespace.
    """

    root: str
    namespace: str = ""
    declaration: bool = True
    header: Layout = ()
    trailer: Layout = ()
    prefixes: Mapping[str, str] = field(default_factory=dict)

    def look(self, content: bytes, key: str) -> Any:
        """The text at a path, or `ABSENT`; ``root`` is the name of the root element."""
        tree = _parsed(content)
        if key == "root":
            return _name(tree)
        return next(_texts(tree, key), ABSENT)

    def read(self, content: bytes, layout: Layout) -> dict[str, Any]:
        """All fields; others are let pass.  Raises `PeerError`."""
        return _read(_parsed(content), (*self.header, *layout, *self.trailer))

    def write(self, layout: Layout, fields: Mapping[str, Any]) -> bytes:
        """The content.  ValueError for what does not fit."""
        spaces: Any = {**({None: self.namespace} if self.namespace else {}), **self.prefixes}
        tree = etree.Element(self._qualified(self.root), nsmap=spaces or None)
        _fill(tree, (*self.header, *layout, *self.trailer), fields, self._qualified)
        made: bytes = etree.tostring(tree, xml_declaration=self.declaration, encoding="UTF-8")
        return made.replace(b"?>\n", b"?>", 1)

    def _qualified(self, name: str) -> str:
        """The name of an element with its namespace, as lxml spells it."""
        prefix, _, local = name.rpartition(":")
        space = self.prefixes[prefix] if prefix else self.namespace
        return f"{{{space}}}{local}" if space else local


@lru_cache(8)
def _parsed(content: bytes) -> etree._Element:
    return parse(content)


def _name(element: etree._Element) -> str:
    return etree.QName(element).localname


def _local(step: str) -> str:
    """The name in a step of a path, without its prefix."""
    return step.rpartition(":")[2]


def _elements(tree: etree._Element, path: str) -> Iterator[etree._Element]:
    """The elements at a path."""
    step, _, rest = path.partition("/")
    for child in tree:
        if _name(child) == _local(step):
            if rest:
                yield from _elements(child, rest)
            else:
                yield child


def _texts(tree: etree._Element, path: str) -> Iterator[str]:
    """The texts at a path."""
    before, _, last = path.rpartition("/")
    if last.startswith("@"):
        for one in _elements(tree, before) if before else [tree]:
            yield from (str(value) for key, value in one.attrib.items() if etree.QName(str(key)).localname == _local(last[1:]))
    elif path == ".":
        yield tree.text or ""
    else:
        yield from ("".join(map(str, one.itertext())) for one in _elements(tree, path))


def _read(tree: etree._Element, layout: Layout) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for part in layout:
        if isinstance(part, Many):
            items = [_read(one, part.parts) for one in _elements(tree, part.key)]
            if items or not part.optional:
                found[part.name] = part.made(items)
            continue
        text = next(_texts(tree, part.key), None)
        if text is None and part.optional:
            continue
        if text is None:
            raise missing(part)
        value = part.checked(part.read(text.strip().encode()))
        if part.told:
            found[part.name] = value
    return found


def _fill(tree: etree._Element, layout: Layout, fields: Mapping[str, Any], spelled: Spelled) -> None:
    for part in layout:
        value = part.chosen(fields)
        if value is ABSENT:
            continue
        if isinstance(part, Many):
            before, _, last = part.key.rpartition("/")
            for item in value:
                child = etree.SubElement(_owner(tree, before, spelled), spelled(last))
                _fill(child, part.parts, item, spelled)
        else:
            _put(tree, part, value, spelled)


def _put(tree: etree._Element, field: Field, value: Any, spelled: Spelled) -> None:
    try:
        text = field.write(value).decode(getattr(field.kind, "charset", "ascii"))
        before, _, last = field.key.rpartition("/")
        owner = _owner(tree, before, spelled)
        if last.startswith("@"):
            owner.set(spelled(last[1:]) if ":" in last else last[1:], text)
        elif field.key == ".":
            owner.text = text
        else:
            _owner(owner, last, spelled).text = text
    except (ValueError, UnicodeDecodeError) as error:
        raise ValueError(f"{field.name}: {error}".removeprefix(f"{field.name}: {field.name}: ")) from None


def _owner(tree: etree._Element, path: str, spelled: Spelled) -> etree._Element:
    """The element at a path, made where it is not there."""
    for step in path.split("/") if path else []:
        there = [child for child in tree if _name(child) == _local(step)]
        tree = there[-1] if there else etree.SubElement(tree, spelled(step))
    return tree
