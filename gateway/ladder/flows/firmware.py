"""New firmware: one side numbers what it asks for, the other does not; and one side has a message of its own for signed firmware.

In: UpdateFirmware, SignedUpdateFirmware, FirmwareStatusNotification.  Out: the same of the other side.
Not here: the words of a status (the table's maps).

Register ``firmware``: ``asked`` (`numbered`), and ``told`` {was, said}: the last status, in the words of the station and in ours.
Sources: OCPP 2.0.1 part 2, L01–L02; OCPP 1.6, 4.5 and 6.19; its security whitepaper, L01.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from gateway.ladder.flows.contract import UNABLE, Parts, Rendering, makes
from gateway.ladder.flows.numbered import numbered, plain, refused, request, taken
from gateway.messages import Payload

PLAIN, SIGNED = "UpdateFirmware", "SignedUpdateFirmware"
PLAIN_STATUS, SIGNED_STATUS = "FirmwareStatusNotification", "SignedFirmwareStatusNotification"
REGISTER = "firmware"


@makes(PLAIN)
def update(asked: Payload, run: Any, parts: Parts) -> Rendering:
    """Going right: with a number.  A refusal, for which the asker has no word, is told as a download that failed."""
    part, id = parts[PLAIN], run.cx.registers.next(REGISTER)
    made = request(PLAIN, {**(part.ask(asked, run) or {}), "requestId": id}, asked, part, REGISTER, run, id, True)

    def after(results: Any, run: Any) -> list[tuple[str, Payload]]:
        return [] if taken(results) else [(PLAIN_STATUS, {"status": "DownloadFailed"})]

    return replace(made, after=after)


@makes(PLAIN)
def signed_update(asked: Payload, run: Any, parts: Parts) -> Rendering:
    """Going right: its statuses are told as those of signed firmware."""
    part = parts[PLAIN]
    return request(PLAIN, part.ask(asked, run) or {}, asked, part, REGISTER, run, asked["requestId"], False)


@makes(PLAIN, SIGNED)
def update_left(asked: Payload, run: Any, parts: Parts) -> Rendering:
    """Going left: its number is kept for the statuses that follow.  A signature is never left behind."""
    unsigned = not {"signature", "signingCertificate"} & asked["firmware"].keys()
    name = PLAIN if unsigned else SIGNED
    made = parts[name].ask(asked, run)
    if made is None:
        return refused("InvalidURL" if unsigned else "MissingParam")
    sent = request(name, made, asked, parts[name], REGISTER, run, asked["requestId"], unsigned)

    def failed(code: str, run: Any) -> Payload | None:
        sent.failed(code, run)
        return {"status": "Rejected", "statusInfo": {"reasonCode": "UnsupportedRequest" if code in UNABLE else "InternalError"}}

    return replace(sent, answer=lambda results, run: {"status": "Accepted", **sent.answer(results, run)}, failed=failed)


@makes(PLAIN_STATUS)
def status(asked: Payload, run: Any, parts: Parts) -> Rendering:
    """Going right: with a number, of the update that was asked for last where the station says none."""
    made = parts[PLAIN_STATUS].ask(asked, run) or {}
    return Rendering([(PLAIN_STATUS, numbered(made, REGISTER, run))], lambda results, run: {})


@makes(PLAIN_STATUS, SIGNED_STATUS)
def status_left(asked: Payload, run: Any, parts: Parts) -> Rendering:
    """Going left: by the message that belongs to the one that asked; what becomes the same word is said once."""
    name = PLAIN_STATUS if plain(asked, REGISTER, run) else SIGNED_STATUS
    made = parts[name].ask(asked, run) or {}
    before, told = run.cx.registers.get(REGISTER, "told"), {"was": asked["status"], "said": made["status"]}
    run.cx.registers.put(REGISTER, "told", told)
    again = before is not None and before["said"] == told["said"] and before["was"] != told["was"]
    return Rendering([] if again else [(name, made)], lambda results, run: {})
