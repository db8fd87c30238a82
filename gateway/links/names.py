"""Looks up the names of hosts that we call, in the place of the reactor's own resolver.

In: names.  Out: their addresses, to Twisted's receivers.
Not here: which address is tried (Twisted's `HostnameEndpoint`: the first, and 0.3 s later the next beside it, until one answers).

The system's resolver blocks whoever asks, for half a minute and more where no name server answers.  After an outage thousands of
links ask for one and the same name: they share one look-up.  Each has a thread of its own, which nobody waits for: neither the
others, nor a reload, nor the end of the process.  Nothing is remembered: a back end that moves is found at its new address.
"""

from __future__ import annotations

import socket
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IHostnameResolver, IHostResolution
from zope.interface import implementer  # type: ignore[import-untyped]

MOST_AT_ONCE = 32
"""Names that are looked up side by side; others wait."""
MOST_ADDRESSES = 16
"""Of one name: each that does not answer costs a socket until its time is over."""
LONGEST = 60.0
"""Seconds after which who waits is told that there is no such name, though the look-up may go on."""

LookUp: TypeAlias = Callable[..., Sequence[tuple[Any, ...]]]
Question: TypeAlias = tuple[str, int, int, int]
_FAMILIES = {IPv4Address: socket.AF_INET, IPv6Address: socket.AF_INET6}
_KINDS = {"TCP": socket.SOCK_STREAM, "UDP": socket.SOCK_DGRAM}


@implementer(IHostnameResolver)
class Names:
    """``look_up`` is `socket.getaddrinfo` or like it; ``begin`` runs a function beside the reactor."""

    def __init__(self, reactor: Any, look_up: LookUp = socket.getaddrinfo, begin: Callable[..., None] | None = None) -> None:
        self._reactor, self._look_up, self._start = reactor, look_up, begin or _in_a_thread
        self._asked: dict[Question, list[Any]] = {}  # looked up, or in the queue; who waits
        self._timers: dict[Question, Any] = {}
        self._queue: deque[Question] = deque()
        self._running = 0

    def resolveHostName(
        self,
        resolutionReceiver: Any,
        hostName: str,
        portNumber: int = 0,
        addressTypes: Sequence[type[Any]] | None = None,
        transportSemantics: str = "TCP",
    ) -> Any:
        """See Twisted's `IHostnameResolver`."""
        families = {_FAMILIES[one] for one in addressTypes or _FAMILIES}
        family = families.pop() if len(families) == 1 else socket.AF_UNSPEC
        question = (hostName, portNumber, int(family), int(_KINDS[transportSemantics]))
        made = _Resolution(hostName)
        resolutionReceiver.resolutionBegan(made)
        self._ask(question, resolutionReceiver)
        return made

    def _ask(self, question: Question, receiver: Any) -> None:
        if question not in self._asked:
            self._asked[question] = []
            self._queue.append(question)
        self._asked[question].append(receiver)
        if question not in self._timers:
            self._timers[question] = self._reactor.callLater(LONGEST, self._late, question)
        self._next()

    def _next(self) -> None:
        while self._queue and self._running < MOST_AT_ONCE:
            self._running += 1
            question = self._queue.popleft()
            try:
                self._start(self._work, question)
            except RuntimeError:  # the system gives no thread
                self._reactor.callLater(0, self._found, question, ())

    def _work(self, question: Question) -> None:
        """Outside the reactor's thread.  Whatever goes wrong, nobody may wait for ever."""
        try:
            found = self._look_up(*question)
        except Exception:
            found = ()
        self._reactor.callFromThread(self._found, question, found)

    def _found(self, question: Question, found: Sequence[tuple[Any, ...]]) -> None:
        self._running -= 1
        waiting = self._asked.pop(question)
        if question in self._timers:
            self._timers.pop(question).cancel()
        _tell(waiting, [one for one in map(_address, found) if one is not None][:MOST_ADDRESSES])
        self._next()

    def _late(self, question: Question) -> None:
        del self._timers[question]
        waiting, self._asked[question] = self._asked[question], []
        _tell(waiting, [])


@implementer(IHostResolution)
class _Resolution:
    def __init__(self, name: str) -> None:
        self.name = name

    def cancel(self) -> None:
        """Nobody asks for this: who has gone hears of it all the same."""


def _tell(waiting: Sequence[Any], addresses: Sequence[Any]) -> None:
    for receiver in waiting:
        for address in addresses:
            receiver.addressResolved(address)
        receiver.resolutionComplete()


def _address(found: tuple[Any, ...]) -> IPv4Address | IPv6Address | None:
    family, kind, _, _, where = found
    protocol: Any = "UDP" if kind == socket.SOCK_DGRAM else "TCP"
    if family == socket.AF_INET:
        return IPv4Address(protocol, *where[:2])
    return IPv6Address(protocol, *where) if family == socket.AF_INET6 else None


def _in_a_thread(work: Callable[..., None], *given: Any) -> None:
    threading.Thread(target=work, args=given, name="look-up", daemon=True).start()
