"""The server: one port that takes HTTP requests and WebSocket handshakes.

In: connections, and three callbacks.  Out: each request as an `Exchange` to answer, each handshake as a `Handshake` to
accept or refuse, in the order in which they came, one at a time a connection; `REFUSED` words for input turned away.
Not here: what is asked, who may ask, answering twice (exchange.py), sockets (server.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from twisted.internet.interfaces import IHalfCloseableProtocol, ISSLTransport
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure
from wsproto.connection import ConnectionType
from wsproto.utilities import generate_accept_token
from zope.interface import implementer  # type: ignore[import-untyped]

from gateway.links.alarm import Alarm
from gateway.links.allowance import Allowance, Allowances
from gateway.links.bodies import ENCODINGS, Body, body_of, inflate
from gateway.links.exchange import Exchange, Handshake, Request
from gateway.links.flow import Outlet
from gateway.links.frames import Receiver, WebSocket
from gateway.links.heads import Ask, HeadCutter, Headers, KnownHeads, reader_of, status_line, write_head
from gateway.links.later import NOW, Later, Now
from gateway.links.limits import Limits, Refusal

__all__ = ["Exchange", "Handshake", "HttpFactory", "Request", "http_factory"]

AT_ONCE = 16
"""Heads and bodies of one peer before the others have their turn."""
_EXTRA: dict[int, Headers] = {405: (("Allow", "GET, POST"),), 426: (("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"))}


class HttpFactory(Factory):
    """Makes the connections of one listener.  ``live`` holds the open ones."""

    noisy = False

    def __init__(
        self,
        clock: Any,
        on_request: Callable[[Exchange], None],
        on_handshake: Callable[[Handshake], None] | None,
        limits: Limits,
        on_refused: Callable[[str], None],
    ) -> None:
        self.clock = clock
        self.on_request = on_request
        self.on_handshake = on_handshake
        self.limits = limits
        self.on_refused = on_refused
        self.heads = KnownHeads(limits)
        self.live: set[HttpConnection] = set()
        self.draining = False
        self.forgives: Callable[[Request], Sequence[str]] = lambda request: ()
        self.later: Later | Now = NOW  # for the messages of WebSockets
        self.allowances = Allowances(clock)  # what a peer may say in a while

    def buildProtocol(self, addr: Any) -> HttpConnection:
        """Twisted: a connection was accepted."""
        return HttpConnection(self)

    def pause(self, paused: bool) -> None:
        """Stop or go on reading from all of them."""
        for connection in list(self.live):
            connection.pause(paused)

    def drain(self) -> None:
        """Close each connection that waits for a request, and the others after their answer.  WebSockets stay."""
        self.draining = True
        for connection in list(self.live):
            connection.drain()


http_factory = HttpFactory


def _check(ask: Ask) -> None:
    if ask.method not in ("GET", "POST"):
        raise Refusal(405, "method")
    if not ask.target.startswith("/"):
        raise Refusal(400, "target")
    if ask.encoding not in ENCODINGS:
        raise Refusal(415, "encoding", mid_body=True)


@implementer(IHalfCloseableProtocol)
class HttpConnection(Protocol):
    """One accepted connection."""

    def __init__(self, factory: HttpFactory) -> None:
        self.home = factory
        self.limits = factory.limits
        self.last = False  # this answer closes the connection
        self._old = False  # the asker speaks HTTP/1.0
        self._buffer = bytearray()
        self._cutter = HeadCutter(factory.limits)
        self._alarm = Alarm(factory.clock, self._late)
        self._outlet: Outlet
        self._peer = ("", 0, False)  # host, port, TLS
        self._ask: Ask | None = None
        self._body: Body
        self._pending: Exchange | None = None
        self._socket: WebSocket | None = None
        self._allowance: Allowance | None = None
        self._begun = False  # a byte of the next request is here
        self._ended = False
        self._working = False
        self._resting = False  # until the others have had their turn
        self._heard_all = False  # the asker sends no more, but may still read

    # --- Twisted's side ---

    def connectionMade(self) -> None:
        """Twisted: start; the first head must be here within ``handshake_deadline``, TLS included."""
        transport: Any = self.transport
        peer = transport.getPeer()
        self._peer = (getattr(peer, "host", ""), getattr(peer, "port", 0), bool(ISSLTransport.providedBy(transport)))
        self._outlet = Outlet(transport, self.home.clock, self.limits, self._stalled, in_turn=True)
        if len(self.home.live) >= self.limits.connections:
            self._ended = True
            self.home.on_refused("connections")
            self._outlet.abort()
            return
        self.home.live.add(self)
        self._begun = True
        self._alarm.set(self.limits.handshake_deadline)

    def pause(self, paused: bool) -> None:
        """Stop or go on reading."""
        self._outlet.pause(paused)

    def dataReceived(self, data: bytes) -> None:
        """Twisted: bytes came."""
        if self._socket is not None and not self._buffer:
            self._socket.feed(data)
        elif not self._ended:
            self._buffer += data
            self._advance()

    def readConnectionLost(self) -> None:
        """Twisted: the peer sends no more.  Some clients say so after their request, and still wait for the answer."""
        self._heard_all = True
        if self._socket is not None or (self._pending is None and not self._resting):
            self.end()

    def writeConnectionLost(self) -> None:
        """Twisted: never, for we do not close one half."""

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Twisted: it is over."""
        self._ended = True
        self.home.live.discard(self)
        self._alarm.off()
        self._outlet.gone()
        if self._socket is not None:
            self._socket.gone()
        elif self._pending is not None:
            self._pending.gone()
        if self._allowance is not None:
            self._allowance.end()

    # --- reading ---

    def _advance(self) -> None:
        if self._working or self._resting:
            return
        self._working = True
        try:
            if all(self._step() for _ in range(AT_ONCE)):
                self._rest()
        except Refusal as refusal:
            self._refuse(refusal)
        finally:
            self._working = False

    def _rest(self, seconds: float = 0) -> None:
        """Let the others have their turn: one read can hold a hundred requests."""
        self._resting = True
        self._outlet.hold(True)
        self.home.clock.callLater(seconds, self._go_on)

    def _go_on(self) -> None:
        self._resting = False
        self._advance()
        self._end_if_heard_all()

    def _end_if_heard_all(self) -> None:
        if self._heard_all and self._pending is None and not self._resting and not self._working and not self._ended:
            self.end()

    def _step(self) -> bool:
        if self._ended:
            return False
        if self._pending is not None:
            # The asker may send on, but not without bound.
            self._outlet.hold(len(self._buffer) > self.limits.pipelined)
            return False
        self._outlet.hold(False)
        if self._socket is not None:
            return self._hand_over()
        owed = self._allowance.wait() if self._allowance is not None else 0
        if owed:
            self._rest(owed)
            return False
        return self._read_head() if self._ask is None else self._read_body()

    def _hand_over(self) -> bool:
        rest, self._buffer = bytes(self._buffer), bytearray()
        if rest and self._socket is not None:
            self._socket.feed(rest)
        return False

    def _read_head(self) -> bool:
        buffer = self._buffer
        while buffer.startswith(b"\r\n"):  # some senders put an empty line after a body
            del buffer[:2]
        if not buffer:
            return False
        if not self._begun:
            self._begun = True
            self._alarm.set(self.limits.request_deadline)
        head = self._cutter.take(buffer)
        if head is None:
            return False
        ask = self.home.heads.read(head)
        self._old, self.last = ask.old, ask.last
        _check(ask)
        self._body = body_of(ask.headers, lambda: reader_of(head, self.limits), self.limits)
        self._ask = ask
        if self._allowance is None:
            self._allowance = self.home.allowances.take(self._peer[0], ask.path)
        self._alarm.set(self.limits.request_deadline)
        if ask.waits and not buffer:
            self._outlet.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        return True

    def _read_body(self) -> bool:
        body, ask = self._body.take(self._buffer), self._ask
        if body is None or ask is None:
            return False
        self._ask = None
        if ask.encoding:
            body = inflate(body, ask.encoding, self.limits.body)
        if self._allowance is not None:
            self._allowance.spend(len(body))
        request = Request(ask.method, ask.target, ask.path, ask.headers, body, *self._peer)
        self._alarm.set(self.limits.answer_deadline)
        if ask.websocket:
            self._offer(request)
        else:
            self._pending = Exchange(self, request)
            self.home.on_request(self._pending)
        return True

    def _offer(self, request: Request) -> None:
        if self.home.on_handshake is None or request.method != "GET" or request.body:
            raise Refusal(400, "upgrade")
        faults = request.handshake_faults()
        if faults:
            self._forgive(faults, request)
        self._alarm.set(self.limits.handshake_deadline)
        self._pending = handshake = Handshake(self, request)
        self.home.on_handshake(handshake)

    def _forgive(self, faults: list[str], request: Request) -> None:
        """Go on only where all these faults are forgiven to this peer.  Raises `Refusal`."""
        forgiven = self.home.forgives(request)
        left = [name for name in faults if name not in forgiven]
        if left:
            raise Refusal(426 if left[0] == "version" else 400, "upgrade")

    # --- writing ---

    def respond(self, status: int, headers: Headers, body: bytes) -> None:
        """`Exchange`: the answer."""
        last = self.last or self.home.draining
        framing = [] if status in (204, 304) else [("Content-Length", str(len(body)))]
        if last or self._old:
            framing.append(("Connection", "close" if last else "keep-alive"))
        head = write_head(status_line(status), [*headers, *framing])
        self._outlet.write(head if status in (204, 304) else head + body)
        self._pending = None
        if last:
            self.end()
        elif not self._ended:
            self._begun = False
            self._alarm.set(self.limits.idle)
            self._advance()
            self._end_if_heard_all()

    def upgrade(self, request: Request, subprotocol: str | None, receiver: Receiver) -> WebSocket:
        """`Handshake`: accepted."""
        accept = generate_accept_token((request.header("sec-websocket-key") or "").encode("ascii")).decode("ascii")
        chosen = [] if subprotocol is None else [("Sec-WebSocket-Protocol", subprotocol)]
        switch = [("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Accept", accept), *chosen]
        self._alarm.off()
        self._pending = None
        self._outlet.write(write_head(status_line(101), switch))
        self._outlet.both_ways()
        args = (self.limits, receiver, ConnectionType.SERVER, subprotocol, request.peer_host, self.home.on_refused)
        self._socket = WebSocket(self._outlet, self.home.clock, *args, self.home.later, self._allowance)
        if self._buffer and not self._working:  # accepted later: whoever asked first gets the WebSocket, then what came meanwhile
            self.home.clock.callLater(0, self._advance)
        return self._socket

    def _refuse(self, refusal: Refusal) -> None:
        self._pending = None
        self.home.on_refused(refusal.word)
        if refusal.status:
            headers = [*_EXTRA.get(refusal.status, ()), ("Content-Length", "0"), ("Connection", "close")]
            self._outlet.write(write_head(status_line(refusal.status), headers))
        if refusal.mid_body:
            # Closing with input unread would reset the connection and destroy the answer on its way.
            self._ended = True
            self._buffer.clear()
            self._alarm.set(self.limits.linger)
        else:
            self.end()

    # --- the end ---

    def end(self) -> None:
        """Close, once all answers are out."""
        self._ended = True
        self._pending = None
        self._alarm.off()
        self._outlet.close()

    def drain(self) -> None:
        """Close if nothing is being asked."""
        if self._socket is None and self._pending is None and self._ask is None and not self._buffer:
            self.end()

    def _late(self) -> None:
        if self._ended:
            self._outlet.close()
            return
        pending = self._pending
        if pending is not None:
            self.home.on_refused("unanswered")
        elif self._begun:
            self.home.on_refused("slow_request")
        self.end()
        if pending is not None:
            pending.gone()

    def _stalled(self) -> None:
        self.home.on_refused("slow_reader")
        pending = self._pending
        self._ended = True
        self._outlet.abort()
        if pending is not None:
            pending.gone()
