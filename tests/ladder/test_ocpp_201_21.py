"""What crosses between OCPP 2.0.1 and 2.1, and what would be dangerous if it crossed in part."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.catalogue import Folders
from gateway.dialects.load import load_dialects
from gateway.ladder.facts import Context, Recorded
from gateway.ladder.ladder import Ladder
from gateway.ladder.losses import Loss, Refused
from gateway.ladder.pairs import Key
from gateway.ladder.registers import Registers
from gateway.ladder.run import Run

DIALECTS = load_dialects(Folders())
TABLE = next(table for table in Ladder.load(Folders(), DIALECTS).tables if table.name == "ocpp2.0.1--ocpp2.1")
PERIOD = {"startPeriod": 0, "limit": 16}
TOKEN = {"idToken": "04A1B2C3", "type": "ISO14443"}


def cross(action: str, kind: str, way: Any, payload: Any, known: Registers | None = None) -> tuple[Any, list[Loss]]:
    near, far = TABLE.ends(way)
    run = Run(Recorded(), [], {}, None, Context(Recorded(), registers=known or Registers()))
    made = TABLE.translate(Key(action, action, kind, way))(near.check(kind, action, payload), run)
    if made is not None:
        assert far.check(kind, action, made) == made
    return made, run.losses


SCHEDULE = {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": [PERIOD]}


def profile(period: Any, **other: Any) -> dict[str, Any]:
    schedule = {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": [PERIOD, {"startPeriod": 60, **period}]}
    made = {"id": 1, "stackLevel": 0, "chargingProfilePurpose": "TxProfile", "chargingProfileKind": "Relative"}
    return {**made, "chargingSchedule": [schedule], **other}


@pytest.mark.parametrize(
    ("period", "other"),
    [
        ({}, {}),
        ({"limit": 16, "limit_L2": 10}, {}),
        ({"limit": 16, "limit_L3": 10}, {}),
        ({"limit": 16, "setpoint": 5}, {}),
        ({"limit": 16}, {"chargingProfileKind": "Dynamic"}),
        ({"limit": 16}, {"chargingProfilePurpose": "PriorityCharging"}),
        ({"limit": 16}, {"chargingSchedule": [{**SCHEDULE, "useLocalTime": True}]}),
        ({"limit": 16}, {"chargingSchedule": [{**SCHEDULE, "limitAtSoC": {"soc": 80, "limit": 7}}]}),
    ],
)
def test_a_limit_that_cannot_be_said_is_never_lost_in_silence(period: Any, other: Any) -> None:
    made, losses = cross("SetChargingProfile", "call", "<", {"evseId": 1, "chargingProfile": profile(period, **other)})
    assert made is None
    assert losses
    assert TABLE.empties["SetChargingProfile", "<"].answer == {"status": "Rejected"}
    start = {"remoteStartId": 7, "idToken": TOKEN, "chargingProfile": profile(period, **other)}
    assert cross("RequestStartTransaction", "call", "<", start)[0] is None, "no start without its limits"


def test_a_profile_that_can_be_said_crosses_whole() -> None:
    payload = {"evseId": 1, "chargingProfile": profile({"limit": 16})}
    for way in "<>":
        assert cross("SetChargingProfile", "call", way, payload) == (payload, [])
    utc = {"evseId": 1, "chargingProfile": profile({}, chargingSchedule=[{**SCHEDULE, "useLocalTime": False}])}
    assert cross("SetChargingProfile", "call", "<", utc)[0] == {
        "evseId": 1,
        "chargingProfile": profile({}, chargingSchedule=[SCHEDULE]),
    }


@pytest.mark.parametrize(
    ("action", "payload"),
    [
        ("ClearChargingProfile", {"chargingProfileCriteria": {"chargingProfilePurpose": "LocalGeneration"}}),
        ("GetInstalledCertificateIds", {"certificateType": ["OEMRootCertificate"]}),
        ("Reset", {"type": "ImmediateAndResume"}),
    ],
)
def test_a_narrow_request_never_becomes_a_wide_one(action: str, payload: Any) -> None:
    assert cross(action, "call", "<", payload)[0] is None


def test_a_long_token_comes_back_as_it_was() -> None:
    known, token = Registers(), {"idToken": "x" * 200, "type": "eMAID"}
    made, _ = cross("Authorize", "call", "<", {"idToken": token}, known)
    assert len(made["idToken"]["idToken"]) <= 36
    assert cross("Authorize", "call", ">", made, known)[0] == {"idToken": token}


def test_what_must_not_be_cut_is_refused() -> None:
    request = {"requestId": 1, "firmware": {"location": "https://x/" + "y" * 600, "retrieveDateTime": "2026-01-01T00:00:00Z"}}
    with pytest.raises(Refused):
        cross("UpdateFirmware", "call", "<", request)


def test_custom_data_crosses() -> None:
    custom = {"vendorId": "acme", "more": [1, {"deep": True}]}
    payload = {"idToken": {**TOKEN, "customData": custom}, "customData": custom}
    for way in "<>":
        assert cross("Authorize", "call", way, payload)[0] == payload
