"""For every test: journals that it opened are closed after it; how long a machine takes is no property of the code.

Where ``CI`` is set, hypothesis draws the same examples each time, so that what lands is judged by what changed; elsewhere it
looks for new ones.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests import office

gc.set_threshold(20_000, 20, 20)  # as `ocpp-gateway` sets it while it loads: the collector finds next to nothing in data
_FIXED = bool(os.environ.get("CI"))
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=_FIXED)
settings.load_profile("any machine")


@pytest.fixture(autouse=True)
def _journals_are_closed() -> Iterator[None]:
    yield
    while office.JOURNALS:
        office.JOURNALS.pop().close(lambda: None)
