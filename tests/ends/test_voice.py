"""One peer's voice: its cures, and that a boot is read before it is checked so that it can be cured itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from gateway.dialects.errors import Garbled, Violation
from gateway.ends.voice import Voice
from gateway.messages import Call, Result
from gateway.quirks.match import Known
from tests.ends.test_frames import Witness
from tests.office import data


def voice(unknown: Any = "drop") -> Voice:
    return Voice("station", "S", data().dialects["ocpp1.6"], "json", Witness(), unknown)


def test_who_it_is_is_told_before_the_strict_decode() -> None:
    heard: list[Mapping[str, Any]] = []
    one = voice()
    one.introduce = lambda facts, boot: heard.append(facts)
    with pytest.raises(Violation):
        one.admit(Call("1", "BootNotification", {"chargePointVendor": "V", "chargePointModel": "m" * 99}), "")
    assert heard == [{"vendor": "V", "model": "m" * 99}]


@pytest.mark.parametrize("payload", [None, [], "x", {"chargePointVendor": {"a": 1}}, {"chargePointVendor": None}])
def test_a_boot_that_is_nonsense_does_no_harm(payload: Any) -> None:
    one = voice()
    one.introduce = lambda facts, boot: None
    with pytest.raises(Violation):
        one.admit(Call("1", "BootNotification", payload), "")


def test_a_cure_makes_a_broken_message_valid_and_is_witnessed() -> None:
    one = voice()
    known = Known(side="station", dialect="ocpp1.6", vendor="OpenEVSE", model="x")
    reading = {"connectorId": 1, "meterValue": [{"timestamp": "2026-01-01T00:00:00Z", "sampledValue": [{"value": 7}]}]}
    with pytest.raises(Violation):
        one.admit(Call("1", "MeterValues", reading), "")
    one.cures = data().quirks.choose(known)
    assert one.admit(Call("1", "MeterValues", reading), "").payload["meterValue"][0]["sampledValue"][0]["value"] == "7"
    assert reading["meterValue"][0]["sampledValue"][0]["value"] == 7, "the original stays"  # type: ignore[index]


def test_what_is_said_is_what_was_written() -> None:
    one = voice()
    assert one.said(Result("1", "Heartbeat", {}), lambda message: message.id) == "1"


def test_garbled_and_violating_input_is_told_apart() -> None:
    one = voice()
    one.garbled(Garbled("ProtocolError", "x"), "raw")
    one.garbled(Violation("ProtocolError", "x"), "raw")
    assert one.witness.refusals == ["garbled", "violation"]  # type: ignore[attr-defined]
