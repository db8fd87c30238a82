"""A peer that speaks SOAP: every call is an HTTP exchange of its own, either way.

In: HTTP exchanges whose envelope was read already.  Out: calls and answers to the `Owner`; envelopes to the peer.
Not here: which station an envelope belongs to (`gateway.doors`), deadlines (the session), HTTP (`gateway.links`).

Requests of a station are taken one at a time, in the order of their arrival; those of a back end as they come, for each
has a deadline of its own.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from gateway.dialects.errors import Garbled, PeerError
from gateway.dialects.soap import Envelope, error_of, read_envelope, write_fault, write_request, write_response
from gateway.dialects.soap_write import speakable
from gateway.ends.voice import Owner, Voice
from gateway.links.client import Response
from gateway.links.http import Exchange
from gateway.links.limits import LinkFailed
from gateway.links.retry_after import retry_after
from gateway.messages import Answer, Call, Error, Message, Result, Side
from gateway.quirks.cures import Answered

MOST_WAITING = 16
"""Requests of one peer that may wait for the one before; a further one is closed without an answer."""
CONTENT_TYPE = "application/soap+xml; charset=utf-8"


class Poster(Protocol):
    """The part of `gateway.links.client.HttpClient` that an end needs."""

    def post(self, url: str, headers: list[tuple[str, str]], body: bytes, within: float) -> Deferred[Response]:
        """POST, and fire with the response or fail with `LinkFailed`."""


class _Request(Struct, eq=False):
    call: Call
    raw: str
    exchange: Exchange
    envelope: Envelope


class EnvelopeEnd:
    """One SOAP peer.  ``url`` is where it is called (None: nowhere yet); ``from_url`` is where it reaches us."""

    exchange = True

    def __init__(
        self,
        voice: Voice,
        owner: Owner,
        poster: Poster,
        identity: str,
        url: str | None,
        from_url: str,
        ids: Callable[[], str],
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        self.voice, self.owner, self.poster = voice, owner, poster
        self.identity, self.url, self.from_url, self.ids, self.headers = identity, url, from_url, ids, headers
        self._waiting: deque[_Request] = deque()
        self._open: dict[str, _Request] = {}
        self._closed = False

    # -- the peer asks -------------------------------------------------------------------------------------------

    def hear(self, exchange: Exchange, envelope: Envelope, raw: str) -> None:
        """A request came.  What is not valid is answered with a Fault at once and never reaches the owner."""
        call = Call(self.ids(), envelope.action, envelope.payload)
        if self._closed or len(self._waiting) >= MOST_WAITING:
            self.voice.witness.refused(self.voice, "overload", "too many requests at once")
            exchange.drop()
            return
        try:
            call = self.voice.admit(call, raw)
        except PeerError as error:
            self.voice.garbled(error, raw, call.action)
            self._write(exchange, envelope, Error(call.id, call.action, error.code, str(error)))
            return
        except Answered as done:
            self._write(exchange, envelope, Result(call.id, call.action, done.payload))
            return
        self._waiting.append(_Request(call, raw, exchange, envelope))
        self._next()

    def answer(self, answer: Answer) -> None:
        """Answer an open request; an answer to any other is a mistake of ours and is dropped."""
        request = self._open.pop(answer.id, None)
        if request is None:
            return
        self._write(request.exchange, request.envelope, answer)
        self._next()

    def _next(self) -> None:
        if self._waiting and not self._closed and (not self._open or self.voice.side == "backend"):
            request = self._waiting.popleft()
            self._open[request.call.id] = request
            request.exchange.on_gone = self._gone
            self.owner.asked(request.call, request.raw)

    def _gone(self) -> None:
        # The peer hung up before its answer: the owner's answer will find nobody, and the next request may come.
        self.voice.witness.refused(self.voice, "hung_up", "the peer closed before it was answered")

    def _write(self, exchange: Exchange, asked: Envelope, answer: Answer) -> None:
        status, caller, id = 200, self.voice.side, self._message_id()

        def write(message: Message) -> bytes:
            nonlocal status
            if isinstance(message, Error):
                status, body = write_fault(self.voice.dialect, message, asked.message_id, id, caller=caller, soap=asked.soap)
                return body
            assert isinstance(message, Result)
            return write_response(self.voice.dialect, message, asked.message_id, id, caller=caller, soap=asked.soap)

        try:
            body = self.voice.said(answer, write)
        except PeerError as error:
            # An error in place of what XML cannot say would make a station throw money away.
            self.voice.garbled(error, "", answer.action)
            assert isinstance(answer, Result), "a fault can always be said"
            body = self.voice.said(replace(answer, payload=speakable(answer.payload)), write)
        exchange.respond(status, (("content-type", CONTENT_TYPE),), body)

    # -- we ask --------------------------------------------------------------------------------------------------

    def ask(self, call: Call, within: float) -> None:
        """POST a call; the answer, or why there is none, comes to the owner."""
        if self.url is None:
            self.owner.failed(call.id, "it never said where it can be called", False)
            return
        caller: Side = "backend" if self.voice.side == "station" else "station"  # the body's namespace hangs on it
        url, id = self.url, self._message_id()

        def write(message: Message) -> bytes:
            assert isinstance(message, Call)
            return write_request(self.voice.dialect, message, self.identity, self.from_url, url, id, caller=caller)

        try:
            body = self.voice.said(call, write)
        except Answered as done:
            self.owner.answered(Result(call.id, call.action, done.payload))
            return
        except PeerError as error:
            why = f"it cannot be said in XML: {error}"
            if error.code == "NotImplemented":  # an operation that the dialect has in JSON alone: nobody did anything wrong
                why = error.why
            else:
                self.voice.garbled(error, "", call.action)
            self.owner.answered(Error(call.id, call.action, error.code, why))
            return
        action = f'{CONTENT_TYPE}; action="/{call.action}"'
        posted = self.poster.post(url, [("content-type", action), *self.headers], body, within)
        posted.addCallbacks(self._response, self._no_response, callbackArgs=(call,), errbackArgs=(call,))

    def _response(self, response: Response, call: Call) -> None:
        if self._closed:
            return
        raw = response.body.decode("utf-8", "replace")
        try:
            body = response.body if self.voice.cures.empty else self.voice.mend_text(raw).encode()
            envelope = read_envelope(body, [self.voice.dialect])
            if envelope.kind == "fault":
                error = error_of(self.voice.dialect, envelope, call.id, call.action)
                self.owner.answered(self.voice.heard_error(error, raw))
                return
            if (envelope.kind, envelope.action) != ("result", call.action):
                raise Garbled("ProtocolError", f"asked {call.action}, answered {envelope.action} {envelope.kind}")
            result = self.voice.admit(Result(call.id, call.action, envelope.payload), raw)
        except Answered as done:
            self.owner.answered(Result(call.id, call.action, done.payload))
            return
        except PeerError as error:
            self.voice.garbled(error, raw, call.action)
            self.owner.failed(call.id, f"HTTP {response.status}: {error}", True, retry_after(response.headers))
            return
        self.owner.answered(result)

    def _no_response(self, failure: Failure, call: Call) -> None:
        if self._closed:
            return
        error = failure.value
        reached = error.reached if isinstance(error, LinkFailed) else True
        self.owner.failed(call.id, str(error), reached)

    # -- both ----------------------------------------------------------------------------------------------------

    def _message_id(self) -> str:
        return f"urn:uuid:{self.ids()}"

    def close(self, why: str) -> None:
        """Forget the peer; open requests are closed without a byte."""
        self.drop()

    def drop(self) -> None:
        """As `close`: there is no link to close but the exchanges."""
        self._closed = True
        for request in [*self._open.values(), *self._waiting]:
            request.exchange.on_gone = None
            request.exchange.drop()
        self._open.clear()
        self._waiting.clear()
