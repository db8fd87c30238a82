"""A TCP proxy that is a bad network: connections go half-open, and stay up though nothing comes through; or bytes come late, in
pieces, in one direction only, and connections are cut amid a message, with a farewell or a reset.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import struct
from collections.abc import Mapping

from tests.peers.looped import deaf

STALL = 2.5
"""Seconds for which one direction stands still, longer than most answers may take in these trials."""
TROUBLES = {"delay": 0.1, "slice": 0.3, "stall": 0.02, "cut": 0.05, "reset": 0.5}
"""For how many seconds at most what is read is held back; then the chances that it comes in pieces, that its direction stands
still, that the connection ends within it, and that this end is a reset."""


class Proxy:
    """Listens at ``port`` of ``host`` and forwards to ``onward`` on this machine.  ``troubles`` are of `TROUBLES`."""

    def __init__(self, port: int, onward: int, host: str = "127.0.0.1", chance: random.Random | None = None) -> None:
        self.port, self.onward, self.host, self.chance = port, onward, host, chance or random.Random(port)
        self.troubles: Mapping[str, float] = {}
        self.frozen = self.made = self.severed = 0
        self._live: set[Pipe] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._accepted, self.host, self.port)

    async def stop(self) -> None:
        """Close the port and everything behind it."""
        assert self._server is not None
        await deaf(self._server)
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def freeze(self) -> None:
        """From now on nothing comes through the connections that there are; new ones work."""
        for pipe in self._live:
            self.frozen += not pipe.frozen
            pipe.frozen = True

    def cut(self) -> None:
        """End all connections."""
        for pipe in list(self._live):
            pipe.end()

    def happens(self, what: str) -> bool:
        """Whether that trouble comes now."""
        return self.chance.random() < self.troubles.get(what, 0.0)

    def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._accept(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.onward)
        except (OSError, asyncio.CancelledError):
            writer.transport.abort()
            return
        pipe = Pipe(self, writer, far_writer)
        self.made += 1
        self._live.add(pipe)
        try:
            await asyncio.gather(pipe.carry(reader, far_writer), pipe.carry(far_reader, writer))
        finally:
            pipe.end()
            self._live.discard(pipe)


class Pipe:
    """One connection through the proxy."""

    def __init__(self, home: Proxy, *writers: asyncio.StreamWriter) -> None:
        self.home, self.writers, self.frozen = home, writers, False

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Forward one direction until it ends; a frozen one swallows everything, the end too."""
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                if not self.frozen:
                    await self._pass_on(data, writer)
        if not self.frozen:
            self.end()

    async def _pass_on(self, data: bytes, writer: asyncio.StreamWriter) -> None:
        home = self.home
        if home.happens("stall"):
            await asyncio.sleep(STALL)
        if home.troubles:
            await asyncio.sleep(home.chance.random() * home.troubles["delay"])
        cut = home.happens("cut")
        half = len(data) // 2 if home.happens("slice") else len(data)
        for piece in (data[:half],) if cut else (data[:half], data[half:]):
            writer.write(piece[: home.chance.randrange(len(piece) + 1)] if cut else piece)
            await writer.drain()
            await asyncio.sleep(0)
        if cut:
            home.severed += 1
            self.end(home.happens("reset"))

    def end(self, reset: bool = False) -> None:
        """Close both sides."""
        for writer in self.writers:
            if reset:
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
