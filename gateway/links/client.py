"""The HTTP client: posts, over connections that are kept for the next one.

In: a URL, headers, a body, a time.  Out: a Deferred `Response`, or `LinkFailed` that says whether the peer may have been
reached.
Not here: redirects (never followed), trying again (a POST must not be repeated by one who does not know what it does).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from twisted.internet.defer import Deferred, fail
from twisted.internet.error import ConnectionDone
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure

from gateway.links.address import Address, read_address
from gateway.links.alarm import Alarm
from gateway.links.bodies import Body, FixedBody, body_of, inflate
from gateway.links.dial import Dialled, dial, words
from gateway.links.flow import Outlet
from gateway.links.heads import HeadCutter, Headers, decoded, has_token, is_interim, read_response, write_head
from gateway.links.limits import Limits, LinkFailed, Refusal
from gateway.links.trust import Trust

_OURS = ("host", "content-length", "transfer-encoding", "connection", "upgrade", "expect")


@dataclass(frozen=True, slots=True)
class Response:
    """An answer of any status.  Header names in lower case."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        """The first value of the header with this lower-case name."""
        return next((value for key, value in self.headers if key == name), None)


class HttpClient:
    """Keeps at most ``limits.pooled`` idle connections for each place.

    ``trusts`` says of (host, port) whose certificates are believed there, where it is not ``trust``.
    """

    def __init__(self, reactor: Any, limits: Limits, trust: Trust | None = None) -> None:
        self.reactor = reactor
        self.limits = limits
        self.trust = trust
        self.trusts: dict[tuple[str, int], Trust] = {}
        self._idle: dict[tuple[bool, str, int], list[_Link]] = {}
        self._calls: set[_Call] = set()
        self._closed = False

    def post(self, url: str, headers: Headers, body: bytes, within: float) -> Deferred[Response]:
        """Post ``body`` and give the answer within so many seconds, all included.

        Fails with `LinkFailed`.  Host, Content-Length and Connection are written here.  Cancelling closes the connection.
        """
        return self.ask("POST", url, headers, body, within)

    def get(self, url: str, headers: Headers, within: float) -> Deferred[Response]:
        """As `post`, for a GET."""
        return self.ask("GET", url, headers, b"", within)

    def close(self) -> None:
        """Close every connection; what is under way fails."""
        self._closed = True
        for links in list(self._idle.values()):
            for link in list(links):
                link.end()
        self._idle.clear()
        for call in list(self._calls):
            call.fail("the client was closed")

    def ask(self, method: str, url: str, headers: Headers, body: bytes, within: float) -> Deferred[Response]:
        """As `post`, for any method."""
        try:
            if self._closed:
                raise ValueError("the client was closed")
            address = read_address(url, ("http", "https"))
            wire = _request(method, address, list(headers), body)
        except ValueError as error:
            return fail(LinkFailed(str(error), reached=False))
        call = _Call(self, wire, within)
        self._calls.add(call)
        place = (address.secure, address.host, address.port)
        idle = self._idle.get(place)
        if idle:
            idle.pop().begin(call)
        else:
            _Link(self, place).open(address, call, within)
        return call.result

    def keep(self, link: _Link) -> bool:
        """A connection has nothing to do: true if it is kept."""
        links = self._idle.setdefault(link.place, [])
        if self._closed or len(links) >= self.limits.pooled:
            return False
        links.append(link)
        return True

    def forget(self, link: _Link) -> None:
        """A connection is of no use any more."""
        links = self._idle.get(link.place, [])
        if link in links:
            links.remove(link)
        if not links:
            self._idle.pop(link.place, None)

    def done(self, call: _Call) -> None:
        """A call has its answer or its failure."""
        self._calls.discard(call)


def _request(method: str, address: Address, headers: list[tuple[str, str]], body: bytes) -> bytes:
    ours = [name for name, _ in headers if name.lower() in _OURS]
    if ours:
        raise ValueError(f"the header {ours[0]!r} is written by the client")
    framing = [] if method == "GET" else [("Content-Length", str(len(body)))]
    return write_head(f"{method} {address.target} HTTP/1.1", [("Host", address.authority), *headers, *framing]) + body


class _Call:
    """One request and its Deferred."""

    def __init__(self, client: HttpClient, wire: bytes, within: float) -> None:
        self._client = client
        self.wire = wire
        self.sent = False
        self.link: _Link | None = None
        self.result: Deferred[Response] = Deferred(lambda _: self.fail("cancelled"))
        self._open = True
        self._deadline = client.reactor.callLater(within, self._late, within)

    def answer(self, response: Response) -> None:
        if self._end():
            self.result.callback(response)

    def fail(self, why: str) -> None:
        if self._end():
            if self.link is not None:
                self.link.end()
            self.result.errback(LinkFailed(why, reached=self.sent))

    def _end(self) -> bool:
        was, self._open = self._open, False
        if was:
            self._client.done(self)
            if self._deadline.active():
                self._deadline.cancel()
        return was

    def _late(self, within: float) -> None:
        self.fail(f"no answer within {within:g} seconds")


class _Link(Dialled):
    """One connection, with at most one call on it."""

    def __init__(self, client: HttpClient, place: tuple[bool, str, int]) -> None:
        self.place = place
        self._client = client
        self._limits = client.limits
        self._buffer = bytearray()
        self._cutter = HeadCutter(client.limits)
        self._call: _Call | None = None
        self._attempt: Deferred[Any] | None = None
        self._outlet: Outlet | None = None
        self._alarm = Alarm(client.reactor, lambda: self.end(gently=True))
        self._status = 0
        self._headers: tuple[tuple[str, str], ...] = ()
        self._body: Body | None = None
        self._lasts = False
        self._ended = False

    def open(self, address: Address, call: _Call, within: float) -> None:
        """Connect, then send."""
        self._call, call.link = call, self
        trust = self._client.trusts.get((address.host, address.port), self._client.trust)
        self._attempt = dial(self._client.reactor, address, self, trust, within)
        self._attempt.addCallbacks(lambda _: None, lambda failure: self._fail(words(failure)))

    def begin(self, call: _Call) -> None:
        """Send a request on a connection that is open."""
        self._call, call.link = call, self
        self._alarm.off()
        self._send()

    def end(self, gently: bool = False) -> None:
        """Close; a call still on it fails where it asked for this."""
        self._ended = True
        self._call = None
        self._alarm.off()
        self._client.forget(self)
        transport: Any = self.transport
        if self._outlet is not None and gently:
            self._outlet.close()
        elif self._outlet is not None:
            self._outlet.abort()
        elif transport is not None:
            transport.abortConnection()
        elif self._attempt is not None:
            self._attempt.cancel()

    # --- Twisted's side ---

    def ready(self) -> None:
        """`Dialled`: send what waits."""
        if self._ended:
            self.end()
            return
        self._outlet = Outlet(self.transport, self._client.reactor, self._limits, lambda: self._fail("peer does not read"))
        self._send()

    def dataReceived(self, data: bytes) -> None:
        """Twisted: bytes came."""
        if self._ended:
            return
        if self._call is None:  # nobody asked: whatever comes next could not be trusted to be an answer
            self.end()
            return
        self._buffer += data
        try:
            self._read()
        except Refusal as refusal:
            self._fail(f"the answer cannot be read ({refusal.word})")

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Twisted: it is over; that completes a body of no declared length."""
        if self._outlet is not None:
            self._outlet.gone()
        self._alarm.off()
        self._client.forget(self)
        rest = self._body.ended() if self._body is not None else None
        if rest is not None and self._call is not None and isinstance(reason.value, ConnectionDone):
            self._ended = True
            self._finish(rest)
        else:
            self._fail(words(reason))

    # --- one call ---

    def _send(self) -> None:
        call, outlet = self._call, self._outlet
        if call is not None and outlet is not None:
            self._body = None
            call.sent = True
            outlet.write(call.wire)

    def _read(self) -> None:
        while self._body is None:
            head = self._cutter.take(self._buffer)
            if head is None:
                return
            if not is_interim(head):
                self._body = self._begin_body(head)
        body = self._body.take(self._buffer)
        if body is not None:
            self._finish(body)

    def _begin_body(self, head: bytes) -> Body:
        event, wire = read_response(head, self._limits)
        self._status = event.status_code
        self._headers = headers = decoded(event)
        self._lasts = event.http_version == b"1.1" and not has_token(headers, "connection", "close")
        if event.status_code in (204, 304):
            return FixedBody(0)
        return body_of(headers, lambda: wire, self._limits, until_close=True)

    def _finish(self, raw: bytes) -> None:
        call = self._call
        encoding = next((value for name, value in self._headers if name == "content-encoding"), "")
        try:
            response = Response(self._status, self._headers, inflate(raw, encoding, self._limits.body))
        except Refusal as refusal:
            self._fail(f"the answer cannot be read ({refusal.word})")
            return
        self._call = self._body = None
        if self._ended or self._buffer or not self._lasts or not self._client.keep(self):
            self.end(gently=True)
        else:
            self._alarm.set(self._limits.pooled_idle)
        if call is not None:
            call.answer(response)

    def _fail(self, why: str) -> None:
        call = self._call
        self.end()
        if call is not None:
            call.link = None
            call.fail(why)
