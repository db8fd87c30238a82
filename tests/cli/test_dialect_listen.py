"""``dialect listen``: live traffic of this machine, decoded."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.cli.main import main

ROOT = Path(__file__).resolve().parent.parent.parent
FRAME = b"\x02800011191791101250003223A\x03\xff"
"""A box of EVBox that registers."""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    wire = (ROOT / "tests" / "wires" / "max.yaml").read_text(encoding="utf-8")
    made = tmp_path / "max.yaml"
    indented = "".join(f"  {line}\n" for line in wire.splitlines())
    made.write_text(f"dialect: max\ntitle: A box\nstatus: unofficial\ncodecs:\n{indented}messages: {{}}\n", encoding="utf-8")
    return made


def listening(file: Path, *more: str) -> tuple[subprocess.Popen[str], int]:
    line = [sys.executable, "-m", "gateway", "dialect", "listen", str(file), "--count", "2", *more]
    child = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert child.stderr is not None
    told = child.stderr.readline()
    match = re.search(r":(\d+)$", told.strip())
    assert match, told
    return child, int(match[1])


def test_a_stream_is_decoded_as_it_comes(file: Path) -> None:
    child, port = listening(file, "--link", "tcp://127.0.0.1:0")
    with socket.create_connection(("127.0.0.1", port)) as station:
        station.sendall(b"noise" + FRAME[:7])
        station.sendall(FRAME[7:] + FRAME)
        out, _ = child.communicate(timeout=300)
    lines = [line.split("  ", 1)[1] for line in out.splitlines()]
    assert lines[0].startswith("?  ")
    assert [line.split()[:2] for line in lines if not line.startswith("?")] == [["station", "register"]] * 2
    assert "serial='1917911'" in out
    assert child.returncode == 0


def test_datagrams_too(file: Path) -> None:
    child, port = listening(file, "--link", "udp://127.0.0.1:0", "--side", "both")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as station:
        for data in (FRAME[:9], FRAME, FRAME):
            station.sendto(data, ("127.0.0.1", port))
        out, _ = child.communicate(timeout=300)
    assert out.count("station  register") == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--link", "http://x"], "expected tcp://host:port or udp://host:port"),
        (["--link", "udp://127.0.0.1:1", "--dial"], "--dial is for tcp"),
        (["--link", "tcp://127.0.0.1:99999"], "--link tcp://127.0.0.1:99999: Port out of range"),
        (["--link", "tcp://[::1"], "--link tcp://[::1: "),
        (["--link", "udp://127.0.0.1:1", "--key", "/nowhere"], "--key /nowhere: "),
    ],
)
def test_what_cannot_be_listened_to(file: Path, arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dialect", "listen", str(file), *arguments]) == 2
    assert words in capsys.readouterr().err


@pytest.mark.parametrize("given", ["tests/wires/max.yaml, its wire alone", "mappings/dialects/vestel-evc04.yaml"])
def test_whatever_dialect_test_loads_can_be_listened_with(given: str, file: Path, tmp_path: Path) -> None:
    if given.startswith("tests"):
        file.write_text(file.read_text(encoding="utf-8").replace("messages: {}\n", ""), encoding="utf-8")
    else:  # it is like another that is like a part
        file = ROOT / given
    assert main(["dialect", "test", str(file)]) == 0
    child, _ = listening(file, "--link", "tcp://127.0.0.1:0")
    child.kill()
    child.communicate()


def test_a_file_that_is_no_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.yaml").write_bytes(b"\xff")
    for path, words in ((tmp_path / "x.yaml", "byte 0 is not UTF-8"), (tmp_path / "none.yaml", "No such file")):
        assert main(["dialect", "listen", str(path), "--link", "tcp://127.0.0.1:0"]) == 1
        assert words in capsys.readouterr().err


def test_a_dialect_without_bytes_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    file = ROOT / "mappings" / "dialects" / "ocpp1.6.yaml"
    assert main(["dialect", "listen", str(file), "--link", "tcp://127.0.0.1:1"]) == 1
    assert "nothing can be decoded" in capsys.readouterr().err
