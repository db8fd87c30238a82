"""A back end that costs next to nothing: a WebSocket server that answers every call by bytes made beforehand.

    python -m tests.bench.backend       prints its port, serves until its standard input is closed

At a path ``/bare/ACTION/…`` it reads no frame's content and answers each by the same text; anywhere else it speaks OCPP-J.
The line ``cpu`` on standard input prints the seconds of CPU used and the number of open connections.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import re
import sys
import time
from typing import Any

from tests.bench import wire

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_CALL = re.compile(rb'\[\s*2\s*,\s*"([^"]+)"\s*,\s*"([A-Za-z]+)"')
live: set[Peer] = set()


class Peer(asyncio.Protocol):
    """One uplink."""

    def __init__(self) -> None:
        self.buffer = bytearray()
        self.open = False
        self.canned: bytes | None = None
        self.station = ""
        self.transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        live.discard(self)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if not self.open:
            self.handshake()
        while self.open and self.frame():
            pass

    def handshake(self) -> None:
        head, end, rest = bytes(self.buffer).partition(b"\r\n\r\n")
        if not end:
            return
        self.buffer[:] = rest
        path = head.split(b" ", 2)[1].decode()
        self.station = path.rpartition("/")[2]
        if path.startswith("/bare/"):
            self.canned = wire.text_frame(wire.answer(path.split("/")[2]))
        lines = {name.strip().lower(): value.strip() for name, _, value in (line.partition(b":") for line in head.split(b"\r\n"))}
        accept = base64.b64encode(hashlib.sha1(lines[b"sec-websocket-key"] + _GUID).digest())
        chosen = lines.get(b"sec-websocket-protocol", b"").split(b",")[0].strip()
        protocol = b"Sec-WebSocket-Protocol: " + chosen + b"\r\n" if chosen else b""
        self.transport.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept + b"\r\n" + protocol + b"\r\n"
        )
        self.open = True
        live.add(self)

    def frame(self) -> bool:
        """One frame of a client, if it is whole."""
        buffer = self.buffer
        if len(buffer) < 6:
            return False
        size, at = buffer[1] & 127, 2
        if size == 126:
            size, at = int.from_bytes(buffer[2:4], "big"), 4
        elif size == 127:
            size, at = int.from_bytes(buffer[2:10], "big"), 10
        whole = at + 4 + size
        if len(buffer) < whole:
            return False
        code = buffer[0] & 15
        if code == 1 and self.canned is not None:
            self.transport.write(self.canned)
        elif code == 1:
            self.call(unmasked(bytes(buffer[at:whole])))
        elif code == 9:
            self.transport.write(bytes((0x8A, size)) + unmasked(bytes(buffer[at:whole])))
        elif code == 8:
            self.transport.write(b"\x88\x00")
            self.transport.close()
        del buffer[:whole]
        return True

    def call(self, text: bytes) -> None:
        found = _CALL.match(text)
        if found is not None:
            id, action = found.groups()
            self.transport.write(wire.text_frame(b'[3,"' + id + b'",' + wire.RESULTS.get(action, b"{}") + b"]"))


def unmasked(data: bytes) -> bytes:
    """Four bytes of mask, then what they hide."""
    size = len(data) - 4
    mask = (data[:4] * (size // 4 + 1))[:size]
    return (int.from_bytes(data[4:], "big") ^ int.from_bytes(mask, "big")).to_bytes(size, "big")


async def main() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Peer, "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    asked: asyncio.Queue[str] = asyncio.Queue()
    loop.add_reader(sys.stdin, lambda: asked.put_nowait(sys.stdin.readline()))
    while await asked.get():
        print(json.dumps({"cpu": time.process_time(), "connections": len(live)}), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
