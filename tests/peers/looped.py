"""An event loop on a thread of its own, for peers that live beside the test."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any

from tests.peers.running import PATIENCE


class Looped:
    """``loop`` runs until ``end``.  What is still under way then is cancelled, and its transports close before the loop does."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """The result of a coroutine of the loop's."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(PATIENCE)

    def do(self, what: Any, *about: Any) -> None:
        """Call something on the loop, and wait until it is done."""

        async def call() -> None:
            what(*about)

        self.run(call())

    def end(self) -> None:
        self.run(self._over())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()

    async def _over(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await turns()  # a transport is closed by a call that its close asks for


async def shut(server: Any, abruptly: bool = False) -> None:
    """Close a server of ``websockets`` and all its links; ``abruptly``: without a word, to those that shake hands too."""
    await deaf(server)
    server.close(close_connections=not abruptly)
    for link in list(server.handlers) if abruptly else ():
        link.transport.abort()
    await server.wait_closed()


async def deaf(server: Any) -> None:
    """It accepts nobody more.  Whoever it has just accepted would be left open if it were closed at once
    (https://github.com/python/cpython/issues/109564)."""
    for one in server.sockets:
        asyncio.get_running_loop().remove_reader(one.fileno())
    await turns()


async def turns() -> None:
    """What follows at once from what happened happens."""
    for _ in range(5):
        await asyncio.sleep(0)
