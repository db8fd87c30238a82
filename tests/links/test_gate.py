"""A listener that is shut and opened again, on real sockets of this machine."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace
from typing import Any

from twisted.internet.defer import ensureDeferred
from twisted.internet.testing import MemoryReactorClock

from gateway.links.gate import Gate


class Port:
    """A listening port that counts how often it was closed."""

    def __init__(self, number: int) -> None:
        self.number, self.closed = number, 0

    def getHost(self) -> Any:
        return SimpleNamespace(port=self.number)

    def stopListening(self) -> None:
        self.closed += 1


@dataclasses.dataclass
class Transport:
    aborted: bool = False

    def abortConnection(self) -> None:
        self.aborted = True


@dataclasses.dataclass(eq=False)
class Connection:
    transport: Transport


def gate(monkeypatch: Any, live: set[Any]) -> tuple[Gate, list[Port]]:
    from twisted.internet.defer import succeed

    ports: list[Port] = []

    def listen(reactor: Any, host: str, port: int, factory: Any, tls: Any) -> Any:
        ports.append(Port(port or 4711))
        return succeed(ports[-1])

    monkeypatch.setattr("gateway.links.gate.listen", listen)
    return Gate(MemoryReactorClock(), "127.0.0.1", 0, SimpleNamespace(live=live)), ports  # type: ignore[arg-type]


def test_it_opens_again_at_the_port_that_it_found(monkeypatch: Any) -> None:
    one, ports = gate(monkeypatch, set())
    for _ in range(2):
        ensureDeferred(one.open())
    assert [port.number for port in ports] == [4711], "open twice is open once"
    one.close()
    one.close()
    assert (one.listening, ports[0].closed) == (None, 1)
    ensureDeferred(one.open())
    assert [port.number for port in ports] == [4711, 4711]


def test_shutting_drops_who_is_there_and_closing_does_not(monkeypatch: Any) -> None:
    connection = Connection(Transport())
    one, _ = gate(monkeypatch, {connection})
    ensureDeferred(one.open())
    one.close()
    assert not connection.transport.aborted
    one.shut()
    assert connection.transport.aborted
