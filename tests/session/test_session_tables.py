"""A whole charging session of a 1.5 station on a 1.6 back end, and commands that name transactions, by the shipped tables."""

from __future__ import annotations

from typing import Any

from gateway.messages import Error, Result
from gateway.session import events as on
from gateway.session.policy import Policy
from tests.session.scene import ACCEPTED, BOOT, GOOD, Scene, start, stop

OLD_READING = {"timestamp": "2026-03-01T11:10:00Z", "value": [{"value": "15", "unit": "Wh"}]}


def test_a_day_of_an_old_station() -> None:
    with Scene(old=True) as play:
        play.online(exchange=True)
        call = play.asks("BootNotification", BOOT)
        up = play.sent("BootNotification")
        play.replies(up.id, up.action, ACCEPTED)
        assert play.answered(call.id).payload["heartbeatInterval"] == 300

        call = play.asks("StartTransaction", start())
        up = play.sent("StartTransaction")
        play.replies(up.id, up.action, {"transactionId": 77, "idTagInfo": GOOD})
        ours = play.answered(call.id).payload["transactionId"]

        play.answered(play.asks("StatusNotification", {"connectorId": 1, "status": "Occupied", "errorCode": "NoError"}).id)
        up = play.sent("StatusNotification")
        assert up.payload["status"] == "Charging"
        play.replies(up.id, up.action, {})

        play.answered(play.asks("MeterValues", {"connectorId": 1, "transactionId": ours, "values": [OLD_READING]}).id)
        up = play.sent("MeterValues")
        assert up.payload["transactionId"] == 77
        assert up.payload["meterValue"] == [
            {"timestamp": "2026-03-01T11:10:00Z", "sampledValue": [{"value": "15", "unit": "Wh"}]}
        ]
        play.replies(up.id, up.action, {})

        play.commands("RemoteStopTransaction", {"transactionId": 77}, id="b1")
        order = play.ordered("RemoteStopTransaction")
        assert order.payload == {"transactionId": ours}
        play >> on.StationAnswered(Result(order.id, order.action, GOOD))
        play.told("b1")

        play.answered(play.asks("StopTransaction", stop(ours)).id)
        up = play.sent("StopTransaction")
        assert (up.payload["transactionId"], up.payload["reason"]) == (77, "Remote")
        play.replies(up.id, up.action, {"idTagInfo": GOOD})


def test_an_old_station_away_from_the_back_end() -> None:
    with Scene(old=True) as play:
        play.online(exchange=True)
        play >> on.UplinkDown("cut")
        answer = play.answered(play.asks("BootNotification", BOOT).id).payload
        assert (answer["status"], answer["heartbeatInterval"]) == ("Rejected", 60)
        assert play.answered(play.asks("Authorize", {"idTag": "A"}).id).payload == {"idTagInfo": {"status": "Invalid"}}
        answer = play.answered(play.asks("StartTransaction", start()).id).payload
        assert answer["idTagInfo"] == GOOD
        assert play.answered(play.asks("DataTransfer", {"vendorId": "x"}).id).code == "InternalError"


def test_a_command_that_the_old_station_has_no_word_for() -> None:
    with Scene(old=True) as play:
        play.online(exchange=True)
        play.commands("TriggerMessage", {"requestedMessage": "Heartbeat"}, id="b1")
        assert play.told("b1").payload == {"status": "NotImplemented"}


PROFILE = {"stackLevel": 0, "chargingProfilePurpose": "TxProfile", "chargingProfileKind": "Relative"}
SCHEDULE = {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16}]}
OLD_PROFILE = {**PROFILE, "chargingProfileId": 4, "chargingSchedule": SCHEDULE}
NEW_PROFILE = {**PROFILE, "id": 4, "chargingSchedule": [{**SCHEDULE, "id": 4}]}


def done(play: Scene, order: Any, payload: Any = GOOD) -> None:
    play >> on.StationAnswered(Result(order.id, order.action, payload))


def test_a_profile_names_the_transaction_as_each_side_does_and_is_told_by_the_back_ends_name() -> None:
    with Scene(kind="1.6-2.0.1") as play:
        play.online()
        call = play.asks("StartTransaction", start())
        up = play.sent("TransactionEvent")
        play.replies(up.id, up.action, {"idTokenInfo": GOOD})
        ours, theirs = play.answered(call.id).payload["transactionId"], up.payload["transactionInfo"]["transactionId"]

        play.commands("SetChargingProfile", {"evseId": 1, "chargingProfile": {**NEW_PROFILE, "transactionId": theirs}}, id="b1")
        order = play.ordered("SetChargingProfile")
        assert order.payload["csChargingProfiles"] == {**OLD_PROFILE, "transactionId": ours}
        done(play, order)
        assert play.told("b1").payload == GOOD

        play.commands("SetChargingProfile", {"evseId": 1, "chargingProfile": {**NEW_PROFILE, "transactionId": "nobody"}}, id="b2")
        assert play.told("b2").payload == {"status": "Rejected", "statusInfo": {"reasonCode": "TxNotFound"}}

        play.commands("GetChargingProfiles", {"requestId": 8, "chargingProfile": {}}, id="b3")
        assert play.told("b3").payload == GOOD
        assert play.sent("ReportChargingProfiles").payload == {
            "requestId": 8,
            "chargingLimitSource": "CSO",
            "evseId": 1,
            "chargingProfile": [{**NEW_PROFILE, "transactionId": theirs}],
        }


def test_a_profile_for_a_station_that_names_its_transactions() -> None:
    with Scene(kind="2.0.1-1.6") as play:
        play.online()
        token = {"idToken": "A", "type": "Central"}
        event = {"eventType": "Started", "timestamp": "2026-03-01T11:00:00Z", "triggerReason": "Authorized", "seqNo": 0}
        event |= {"transactionInfo": {"transactionId": "tx-1"}, "evse": {"id": 1, "connectorId": 1}, "idToken": token}
        call = play.asks("TransactionEvent", event)
        up = play.sent("StartTransaction")
        play.replies(up.id, up.action, {"transactionId": 77, "idTagInfo": GOOD})
        play.answered(call.id)
        for number, profile in enumerate(({**OLD_PROFILE, "transactionId": 77}, OLD_PROFILE)):
            play.commands("SetChargingProfile", {"connectorId": 1, "csChargingProfiles": profile}, id=f"b{number}")
            order = play.ordered("SetChargingProfile")
            assert order.payload == {"evseId": 1, "chargingProfile": {**NEW_PROFILE, "transactionId": "tx-1"}}
            done(play, order)
            assert play.told(f"b{number}").payload == GOOD


def test_a_profile_on_the_same_rung_has_the_number_that_the_station_was_given() -> None:
    with Scene(same=True) as play:
        play.online()
        call = play.asks("StartTransaction", start())
        up = play.sent("StartTransaction")
        play.replies(up.id, up.action, {"transactionId": 77, "idTagInfo": GOOD})
        ours = play.answered(call.id).payload["transactionId"]
        play.commands(
            "SetChargingProfile", {"connectorId": 1, "csChargingProfiles": {**OLD_PROFILE, "transactionId": 77}}, id="b1"
        )
        assert play.ordered("SetChargingProfile").payload["csChargingProfiles"]["transactionId"] == ours


def test_an_error_that_has_a_better_word_is_told_by_that() -> None:
    with Scene(kind="1.6-2.0.1") as play:
        play.online()
        firmware = {
            "location": "https://x/",
            "retrieveDateTime": "2026-03-01T11:00:00Z",
            "signature": "x",
            "signingCertificate": "PEM",
        }
        play.commands("UpdateFirmware", {"requestId": 1, "firmware": firmware}, id="b1")
        order = play.ordered("SignedUpdateFirmware")
        play >> on.StationAnswered(Error(order.id, order.action, "NotImplemented"))
        assert play.told("b1").payload == {"status": "Rejected", "statusInfo": {"reasonCode": "UnsupportedRequest"}}
    with Scene(kind="2.0.1-1.6") as play:
        play.online()
        for id, code in (("b1", "NotSupported"), ("b2", "InternalError")):
            play.commands("GetLocalListVersion", {}, id=id)
            order = play.ordered("GetLocalListVersion")
            play >> on.StationAnswered(Error(order.id, order.action, code))
            told = play.told(id)
            assert getattr(told, "payload", told) == ({"listVersion": -1} if id == "b1" else Error(id, order.action, code))


def test_a_refused_update_is_told_to_a_back_end_that_has_no_word_for_it() -> None:
    with Scene(kind="2.0.1-1.6") as play:
        play.online()
        play.commands("UpdateFirmware", {"location": "https://x/", "retrieveDate": "2026-03-01T11:00:00Z"}, id="b1")
        done(play, play.ordered("UpdateFirmware"), {"status": "Rejected"})
        assert play.told("b1").payload == {}
        assert play.sent("FirmwareStatusNotification").payload == {"status": "DownloadFailed"}


def test_certificates_pass_where_the_site_says_so() -> None:
    with Scene(kind="1.6-2.0.1") as play:
        play.online()
        assert play.answered(play.asks("SignCertificate", {"csr": "PEM"}).id).payload == {"status": "Rejected"}
    with Scene(Policy(certificates="forward"), kind="1.6-2.0.1") as play:
        play.online()
        call = play.asks("SignCertificate", {"csr": "PEM"})
        up = play.sent("SignCertificate")
        play.replies(up.id, up.action, {"status": "Accepted"})
        assert play.answered(call.id).payload == {"status": "Accepted"}
        play.commands("InstallCertificate", {"certificateType": "CSMSRootCertificate", "certificate": "PEM"}, id="b1")
        order = play.ordered("InstallCertificate")
        assert order.payload == {"certificateType": "CentralSystemRootCertificate", "certificate": "PEM"}
