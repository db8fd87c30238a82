"""The command itself: help that helps, and exit codes that can be relied on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from gateway.cli.main import COMMANDS, main, parser


def test_every_command_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    for name in COMMANDS:
        with pytest.raises(SystemExit) as caught:
            main([name, "--help"])
        assert caught.value.code == 0
        said = capsys.readouterr().out
        assert "usage: ocpp-gateway " + name in said
        assert len(said) > 200


def test_without_a_command_it_says_which_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main([])
    assert caught.value.code == 2
    assert "COMMAND" in capsys.readouterr().err


def test_the_module_is_the_command() -> None:
    done = subprocess.run([sys.executable, "-m", "gateway", "--version"], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert done.stdout.startswith("ocpp-gateway ")


@pytest.mark.parametrize("line", [["--help"], ["--version"], ["chekc"], []])
def test_who_only_asks_waits_for_no_library(line: list[str]) -> None:
    code = "import sys; from gateway.cli.main import main\ntry: main(sys.argv[1:])\nfinally: print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code, *line], capture_output=True, text=True, check=False)
    there = {name.partition(".")[0] for name in done.stderr.rpartition("\n")[0].rpartition("\n")[2].split()}
    assert "argparse" in there
    assert there & {"twisted", "lxml", "yaml", "zeep", "msgspec", "sqlite3", "decimal"} == set()


@pytest.mark.parametrize(
    "line",
    [
        ["quirks", "draft", "{}/none"],
        ["quirks", "draft", "{}"],
        ["demo", "--keep", "{}/file"],
        ["translate", "--from", "ocpp1.5", "--to", "ocpp1.6", "{}"],
    ],
)
def test_a_file_that_cannot_be_opened_is_named(line: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    assert main([part.format(tmp_path) for part in line]) in (1, 2)
    said = capsys.readouterr().err
    assert said.startswith("ocpp-gateway")
    assert str(tmp_path) in said


def test_help_fits_a_terminal() -> None:
    assert max(len(line) for line in parser().format_help().splitlines()) <= 130
