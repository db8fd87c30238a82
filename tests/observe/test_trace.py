"""Trace lines: the form, both sides, bounds, masks."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.messages import Call, Error, Result
from gateway.observe.rotate import FLOOR
from gateway.observe.trace import MOST_TEXT, Trace, encoded

NOW = datetime(2026, 11, 22, 5, 47, 50, 767123, UTC)
CALL = Call("id-1", "Ask", {"tag": "DEADBEEF", "energy": Decimal("1.10")})
RAW = '[2,"id-1","Ask",{}]'


@pytest.fixture
def path(tmp_path):
    return tmp_path / "trace.jsonl"


def opened(path, **more):
    return Trace(path, 10**6, 2, now=lambda: NOW, free=lambda folder: 10 * FLOOR, **more)


def lines(path):
    return [json.loads(line, parse_float=Decimal) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_call_in_the_form_that_others_read(path):
    opened(path).message("station", "up", "CP-1", "ocpp1.6", "json", CALL, RAW)
    assert lines(path) == [
        {
            "schemaVersion": "1.1",
            "timestamp": "2026-11-22T05:47:50.767Z",
            "hop": "station",
            "transport": "json",
            "direction": "cp-to-csms",
            "messageType": "CALL",
            "ocppVersion": "1.6",
            "chargePointId": "CP-1",
            "messageId": "id-1",
            "action": "Ask",
            "payload": {"tag": "DEADBEEF", "energy": Decimal("1.10")},
            "raw": RAW,
        }
    ]
    assert '"energy":1.10' in path.read_text()


def test_a_result_and_an_error_the_other_way(path):
    trace = opened(path)
    trace.message("backend", "down", "CP-1", "keba-udp", "soap", Result("1", "Ask", {}), "<x/>")
    trace.message("backend", "down", "CP-1", "ocpp2.0.1", "json", Error("1", "Ask", "GenericError", "no", {"a": 1}), "[4]")
    first, second = lines(path)
    assert (first["hop"], first["direction"], first["transport"]) == ("backend", "csms-to-cp", "soap")
    assert (first["messageType"], first["ocppVersion"]) == ("CALLRESULT", "keba-udp")
    assert (second["messageType"], second["ocppVersion"]) == ("CALLERROR", "2.0.1")
    assert (second["errorCode"], second["errorDescription"], second["errorDetails"]) == ("GenericError", "no", {"a": 1})
    assert "payload" not in second


def test_quirks_and_losses_stand_in_the_line(path):
    trace = opened(path)
    trace.lost("CP-1", "table rule: field")
    trace.lost("CP-2", "another")
    trace.message("station", "up", "CP-1", "ocpp1.6", "json", CALL, RAW, [SimpleNamespace(quirk="acme", verb="repair")])
    trace.message("station", "up", "CP-1", "ocpp1.6", "json", CALL, RAW)
    first, second = lines(path)
    assert (first["quirks"], first["losses"]) == (["acme repair"], ["table rule: field"])
    assert not {"quirks", "losses"} & set(second)


def test_losses_that_find_no_line_are_bounded(path):
    trace = opened(path)
    for number in range(5000):
        trace.lost(f"CP-{number}", "x")
        trace.lost("CP-0", "x")
    assert len(trace._losses) == 1000
    assert len(trace._losses["CP-0"]) == 50


def test_with_a_mask_no_tag_is_written(path):
    def mask(dialect, message):
        return Call(message.id, message.action, {"tag": "DE***"})

    opened(path, masker=mask).message("station", "up", "CP-1", "ocpp1.6", "json", CALL, '{"tag":"DEADBEEF"}')
    assert lines(path)[0]["payload"] == {"tag": "DE***"}
    assert "DEADBEEF" not in path.read_text()
    assert "raw" not in lines(path)[0]


def test_long_messages_are_cut(path):
    long = Call("1", "Ask", {"x": "y" * MOST_TEXT})
    opened(path).message("station", "up", "CP-1", "ocpp1.6", "json", long, "z" * (MOST_TEXT + 5))
    (line,) = lines(path)
    assert len(line["raw"]) == MOST_TEXT
    assert line["rawLength"] == MOST_TEXT + 5
    assert line["payloadLength"] > MOST_TEXT
    assert "payload" not in line


TEXTS = st.text(st.characters(exclude_categories=[]))


@given(
    st.recursive(TEXTS | st.integers() | st.none(), lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner), max_leaves=8)
)
def test_anything_is_one_line_that_can_be_read_and_steers_nothing(value):
    line = encoded(value)
    assert line.endswith(b"\n")
    text = line.decode("utf-8")[:-1]
    assert len(text.splitlines()) <= 1
    assert not any(ord(c) < 32 or 127 <= ord(c) < 160 for c in text)
    json.loads(text)


@pytest.mark.parametrize(
    "bad", ["\ud800", object(), 2**80, {1: "x"}, float("nan")], ids=["surrogate", "object", "long", "keys", "nan"]
)
def test_what_json_cannot_say_is_said_as_well_as_can_be(path, bad):
    trace = opened(path)
    trace.message("station", "up", "CP-1", "ocpp1.6", "json", Call("1", "Ask", {"x": bad}), "a\ud800b")
    assert lines(path)[0]["raw"] == "a\\ud800b"
    assert trace.dropped == 0


def test_a_full_disk_costs_lines_only(path):
    heard = []
    trace = Trace(path, 10**6, 2, now=lambda: NOW, free=lambda folder: 0, on_drop=lambda: heard.append(1))
    trace.message("station", "up", "CP-1", "ocpp1.6", "json", CALL, RAW)
    assert trace.dropped == len(heard) == 1
    assert not path.exists()


def test_closing_lets_go_and_a_later_line_opens_again(path):
    trace = opened(path)
    trace.message("station", "up", "CP-1", "ocpp1.6", "json", CALL, RAW)
    trace.close()
    trace.message("station", "up", "CP-1", "ocpp1.6", "json", CALL, RAW)
    assert len(lines(path)) == 2
