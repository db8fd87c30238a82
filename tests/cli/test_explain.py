"""``explain``: the ledger of a route as text and JSON, one operation or all."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gateway.cli.main import main


def ledger(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert main(["explain", *arguments, "--format", "json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_every_operation_of_the_route_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    found = ledger(capsys, "ocpp1.5", "ocpp1.6")
    asked = {(one["action"], one["from"]) for one in found["operations"]}
    assert sum(sender == "station" for _, sender in asked) == 10
    # the fifteen of 1.5, and what only a 1.6 back end may ask
    assert sum(one["from"] == "backend" and "local" not in one for one in found["operations"]) == 15
    assert ("TriggerMessage", "backend") in asked


def test_a_loss_has_its_reason(capsys: pytest.CaptureFixture[str]) -> None:
    operation = ledger(capsys, "ocpp1.6", "ocpp1.5", "StopTransaction")["operations"][0]
    reason = next(one for one in operation["request"] if one["source"] == "reason")
    assert reason == {"source": "reason", "target": "", "how": "lost", "why": ["1.5 has no reason"]}
    energy = next(one for one in operation["request"] if one["source"] == "meterStop")
    assert (energy["target"], energy["how"]) == ("meterStop", "carried")


def test_what_is_made_here_is_synthesized(capsys: pytest.CaptureFixture[str]) -> None:
    operation = ledger(capsys, "ocpp1.5", "ocpp1.6", "StopTransaction")["operations"][0]
    made = next(one for one in operation["request"] if one["target"] == "reason")
    assert (made["source"], made["how"], made["why"]) == ("", "synthesized", [])
    assert made["becomes"] == ["Remote or SoftReset or HardReset or Local"]


def test_what_is_converted_is_told_value_by_value(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "ocpp1.6", "ocpp1.5", "StatusNotification"]) == 0
    out = capsys.readouterr().out
    assert "status:  Preparing, Charging, SuspendedEV, SuspendedEVSE, Finishing -> Occupied" in out
    assert "info:  from errorCode" in out
    unit = ledger(capsys, "ocpp1.5", "ocpp1.6", "MeterValues")["operations"][0]["request"][-2]
    assert (unit["source"], unit["becomes"]) == ("values.value.unit", ["Amp -> A", "Volt -> V", "Celsius -> Celcius"])


def test_text_names_the_values_that_lose(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "ocpp1.5", "ocpp1.6", "BootNotification"]) == 0
    out = capsys.readouterr().out
    assert "interval -> heartbeatInterval" in out
    assert "Pending: 1.5 has no Pending" in out
    assert out.splitlines()[-1].startswith("10 carried, 1 converted") or "converted" in out.splitlines()[-1]


def test_what_stands_for_all_other_words_is_told_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "ocpp2.1", "ocpp2.0.1"]) == 0
    told = capsys.readouterr().out
    assert "any other -> Central" in told
    assert "loses any other: 2.0.1 has a closed list of kinds" in told
    assert "*" not in told


def test_local_answers_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    operation = ledger(capsys, "ocpp1.5", "ocpp1.6", "TriggerMessage")["operations"][0]
    assert operation["local"]["answer"] == {"status": "NotImplemented"}
    assert operation["share"] == 0


def test_the_same_dialect_carries_all(capsys: pytest.CaptureFixture[str]) -> None:
    found = ledger(capsys, "ocpp1.5", "ocpp1.5")
    assert {one["share"] for one in found["operations"]} == {1.0}


@pytest.mark.parametrize("arguments", [["ocpp1.5", "ocpp9"], ["ocpp1.5", "ocpp1.6", "MeterValue"]])
def test_an_unknown_name_is_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", *arguments]) == 2
    assert "did you mean 'MeterValues'" in (err := capsys.readouterr().err) or "ocpp9" in err


RUNGS = ["ocpp1.2", "ocpp1.5", "ocpp1.6", "ocpp2.0.1"]


@pytest.mark.parametrize("near", RUNGS)
@pytest.mark.parametrize("far", RUNGS)
def test_every_pair_can_be_told(near: str, far: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = ledger(capsys, near, far)
    assert len(found["operations"]) >= 18
    assert main(["explain", near, far]) == 0
    assert "operations answered here" in capsys.readouterr().out


def test_an_answer_that_is_worked_out_is_told_as_it_stands_in_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    (operation,) = ledger(capsys, "ocpp1.2", "ocpp1.5", "GetConfiguration")["operations"]
    assert operation["local"]["answer"] == {"unknownKey": "=it.key"}


def test_what_stands_around_an_item_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    (operation,) = ledger(capsys, "ocpp1.5", "ocpp1.2", "MeterValues")["operations"]
    (time,) = (one for one in operation["request"] if one["target"] == "values.timestamp")
    assert (time["source"], time["how"]) == ("values.timestamp", "carried")


def test_two_dialects_are_wanted(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "ocpp1.5"]) == 2
    assert "STATION and BACKEND" in capsys.readouterr().err
