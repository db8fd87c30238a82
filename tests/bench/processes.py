"""The processes of the end-to-end figures: the gateway, the relays and the back end, each pinned to a core.

In: arguments.  Out: child processes that are ended with the ``with`` block.
The gateway (or the relay, whichever is measured) has one core for itself; the load and the back end share the other.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.peers.running import free_port

ROOT = Path(__file__).resolve().parent.parent.parent


def cores() -> tuple[int, int]:
    """The core that is measured, and the one for all the rest (the same one where there is but one)."""
    there = sorted(os.sched_getaffinity(0))
    return there[0], there[-1]


def cpu(pid: int) -> float:
    """Seconds of CPU that a process has used, all threads."""
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def rss(pid: int) -> int:
    """Bytes of memory that a process holds."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Child:
    """A process of ours."""

    def __init__(self, core: int, log: Path, *arguments: str) -> None:
        self.log = log
        with log.open("ab") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *arguments],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                preexec_fn=lambda: os.sched_setaffinity(0, {core}),
            )

    def line(self) -> str:
        """The next line that it prints."""
        assert self.process.stdout is not None
        said = self.process.stdout.readline()
        if not said:
            raise RuntimeError(f"{self.process.args} ended: {self.log.read_text()[-2000:]}")
        return said

    def ask(self, line: str) -> Any:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return json.loads(self.line())

    def cpu(self) -> float:
        """Seconds of CPU that it has used, all threads."""
        return cpu(self.process.pid)

    def rss(self) -> int:
        """Bytes of memory that it holds."""
        return rss(self.process.pid)

    def __enter__(self) -> Child:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()


class Backend(Child):
    """The cheap back end."""

    def __init__(self, folder: Path) -> None:
        super().__init__(cores()[1], folder / "backend.log", "tests.bench.backend")
        self.port = int(self.line())


class BareRelay(Child):
    """The relay that looks at nothing; with ``commit`` it writes a row for each body."""

    def __init__(self, folder: Path, backend: Backend, action: str, commit: bool) -> None:
        arguments = ["--backend", f"ws://127.0.0.1:{backend.port}/bare/{action}"]
        if commit:
            arguments += ["--commit", str(folder)]
        super().__init__(cores()[0], folder / "relay.log", "tests.bench.relay_bare", *arguments)
        self.port = int(self.line())


class Gateway(Child):
    """``ocpp-gateway run`` with its journal in ``folder``."""

    def __init__(self, folder: Path, backend: Backend, dialect: str = "ocpp1.5+http", *more: str) -> None:
        self.port, self.admin = free_port(), free_port()
        self.folder = folder / "data"
        arguments = ["--listen", f"{dialect}://127.0.0.1:{self.port}/ocpp", "--admin", f"127.0.0.1:{self.admin}"]
        arguments += ["--backend", f"ocpp1.6+ws://127.0.0.1:{backend.port}/ocpp", "--data", str(self.folder)]
        super().__init__(cores()[0], folder / "gateway.log", "gateway", "run", *arguments, *more)
        end = time.monotonic() + 30
        while not self._ready():
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"the gateway does not start: {self.log.read_text()[-3000:]}")
            time.sleep(0.05)

    def _ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.admin}/readyz", timeout=5) as answer:
                return int(answer.status) == 200
        except (OSError, urllib.error.HTTPError):
            return False


def load(port: int, log: Path, *arguments: str) -> dict[str, Any]:
    """Run the stations against ``port``; what they print."""
    with Child(cores()[1], log, "tests.bench.stations", "--port", str(port), *arguments) as stations:
        said = stations.line()
        stations.process.wait(30)
    found: dict[str, Any] = json.loads(said)
    return found
