"""The second verb: changes a valid message on its way to a peer that cannot take it as it is.

In: the ``adjust`` of a profile.  Out: rules.
Not here: running them (`gateway.quirks.cures`).
"""

from __future__ import annotations

from dataclasses import replace

from gateway.quirks.rule import Reading, Rule, read_rules
from gateway.source import Map


def read_adjust(reading: Reading, holder: Map) -> tuple[Rule, ...]:
    """The list of rules at ``holder["adjust"]``."""
    return read_rules(replace(reading, way="to"), holder, "adjust")
