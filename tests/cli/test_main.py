"""The command itself: help that helps, and exit codes that can be relied on."""

from __future__ import annotations

import subprocess
import sys

import pytest

from gateway.cli.main import COMMANDS, main, parser


def test_every_command_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    for command in COMMANDS:
        name = command.__name__.rpartition(".")[2]
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


def test_help_fits_a_terminal() -> None:
    assert max(len(line) for line in parser().format_help().splitlines()) <= 130
