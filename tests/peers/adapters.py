"""Simulated stations at real sockets, on a thread of their own and the real clock: boxes of EVBox behind an adapter from RS485 to
TCP, a station that dials, one that is asked over HTTP.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.devices.evbox_box import Box, Bus
from tests.peers.looped import Looped, deaf


class Clock:
    """The part of a reactor that boxes need."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop

    def seconds(self) -> float:
        return self.loop.time()

    def callLater(self, delay: float, call: Any, *about: Any) -> None:
        self.loop.call_later(delay, call, *about)


class Adapter(Looped):
    """One connection at a time, as such adapters have it."""

    def __init__(self, *boxes: Box) -> None:
        super().__init__()
        self.bus = Bus(*boxes)
        self.bus.clock = Clock(self.loop)
        self.port = 0
        self._writer: asyncio.StreamWriter | None = None

    def start(self) -> Adapter:
        self.run(self._start())
        return self

    async def _start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        for box in self.bus.boxes:
            box.power_up()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writer, self.bus.line = writer, self
        try:
            while True:
                self.bus.receive(await reader.readuntil(b"\x03\xff"))
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            if self._writer is writer:
                self._writer = self.bus.line = None
            writer.close()

    def heard(self, data: bytes, peer: Any) -> None:
        """What a box says goes out."""
        if self._writer is not None:
            self._writer.write(data)

    def end(self) -> None:
        self.run(deaf(self._server))
        self.do(self._server.close)
        super().end()


class Caller(Looped):
    """A station that dials the gateway."""

    def __init__(self, station: Any, port: int) -> None:
        super().__init__()
        self.station, self.port = station, port
        self._writer: asyncio.StreamWriter | None = None

    def start(self) -> Caller:
        self.run(self._start())
        return self

    async def _start(self) -> None:
        reader, self._writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.station.line, self.station.clock, self.station.held = self, Clock(self.loop), bytearray()
        self._reading = self.loop.create_task(self._read(reader))

    async def _read(self, reader: asyncio.StreamReader) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(4096):
                self.station.stream(data)

    def heard(self, data: bytes, peer: Any) -> None:
        """What the station says goes out."""
        if self._writer is not None:
            self._writer.write(data)

    def hang_up(self) -> None:
        """The connection is over."""
        self.station.line = None
        if self._writer is not None:
            self.do(self._writer.close)

    def end(self) -> None:
        self.hang_up()
        super().end()


class Web:
    """A station that is asked over HTTP: ``ask(target)`` gives status and body.  It is used under ``lock``."""

    def __init__(self, station: Any) -> None:
        self.lock = lock = threading.Lock()

        class Asked(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                with lock:
                    status, body = station.ask(self.path)
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *about: Any) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Asked)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self._thread = threading.Thread(target=self.server.serve_forever, daemon=True)

    def start(self) -> Web:
        self._thread.start()
        return self

    def do(self, what: Any, *about: Any) -> None:
        """Move the car."""
        with self.lock:
            what(*about)

    def end(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self._thread.join()
