"""Joins the simulated stations and back end to sockets.

In: stations, a back end, a reactor.  Out: listening ports; posts of the stations.
Not here: what is said (`gateway.demo.stations`, `gateway.demo.backend`), HTTP and WebSocket themselves (`gateway.links`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from gateway.demo.backend import BackEnd, Line
from gateway.demo.outbox import Post
from gateway.demo.stations import Station
from gateway.links.client import HttpClient, Response
from gateway.links.http import Exchange, Handshake, http_factory
from gateway.links.limits import Limits
from gateway.links.server import listen
from gateway.links.websocket import WebSocket

HOST = "127.0.0.1"
SUBPROTOCOL = "ocpp1.6"
SOAP_TYPE = "application/soap+xml; charset=utf-8"
STATION_WAITS = 30.0
"""Seconds that a station waits for an answer."""


def poster(client: HttpClient, url: str) -> Post:
    """How a station posts to its central system."""

    def post(action: str, body: bytes, done: Callable[[bytes | None], None]) -> None:
        def came(response: Response) -> None:
            done(response.body if response.status in (200, 400, 500) else None)

        def failed(failure: Failure) -> None:
            done(None)

        headers = [("Content-Type", f'{SOAP_TYPE}; action="/{action}"')]
        client.post(url, headers, body, STATION_WAITS).addCallbacks(came, failed)

    return post


def open_stations(reactor: Any, port: int, stations: Mapping[str, Station]) -> Deferred[Any]:
    """Listen for calls to the stations, each at the path of its identity."""

    def asked(exchange: Exchange) -> None:
        station = stations.get(unquote(exchange.request.path.strip("/")))
        if station is None:
            exchange.respond(404)
            return
        status, body = station.asked(exchange.request.body)
        exchange.respond(status, [("Content-Type", SOAP_TYPE)], body)

    return listen(reactor, HOST, port, http_factory(reactor, asked, None, Limits(), lambda word: None))


class BackEndPort:
    """Where stations' links to the back end come in; it can be away for a while.

    While it is away the port stays ours, or somebody else could take it: whoever comes is dropped without a byte.
    """

    def __init__(self, reactor: Any, port: int, backend: BackEnd) -> None:
        self._reactor, self._port, self._backend = reactor, port, backend
        self._listening: Any = None
        self._sockets: set[WebSocket] = set()
        self.away = False

    def open(self) -> Deferred[Any]:
        """Begin to listen."""
        factory = http_factory(self._reactor, lambda exchange: exchange.respond(404), self._came, Limits(), lambda word: None)
        return listen(self._reactor, HOST, self._port, factory).addCallback(self._opened)

    def _opened(self, port: Any) -> None:
        self._listening = port

    def leave(self) -> None:
        """Go away: cut every link without a word."""
        self.away = True
        for socket in list(self._sockets):
            socket.abort("the back end is away")

    def come_back(self) -> None:
        """Be there again."""
        self.away = False

    def close(self) -> None:
        """Go away for good."""
        self.leave()
        if self._listening is not None:
            self._listening.stopListening()
            self._listening = None

    def _came(self, handshake: Handshake) -> None:
        if self.away:
            handshake.drop()
            return
        if SUBPROTOCOL not in handshake.subprotocols:
            handshake.refuse(400, b"only ocpp1.6 is spoken here")
            return
        station = unquote(handshake.request.path.rsplit("/", 1)[-1])
        wire = _Wire(self._backend, station, self._sockets)
        wire.socket = handshake.accept(SUBPROTOCOL, wire)
        self._sockets.add(wire.socket)


class _Wire:
    """One station's WebSocket at the back end."""

    def __init__(self, backend: BackEnd, station: str, sockets: set[WebSocket]) -> None:
        self.socket: WebSocket | None = None
        self._backend, self._sockets = backend, sockets
        self._line: Line = backend.connected(station, self._send)

    def _send(self, text: str) -> None:
        if self.socket is not None:
            self.socket.send(text)

    def text(self, text: str) -> None:
        """A frame came."""
        self._line.text(text)

    def closed(self, code: int, reason: str) -> None:
        """The link is gone."""
        self._backend.gone(self._line)
        if self.socket is not None:
            self._sockets.discard(self.socket)
