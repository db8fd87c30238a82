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


def test_one_that_is_named_as_the_stations_own_passes() -> None:
    down = talk("ocpp2.0.1", "ocpp1.6", True)
    named = {"certificateChain": "PEM", "certificateType": "ChargingStationCertificate"}
    assert down.ask("CertificateSigned", named).payload == {"certificateChain": "PEM"}


def test_the_roots_have_other_names() -> None:
    up = talk("ocpp1.6", "ocpp2.0.1", True)
    up.ask("InstallCertificate", {"certificateType": "CentralSystemRootCertificate", "certificate": "PEM"})
    assert up.sent[0][1]["certificateType"] == "CSMSRootCertificate"


def test_which_there_are_is_asked_kind_by_kind() -> None:
    of_the_hop = {"certificateType": ["CSMSRootCertificate", "ManufacturerRootCertificate"]}
    assert talk("ocpp2.0.1", "ocpp1.6", False).ask("GetInstalledCertificateIds", of_the_hop).answer == NOT_FOUND
    down = talk("ocpp2.0.1", "ocpp1.6", True)
    passage = down.ask("GetInstalledCertificateIds", of_the_hop)
    kinds = ["CentralSystemRootCertificate", "ManufacturerRootCertificate"]
    assert down.sent == [("GetInstalledCertificateIds", {"certificateType": kind}) for kind in kinds]
    told = down.answer(passage, {"status": "Accepted", "certificateHashData": [HASH, OTHER]}, NOT_FOUND)
    root = {"certificateType": "CSMSRootCertificate"}
    chain = [{**root, "certificateHashData": HASH}, {**root, "certificateHashData": OTHER}]
    assert told == {"status": "Accepted", "certificateHashDataChain": chain}
    assert down.answer(passage, NOT_FOUND, None) == NOT_FOUND
    down.ask("GetInstalledCertificateIds", {"certificateType": ["ManufacturerRootCertificate", "V2GRootCertificate"]})
    assert down.sent[2] == ("GetInstalledCertificateIds", {"certificateType": kinds[1]})
    assert down.sent[3][1]["data"] == '{"certificateType":["V2GRootCertificate"]}'


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


def test_a_station_deletes_one_only_where_the_site_lets_it() -> None:
    asked = {"certificateHashData": HASH}
    assert talk("ocpp1.6", "ocpp2.0.1", False).ask("DeleteCertificate", asked).answer == NOT_FOUND
    up = talk("ocpp1.6", "ocpp2.0.1", True)
    up.ask("DeleteCertificate", asked)
    assert up.sent == [("DeleteCertificate", asked)]
