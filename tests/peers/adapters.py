"""An adapter from RS485 to TCP with boxes of EVBox behind it, on a thread of its own and the real clock."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.devices.evbox_box import Box, Bus
from tests.peers.looped import Looped


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
        self.do(self._server.close)
        super().end()
