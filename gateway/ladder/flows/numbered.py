"""What one side asks for with a number, and the other without: which number the statuses that follow belong to.

In: what was asked for, the results, statuses.  Out: register ``asked`` of a name: {id, plain} of what was asked for last.
Not here: what is asked for (`firmware`, `logs`).

``plain`` says whether the statuses are told by the message that has no number.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gateway.ladder.flows.contract import Part, Rendering, the_answer
from gateway.messages import Payload

ASKED = "asked"
NUMBERLESS = "Idle"
"""The status that is of nothing that was asked for."""


def request(name: str, made: Payload, asked: Payload, part: Part, register: str, run: Any, id: int, plain: bool) -> Rendering:
    """Ask for it, and remember; where it was refused the one before still runs."""
    before = run.cx.registers.get(register, ASKED)
    run.cx.registers.put(register, ASKED, {"id": id, "plain": plain})

    def answer(results: Sequence[Payload | None], run: Any) -> Payload:
        if not taken(results):
            run.cx.registers.put(register, ASKED, before)
        return part.answer(the_answer(results), asked, run)

    def failed(code: str, run: Any) -> None:
        run.cx.registers.put(register, ASKED, before)

    return Rendering([(name, made)], answer, failed=failed)


def refused(reason: str) -> Rendering:
    """What the other side cannot be asked for."""
    return Rendering([], lambda results, run: {"status": "Rejected", "statusInfo": {"reasonCode": reason}})


def taken(results: Sequence[Payload | None]) -> bool:
    """Whether the station said yes; one that has no word for it does by answering."""
    return results[-1] is not None and results[-1].get("status", "Accepted") in ("Accepted", "AcceptedCanceled")


def numbered(made: Payload, register: str, run: Any) -> Payload:
    """A status with its number, if it is of something: that of what was asked for last, where the station says none."""
    kept = run.cx.registers.get(register, ASKED)
    return made if kept is None or made["status"] == NUMBERLESS else {"requestId": kept["id"], **made}


def plain(status: Payload, register: str, run: Any) -> bool:
    """Whether a status is told by the message that has no number: of what was so asked for, or of what nobody knows."""
    kept = run.cx.registers.get(register, ASKED)
    return kept is None or bool(kept["plain"]) or bool(status.get("requestId", kept["id"]) != kept["id"])
