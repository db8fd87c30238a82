"""Value trees as text: what goes in comes back, kinds and digits included."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.journal.trees import from_json, to_json

LEAVES = st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=False, allow_infinity=False) | st.text()
TREES = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))


def kinds(tree: object) -> object:
    """The tree with each leaf beside its kind and, for a decimal, its digits."""
    if isinstance(tree, dict):
        return {name: kinds(value) for name, value in tree.items()}
    if isinstance(tree, list):
        return [kinds(value) for value in tree]
    return type(tree), str(tree)


@given(TREES)
def test_a_tree_comes_back_as_it_was(tree):
    assert kinds(from_json(to_json(tree))) == kinds(tree)


@pytest.mark.parametrize(
    "bad",
    [0.5, Decimal("Infinity"), object(), {1: 2}, {"a": [b"x"]}, "\udfff"],
    ids=["float", "infinity", "object", "keys", "bytes", "surrogate"],
)
def test_what_has_no_text_is_refused(bad):
    with pytest.raises((ValueError, TypeError)):
        to_json(bad)


def test_a_tuple_is_a_list():
    assert from_json(to_json((1, (2,)))) == [1, [2]]
