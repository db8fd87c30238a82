"""A whole gateway in memory: real doors, relay, sessions, tables and journal; links, clock, ids and chance are handed in."""

from __future__ import annotations

import io
import json
import random
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from gateway.address import parse
from gateway.catalogue import Folders
from gateway.config import Backend, Listener, Site, Station
from gateway.data import Data
from gateway.dialects.load import load_dialects
from gateway.doors import Doors
from gateway.journal.contract import JournalFailed
from gateway.journal.sqlite import SqliteJournal
from gateway.ladder.ladder import Ladder
from gateway.links.client import Response
from gateway.links.exchange import Exchange, Handshake, Request
from gateway.links.limits import LinkFailed
from gateway.observe.log import Log
from gateway.observe.metrics import Metrics
from gateway.quirks.choose import Quirks
from gateway.relay import Relay
from gateway.session.policy import Policy
from gateway.witness import Witness

BORN = datetime(2026, 1, 1, tzinfo=UTC)
PEER = "192.0.2.7"


JOURNALS: list[SqliteJournal] = []
"""Those that a test opened; ``tests/conftest.py`` closes them after it (Python 3.13 warns of what is left open)."""


def journal(folder: Path) -> SqliteJournal:
    """A journal on disk for one test."""
    JOURNALS.append(SqliteJournal(folder / "journal.sqlite"))
    return JOURNALS[-1]


@cache
def data() -> Data:
    folders = Folders()
    dialects = load_dialects(folders)
    return Data(dialects, Ladder.load(folders, dialects), Quirks.load(folders, dialects))


class Wire:
    """The other end of an accepted HTTP connection (`gateway.links.exchange.Answering`)."""

    last = False

    def __init__(self) -> None:
        self.answer: tuple[int, bytes] | None = None
        self.ended = False
        self.socket: Socket | None = None

    def respond(self, status: int, headers: Any, body: bytes) -> None:
        self.answer = (status, body)

    def upgrade(self, request: Request, subprotocol: str | None, receiver: Any) -> Any:
        self.socket = Socket(receiver, subprotocol)
        return self.socket

    def end(self) -> None:
        self.ended = True


class Socket:
    """A WebSocket of which the test is the far end."""

    def __init__(self, receiver: Any, subprotocol: str | None = "ocpp1.6", url: str = "", headers: Any = ()) -> None:
        self.receiver, self.subprotocol, self.url, self.headers = receiver, subprotocol, url, dict(headers)
        self.sent: list[Any] = []
        self.texts: list[str] = []
        self.end: tuple[int, str] | None = None

    def send(self, text: str) -> None:
        self.texts.append(text)
        self.sent.append(json.loads(text))

    def close(self, code: int = 1000, reason: str = "") -> None:
        self.end = self.end or (code, reason)

    def abort(self, why: str = "") -> None:
        self.end = self.end or (0, why)

    def say(self, *frame: Any) -> None:
        self.receiver.text(json.dumps(list(frame)))

    def calls(self, action: str) -> list[Any]:
        return [frame for frame in self.sent if frame[0] == 2 and frame[2] == action]


class Office:
    """``boot``, ``ask`` … act as the SOAP station; ``uplinks`` are the sockets that the gateway opened."""

    def __init__(self, folder: Path, site: Site | None = None, **policy: Any) -> None:
        self.clock = Clock()
        self.site = site or soap_to_json(folder, **policy)
        self.journal: Any = journal(folder)
        self.uplinks: list[Socket] = []
        self.posts: list[tuple[str, bytes, Deferred[Response]]] = []
        self.refuse_uplinks = False
        self.retry_after = 0.0
        self.log = io.StringIO()
        names = data().dialects
        self.metrics = Metrics(names, {a for d in names.values() for a in d.messages})
        self.counter = 0
        self.open()

    def open(self) -> None:
        """A new gateway over the same journal."""
        witness = Witness(self.metrics, None, Log(self.log))
        self.relay = Relay(
            self.site, data(), self.journal, self.clock, self.wall, self.id, random.Random(1), witness, self.dial, self
        )
        callbacks = [b for b in self.site.backends if b.callback]
        self.doors = Doors(self.relay, self.site.listeners, callbacks)

    def wall(self) -> datetime:
        return BORN + timedelta(seconds=self.clock.seconds())

    def id(self) -> str:
        self.counter += 1
        return f"id-{self.counter}"

    def dial(self, url: str, names: tuple[str, ...], headers: Any, receiver: Any, backend: Backend) -> Deferred[Any]:
        made: Deferred[Any] = Deferred()
        if self.refuse_uplinks:
            made.errback(LinkFailed("refused", reached=False, after=self.retry_after))
            return made
        socket = Socket(receiver, names[0], url, headers)
        self.uplinks.append(socket)
        made.callback(socket)
        return made

    def post(self, url: str, headers: Any, body: bytes, within: float) -> Deferred[Response]:
        done: Deferred[Response] = Deferred()
        self.posts.append((url, body, done))
        return done

    # -- the station ---------------------------------------------------------------------------------------------

    def soap(
        self, action: str, inner: str, identity: str = "CP1", callback: str = f"http://{PEER}:9/cp", peer: str = PEER
    ) -> Wire:
        return self.http("POST", "/ocpp", envelope(action, inner, identity, callback, self.id()), peer=peer)

    def http(self, method: str, target: str, body: bytes = b"", headers: Any = (), peer: str = PEER) -> Wire:
        wire = Wire()
        request = Request(method, target, target.partition("?")[0], tuple(headers), body, peer, 4711, False)
        self.doors.request(Exchange(wire, request))
        return wire

    def connect(self, path: str = "/ocpp/CP1", headers: Any = (("sec-websocket-protocol", "ocpp1.6"),), peer: str = PEER) -> Wire:
        wire = Wire()
        self.doors.handshake(
            Handshake(wire, Request("GET", path, path.partition("?")[0], tuple(headers), b"", peer, 4711, False))
        )
        return wire

    def boot(self, identity: str = "CP1", **how: Any) -> Wire:
        return self.soap(
            "BootNotification", "<chargePointVendor>V</chargePointVendor><chargePointModel>M</chargePointModel>", identity, **how
        )

    def accept(self, uplink: Socket | None = None) -> Socket:
        """The back end accepts the newest boot."""
        socket = uplink or self.uplinks[-1]
        id = socket.calls("BootNotification")[-1][1]
        socket.say(3, id, {"status": "Accepted", "currentTime": "2026-01-01T00:00:00Z", "interval": 300})
        return socket

    def start(self, tag: str = "TAG", at: str = "2026-01-01T00:00:00Z", identity: str = "CP1") -> Wire:
        inner = f"<connectorId>1</connectorId><idTag>{tag}</idTag><timestamp>{at}</timestamp><meterStart>5</meterStart>"
        return self.soap("StartTransaction", inner, identity)


class Broken:
    """A journal on a full disk; ``mended`` brings the room back."""

    def __init__(self, journal: Any) -> None:
        self.journal, self.mended = journal, False

    def __getattr__(self, name: str) -> Any:
        return getattr(self.journal, name)

    def commit(self, writes: Any, done: Any) -> None:
        self.journal.commit(writes, done) if self.mended else done(JournalFailed("disk full"))

    def probe(self, done: Any) -> None:
        self.journal.probe(done) if self.mended else done(JournalFailed("disk full"))


def soap_to_json(folder: Path, stations: dict[str, Station] | None = None, enroll: Any = "open", **policy: Any) -> Site:
    names = data().dialects
    listener = Listener("street", parse("ocpp1.5+http://192.0.2.1:8080/ocpp", names), enroll)
    backend = Backend("main", parse("ocpp1.6+ws://192.0.2.2:9000/central", names))
    return Site((listener,), (backend,), folder, stations or {}, policy=Policy(**policy))


def json_to_soap(folder: Path, stations: dict[str, Station] | None = None, enroll: Any = "open") -> Site:
    names = data().dialects
    listener = Listener("street", parse("ocpp1.6+ws://192.0.2.1:8080/ocpp", names), enroll)
    callback = "http://192.0.2.1:8081/back"
    backend = Backend("main", parse("ocpp1.5+http://192.0.2.2:9000/cs", names), callback=callback)
    return Site((listener,), (backend,), folder, stations or {})


def envelope(
    action: str, inner: str, identity: str, callback: str, id: str = "m", space: str = "urn://Ocpp/Cs/2012/06/"
) -> bytes:
    name = action[0].lower() + action[1:] + "Request"
    return (
        f'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://www.w3.org/2005/08/addressing"><s:Header>'
        f'<c:chargeBoxIdentity xmlns:c="{space}">{identity}</c:chargeBoxIdentity><a:MessageID>{id}</a:MessageID>'
        f"<a:From><a:Address>{callback}</a:Address></a:From></s:Header>"
        f'<s:Body><{name} xmlns="{space}">{inner}</{name}></s:Body></s:Envelope>'
    ).encode()


def pair(folder: Path, listen: str, connect: str) -> Site:
    """Any station on any back end."""
    names = data().dialects
    listener = Listener("street", parse(f"{listen}://192.0.2.1:8080/ocpp", names), "open")
    callback = "http://192.0.2.1:8081/back" if connect.endswith("http") else None
    backend = Backend("main", parse(f"{connect}://192.0.2.2:9000/cs", names), callback=callback)
    return Site((listener,), (backend,), folder)
