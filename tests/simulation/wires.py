"""Connections in memory: latency, pieces, stalls, silence, resets.

In: two protocols.  Out: transports (`End`) that join them; bytes in order.
Not here: who may connect (`tests.simulation.network`), when something breaks (`tests.simulation.faults`).

Within one connection nothing overtakes anything; between connections everything may.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from twisted.internet.address import IPv4Address
from twisted.internet.error import ConnectionAborted, ConnectionDone, ConnectionLost
from twisted.internet.interfaces import IHalfCloseableProtocol
from twisted.python.failure import Failure

Place = tuple[str, int]
FULL = 65536
"""Bytes under way before a sender is asked to pause, as Twisted does."""


class End:
    """One side of a connection: the transport of one protocol.  ``owner`` dead means that nobody is at home any more."""

    disconnecting = False

    def __init__(self, wire: Wire, owner: Any, here: Place, there: Place) -> None:
        self.wire, self.owner, self.here, self.there = wire, owner, here, there
        self.other: End
        self.protocol: Any = None
        self.shut = self.gone = False
        self.buffer = bytearray()  # under way to this end
        self.deaf = False  # what is under way stays there
        self._halves = False
        self._taken = self._given = self._last = 0.0
        self._wakes: deque[list[float]] = deque()
        self._eof = False
        self._paused = False
        self._producer: Any = None
        self._told: deque[tuple[float, Callable[[bool], None]]] = deque()
        self._written: deque[tuple[float, float]] = deque()
        self.sent_at = 0.0
        """When (the first of) the bytes that came last were written."""

    # -- what a protocol calls -----------------------------------------------------------------------------------

    def write(self, data: bytes) -> None:
        if self.shut or self.gone or not data:
            return
        self.other.incoming(data)
        if self._producer is not None and len(self.other.buffer) > FULL:
            self._producer.pauseProducing()

    def tell(self, data: bytes, heard: Callable[[bool], None]) -> None:
        """Write, and hear whether all of it reached a peer that still listened."""
        if self.shut or self.gone:
            heard(False)
            return
        self.other._told.append((self.other._given + len(data), heard))
        self.write(data)

    def loseConnection(self) -> None:
        if not self.shut and not self.gone:
            self.shut = self.disconnecting = True
            self.other.finish()
            self._later(0, self.lose, ConnectionDone)

    def abortConnection(self) -> None:
        if not self.gone:
            self.shut = self.disconnecting = True
            self.other.reset()
            self._later(0, self.lose, ConnectionAborted)

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        self._producer = producer

    def unregisterProducer(self) -> None:
        self._producer = None

    def pauseProducing(self) -> None:
        self._paused = True

    def resumeProducing(self) -> None:
        if self._paused:
            self._paused = False
            self.wake_all()

    def setTcpNoDelay(self, enabled: bool) -> None:
        """Latency is drawn, not computed."""

    def getPeer(self) -> IPv4Address:
        return IPv4Address("TCP", *self.there)

    def getHost(self) -> IPv4Address:
        return IPv4Address("TCP", *self.here)

    # -- what the network does -----------------------------------------------------------------------------------

    def begin(self, protocol: Any) -> None:
        """Give the end to its protocol."""
        self.protocol = protocol
        self._halves = IHalfCloseableProtocol.providedBy(protocol)
        protocol.makeConnection(self)

    def incoming(self, data: bytes) -> None:
        """The other end wrote."""
        wire = self.wire
        if self.gone or self.owner_dead:
            if not self.deaf:
                self.other._later(wire.delay(), self.other.lose, ConnectionLost)
            return
        self.buffer += data
        before, self._given = self._given, self._given + len(data)
        self._written.append((self._given, wire.net.time.now))
        wire.net.watch.sent(self, data)
        soonest = wire.net.time.now + wire.net.fastest
        if self._wakes and self._wakes[-1][0] >= soonest and wire.chance.random() < 0.3:
            self._wakes[-1][1] = self._given  # it travels with what was written before
            return
        if len(data) > 1 and wire.chance.random() < wire.net.sliced:
            for cut in sorted(wire.chance.randrange(1, len(data)) for _ in range(wire.chance.randint(1, 3))):
                self._wake(before + cut)
        self._wake(self._given)

    def finish(self) -> None:
        """The other end closed in order: it comes after its bytes."""
        self._eof = True
        self._wake(self._given)

    def reset(self) -> None:
        """The connection is torn: some of what was under way may still arrive."""
        if self.gone:
            return
        if self.deaf:  # it will learn so when it hears again; but nobody repeats those bytes any more
            self.buffer.clear()
            self._wakes.clear()
            return
        left = self.wire.chance.randint(0, len(self.buffer)) if self.wire.chance.random() < 0.7 else 0
        if 0 < left < len(self.buffer):
            self.wire.net.watch.count("torn in the middle")
        del self.buffer[left:]
        self._wakes.clear()
        self._later(self.wire.delay(), self._torn)

    def _torn(self) -> None:
        if self.buffer and not self._paused:
            self._give(len(self.buffer))
        self.lose(ConnectionLost)

    def lose(self, why: type[Exception]) -> None:
        """It is over for this end."""
        if self.gone:
            return
        self.gone = self.shut = self.disconnecting = True
        self.buffer.clear()
        self._forget()
        self.wire.ended()
        if self.protocol is not None and not self.owner_dead:
            self.protocol.connectionLost(Failure(why()))

    def died(self) -> None:
        """Its owner is dead: the system closes, politely or not."""
        if not self.gone:
            self.gone = self.shut = True
            self._forget()
            self.buffer.clear()
            self.wire.ended()
            if self.wire.chance.random() < 0.3:
                self.other.finish()
            else:
                self.other.reset()

    def hear_again(self) -> None:
        """It was deaf; TCP repeats what was lost."""
        if self.deaf:
            self.deaf = False
            if not self.gone:
                self.wake_all()
                if self.other.gone and not self._eof:
                    self.reset()

    @property
    def owner_dead(self) -> bool:
        return self.owner is not None and self.owner.dead

    def _later(self, delay: float, call: Callable[..., Any], *args: Any) -> None:
        self.wire.net.time.later(None, delay, call, *args)

    def _wake(self, upto: float) -> None:
        at = max(self._last, self.wire.net.time.now + self.wire.delay(), self.wire.stalled)
        self._last = at
        entry = [at, upto]
        self._wakes.append(entry)
        self._later(at - self.wire.net.time.now, self._arrive, entry)

    def wake_all(self) -> None:
        self._wakes.clear()
        self._wake(self._given)

    def _arrive(self, entry: list[float]) -> None:
        if not self._wakes or self._wakes[0] is not entry or self.deaf:
            return
        if self.wire.net.time.now < self.wire.stalled:
            self.wake_all()
            return
        self._wakes.popleft()
        if self._paused or self.gone:
            return
        count = int(entry[1] - self._taken)
        if count > 0:
            self._give(count)
        if self._eof and not self.buffer and not self.gone and not self._wakes:
            self._end_of_stream()

    def _give(self, count: int) -> None:
        data = bytes(self.buffer[:count])
        del self.buffer[:count]
        while self._written and self._written[0][0] <= self._taken:
            self._written.popleft()
        self.sent_at = self._written[0][1] if self._written else self.wire.net.time.now
        self._taken += len(data)
        if self.other._producer is not None and not self.buffer and not self.other.gone:
            self.other._producer.resumeProducing()
        if self.owner_dead:
            return
        listening = not self.shut
        while self._told and self._told[0][0] <= self._taken:
            self._told.popleft()[1](listening)
        if not self.gone:
            self.protocol.dataReceived(data)
            self.wire.net.watch.arrived(self)

    def _end_of_stream(self) -> None:
        self._eof = False
        if self._halves and not self.shut:
            if not self.owner_dead:
                self.protocol.readConnectionLost()
        else:
            self.lose(ConnectionDone)

    def _forget(self) -> None:
        while self._told:
            self._told.popleft()[1](False)


class Wire:
    """One connection."""

    def __init__(self, net: Any, number: int, caller: Any, callee: Any, from_: Place, to: Place) -> None:
        self.net, self.number = net, number
        self.chance = random.Random(f"{net.seed} wire {number}")  # its own: what others do changes nothing here
        self.slow = self.chance.choice((0.0, 0.0, 0.05, 0.3))
        self.stalled = 0.0
        self.lost = False
        self.caller, self.callee = End(self, caller, from_, to), End(self, callee, to, from_)
        self.caller.other, self.callee.other = self.callee, self.caller

    @property
    def ends(self) -> tuple[End, End]:
        return self.caller, self.callee

    def delay(self) -> float:
        """How long a piece travels."""
        return self.net.fastest + self.chance.random() * (self.net.jitter + (self.slow if self.net.rough else 0.0))

    def cut(self) -> None:
        """Somebody pulled the plug."""
        self.net.watch.count("connections cut")
        for end in self.ends:
            end.reset()

    def stall(self, seconds: float) -> None:
        """Nothing arrives for a while."""
        self.net.watch.count("connections stalled")
        self.stalled = max(self.stalled, self.net.time.now + seconds)

    def swallow(self, ways: Iterable[End], for_good: bool) -> None:
        """Half-open: nothing arrives at these ends any more, and nobody is told."""
        self.net.watch.count("connections half-open for good" if for_good else "connections half-open")
        self.lost = self.lost or for_good
        for end in ways:
            end.deaf = True

    def ended(self) -> None:
        """One end is over; the wire is, if both are."""
        if self.caller.gone and self.callee.gone:
            self.net.wires.pop(self.number, None)
