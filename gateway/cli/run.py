"""``ocpp-gateway run``: the gateway itself.

In: a site file, or listeners and back ends on the command line.  Out: a process that serves until SIGTERM or SIGINT.
Not here: what it does (`gateway.server`).  This module and its siblings alone touch the global reactor, the clock and
the system's randomness.
"""

from __future__ import annotations

import argparse
import dataclasses
import gc
import os
import random
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from gateway import address, loading, reload, site_file
from gateway.config import Backend, Device, Enroll, Listener, Site, TraceSettings
from gateway.data import Data
from gateway.journal.contract import Damaged, JournalFailed
from gateway.journal.threaded import ThreadedJournal
from gateway.links import descriptors
from gateway.links.limits import Limits
from gateway.links.names import Names
from gateway.observe.log import Log
from gateway.observe.mask import TagMask
from gateway.observe.metrics import Metrics
from gateway.observe.trace import Trace
from gateway.server import Server
from gateway.site_file import ACCEPTABLE, host_port_of, is_http_url

Again = Callable[[], tuple[loading.Loaded, dict[str, str]]]
"""Loads everything anew, and fingerprints the files."""
EPILOG = """\
examples:
  ocpp-gateway run -c gateway.yaml
  ocpp-gateway run --listen ocpp1.5+http://127.0.0.1:8080/ocpp --backend ocpp1.6+ws://127.0.0.1:9000/ocpp \\
                   --admin 127.0.0.1:9100 --data ./data

  ocpp-gateway run --device 'GARAGE=keba-udp+udp://192.168.1.20' --backend ocpp1.6+ws://127.0.0.1:9000/ocpp

An address is dialect+link://host:port/path: +http is SOAP, +ws is JSON over WebSocket.  The station's identity is
appended to a WebSocket back end's path.  Protocols that are not OCPP bring their own bytes: +tcp, +udp, …
"""


def add(own: argparse.ArgumentParser) -> None:
    """Give the parser its arguments."""
    own.description = "Stands between charging stations and network back ends, and translates."
    own.epilog = EPILOG
    own.formatter_class = argparse.RawDescriptionHelpFormatter
    own.add_argument(
        "-c", "--config", type=Path, metavar="FILE", help="the site file; beside it only --admin, --data, --mappings and --trace"
    )
    own.add_argument("--listen", action="append", default=[], metavar="ADDRESS", help="where stations come in (may repeat)")
    own.add_argument(
        "--backend", action="append", default=[], metavar="ADDRESS", help="a back end (may repeat; the first one is used)"
    )
    own.add_argument(
        "--device",
        action="append",
        default=[],
        metavar="[NAME=]ADDRESS",
        help="a station without OCPP that the gateway dials (may repeat); without a name it is called as its host",
    )
    own.add_argument("--accept", action="append", default=[], choices=ACCEPTABLE, help="use dialects of that status nevertheless")
    own.add_argument("--admin", metavar="HOST:PORT", help="metrics and health")
    own.add_argument("--data", type=Path, metavar="DIR", help="where the journal lives (default: ./data)")
    own.add_argument("--enroll", choices=("open", "listed"), help="who may come in; default: open on loopback, else listed")
    own.add_argument("--callback", metavar="URL", help="where a SOAP back end reaches us")
    own.add_argument("--mappings", type=Path, action="append", default=[], metavar="DIR", help="an operator's mappings folder")
    own.add_argument("--trace", type=Path, metavar="FILE", help="write both sides of every message (JSON Lines, rotated)")
    own.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Load, serve, drain."""
    wrong = misuse(args)
    if wrong:
        print(f"ocpp-gateway run: {wrong}", file=sys.stderr)
        return 2
    loaded = loading.load(args.config, args.mappings)
    if loaded.faults or loaded.data is None:
        for fault in loaded.faults:
            print(fault, file=sys.stderr)
        return 1
    try:
        site = loaded.site or site_of(args, loaded.data)
    except address.AddressError as error:
        print(f"ocpp-gateway run: {error}", file=sys.stderr)
        return 2
    return serve(overridden(site, args), loaded.data, lambda: _again(args), _prints(args))


def _prints(args: argparse.Namespace) -> dict[str, str]:
    """Fingerprints of all data files that this command line names."""
    return reload.prints([*args.mappings, *(site_file.mappings_folders(args.config) if args.config else ())])


def _again(args: argparse.Namespace) -> tuple[loading.Loaded, dict[str, str]]:
    """Everything loaded anew.  Raises `SourceError` where the site file cannot even be read."""
    loaded = loading.load(args.config, args.mappings)
    if loaded.site is not None:
        loaded.site = overridden(loaded.site, args)
    return loaded, _prints(args)


def misuse(args: argparse.Namespace) -> str:
    """What is wrong with the command line as a whole, or an empty text."""
    if args.config is None and not ((args.listen or args.device) and args.backend):
        return "give -c FILE, or --listen and --backend (ocpp-gateway run --help shows both)"
    if args.config is not None and (args.listen or args.device or args.backend or args.enroll or args.callback or args.accept):
        return "with -c FILE, listeners and back ends stand in the file"
    if args.admin is not None and not _host_port(args.admin):
        return f"--admin {args.admin}: expected HOST:PORT, as in 127.0.0.1:9100"
    return ""


def site_of(args: argparse.Namespace, data: Data) -> Site:
    """The site that the command line describes.  Raises `AddressError`."""
    wires = loading.wires(data.dialects)
    listeners = []
    for number, text in enumerate(args.listen):
        where = address.parse(text, data.dialects, wires)
        if where.secure:
            raise address.AddressError(f"{text!r} needs a certificate: describe it in a site file (-c FILE)")
        listeners.append(_entrance(f"listener-{number + 1}", where, args.enroll))
    devices = [_device(number, text, args.enroll, data, wires) for number, text in enumerate(args.device)]
    backends = [_backend(number, text, args.callback, data) for number, text in enumerate(args.backend)]
    site = Site(tuple(listeners), tuple(backends), Path("data"), devices=tuple(devices), accept=tuple(args.accept))
    for _, what in loading.misfits(site, data):
        raise address.AddressError(what)
    return site


def _entrance(name: str, where: address.Address, enroll: Enroll | None) -> Listener:
    return Listener(name, where, enroll or ("open" if where.loopback else "listed"))


def _device(number: int, text: str, enroll: Enroll | None, data: Data, wires: address.Wires) -> Device:
    name, named, rest = text.partition("=")
    if named and not name:
        raise address.AddressError(f"{text!r} has no name before its =")
    where = address.parse(rest if named else text, data.dialects, wires)
    if not where.wired:
        raise address.AddressError(f"{text!r}: {where.dialect} stations come by themselves: --listen")
    return Device(_entrance(f"device-{number + 1}", where, enroll), name if named else None)


def _backend(number: int, text: str, callback: str | None, data: Data) -> Backend:
    where = address.parse(text, data.dialects)
    if where.others:
        raise address.AddressError(f"{text!r} names several dialects: a back end speaks one")
    if where.codec == "soap" and callback is None:
        raise address.AddressError(f"{text!r} is SOAP: say with --callback URL where it reaches us")
    if callback is not None and not is_http_url(callback):
        raise address.AddressError(f"--callback {callback}: expected a URL such as http://host:port/path")
    return Backend(f"backend-{number + 1}", where, callback=callback, callback_listen=host_port_of(callback))


def overridden(site: Site, args: argparse.Namespace) -> Site:
    """The site with what the command line says besides."""
    changes: dict[str, Any] = {}
    if args.admin:
        changes["admin"] = _host_port(args.admin)
    if args.data:
        changes["data"] = args.data
    if args.trace:
        changes["trace"] = TraceSettings(args.trace)
    return dataclasses.replace(site, **changes)


def serve(site: Site, data: Data, again: Again | None = None, prints: Mapping[str, str] | None = None) -> int:
    """Serve until told to stop; 0 where everything in flight was finished, 1 where it was cut or could not begin.

    ``again`` loads everything anew, ``prints`` are the fingerprints of what ``data`` was loaded from.
    """
    reactor = steady_reactor()
    descriptors.raise_limit()
    os.umask(0o077)
    log = Log(sys.stderr, human=sys.stderr.isatty())
    log.attach()
    for secret in site.secrets():
        log.hide(secret.read())
    try:
        site.data.mkdir(parents=True, exist_ok=True)
        journal = ThreadedJournal(reactor, site.data / "journal.sqlite", reserve=True)
    except (OSError, JournalFailed) as error:
        log.error("the journal cannot be opened", path=str(site.data), why=str(error).partition("\n")[0])
        if isinstance(error, Damaged):  # what to do now is for a person to read, and longer than a line of the log
            print(error, file=sys.stderr)
        return 1
    try:
        server = server_of(site, data, reactor, journal, log)
    except OSError as error:
        log.error("the trace cannot be written", path=str(site.trace.path), why=str(error))
        return 1
    return Life(reactor, server, log, again, prints or {}).live()


def steady_reactor() -> Any:
    """The reactor, on the monotonic clock, and with a resolver that holds up nobody.

    Twisted's own looks at the wall clock (`twisted.python.runtime`): set back by a day, it would fire no timer for a day; set
    forward, all of them at once.
    """
    from twisted.internet import reactor

    setattr(reactor, "seconds", time.monotonic)  # noqa: B010 (no class of reactors says that it may be set)
    reactor.installNameResolver(Names(reactor))
    return reactor


def server_of(site: Site, data: Data, reactor: Any, journal: Any, log: Log) -> Server:
    """A server on the real clock, with the system's randomness.  Raises `OSError` where the trace cannot be written."""
    actions = {action for dialect in data.dialects.values() for action in dialect.messages}
    metrics = Metrics(sorted(data.dialects), sorted(actions))
    trace = None
    if site.trace.path is not None:
        settings, free = site.trace, lambda path: shutil.disk_usage(path).free
        mask = TagMask(data.dialects.values()) if settings.mask_tags else None
        trace = Trace(
            site.trace.path, settings.max_bytes, settings.files, lambda: datetime.now(UTC), free, mask, metrics.untraced
        )
        trace.begin()
    return Server(
        site,
        data,
        reactor,
        journal,
        metrics,
        trace,
        log,
        wall=partial(datetime.now, UTC),
        ids=new_id,
        rng=random.SystemRandom(),
        limits=Limits(connections=min(Limits().connections, descriptors.connections(descriptors.limit()))),
    )


def ids_of(chance: Callable[[int], bytes], at_once: int = 10_000) -> Iterator[str]:
    """UUIDs, version 4.  Each call through the gateway needs three, and none need be hard to guess: so chance is asked for a new
    beginning only now and then, and the last of the five groups counts on from where it fell."""
    while True:
        digits = chance(16).hex()
        begin = f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{'89ab'[int(digits[16], 16) & 3]}{digits[17:20]}-"
        last = int(digits[20:], 16)
        for count in range(at_once):
            yield f"{begin}{(last + count) & 0xFFFF_FFFF_FFFF:012x}"


new_id = partial(next, ids_of(os.urandom))
"""A UUID that nobody had."""


class Life:
    """A server under a reactor with signals: the first asks to drain, the second stops at once; SIGHUP reloads."""

    def __init__(
        self, reactor: Any, server: Server, log: Log, again: Again | None = None, prints: Mapping[str, str] | None = None
    ) -> None:
        self.reactor, self.server, self.log, self.again = reactor, server, log, again
        self.prints: Mapping[str, str] = prints or {}
        self.code = 0
        self._stopping = False
        self._reloading = False

    def live(self) -> int:
        """Run to the end."""
        # What was loaded stays for good: the collector need not walk it again and again.
        gc.collect()
        gc.freeze()
        self.reactor.callWhenRunning(self._begin)
        self.reactor.run(installSignalHandlers=False)
        return self.code

    def _begin(self) -> None:
        import signal

        from twisted.internet.defer import ensureDeferred

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.reactor.callFromThread(self._asked_to_stop))
        signal.signal(signal.SIGHUP, lambda *_: self.reactor.callFromThread(self._asked_to_reload))
        ensureDeferred(self.server.start()).addErrback(self._failed)

    def _failed(self, failure: Any) -> None:
        self.log.error("cannot start", why=failure.getErrorMessage())
        self.code = 1
        self.reactor.stop()

    def _asked_to_stop(self) -> None:
        if self._stopping:
            self.code = 1
            self.reactor.stop()
            return
        self._stopping = True
        self.server.stop().addCallback(self._stopped)

    def _asked_to_reload(self) -> None:
        from twisted.internet.threads import deferToThread

        if self.again is None or self._reloading or self._stopping:
            self.log.info("reload", detail="not now")
            return
        self._reloading = True
        # Loading takes seconds; meanwhile stations are served.
        deferToThread(self.again).addCallback(self._reloaded).addErrback(self._not_reloaded)

    def _reloaded(self, found: tuple[loading.Loaded, dict[str, str]]) -> None:
        self._reloading = False
        loaded, now = found
        if loaded.site is not None and not loaded.faults:
            for secret in loaded.site.secrets():
                self.log.hide(secret.read())
        outcome = reload.take(self.server.relay, loaded, self.prints, now)
        for fault in outcome.faults:
            self.log.error("reload", why=str(fault))
        if outcome.faults:
            self.log.error("nothing was reloaded", faults=len(outcome.faults))
            return
        if outcome.devices is not None:
            self.server.devices(outcome.devices)
        self.prints = now
        self.log.info("reloaded", detail=", ".join(outcome.changed) or "nothing has changed")
        if outcome.restart:
            self.log.warn("a restart is needed", why=", ".join(outcome.restart))

    def _not_reloaded(self, failure: Any) -> None:
        self._reloading = False
        self.log.error("nothing was reloaded", why=failure.getErrorMessage())

    def _stopped(self, whole: bool) -> None:
        self.code = 0 if whole else 1
        self.reactor.stop()


def _host_port(text: str) -> tuple[str, int] | None:
    host, _, port = text.rpartition(":")
    return (host.strip("[]"), int(port)) if host and port.isdigit() and int(port) < 65536 else None
