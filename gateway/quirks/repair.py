"""The first verb: mends what comes from a peer before the strict decode: text, then frame, then payload.

In: the ``repair`` of a profile.  Out: `Repair`.
Not here: running it on messages (`gateway.quirks.cures`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from gateway.quirks.frame import NUMBER_IDS, read_frame_rules
from gateway.quirks.reading import Reading
from gateway.quirks.rule import Rule, read_rules
from gateway.quirks.text import TextRule, read_text_rules
from gateway.source import Map


@dataclass(frozen=True, slots=True)
class Repair:
    """Text repairs (those of the frame last), then payload repairs, each in the order of the file."""

    text: tuple[TextRule, ...] = ()
    payload: tuple[Rule, ...] = ()

    @property
    def number_ids(self) -> bool:
        """Whether the peer's message ids are numbers, and so must be those in our answers."""
        return any(rule.name == NUMBER_IDS for rule in self.text)


def read_repair(reading: Reading, at: Any, holder: Map) -> Repair:
    """The mapping ``at``, which is ``holder["repair"]``."""
    if not isinstance(at, Map) or not at:
        reading.check.fault(holder, "repair", "repair is no mapping", "text: […], frame: […] and payload: […]")
        return Repair()
    reading.check.keys(at, "repair", (), ("text", "frame", "payload"))
    text = read_text_rules(reading.check, at, "text") if "text" in at else ()
    frame = read_frame_rules(reading.check, at, "frame", reading.operations) if "frame" in at else ()
    payload = read_rules(replace(reading, way="from"), at, "payload") if "payload" in at else ()
    return Repair((*text, *frame), payload)
