"""Firmware between 1.6 and 2.0.1 (4.14): numbers, signatures that are never left behind, and words that fold into one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.ladder.flows.talk import Talk

WHEN = "2026-01-02T03:04:05Z"
PLAIN = {"location": "https://x/f.bin", "retrieveDate": WHEN, "retries": 3, "retryInterval": 60}
FIRMWARE = {"location": "https://x/f.bin", "retrieveDateTime": WHEN}
SIGNATURE = {"signingCertificate": "PEM", "signature": "c2ln"}


def two(station: str, backend: str) -> tuple[Talk, Talk]:
    """The way to the station and the way up, of one station."""
    down = Talk(backend, station)
    return down, Talk(station, backend, down.registers)


def test_a_station_of_2_0_1_gets_a_number_and_1_6_never_sees_it() -> None:
    down, up = two("ocpp2.0.1", "ocpp1.6")
    passage = down.ask("UpdateFirmware", PLAIN)
    assert down.sent == [("UpdateFirmware", {"requestId": 1, "firmware": FIRMWARE, "retries": 3, "retryInterval": 60})]
    assert down.answer(passage, {"status": "Accepted"}) == {}
    for status in ("DownloadScheduled", "Downloading", "DownloadPaused", "Downloaded", "SignatureVerified", "Installing"):
        up.ask("FirmwareStatusNotification", {"status": status, "requestId": 1})
    up.ask("FirmwareStatusNotification", {"status": "InstallRebooting", "requestId": 1})
    up.ask("FirmwareStatusNotification", {"status": "Installed", "requestId": 1})
    assert [payload for _, payload in up.sent] == [
        {"status": s} for s in ("Downloading", "Downloaded", "Installing", "Installed")
    ]


def test_a_refusal_for_which_1_6_has_no_word_is_told_as_a_download_that_failed() -> None:
    down, up = two("ocpp2.0.1", "ocpp1.6")
    down.answer(down.ask("SignedUpdateFirmware", {"requestId": 9, "firmware": {**FIRMWARE, **SIGNATURE}}), {"status": "Accepted"})
    passage = down.ask("UpdateFirmware", PLAIN)
    assert down.answer(passage, {"status": "Rejected"}) == {}
    assert passage.after == [("FirmwareStatusNotification", {"status": "DownloadFailed"})]
    up.ask("FirmwareStatusNotification", {"status": "Downloaded"})
    assert up.sent == [("SignedFirmwareStatusNotification", {"status": "Downloaded"})]


def test_a_status_that_is_told_again_is_told_again() -> None:
    _, up = two("ocpp2.0.1", "ocpp1.6")
    for _ in range(2):
        assert up.ask("FirmwareStatusNotification", {"status": "Idle"}).answer is None
    assert len(up.sent) == 2


def test_a_download_from_too_far_away_is_refused() -> None:
    down, _ = two("ocpp2.0.1", "ocpp1.6")
    assert down.ask("UpdateFirmware", {**PLAIN, "location": "https://" + "x" * 510}).refusal is not None


def test_what_was_asked_for_with_a_signature_is_told_in_full() -> None:
    down, up = two("ocpp2.0.1", "ocpp1.6")
    passage = down.ask("SignedUpdateFirmware", {"requestId": 77, "firmware": {**FIRMWARE, **SIGNATURE}})
    assert down.answer(passage, {"status": "AcceptedCanceled"}) == {"status": "AcceptedCanceled"}
    down.crash()
    up.registers = down.registers
    up.ask("FirmwareStatusNotification", {"status": "SignatureVerified", "requestId": 77})
    up.ask("FirmwareStatusNotification", {"status": "Downloading", "requestId": 76})
    assert up.sent == [
        ("SignedFirmwareStatusNotification", {"status": "SignatureVerified", "requestId": 77}),
        ("FirmwareStatusNotification", {"status": "Downloading"}),
    ]


def test_a_station_of_1_6_tells_what_a_back_end_numbered() -> None:
    down, up = two("ocpp1.6", "ocpp2.0.1")
    passage = down.ask("UpdateFirmware", {"requestId": 5, "retries": 3, "firmware": {**FIRMWARE, "installDateTime": WHEN}})
    assert down.sent == [("UpdateFirmware", {"location": "https://x/f.bin", "retrieveDate": WHEN, "retries": 3})]
    assert [loss.field for loss in passage.losses] == ["firmware.installDateTime"]
    assert down.answer(passage, {}) == {"status": "Accepted"}
    up.ask("FirmwareStatusNotification", {"status": "Installing"})
    up.ask("FirmwareStatusNotification", {"status": "Idle"})
    assert [payload for _, payload in up.sent] == [{"status": "Installing", "requestId": 5}, {"status": "Idle"}]


def test_a_status_of_nothing_that_was_asked_for_has_no_number() -> None:
    _, up = two("ocpp1.6", "ocpp2.0.1")
    up.ask("FirmwareStatusNotification", {"status": "Installed"})
    assert up.sent == [("FirmwareStatusNotification", {"status": "Installed"})]


@pytest.mark.parametrize("half", [{"signature": "c2ln"}, {"signingCertificate": "PEM"}])
def test_a_signature_is_never_left_behind(half: Any) -> None:
    down, up = two("ocpp1.6", "ocpp2.0.1")
    passage = down.ask("UpdateFirmware", {"requestId": 5, "firmware": {**FIRMWARE, **SIGNATURE, "installDateTime": WHEN}})
    assert down.sent == [
        ("SignedUpdateFirmware", {"requestId": 5, "firmware": {**FIRMWARE, **SIGNATURE, "installDateTime": WHEN}})
    ]
    assert down.answer(passage, {"status": "RevokedCertificate"}) == {"status": "RevokedCertificate"}
    up.ask("SignedFirmwareStatusNotification", {"status": "InvalidSignature", "requestId": 5})
    assert up.sent == [("FirmwareStatusNotification", {"status": "InvalidSignature", "requestId": 5})]
    refused = down.ask("UpdateFirmware", {"requestId": 6, "firmware": {**FIRMWARE, **half}})
    assert refused.answer == {"status": "Rejected", "statusInfo": {"reasonCode": "MissingParam"}}


def test_a_station_of_1_5_is_asked_too_and_one_without_signatures_is_not() -> None:
    down = Talk("ocpp2.0.1", "ocpp1.5")
    passage = down.ask("UpdateFirmware", {"requestId": 5, "firmware": FIRMWARE})
    assert down.sent == [("UpdateFirmware", {"location": "https://x/f.bin", "retrieveDate": WHEN})]
    assert down.answer(passage, {}) == {"status": "Accepted"}
    refused = down.ask("UpdateFirmware", {"requestId": 6, "firmware": {**FIRMWARE, **SIGNATURE}})
    assert refused.answer == {"status": "Rejected"}
    up = Talk("ocpp1.5", "ocpp2.0.1", down.registers)
    up.ask("FirmwareStatusNotification", {"status": "Installed"})
    assert up.sent == [("FirmwareStatusNotification", {"status": "Installed", "requestId": 5})]


def test_a_place_that_is_no_uri_cannot_be_said_in_1_6() -> None:
    down, _ = two("ocpp1.6", "ocpp2.0.1")
    passage = down.ask("UpdateFirmware", {"requestId": 5, "firmware": {**FIRMWARE, "location": "https://x/100%"}})
    assert passage.answer == {"status": "Rejected", "statusInfo": {"reasonCode": "InvalidURL"}}
    assert [loss.field for loss in passage.losses] == ["firmware.location"]
    signed = {**FIRMWARE, **SIGNATURE, "location": "https://x/100%"}
    assert down.ask("UpdateFirmware", {"requestId": 6, "firmware": signed}).onward(), "there it is a text"


@pytest.mark.parametrize("firmware", [FIRMWARE, {**FIRMWARE, **SIGNATURE}])
def test_a_station_that_answers_with_an_error_has_refused(firmware: Any) -> None:
    down, up = two("ocpp1.6", "ocpp2.0.1")
    down.answer(down.ask("UpdateFirmware", {"requestId": 4, "firmware": FIRMWARE}), {})
    for code, reason in (("NotImplemented", "UnsupportedRequest"), ("PropertyConstraintViolation", "InternalError")):
        passage = down.ask("UpdateFirmware", {"requestId": 5, "firmware": firmware})
        said = {"status": "Rejected", "statusInfo": {"reasonCode": reason}}
        assert passage.failed(code, down.context()) == (said, [])
    up.ask("FirmwareStatusNotification", {"status": "Downloaded"})
    assert up.sent == [("FirmwareStatusNotification", {"status": "Downloaded", "requestId": 4})], "the one before still runs"
