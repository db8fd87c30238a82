"""Charging profiles for a station that refuses a second one of a kind where the back end means to replace the first.

In: SetChargingProfile, ClearChargingProfile, the profile of RemoteStartTransaction.  Out: the same, with the station's numbers.
Not here: the fields of a profile (the table's rules); profiles for a station that replaces (`profiles`).

On the left a profile replaces the one of the same number, and the one of the same connector, purpose and stack level.  On the
right it replaces the first of these only, and may not be beside the second: so the number of the one that is there is used again.
Register ``profile_ids`` {evse/purpose/level: {id, named}}: the station's number, and the back end's.
Sources: OCPP 1.6, 5.16.4; OCPP 2.0.1 part 2, K01.FR.05, K01.FR.39, K10.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

from gateway.ladder.flows.contract import Parts, Rendering, makes, the_answer
from gateway.messages import Payload

SET, CLEAR = "SetChargingProfile", "ClearChargingProfile"
REGISTER = "profile_ids"
MOST = 200
PURPOSES = ("ChargingStationMaxProfile", "TxDefaultProfile", "TxProfile")
"""Those that a back end may set, and so all that it means to clear where it says nothing."""
Changes: TypeAlias = list[tuple[str, Any, Any]]
"""(slot, what was there, what is there now)"""


@makes(SET, CLEAR)
def set_right(asked: Payload, run: Any, parts: Parts) -> Rendering:
    """A profile; one that its number had elsewhere is cleared once it is taken, where the number of another is used again."""
    part = parts[SET]
    made = part.ask(asked, run)
    profile = None if made is None else _of_transaction(made["chargingProfile"], asked["connectorId"], run)
    if made is None or profile is None:
        return Rendering([], lambda results, run: {"status": "Rejected"})
    before = dict(run.cx.registers.items(REGISTER))
    profile, left = renumbered(profile, made["evseId"], run)
    changes = _changes(before, dict(run.cx.registers.items(REGISTER)))

    def answer(results: Sequence[Payload | None], run: Any) -> Payload:
        told = part.answer(the_answer(results), asked, run)
        if told["status"] != "Accepted":
            _undo(changes, run)
        return told

    def then(results: Sequence[Payload | None], run: Any) -> Rendering | None:
        told = part.answer(results[0], asked, run) if results[0] is not None else None
        if left is None or told is None or told["status"] != "Accepted":
            return None
        return Rendering([(CLEAR, {"chargingProfileId": left})], lambda results, run: told, failed=lambda code, run: told)

    def failed(code: str, run: Any) -> None:
        _undo(changes, run)

    return Rendering([(SET, {**made, "chargingProfile": profile})], answer, then=then, failed=failed)


def _changes(before: Payload, now: Payload) -> Changes:
    return [(slot, before.get(slot), now.get(slot)) for slot in {**before, **now} if before.get(slot) != now.get(slot)]


def _undo(changes: Changes, run: Any) -> None:
    """What was refused changed nothing at the station; what came since stays."""
    for slot, old, new in changes:
        if run.cx.registers.get(REGISTER, slot) == new:
            run.cx.registers.put(REGISTER, slot, old)


def _of_transaction(profile: Payload, connector: int, run: Any) -> Payload | None:
    """With the transaction that runs there, which the left side need not name; None where none does."""
    if profile["chargingProfilePurpose"] != "TxProfile" or "transactionId" in profile:
        return profile
    held = run.cx.registers.items("held")
    known = [key for key, kept in held if kept.get("connector") == connector and kept["state"] != "ended"]
    return {**profile, "transactionId": known[-1]} if known else None


def of_a_start(profile: Payload, evse: int | None, run: Any) -> Payload:
    """The profile of a transaction that is to begin, with the station's number: those of former ones are gone there."""
    run.cx.registers.put(REGISTER, _slot(profile, evse), None)
    return renumbered(profile, evse, run)[0]


def _slot(profile: Payload, evse: int | None) -> str:
    return f"{'' if evse is None else evse}/{profile['chargingProfilePurpose']}/{profile['stackLevel']}"


def renumbered(profile: Payload, evse: int | None, run: Any) -> tuple[Payload, int | None]:
    """A profile with the station's number, and the number of one that must be cleared, if there is one.

    One that does not say when it begins does so now.
    """
    registers, named = run.cx.registers, profile["id"]
    slot = _slot(profile, evse)
    mine = registers.get(REGISTER, slot)
    other = next((key for key, kept in registers.items(REGISTER) if kept["named"] == named and key != slot), None)
    left = None if other is None else registers.get(REGISTER, other)["id"]
    if other is not None:
        registers.put(REGISTER, other, None)
    number = mine["id"] if mine is not None else left if left is not None else _free(named, registers)
    registers.put(REGISTER, slot, {"id": number, "named": named})
    for old, _ in list(registers.items(REGISTER))[:-MOST]:
        registers.put(REGISTER, old, None)
    return {**_begun(profile, run), "id": number}, left if left != number else None


def _begun(profile: Payload, run: Any) -> Payload:
    if profile["chargingProfileKind"] != "Absolute":
        return profile
    return {**profile, "chargingSchedule": [{"startSchedule": run.facts.now(), **one} for one in profile["chargingSchedule"]]}


def _free(named: int, registers: Any) -> int:
    """The back end's own number, unless it is another profile's at the station."""
    taken = {kept["id"] for _, kept in registers.items(REGISTER)}
    return named if named not in taken else next(number for number in range(1, len(taken) + 2) if number not in taken)


@makes(CLEAR)
def clear_right(asked: Payload, run: Any, parts: Parts) -> Rendering:
    """Which ones to clear, by the station's number; all of them are cleared by purpose."""
    part = parts[CLEAR]
    made = part.ask(asked, run) or {}
    if "id" in asked:
        known = [kept["id"] for _, kept in run.cx.registers.items(REGISTER) if kept["named"] == asked["id"]]
        made["chargingProfileId"] = known[0] if known else asked["id"]
    asks = [made] if made else [{"chargingProfileCriteria": {"chargingProfilePurpose": purpose}} for purpose in PURPOSES]

    def answer(results: Sequence[Payload | None], run: Any) -> Payload:
        told = [part.answer(result, asked, run) for result in results if result is not None]
        taken = [one for one in told if one["status"] == "Accepted"]
        for slot in _matching(made, run) if taken else ():
            run.cx.registers.put(REGISTER, slot, None)
        return (taken or told or [the_answer(results)])[0]

    return Rendering([(CLEAR, one) for one in asks], answer)


def _matching(made: Payload, run: Any) -> Iterator[str]:
    """The slots that a Clear is about."""
    about = made.get("chargingProfileCriteria") or {}
    wanted = [about.get(name) for name in ("evseId", "chargingProfilePurpose", "stackLevel")]
    for slot, kept in run.cx.registers.items(REGISTER):
        parts = zip(wanted, slot.split("/"), strict=True)
        if made.get("chargingProfileId", kept["id"]) == kept["id"] and all(w is None or str(w) == s for w, s in parts):
            yield slot
