"""Stations behind an MQTT broker: each message is a topic and a payload.

In: a broker's place, topics to hear.  Out: payloads with their topics, to a `gateway.links.streams.Receiver`; its own to theirs.
Not here: whose a message is, what it means.

The client is paho's, in a thread of its own (docs/decisions/0010-mqtt-client.rst); whatever it says reaches the receiver in the
reactor's thread.  It connects again by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from gateway.links.streams import Peer, Receiver
from gateway.links.trust import PLATFORM, Trust

MOST_WAITING = 1000
"""Messages that may wait for the reactor, and as many that may wait for the broker; further ones are dropped."""
LARGEST = 1 << 20
"""Bytes of a payload; a longer one is dropped."""
KEEP_ALIVE = 30
UNREACHED = "the broker is not reached, or shows a certificate that is not believed"


@dataclass(frozen=True)
class Broker:
    """Where it is, and what is heard there.  ``login``: name and password, perhaps; ``trust``: whose certificate it may show."""

    host: str
    port: int
    secure: bool
    topics: Sequence[str]
    qos: int = 0
    login: tuple[str, str] | None = None
    trust: Trust = PLATFORM


class Mqtt:
    """One client of one broker: the link of all stations behind it."""

    def __init__(self, reactor: Any, broker: Broker, receiver: Receiver, on_refused: Callable[[str], None]) -> None:
        self._reactor, self._broker, self._receiver, self._on_refused = reactor, broker, receiver, on_refused
        self.peer: Peer = (broker.host, broker.port)
        self._client: Client | None = None
        self._up = False
        self._waiting = 0

    # -- from the owner ------------------------------------------------------------------------------------------

    def open(self) -> None:
        """Connect, and connect again whenever that is needed."""
        if self._client is not None:
            return
        client = self._client = Client(CallbackAPIVersion.VERSION2)
        client.max_queued_messages_set(MOST_WAITING)
        client.reconnect_delay_set(1, 60)
        if self._broker.login is not None:
            client.username_pw_set(*self._broker.login)
        if self._broker.secure:
            client.tls_set_context(self._broker.trust.context())
        client.on_connect = lambda _, __, ___, code, *____: self._tell(self._connected, client, code)
        client.on_connect_fail = lambda *_: self._tell(self._receiver.closed, client, UNREACHED)
        client.on_disconnect = lambda *_: self._tell(self._lost, client)
        client.on_message = lambda _, __, message: self._tell(self._message, client, message)
        client.connect_async(self._broker.host, self._broker.port, KEEP_ALIVE)
        client.loop_start()

    def shut(self) -> None:
        """End; nothing more is heard."""
        client, self._client = self._client, None
        if client is not None:
            self._down("shut")
            self._reactor.callInThread(_end, client)

    def open_to(self, peer: Peer) -> bool:
        """Whether something may be said."""
        return self._up

    def write(self, data: bytes, peer: Peer, place: str = "") -> None:
        """Publish; ``place`` is the topic."""
        if self._client is not None:
            self._client.publish(place, data, self._broker.qos)

    def bad(self, peer: Peer) -> None:
        """What came could not be used: nobody is told."""

    def close(self) -> None:
        """Nothing: others share the broker."""

    def abort(self, why: str = "") -> None:
        """Nothing: others share the broker."""

    # -- from paho's thread --------------------------------------------------------------------------------------

    def _tell(self, what: Callable[..., None], *about: Any) -> None:
        if self._waiting < MOST_WAITING:
            self._waiting += 1
            self._reactor.callFromThread(self._told, what, *about)

    # -- in the reactor's ----------------------------------------------------------------------------------------

    def _told(self, what: Callable[..., None], client: Client, *about: Any) -> None:
        self._waiting -= 1
        if client is self._client:
            what(*about)

    def _connected(self, code: Any) -> None:
        if code.is_failure:
            self._receiver.closed(f"the broker refuses us: {code}")
        elif self._client is not None and self._client.is_connected() and not self._up:
            for topic in self._broker.topics:
                self._client.subscribe(topic, self._broker.qos)
            self._up = True
            self._receiver.opened(self)

    def _lost(self) -> None:
        self._down("the broker's connection is lost")

    def _down(self, why: str) -> None:
        if self._up:
            self._up = False
            self._receiver.closed(why)

    def _message(self, message: MQTTMessage) -> None:
        if len(message.payload) > LARGEST:
            self._on_refused("body_too_large")
        elif self._up:
            self._receiver.heard(bytes(message.payload), self.peer, message.topic)


def _end(client: Client) -> None:
    client.disconnect()
    client.loop_stop()
