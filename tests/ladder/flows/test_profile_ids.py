"""Charging profiles for a station of 2.0.1 whose back end speaks 1.6 (4.11)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ladder.flows.talk import Talk

SCHEDULE = {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": Decimal("16.5"), "numberPhases": 3}]}


TAKEN = {"status": "Accepted"}


def profile(id: int, purpose: str = "TxDefaultProfile", level: int = 0, **more: Any) -> Any:
    kind = {"chargingProfilePurpose": purpose, "chargingProfileKind": "Relative", "chargingSchedule": SCHEDULE}
    return {"chargingProfileId": id, "stackLevel": level, **kind, **more}


@pytest.fixture
def talk() -> Talk:
    return Talk("ocpp1.6", "ocpp2.0.1")


def put(talk: Talk, connector: int, *what: Any, **more: Any) -> list[tuple[str, Any]]:
    """What is asked of the station when the back end sets a profile there, and the station takes it."""
    before = len(talk.sent)
    passage = talk.ask("SetChargingProfile", {"connectorId": connector, "csChargingProfiles": profile(*what, **more)})
    if passage.further([TAKEN], talk.context()) is not None:
        talk.further(passage, TAKEN)
    return talk.sent[before:]


def ids(sent: list[tuple[str, Any]]) -> list[int]:
    return [made.get("chargingProfileId") or made["chargingProfile"]["id"] for _, made in sent]


def test_a_profile_has_its_schedule_in_a_list(talk: Talk) -> None:
    passage = talk.ask("SetChargingProfile", {"connectorId": 0, "csChargingProfiles": profile(4, "ChargePointMaxProfile")})
    made = talk.sent[0][1]
    assert made["evseId"] == 0
    assert made["chargingProfile"]["chargingProfilePurpose"] == "ChargingStationMaxProfile"
    assert made["chargingProfile"]["chargingSchedule"] == [{"id": 4, **SCHEDULE}]
    assert talk.answer(passage, {"status": "Rejected", "statusInfo": {"reasonCode": "x"}}) == {"status": "Rejected"}


def test_one_of_the_same_kind_has_the_number_of_the_one_it_replaces(talk: Talk) -> None:
    assert ids(put(talk, 1, 5)) == [5]
    assert ids(put(talk, 1, 6)) == [5]
    assert ids(put(talk, 1, 6, "TxDefaultProfile", 1)) == [5], "of the same number it is the same one, moved"
    assert ids(put(talk, 1, 7)) == [7]
    talk.crash()
    assert ids(put(talk, 1, 8)) == [7]


def test_a_number_that_is_another_ones_at_the_station_is_not_used(talk: Talk) -> None:
    put(talk, 1, 5)
    put(talk, 1, 6)
    assert ids(put(talk, 2, 5)) == [1]
    passage = talk.ask("ClearChargingProfile", {"id": 5})
    assert talk.sent[-1] == ("ClearChargingProfile", {"chargingProfileId": 1})
    assert talk.answer(passage, {"status": "Accepted"}) == {"status": "Accepted"}
    talk.ask("ClearChargingProfile", {"id": 6})
    assert talk.sent[-1] == ("ClearChargingProfile", {"chargingProfileId": 5})


def test_one_that_was_elsewhere_is_cleared_there_where_another_number_is_used_again(talk: Talk) -> None:
    put(talk, 1, 5)
    put(talk, 2, 6)
    passage = talk.ask("SetChargingProfile", {"connectorId": 1, "csChargingProfiles": profile(6)})
    assert ids(talk.sent[2:]) == [5]
    more = talk.further(passage, TAKEN)
    assert talk.sent[3:] == [("ClearChargingProfile", {"chargingProfileId": 6})]
    assert talk.answer(more, {"status": "Unknown"}) == TAKEN
    assert more.failed("InternalError", talk.context()) == (TAKEN, [])


def test_one_that_was_not_taken_changes_nothing(talk: Talk) -> None:
    put(talk, 1, 5)
    put(talk, 2, 6)
    for refuses in (True, False):
        passage = talk.ask("SetChargingProfile", {"connectorId": 1, "csChargingProfiles": profile(6)})
        put(talk, 0, 9)
        if refuses:
            assert talk.answer(passage, {"status": "Rejected"}) == {"status": "Rejected"}
        else:
            assert passage.failed("InternalError", talk.context()) is None
        assert ids(put(talk, 0, 8)) == [9], "what came since stays"
        assert ids(put(talk, 2, 6)) == [6]
    assert ids(put(talk, 1, 5)) == [5]


def test_nothing_named_is_all_that_a_back_end_may_set(talk: Talk) -> None:
    passage = talk.ask("ClearChargingProfile", {})
    purposes = [made["chargingProfileCriteria"]["chargingProfilePurpose"] for _, made in talk.sent]
    assert purposes == ["ChargingStationMaxProfile", "TxDefaultProfile", "TxProfile"]
    one = {"status": "Accepted"}
    assert talk.answer(passage, {"status": "Unknown"}, one, None) == one
    assert talk.answer(passage, {"status": "Unknown"}, {"status": "Unknown"}, None) == {"status": "Unknown"}


def test_some_are_cleared_by_place_purpose_and_level(talk: Talk) -> None:
    for connector, level in ((1, 0), (1, 1), (2, 0)):
        put(talk, connector, 10 * connector + level, "TxDefaultProfile", level)
    asked = {"connectorId": 1, "chargingProfilePurpose": "TxDefaultProfile", "stackLevel": 0}
    passage = talk.ask("ClearChargingProfile", asked)
    criteria = {"evseId": 1, "chargingProfilePurpose": "TxDefaultProfile", "stackLevel": 0}
    assert talk.sent[-1] == ("ClearChargingProfile", {"chargingProfileCriteria": criteria})
    talk.answer(passage, {"status": "Accepted"})
    assert ids(put(talk, 1, 99)) == [99], "its place is free"
    assert ids(put(talk, 1, 98, "TxDefaultProfile", 1)) == [11], "that one is still there"


def test_a_profile_of_a_transaction_names_it_whatever_the_back_end_says(talk: Talk) -> None:
    passage = talk.ask("SetChargingProfile", {"connectorId": 1, "csChargingProfiles": profile(1, "TxProfile")})
    assert passage.answer == {"status": "Rejected"}
    token = {"idToken": "A", "type": "Local"}
    event = {"eventType": "Started", "timestamp": "2026-01-02T03:04:05Z", "triggerReason": "Authorized", "seqNo": 0}
    event |= {"transactionInfo": {"transactionId": "17"}, "evse": {"id": 1, "connectorId": 1}, "idToken": token}
    Talk("ocpp2.0.1", "ocpp1.6", talk.registers).ask("TransactionEvent", event, transaction=17)
    ((_, made),) = put(talk, 1, 1, "TxProfile")
    assert made["chargingProfile"]["transactionId"] == "17"
    ((_, made),) = put(talk, 1, 2, "TxProfile", 3, transactionId=18)
    assert made["chargingProfile"]["transactionId"] == "18"


def test_an_absolute_one_that_says_no_begin_begins_now(talk: Talk) -> None:
    talk.facts.clock = "2026-01-02T03:04:05Z"
    ((_, made),) = put(talk, 1, 1, chargingProfileKind="Absolute")
    assert made["chargingProfile"]["chargingSchedule"][0]["startSchedule"] == "2026-01-02T03:04:05Z"


def test_one_that_comes_with_a_start(talk: Talk) -> None:
    put(talk, 1, 5, "TxProfile", transactionId=17)
    put(talk, 2, 6)
    talk.ask(
        "RemoteStartTransaction", {"idTag": "A", "connectorId": 1, "chargingProfile": profile(6, "TxProfile", transactionId=9)}
    )
    made = talk.sent[-1][1]["chargingProfile"]
    assert made["id"] == 6
    assert "transactionId" not in made


def test_a_schedule_as_it_comes_out(talk: Talk) -> None:
    talk.registers.put("evses", "2", [1, 2])
    passage = talk.ask("GetCompositeSchedule", {"connectorId": 2, "duration": 90, "chargingRateUnit": "W"})
    assert talk.sent == [("GetCompositeSchedule", {"evseId": 1, "duration": 90, "chargingRateUnit": "W"})]
    periods = [{"startPeriod": 0, "limit": Decimal("16.19"), "phaseToUse": 1}]
    found = {"evseId": 1, "duration": 60, "scheduleStart": "2026-01-02T03:04:05Z", "chargingRateUnit": "W"}
    told = talk.answer(passage, {"status": "Accepted", "schedule": {**found, "chargingSchedulePeriod": periods}})
    assert told == {
        "status": "Accepted",
        "connectorId": 2,
        "scheduleStart": "2026-01-02T03:04:05Z",
        "chargingSchedule": {
            "duration": 60,
            "chargingRateUnit": "W",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": Decimal("16.1")}],
        },
    }
    assert talk.answer(passage, {"status": "Rejected"}) == {"status": "Rejected"}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 4), st.integers(0, 1)), max_size=12))
def test_what_a_strict_station_has_is_what_a_replacing_one_would_have(sets: list[tuple[int, int, int]]) -> None:
    """Each Set is taken by a station that refuses a second one of a kind, and what is there in the end is what 1.6 means."""
    talk, station, meant = Talk("ocpp1.6", "ocpp2.0.1"), dict[int, tuple[int, int]](), dict[tuple[int, int], int]()
    for connector, id, level in sets:
        meant = {slot: named for slot, named in meant.items() if named != id} | {(connector, level): id}
        for name, made in put(talk, connector, id, "TxDefaultProfile", level):
            if name == "ClearChargingProfile":
                del station[made["chargingProfileId"]]
                continue
            number, slot = made["chargingProfile"]["id"], (made["evseId"], made["chargingProfile"]["stackLevel"])
            assert slot not in [kept for one, kept in station.items() if one != number], "a duplicate is refused"
            station[number] = slot
    assert sorted(station.values()) == sorted(meant)
    for slot, named in meant.items():
        talk.ask("ClearChargingProfile", {"id": named})
        assert station[talk.sent[-1][1]["chargingProfileId"]] == slot
