"""Restarts: one side can have one wait until nobody charges, the other cannot; then the gateway waits.

In: Reset.  Out: Reset, now or later.
Not here: the words (the table's maps).

Sources: OCPP 2.0.1 part 2, B11 and B12; OCPP 1.6, 5.14.
"""

from __future__ import annotations

from typing import Any

from gateway.ladder.flows.contract import Parts, Rendering, makes, the_answer
from gateway.messages import Payload

RESET = "Reset"


@makes(RESET)
def reset_left(asked: Payload, run: Any, parts: Parts) -> Rendering:
    """Going left; a single EVSE cannot be restarted there."""
    part = parts[RESET]
    if asked.get("evseId"):
        return Rendering([], lambda results, run: {"status": "Rejected", "statusInfo": {"reasonCode": "UnsupportedParam"}})
    made = {**(part.ask(asked, run) or {}), "type": part.value("ResetKind", asked["type"], run)}
    if asked["type"] == "OnIdle" and run.cx.facts.busy():
        return Rendering([], lambda results, run: {"status": "Scheduled"}, idle=[(RESET, made)])
    return Rendering([(RESET, made)], lambda results, run: part.answer(the_answer(results), asked, run))
