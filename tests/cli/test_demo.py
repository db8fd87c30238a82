"""The demo's command line, its files and ports, its process."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway import site_file
from gateway.cli import demo
from gateway.cli.main import parser
from tests.peers.running import lease, release

ROOT = Path(__file__).resolve().parents[2]


def test_the_site_file_that_it_writes_is_sound(tmp_path: Path) -> None:
    file = tmp_path / "gateway.yaml"
    file.write_text(demo.SITE.format(host="127.0.0.1", listen=1, admin=2, backend=3), encoding="utf-8")
    site = site_file.read(file, ["ocpp1.5", "ocpp1.6"])
    assert (site.listeners[0].address.port, site.backends[0].address.port, site.admin) == (1, 3, ("127.0.0.1", 2))
    assert site.listeners[0].enroll == "open"
    assert site.trace.path == tmp_path / "trace.jsonl"


def test_a_taken_port_is_replaced() -> None:
    with socket.socket() as taken:
        taken.bind((demo.HOST, 0))
        taken.listen(1)
        port = taken.getsockname()[1]
        [other] = demo.free_ports((port,))
    assert other != port
    assert demo.free_ports((other,)) == [other]


def test_the_folder_is_gone_unless_it_is_kept(tmp_path: Path) -> None:
    with demo.working_folder(None) as folder:
        (folder / "x").write_text("x", encoding="utf-8")
    assert not folder.exists()
    with demo.working_folder(tmp_path / "a" / "b") as kept:
        pass
    assert kept.is_dir()


@pytest.mark.parametrize(
    "wrong",
    [
        "--seconds=0",
        "--seconds=-1",
        "--speed=nan",
        "--speed=inf",
        "--stations=0",
        "--stations=21",
        "--seconds=soon",
        "--stations=many",
    ],
)
def test_numbers_that_make_no_sense(wrong: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parser().parse_args(["demo", wrong])
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert f"argument {wrong.split('=')[0]}: " in said
    assert " value: " not in said, "it names what it wants, not how we call it"


@contextlib.contextmanager
def running(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "gateway", "demo", *arguments]
    lease(demo.WANTED[0])  # two that look for free ports at once may find the same
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            yield process
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(60)
            process.kill()
            release(demo.WANTED[0])


def gateways(folder: Path) -> list[int]:
    """The gateway processes that run on the site file in that folder."""
    mine = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if os.fsencode(folder / "gateway.yaml") in path.read_bytes().split(b"\0"):
                mine.append(int(path.parent.name))
    return mine


def test_the_books_balance(tmp_path: Path) -> None:
    with running("--seconds", "8", "--speed", "2", "--keep", str(tmp_path)) as process:
        out, _ = process.communicate(timeout=3000)
    assert process.returncode == 0, out
    assert "\x1b" not in out
    assert "the back end goes away for" in out
    booked = re.findall(r"booked at the stations (\d+) sessions ([\d.]+) kWh / at the back end (.+?) : (.+)", out)[-1]
    assert int(booked[0]) > 0
    assert float(booked[1]) > 0
    assert booked[2] == f"{booked[0]} sessions {booked[1]} kWh"
    assert booked[3] == "equal"
    trace = (tmp_path / "trace.jsonl").read_text(encoding="utf-8")
    assert '"hop":"station"' in trace
    assert '"hop":"backend"' in trace
    assert gateways(tmp_path) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    with running("--keep", str(tmp_path)) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "ready" in line:
                break
        process.send_signal(number)
        out, _ = process.communicate(timeout=300)
    assert process.returncode == 0, out
    assert "Next:" in out
    assert gateways(tmp_path) == []


def test_a_gateway_that_dies_is_told(tmp_path: Path) -> None:
    with running("--keep", str(tmp_path)) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "ready" in line:
                break
        for pid in gateways(tmp_path):
            os.kill(pid, signal.SIGKILL)
        out, _ = process.communicate(timeout=300)
    assert process.returncode == 1, out
    assert "The gateway ended by itself." in out
