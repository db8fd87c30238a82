"""Charging profiles for a station that cannot tell which ones it has: what it was given is remembered, and told in its place.

In: SetChargingProfile, ClearChargingProfile, GetChargingProfiles, the profile of RequestStartTransaction.  Out: the same of the
left side; ReportChargingProfiles.
Not here: the fields of a profile (the table's rules); profiles for a station that can tell (`profile_ids`).

Register ``profiles`` {evse/purpose/level: {evse, profile}}, as the right side writes it: what the station accepted and was not
told to clear.
Sources: OCPP 2.0.1 part 2, K01, K09, K10; OCPP 1.6, 5.16.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from gateway.ladder.flows.contract import Parts, Rendering, makes, the_answer
from gateway.messages import Payload

SET, CLEAR, REPORT = "SetChargingProfile", "ClearChargingProfile", "ReportChargingProfiles"
REGISTER = "profiles"
MOST = 200
SOURCE = "CSO"
"""Who set them: the back end, as far as we know."""


@makes(SET)
def set_left(asked: Payload, run: Any, parts: Parts) -> Rendering:
    """A profile; one of another number for the same place, purpose and level is replaced by it."""
    part = parts[SET]
    made = part.ask(asked, run)
    if made is None:
        return Rendering([], lambda results, run: refusal(asked["chargingProfile"]))

    def answer(results: Sequence[Payload | None], run: Any) -> Payload:
        told = part.answer(the_answer(results), asked, run)
        if told["status"] == "Accepted":
            keep(asked["evseId"], asked["chargingProfile"], made["csChargingProfiles"]["chargingSchedule"], run)
        return told

    return Rendering([(SET, made)], answer)


def refusal(profile: Payload) -> Payload:
    """Why a profile cannot be given to a station of the left side."""
    if profile["chargingProfilePurpose"] == "ChargingStationExternalConstraints":
        why = "InvalidProfile"
    else:
        why = "TooManyElements" if len(profile["chargingSchedule"]) > 1 else "UnsupportedParam"
    return {"status": "Rejected", "statusInfo": {"reasonCode": why}}


def keep(evse: int, profile: Payload, schedule: Payload, run: Any) -> None:
    """Remember what the station accepted, with its ``schedule`` as it got that: it has no number of its own."""
    registers = run.cx.registers
    profile = {**profile, "chargingSchedule": [{**schedule, "id": profile["id"]}]}
    same = [slot for slot, kept in registers.items(REGISTER) if kept["profile"]["id"] == profile["id"]]
    for slot in [*same, *(old for old, _ in list(registers.items(REGISTER))[: -MOST + 1])]:
        registers.put(REGISTER, slot, None)
    slot = f"{evse}/{profile['chargingProfilePurpose']}/{profile['stackLevel']}"
    registers.put(REGISTER, slot, {"evse": evse, "profile": profile})


@makes(CLEAR)
def clear_left(asked: Payload, run: Any, parts: Parts) -> Rendering:
    """Which ones to clear; of a purpose that the left side lacks there are none."""
    part, about = parts[CLEAR], asked.get("chargingProfileCriteria") or {}
    made = part.ask(asked, run)
    if made is None:
        return Rendering([], lambda results, run: {"status": "Unknown"})

    def answer(results: Sequence[Payload | None], run: Any) -> Payload:
        told = part.answer(the_answer(results), asked, run)
        ids = [asked["chargingProfileId"]] if "chargingProfileId" in asked else []
        for slot, _ in list(_found({**about, "chargingProfileId": ids}, about.get("evseId"), run)):
            run.cx.registers.put(REGISTER, slot, None)
        return told

    return Rendering([(CLEAR, made)], answer)


def _found(about: Payload, evse: int | None, run: Any) -> Iterator[tuple[str, Payload]]:
    """What is kept of that kind."""
    for slot, kept in run.cx.registers.items(REGISTER):
        profile = kept["profile"]
        same = all(about.get(name) in (None, profile[name]) for name in ("chargingProfilePurpose", "stackLevel"))
        if same and evse in (None, kept["evse"]) and profile["id"] in (about.get("chargingProfileId") or [profile["id"]]):
            yield slot, kept


@makes()
def report(asked: Payload, run: Any, parts: Parts) -> Rendering:
    """What the station was given and has not lost by itself: a report for each place, after the answer."""
    about = asked["chargingProfile"]
    ours = SOURCE in about.get("chargingLimitSource", [SOURCE])
    found: dict[int, list[Payload]] = {}
    for _, kept in _found(about, asked.get("evseId"), run) if ours else ():
        profile = _in_force(kept, run)
        if profile is not None:
            found.setdefault(kept["evse"], []).append(profile)
    head = {"requestId": asked["requestId"], "chargingLimitSource": SOURCE}
    told = [{**head, "evseId": evse, "chargingProfile": profiles, "tbc": True} for evse, profiles in found.items()]
    if told:
        del told[-1]["tbc"]
    status = "Accepted" if told else "NoProfiles"
    return Rendering([], lambda results, run: {"status": status}, after=lambda results, run: [(REPORT, one) for one in told])


def _in_force(kept: Payload, run: Any) -> Payload | None:
    """A profile, its transaction as the back end calls it; None where its transaction is over."""
    profile: Payload = kept["profile"]
    if "transactionId" not in profile:
        alone = profile["chargingProfilePurpose"] == "TxProfile" and not run.cx.facts.running(kept["evse"])
        return None if alone else profile
    known = run.cx.facts.transaction(int(profile["transactionId"])) if profile["transactionId"].isdigit() else None
    if known is None or not known.open:
        return None
    return {**profile, "transactionId": known.named or profile["transactionId"]}
