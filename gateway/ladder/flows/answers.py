"""Questions of a back end that need no station, or no more than its error: we know the answer, or the refusal for each item.

In: GetLocalListVersion, GetTransactionStatus, SetVariableMonitoring, ClearVariableMonitoring, ClearTariffs,
GetCertificateChainStatus.  Out: their answers.
Not here: answers that are the same whatever was asked (the table has them).

Sources: OCPP 2.0.1 part 2, E14, N04 and N06; OCPP 2.1 part 2, ClearTariffs and GetCertificateChainStatus; OCPP 1.6, 5.10.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from gateway.ladder.flows.contract import UNABLE, Parts, Rendering, makes, the_answer
from gateway.messages import Payload

LIST_VERSION = "GetLocalListVersion"


def _say(answer: Payload) -> Rendering:
    return Rendering([], lambda results, run: answer)


@makes(LIST_VERSION)
def list_version(asked: Payload, run: Any, parts: Parts) -> Rendering:
    """A station that cannot be asked has no list, which the left side has a word for."""
    plain = list_version_left(asked, run, parts)
    return replace(plain, failed=lambda code, run: {"listVersion": -1} if code in UNABLE else None)


@makes(LIST_VERSION)
def list_version_left(asked: Payload, run: Any, parts: Parts) -> Rendering:
    """The right side has no word for that."""
    part = parts[LIST_VERSION]
    ask = (LIST_VERSION, part.ask(asked, run) or {})
    return Rendering([ask], lambda results, run: part.answer(the_answer(results), asked, run))


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


@makes()
def no_tariff_cleared(asked: Payload, run: Any, parts: Parts) -> Rendering:
    """None of them is there; where none is named, one answer is for all."""
    named = [{"tariffId": id} for id in asked.get("tariffIds", ())]
    return _say({"clearTariffsResult": [{**one, "status": "NoTariff"} for one in named or [{}]]})


@makes()
def no_certificate_status(asked: Payload, run: Any, parts: Parts) -> Rendering:
    """Nobody could be asked for any of them; whoever wants to may ask again at once."""
    failed = {"status": "Failed", "nextUpdate": run.cx.facts.now()}
    kept = ("certificateHashData", "source")
    said = [{**{key: one[key] for key in kept}, **failed} for one in asked["certificateStatusRequests"]]
    return _say({"certificateStatus": said})
