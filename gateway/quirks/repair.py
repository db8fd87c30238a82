"""The first verb: mends what comes from a peer before the strict decode, text first, then the payload.

In: the ``repair`` of a profile.  Out: `Repair`.
Not here: running it on messages (`gateway.quirks.cures`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from gateway.quirks.rule import Reading, Rule, read_rules
from gateway.quirks.text import TextRule, read_text_rules
from gateway.source import Map


@dataclass(frozen=True, slots=True)
class Repair:
    """Text repairs, then payload repairs, each in the order of the file."""

    text: tuple[TextRule, ...] = ()
    payload: tuple[Rule, ...] = ()


def read_repair(reading: Reading, at: Any, holder: Map) -> Repair:
    """The mapping ``at``, which is ``holder["repair"]``."""
    if not isinstance(at, Map) or not at:
        reading.check.fault(holder, "repair", "repair is no mapping", "text: […] and payload: […]")
        return Repair()
    reading.check.keys(at, "repair", (), ("text", "payload"))
    text = read_text_rules(reading.check, at, "text") if "text" in at else ()
    payload = read_rules(replace(reading, way="from"), at, "payload") if "payload" in at else ()
    return Repair(text, payload)
