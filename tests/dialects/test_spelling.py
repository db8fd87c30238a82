from __future__ import annotations

import json
from typing import Any

import pytest

from gateway.catalogue import Folders
from gateway.dialects.load import load_dialect, read_text
from gateway.dialects.ocppj import write_frame
from gateway.dialects.schema import Dialect
from gateway.dialects.spelling import reader, writer
from gateway.messages import Call, Result
from gateway.source import SourceError

TEXT = """
dialect: tiny
title: Tiny
status: official
codecs:
  json:
    subprotocol: tiny
    status: unofficial
    spelled: {Sample.readings: values, Unit.Degrees: Celsius}
enums:
  Unit: {values: [Degrees, Volt], read: {Celsius: Degrees}}
shapes:
  Reading: {value: string, unit: Unit?}
  Sample: {at: string, readings: Reading+}
messages:
  Meter: {from: station, request: {samples: Sample*, name: string?}}
  Ping: {from: station}
"""
STOP = {"transactionId": 1, "timestamp": "2026-01-01T00:00:00Z", "meterStop": 1}
OWN = {"samples": [{"at": "1", "readings": [{"value": "7", "unit": "Degrees"}, {"value": "8"}]}], "name": "x"}
WIRE = {"samples": [{"at": "1", "values": [{"value": "7", "unit": "Celsius"}, {"value": "8"}]}], "name": "x"}


def tiny() -> Dialect:
    return read_text(TEXT)


def test_written_as_the_codec_spells_it() -> None:
    assert json.loads(write_frame(Call("1", "Meter", OWN), tiny())) == [2, "1", "Meter", WIRE]
    assert json.loads(write_frame(Result("1", "Ping", {}), tiny())) == [3, "1", {}]
    assert json.loads(write_frame(Call("1", "Unknown", {"values": 1}), tiny())) == [2, "1", "Unknown", {"values": 1}]


@pytest.mark.parametrize("came", [WIRE, OWN])
def test_both_names_are_read(came: dict[str, Any]) -> None:
    assert tiny().check("call", "Meter", came) == OWN
    assert tiny().check("call", "Meter", came, "pass")["samples"][0]["readings"][0]["value"] == "7"


def test_the_readings_of_1_5_in_json_are_as_its_back_ends_spell_them() -> None:
    old = load_dialect(Folders(), "ocpp1.5")
    reading = {"timestamp": "2026-01-01T00:00:00Z", "value": [{"value": "7", "unit": "Wh"}]}
    wire = {"timestamp": "2026-01-01T00:00:00Z", "values": [{"value": "7", "unit": "Wh"}]}
    meter, stop = {"connectorId": 1}, STOP
    for action, own, spelled in (
        ("MeterValues", meter | {"values": [reading]}, meter | {"values": [wire]}),
        (
            "StopTransaction",
            stop | {"transactionData": [{"values": [reading]}]},
            stop | {"transactionData": [{"values": [wire]}]},
        ),
    ):
        assert json.loads(write_frame(Call("1", action, own), old))[3] == spelled
        assert old.check("call", action, spelled) == old.check("call", action, own) == own


def test_a_field_under_both_names_keeps_its_own() -> None:
    came = {"samples": [{"at": "1", "readings": [{"value": "7"}], "values": [{"value": "8"}]}]}
    assert tiny().check("call", "Meter", came, "drop")["samples"][0]["readings"] == [{"value": "7"}]


@pytest.mark.parametrize("odd", [None, 7, "x", {"samples": 7}, {"samples": [7]}, {"samples": [{"values": {"a": 1}}]}])
def test_what_is_no_message_is_left_to_the_check(odd: Any) -> None:
    for make in (reader, writer):
        respell = make(tiny().messages["Meter"].request, {"Sample": {"readings": "values"}})
        assert respell is not None
        assert json.dumps(respell(odd)).replace("values", "readings") == json.dumps(odd).replace("values", "readings")


def test_nothing_to_do_where_nothing_is_spelled_otherwise() -> None:
    assert writer(tiny().messages["Ping"].request, {"Sample": {"readings": "values"}}) is None
    assert reader(tiny().messages["Ping"].request, {"Sample": {"readings": "values"}}) is None


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{Sample.reading: values}", "there is no 'Sample.reading'"),
        ("{Sample.readings: at}", "one word that Sample does not have"),
        ("{Unit.Volt: V}", "'V' would not be read again"),
        ("{Unit.Degrees: [a]}", "one word that Unit does not have"),
    ],
)
def test_faults(line: str, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        read_text(TEXT.replace("{Sample.readings: values, Unit.Degrees: Celsius}", line))


def test_an_odd_status_and_an_odd_codec() -> None:
    with pytest.raises(SourceError, match="status"):
        read_text(TEXT.replace("status: unofficial", "status: nice"))
    with pytest.raises(SourceError, match="codec"):
        read_text(TEXT.replace("Ping: {from: station}", "Ping: {from: station, codec: xml}"))
