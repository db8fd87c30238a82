"""Diagnostics and logs between 1.6 and 2.0.1 (4.15)."""

from __future__ import annotations

import pytest

from tests.ladder.flows.talk import Talk
from tests.ladder.flows.test_firmware import WHEN, two

LOG = {"logType": "DiagnosticsLog", "requestId": 8, "log": {"remoteLocation": "ftp://x/", "oldestTimestamp": WHEN}}


def test_diagnostics_of_a_station_of_2_0_1() -> None:
    down, up = two("ocpp2.0.1", "ocpp1.6")
    passage = down.ask("GetDiagnostics", {"location": "ftp://x/", "startTime": WHEN, "stopTime": WHEN, "retries": 2})
    log = {"remoteLocation": "ftp://x/", "oldestTimestamp": WHEN, "latestTimestamp": WHEN}
    assert down.sent == [("GetLog", {"logType": "DiagnosticsLog", "requestId": 1, "log": log, "retries": 2})]
    assert down.answer(passage, {"status": "AcceptedCanceled", "filename": "a.zip"}) == {"fileName": "a.zip"}
    assert down.answer(passage, {"status": "Rejected"}) == {}
    for status in ("Uploading", "PermissionDenied", "AcceptedCanceled", "Uploaded"):
        up.ask("LogStatusNotification", {"status": status, "requestId": 1})
    assert {name for name, _ in up.sent} == {"DiagnosticsStatusNotification"}
    assert [payload["status"] for _, payload in up.sent] == ["Uploading", "UploadFailed", "UploadFailed", "Uploaded"]


def test_logs_of_a_station_of_2_0_1_are_told_as_such() -> None:
    down, up = two("ocpp2.0.1", "ocpp1.6")
    passage = down.ask("GetLog", {**LOG, "logType": "SecurityLog"})
    assert down.sent == [("GetLog", {**LOG, "logType": "SecurityLog"})]
    assert down.answer(passage, {"status": "Accepted", "filename": "s.log"}) == {"status": "Accepted", "filename": "s.log"}
    up.ask("LogStatusNotification", {"status": "PermissionDenied", "requestId": 8})
    up.ask("LogStatusNotification", {"status": "AcceptedCanceled"})
    up.ask("LogStatusNotification", {"status": "Uploading", "requestId": 9})
    assert up.sent == [
        ("LogStatusNotification", {"status": "PermissionDenied", "requestId": 8}),
        ("LogStatusNotification", {"status": "UploadFailure"}),
        ("DiagnosticsStatusNotification", {"status": "Uploading"}),
    ]


def test_a_station_of_1_6_has_diagnostics_for_everybody_and_logs_by_the_whitepaper() -> None:
    down, up = two("ocpp1.6", "ocpp2.0.1")
    passage = down.ask("GetLog", LOG)
    assert down.sent == [("GetDiagnostics", {"location": "ftp://x/", "startTime": WHEN})]
    assert down.answer(passage, {"fileName": "a.zip"}) == {"status": "Accepted", "filename": "a.zip"}
    assert down.answer(passage, {}) == {"status": "Rejected"}
    up.ask("DiagnosticsStatusNotification", {"status": "UploadFailed"})
    up.ask("DiagnosticsStatusNotification", {"status": "Idle"})
    assert up.sent == [
        ("LogStatusNotification", {"status": "UploadFailure", "requestId": 8}),
        ("LogStatusNotification", {"status": "Idle"}),
    ]
    passage = down.ask("GetLog", {**LOG, "logType": "SecurityLog"})
    assert down.sent[-1] == ("GetLog", {**LOG, "logType": "SecurityLog"})
    assert down.answer(passage, {"status": "Accepted"}) == {"status": "Accepted"}
    up.ask("LogStatusNotification", {"status": "BadMessage", "requestId": 8})
    assert up.sent[-1] == ("LogStatusNotification", {"status": "BadMessage", "requestId": 8})


@pytest.mark.parametrize("version", ["ocpp1.2", "ocpp1.5"])
def test_older_stations_are_asked_and_tell_how_it_ended(version: str) -> None:
    down, up = two(version, "ocpp2.0.1")
    assert down.answer(down.ask("GetLog", LOG), {"fileName": "a.zip"}) == {"status": "Accepted", "filename": "a.zip"}
    up.ask("DiagnosticsStatusNotification", {"status": "Uploaded"})
    assert up.sent == [("LogStatusNotification", {"status": "Uploaded", "requestId": 8})]


def test_older_back_ends_hear_only_how_it_ended() -> None:
    down, up = two("ocpp2.0.1", "ocpp1.5")
    down.ask("GetDiagnostics", {"location": "ftp://x/"})
    for status in ("Uploading", "Uploaded", "Idle"):
        up.ask("LogStatusNotification", {"status": status, "requestId": 1})
    assert up.sent == [("DiagnosticsStatusNotification", {"status": "Uploaded"})]
    for status in ("Downloading", "InvalidSignature"):
        up.ask("FirmwareStatusNotification", {"status": status, "requestId": 1})
    assert up.sent[1:] == [("FirmwareStatusNotification", {"status": "InstallationFailed"})]


def test_a_log_asked_of_a_station_without_the_whitepaper_is_refused() -> None:
    assert Talk("ocpp2.0.1", "ocpp1.5").ask("GetLog", {**LOG, "logType": "SecurityLog"}).answer == {"status": "Rejected"}


def test_a_place_that_is_no_uri_cannot_be_said_of_diagnostics() -> None:
    down, up = two("ocpp1.6", "ocpp2.0.1")
    nowhere = {**LOG, "log": {"remoteLocation": "https://x/100%"}}
    assert down.ask("GetLog", nowhere).answer == {"status": "Rejected", "statusInfo": {"reasonCode": "InvalidURL"}}
    up.ask("DiagnosticsStatusNotification", {"status": "Uploading"})
    assert up.sent == [("LogStatusNotification", {"status": "Uploading"})], "nothing was asked for"
    assert down.ask("GetLog", {**nowhere, "logType": "SecurityLog"}).onward(), "there it is a text"
