"""Names that resolve slowly, never, to many addresses, or to others than before; nobody but who asked waits for them."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Any

from twisted.internet.endpoints import HostnameEndpoint
from twisted.internet.error import ConnectionRefusedError, DNSLookupError
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import Clock
from twisted.internet.testing import MemoryReactorClock, StringTransport
from twisted.python.failure import Failure

from gateway.links.address import read_address
from gateway.links.dial import Dialled, dial
from gateway.links.limits import Limits
from gateway.links.names import LONGEST, MOST_ADDRESSES, MOST_AT_ONCE, Names
from gateway.links.websocket import connect


def addresses(*hosts: str) -> list[tuple[Any, ...]]:
    families = [socket.AF_INET6 if ":" in one else socket.AF_INET for one in hosts]
    return [
        (family, socket.SOCK_STREAM, 6, "", (one, 9000, 0, 0) if ":" in one else (one, 9000))
        for family, one in zip(families, hosts, strict=True)
    ]


class Reactor(MemoryReactorClock):
    """Its names are looked up when the test says so: ``look_ups`` are those under way."""

    def __init__(self) -> None:
        super().__init__()
        self.look_ups: list[tuple[Callable[..., None], tuple[Any, ...]]] = []
        self.found: Any = []
        self.nameResolver = self.names = Names(self, self._look_up, lambda *call: self.look_ups.append((call[0], call[1:])))

    def callFromThread(self, call: Callable[..., None], *given: Any) -> None:
        call(*given)

    def _look_up(self, *question: Any) -> Sequence[tuple[Any, ...]]:
        if isinstance(self.found, Exception):
            raise self.found
        found: Sequence[tuple[Any, ...]] = self.found
        return found

    def answer(self, found: Any) -> None:
        """The oldest look-up ends."""
        self.found = found
        call, given = self.look_ups.pop(0)
        call(*given)

    @property
    def called(self) -> list[str]:
        return [place[0] for place in self.tcpClients]


def ask(reactor: Reactor, host: str = "csms.example") -> list[Any]:
    results: list[Any] = []
    HostnameEndpoint(reactor, host, 9000, timeout=30).connect(Factory.forProtocol(Protocol)).addBoth(results.append)
    return results


def refuse(reactor: Reactor) -> None:
    reactor.tcpClients[-1][2].clientConnectionFailed(None, Failure(ConnectionRefusedError()))


def test_a_crowd_that_asks_for_one_name_shares_one_look_up() -> None:
    reactor = Reactor()
    for _ in range(300):
        ask(reactor)
    assert len(reactor.look_ups) == 1
    reactor.answer(addresses("192.0.2.1"))
    assert reactor.called == ["192.0.2.1"] * 300


def test_each_attempt_looks_anew_so_that_a_back_end_may_move() -> None:
    reactor = Reactor()
    for host in ("192.0.2.1", "192.0.2.2"):
        ask(reactor)
        reactor.answer(addresses(host))
    assert reactor.called == ["192.0.2.1", "192.0.2.2"]


def test_a_name_that_is_none_fails_and_is_asked_for_again() -> None:
    reactor = Reactor()
    for wrong in (socket.gaierror(-2, "no such name"), UnicodeError("label too long"), OSError(24, "too many open files"), []):
        results = ask(reactor)
        reactor.answer(wrong)
        assert isinstance(results[0].value, DNSLookupError)
    assert reactor.getDelayedCalls() == []


def test_all_addresses_are_tried_until_one_answers() -> None:
    reactor = Reactor()
    results = ask(reactor)
    reactor.answer(addresses("2001:db8::1", "192.0.2.1", "192.0.2.2"))
    refuse(reactor)
    reactor.advance(0.3)  # the second says nothing
    reactor.advance(0.3)
    assert reactor.called == ["2001:db8::1", "192.0.2.1", "192.0.2.2"]
    reactor.tcpClients[-1][2].buildProtocol(None).makeConnection(StringTransport())
    assert [isinstance(one, Protocol) for one in results] == [True]


def test_of_a_thousand_addresses_a_few_are_tried() -> None:
    reactor = Reactor()
    ask(reactor)
    reactor.answer(addresses(*(f"192.0.2.{number % 250}" for number in range(1000))))
    reactor.pump([0.3] * 50)
    assert len(reactor.called) == MOST_ADDRESSES


def test_a_resolver_that_hangs_keeps_nobody_and_nothing() -> None:
    reactor = Reactor()
    for _ in range(20):
        results = [ask(reactor) for _ in range(50)]
        reactor.advance(LONGEST)
        assert all(isinstance(one[0].value, DNSLookupError) for one in results)
    assert len(reactor.look_ups) == 1, "it is not asked again before it has answered"
    assert sum(map(len, reactor.names._asked.values())) == 0
    assert reactor.getDelayedCalls() == []
    late = ask(reactor)
    reactor.answer(addresses("192.0.2.1"))
    assert late == []
    assert reactor.called == ["192.0.2.1"]


def test_many_names_that_hang_use_only_so_many_threads() -> None:
    reactor = Reactor()
    for number in range(MOST_AT_ONCE + 10):
        ask(reactor, f"csms{number}.example")
    assert len(reactor.look_ups) == MOST_AT_ONCE
    reactor.answer(addresses("192.0.2.1"))
    assert len(reactor.look_ups) == MOST_AT_ONCE
    while reactor.look_ups:
        reactor.answer(addresses("192.0.2.1"))
    assert len(reactor.called) == MOST_AT_ONCE + 10
    assert reactor.names._timers == {}


def test_where_the_system_gives_no_thread_the_attempt_fails() -> None:
    def none(*call: Any) -> None:
        raise RuntimeError("can't start new thread")

    reactor = Reactor()
    reactor.nameResolver = Names(reactor, reactor._look_up, none)
    results = ask(reactor)
    reactor.advance(0)
    assert isinstance(results[0].value, DNSLookupError)


def test_an_attempt_is_over_in_its_time_though_the_name_is_still_looked_up(heard) -> None:  # type: ignore[no-untyped-def]
    reactor = Reactor()
    results: list[Any] = []
    connect(reactor, "ws://csms.example/ocpp", ("ocpp1.6",), [], heard, Limits(), 8.0).addBoth(results.append)
    reactor.advance(8.0)
    assert not results[0].value.reached
    reactor.answer(addresses("192.0.2.1"))
    assert reactor.called == []


def test_a_look_up_has_a_thread_of_its_own() -> None:
    clock, done, threads = Clock(), threading.Event(), list[Any]()

    def look_up(*question: Any) -> Sequence[tuple[Any, ...]]:
        threads.append(threading.current_thread())
        done.set()
        return []

    clock.callFromThread = lambda *call: None  # type: ignore[attr-defined]
    reactor = Reactor()
    reactor.nameResolver = Names(clock, look_up)
    ask(reactor)
    assert done.wait(120)
    assert threads[0] is not threading.current_thread()
    assert threads[0].daemon


ENDS = """
import threading
from gateway.cli.run import steady_reactor
from gateway.links.names import Names
reactor, begun = steady_reactor(), threading.Event()
def hang(*question):
    begun.set()
    threading.Event().wait()
reactor.installNameResolver(Names(reactor, hang))
reactor.resolve("csms.example").addErrback(print)
def end():
    begun.wait()
    reactor.stop()
reactor.callWhenRunning(lambda: reactor.callLater(0, end))
reactor.run()
print("ended")
"""


def test_a_resolver_that_hangs_does_not_keep_the_process() -> None:
    done = subprocess.run([sys.executable, "-c", ENDS], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout.splitlines()[-1:]) == (0, ["ended"]), done.stderr


def test_an_address_is_not_looked_up() -> None:
    reactor = Reactor()
    dial(reactor, read_address("ws://192.0.2.9:9000/", ("ws",)), Dialled(), None, 5.0)
    assert reactor.look_ups == []
    assert reactor.called == ["192.0.2.9"]
