"""Client and server against each other on a simulated clock, as the gateway's simulation will run them; with TLS and without."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest
from twisted.internet.abstract import FileDescriptor
from twisted.internet.address import IPv4Address
from twisted.internet.testing import MemoryReactorClock
from twisted.test.iosim import FakeTransport, IOPump

from gateway.links.client import HttpClient
from gateway.links.http import http_factory
from gateway.links.limits import Limits
from gateway.links.server import listen
from gateway.links.trust import Trust
from gateway.links.websocket import connect

PATIENT = Limits(
    handshake_deadline=600,
    request_deadline=600,
    answer_deadline=600,
    idle=600,
    stall=600,
    close_wait=30,
    dead_after=600,
    write_buffer=2**22,
)
"""Slices and pauses are tried here, not deadlines: how many bytes TLS makes of a message is by chance, and so is how long."""

STEPS = 3000
"""Most that one thing takes; some hundred are usual."""


class End(FakeTransport):
    """One end of a pipe, which can be asked to read no more for a while; it says when much waits, and when all has left."""

    paused = full = False

    def pauseProducing(self) -> None:
        self.paused = True

    def resumeProducing(self) -> None:
        self.paused = False

    def write(self, data: bytes) -> None:
        super().write(data)
        if self.producer is not None and not self.full and sum(map(len, self.stream)) > FileDescriptor.bufferSize:
            self.full = True
            self.producer.pauseProducing()

    def drained(self) -> None:
        if self.full and not self.stream:
            self.full = False
            if self.producer is not None:
                self.producer.resumeProducing()


class World:
    """One server; each connection attempt of the clients reaches it over a pipe in memory."""

    def __init__(self, seed: int, heard: Any, files: Any) -> None:
        self.clock, self.chance = MemoryReactorClock(), random.Random(seed)
        self.pumps: list[IOPump] = []
        self.heard, self.server_side, self.refused = heard, type(heard)(), []
        self.factory = http_factory(self.clock, self.answer, self.shake, PATIENT, self.refused.append)
        listen(self.clock, "192.0.2.1", 443, self.factory, files)

    def answer(self, exchange: Any) -> None:
        delay = self.chance.random() * 3
        self.clock.callLater(delay, exchange.respond, 200, [], exchange.request.body[::-1])

    def shake(self, handshake: Any) -> None:
        self.socket = handshake.accept(handshake.subprotocols[0], self.server_side)
        self.server_side.then = self.socket.send

    def step(self) -> None:
        while self.clock.tcpClients:
            client = self.clock.tcpClients.pop()[2].buildProtocol(None)
            server = self.clock.tcpServers[0][1].buildProtocol(None)
            ends = End(client, False), End(server, True, None, IPv4Address("TCP", "192.0.2.7", 1))
            client.makeConnection(ends[0])
            server.makeConnection(ends[1])
            self.pumps.append(IOPump(client, server, *ends, False, self.clock))
        for pump in self.pumps:
            self.move(pump)
        self.clock.advance(self.chance.choice((0.01, 0.1, 1.0)))
        self.factory.pause(self.chance.random() < 0.3)

    def steps(self, done: Any) -> Iterator[None]:
        """One after the other until it is done, and some more in which nothing may happen any more."""
        for _ in range(STEPS):
            self.step()
            yield
            if done():
                break
        for _ in range(20):
            self.step()
            yield

    def move(self, pump: IOPump) -> None:
        """Carry on all that is under way, or only the first bytes of it."""
        ends = (pump.clientIO, pump.serverIO)
        if any(end.disconnecting for end in ends):
            pump.pump(advanceClock=False)
            return
        for end, other in (ends, ends[::-1]):
            data = end.getOutBuffer() or b""
            cut = self.chance.choice((len(data), self.chance.randrange(len(data) + 1)))
            if cut and not other.paused:
                other.bufferReceived(data[:cut])
                data = data[cut:]
            if data:
                end.stream.insert(0, data)
            end.drained()


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("secure", [False, True])
def test_a_dialogue_in_random_slices_pauses_and_delays(seed, secure, heard, files):
    world = World(seed, heard, files if secure else None)
    opened: list[Any] = []
    end, trust = "s" * secure, Trust(verify=False)
    connect(world.clock, f"ws{end}://192.0.2.1/CP1", ["a", "b"], [], heard, PATIENT, 600, trust).addBoth(opened.append)
    client, answers = HttpClient(world.clock, PATIENT, trust), []
    said = [f"message {number} {'x' * world.chance.choice((1, 500, 40_000))}" for number in range(20)]
    posted = False
    for _ in world.steps(lambda: len(answers) == len(heard.texts) == len(world.server_side.texts) == 20):
        if opened and not posted:
            posted = True
            for text in said:
                opened[0].send(text)
                url = f"http{end}://192.0.2.1/ocpp"
                client.post(url, [], text.encode(), 600).addBoth(lambda answer, text=text: answers.append((text, answer)))
    assert heard.texts == said
    assert world.server_side.texts == said
    assert sorted(text for text, _ in answers) == sorted(said)
    assert all(answer.body == text[::-1].encode() for text, answer in answers)
    assert opened[0].subprotocol == "a"
    assert not world.refused
    opened[0].close(1001, "done")
    client.close()
    world.factory.drain()
    for _ in world.steps(lambda: heard.ends and world.server_side.ends and not world.factory.live):
        pass
    assert heard.ends == [(1001, "done")]
    assert world.server_side.ends == [(1001, "done")]
    assert not world.factory.live
    assert not world.clock.getDelayedCalls()


@pytest.mark.parametrize("secure", [False, True])
def test_two_ends_with_much_to_say_at_once_hear_each_other(secure, heard, files):
    world, opened = World(1, heard, files if secure else None), list[Any]()
    url = f"ws{'s' * secure}://192.0.2.1/CP1"
    connect(world.clock, url, ["a"], [], heard, PATIENT, 600, Trust(verify=False)).addBoth(opened.append)
    for _ in world.steps(lambda: opened):
        pass
    world.server_side.then = None
    said = [f"message {number} {'x' * 40_000}" for number in range(20)]
    for text in said:
        opened[0].send(text)
        world.socket.send(text)
    for _ in world.steps(lambda: len(heard.texts) == len(world.server_side.texts) == len(said)):
        pass
    assert heard.texts == world.server_side.texts == said
