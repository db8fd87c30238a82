"""A socket that many stations share, in memory."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from twisted.internet.defer import ensureDeferred

from gateway.links.datagrams import Socket, UdpPort
from tests.links.test_streams import Far


class Written:
    """A UDP transport: what was written; with ``broken``, what the system refuses."""

    def __init__(self, broken: bool = False) -> None:
        self.sent: list[tuple[bytes, Any]] = []
        self.broken = broken

    def write(self, data: bytes, peer: Any) -> None:
        if self.broken:
            raise OSError("message too long")
        self.sent.append((data, peer))


def bound(reply_port: int | None = None, broken: bool = False) -> tuple[Socket, Far, Written, list[str]]:
    far, refused = Far(), []
    one = Socket(far, reply_port, refused.append)
    transport = one.transport = Written(broken)
    one.startProtocol()
    return one, far, transport, refused


def test_datagrams_come_with_their_source_and_go_where_they_shall() -> None:
    one, far, transport, _ = bound()
    peers = []
    far.heard = lambda data, peer, place="": peers.append(peer)  # type: ignore[method-assign]
    one.datagramReceived(b"x", ("192.0.2.1", 9))
    far.link.write(b"y", peers[0])
    assert transport.sent == [(b"y", ("192.0.2.1", 9))]


def test_where_everybody_listens_at_one_port_the_source_port_says_nothing() -> None:
    one, far, _, _ = bound(reply_port=7090)
    peers = []
    far.heard = lambda data, peer, place="": peers.append(peer)  # type: ignore[method-assign]
    one.datagramReceived(b"x", ("192.0.2.1", 40000))
    assert peers == [("192.0.2.1", 7090)]


def test_what_the_system_will_not_send_is_counted_and_lost() -> None:
    _one, far, _, refused = bound(broken=True)
    far.link.write(b"y" * 70000, ("192.0.2.1", 9))
    assert refused == ["unsent"]


class Reactor:
    """Binds what it is told to; a port of 0 becomes 7."""

    def __init__(self) -> None:
        self.bound: list[tuple[int, str]] = []

    def listenUDP(self, port: int, socket: Socket, host: str, longest: int) -> Any:
        self.bound.append((port, host))
        return SimpleNamespace(getHost=lambda: SimpleNamespace(port=port or 7), stopListening=lambda: None)


def test_a_port_can_be_shut_and_opened_again() -> None:
    reactor, sockets = Reactor(), []

    def socket() -> Socket:
        sockets.append(Socket(Far()))
        return sockets[-1]

    port = UdpPort(reactor, "127.0.0.1", 0, socket)
    for _ in range(2):
        done: list[Any] = []
        ensureDeferred(port.open()).addCallbacks(done.append, done.append)
        assert (done, bool(port.listening)) == ([None], True)
        port.shut()
        assert not port.listening
    assert len(sockets) == 2
    assert reactor.bound == [(0, "127.0.0.1"), (7, "127.0.0.1")], "at the same place as before"
