"""One WebSocket, from the end of its handshake to its close, at either end.

In: bytes from an `Outlet`'s connection; text to send.  Out: `Receiver.text` for each message, `Receiver.closed` once.
Not here: the handshake (http.py for the server's, websocket.py for the client's), what the text says.

wsproto reads and writes frames.  What it leaves to its user is here: sizes, counts, binary, pings, and an end in time.
It takes the masks of a client's frames from ``os.urandom``: the one source of chance in this room that is not handed in,
and no message depends on it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from io import StringIO
from typing import Any, Protocol

from wsproto.connection import Connection, ConnectionState, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Event, Ping, TextMessage

from gateway.links.alarm import Alarm
from gateway.links.allowance import Allowance
from gateway.links.flow import Outlet
from gateway.links.later import NOW, Later, Now
from gateway.links.limits import Limits
from gateway.links.straight import Straight

_WORDS = {1002: "ws_protocol", 1003: "ws_binary", 1007: "ws_text", 1009: "ws_too_big"}
_NEVER = float("inf")
AT_ONCE = 32
"""Messages of one peer before the others have their turn; at a quarter of a millisecond each."""


class Receiver(Protocol):
    """What a WebSocket tells its owner."""

    def text(self, text: str) -> None:
        """A whole text message came."""

    def closed(self, code: int, reason: str) -> None:
        """The WebSocket has ended; comes exactly once, and nothing comes after it.

        ``code`` is the peer's, or ours where the peer broke a rule, 1005 where the peer gave none and 1006 where there
        was no closing handshake.
        """


class WebSocket:
    """An open WebSocket.  ``subprotocol`` is the one agreed on, if any."""

    def __init__(
        self,
        outlet: Outlet,
        clock: Any,
        limits: Limits,
        receiver: Receiver,
        kind: ConnectionType,
        subprotocol: str | None,
        peer_host: str,
        on_refused: Callable[[str], None] | None = None,
        later: Later | Now = NOW,
        allowance: Allowance | None = None,
    ) -> None:
        self.subprotocol = subprotocol
        self.peer_host = peer_host
        self._outlet, self._clock, self._limits = outlet, clock, limits
        self._receiver, self._on_refused, self._later = receiver, on_refused, later
        self._allowance = allowance
        self._more = True  # may be said now
        self._wire = Connection(kind)
        self._open = True  # no close frame was sent or received, and no abort
        self._told = False
        self._quiet = False  # we have closed or cut it: what came before that is not given to the receiver any more
        self._why = "connection lost"
        self._parts: StringIO | None = None
        self.takes_binary = False
        """Whether binary messages are taken for text."""
        self.on_mended: Callable[[str], None] = lambda what: None
        """Told what of this peer was put right: ``unmasked`` and ``reserved_bits`` once, ``charset`` for each message."""
        self._straight: Straight | None = None
        self._charset: str | None = None
        self._fresh = True  # not a byte has come
        self._binary = bytearray()
        self._sizes = [0, 0, 0]  # bytes of the frame, bytes of the message, frames of the message
        self._heard = self._pinged = clock.seconds()
        self._resting = False  # until the others have had their turn
        self._alarm = Alarm(clock, self._ring)
        outlet.on_stalled = self._stalled
        self._watch()

    @property
    def is_open(self) -> bool:
        """True until either end has begun to close."""
        return self._open

    def send(self, text: str) -> None:
        """Send one text message; nothing happens once the WebSocket is closing.

        Raises UnicodeEncodeError for text that is no Unicode (a lone surrogate).
        """
        if self._open:
            self._outlet.write(self._wire.send(TextMessage(data=text)))

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Begin to close.  No message is given to the receiver any more; `Receiver.closed` comes when the peer has
        answered, or after ``close_wait`` seconds.  A reason longer than 123 bytes is cut.  Raises ValueError for a code
        that may not be sent."""
        if not (code in (1000, 1001, 1002, 1003, *range(1007, 1015)) or 3000 <= code <= 4999):
            raise ValueError(f"{code} is no close code that may be sent")
        self._quiet = True
        if self._open:
            self._send_close(code, reason)
            self._why = "peer did not answer the close"
            self._alarm.set(self._limits.close_wait)

    def abort(self, why: str = "aborted") -> None:
        """Cut the connection; `Receiver.closed` follows with 1006 and ``why``."""
        self._quiet = True
        if not self._told:
            self._open = False
            self._why = why
            self._outlet.abort()

    def pulse(self, ping_every: float | None, dead_after: float | None) -> None:
        """Ping and wait for signs of life otherwise than usual; 0 means never, None as before."""
        limits = self._limits
        self._limits = replace(
            limits,
            ping_every=limits.ping_every if ping_every is None else ping_every,
            dead_after=limits.dead_after if dead_after is None else dead_after,
        )
        if self._open:
            self._alarm.off()
            self._watch()

    def straighten(self, unmasked: bool, reserved: bool, charset: str | None) -> None:
        """Take frames that break these rules, and text of that charset where it is no UTF-8; only before the first byte."""
        if self._fresh and (unmasked or reserved or charset is not None):
            self._straight = Straight(unmasked, reserved, charset is not None)
            self._charset = charset
            self.takes_binary |= charset is not None

    @property
    def heard_at(self) -> float:
        """When the peer was heard last, on the clock."""
        return float(self._heard)

    def ping(self) -> None:
        """Ask for a sign of life; who does not read is asked in his next turn."""
        if self._open and not self._outlet.full:
            self._outlet.write(self._wire.send(Ping()))
        self._pinged = self._clock.seconds()

    # --- the connection's side ---

    def feed(self, data: bytes) -> None:
        """Bytes came from the peer."""
        self._heard = self._clock.seconds()
        if self._told or self._outlet.closing:
            return  # after a broken rule the rest is read only to let the peer see our close frame
        self._fresh = False
        self._wire.receive_data(data if self._straight is None else self._straightened(data, self._straight))
        if not self._resting:
            self._read()

    def _straightened(self, data: bytes, straight: Straight) -> bytes:
        before = set(straight.met)
        made = straight.take(data)
        for what in sorted(straight.met - before):
            self.on_mended(what)
        return made

    def _read(self) -> None:
        """Take what is here, but not more than `AT_ONCE`: one read can hold thousands of messages, and others wait."""
        pong: Event | None = None
        left = AT_ONCE
        for event in self._wire.events():
            if isinstance(event, Ping):
                pong = event.response()
            self._event(event)
            left -= 1
            if self._told or self._outlet.closing:
                return
            if not left or not self._more:
                break
        # A pong answers all pings before it (RFC 6455, 5.5.3), so a flood of pings costs one.
        if pong is not None and self._open:
            self._outlet.write(self._wire.send(pong))
        self._resting = not left or not self._more
        self._outlet.hold(self._resting)
        if self._resting:
            self._clock.callLater(self._allowance.wait() if self._allowance and not self._more else 0, self._go_on)

    def _spend(self, size: int = 0) -> None:
        if self._allowance is not None:
            self._more = self._allowance.spend(size)

    def _go_on(self) -> None:
        self._resting, self._more = False, True
        self._heard = self._clock.seconds()  # so long it was not listened to
        if not self._told and not self._outlet.closing:
            self._read()

    def gone(self) -> None:
        """The connection has ended."""
        self._open = False
        self._alarm.off()
        self._outlet.gone()
        self._tell(1006, self._why)

    def _event(self, event: Event) -> None:
        if isinstance(event, TextMessage):
            if self._open:
                self._text(event)
        elif isinstance(event, BytesMessage):
            self._bytes(event)
        elif isinstance(event, CloseConnection):
            self._closing(event)
        else:
            self._spend()

    def _bytes(self, event: BytesMessage) -> None:
        """Binary is refused, unless the peer is known for it: then it is UTF-8 text."""
        if not self.takes_binary:
            self._fail(1003, "only text is understood here")
            return
        self._binary += event.data
        self._sizes[2] += event.frame_finished
        if len(self._binary) > self._limits.message or self._sizes[2] > self._limits.fragments:
            self._fail(1009, "message too big")
        elif event.message_finished:
            whole, self._binary, self._sizes = bytes(self._binary), bytearray(), [0, 0, 0]
            self._spend(len(whole))
            if self._open:
                self._later.add(self._hand, self._decoded(whole))
        elif event.frame_finished:
            self._spend()

    def _decoded(self, data: bytes) -> str:
        if self._charset is None:
            return data.decode("utf-8", "replace")
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            self.on_mended("charset")
            return data.decode(self._charset, "replace")

    def _text(self, event: TextMessage) -> None:
        data = event.data
        sizes = self._sizes
        size = len(data) if data.isascii() else len(data.encode())
        sizes[0] += size
        sizes[1] += size
        sizes[2] += event.frame_finished
        limits = self._limits
        if sizes[0] > limits.frame or sizes[1] > limits.message or sizes[2] > limits.fragments:
            self._fail(1009, "message too big")
        elif event.message_finished:
            self._spend(sizes[1])
            self._later.add(self._hand, self._whole(data))
        else:
            self._parts = self._parts or StringIO()
            self._parts.write(data)
            if event.frame_finished:
                self._spend()
                sizes[0] = 0

    def _hand(self, text: str) -> None:
        """Give a message to the receiver, which costs this peer its WebSocket if it crashes, and nobody else anything."""
        if self._quiet:
            return
        try:
            self._receiver.text(text)
        except Exception:
            self.abort("a fault of ours")
            raise

    def _whole(self, last: str) -> str:
        self._sizes = [0, 0, 0]
        parts, self._parts = self._parts, None
        if parts is None:
            return last
        parts.write(last)
        return parts.getvalue()

    def _closing(self, event: CloseConnection) -> None:
        state = self._wire.state
        if state in (ConnectionState.OPEN, ConnectionState.LOCAL_CLOSING):
            self._fail(int(event.code), event.reason or "")  # wsproto says so of a frame that it could not read
            return
        if state is ConnectionState.REMOTE_CLOSING:
            self._outlet.write(self._wire.send(event.response()))
        self._open = False
        self._alarm.off()
        self._outlet.close()
        self._tell(int(event.code), event.reason or "")

    def _fail(self, code: int, reason: str) -> None:
        """The peer broke a rule: say so, then wait a moment, for closing with input unread would destroy the word."""
        if self._on_refused is not None:
            self._on_refused(_WORDS.get(code, "ws_protocol"))
        if self._open:
            self._send_close(code, reason)
        self._alarm.set(self._limits.linger)
        self._tell(code, reason)

    def _send_close(self, code: int, reason: str) -> None:
        self._open = False
        clean = reason.encode("utf-8", "replace").decode("utf-8")
        self._outlet.write(self._wire.send(CloseConnection(code=code, reason=clean)))

    def _tell(self, code: int, reason: str) -> None:
        if not self._told:
            self._told = True
            self._later.add(self._receiver.closed, code, reason)

    # --- time ---

    def _watch(self) -> None:
        limits = self._limits
        ping = max(self._heard, self._pinged) + limits.ping_every if limits.ping_every else _NEVER
        dead = self._heard + limits.dead_after if limits.dead_after else _NEVER
        if min(ping, dead) < _NEVER:
            self._alarm.set(max(0.0, min(ping, dead) - self._clock.seconds()))  # it may just have passed

    def _ring(self) -> None:
        if self._told:
            self._outlet.close()
        elif not self._open:
            self.abort(self._why)
        else:
            self._check_pulse(self._clock.seconds())

    def _check_pulse(self, now: float) -> None:
        limits = self._limits
        if self._resting:
            self._heard = now  # it may have said much: it is we who do not listen
        if limits.dead_after and now >= self._heard + limits.dead_after:
            self._refuse("ws_dead", f"nothing heard for {limits.dead_after:g} seconds")
            return
        if limits.ping_every and now >= max(self._heard, self._pinged) + limits.ping_every:
            self.ping()
        self._watch()

    def _stalled(self) -> None:
        self._refuse("slow_reader", "peer does not read")

    def _refuse(self, word: str, why: str) -> None:
        if self._on_refused is not None:
            self._on_refused(word)
        self.abort(why)
