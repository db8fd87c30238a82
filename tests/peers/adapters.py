"""An adapter from RS485 to TCP with boxes of EVBox behind it, on a thread of its own and the real clock."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

from tests.devices.evbox_box import Box, Bus


class Clock:
    """The part of a reactor that boxes need."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop

    def seconds(self) -> float:
        return self.loop.time()

    def callLater(self, delay: float, call: Any, *about: Any) -> None:
        self.loop.call_later(delay, call, *about)


class Adapter:
    """One connection at a time, as such adapters have it."""

    def __init__(self, *boxes: Box) -> None:
        self.loop, self.bus = asyncio.new_event_loop(), Bus(*boxes)
        self.bus.clock = Clock(self.loop)
        self.port = 0
        self._writer: asyncio.StreamWriter | None = None
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def start(self) -> Adapter:
        asyncio.run_coroutine_threadsafe(self._start(), self.loop).result(10)
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
            self.bus.line = None
            writer.close()

    def heard(self, data: bytes, peer: Any) -> None:
        """What a box says goes out."""
        if self._writer is not None:
            self._writer.write(data)

    def do(self, what: Any, *about: Any) -> None:
        """Let a driver do something."""
        self.loop.call_soon_threadsafe(what, *about)

    def end(self) -> None:
        async def stop() -> None:
            self._server.close()
            if self._writer is not None:
                self._writer.close()
                await self._writer.wait_closed()
            await asyncio.sleep(0)  # the reader hears of it
            self._writer = None

        asyncio.run_coroutine_threadsafe(stop(), self.loop).result(10)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)
        self.loop.close()
