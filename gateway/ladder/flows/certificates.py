"""Which certificates a station has: one side asks for one kind, the other for several, and hears them in another form.

In: GetInstalledCertificateIds.  Out: the same of the other side.
Not here: installing, deleting and signing them (the table's rules).

Only where the site lets such requests pass; else there are none to speak of.  Sources: OCPP 2.0.1 part 2, M03; the security
whitepaper for 1.6, M03.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gateway.ladder.flows.contract import Parts, Rendering, makes, the_answer
from gateway.messages import Payload

IDS = "GetInstalledCertificateIds"
KINDS = "CertificateKind"


@makes(IDS)
def installed(asked: Payload, run: Any, parts: Parts) -> Rendering:
    """Going right: of one kind."""
    part, made = parts[IDS], parts[IDS].ask(asked, run)
    if made is None or not run.facts.forwards_certificates():
        return _none()
    return Rendering([(IDS, made)], lambda results, run: part.answer(the_answer(results), asked, run))


@makes(IDS)
def installed_left(asked: Payload, run: Any, parts: Parts) -> Rendering:
    """Going left: one question for each kind that the left side knows, all of them where none is named."""
    part = parts[IDS]
    wanted = asked.get("certificateType") or ("CSMSRootCertificate", "ManufacturerRootCertificate")
    kinds = {kind: part.value(KINDS, kind, run) for kind in wanted}
    asks = [kind for kind, theirs in kinds.items() if theirs is not None]
    if not asks or not run.facts.forwards_certificates():
        return _none()

    def answer(results: Sequence[Payload | None], run: Any) -> Payload:
        found = [
            {"certificateType": kind, "certificateHashData": data}
            for kind, result in zip(asks, results, strict=True)
            if result is not None and result["status"] == "Accepted"
            for data in result.get("certificateHashData", ())
        ]
        return {"status": "Accepted", "certificateHashDataChain": found} if found else {"status": "NotFound"}

    return Rendering([(IDS, {"certificateType": kinds[kind]}) for kind in asks], answer)


def _none() -> Rendering:
    return Rendering([], lambda results, run: {"status": "NotFound"})
