"""Stations that come over HTTP: what they post are their messages, and what they are told rides in the answer.

In: HTTP exchanges.  Out: bodies, to a `gateway.links.streams.Receiver`; its messages, in the answer to what its peer asked last.
Not here: whose a message is, what waits for a station that does not ask (`gateway.devices.bus`).
"""

from __future__ import annotations

from typing import Any

from gateway.links.exchange import Exchange
from gateway.links.streams import Peer, Receiver

MOST_OPEN = 1000
"""Exchanges that may wait for something to answer; the oldest is then answered with nothing."""


class Posts:
    """One listener.  An exchange is answered as soon as there is something to say, else after ``hold`` seconds with nothing."""

    def __init__(self, reactor: Any, receiver: Receiver, hold: float, content_type: str) -> None:
        self._reactor, self._receiver, self._hold, self._content_type = reactor, receiver, hold, content_type
        self._open: dict[Peer, _Waiting] = {}
        self._number = 0

    def request(self, exchange: Exchange) -> None:
        """A whole request came."""
        self._number += 1
        peer = (exchange.request.peer_host, self._number)
        if len(self._open) >= MOST_OPEN:
            self._answer(next(iter(self._open)))
        self._open[peer] = _Waiting(exchange, self._reactor.callLater(self._hold, self._answer, peer))
        exchange.on_gone = lambda: self._left(peer)
        self._receiver.heard(exchange.request.body, peer, f"{exchange.request.method} {exchange.request.target}")

    def open_to(self, peer: Peer) -> bool:
        """Whether that peer waits for an answer."""
        return peer in self._open

    def write(self, data: bytes, peer: Peer, place: str = "") -> None:
        """Put it into the answer, which goes at the end of this turn: all that waits for the station goes with it."""
        waiting = self._open.get(peer)
        if waiting is not None:
            waiting.reply += data
            waiting.alarm.reset(0)

    def bad(self, peer: Peer) -> None:
        """What that peer posted could not be used: say so."""
        waiting = self._open.get(peer)
        if waiting is not None and not waiting.reply:
            self._answer(peer, 400)

    def shut(self) -> None:
        """Answer nobody any more, without a byte."""
        for peer in list(self._open):
            self._forget(peer).drop()

    def _answer(self, peer: Peer, status: int = 200) -> None:
        reply = bytes(self._open[peer].reply)
        self._forget(peer).respond(status, [("content-type", self._content_type)], reply)

    def _left(self, peer: Peer) -> None:
        """It hung up before it was answered."""
        self._forget(peer)

    def _forget(self, peer: Peer) -> Exchange:
        waiting = self._open.pop(peer)
        if waiting.alarm.active():
            waiting.alarm.cancel()
        return waiting.exchange

    def close(self) -> None:
        """Nothing: each exchange ends by itself."""

    def abort(self, why: str = "") -> None:
        """Nothing: each exchange ends by itself."""


class _Waiting:
    def __init__(self, exchange: Exchange, alarm: Any) -> None:
        self.exchange, self.alarm, self.reply = exchange, alarm, bytearray()
