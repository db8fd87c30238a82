"""Messages of 2.0.1 that 1.6 carries as text in a DataTransfer, by conventions of the Open Charge Alliance: 4.18."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gateway.ladder.losses import Refused
from tests.ladder.flows.talk import Talk

PNC = "org.openchargealliance.iso15118pnc"
HASH = {"hashAlgorithm": "SHA256", "issuerNameHash": "1", "issuerKeyHash": "2", "serialNumber": "3"}
OCSP = {**HASH, "responderURL": "http://x/"}
TOKEN = {"idToken": "DE8AAA1B2C3D4E", "type": "eMAID"}
CHAIN = [{"certificateHashData": HASH, "certificateType": "V2GRootCertificate"}]
STATION: list[tuple[str, dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    (
        "Authorize",
        {"idToken": TOKEN, "certificate": "PEM", "iso15118CertificateHashData": [OCSP]},
        {"idTokenInfo": {"status": "Accepted"}, "certificateStatus": "Accepted"},
        {"idTokenInfo": {"status": "Invalid"}, "certificateStatus": "NoCertificateAvailable"},
    ),
    (
        "GetCertificateStatus",
        {"ocspRequestData": OCSP},
        {"status": "Accepted", "ocspResult": "b2s="},
        {"status": "Failed"},
    ),
    (
        "Get15118EVCertificate",
        {"iso15118SchemaVersion": "urn:iso", "action": "Install", "exiRequest": "ZXhp"},
        {"status": "Accepted", "exiResponse": "ZXhp"},
        {"status": "Failed", "exiResponse": ""},
    ),
    (
        "SignCertificate",
        {"csr": "PEM", "certificateType": "V2GCertificate"},
        {"status": "Accepted"},
        {"status": "Rejected"},
    ),
]
BACKEND: list[tuple[str, dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    (
        "CertificateSigned",
        {"certificateChain": "PEM", "certificateType": "V2GCertificate"},
        {"status": "Accepted"},
        {"status": "Rejected"},
    ),
    (
        "InstallCertificate",
        {"certificateType": "MORootCertificate", "certificate": "PEM"},
        {"status": "Failed", "statusInfo": {"reasonCode": "Full"}},
        {"status": "Rejected"},
    ),
    ("DeleteCertificate", {"certificateHashData": HASH}, {"status": "Accepted"}, {"status": "NotFound"}),
    (
        "GetInstalledCertificateIds",
        {"certificateType": ["V2GRootCertificate"]},
        {"status": "Accepted", "certificateHashDataChain": CHAIN},
        {"status": "NotFound"},
    ),
    ("TriggerMessage", {"requestedMessage": "SignV2GCertificate"}, {"status": "Accepted"}, {"status": "NotImplemented"}),
]
ALL = [*STATION, *BACKEND]
each = pytest.mark.parametrize(("action", "asked", "told", "refused"), ALL, ids=[one[0] for one in ALL])


@each
def test_it_is_put_in_and_its_answer_taken_out(action: str, asked: Any, told: Any, refused: Any) -> None:
    talk = Talk("ocpp2.0.1", "ocpp1.6")
    passage = talk.ask(action, asked)
    ((name, made),) = passage.onward()
    assert (name, made["vendorId"], made["messageId"]) == ("DataTransfer", PNC, action)
    assert json.loads(made["data"]) == asked
    assert talk.answer(passage, {"status": "Accepted", "data": json.dumps(told)}) == told
    assert not passage.losses


@each
@pytest.mark.parametrize(
    "result",
    [
        {"status": "UnknownVendorId"},
        {"status": "Rejected", "data": "{}"},
        {"status": "Accepted"},
        {"status": "Accepted", "data": "no JSON"},
        {"status": "Accepted", "data": '{"status": "Splendid"}'},
        {"status": "Accepted", "data": "[1]"},
    ],
    ids=["unknown", "rejected", "nothing", "noise", "not its answer", "no object"],
)
def test_who_does_not_know_it_is_a_refusal_of_its_own(action: str, asked: Any, told: Any, refused: Any, result: Any) -> None:
    talk = Talk("ocpp2.0.1", "ocpp1.6")
    passage = talk.ask(action, asked)
    assert talk.answer(passage, result) == refused
    assert passage.failed("NotSupported", talk.context()) == (refused, [])


@each
def test_it_is_taken_out_and_its_answer_put_in(action: str, asked: Any, told: Any, refused: Any) -> None:
    talk = Talk("ocpp1.6", "ocpp2.0.1")
    passage = talk.ask("DataTransfer", {"vendorId": PNC, "messageId": action, "data": json.dumps(asked)})
    assert talk.sent == [(action, asked)]
    answer = talk.answer(passage, told)
    assert answer["status"] == "Accepted"
    assert json.loads(answer["data"]) == told
    assert passage.failed("NotImplemented", talk.context()) == ({"status": "UnknownMessageId"}, [])
    assert passage.failed("InternalError", talk.context()) is None
    with pytest.raises(Refused):
        talk.answer(passage, None)


@pytest.mark.parametrize(
    "asked",
    [
        {"vendorId": PNC},
        {"vendorId": PNC, "messageId": "Authorize"},
        {"vendorId": PNC, "messageId": "Authorize", "data": "noise"},
        {"vendorId": PNC, "messageId": "Authorize", "data": '{"idToken": 7}'},
        {"vendorId": PNC, "messageId": "Sing", "data": "{}"},
        {"vendorId": "acme", "messageId": "Authorize", "data": json.dumps({"idToken": TOKEN})},
        {"vendorId": "acme"},
    ],
    ids=["no name", "no text", "noise", "invalid", "no such message", "another vendor", "bare"],
)
def test_what_is_none_of_them_passes_as_it_is(asked: Any) -> None:
    talk = Talk("ocpp1.6", "ocpp2.0.1")
    passage = talk.ask("DataTransfer", asked)
    assert talk.sent == [("DataTransfer", asked)]
    assert talk.answer(passage, {"status": "UnknownVendorId"}) == {"status": "UnknownVendorId"}


def test_fields_of_a_later_edition_are_left_behind() -> None:
    talk = Talk("ocpp1.6", "ocpp2.0.1")
    text = json.dumps({"ocspRequestData": OCSP, "novelty": 1})
    talk.ask("DataTransfer", {"vendorId": PNC, "messageId": "GetCertificateStatus", "data": text})
    assert talk.sent == [("GetCertificateStatus", {"ocspRequestData": OCSP})]


def test_a_token_without_a_certificate_is_asked_for_plainly() -> None:
    talk = Talk("ocpp2.0.1", "ocpp1.6")
    passage = talk.ask("Authorize", {"idToken": TOKEN})
    assert talk.sent == [("Authorize", {"idTag": TOKEN["idToken"]})]
    assert talk.answer(passage, {"idTagInfo": {"status": "Accepted"}}) == {"idTokenInfo": {"status": "Accepted"}}


def test_certificates_of_the_hop_are_not_put_in() -> None:
    talk = Talk("ocpp2.0.1", "ocpp1.6")
    for action, asked in (
        ("SignCertificate", {"csr": "PEM"}),
        ("CertificateSigned", {"certificateChain": "PEM", "certificateType": "ChargingStationCertificate"}),
        ("InstallCertificate", {"certificateType": "CSMSRootCertificate", "certificate": "PEM"}),
    ):
        passage = talk.ask(action, asked)
        assert talk.answer(passage) == {"status": "Rejected"}
        assert passage.losses
    assert talk.sent == []


def test_a_certificate_that_the_site_lets_be_deleted_is_looked_for_in_both_places() -> None:
    talk = Talk("ocpp2.0.1", "ocpp1.6")
    talk.facts.forwards = True
    asked = {"certificateHashData": HASH}
    passage = talk.ask("DeleteCertificate", asked)
    assert talk.sent == [("DeleteCertificate", asked)]
    assert talk.answer(passage, {"status": "Accepted"}) == {"status": "Accepted"}
    more = talk.further(passage, {"status": "NotFound"})
    assert [name for name, _ in talk.sent] == ["DeleteCertificate", "DataTransfer"]
    assert talk.answer(more, {"status": "UnknownVendorId"}) == {"status": "NotFound"}
    assert talk.answer(more, {"status": "Accepted", "data": '{"status": "Failed"}'}) == {"status": "Failed"}


def test_installed_ones_of_both_kinds_are_told_together() -> None:
    talk = Talk("ocpp2.0.1", "ocpp1.6")
    talk.facts.forwards = True
    passage = talk.ask("GetInstalledCertificateIds", {})
    assert [name for name, _ in talk.sent] == ["GetInstalledCertificateIds"] * 2 + ["DataTransfer"]
    own = {"status": "Accepted", "certificateHashData": [HASH]}
    vehicles = {"status": "Accepted", "data": json.dumps({"status": "Accepted", "certificateHashDataChain": CHAIN})}
    told = talk.answer(passage, own, {"status": "NotFound"}, vehicles)
    root = {"certificateType": "CSMSRootCertificate", "certificateHashData": HASH}
    assert told == {"status": "Accepted", "certificateHashDataChain": [root, *CHAIN]}


@pytest.mark.parametrize(("end", "goes"), [("ocpp1.5", True), ("ocpp1.2", False)])
def test_beyond_1_6_it_stays_a_text(end: str, goes: bool) -> None:
    talk = Talk("ocpp2.1", end)
    passage = talk.ask("GetCertificateStatus", {"ocspRequestData": OCSP})
    assert [name for name, _ in talk.sent] == ["DataTransfer"] * goes
    results = [{"status": "Accepted", "data": '{"status": "Accepted", "ocspResult": "x"}'}] * goes
    answer = talk.answer(passage, *results) if goes else passage.answer
    assert answer == ({"status": "Accepted", "ocspResult": "x"} if goes else {"status": "Failed"})


@pytest.mark.parametrize("name", ["RunningCost", "FinalCost"])
def test_what_a_transaction_costs_is_told_to_a_2_0_1_station(name: str) -> None:
    talk = Talk("ocpp1.6", "ocpp2.0.1")
    talk.begun(17, 1)
    beside = {"timestamp": "2026-01-02T03:04:05Z", "priceText": "12.30 EUR"}
    data = {"transactionId": 17, "cost": 12.3, **beside}
    asked = {"vendorId": "org.openchargealliance.costmsg", "messageId": name, "data": json.dumps(data)}
    passage = talk.ask("DataTransfer", asked)
    ((action, made),) = passage.onward()
    assert action == "CostUpdated"
    custom = {"vendorId": "org.openchargealliance.costmsg", **beside}
    assert {**made, "totalCost": float(made["totalCost"])} == {"transactionId": "17", "totalCost": 12.3, "customData": custom}
    assert talk.answer(passage, {}) == {"status": "Accepted"}
    nobody, another = {"cost": 1}, {"transactionId": 18, "cost": 1}
    for odd in (
        nobody,
        another,
        {"transactionId": "x", "cost": 1},
        {"transactionId": 17},
        {"transactionId": 17, "cost": "much"},
        [],
    ):
        talk.ask("DataTransfer", {**asked, "data": json.dumps(odd)})
        assert talk.sent[-1][0] == "DataTransfer"
