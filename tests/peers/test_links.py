"""Every link that a protocol of its own may use, through a real gateway: a toy comes over each, and is on the back end."""

from __future__ import annotations

import http.server
import json
import socket
import threading
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.server import serve
from websockets.sync.client import connect

from tests.links.test_mqtt import broker
from tests.peers import brokers
from tests.peers.looped import Looped, shut
from tests.peers.mobilityhouse import Backend
from tests.peers.running import PATIENCE, Gateway, free_port, until

__all__ = ["broker"]
TOYS = Path(__file__).with_name("toys")


def hello(identity: str, state: str = "free") -> bytes:
    return json.dumps({"t": "hello", "id": identity, "state": state}).encode() + b"\n"


OK = {"t": "ok"}


class Toys:
    """A gateway and its back end; ``is_there`` waits until a station is known at the latter."""

    def __init__(self, folder: Path, lines: Callable[[], str]) -> None:
        self.backend = Backend(free_port()).start()
        site = folder / "gateway.yaml"
        back = f"backends: [{{connect: 'ocpp1.6+ws://127.0.0.1:{self.backend.port}/central'}}]\n"
        site.write_text(f"mappings: {TOYS}\n{back}{lines()}")
        self.gateway = Gateway(folder / "data", "-c", str(site))

    def is_there(self, identity: str) -> None:
        until(lambda: self.backend.book.of("BootNotification", identity), f"{identity} boots")
        until(lambda: self.backend.book.of("StatusNotification", identity), f"{identity} says what it does")

    def __enter__(self) -> Toys:
        self.gateway.start()
        return self

    def __exit__(self, *_: object) -> None:
        code = self.gateway.stop()
        self.backend.end()
        assert code == 0
        assert "a conversation crashed" not in self.gateway.log.read_text()


def test_stations_that_come_over_tcp_udp_http_and_websocket(tmp_path: Path) -> None:
    tcp, udp, web = free_port(), free_port(), free_port()
    places = (f"tcp://127.0.0.1:{tcp}", f"udp://127.0.0.1:{udp}", f"http://127.0.0.1:{web}/gs", f"ws://127.0.0.1:{web}/toy")
    with Toys(tmp_path, lambda: "listeners:\n" + "".join(f"  - listen: toy+{one}\n" for one in places)) as toys:
        with socket.create_connection(("127.0.0.1", tcp), PATIENCE) as line:
            line.sendall(b"noise\n" + hello("TCP")[:5])
            line.sendall(hello("TCP")[5:])
            assert json.loads(line.makefile().readline()) == OK
            toys.is_there("TCP")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as box:
            box.settimeout(PATIENCE)
            box.sendto(hello("UDP"), ("127.0.0.1", udp))
            assert json.loads(box.recv(100)) == OK
            toys.is_there("UDP")
        with urllib.request.urlopen(f"http://127.0.0.1:{web}/gs", hello("HTTP"), PATIENCE) as answer:
            assert json.loads(answer.read()) == OK
        toys.is_there("HTTP")
        with connect(f"ws://127.0.0.1:{web}/toy", subprotocols=["toy"], open_timeout=PATIENCE) as ws:  # type: ignore[list-item]
            ws.send(hello("WS").decode())
            assert json.loads(ws.recv(PATIENCE)) == OK
            toys.is_there("WS")


@pytest.fixture
def asked() -> Iterator[int]:
    """A station that answers over HTTP, at that port."""

    class Status(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = b'{"state": "busy"}'
            self.send_response(200 if self.path == "/status" else 404)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Status) as made:
        thread = threading.Thread(target=made.serve_forever)
        thread.start()
        yield made.server_address[1]
        made.shutdown()
        thread.join()


class Opened(Looped):
    """A station that is a WebSocket server."""

    def __init__(self) -> None:
        super().__init__()
        self.heard, self.port = list[str](), free_port()
        self.run(self.live())

    async def live(self) -> None:
        self.server = await serve(self.talk, "127.0.0.1", self.port, subprotocols=["toy"])  # type: ignore[list-item]

    async def talk(self, socket: Any) -> None:
        await socket.send(hello("DIALLED").decode())
        async for text in socket:
            self.heard.append(text)

    def end(self) -> None:
        self.run(shut(self.server))
        super().end()


def test_stations_that_are_dialled_over_http_websocket_and_a_broker(tmp_path: Path, asked: int, broker: Any) -> None:
    mqtt, opened = broker(), Opened()
    box = brokers.connected(mqtt)
    heard: list[str] = []
    box.on_message = lambda _, __, message: heard.append(message.topic)
    box.subscribe("toy/MQTT/heard")

    def lines() -> str:
        return (
            f"devices:\n  - {{dial: 'toy-asked+http://127.0.0.1:{asked}', identity: ASKED}}\n"
            f"  - dial: toy+ws://127.0.0.1:{opened.port}/\n  - dial: toy-topics+mqtt://127.0.0.1:{mqtt}\n"
        )

    with Toys(tmp_path, lines) as toys:
        toys.is_there("ASKED")
        toys.is_there("DIALLED")
        until(lambda: box.publish("toy/MQTT/state", b'{"state": "free"}') and heard, "it is heard behind the broker")
        toys.is_there("MQTT")
        until(lambda: opened.heard, "the station that is dialled is answered")
    assert [json.loads(one) for one in opened.heard] == [OK]
    opened.end()
    box.disconnect()
    box.loop_stop()
