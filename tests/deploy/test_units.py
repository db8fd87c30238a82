"""The systemd unit and the container file start the command that there is, and give it no more than it needs."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from configparser import ConfigParser
from pathlib import Path

import pytest

from gateway.cli.main import parser

ROOT = Path(__file__).resolve().parents[2]
UNIT = ROOT / "deploy" / "systemd" / "ocpp-gateway.service"
CONTAINER = (ROOT / "deploy" / "container" / "Containerfile").read_text()
LINES = [line for line in UNIT.read_text().splitlines() if line and not line.startswith(("#", "["))]
SETTINGS: dict[str, str] = {}
for _line in LINES:
    SETTINGS.setdefault(*_line.split("=", 1))


def commands():
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    return [line.split("=")[0].strip() for line in setup["options.entry_points"]["console_scripts"].split("\n") if line]


@pytest.mark.parametrize("key", ["ExecStart", "ExecStartPre"])
def test_the_unit_starts_a_command_line_that_exists(key):
    program, *arguments = shlex.split(SETTINGS[key])
    assert Path(program).name in commands()
    assert parser().parse_args(arguments)


def test_the_unit_waits_longer_than_the_gateway_drains():
    from gateway.config import Site

    assert float(SETTINGS["TimeoutStopSec"]) > Site.__dataclass_fields__["drain"].default


HARDENED = {
    "DynamicUser": "yes",
    "NoNewPrivileges": "yes",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "CapabilityBoundingSet": "",
    "StateDirectory": "ocpp-gateway",
    "StateDirectoryMode": "0700",
    "UMask": "0077",
}


def test_the_unit_gives_no_more_than_is_needed():
    assert {key: SETTINGS.get(key) for key in HARDENED} == HARDENED


def test_systemd_accepts_the_unit(tmp_path):
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not here")
    text = UNIT.read_text().replace("/opt/ocpp-gateway/bin/ocpp-gateway", shutil.which("true"))
    (tmp_path / UNIT.name).write_text(text)
    done = subprocess.run([analyze, "verify", "--man=no", str(tmp_path / UNIT.name)], capture_output=True, text=True, check=False)
    said = [line for line in (done.stdout + done.stderr).splitlines() if UNIT.name in line]
    assert (done.returncode, said) == (0, [])


def instructions(name):
    joined = CONTAINER.replace("\\\n", " ")
    return re.findall(rf"^{name} (.*)$", joined, re.MULTILINE)


def test_the_container_starts_a_command_line_that_exists():
    (program,), arguments = json.loads(instructions("ENTRYPOINT")[0]), json.loads(instructions("CMD")[0])
    assert program in commands()
    assert parser().parse_args(arguments).data == Path(instructions("VOLUME")[0])


def test_the_container_does_not_run_as_root():
    assert instructions("USER") == ["10001"]
    assert CONTAINER.index("\nUSER ") < CONTAINER.index("\nENTRYPOINT ")
    assert CONTAINER.rindex("\nRUN ") < CONTAINER.index("\nUSER ")


def test_the_container_is_built_from_a_python_that_we_support():
    assert {line.split()[0] for line in instructions("FROM")} == {"python:3.12-slim"}


def test_the_container_copies_what_there_is():
    copied = [word for line in instructions("COPY") if "--from" not in line for word in line.split()[:-1]]
    assert {"gateway", "mappings", "setup.cfg"} <= set(copied)
    assert [name for name in copied if not (ROOT / name).exists()] == []
