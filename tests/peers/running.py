"""A real gateway process for a test, and the small things to talk to it by."""

from __future__ import annotations

import fcntl
import http.client
import os
import random
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

PATIENCE = 120.0
"""Seconds that a test waits for what must happen at once; only a broken gateway ever needs them."""


def free_port() -> int:
    """A port that nobody listens on, that no outgoing connection is given, and that no other test is given while this one runs.

    The kernel's own choice would be one for outgoing connections: a station's may then hold it when the gateway comes back.
    And whoever is given a port listens on it some seconds later only, or again after a kill.
    """
    while True:
        port = _CHANCE.randrange(15_000, _first_of_outgoing())
        if port not in _OURS and _free(port) and _leased(port):
            _OURS.add(port)
            return port


_CHANCE = random.SystemRandom()
_OURS: set[int] = set()


def _free(port: int) -> bool:
    with socket.socket() as stream, socket.socket(type=socket.SOCK_DGRAM) as box:
        try:
            stream.bind(("127.0.0.1", port))
            box.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _leased(port: int) -> bool:
    """Whether it is ours until this process ends: one byte of a file is locked for each port."""
    try:
        fcntl.lockf(_leases(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
    except OSError:
        return False
    return True


def lease(port: int) -> None:
    """Wait until no other test, of any suite on this machine, is at this port, which nobody can choose."""
    fcntl.lockf(_leases(), fcntl.LOCK_EX, 1, port)


def release(port: int) -> None:
    """The next may have it."""
    fcntl.lockf(_leases(), fcntl.LOCK_UN, 1, port)


@cache
def _leases() -> int:
    return os.open(Path(tempfile.gettempdir(), f"ocpp-gateway-test-ports-{os.getuid()}"), os.O_RDWR | os.O_CREAT, 0o600)


def _first_of_outgoing() -> int:
    told = Path("/proc/sys/net/ipv4/ip_local_port_range")
    return max(16_000, int(told.read_text().split()[0])) if told.exists() else 32_768


def until(true: Callable[[], Any], what: str) -> Any:
    """Ask again until it is true; over real sockets there is no clock to move."""
    end = time.monotonic() + PATIENCE
    while True:
        found = true()
        if found:
            return found
        assert time.monotonic() < end, f"never happened: {what}"
        time.sleep(0.02)


AS_IT_IS = ["-m", "gateway"]
PATIENT = [
    "-c",
    "from gateway import load; load.LATE = (3600.0,) * 4; from gateway.cli.main import main; raise SystemExit(main())",
]
"""Being late it gives nothing up: a machine that stands still for a quarter of a second is none of what most tests try."""


class Gateway:
    """``ocpp-gateway run`` as a child process.  ``kill`` is kill -9; ``start`` takes up the same journal."""

    def __init__(self, data: Path, *arguments: str, way: list[str] = PATIENT) -> None:
        self.data, self.arguments, self.way = data, arguments, way
        self.admin = free_port()
        self.log = data / "log.txt"
        self.child: subprocess.Popen[bytes] | None = None
        self.environment: dict[str, str] = {}
        self.most: dict[int, int] = {}
        """Limits of the child, as ``resource`` counts them."""

    def start(self) -> Gateway:
        self.data.mkdir(exist_ok=True, parents=True)
        line = [
            sys.executable,
            *self.way,
            "run",
            *self.arguments,
            "--admin",
            f"127.0.0.1:{self.admin}",
            "--data",
            str(self.data),
        ]
        with self.log.open("ab") as log:
            told = {**os.environ, "PYTHONUNBUFFERED": "1", **self.environment}
            self.child = subprocess.Popen(line, stderr=log, stdout=log, env=told, preexec_fn=self._limited if self.most else None)
        try:
            until(lambda: self.child.poll() is not None or self.get("/readyz") == 200, "the gateway is ready")
        except AssertionError as error:
            raise AssertionError(f"{error}; its log:\n{self.log.read_text()[-2000:]}") from None
        assert self.child.poll() is None, self.log.read_text()
        return self

    def _limited(self) -> None:
        for what, most in self.most.items():
            resource.setrlimit(what, (most, most))

    def get(self, path: str) -> int:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.admin}{path}", timeout=PATIENCE) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code
        except OSError:
            return 0

    def metrics(self) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.admin}/metrics", timeout=PATIENCE) as answer:
            return str(answer.read().decode())

    def kill(self) -> None:
        assert self.child is not None
        self.child.send_signal(signal.SIGKILL)
        self.child.wait()

    def stop(self) -> int:
        assert self.child is not None
        if self.child.poll() is None:
            self.child.terminate()
        return self.child.wait(timeout=PATIENCE)

    def __enter__(self) -> Gateway:
        return self.start()

    def __exit__(self, *_: object) -> None:
        if self.child is not None and self.child.poll() is None:
            self.child.kill()
            self.child.wait()


def post(port: int, body: bytes, headers: dict[str, str] | None = None, path: str = "/ocpp") -> tuple[int, bytes]:
    """POST an envelope as an HTTP/1.1 client that closes afterwards."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("POST", path, body, {"Content-Type": "application/soap+xml; charset=utf-8", **(headers or {})})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()
