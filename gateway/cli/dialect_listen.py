"""``ocpp-gateway dialect listen``: decodes live traffic to the terminal, for whoever writes a dialect.

In: a dialect file, a link.  Out: a line for each record, and for each piece that is none; exit code 0 once interrupted.
Not here: decoding (`gateway.devices.overheard`).  It says nothing to anybody on the link, so nobody is answered.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from gateway.cli.dialect_test import loaded
from gateway.devices.overheard import Overheard
from gateway.messages import Side
from gateway.wires.shapes import LinkRules

SIDES: dict[str, tuple[Side, ...]] = {"station": ("station",), "backend": ("backend",), "both": ("station", "backend")}
EPILOG = """\
examples:
  ocpp-gateway dialect listen acme.yaml --link tcp://0.0.0.0:8768
  ocpp-gateway dialect listen acme.yaml --link tcp://10.0.0.9:4001 --dial --side both
  ocpp-gateway dialect listen acme.yaml --link udp://0.0.0.0:7090
"""


def add(own: argparse.ArgumentParser) -> None:
    """Give the parser its arguments."""
    own.description = "Decodes what comes over a link, and says nothing to anybody."
    own.epilog = EPILOG
    own.formatter_class = argparse.RawDescriptionHelpFormatter
    own.add_argument("file", type=Path, metavar="FILE", help="the dialect file")
    own.add_argument("--link", required=True, metavar="URL", help="tcp://host:port or udp://host:port: where to listen")
    own.add_argument("--dial", action="store_true", help="connect to that place instead of listening there (tcp)")
    own.add_argument("--side", choices=SIDES, default="station", help="whose messages come: the station's, ours, or both (a bus)")
    own.add_argument("--key", type=Path, metavar="FILE", help="the key of encrypted frames, in hex or as it is; else the sample")
    own.add_argument("--count", type=int, metavar="N", help="end after so many records")
    own.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Listen until interrupted, or until enough was heard."""
    wrong = misuse(args.link, args.dial)
    if wrong:
        print(f"ocpp-gateway dialect listen: {wrong}", file=sys.stderr)
        return 2
    place = urlsplit(args.link)
    wire, _ = loaded(args.file)
    if wire is None:
        print(f"{args.file}: this dialect has no wire codec: nothing can be decoded", file=sys.stderr)
        return 1
    if args.key is not None:
        try:
            wire = wire.keyed(args.key.read_bytes().rstrip(b"\r\n"))
        except (OSError, ValueError) as error:
            print(f"--key {args.key}: {error}", file=sys.stderr)
            return 2
    from twisted.internet import reactor

    ear = Ear(reactor, lambda: Overheard(wire, SIDES[args.side], place.scheme == "udp"), args.count)
    rules = wire.links.get(place.scheme, LinkRules())
    return ear.live(place.scheme, place.hostname or "", place.port or rules.port or 0, args.dial, rules.lull)


def misuse(link: str, dial: bool) -> str:
    """What is wrong with the link, or an empty text."""
    try:
        place = urlsplit(link)
        _ = place.port  # looked at here, for it raises where it is no port
    except ValueError as error:
        return f"--link {link}: {error}"
    if place.scheme not in ("tcp", "udp") or not place.hostname:
        return f"--link {link}: expected tcp://host:port or udp://host:port"
    return "--dial is for tcp: a udp socket hears whoever speaks to it" if dial and place.scheme == "udp" else ""


class Ear:
    """Prints what its links bring."""

    def __init__(self, reactor: Any, decoder: Callable[[], Overheard], most: int | None) -> None:
        self.reactor, self.decoder, self.most = reactor, decoder, most
        self.records = 0
        self.code = 0
        self.lull = 1.0

    def live(self, scheme: str, host: str, port: int, dial: bool, lull: float) -> int:
        """Run to the end."""
        self.lull = lull
        self.reactor.callWhenRunning(self._open, scheme, host, port, dial)
        self.reactor.run()
        return self.code

    def _open(self, scheme: str, host: str, port: int, dial: bool) -> None:
        from gateway.links.datagrams import Socket, UdpPort
        from gateway.links.limits import Limits
        from gateway.links.redial import Backoff, Redial
        from gateway.links.server import listen
        from gateway.links.streams import StreamFactory, dial_stream

        if dial:
            from gateway.links.address import Address

            where = Address(False, host, port, "/", host)
            attempt = dial_stream(self.reactor, where, _Told(self), Limits(), None)
            Redial(self.reactor, attempt, Backoff(lambda low, high: high), self._lost).open()
            print(f"dialling {host}:{port}", file=sys.stderr, flush=True)
            return
        if scheme == "tcp":
            opened: Any = listen(
                self.reactor, host, port, StreamFactory(self.reactor, lambda: _Told(self), Limits(), lambda why: None)
            )
        else:
            from twisted.internet.defer import ensureDeferred

            bound = UdpPort(self.reactor, host, port, lambda: Socket(_Told(self)))
            opened = ensureDeferred(bound.open())
            opened.addCallback(lambda _: bound.listening)
        opened.addCallbacks(self._listening, self._failed)

    def _listening(self, port: Any) -> None:
        print(f"listening on {port.getHost().host}:{port.getHost().port}", file=sys.stderr, flush=True)

    def _failed(self, failure: Any) -> None:
        self._lost(failure.getErrorMessage())
        self.code = 1
        self.reactor.stop()

    def _lost(self, why: str) -> None:
        print(why, file=sys.stderr, flush=True)

    def tell(self, peer: tuple[str, int], lines: list[str], records: int) -> None:
        """Print lines; end where enough records were heard."""
        for line in lines:
            print(f"{datetime.now(UTC):%H:%M:%S.%f} {peer[0]}:{peer[1]}  {line}", flush=True)
        self.records += records
        if self.most is not None and self.records >= self.most and self.reactor.running:
            self.most = None
            self.reactor.stop()


class _Told:
    """Takes the bytes of one link (`gateway.links.streams.Receiver`)."""

    def __init__(self, ear: Ear) -> None:
        self.ear, self.decoder = ear, ear.decoder()
        self.peer = ("", 0)
        self._lull: Any = None

    def opened(self, link: Any) -> None:
        """The link is there."""

    def heard(self, data: bytes, peer: tuple[str, int], place: str = "") -> None:
        """Bytes came; half a frame is waited for as long as the file says."""
        self.peer = peer
        self._told(lambda: self.decoder.feed(data, place))
        if self._lull is not None and self._lull.active():
            self._lull.cancel()
        self._lull = self.ear.reactor.callLater(self.ear.lull, self._told, self.decoder.idle)

    def closed(self, why: str) -> None:
        """The link is gone."""
        self.ear._lost(f"{self.peer[0]}:{self.peer[1]}: {why}")

    def _told(self, decode: Callable[[], list[str]]) -> None:
        before = self.decoder.records
        lines = decode()
        self.ear.tell(self.peer, lines, self.decoder.records - before)
