"""Opens listening ports.

In: a reactor, a place, a Twisted factory, perhaps certificate files.  Out: a port that can be closed.
Not here: what is served.
"""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred, fail
from twisted.internet.endpoints import TCP4ServerEndpoint, TCP6ServerEndpoint
from twisted.internet.tcp import Port
from twisted.protocols.tls import TLSMemoryBIOFactory

from gateway.links.descriptors import STATIONS, room
from gateway.links.trust import CertificateFiles, server_options

AT_ONCE = 20
"""New connections of one look at the sockets.  After a restart thousands stand there.  Taken in all at once they would take their
handshakes of TLS side by side, be done at the same time, and that after their deadline; the kernel keeps those that wait."""


REST = 1.0
"""Seconds for which a port takes nobody in where no descriptor is left for them; the kernel keeps them meanwhile."""


def listen(
    reactor: Any,
    host: str,
    port: int,
    factory: Any,
    tls: CertificateFiles | None = None,
    backlog: int = 1024,
    who: float = STATIONS,
) -> Deferred[Any]:
    """Listen on ``host`` (empty: every IPv4 address; ``::`` every address) and ``port`` (0: any free one).

    ``who`` comes in, and may not touch so much of the last descriptors (`gateway.links.descriptors`).  Gives the IListeningPort;
    fails with CannotListenError, or OSError or OpenSSL's errors for bad certificate files.
    """
    try:
        if tls is not None:
            factory = TLSMemoryBIOFactory(server_options(tls), False, factory, reactor)
        kind: Any = TCP6ServerEndpoint if ":" in host else TCP4ServerEndpoint
        opened: Deferred[Any] = kind(reactor, port, backlog, host).listen(factory)
        return opened.addCallback(_few_at_once, who)
    except Exception:
        return fail()


def _few_at_once(port: Any, who: float) -> Any:
    """Twisted takes more at once each time that there are more.  Where it cannot, for want of descriptors, it closes all who wait
    or, where its one spare descriptor is gone too, asks again and again without a pause."""
    if isinstance(port, Port):
        accept: Any = port.doRead

        def take() -> None:
            port.numberAccepts = room(AT_ONCE, who)
            if port.numberAccepts:
                accept()
            else:
                _rest(port)

        port.doRead = take  # type: ignore[method-assign]
    return port


def _rest(port: Any) -> None:
    port.stopReading()
    port.reactor.callLater(REST, _go_on, port)


def _go_on(port: Any) -> None:
    if port.connected and not port.disconnecting:
        port.startReading()
