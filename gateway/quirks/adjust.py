"""The second verb: changes a valid message on its way to a peer that cannot take it as it is.

In: the ``adjust`` of a profile: a list of rules, or ``{payload: […], text: […]}``.  Out: `Adjust`.
Not here: running them (`gateway.quirks.cures`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from gateway.quirks.reading import Reading
from gateway.quirks.rule import Rule, read_rules
from gateway.quirks.text import TextRule, read_text_rules
from gateway.source import Map


@dataclass(frozen=True, slots=True)
class Adjust:
    """Rules for payloads, then for the text as it was written, each in the order of the file."""

    payload: tuple[Rule, ...] = ()
    text: tuple[TextRule, ...] = ()


def read_adjust(reading: Reading, holder: Map) -> Adjust:
    """What stands at ``holder["adjust"]``."""
    reading, at = replace(reading, way="to"), holder["adjust"]
    if not isinstance(at, Map) or not at:
        return Adjust(read_rules(reading, holder, "adjust"))
    reading.check.keys(at, "adjust", (), ("payload", "text"))
    if "text" in at and not reading.deliberate:
        reading.check.fault(at, "text", "what we write is right as it stands; who changes it says deliberate: true, and why")
    payload = read_rules(reading, at, "payload") if "payload" in at else ()
    return Adjust(payload, read_text_rules(reading.check, at, "text", once=True) if "text" in at else ())
