"""What peers say to each other, as values."""

from __future__ import annotations

import pytest

from gateway.messages import Call, Error, Result


def test_each_knows_its_kind() -> None:
    assert (Call("1", "A", {}).kind, Result("1", "A", {}).kind, Error("1", "A", "GenericError").kind) == (
        "call",
        "result",
        "error",
    )


def test_they_are_not_changed_in_place() -> None:
    with pytest.raises(AttributeError):
        Call("1", "A", {}).id = "2"  # type: ignore[misc]
