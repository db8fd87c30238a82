"""Stations behind a real broker (amqtt) on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.links.mqtt import UNREACHED, Broker, Mqtt
from gateway.links.trust import Trust
from tests.links.test_streams import Far
from tests.peers import brokers
from tests.peers.running import free_port, until


class Reactor:
    """Runs what other threads ask for when the test says so."""

    def __init__(self) -> None:
        self.asked: list[Any] = []

    def callFromThread(self, call: Any, *about: Any) -> None:
        self.asked.append((call, about))

    def callInThread(self, call: Any, *about: Any) -> None:
        call(*about)

    def turn(self) -> bool:
        while self.asked:
            call, about = self.asked.pop(0)
            call(*about)
        return True


class Heard(Far):
    """Payloads with their topics."""

    def heard(self, data: bytes, peer: Any, place: str = "") -> None:
        self.data.append(f"{place} {data.decode()}".encode())


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Any]:
    """Starts a broker, and starts it again at the same port after ``kill``."""
    made = brokers.Broker(tmp_path)

    def start() -> int:
        return made.start().port

    start.kill = made.kill  # type: ignore[attr-defined]
    yield start
    made.kill()


def test_messages_come_with_their_topics_and_go_to_theirs_over_a_restart_of_the_broker(broker: Any) -> None:
    port, reactor, far, refused = broker(), Reactor(), Heard(), list[str]()
    box = brokers.connected(port)
    heard: list[tuple[str, bytes]] = []
    box.on_message = lambda _, __, message: heard.append((message.topic, message.payload))
    box.subscribe("box/cmd")
    link = Mqtt(reactor, Broker("127.0.0.1", port, False, ["box/+/state"]), far, refused.append)
    link.open()
    link.open()
    until(lambda: reactor.turn() and far.link, "the link is up")
    until(lambda: box.publish("box/7/state", b"charging") and reactor.turn() and far.data, "something is heard")
    assert far.data[0] == b"box/7/state charging"
    until(lambda: link.write(b"stop", link.peer, "box/cmd") or heard, "something is said")
    assert heard[0] == ("box/cmd", b"stop")
    broker.kill()
    until(lambda: reactor.turn() and far.ends, "the loss is noticed")
    assert not link.open_to(link.peer)
    far.link = None
    broker()
    until(lambda: reactor.turn() and far.link, "the link is up again")
    link.shut()
    assert far.ends[-1] == "shut"
    box.loop_stop()
    before = len(far.data)
    reactor.turn()
    assert (len(far.data), refused) == (before, [])


def test_a_broker_over_tls_is_believed_by_its_own_signer_and_shown_a_password(tmp_path: Path) -> None:
    broker = brokers.Broker(tmp_path, secure=True, login=("gateway", "secret"))
    broker.start()
    reactor, far, refused = Reactor(), Heard(), list[str]()

    def at(password: str, trust: Trust) -> Mqtt:
        place = Broker("127.0.0.1", broker.port, True, ["box/#"], 0, ("gateway", password), trust)
        link = Mqtt(reactor, place, far, refused.append)
        link.open()
        return link

    try:
        for trust in (Trust(tmp_path / "cert.pem"), Trust(verify=False)):
            far.link, far.data, link = None, [], at("secret", trust)
            until(lambda: reactor.turn() and far.link, "the link is up")
            until(lambda link=link: link.write(b"7", link.peer, "box/level") or (reactor.turn() and far.data), "it hears itself")
            assert far.data[0] == b"box/level 7"
            link.shut()
        far.link, wrong = None, at("guess", Trust(tmp_path / "cert.pem"))
        until(lambda: reactor.turn() and "the broker refuses us" in far.ends[-1], "it is told why it is not let in")
        assert far.link is None
        wrong.shut()
    finally:
        broker.kill()


def test_a_broker_that_is_not_there_is_told() -> None:
    reactor, far = Reactor(), Heard()
    link = Mqtt(reactor, Broker("127.0.0.1", free_port(), False, []), far, lambda why: None)
    link.open()
    until(lambda: reactor.turn() and far.ends, "the failure is told")
    assert far.ends[0] == UNREACHED
    link.shut()


def test_a_flood_is_not_kept_in_memory() -> None:
    reactor, far = Reactor(), Heard()
    link = Mqtt(reactor, Broker("127.0.0.1", 1, False, []), far, lambda why: None)
    for _ in range(5000):
        link._tell(lambda: None, None)
    assert len(reactor.asked) == 1000
