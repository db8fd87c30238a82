"""The writing side of one connection: bounded, and sure to end.

In: bytes to write, a wish to close.  Out: writes to a Twisted transport, and ``on_stalled`` when the peer did not read for too
long or too much is waiting.
Not here: what is written.

Twisted tells a streaming producer to pause when 64 KiB wait in a connection and to go on when all has left.  That is the
only news there is about a peer that does not read.  ``loseConnection`` waits for such a peer without end, so each close
has a deadline here.

A peer that does not read is still read from, unless it only ever asks (``in_turn``): two ends that both speak when they like,
and both read only once they were heard, would wait for each other.  What bounds such a peer is ``write_buffer``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.interfaces import IPushProducer
from zope.interface import implementer  # type: ignore[import-untyped]

from gateway.links.alarm import Alarm
from gateway.links.limits import Limits


@implementer(IPushProducer)
class Outlet:
    """Owns the transport of one connection.  ``in_turn``: the peer asks and we answer, so nothing is read until it reads."""

    def __init__(self, transport: Any, clock: Any, limits: Limits, on_stalled: Callable[[], None], in_turn: bool = False) -> None:
        self.on_stalled = on_stalled
        self.closing = False
        self._transport = transport
        self._limits = limits
        self._in_turn = in_turn
        self._full = False
        self._held = self._paused = False
        self._stopped = False  # nothing is read
        self._over = False
        self._unsent = 0
        self._alarm = Alarm(clock, self._late)
        no_delay = getattr(transport, "setTcpNoDelay", None)
        if no_delay is not None:
            no_delay(True)
        transport.registerProducer(self, True)

    @property
    def full(self) -> bool:
        """True while the peer is not reading what was written."""
        return self._full

    def write(self, data: bytes) -> None:
        """Send; a peer that leaves more than ``write_buffer`` unread is given up."""
        if self.closing:
            return
        if self._full:
            if self._unsent > self._limits.write_buffer:
                self.on_stalled()
                return
            self._unsent += len(data)
        self._transport.write(data)

    def hold(self, held: bool) -> None:
        """Stop or go on reading, for a reason of the caller's."""
        if held != self._held:
            self._held = held
            self._flow()

    def both_ways(self) -> None:
        """From now on both ends speak when they like."""
        self._in_turn = False
        self._flow()

    def pause(self, paused: bool) -> None:
        """Stop or go on reading, because the whole gateway cannot keep up."""
        if paused != self._paused:
            self._paused = paused
            self._flow()

    def close(self) -> None:
        """Close once all is written, or after ``stall`` seconds."""
        if self.closing:
            return
        self._retire()
        self._transport.loseConnection()
        self._alarm.set(self._limits.stall)

    def abort(self) -> None:
        """Close now; what was not sent yet is lost."""
        if self._over:
            return
        if not self.closing:
            self._retire()
        self._transport.abortConnection()

    def gone(self) -> None:
        """The connection has ended: forget the clock."""
        self.closing = self._over = True
        self._alarm.off()

    def pauseProducing(self) -> None:
        """Twisted: the peer does not read."""
        if not self._full and not self.closing:
            self._full = True
            self._unsent = 0
            self._alarm.set(self._limits.stall)
            self._flow()

    def resumeProducing(self) -> None:
        """Twisted: the peer has read all."""
        if self._full and not self.closing:
            self._full = False
            self._alarm.off()
            self._flow()

    def stopProducing(self) -> None:
        """Twisted: the connection is lost; `gone` follows."""

    def _flow(self) -> None:
        stopped = self._held or self._paused or (self._full and self._in_turn)
        if stopped != self._stopped and not self.closing:
            self._stopped = stopped
            if stopped:
                self._transport.pauseProducing()
            else:
                self._transport.resumeProducing()

    def _retire(self) -> None:
        # A registered producer would keep a TLS connection from closing, and so would a paused reader.
        self.closing = True
        self._transport.unregisterProducer()
        if self._stopped:
            self._transport.resumeProducing()

    def _late(self) -> None:
        if self.closing:
            self._transport.abortConnection()
        else:
            self.on_stalled()
