"""For every test: journals that it opened are closed after it; how long a machine takes is no property of the code."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests import office

settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


@pytest.fixture(autouse=True)
def _journals_are_closed() -> Iterator[None]:
    yield
    while office.JOURNALS:
        office.JOURNALS.pop().close(lambda: None)
