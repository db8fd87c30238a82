"""Opens a connection to a peer, with or without TLS.

In: an `Address` and a protocol.  Out: the protocol connected and told `ready`, or `LinkFailed` with ``reached`` false.
Not here: what is said once connected.
"""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred, fail
from twisted.internet.endpoints import HostnameEndpoint, TCP4ClientEndpoint, TCP6ClientEndpoint
from twisted.internet.interfaces import IHandshakeListener
from twisted.internet.protocol import Factory, Protocol
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.python.failure import Failure
from zope.interface import implementer  # type: ignore[import-untyped]

from gateway.links.address import Address
from gateway.links.descriptors import LINKS, room
from gateway.links.limits import LinkFailed
from gateway.links.trust import PLATFORM, Trust


@implementer(IHandshakeListener)
class Dialled(Protocol):
    """A protocol at the calling end.  `ready` is called once something may be written: not before TLS is agreed on, so
    that nothing is thought delivered to a peer that was not believed."""

    secure = False

    def ready(self) -> None:
        """Write from now on."""
        raise NotImplementedError

    def connectionMade(self) -> None:
        """Twisted: TCP is there."""
        if not self.secure:
            self.ready()

    def handshakeCompleted(self) -> None:
        """Twisted: TLS is there."""
        self.ready()


class _One(Factory):
    noisy = False

    def __init__(self, protocol: Dialled) -> None:
        self._dialled = protocol

    def buildProtocol(self, addr: Any) -> Dialled | None:
        return self._dialled if self._dialled.transport is None else None


def dial(reactor: Any, address: Address, protocol: Dialled, trust: Trust | None, within: float) -> Deferred[Any]:
    """Connect ``protocol``.  The Deferred fires when TCP is there; cancelling it ends the attempt.

    A name is looked up by the reactor (`gateway.links.names`); an IP address is connected to as it stands,
    so that a simulated reactor needs no resolver.  Fails with Twisted's errors, OSError or OpenSSL's errors.
    """
    if not room(1, LINKS):
        return fail(LinkFailed("no descriptor is left for another connection", reached=False))
    try:
        factory: Any = _One(protocol)
        if address.secure:
            protocol.secure = True
            factory = TLSMemoryBIOFactory((trust or PLATFORM).options(address.host), True, factory, reactor)
        attempt: Deferred[Any] = endpoint(reactor, address, within).connect(factory)
        return attempt
    except Exception:  # a CA file that cannot be read, a name that is no host name
        return fail()


def endpoint(reactor: Any, address: Address, within: float) -> Any:
    """The Twisted endpoint for an address."""
    if not address.numeric:
        return HostnameEndpoint(reactor, address.host, address.port, timeout=within)
    kind = TCP6ClientEndpoint if ":" in address.host else TCP4ClientEndpoint
    return kind(reactor, address.host, address.port, timeout=within)


def words(failure: Failure) -> str:
    """Why a connection failed, for people."""
    error = failure.value
    if error is None:
        return "connection failed"
    text = str(error).strip() or type(error).__name__
    if type(error).__module__.startswith(("OpenSSL", "service_identity", "twisted.internet._sslverify")):
        return f"TLS failed: {text[:200]}"
    return text[:200]
