"""Commands to begin a transaction: which start answers which command.

In: RemoteStartTransaction, RequestStartTransaction.  Out: the other of the two.
Not here: how the transaction is told (`station_left`, `station_right`).

Register ``remote`` {folded tag: {id, connector, at}}: the back end's numbers for starts that it asked for and that have not come.
Sources: OCPP 2.0.1 part 2, F01–F02; its ConnectionTimeOut is not known here, so a start counts within `LATEST`.  One that is much
older than the command was queued and is no answer to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from gateway.ladder.flows.contract import Part, Rendering, makes, the_answer
from gateway.ladder.flows.profile_ids import of_a_start
from gateway.ladder.flows.profiles import keep, refusal
from gateway.messages import Payload

LATEST = timedelta(minutes=5)
EARLIEST = timedelta(minutes=-2)
"""Stations' clocks are not ours."""
LEFT, RIGHT = "RemoteStartTransaction", "RequestStartTransaction"


@makes(RIGHT)
def remote_start(asked: Payload, run: Any, parts: Mapping[str, Part]) -> Rendering:
    """Going right: the command gets a number that this station never had."""
    part = parts[RIGHT]
    made = {**(part.ask(asked, run) or {}), "remoteStartId": run.cx.registers.next("remote_start")}
    if "chargingProfile" in made:
        made["chargingProfile"] = of_a_start(made["chargingProfile"], made.get("evseId"), run)
    return Rendering([(RIGHT, made)], lambda results, run: part.answer(the_answer(results), asked, run))


@makes(LEFT)
def request_start(asked: Payload, run: Any, parts: Mapping[str, Part]) -> Rendering:
    """Going left: the number is kept for the start that follows.  A profile that cannot go with it is a refusal."""
    part = parts[LEFT]
    made = part.ask(asked, run)
    if made is None:
        return Rendering([], lambda results, run: refusal(asked["chargingProfile"]))
    kept = {"id": asked["remoteStartId"], "connector": made.get("connectorId"), "at": run.cx.now.isoformat()}
    run.cx.registers.put("remote", made["idTag"].casefold(), kept)

    def answer(results: Any, run: Any) -> Payload:
        told = part.answer(the_answer(results), asked, run)
        if told.get("status") != "Accepted":
            run.cx.registers.put("remote", made["idTag"].casefold(), None)
        elif "chargingProfile" in asked and "evseId" in asked:
            profile = {name: value for name, value in asked["chargingProfile"].items() if name != "transactionId"}
            keep(asked["evseId"], profile, made["chargingProfile"]["chargingSchedule"], run)
        return told

    return Rendering([(LEFT, made)], answer)


def awaited(start: Payload, cx: Any) -> int | None:
    """The back end's number for this start, if it asked for it; then it is asked for no more."""
    tag = start["idTag"].casefold()
    kept = cx.registers.get("remote", tag)
    if kept is None or kept["connector"] not in (None, start["connectorId"]):
        return None
    cx.registers.put("remote", tag, None)
    passed = _moment(start["timestamp"], cx.now) - datetime.fromisoformat(kept["at"])
    return int(kept["id"]) if EARLIEST <= passed <= LATEST else None


def _moment(text: str, now: datetime) -> datetime:
    try:
        return min(datetime.fromisoformat(text), now)
    except ValueError:
        return now
