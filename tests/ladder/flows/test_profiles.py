"""Charging profiles for a station of 1.6 whose back end speaks 2.0.1 (4.11)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ladder.facts import Known
from tests.ladder.flows.talk import DIALECTS, Talk

PERIOD = {"startPeriod": 0, "limit": Decimal("16")}
SCHEDULE = {"id": 1, "chargingRateUnit": "W", "chargingSchedulePeriod": [PERIOD]}
OK, NO = {"status": "Accepted"}, {"status": "Rejected"}


def profile(id: int, purpose: str = "TxDefaultProfile", level: int = 0, **more: Any) -> Any:
    kind = {"chargingProfilePurpose": purpose, "chargingProfileKind": "Relative", "chargingSchedule": [SCHEDULE]}
    return {"id": id, "stackLevel": level, **kind, **more}


@pytest.fixture
def talk() -> Talk:
    return Talk("ocpp2.0.1", "ocpp1.6")


def kept(given: Any) -> Any:
    """As it is told: a schedule has its profile's number."""
    return {**given, "chargingSchedule": [{**SCHEDULE, "id": given["id"]}]}


def put(talk: Talk, evse: int, what: Any, told: Any = OK) -> Any:
    passage = talk.ask("SetChargingProfile", {"evseId": evse, "chargingProfile": what})
    return passage.answer or talk.answer(passage, told)


def reports(talk: Talk, **about: Any) -> tuple[str, list[Any]]:
    """What the back end is told of the profiles."""
    evse = {"evseId": about.pop("evseId")} if "evseId" in about else {}
    passage = talk.ask("GetChargingProfiles", {"requestId": 8, **evse, "chargingProfile": about})
    for name, made in passage.after:
        assert name == "ReportChargingProfiles"
        DIALECTS["ocpp2.0.1"].check("call", name, made)
    assert passage.answer is not None
    return passage.answer["status"], [made for _, made in passage.after]


def numbers(talk: Talk, **about: Any) -> list[int]:
    return [one["id"] for made in reports(talk, **about)[1] for one in made["chargingProfile"]]


def test_a_profile_crosses_with_its_limit_never_raised(talk: Talk) -> None:
    periods = [{"startPeriod": 0, "limit": Decimal("16.19")}, {"startPeriod": 9, "limit": 7, "numberPhases": 1, "phaseToUse": 1}]
    schedule = {**SCHEDULE, "chargingSchedulePeriod": periods, "minChargingRate": Decimal("6.05")}
    given = profile(4, "ChargingStationMaxProfile", chargingSchedule=[schedule])
    assert put(talk, 0, given) == OK
    made = talk.sent[0][1]
    assert made["connectorId"] == 0
    assert made["csChargingProfiles"] == {
        "chargingProfileId": 4,
        "stackLevel": 0,
        "chargingProfilePurpose": "ChargePointMaxProfile",
        "chargingProfileKind": "Relative",
        "chargingSchedule": {
            "chargingRateUnit": "W",
            "chargingSchedulePeriod": [
                {"startPeriod": 0, "limit": Decimal("16.1")},
                {"startPeriod": 9, "limit": 7, "numberPhases": 1},
            ],
            "minChargingRate": Decimal("6.0"),
        },
    }
    ((told,),) = [made["chargingProfile"] for made in reports(talk)[1]]
    assert told["chargingSchedule"] == [{**made["csChargingProfiles"]["chargingSchedule"], "id": 4}], "as the station has it"


@given(st.decimals(0, 10**6, places=3))
def test_no_limit_grows(limit: Decimal) -> None:
    talk = Talk("ocpp2.0.1", "ocpp1.6")
    put(talk, 1, profile(1, chargingSchedule=[{**SCHEDULE, "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit}]}]))
    made = talk.sent[0][1]["csChargingProfiles"]["chargingSchedule"]["chargingSchedulePeriod"][0]["limit"]
    assert limit - Decimal("0.1") < made <= limit


SECOND_PHASE = {**PERIOD, "numberPhases": 1, "phaseToUse": 2}


@pytest.mark.parametrize(
    ("what", "why"),
    [
        (profile(1, "ChargingStationExternalConstraints"), "InvalidProfile"),
        (profile(1, chargingSchedule=[SCHEDULE, {**SCHEDULE, "id": 2}]), "TooManyElements"),
        (profile(1, chargingSchedule=[{**SCHEDULE, "chargingSchedulePeriod": [PERIOD, SECOND_PHASE]}]), "UnsupportedParam"),
    ],
)
def test_what_1_6_cannot_say_is_refused(talk: Talk, what: Any, why: str) -> None:
    refused = {"status": "Rejected", "statusInfo": {"reasonCode": why}}
    assert put(talk, 1, what) == refused
    asked = {"idToken": {"idToken": "A", "type": "Local"}, "remoteStartId": 4, "chargingProfile": what}
    assert talk.ask("RequestStartTransaction", asked).answer == refused
    assert talk.sent == []
    assert reports(talk) == ("NoProfiles", [])


def test_a_station_without_profiles_says_why(talk: Talk) -> None:
    assert put(talk, 1, profile(1), {"status": "NotSupported"}) == {**NO, "statusInfo": {"reasonCode": "UnsupportedRequest"}}
    assert reports(talk) == ("NoProfiles", [])


def test_what_was_taken_is_told_for_each_place_and_outlives_the_process(talk: Talk) -> None:
    put(talk, 0, profile(1, "ChargingStationMaxProfile"))
    put(talk, 1, profile(2))
    put(talk, 1, profile(3, level=1))
    put(talk, 2, profile(4), NO)
    talk.crash()
    status, told = reports(talk)
    assert status == "Accepted"
    head = {"requestId": 8, "chargingLimitSource": "CSO"}
    assert told == [
        {**head, "evseId": 0, "chargingProfile": [kept(profile(1, "ChargingStationMaxProfile"))], "tbc": True},
        {**head, "evseId": 1, "chargingProfile": [kept(profile(2)), kept(profile(3, level=1))]},
    ]


def test_only_what_was_asked_for_is_told(talk: Talk) -> None:
    for number in (1, 2, 3):
        put(talk, number, profile(number, level=number))
    assert numbers(talk, evseId=2) == [2]
    assert numbers(talk, stackLevel=3) == [3]
    assert numbers(talk, chargingProfileId=[1, 3, 9]) == [1, 3]
    assert numbers(talk, chargingProfilePurpose="TxProfile") == []
    assert numbers(talk, chargingLimitSource=["EMS"]) == []
    assert numbers(talk, chargingLimitSource=["EMS", "CSO"]) == [1, 2, 3]
    assert reports(talk, evseId=9) == ("NoProfiles", [])


def test_one_replaces_another_of_its_kind_and_of_its_number(talk: Talk) -> None:
    put(talk, 1, profile(1))
    put(talk, 1, profile(2))
    assert numbers(talk) == [2]
    put(talk, 1, profile(2, level=1))
    assert numbers(talk) == [2]


@pytest.mark.parametrize(
    ("asked", "left"),
    [
        ({"chargingProfileId": 1}, [2, 3]),
        ({"chargingProfileCriteria": {"evseId": 1}}, [3]),
        ({"chargingProfileCriteria": {"stackLevel": 0, "chargingProfilePurpose": "TxDefaultProfile"}}, [2]),
        ({}, []),
    ],
)
def test_what_is_cleared_is_told_no_more(talk: Talk, asked: Any, left: list[int]) -> None:
    for evse, number, level in ((1, 1, 0), (1, 2, 1), (2, 3, 0)):
        put(talk, evse, profile(number, level=level))
    passage = talk.ask("ClearChargingProfile", asked)
    assert talk.answer(passage, {"status": "Accepted"}) == {"status": "Accepted"}
    assert numbers(talk) == left


def test_what_1_6_cannot_name_is_not_cleared(talk: Talk) -> None:
    put(talk, 1, profile(1))
    criteria = {"evseId": 1, "chargingProfilePurpose": "ChargingStationExternalConstraints"}
    assert talk.ask("ClearChargingProfile", {"chargingProfileCriteria": criteria}).answer == {"status": "Unknown"}
    assert numbers(talk) == [1]
    talk.ask("ClearChargingProfile", {"chargingProfileId": 7, "chargingProfileCriteria": {"evseId": 0, "stackLevel": 2}})
    assert talk.sent[-1] == ("ClearChargingProfile", {"id": 7, "connectorId": 0, "stackLevel": 2})


def test_a_profile_of_a_transaction_is_told_while_it_runs_and_by_the_back_ends_name(talk: Talk) -> None:
    put(talk, 1, profile(1, "TxProfile", transactionId="17"))
    assert talk.sent[0][1]["csChargingProfiles"]["transactionId"] == 17
    assert reports(talk) == ("NoProfiles", [])
    talk.facts.known[17] = Known(1, "A", "2026-01-02T03:04:05Z", "0", True, "theirs")
    assert [made["chargingProfile"] for made in reports(talk)[1]] == [[kept(profile(1, "TxProfile", transactionId="theirs"))]]
    talk.facts.known[17] = Known(1, "A", "2026-01-02T03:04:05Z", "0", False, "theirs")
    assert reports(talk) == ("NoProfiles", [])


def test_one_that_came_with_a_start_is_told_while_somebody_charges(talk: Talk) -> None:
    asked = {
        "idToken": {"idToken": "A", "type": "Local"},
        "remoteStartId": 4,
        "evseId": 1,
        "chargingProfile": profile(6, "TxProfile"),
    }
    passage = talk.ask("RequestStartTransaction", asked)
    assert talk.sent[0][1]["chargingProfile"]["chargingProfileId"] == 6
    assert talk.answer(passage, OK) == OK
    assert numbers(talk) == []
    talk.facts.on[1] = 17
    assert numbers(talk) == [6]


def test_a_schedule_as_it_comes_out(talk: Talk) -> None:
    passage = talk.ask("GetCompositeSchedule", {"evseId": 2, "duration": 90})
    assert talk.sent == [("GetCompositeSchedule", {"connectorId": 2, "duration": 90})]
    talk.facts.clock = "2026-01-02T00:00:00Z"
    schedule = {"chargingRateUnit": "A", "chargingSchedulePeriod": [PERIOD]}
    made = {**schedule, "evseId": 2, "duration": 90, "scheduleStart": "2026-01-02T00:00:00Z"}
    assert talk.answer(passage, {**OK, "connectorId": 2, "chargingSchedule": schedule}) == {**OK, "schedule": made}
    said = {**OK, "scheduleStart": "2026-01-01T00:00:00Z", "chargingSchedule": {**schedule, "duration": 60}}
    assert talk.answer(passage, said)["schedule"] == {**made, "duration": 60, "scheduleStart": "2026-01-01T00:00:00Z"}
    assert talk.answer(passage, NO) == NO


def test_a_back_end_of_2_1_asks_a_station_of_1_6_too() -> None:
    talk = Talk("ocpp2.1", "ocpp1.6")
    put(talk, 1, profile(1))
    passage = talk.ask("GetChargingProfiles", {"requestId": 8, "chargingProfile": {}})
    ((name, made),) = passage.after
    assert (name, made["chargingLimitSource"], made["chargingProfile"]) == ("ReportChargingProfiles", "CSO", [kept(profile(1))])
    dynamic = {**profile(2), "chargingProfileKind": "Dynamic"}
    assert put(talk, 1, dynamic)["status"] == "Rejected"
