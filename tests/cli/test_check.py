"""``check``: ten faults planted in an operator's folder and site file are all named, with their places."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from gateway.catalogue import shipped
from gateway.cli.main import main

SITE = """\
listeners:
  - listen: ocpp1.5+http://127.0.0.1:8080/ocpp
    enrol: open
backends:
  - connect: ocpp1.6+wss://csms.example/ocpp
policy: {answer_witin: 5}
"""


def plant(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert text.count(old) >= 1, f"{old!r} is not in {path.name}"
    path.write_text(text.replace(old, new, 1))


def line_of(path: Path, text: str) -> int:
    return next(n for n, line in enumerate(path.read_text().splitlines(), 1) if text in line)


def test_all_is_well_with_what_is_shipped(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 0
    assert "all is well" in capsys.readouterr().out


def test_ten_planted_faults_are_all_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = tmp_path / "own"
    shutil.copytree(shipped(), own)
    old, new, table = (
        own / "dialects" / "ocpp1.5.yaml",
        own / "dialects" / "ocpp1.6.yaml",
        own / "ladder" / "ocpp1.5--ocpp1.6.yaml",
    )
    quirks = sorted((own / "quirks").rglob("*.yaml"))
    plant(old, "role: heartbeat", "role: heartbeet")
    plant(old, "idTag: string(20)", "idTag: strin(20)")
    plant(new, "token: idTag", "token: idTagg")
    plant(quirks[0], "why:", "whi:")
    plant(quirks[1], "link:", "lnk:")
    plant(quirks[2], "    title:", "    title: x\n    title:")
    (own / "quirks" / "broken.yaml").write_text("a: [1\n")
    plant(table, "UnlockFailed", "UnlockFaild")
    site = tmp_path / "gateway.yaml"
    site.write_text(SITE)
    assert main(["check", "-c", str(site), "--mappings", str(own)]) == 1
    said = capsys.readouterr().out
    for path, text, words in [
        (old, "heartbeet", "heartbeat"),
        (old, "strin(20)", "string"),
        (new, "idTagg", "idTagg"),
        (quirks[0], "whi:", "why"),
        (quirks[1], "lnk:", "link"),
        (quirks[2], "title: x", "stands twice"),
        (own / "quirks" / "broken.yaml", "a: [1", "YAML"),
        (table, "UnlockFaild", "UnlockFailed"),
        (site, "enrol:", "did you mean 'enroll'"),
        (site, "answer_witin", "did you mean 'answer_within'"),
    ]:
        hits = [line for line in said.splitlines() if str(path.name) in line and words in line]
        assert hits, f"{path.name}: {text} is not named in\n{said}"
        if words != "YAML" and path != quirks[2]:
            assert any(f":{line_of(path, text)}: " in hit for hit in hits), hits
    assert said.splitlines()[-1] == f"{len(said.splitlines()) - 1} faults found"


def test_a_folder_that_is_not_there_is_a_fault(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--mappings", "/nowhere/at/all"]) == 1
    assert "/nowhere/at/all" in capsys.readouterr().out


def test_a_wrong_command_line_is_not_a_fault_of_a_file() -> None:
    with pytest.raises(SystemExit) as caught:
        main(["check", "--no-such-option"])
    assert caught.value.code == 2


def test_a_sample_that_does_not_come_out_is_named_with_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = tmp_path / "own"
    shutil.copytree(shipped() / "ladder", own / "ladder")
    table = own / "ladder" / "ocpp1.5--ocpp1.6.yaml"
    plant(table, "interval: 300", "interval: 301")
    assert main(["check", "--mappings", str(own)]) == 1
    said = capsys.readouterr().out
    near = range(line_of(table, "heartbeatInterval: 300") - 2, line_of(table, "interval: 301") + 1)
    assert any(f"{table.name}:{line}: sample of " in said for line in near), said


def test_a_second_table_between_the_same_two_is_a_fault(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "ladder").mkdir()
    shutil.copy(shipped() / "ladder" / "ocpp1.5--ocpp1.6.yaml", tmp_path / "ladder" / "mine.yaml")
    assert main(["check", "--mappings", str(tmp_path)]) == 1
    assert "mine.yaml:1: the table stands in the file 'mine'; expected ocpp1.5--ocpp1.6" in capsys.readouterr().out
