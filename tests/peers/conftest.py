"""What every test with peers of its own needs: that they end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest


@pytest.fixture
def later() -> Iterator[Callable[[Any], Any]]:
    """Whatever is given to it ends after the test, the last first."""
    ends: list[Any] = []

    def keep(one: Any) -> Any:
        ends.append(one)
        return one

    yield keep
    for one in reversed(ends):
        one.end()
