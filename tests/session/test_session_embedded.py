"""Messages that travel as text in another: the session asks and answers them as what they are to each side."""

from __future__ import annotations

import json
from typing import Any

from gateway.messages import Error, Result
from gateway.session import events as on
from gateway.session.text import from_text
from tests.session.scene import Scene

PNC = "org.openchargealliance.iso15118pnc"
ASKED: dict[str, Any] = {"idToken": {"idToken": "DE8AAA1B2C3D4E", "type": "eMAID"}, "certificate": "PEM"}
TOLD: dict[str, Any] = {"idTokenInfo": {"status": "Accepted"}, "certificateStatus": "Accepted"}


def embedded(name: str, inner: Any) -> dict[str, Any]:
    return {"vendorId": PNC, "messageId": name, "data": json.dumps(inner)}


def test_a_station_of_2_0_1_asks_a_back_end_of_1_6() -> None:
    with Scene(kind="2.0.1-1.6") as play:
        play.online()
        call = play.asks("Authorize", ASKED)
        up = play.sent("DataTransfer")
        assert from_text(up.payload["data"]) == ASKED
        play.replies(up.id, up.action, {"status": "Accepted", "data": json.dumps(TOLD)})
        assert play.answered(call.id).payload == TOLD
        call = play.asks("Authorize", ASKED)
        up = play.sent("DataTransfer")
        play.replies(up.id, up.action, {"status": "UnknownVendorId"})
        assert play.answered(call.id).payload["certificateStatus"] == "NoCertificateAvailable"


def test_a_station_of_1_6_asks_a_back_end_of_2_0_1() -> None:
    with Scene(kind="1.6-2.0.1") as play:
        play.online()
        call = play.asks("DataTransfer", embedded("Authorize", ASKED))
        up = play.sent("Authorize")
        play.replies(up.id, up.action, TOLD)
        answer = play.answered(call.id).payload
        assert (answer["status"], from_text(answer["data"])) == ("Accepted", TOLD)


def test_a_back_end_of_2_0_1_installs_what_a_vehicle_needs() -> None:
    with Scene(kind="1.6-2.0.1") as play:
        play.online()
        play.commands("InstallCertificate", {"certificateType": "MORootCertificate", "certificate": "PEM"}, id="b1")
        order = play.ordered("DataTransfer")
        told = {"status": "Accepted", "data": '{"status": "Accepted"}'}
        play >> on.StationAnswered(Result(order.id, order.action, told))
        assert play.told("b1").payload == {"status": "Accepted"}
        play.commands("InstallCertificate", {"certificateType": "MORootCertificate", "certificate": "PEM"}, id="b2")
        order = play.ordered("DataTransfer")
        play >> on.StationAnswered(Error(order.id, order.action, "NotImplemented"))
        assert play.told("b2").payload == {"status": "Rejected"}


def test_what_only_a_back_end_may_say_costs_a_station_no_more_than_a_refusal() -> None:
    with Scene(kind="1.6-2.0.1") as play:
        play.online()
        call = play.asks(
            "DataTransfer", embedded("InstallCertificate", {"certificateType": "MORootCertificate", "certificate": "x"})
        )
        up = play.sent("InstallCertificate")
        play >> on.BackendAnswered(Error(up.id, up.action, "NotImplemented"))
        assert play.answered(call.id).payload == {"status": "UnknownMessageId"}
