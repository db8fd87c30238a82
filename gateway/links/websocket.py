"""The client's end of a WebSocket: the handshake, then a `WebSocket`.

In: a URL, subprotocols, headers, a `Receiver`.  Out: a Deferred `WebSocket`, or `LinkFailed`.
Not here: frames (frames.py), trying again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import h11
from twisted.internet.defer import Deferred, fail
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure
from wsproto.connection import ConnectionType
from wsproto.utilities import generate_accept_token, generate_nonce

from gateway.links.address import Address, read_address
from gateway.links.dial import Dialled, dial, words
from gateway.links.flow import Outlet
from gateway.links.frames import Receiver, WebSocket
from gateway.links.heads import HeadCutter, Headers, decoded, has_token, is_interim, tokens, write_head
from gateway.links.later import NOW, Later, Now
from gateway.links.limits import Limits, LinkFailed, Refusal
from gateway.links.retry_after import retry_after
from gateway.links.trust import Trust

__all__ = ["Receiver", "WebSocket", "connect"]

_OURS = ("host", "upgrade", "connection", "content-length", "transfer-encoding")


def connect(
    reactor: Any,
    url: str,
    subprotocols: Sequence[str],
    headers: Headers,
    receiver: Receiver,
    limits: Limits,
    within: float,
    tls_trust: Trust | None = None,
    later: Later | Now = NOW,
) -> Deferred[WebSocket]:
    """Open a WebSocket to a ws or wss URL within so many seconds, all included.

    ``headers`` are sent as they are (Authorization among them).  The WebSocket's ``subprotocol`` is one of ours, or None
    if the server named none.  Fails with `LinkFailed`; its ``status`` and ``after`` are the server's where it refused with one.
    Cancelling the Deferred ends the attempt.
    """
    try:
        address = read_address(url, ("ws", "wss"))
        key = generate_nonce().decode("ascii")
        head = _request(address, key, subprotocols, list(headers))
    except ValueError as error:
        return fail(LinkFailed(str(error), reached=False))
    opening = _Opening(reactor, limits, receiver, subprotocols, key, head, address.host, later)
    return opening.start(address, within, tls_trust)


def _request(address: Address, key: str, subprotocols: Sequence[str], headers: list[tuple[str, str]]) -> bytes:
    ours = [name for name, _ in headers if name.lower() in _OURS or name.lower().startswith("sec-websocket-")]
    if ours:
        raise ValueError(f"the header {ours[0]!r} is written by the handshake")
    first = [("Host", address.authority), ("Upgrade", "websocket"), ("Connection", "Upgrade")]
    first += [("Sec-WebSocket-Version", "13"), ("Sec-WebSocket-Key", key)]
    if subprotocols:
        first.append(("Sec-WebSocket-Protocol", ", ".join(subprotocols)))
    return write_head(f"GET {address.target} HTTP/1.1", [*first, *headers])


class _Opening(Dialled):
    """One attempt; the connection's protocol to the end."""

    def __init__(
        self,
        reactor: Any,
        limits: Limits,
        receiver: Receiver,
        subprotocols: Sequence[str],
        key: str,
        head: bytes,
        host: str,
        later: Later | Now,
    ) -> None:
        self._reactor = reactor
        self._limits = limits
        self._receiver = receiver
        self._subprotocols = tuple(subprotocols)
        self._key = key
        self._head = head
        self._host, self._later = host, later
        self._buffer = bytearray()
        self._cutter = HeadCutter(limits)
        self._outlet: Outlet | None = None
        self._socket: WebSocket | None = None
        self._result: Deferred[WebSocket] | None = Deferred(self._cancelled)
        self._attempt: Deferred[Any] | None = None
        self._deadline: Any = None

    def start(self, address: Address, within: float, trust: Trust | None) -> Deferred[WebSocket]:
        result = self._result
        assert result is not None
        self._deadline = self._reactor.callLater(within, self._late, within)
        self._attempt = dial(self._reactor, address, self, trust, within)
        self._attempt.addCallbacks(lambda _: None, lambda failure: self._fail(words(failure)))
        return result

    # --- Twisted's side ---

    def ready(self) -> None:
        """`Dialled`: send the request."""
        if self._result is None:
            self._drop()
            return
        self._outlet = Outlet(self.transport, self._reactor, self._limits, lambda: self._fail("peer does not read"))
        self._outlet.write(self._head)

    def dataReceived(self, data: bytes) -> None:
        """Twisted: bytes came."""
        if self._socket is not None:
            self._socket.feed(data)
        elif self._result is not None:
            self._buffer += data
            try:
                self._read()
            except Refusal as refusal:
                self._fail(f"the answer to the handshake cannot be read ({refusal.word})")

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Twisted: it is over."""
        if self._socket is not None:
            self._socket.gone()
            return
        if self._outlet is not None:
            self._outlet.gone()
        self._fail(words(reason))

    # --- the answer ---

    def _read(self) -> None:
        head = self._cutter.take(self._buffer)
        while head is not None and is_interim(head):
            head = self._cutter.take(self._buffer)
        if head is None:
            return
        answer = _answer(head, self._limits)
        headers = decoded(answer)
        if answer.status_code != 101:
            self._refused(answer.status_code, retry_after(headers))
            return
        wrong = self._wrong(headers)
        if wrong:
            self._fail(wrong)
        else:
            self._open(next(iter(tokens(headers, "sec-websocket-protocol")), None))

    def _refused(self, status: int, after: float) -> None:
        wish = f", to be asked again in {after:g} seconds" if after else ""
        self._fail(f"the server refused the handshake with {status}{wish}", status, after)

    def _wrong(self, headers: tuple[tuple[str, str], ...]) -> str:
        if not has_token(headers, "upgrade", "websocket") or not has_token(headers, "connection", "upgrade"):
            return "the server switched to something else than a WebSocket"
        expected = generate_accept_token(self._key.encode("ascii")).decode("ascii")
        if [value for name, value in headers if name == "sec-websocket-accept"] != [expected]:
            return "the server's accept key is wrong"
        if tokens(headers, "sec-websocket-extensions"):
            return "the server uses an extension that was not offered"
        chosen = tokens(headers, "sec-websocket-protocol")
        if len(chosen) > 1 or any(name not in self._subprotocols for name in chosen):
            return f"the server chose a subprotocol that was not offered: {', '.join(chosen)[:80]!r}"
        return ""

    def _open(self, subprotocol: str | None) -> None:
        result, self._result = self._result, None
        outlet = self._outlet
        assert result is not None
        assert outlet is not None
        self._deadline.cancel()
        self._deadline = self._attempt = None  # what made it is not kept as long as it lasts
        self._head = b""
        kind = ConnectionType.CLIENT
        args = (self._limits, self._receiver, kind, subprotocol, self._host, None, self._later)
        self._socket = WebSocket(outlet, self._reactor, *args)
        result.callback(self._socket)
        rest, self._buffer = bytes(self._buffer), bytearray()
        if rest:
            self._socket.feed(rest)

    # --- the end of an attempt ---

    def _late(self, within: float) -> None:
        self._fail(f"no WebSocket within {within:g} seconds")

    def _cancelled(self, _: Deferred[WebSocket]) -> None:
        self._fail("cancelled")

    def _fail(self, why: str, status: int | None = None, after: float = 0.0) -> None:
        result, self._result = self._result, None
        if result is None:
            return
        if self._deadline.active():
            self._deadline.cancel()
        self._drop()
        result.errback(LinkFailed(why, reached=self._outlet is not None, status=status, after=after))

    def _drop(self) -> None:
        transport: Any = self.transport
        if self._outlet is not None:
            self._outlet.abort()
        elif transport is not None:
            transport.abortConnection()
        elif self._attempt is not None:
            self._attempt.cancel()


def _answer(head: bytes, limits: Limits) -> h11.Response | h11.InformationalResponse:
    wire = h11.Connection(h11.CLIENT, limits.header_bytes)
    # h11 believes in a switch of protocols only after it has written the wish for one itself.
    wire.send(h11.Request(method="GET", target="/", headers=[("Host", "-"), ("Upgrade", "websocket")]))
    wire.send(h11.EndOfMessage())
    wire.receive_data(head)
    try:
        event = wire.next_event()
    except h11.RemoteProtocolError:
        raise Refusal(0, "malformed") from None
    if not isinstance(event, (h11.Response, h11.InformationalResponse)):
        raise Refusal(0, "malformed")
    return event
