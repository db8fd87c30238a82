"""``ocpp-gateway dialect``: the tools of whoever writes one."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.cli.main import main
from tests.wires import toys

HEAD = "dialect: toy\ntitle: Toy\nstatus: unofficial\n"


def written(folder: Path, text: str) -> str:
    path = folder / "toy.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def alone(name: str) -> str:
    return HEAD + "codecs:\n" + "".join(f"  {line}\n" for line in toys.text(name).splitlines())


def test_a_wire_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dialect", "test", written(tmp_path, alone("rapi"))]) == 0
    said = capsys.readouterr().out
    assert "5 records, 9 vectors as shown; nothing but the wire is there yet" in said


def test_a_whole_dialect(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = alone("rapi") + "messages:\n  Ping: {from: station}\n"
    assert main(["dialect", "test", written(tmp_path, text), str(Path("mappings/dialects/ocpp1.6.yaml"))]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.endswith("9 vectors as shown")
    assert second.endswith("it has no wire, so there are no vectors")


def test_faults_and_vectors_that_do_not_come_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, alone("rapi").replace("amps: 16, verdict: set", "amps: 17, verdict: set"))
    assert main(["dialect", "test", path, str(tmp_path / "none.yaml")]) == 1
    said = capsys.readouterr().out
    assert "amps is read as 16; expected 17" in said
    assert "none.yaml:1: cannot be read" in said


def test_every_shipped_dialect(capsys: pytest.CaptureFixture[str]) -> None:
    files = sorted(map(str, Path("mappings/dialects").glob("*.yaml")))
    assert main(["dialect", "test", *files]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(files)
