"""What was loaded from the mappings folders, as one value.

In: nothing.  Out: `Data`.
Not here: loading (`gateway.loading`), what is done with it (`gateway.relay`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.dialects.schema import Dialect
from gateway.ladder.ladder import Ladder
from gateway.quirks.choose import Quirks


@dataclass(frozen=True)
class Data:
    """Replaced whole on reload."""

    dialects: Mapping[str, Dialect]
    ladder: Ladder
    quirks: Quirks
