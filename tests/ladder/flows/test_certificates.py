"""Certificates between 1.6 and 2.0.1 (4.16): they stay with their hop, unless the site says otherwise."""

from __future__ import annotations

from typing import Any

import pytest

from tests.ladder.flows.talk import Talk

HASH = {"hashAlgorithm": "SHA256", "issuerNameHash": "1", "issuerKeyHash": "2", "serialNumber": "3"}
OTHER = {**HASH, "serialNumber": "4"}
REJECTED, NOT_FOUND = {"status": "Rejected"}, {"status": "NotFound"}
ASKED: list[tuple[str, dict[str, Any], dict[str, str]]] = [
    ("SignCertificate", {"csr": "PEM"}, REJECTED),
    ("CertificateSigned", {"certificateChain": "PEM"}, REJECTED),
    ("InstallCertificate", {"certificateType": "ManufacturerRootCertificate", "certificate": "PEM"}, REJECTED),
    ("DeleteCertificate", {"certificateHashData": HASH}, NOT_FOUND),
]


def talk(start: str, end: str, forwards: bool) -> Talk:
    made = Talk(start, end)
    made.facts.forwards = forwards
    return made


@pytest.mark.parametrize(("start", "end"), [("ocpp1.6", "ocpp2.0.1"), ("ocpp2.0.1", "ocpp1.6")])
@pytest.mark.parametrize(("action", "payload", "refused"), ASKED, ids=[one[0] for one in ASKED])
def test_it_is_refused_or_passes_as_it_is(start: str, end: str, action: str, payload: Any, refused: Any) -> None:
    assert talk(start, end, False).ask(action, payload).answer == refused
    allowed = talk(start, end, True)
    passage = allowed.ask(action, payload)
    assert allowed.sent == [(action, payload)]
    assert allowed.answer(passage, {"status": "Accepted"}) == {"status": "Accepted"}


def test_what_is_for_vehicles_never_passes() -> None:
    down = talk("ocpp2.0.1", "ocpp1.6", True)
    for action, payload in (
        ("SignCertificate", {"csr": "PEM", "certificateType": "V2GCertificate"}),
        ("CertificateSigned", {"certificateChain": "PEM", "certificateType": "V2GCertificate"}),
        ("InstallCertificate", {"certificateType": "MORootCertificate", "certificate": "PEM"}),
    ):
        assert down.ask(action, payload).answer == REJECTED
    named = {"certificateChain": "PEM", "certificateType": "ChargingStationCertificate"}
    assert down.ask("CertificateSigned", named).payload == {"certificateChain": "PEM"}
    asked = {"certificateType": ["V2GCertificateChain"]}
    assert down.ask("GetInstalledCertificateIds", asked).answer == NOT_FOUND
    assert down.sent == [("CertificateSigned", {"certificateChain": "PEM"})]


def test_the_roots_have_other_names() -> None:
    up = talk("ocpp1.6", "ocpp2.0.1", True)
    up.ask("InstallCertificate", {"certificateType": "CentralSystemRootCertificate", "certificate": "PEM"})
    assert up.sent[0][1]["certificateType"] == "CSMSRootCertificate"


def test_which_there_are_is_asked_kind_by_kind() -> None:
    assert talk("ocpp2.0.1", "ocpp1.6", False).ask("GetInstalledCertificateIds", {}).answer == NOT_FOUND
    down = talk("ocpp2.0.1", "ocpp1.6", True)
    passage = down.ask("GetInstalledCertificateIds", {})
    kinds = ["CentralSystemRootCertificate", "ManufacturerRootCertificate"]
    assert down.sent == [("GetInstalledCertificateIds", {"certificateType": kind}) for kind in kinds]
    told = down.answer(passage, {"status": "Accepted", "certificateHashData": [HASH, OTHER]}, NOT_FOUND)
    root = {"certificateType": "CSMSRootCertificate"}
    chain = [{**root, "certificateHashData": HASH}, {**root, "certificateHashData": OTHER}]
    assert told == {"status": "Accepted", "certificateHashDataChain": chain}
    assert down.answer(passage, NOT_FOUND, None) == NOT_FOUND
    down.ask("GetInstalledCertificateIds", {"certificateType": ["ManufacturerRootCertificate", "V2GRootCertificate"]})
    assert down.sent[2:] == [("GetInstalledCertificateIds", {"certificateType": kinds[1]})]


def test_which_there_are_is_told_for_the_kind_that_was_asked() -> None:
    asked = {"certificateType": "CentralSystemRootCertificate"}
    assert talk("ocpp1.6", "ocpp2.0.1", False).ask("GetInstalledCertificateIds", asked).answer == NOT_FOUND
    up = talk("ocpp1.6", "ocpp2.0.1", True)
    passage = up.ask("GetInstalledCertificateIds", asked)
    assert up.sent == [("GetInstalledCertificateIds", {"certificateType": ["CSMSRootCertificate"]})]
    chain = [{"certificateType": "CSMSRootCertificate", "certificateHashData": HASH, "childCertificateHashData": [OTHER]}]
    told = up.answer(passage, {"status": "Accepted", "certificateHashDataChain": chain})
    assert told == {"status": "Accepted", "certificateHashData": [HASH]}
    assert up.answer(passage, NOT_FOUND) == NOT_FOUND
