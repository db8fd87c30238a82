"""Messages of the right side that the left carries, by somebody's convention, as JSON text in its message for anything.

In: DataTransfer; messages of the right side that have an entry to it.  Out: the same the other way.
Not here: whose conventions those are, which of their messages, and what a refusal of the other side is here (the table's map
``Embedded`` and rules).

Source: Open Charge Alliance, Using ISO 15118 Plug & Charge with OCPP 1.6: the texts are the payloads of 2.0.1 as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from gateway.ladder.flows.contract import UNABLE, Parts, Rendering, makes, the_answer
from gateway.ladder.flows.costs import COST, costs
from gateway.messages import Payload

DATA = "DataTransfer"
DONE = {"status": "Accepted"}
ELSEWHERE = ("NotFound",)
"""Answers after which the other way is tried too."""


@makes(
    DATA,
    COST,
    "Authorize",
    "GetCertificateStatus",
    "Get15118EVCertificate",
    "SignCertificate",
    "CertificateSigned",
    "InstallCertificate",
    "DeleteCertificate",
    "GetInstalledCertificateIds",
    "TriggerMessage",
)
def taken_out(asked: Payload, run: Any, parts: Parts) -> Rendering:
    """Going right: what is no such text passes as it is."""
    plain = parts[DATA]
    name = _named(asked, run, parts)
    text = asked.get("data", "")
    inner = costs(asked, run, parts) if name == COST else parts.inside("call", name, text) if name in parts else None
    if inner is None:
        made = plain.ask(asked, run) or {}
        return Rendering([(DATA, made)], lambda results, run: plain.answer(the_answer(results), asked, run))

    def answer(results: Sequence[Payload | None], run: Any) -> Payload:
        told = the_answer(results)
        return {**DONE, "data": plain.back("Json", told, run)} if told else DONE

    return Rendering([(name, inner)], answer, failed=lambda code, run: {"status": "UnknownMessageId"} if code in UNABLE else None)


def _named(asked: Payload, run: Any, parts: Parts) -> str:
    """The right side's message that a vendor and a name stand for."""
    found = parts[DATA].value("Embedded", f"{asked['vendorId']} {asked.get('messageId', '')}", run)
    return str(found)


def put_in(asked: Payload, run: Any, parts: Parts) -> Rendering:
    """Going left: as the message of that name where its rules make one, and in the text where the other part's rules do."""
    calls, unsaid = [], []
    for name, part in parts.items():
        losses: list[Any] = []
        made = part.ask(asked, msgspec.structs.replace(run, losses=losses))
        unsaid += losses if made is None else []
        run.losses += losses if made is not None else []
        calls += [(name, made)] if made is not None else []
    run.losses += [] if calls else unsaid
    return _asked(sorted(calls, key=lambda call: call[0] == DATA), asked, run, parts)


def _asked(calls: list[tuple[str, Payload]], asked: Payload, run: Any, parts: Parts) -> Rendering:
    """One after the other, until one has an answer."""

    def answer(results: Sequence[Payload | None], run: Any) -> Payload:
        (name, made), result = calls[0], the_answer(results)
        return told(result, made, asked, run, parts) if name == DATA else parts[name].answer(result, asked, run)

    def then(results: Sequence[Payload | None], run: Any) -> Rendering | None:
        on = calls[1:] and (results[-1] is None or results[-1].get("status") in ELSEWHERE)
        return _asked(calls[1:], asked, run, parts) if on else None

    none = parts[DATA].answer({"status": "Rejected"}, asked, run)
    if not calls:
        return Rendering([], lambda results, run: none)
    first = [(name, {**made, "data": text(asked, run, parts)} if name == DATA else made) for name, made in calls[:1]]
    failed = (lambda code, run: none) if calls[0][0] == DATA else lambda code, run: None
    return Rendering(first, answer, then=then, failed=failed)


def text(asked: Payload, run: Any, parts: Parts) -> str:
    """What stands in the text."""
    return str(parts[DATA].value("Json", asked, run))


def told(result: Payload, made: Payload, asked: Payload, run: Any, parts: Parts) -> Payload:
    """The answer that stands in the text; of one who gave none, or something else, what the rules say."""
    name = parts[DATA].back("Embedded", f"{made['vendorId']} {made['messageId']}", run)
    found = parts.inside("result", name, result.get("data", "")) if result["status"] == DONE["status"] else None
    return parts[DATA].answer(result, asked, run) if found is None else found
