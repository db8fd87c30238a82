"""Labels stay few, whatever comes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.observe.labels import Names, Words


def test_a_word_of_the_set_is_itself():
    assert Words(["up", "down"])("up") == "up"


@pytest.mark.parametrize("value", ["sideways", "", "up ", "\ud800", "a\0", None, 3, ["up"]], ids=repr)
def test_anything_else_is_other(value):
    assert Words(["up"], "unknown")(value) == "unknown"


def test_a_set_can_not_be_given_what_would_spoil_a_scrape():
    assert Words(["\ud800", "a\nb"])("\ud800") == "other"


def test_names_are_learned_up_to_a_bound():
    names = Names(most=2)
    assert [names(one) for one in ("a/b", "rule-1", "third", "a/b")] == ["a/b", "rule-1", "other", "a/b"]


@given(st.text(st.characters(exclude_categories=[])))
def test_no_text_spoils_a_name(text):
    assert Names()(text).isascii()
