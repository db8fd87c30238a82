"""Opens listening ports.

In: a reactor, a place, a Twisted factory, perhaps certificate files.  Out: a port that can be closed.
Not here: what is served.
"""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred, fail
from twisted.internet.endpoints import TCP4ServerEndpoint, TCP6ServerEndpoint
from twisted.protocols.tls import TLSMemoryBIOFactory

from gateway.links.trust import CertificateFiles, server_options


def listen(
    reactor: Any, host: str, port: int, factory: Any, tls: CertificateFiles | None = None, backlog: int = 1024
) -> Deferred[Any]:
    """Listen on ``host`` (empty: every IPv4 address; ``::`` every address) and ``port`` (0: any free one).

    Gives the IListeningPort; fails with CannotListenError, or OSError or OpenSSL's errors for bad certificate files.
    """
    try:
        if tls is not None:
            factory = TLSMemoryBIOFactory(server_options(tls), False, factory, reactor)
        kind: Any = TCP6ServerEndpoint if ":" in host else TCP4ServerEndpoint
        opened: Deferred[Any] = kind(reactor, port, backlog, host).listen(factory)
        return opened
    except Exception:
        return fail()
