"""A TCP proxy whose connections can go half-open: they stay up, and nothing comes through any more, in either direction."""

from __future__ import annotations

import asyncio
import contextlib

from tests.peers.looped import deaf


class Proxy:
    """Listens at ``port`` and forwards to ``onward`` on this machine."""

    def __init__(self, port: int, onward: int) -> None:
        self.port, self.onward = port, onward
        self.frozen = self.made = 0
        self._live: set[Pipe] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._accepted, "127.0.0.1", self.port)

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
        pipe = Pipe(writer, far_writer)
        self.made += 1
        self._live.add(pipe)
        try:
            await asyncio.gather(pipe.carry(reader, far_writer), pipe.carry(far_reader, writer))
        finally:
            pipe.end()
            self._live.discard(pipe)


class Pipe:
    """One connection through the proxy."""

    def __init__(self, *writers: asyncio.StreamWriter) -> None:
        self.writers, self.frozen = writers, False

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Forward one direction until it ends; a frozen one swallows everything, the end too."""
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                if not self.frozen:
                    writer.write(data)
                    await writer.drain()
        if not self.frozen:
            self.end()

    def end(self) -> None:
        """Close both sides."""
        for writer in self.writers:
            writer.transport.abort()
