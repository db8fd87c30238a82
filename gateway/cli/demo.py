"""``ocpp-gateway demo``: a charging day in minutes, to look at.

In: the command line.  Out: a gateway process with simulated stations and a simulated back end around it; exit code 0 if the
books of both sides were equal at the end (or somebody ended it early), 1 if not.
Not here: the course of it (`gateway.demo.show`), how it looks (`gateway.demo.view`).
"""

from __future__ import annotations

import argparse
import contextlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HOST = "127.0.0.1"
WANTED = (8080, 9100, 9000, 8088)
"""Ports by preference: where stations come in, admin, the back end, the stations' own service.  The system gives none of them to
outgoing connections: such a one may be gone before it is used."""
LAST_WORDS = 15
"""Lines of the gateway's log that are shown when it ended by itself."""

SITE = """\
# The site file of this demo.  Yours may begin like it.
listeners:
  - listen: ocpp1.5+http://{host}:{listen}/ocpp
backends:
  - connect: ocpp1.6+ws://{host}:{backend}/ocpp
admin: {host}:{admin}
data: data
trace: {{path: trace.jsonl}}
drain: 3
policy:
  # Whoever comes while the back end is away charges; if it does not like the tag afterwards, the station is asked to stop.
  authorize_offline: accept
  late_refusal: remote_stop
  # The demo's back end is away for seconds only, and somebody is watching: try again sooner than one would.
  uplink_wait_min: 0.5
  uplink_wait_doublings: 1
  uplink_random: 0.5
"""


def add(own: argparse.ArgumentParser) -> None:
    """Give the parser its arguments."""
    own.description = (
        "Starts a gateway with simulated OCPP 1.5 SOAP stations on one side and a simulated OCPP 1.6 JSON back end "
        "on the other, and shows what happens.  Once the back end goes away for a while; the books of both are compared."
    )
    own.epilog = "Example: ocpp-gateway demo --seconds 60 --speed 2"
    own.add_argument(
        "--seconds", type=_positive, metavar="N", help="end after N seconds, when everything is delivered (default: never)"
    )
    own.add_argument("--speed", type=_positive, default=1.0, metavar="X", help="1: a day lasts four minutes (default: 1)")
    own.add_argument("--stations", type=_count, default=4, metavar="N", help="how many stations, 1 to 20 (default: 4)")
    own.add_argument("--seed", type=int, default=1, metavar="N", help="another number, other cars (default: 1)")
    own.add_argument("--keep", type=Path, metavar="DIR", help="write site file, journal, trace and log there, and keep them")
    own.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Start everything, show it, end it."""
    print("ocpp-gateway demo: simulated OCPP 1.5 stations on a simulated OCPP 1.6 back end", flush=True)
    ports = free_ports(WANTED)
    with working_folder(args.keep) as folder:
        site = folder / "gateway.yaml"
        site.write_text(SITE.format(host=HOST, listen=ports[0], admin=ports[1], backend=ports[2]), encoding="utf-8")
        hints = hints_of(ports, folder)
        print("\n".join(hints), flush=True)
        gateway = Gateway(site, folder / "gateway.log")
        try:
            code, books = Stage(args, ports, gateway, hints).perform()
        finally:
            gateway.kill()
        print_end(code, books, gateway, args.keep)
    return code


def hints_of(ports: list[int], folder: Path) -> list[str]:
    """What to open and try while it runs."""
    return [
        f"Look:  http://{HOST}:{ports[1]}/metrics",
        f"Files: {folder}/  (gateway.yaml, trace.jsonl: both sides of every message, gateway.log)",
        f"Join:  your own OCPP 1.5 SOAP station at http://{HOST}:{ports[0]}/ocpp  (WSDL: add ?wsdl)",
        f"Try:   {command()} explain ocpp1.5 ocpp1.6 MeterValues   Ctrl-C ends",
    ]


def command() -> str:
    """How to call us again: ``make run`` leaves the shell without the environment's folder in its PATH."""
    if shutil.which("ocpp-gateway"):
        return "ocpp-gateway"
    return sys.argv[0] if Path(sys.argv[0]).name == "ocpp-gateway" else "python -m gateway"


def print_end(code: int, books: str, gateway: Gateway, kept: Path | None) -> None:
    """How it ended, and what to do next."""
    if gateway.crashed:
        print("The gateway ended by itself.  Its last words:")
        print("\n".join(gateway.last_words()))
    print(books)
    if code:
        print("The demo FAILED: see above.")
    if kept is not None:
        print(f"Kept in {kept}: gateway.yaml, gateway.log, trace.jsonl, data/")
    print(f"Next:  {command()} explain ocpp1.5 ocpp1.6        what crosses, what does not, and why")
    print(f"       {command()} run --help                     your own stations on your own back end")


class Gateway:
    """The gateway's process; what it logs goes into a file."""

    def __init__(self, site: Path, log: Path) -> None:
        self._log = log
        self._asked = False
        self.crashed = False
        with log.open("wb") as out:
            # A group of its own: Ctrl-C is for the demo, which then ends the gateway in order.
            self._process = subprocess.Popen(  # noqa: S603 (our own interpreter, our own module)
                [sys.executable, "-m", "gateway", "run", "-c", str(site)],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                process_group=0,
            )

    def alive(self) -> bool:
        """Whether it runs."""
        alive = self._process.poll() is None
        self.crashed = self.crashed or (not alive and not self._asked)
        return alive

    def end(self) -> None:
        """SIGTERM: it drains."""
        if self.alive():
            self._asked = True
            self._process.terminate()

    def kill(self) -> None:
        """SIGKILL, if it still runs."""
        if self.alive():
            self._asked = True
            self._process.kill()
            self._process.wait()

    def last_words(self) -> list[str]:
        """The end of its log."""
        return self._log.read_text(encoding="utf-8", errors="replace").splitlines()[-LAST_WORDS:]


class Stage:
    """The reactor, the signals and the screen for one show."""

    def __init__(self, args: argparse.Namespace, ports: list[int], gateway: Gateway, hints: list[str]) -> None:
        # Imported late, so that the first words stand on the screen at once and the gateway starts meanwhile.
        from twisted.internet import reactor

        from gateway.demo.show import Places, Plan, Show

        self._reactor: Any = reactor
        self._code = 1
        self._screen = _screen(hints, self._reactor)
        plan = Plan(args.stations, args.speed, args.seconds)
        places = Places(f"http://{HOST}:{ports[0]}/ocpp", f"http://{HOST}:{ports[1]}/", ports[2], ports[3])

        def chance(name: str) -> random.Random:
            return random.Random(f"{args.seed}/{name}")  # noqa: S311 (cars, not keys)

        self._show = Show(reactor, plan, places, lambda: datetime.now(UTC), chance, gateway, self._screen, self._done)

    def perform(self) -> tuple[int, str]:
        """Run to the end: the exit code and the line of the books."""
        self._reactor.callWhenRunning(self._begin)
        try:
            self._reactor.run(installSignalHandlers=False)
        finally:
            self._screen.close()
        return self._code, self._show.now().books

    def _begin(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: self._reactor.callFromThread(self._show.interrupt))
        self._show.start()

    def _done(self, code: int) -> None:
        self._code = code
        self._reactor.stop()


def _screen(hints: list[str], reactor: Any) -> Any:
    from rich.console import Console

    from gateway.demo.view import Lines, Picture

    console = Console()
    if console.is_terminal and not console.is_dumb_terminal:
        return Picture(console, hints)
    return Lines(lambda text: print(text, flush=True), reactor.seconds)


@contextlib.contextmanager
def working_folder(kept: Path | None) -> Iterator[Path]:
    """A folder to work in; removed at the end, unless it is to be kept."""
    if kept is not None:
        kept.mkdir(parents=True, exist_ok=True)
        yield kept
        return
    folder = Path(tempfile.mkdtemp(prefix="ocpp-gateway-demo-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def free_ports(wanted: tuple[int, ...]) -> list[int]:
    """Each port if it is free, else another that is."""
    taken: list[socket.socket] = []
    try:
        for port in wanted:
            taken.append(_bound(port) or _bound(0) or socket.socket())
        return [one.getsockname()[1] for one in taken]
    finally:
        for one in taken:
            one.close()


def _bound(port: int) -> socket.socket | None:
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((HOST, port))
        made.listen(1)
    except OSError:
        made.close()
        return None
    return made


def _positive(text: str) -> float:
    with contextlib.suppress(ValueError):
        if 0 < float(text) < float("inf"):
            return float(text)
    raise argparse.ArgumentTypeError("a number above 0")


def _count(text: str) -> int:
    with contextlib.suppress(ValueError):
        if 1 <= int(text) <= 20:
            return int(text)
    raise argparse.ArgumentTypeError("1 to 20")
