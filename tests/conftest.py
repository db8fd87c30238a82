"""For every test: journals that it opened are closed after it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import office


@pytest.fixture(autouse=True)
def _journals_are_closed() -> Iterator[None]:
    yield
    while office.JOURNALS:
        office.JOURNALS.pop().close(lambda: None)
