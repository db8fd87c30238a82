"""The witness: every message and refusal is counted, and nothing that a peer chose becomes a label."""

from __future__ import annotations

import io
import json
from pathlib import Path

from gateway.ends.voice import Voice
from gateway.messages import Call, Error
from gateway.observe.log import Log
from gateway.observe.metrics import Metrics
from gateway.observe.trace import Trace
from gateway.session.commands import Note
from gateway.witness import Witness
from tests.office import BORN, data


def witness(folder: Path) -> tuple[Witness, Path]:
    path = folder / "trace.jsonl"
    trace = Trace(path, 10**6, 2, now=lambda: BORN, free=lambda _: 10**12)
    names = data().dialects
    return Witness(Metrics(names, {a for d in names.values() for a in d.messages}), trace, Log(io.StringIO())), path


def test_a_message_is_counted_and_traced_on_its_side(tmp_path: Path) -> None:
    one, path = witness(tmp_path)
    voice = Voice("station", "CP1", data().dialects["ocpp1.5"], "soap", one, "drop")
    one.message(voice, True, Call("1", "Authorize", {"idTag": "A"}), "<raw/>", ())
    one.message(voice, False, Error("1", "Authorize", "InternalError"), "<fault/>", ())
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [(x["hop"], x["direction"], x["messageType"], x["raw"]) for x in lines] == [
        ("station", "cp-to-csms", "CALL", "<raw/>"),
        ("station", "csms-to-cp", "CALLERROR", "<fault/>"),
    ]
    text = one.metrics.exposition().decode()
    assert 'operation="Authorize"' in text
    assert "CP1" not in text


def test_a_loss_stands_in_the_trace_beside_its_message(tmp_path: Path) -> None:
    one, path = witness(tmp_path)
    one.noted("CP1", Note("loss", {"table": "a--b", "rule": "r"}, "StopTransaction reason: 1.5 has none"))
    voice = Voice("backend", "CP1", data().dialects["ocpp1.6"], "json", one, "drop")
    one.message(voice, False, Call("1", "Authorize", {"idTag": "A"}), "[]", ())
    assert "1.5 has none" in path.read_text()


def test_a_vendor_s_word_is_no_label(tmp_path: Path) -> None:
    one, _ = witness(tmp_path)
    voice = Voice("station", "CP1", data().dialects["ocpp1.6"], "json", one, "pass")
    one.message(voice, True, Call("1", "Evil\ud800Thing", {}), "", ())
    assert b"Evil" not in one.metrics.exposition()


def test_the_loss_of_a_station_s_link_is_a_line_with_its_reason(tmp_path: Path) -> None:
    one, _ = witness(tmp_path)
    one.log = Log(lines := io.StringIO())
    one.noted("CP1", Note("link", {"change": "down"}, "peer does not read"))
    assert json.loads(lines.getvalue()).items() >= {
        "level": "info", "event": "link", "station": "CP1", "change": "down", "detail": "peer does not read",
    }.items()  # fmt: skip
    assert 'link_changes_total{change="down"} 1.0' in one.metrics.exposition().decode()
