"""A back end that can bear only so much, and falls if it gets more: thousands of links, answers at a steady pace, books.

In: a port, what it can bear.  Out: `SlowBackend`, whose books `tests.peers.storm.compare` reads.
Not here: WebSockets (`tests.bench.backend`).
"""

from __future__ import annotations

import asyncio
import json
import random
from collections import deque
from functools import partial
from typing import Any

from tests.bench import wire
from tests.bench.backend import Peer
from tests.peers.looped import deaf
from tests.peers.storm import Backend

STEP = 0.02
"""Seconds between one handful of answers and the next."""
SPAN, MARGIN = 5.0, 1.1
"""Connects are counted over so many seconds, with a tenth more: a machine that is late for all takes them up in bunches."""


class Uplink(Peer):
    """One station's link."""

    def __init__(self, home: SlowBackend) -> None:
        super().__init__()
        self.home = home

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.home.connected(self, asyncio.get_running_loop().time())

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.home.lost(self)

    def call(self, text: bytes) -> None:
        self.home.asked(self, json.loads(text))


class SlowBackend(Backend):
    """Answers ``rate`` calls in a second, none faster, in the order in which they came.

    It falls (drops every link; ``falls`` says why) when more than ``most_in_flight`` messages of transactions wait for its
    answer, or when links come faster than ``most_connects`` in a second.
    """

    def __init__(self, port: int, rate: float = 300, most_connects: int = 200, most_in_flight: int = 50) -> None:
        super().__init__(port, random.Random(0))
        self.rate, self.most_connects, self.most_in_flight = rate, most_connects, most_in_flight
        self.links: set[Uplink] = set()
        self.falls: list[str] = []
        self.busiest = {"connects": 0.0, "in flight": 0, "calls": 0}
        self.boots = 0
        self._connects: deque[float] = deque()
        self._calls: deque[tuple[Uplink, list[Any]]] = deque()
        self._flying: set[Uplink] = set()
        self._working: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Listen, again at the same port."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(partial(Uplink, self), "127.0.0.1", self.port, backlog=4096)
        self._working = asyncio.create_task(self._work())

    async def stop(self) -> None:
        """Go away without a word."""
        assert self._working is not None
        self._working.cancel()
        await deaf(self._server)
        self._server.close()
        self._hang_up()
        await self._server.wait_closed()

    def _hang_up(self) -> None:
        for one in list(self.links):
            one.transport.abort()
        self._calls.clear()
        self._flying.clear()

    def _fall(self, why: str) -> None:
        self.falls.append(why)
        self._connects.clear()
        self._hang_up()

    @property
    def booked_rows(self) -> int:
        """How many messages of transactions stand in the books."""
        return sum(map(len, self.rows.values()))

    # -- what must be borne --------------------------------------------------------------------------------------

    def connected(self, link: Uplink, now: float) -> None:
        """A link was made."""
        self.links.add(link)
        self._connects.append(now)
        while self._connects[0] <= now - SPAN:
            self._connects.popleft()
        each = len(self._connects) / SPAN
        self.busiest["connects"] = max(self.busiest["connects"], each)
        if each > self.most_connects * MARGIN:
            self._fall(f"{each:.0f} links were made in a second")

    def lost(self, link: Uplink) -> None:
        """A link is gone, and nobody waits for its answer."""
        self.links.discard(link)
        self._flying.discard(link)

    def asked(self, link: Uplink, frame: list[Any]) -> None:
        """A call came; it waits for its answer.  On one link there is one at a time."""
        if frame[0] != 2:
            return
        self._calls.append((link, frame))
        self.busiest["calls"] = max(self.busiest["calls"], len(self._calls))
        if frame[2] in ("StartTransaction", "MeterValues", "StopTransaction"):
            self._flying.add(link)
            self.busiest["in flight"] = max(self.busiest["in flight"], len(self._flying))
            if len(self._flying) > self.most_in_flight:
                self._fall(f"{len(self._flying)} messages were in flight")

    # -- the work ------------------------------------------------------------------------------------------------

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        then, left = loop.time(), 0.0
        while True:
            await asyncio.sleep(STEP)
            now = loop.time()
            left = min(left + (now - then) * self.rate, max(1.0, self.rate / 10))
            then = now
            while left >= 1 and self._calls:
                left -= self.answer()

    def answer(self) -> bool:
        """Book the first call and answer it; false where its link is gone."""
        link, (_, id, action, given) = self._calls.popleft()
        if link not in self.links:
            return False
        self._flying.discard(link)
        self.boots += action == "BootNotification"
        said = json.dumps([3, id, self.book(link.station, action, given)])
        link.transport.write(wire.text_frame(said.encode()))
        return True
