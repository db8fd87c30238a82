"""Thousands of 1.6J stations in one process, over ws or wss: they come back as fast as they can, and repeat what nobody answered.

In: a place, a name.  Out: `Station`, which keeps the books of `tests.peers.storm`.
Not here: what they charge (there too).  Frames are those of `tests.simulation.lines`; nothing of the gateway's is used.
"""

from __future__ import annotations

import asyncio
import json
import random
import ssl
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from tests.peers.storm import Charging
from tests.simulation.lines import KEY, framed, unframe

AGAIN = 0.25
"""Seconds until a station tries again what was refused or not answered."""
PATIENCE = 30.0
"""Seconds that it waits for a link, and for an answer."""
SIDE_BY_SIDE = 500
"""So many stations shake hands at one time: more in one process would each be later than a station that has a processor."""
BOOT = {"chargePointVendor": "Scale", "chargePointModel": "One"}


@dataclass(frozen=True)
class Place:
    """Where the gateway is; with ``tls`` over wss.  ``hands`` lets so many shake hands at one time."""

    port: int
    tls: ssl.SSLContext | None = None
    hands: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(SIDE_BY_SIDE))


class Link(asyncio.Protocol):
    """One WebSocket, the station's end.  ``lost`` comes once, whoever ended it."""

    def __init__(self, station: str) -> None:
        loop = asyncio.get_running_loop()
        self.lost = asyncio.Event()
        self.heard: asyncio.Future[Any] = loop.create_future()  # first the end of the handshake, then each answer
        self._station, self._data, self._open = station, b"", False
        self.transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        lines = [f"GET /ocpp/{self._station} HTTP/1.1", "Host: gateway", "Upgrade: websocket", "Connection: Upgrade"]
        lines += [f"Sec-WebSocket-Key: {KEY}", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Protocol: ocpp1.6", "", ""]
        transport.write("\r\n".join(lines).encode())

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost.set()
        self._hear(None)

    def data_received(self, data: bytes) -> None:
        self._data += data
        if not self._open:
            head, found, rest = self._data.partition(b"\r\n\r\n")
            if not found:
                return
            if b" 101 " not in head[:14]:
                self.transport.abort()
                return
            self._open, self._data = True, rest
            self._hear(True)
        while (found_ := unframe(self._data)) is not None:
            _, code, payload, size = found_
            self._data = self._data[size:]
            self._frame(code, payload)

    def _frame(self, code: int, payload: bytes) -> None:
        if code == 1:
            self._hear(json.loads(payload))
        elif code == 9:
            self.transport.write(framed(10, payload, True))
        elif code == 8:
            self.transport.abort()

    def _hear(self, what: Any) -> None:
        if not self.heard.done():
            self.heard.set_result(what)

    async def ask(self, frame: list[Any]) -> Any:
        """The answer's frame; None where the link ends, or nothing comes."""
        if self.lost.is_set():
            return None
        self.heard = asyncio.get_running_loop().create_future()
        self.transport.write(framed(1, json.dumps(frame).encode(), True))
        return await self.hear()

    async def hear(self) -> Any:
        """What comes next; None where the link ends, or nothing comes."""
        try:
            async with asyncio.timeout(PATIENCE):
                return await self.heard
        except TimeoutError:
            return None


class Station(Charging):
    """Stays connected, once it was told to `stay`.  ``refused`` counts links that were not made or did not last until it was
    accepted, ``rejected`` boots that were not accepted."""

    def __init__(self, name: str, place: Place) -> None:
        super().__init__(name, random.Random(name))
        self.place = place
        self.here = asyncio.Event()
        self.refused = self.rejected = 0
        self._link: Link | None = None
        self._ids = count(1)

    async def stay(self) -> None:
        """Come, and whenever the link is lost come again at once."""
        while True:
            self._link = link = await self._come()
            self.here.set()
            await link.lost.wait()
            self.here.clear()

    def leave(self) -> None:
        """Go without a word; `stay` has ended before."""
        self.here.clear()
        if self._link is not None:
            self._link.transport.abort()

    async def _come(self) -> Link:
        """Connect, and announce itself until that is accepted."""
        while True:
            link = await self._connect()
            if link and await self._announce(link):
                return link
            self.refused += 1
            await asyncio.sleep(AGAIN)

    async def _announce(self, link: Link) -> bool:
        """Whether it was accepted before the link was lost."""
        while answer := await link.ask([2, self._id(), "BootNotification", BOOT]):
            if answer[0] == 3 and answer[2]["status"] == "Accepted":
                return True
            self.rejected += 1
            await asyncio.sleep(1.0)
        link.transport.abort()
        return False

    async def _connect(self) -> Link | None:
        loop, place = asyncio.get_running_loop(), self.place
        async with place.hands:
            try:
                async with asyncio.timeout(PATIENCE):
                    _, link = await loop.create_connection(lambda: Link(self.name), "127.0.0.1", place.port, ssl=place.tls)
            except OSError:  # ssl.SSLError and TimeoutError are among them
                return None
            if await link.hear():
                return link
            link.transport.abort()
            return None

    def _id(self) -> str:
        return f"{self.name}-{next(self._ids)}"

    async def start(self, tag: str, when: str, meter: int) -> int:
        said = {"connectorId": 1, "idTag": tag, "timestamp": when, "meterStart": meter}
        return int((await self._insist("StartTransaction", said))["transactionId"])

    async def read(self, number: int, when: str, meter: int) -> None:
        values = [{"timestamp": when, "sampledValue": [{"value": str(meter)}]}]
        await self._insist("MeterValues", {"connectorId": 1, "transactionId": number, "meterValue": values})

    async def stop(self, number: int, when: str, meter: int) -> None:
        await self._insist("StopTransaction", {"transactionId": number, "timestamp": when, "meterStop": meter})

    async def _insist(self, action: str, said: dict[str, Any]) -> dict[str, Any]:
        while True:
            await self.here.wait()
            assert self._link is not None
            answer = await self._link.ask([2, self._id(), action, said])
            if answer and answer[0] == 3:
                result: dict[str, Any] = answer[2]
                return result
            if answer:
                self.refusals.append(str(answer))
            await asyncio.sleep(AGAIN)
