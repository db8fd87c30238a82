"""Questions of a back end that need no station: we know the answer, or which refusal is proper for each item.

In: GetTransactionStatus, SetVariableMonitoring, ClearVariableMonitoring.  Out: their answers.
Not here: answers that are the same whatever was asked (the table has them).

Sources: OCPP 2.0.1 part 2, E14, N04 and N06.
"""

from __future__ import annotations

from typing import Any

from gateway.ladder.flows.contract import Parts, Rendering, makes
from gateway.messages import Payload


def _say(answer: Payload) -> Rendering:
    return Rendering([], lambda results, run: answer)


@makes()
def transaction_status(asked: Payload, run: Any, parts: Parts) -> Rendering:
    """Whether it runs, and whether some of its messages still wait; of all transactions only the latter (E14.FR.06)."""
    facts, named = run.cx.facts, asked.get("transactionId")
    if named is None:
        return _say({"messagesInQueue": facts.queued(0)})
    number = int(named) if named.isascii() and named.isdigit() and len(named) < 11 else 0
    known = facts.transaction(number)
    return _say({"ongoingIndicator": known is not None and known.open, "messagesInQueue": facts.queued(number)})


@makes()
def no_monitors(asked: Payload, run: Any, parts: Parts) -> Rendering:
    """None of them can be set."""
    kept = ("id", "type", "component", "variable", "severity")
    said = [{key: one[key] for key in kept if key in one} for one in asked["setMonitoringData"]]
    return _say({"setMonitoringResult": [{**one, "status": "UnsupportedMonitorType"} for one in said]})


@makes()
def no_monitor_cleared(asked: Payload, run: Any, parts: Parts) -> Rendering:
    """None of them is there."""
    return _say({"clearMonitoringResult": [{"id": id, "status": "NotFound"} for id in asked["id"]]})
