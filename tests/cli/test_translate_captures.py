"""Recorded traffic goes to every other rung without a crash, and whatever comes out is valid by the official schemas.

The recordings of others are beside a developer's checkout only; the small ones in ``tests/data`` are of our own making, and
their translations are kept with them.
"""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from gateway.catalogue import Folders
from gateway.cli.main import main
from gateway.dialects.load import load_dialects
from gateway.ladder.ladder import Ladder
from gateway.messages import Side
from tests.official import valid

DATA = Path(__file__).resolve().parents[1] / "data"
BESIDE = [above / "shared" / "captures" for above in Path(__file__).resolve().parents[3:]]
CAPTURES = next((folder for folder in BESIDE if folder.is_dir()), BESIDE[0])
RECORDED = {
    "sim_soap_1.2": "ocpp1.2",
    "sim_soap_1.5": "ocpp1.5",
    "gsoap_cp15_vs_stub": "ocpp1.5",
    "gsoap_cp15_server_from_zeep": "ocpp1.5",
    "sim_soap_1.6S": "ocpp1.6",
    "sim_ocppj_1.6J.trace.jsonl": "ocpp1.6",
    "sim_ocppj_2.0.1.trace.jsonl": "ocpp2.0.1",
}
DIALECTS = load_dialects(Folders())
LADDER = Ladder.load(Folders(), DIALECTS)
RUNGS = [name for name, dialect in DIALECTS.items() if dialect.ends == "both"]
WAYS = [(name, own, to) for name, own in RECORDED.items() for to in RUNGS if to != own and LADDER.reaches(own, to)]
GOLDEN = [(path.stem, to) for path in sorted(DATA.glob("session-*.jsonl")) for to in RUNGS if f"session-{to}" != path.stem]


def translated(source: Path, own: str, to: str, capsys: pytest.CaptureFixture[str]) -> tuple[list[dict[str, Any]], str]:
    assert main(["translate", "--from", own, "--to", to, str(source)]) == 0
    said = capsys.readouterr()
    return [json.loads(line, parse_float=Decimal) for line in said.out.splitlines()], said.err


def check(lines: list[dict[str, Any]], to: str) -> None:
    for line in lines:
        if line["kind"] != "error":
            speaks: Side = "station" if line["to"] == "backend" else "backend"
            caller: Side = speaks if line["kind"] == "call" else line["to"]
            valid(DIALECTS[to], line["kind"], line["action"], line["payload"], caller)


@pytest.mark.skipif(not CAPTURES.is_dir(), reason="the captures of ../shared are not at hand")
@pytest.mark.parametrize(("name", "own", "to"), WAYS)
def test_recordings_of_others(name: str, own: str, to: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = CAPTURES / name
    if source.is_dir():
        joined = tmp_path / "all.http"
        joined.write_bytes(b"".join(path.read_bytes() for path in sorted(source.rglob("*.http"))))
        source = joined
    lines, _ = translated(source, own, to, capsys)
    assert len(lines) > 5
    check(lines, to)


@pytest.mark.parametrize(("name", "to"), [one for one in GOLDEN if (DATA / f"{one[0]}.to-{one[1]}.txt").is_file()])
def test_a_session_of_our_own(name: str, to: str, capsys: pytest.CaptureFixture[str]) -> None:
    """After a change on purpose: write the file anew from what this prints, and read the difference."""
    own = name.removeprefix("session-")
    lines, lost = translated(DATA / f"{name}.jsonl", own, to, capsys)
    check(lines, to)
    told = [json.dumps(line, default=float, sort_keys=True) for line in lines]
    told += [line.partition(": ")[2] for line in lost.splitlines()]
    assert told == (DATA / f"{name}.to-{to}.txt").read_text(encoding="utf-8").splitlines()
