"""Which certificates a station has: one side asks for one kind, the other for several, and hears them in another form.

In: GetInstalledCertificateIds.  Out: the same of the other side; DataTransfer.
Not here: installing, deleting and signing them (the table's rules).

Those of the hop only where the site lets such requests pass; else there are none to speak of.  Those of vehicles the left side
tells in a text (`embedded`).  Sources: OCPP 2.0.1 part 2, M03; the security
whitepaper for 1.6, M03.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gateway.ladder.flows.contract import Parts, Rendering, makes, the_answer
from gateway.ladder.flows.embedded import DATA, text, told
from gateway.messages import Payload

IDS = "GetInstalledCertificateIds"
KINDS = "CertificateKind"
_NONE = {"status": "NotFound"}
HOP = ("CSMSRootCertificate", "ManufacturerRootCertificate")


@makes(IDS)
def installed(asked: Payload, run: Any, parts: Parts) -> Rendering:
    """Going right: of one kind."""
    part, made = parts[IDS], parts[IDS].ask(asked, run)
    if made is None or not run.facts.forwards_certificates():
        return _none()
    return Rendering([(IDS, made)], lambda results, run: part.answer(the_answer(results), asked, run))


@makes(IDS, DATA)
def installed_left(asked: Payload, run: Any, parts: Parts) -> Rendering:
    """Going left: one question for each kind that the left side knows, and one for those of vehicles; all where none is named."""
    kinds = {kind: parts[IDS].value(KINDS, kind, run) for kind in asked.get("certificateType") or HOP}
    asks = [kind for kind, theirs in kinds.items() if theirs is not None and run.facts.forwards_certificates()]
    messages: list[tuple[str, Payload]] = [(IDS, {"certificateType": kinds[kind]}) for kind in asks]
    vehicles = (
        {"certificateType": [kind for kind, theirs in kinds.items() if theirs is None]} if "certificateType" in asked else {}
    )
    if vehicles.get("certificateType", True):
        made = parts[DATA].ask(asked, run) or {}
        messages.append((DATA, {**made, "data": text(vehicles, run, parts)}))

    def answer(results: Sequence[Payload | None], run: Any) -> Payload:
        found: list[Payload] = []
        for kind, (name, made), result in zip([*asks, ""], messages, results, strict=False):
            if result is not None and name == DATA:
                found += told(result, made, asked, run, parts).get("certificateHashDataChain", ())
            elif result is not None and result["status"] == "Accepted":
                found += [
                    {"certificateType": kind, "certificateHashData": data} for data in result.get("certificateHashData", ())
                ]
        return {"status": "Accepted", "certificateHashDataChain": found} if found else _NONE

    return Rendering(messages, answer, failed=lambda code, run: _NONE)


def _none() -> Rendering:
    return Rendering([], lambda results, run: _NONE)
