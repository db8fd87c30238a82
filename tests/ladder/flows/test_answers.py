"""What a 2.x back end or station asks and no older one need hear: 4.17."""

from __future__ import annotations

from typing import Any

import pytest

from tests.ladder.flows.talk import Talk
from tests.ladder.flows.test_variables import item


@pytest.fixture
def talk() -> Talk:
    made = Talk("ocpp2.0.1", "ocpp1.6")
    made.begun(17, 1)
    return made


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ({}, {"messagesInQueue": False}),
        ({"transactionId": "17"}, {"ongoingIndicator": True, "messagesInQueue": False}),
        ({"transactionId": "18"}, {"ongoingIndicator": False, "messagesInQueue": False}),
        ({"transactionId": "no number"}, {"ongoingIndicator": False, "messagesInQueue": False}),
    ],
)
def test_e14_the_status_of_a_transaction_is_known_here(talk: Talk, asked: Any, answer: Any) -> None:
    assert talk.ask("GetTransactionStatus", asked).answer == answer


def test_n04_each_monitor_is_refused(talk: Talk) -> None:
    one = item("EVSE.Power", value=3, type="UpperThreshold", severity=4)
    passage = talk.ask("SetVariableMonitoring", {"setMonitoringData": [one, {**one, "id": 7}]})
    said: Any = passage.answer
    assert [one["status"] for one in said["setMonitoringResult"]] == ["UnsupportedMonitorType"] * 2
    assert [one.get("id") for one in said["setMonitoringResult"]] == [None, 7]


def test_n06_no_monitor_is_there(talk: Talk) -> None:
    said: Any = talk.ask("ClearVariableMonitoring", {"id": [3, 4]}).answer
    assert said == {"clearMonitoringResult": [{"id": 3, "status": "NotFound"}, {"id": 4, "status": "NotFound"}]}


REFUSALS: list[tuple[str, dict[str, Any], Any]] = [
    ("CustomerInformation", {"requestId": 1, "report": True, "clear": False}, {"status": "Rejected"}),
    ("ClearDisplayMessage", {"id": 1}, {"status": "Unknown"}),
    ("GetMonitoringReport", {"requestId": 1}, {"status": "NotSupported"}),
    ("SetMonitoringBase", {"monitoringBase": "All"}, {"status": "NotSupported"}),
    ("SetMonitoringLevel", {"severity": 3}, {"status": "Rejected"}),
    ("UnpublishFirmware", {"checksum": "x"}, {"status": "NoFirmware"}),
    ("GetInstalledCertificateIds", {"certificateType": ["CSMSRootCertificate"]}, {"status": "NotFound"}),
]


@pytest.mark.parametrize(("action", "asked", "answer"), REFUSALS, ids=[one[0] for one in REFUSALS])
def test_what_1_6_has_not_is_properly_refused(talk: Talk, action: str, asked: Any, answer: Any) -> None:
    assert talk.ask(action, asked).answer == answer


@pytest.mark.parametrize("backend", ["ocpp1.5", "ocpp1.6"])
def test_a_station_that_cannot_be_asked_has_no_list(backend: str) -> None:
    talk = Talk(backend, "ocpp2.0.1")
    passage = talk.ask("GetLocalListVersion", {})
    assert talk.answer(passage, {"versionNumber": 4}) == {"listVersion": 4}
    said = [passage.failed(code, talk.context()) for code in ("NotSupported", "NotImplemented")]
    assert [answer for answer, _ in filter(None, said)] == [{"listVersion": -1}] * 2
    assert passage.failed("InternalError", talk.context()) is None
    up = Talk("ocpp2.0.1", "ocpp1.6")
    assert up.ask("GetLocalListVersion", {}).failed("NotSupported", up.context()) is None


HASH = {"hashAlgorithm": "SHA256", "issuerNameHash": "1", "issuerKeyHash": "2", "serialNumber": "3"}


@pytest.mark.parametrize(("named", "told"), [({}, [None]), ({"tariffIds": ["a", "b"]}, ["a", "b"])])
def test_a_2_0_1_station_has_none_of_the_tariffs(named: dict[str, Any], told: list[Any]) -> None:
    said: Any = Talk("ocpp2.1", "ocpp2.0.1").ask("ClearTariffs", named).answer
    assert [(one.get("tariffId"), one["status"]) for one in said["clearTariffsResult"]] == [(id, "NoTariff") for id in told]


def test_a_2_0_1_back_end_cannot_be_asked_how_certificates_are() -> None:
    one = {"certificateHashData": HASH, "source": "OCSP", "urls": ["http://a"]}
    said: Any = Talk("ocpp2.1", "ocpp2.0.1").ask("GetCertificateChainStatus", {"certificateStatusRequests": [one, one]}).answer
    kept = {"certificateHashData": HASH, "source": "OCSP", "status": "Failed"}
    assert [{key: one[key] for key in kept} for one in said["certificateStatus"]] == [kept, kept]


@pytest.mark.parametrize("where", [{}, {"evseId": 2}])
def test_a_2_0_1_back_end_knows_no_tax_numbers(where: dict[str, Any]) -> None:
    said: Any = Talk("ocpp2.1", "ocpp2.0.1").ask("VatNumberValidation", {"vatNumber": "NL1", **where}).answer
    assert said == {"vatNumber": "NL1", "status": "Rejected", **where}
