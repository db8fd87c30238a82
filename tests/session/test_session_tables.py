"""A whole charging session of a 1.5 station on a 1.6 back end, by the shipped dialects and table."""

from __future__ import annotations

from gateway.messages import Result
from gateway.session import events as on
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
