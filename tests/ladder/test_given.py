"""What compiled tables may call."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from lxml import etree

from gateway.ladder.given import GIVEN

SCHEMA = etree.XMLSchema(
    etree.XML('<s:schema xmlns:s="http://www.w3.org/2001/XMLSchema"><s:element name="a" type="s:anyURI"/></s:schema>')
)
TEXT = st.characters(exclude_categories=["Cs", "Cc"], max_codepoint=0x2FFFF, exclude_characters="\ufffe\uffff")
PIECES = st.sampled_from([*"ab1:/?#[]@%+.-", "//", "%4", "%41", "ftp", "::", " "])


@given(st.lists(TEXT | PIECES, max_size=12).map("".join))
@example("https://x/100%")
@example("a:99999999999999999999")
@example("//a:99999999999999999999/")
def test_a_uri_is_one_for_xml_too(text: str) -> None:
    element = etree.Element("a")
    element.text = text
    assert not GIVEN["uri"](text) or SCHEMA.validate(element)


@pytest.mark.parametrize(
    "text",
    ["", "leaf", "a/b:c", "ftp://u:p@h:21/x%20y?z=1#top", "https://[2001:db8::1]:8443/", "ftp://ü/ ä", "urn:a:b", "C:\\logs"],
)
def test_what_stations_are_told_is_one(text: str) -> None:
    assert GIVEN["uri"](text)


@pytest.mark.parametrize("text", [":", "%", "%zz", "1:", "a#b#c", "[", "http://h:80a/", "ftp://u:100%@h/"])
def test_what_is_none(text: str) -> None:
    assert not GIVEN["uri"](text)
