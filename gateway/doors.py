"""Whom to let in: finds out which station (or which back end) stands before a listener, and joins it to its conversation.

In: HTTP exchanges and WebSocket handshakes of the listeners.  Out: ends attached to conversations, or a refusal.
Not here: HTTP and WebSocket themselves (`gateway.links`), what is said afterwards (`gateway.conversation`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from urllib.parse import unquote, urlsplit

from gateway import lenience
from gateway.address import is_loopback
from gateway.callers import Callers
from gateway.config import Backend, Listener, SecretError
from gateway.conversation import Conversation, StationSide
from gateway.dialects.errors import Garbled, PeerError
from gateway.dialects.schema import Dialect
from gateway.dialects.soap import Envelope, action_hint, read_envelope, write_fault
from gateway.dialects.wsdl import write_wsdl
from gateway.ends.envelopes import CONTENT_TYPE, EnvelopeEnd
from gateway.ends.frames import FrameEnd
from gateway.identity import UNLISTED, sound_identity
from gateway.journal.contract import PutStation
from gateway.links.address import read_address
from gateway.links.frames import WebSocket
from gateway.links.http import Exchange, Handshake, Request
from gateway.load import DOORS
from gateway.messages import Error, Side
from gateway.offers import agreed, subprotocols
from gateway.quirks.connect import Connect, hidden
from gateway.relay import Relay

ANONYMOUS = "http://www.w3.org/2005/08/addressing/anonymous"
_HOST = re.compile(r"([A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(:[0-9]{1,5})?")


class Doors:
    """All listeners that share one host and port.  ``listeners`` are tried by their path, the longest first."""

    def __init__(self, relay: Relay, listeners: Sequence[Listener], callbacks: Sequence[Backend] = ()) -> None:
        self.relay = relay
        self.wired: Callers | None = None
        self.listeners = sorted(listeners, key=lambda one: -len(one.address.path))
        self.callbacks = callbacks
        self._exactly: dict[str, tuple[Listener | None, Backend | None]] = {}  # by listeners' own paths, where most come

    # -- HTTP ----------------------------------------------------------------------------------------------------

    def request(self, exchange: Exchange) -> None:
        """A whole HTTP request came."""
        request = exchange.request
        listener, backend = self._at(request)
        codec = "soap" if backend is not None else listener.address.codec if listener is not None else None
        if not self.relay.healthy:
            exchange.drop()
        elif codec is None:
            _plain(exchange, 404, "There is nothing here.")
        elif codec == "wire" and self.wired is not None and listener is not None:
            self.wired.request(exchange, listener)
        elif codec != "soap":
            _plain(exchange, 426, "This is an OCPP-J listener: it takes WebSocket connections, not SOAP over HTTP.")
        elif request.method == "GET":
            self._wsdl(exchange, listener, backend)
        elif request.method != "POST":
            _plain(exchange, 405, "SOAP comes by POST.")
        elif backend is not None:
            self._from_backend(exchange, backend)
        elif listener is not None:
            self._from_station(exchange, listener)

    def _at(self, request: Request) -> tuple[Listener | None, Backend | None]:
        """Who is asked for SOAP at a path: the listener, and the back end whose callback it is."""
        found = self._exactly.get(request.path)
        if found is None:
            backend = next((b for b in self.callbacks if _under(urlsplit(b.callback or "").path, request.path)), None)
            listener = self._listener(request, "soap")
            found = (listener, backend)
            if listener is not None and listener.address.path == request.path:
                self._exactly[request.path] = found
        return found

    def _listener(self, request: Request, codec: str) -> Listener | None:
        """The listener of a path; of two on one path, the one of that codec."""
        here = [one for one in self.listeners if _under(one.address.path, request.path)]
        return next((one for one in here if one.address.codec == codec), here[0] if here else None)

    def _wsdl(self, exchange: Exchange, listener: Listener | None, backend: Backend | None) -> None:
        _, _, query = exchange.request.target.partition("?")
        word, _, wanted = query.partition("=")
        address = backend.address if backend is not None else listener.address if listener is not None else None
        if address is None or word.lower() != "wsdl" or wanted not in ("", *address.dialects):
            _plain(exchange, 405, "This is an OCPP SOAP endpoint: ask by POST; its WSDL is at ?wsdl, or at ?wsdl=DIALECT.")
            return
        dialect = self.relay.data.dialects[wanted or address.dialect]
        if backend is not None:
            body = write_wsdl(dialect, "backend", backend.callback or "")
        else:
            assert listener is not None
            body = write_wsdl(dialect, "station", reached_at(listener, exchange.request))
        exchange.respond(200, [("content-type", "text/xml; charset=utf-8")], body)

    def _from_station(self, exchange: Exchange, listener: Listener) -> None:
        envelope = self._envelope(exchange, listener.address.dialects, "station")
        if envelope is None:
            return
        assert envelope.dialect is not None, "a call has one"
        if envelope.dialect.name != listener.address.dialect:
            listener = listener.speaking(envelope.dialect.name)
        connect, identity = self._named(listener, exchange.request, envelope)
        missing = "chargeBoxIdentity is missing or is no identity"
        why = missing if identity is None else self._stranger(identity, listener, exchange.request, connect)
        if identity is None or why:
            code = "ProtocolError" if identity is None else "SecurityError"
            self._fault(exchange, listener.address.dialect, envelope, code, why or "", "unauthorized" if identity else "identity")
            return
        if self.relay.load.level >= DOORS and identity not in self.relay.conversations:
            self.relay.witness.refused(None, "overload", "not now")
            exchange.drop()  # an error would count as a try; nobody there is only offline
            return
        end = self._soap_station(identity, listener, exchange.request)
        self._learn_callback(end, self.relay.conversations[identity], envelope, exchange.request)
        end.hear(exchange, envelope, exchange.request.body.decode("utf-8", "replace"))

    def _named(self, listener: Listener, request: Request, envelope: Envelope) -> tuple[Connect | None, str | None]:
        """The station's identity by its header, or where a quirk profile says that it stands."""
        if self.relay.data.quirks.elsewhere:
            connect, identity = self._called(listener, request)
            if connect is not None and connect.identity:
                return connect, identity
        return None, sound_identity(envelope.identity)

    def _soap_station(self, identity: str, listener: Listener, request: Request) -> EnvelopeEnd:
        conversation = self.relay.conversation(identity, listener, request.header("user-agent"))
        end = conversation.station_end
        if isinstance(end, EnvelopeEnd):
            return end
        side = StationSide(conversation)
        configured = self.relay.site.stations.get(identity)
        url = (configured.callback if configured else None) or conversation.callback
        voice = self.relay.station_voice(conversation, listener)
        end = EnvelopeEnd(voice, side, self.relay.poster, identity, url, listener.url, self.relay.ids)
        conversation.station_here(end, side)
        self.relay.choose(conversation)
        return end

    def _learn_callback(self, end: EnvelopeEnd, conversation: Conversation, envelope: Envelope, request: Request) -> None:
        """Believe ``wsa:From`` where its host is the TCP peer itself; a configured address always stands."""
        identity = conversation.station
        configured = self.relay.site.stations.get(identity)
        said = envelope.from_address or (envelope.reply_to if envelope.reply_to != ANONYMOUS else None)
        if (configured and configured.callback) or not said or said == end.url or not genuine(said, request.peer_host):
            return
        end.url = conversation.callback = said
        self.relay.journal.commit([PutStation(identity, {"callback": said})], lambda failure: None)

    def _from_backend(self, exchange: Exchange, backend: Backend) -> None:
        envelope = self._envelope(exchange, backend.address.dialects, "backend")
        if envelope is None:
            return
        name = sound_identity(envelope.identity)
        conversation = self.relay.conversations.get(self.relay.site.identity_of(name)) if name else None
        end = conversation.backend_end if conversation is not None else None
        if not isinstance(end, EnvelopeEnd) or conversation is None:
            self._fault(
                exchange, backend.address.dialect, envelope, "InternalError", f"station {name} is not connected", "identity"
            )
            return
        end.hear(exchange, envelope, exchange.request.body.decode("utf-8", "replace"))

    def _envelope(self, exchange: Exchange, dialects: Sequence[str], sender: Side) -> Envelope | None:
        request = exchange.request
        known = [self.relay.data.dialects[name] for name in dialects]
        try:
            envelope = self._read(request, known, sender)
            if envelope.kind != "call":
                raise Garbled("NotSupported", f"a {envelope.kind} is no request", envelope.message_id)
        except PeerError as error:
            self.relay.witness.refused(None, "garbled", str(error), request.body[:2000].decode("utf-8", "replace"))
            id = (error.id if isinstance(error, Garbled) else None) or ""
            status, body = write_fault(known[0], Error(id, "", error.code, error.why), id, caller=sender)
            exchange.respond(status, [("content-type", CONTENT_TYPE)], body)
            return None
        return envelope

    def _read(self, request: Request, known: Sequence[Dialect], sender: Side) -> Envelope:
        """The envelope; where it cannot be read, that of the text as quirk profiles for this door mend it."""
        try:
            return read_envelope(request.body, known, lambda: _hint(request), sender)
        except PeerError:
            listener = self._listener(request, "soap") if sender == "station" else None
            mended = lenience.mended(self.relay.data.quirks, listener, request) if listener is not None else None
            if mended is None:
                raise
            for one in mended.fired:
                self.relay.witness.metrics.fired(one.quirk)
            return read_envelope(mended.body, known, lambda: _hint(request), sender)

    def _fault(self, exchange: Exchange, dialect: str, envelope: Envelope, code: str, why: str, reason: str) -> None:
        self.relay.witness.refused(None, reason, why)
        error = Error(envelope.message_id, envelope.action, code, why)
        caller: Side = "backend" if envelope.caller == "backend" else "station"
        known = self.relay.data.dialects[dialect]
        status, body = write_fault(known, error, envelope.message_id, caller=caller, soap=envelope.soap)
        exchange.respond(status, [("content-type", CONTENT_TYPE)], body)

    # -- WebSocket -----------------------------------------------------------------------------------------------

    def handshake(self, handshake: Handshake) -> None:
        """A WebSocket handshake came."""
        request = handshake.request
        listener = self._listener(request, "json")
        if listener is None or listener.address.codec not in ("json", "wire"):
            self._refuse(handshake, 404, "identity", "there is no OCPP-J listener at this path")
            return
        if not self.relay.healthy or self.relay.stopping or self.relay.load.level >= DOORS:
            self._refuse(handshake, 503, "overload", "not now")
            return
        connect, identity = self._called(listener, request)
        path = hidden(connect, request.path, self._rest(listener, request))
        if request.header("origin") is not None and not (connect is not None and "origin" in connect.forgive):
            self._refuse(handshake, 403, "unauthorized", "a browser has no business here", path)
            return
        if listener.address.wired and self.wired is not None:
            self.wired.handshake(handshake, listener)
            return
        why = "no identity in the path" if identity is None else self._stranger(identity, listener, request, connect)
        if identity is None or why == UNLISTED or (why and identity is None):
            self._refuse(handshake, 404, "identity", why or "", path)
        elif why:
            self._refuse(handshake, 401, "unauthorized", why, path)
        else:
            self._admit(handshake, identity, listener, connect)

    def _called(self, listener: Listener, request: Request) -> tuple[Connect | None, str | None]:
        """The station's identity, and what its quirk profiles say of the handshake."""
        rest, quirks = self._rest(listener, request), self.relay.data.quirks
        if not quirks.doors:
            return None, sound_identity(unquote(rest))
        connect = lenience.rules(quirks, listener, request, sound_identity(unquote(rest)))
        if connect is not None and (connect.identity or connect.decode_twice):
            shown = lenience.basic(request, connect)
            identity = sound_identity(
                lenience.identity(connect, rest, request, shown[0].decode("utf-8", "replace") if shown else None)
            )
            return lenience.rules(quirks, listener, request, identity) or connect, identity
        return connect, sound_identity(unquote(rest))

    @staticmethod
    def _rest(listener: Listener, request: Request) -> str:
        """The path behind that of the listener."""
        return request.path[len(listener.address.path.rstrip("/")) :].strip("/")

    def forgives(self, request: Request) -> Sequence[str]:
        """Which faults of a handshake's headers are forgiven to this peer; asked only where there are some."""
        listener = self._listener(request, "json")
        if listener is None or not self.relay.data.quirks.doors:
            return ()
        connect, _ = self._called(listener, request)
        return connect.forgive if connect is not None else ()

    def _admit(self, handshake: Handshake, identity: str, listener: Listener, connect: Connect | None) -> None:
        spoken_here = subprotocols(listener.address.dialects, self.relay.data.dialects)
        pinned = lenience.pinned(spoken_here, handshake.subprotocols, connect)
        listener = listener.speaking(pinned or agreed(spoken_here, handshake.subprotocols, listener.assumed) or "")
        wanted = next(name for name, dialect in spoken_here.items() if dialect == listener.address.dialect)
        if self._stands(identity):
            path = hidden(connect, handshake.request.path, self._rest(listener, handshake.request))
            self._refuse(handshake, 409, "displaced", f"{identity} is here already", path)
            return
        if self.relay.data.quirks.doors:
            connect = lenience.rules(self.relay.data.quirks, listener, handshake.request, identity) or connect
        spoken = lenience.spoken(wanted, handshake.subprotocols, connect)
        if not handshake.subprotocols and listener.assumed is not None:
            spoken = lenience.Spoken(None)
        if spoken is None:
            # OCPP-J 1.6 section 3.3: complete the handshake without a sub-protocol, then close at once.
            here, offered = ", ".join(spoken_here), ", ".join(handshake.subprotocols) or "none"
            self.relay.witness.refused(None, "subprotocol", f"offered {offered}, spoken here: {here}")
            handshake.accept(None, _Nobody()).close(1002, f"spoken here: {here}")
            return
        agent = handshake.request.header("user-agent")
        used = lenience.used(connect, handshake, wanted, spoken, listener, pinned)
        if connect is None or not connect.by_shape:
            self._joined(identity, listener, agent, lambda end: handshake.accept(spoken.name, end), used)
            return

        def join(dialect: Dialect) -> FrameEnd:
            more = [connect.owners["by_shape"]] if dialect.name != listener.address.dialect else []
            return self._joined(identity, lenience.spoken_in(listener, dialect), agent, lambda end: socket, [*used, *more])

        socket = handshake.accept(spoken.name, lenience.FirstWord(self._choices(identity, listener, connect), join))

    def _stands(self, identity: str) -> bool:
        """Whether the station's link is to be kept, and not to make way for this one."""
        conversation = self.relay.conversations.get(identity)
        quirk = lenience.keeper(conversation, self.relay.clock.seconds()) if conversation is not None else None
        if conversation is None or quirk is None:
            return False
        self.relay.choosing.noted(conversation, [quirk], "connect")
        return True

    def _choices(self, identity: str, listener: Listener, connect: Connect) -> list[Dialect]:
        """The dialects that a station's first message may be of."""
        data, backend = self.relay.data, self.relay.site.backend_of(identity, listener).address.dialect
        names = [listener.address.dialect, *(one for one in connect.by_shape if data.ladder.reaches(one, backend))]
        return [data.dialects[one] for one in names]

    def _joined(
        self,
        identity: str,
        listener: Listener,
        agent: str | None,
        socket: Callable[[FrameEnd], WebSocket],
        used: Sequence[str] = (),
    ) -> FrameEnd:
        """Join a station that was let in to its conversation; ``used`` are the quirks without which it would not be."""
        conversation = self.relay.conversation(identity, listener, agent)
        side = StationSide(conversation)
        end = FrameEnd(self.relay.station_voice(conversation, listener), side)
        if conversation.station_end is not None:
            self.relay.witness.displaced(identity)
        end.socket = socket(end)
        conversation.station_here(end, side)
        self.relay.choose(conversation)
        self.relay.choosing.noted(conversation, used, "connect")
        return end

    def _refuse(self, handshake: Handshake, status: int, reason: str, why: str, path: str | None = None) -> None:
        self.relay.witness.refused(None, reason, f"{handshake.request.path if path is None else path}: {why}")
        handshake.refuse(status, why.encode(), [("www-authenticate", 'Basic realm="OCPP"')] if status == 401 else [])

    # -- both ----------------------------------------------------------------------------------------------------

    def _stranger(self, identity: str, listener: Listener, request: Request, connect: Connect | None = None) -> str | None:
        """Why this peer may not speak as that station, or None."""
        station = self.relay.site.stations.get(identity)
        if station is None:
            return None if listener.enroll == "open" else UNLISTED
        if station.password is None:
            return None
        try:
            expected = station.password.read()
        except SecretError as error:
            return f"its password cannot be read: {error}"
        shown = lenience.credentials(request, self._rest(listener, request), identity, connect)
        good = lenience.matches(shown, identity, expected, connect)
        return None if good else "the password is missing or wrong"


class _Nobody:
    """Receives nothing: for a socket that is closed at once."""

    def text(self, text: str) -> None:
        """Nobody listens."""

    def closed(self, code: int, reason: str) -> None:
        """Nobody cares."""


def genuine(url: str, peer_host: str) -> bool:
    """Whether a station at ``peer_host`` may name ``url`` as its own: the same host, plain http(s), and one that can be asked."""
    try:
        host = read_address(url, ("http", "https")).host
    except ValueError:
        return False
    if len(url) > 512 or urlsplit(url).port == 0:
        return False
    return host == peer_host or (is_loopback(host) and is_loopback(peer_host))


def _hint(request: Request) -> str:
    return action_hint(request.header("content-type") or "", request.header("soapaction") or "")


def _under(prefix: str, path: str) -> bool:
    base = prefix.rstrip("/")
    return path == base or path.startswith(base + "/") or not base


def reached_at(listener: Listener, request: Request) -> str:
    """The URL of a listener; one that hears on every address of the machine is called as its visitor called it."""
    host = request.header("host") or ""
    if listener.public or not listener.address.everywhere or not _HOST.fullmatch(host):
        return listener.url
    return f"{listener.address.link}://{host}{listener.address.path}"


def _plain(exchange: Exchange, status: int, text: str) -> None:
    exchange.respond(status, [("content-type", "text/plain; charset=utf-8")], text.encode() + b"\n")
