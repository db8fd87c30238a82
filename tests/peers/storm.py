"""Stations that never give up, and a back end that often does; written without a line of the gateway: raw HTTP and raw JSON.

A station sends its messages in order, each again and again until it is answered, and notes what was acknowledged.  The back
end cuts links, loses answers and sends rubbish, and books what it hears once by its natural key.  `compare` holds the two
books against each other.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

import websockets
from websockets.asyncio.server import ServerConnection, serve

from tests.peers.looped import shut
from tests.peers.running import PATIENCE

ENVELOPE = (
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://www.w3.org/2005/08/addressing" '
    'xmlns:c="urn://Ocpp/Cs/2012/06/"><s:Header><c:chargeBoxIdentity>{who}</c:chargeBoxIdentity>'
    "<a:MessageID>{id}</a:MessageID><a:Action>/{action}</a:Action></s:Header>"
    "<s:Body><c:{name}Request>{inner}</c:{name}Request></s:Body></s:Envelope>"
)
RUBBISH = ("{", "[3]", "[]", '[3,"x",{}]', '[2,"q","NoSuch",{}]', '[4,"z"]', '"x"', "[9,1]", '[3,"\\u0000",{}]')
FAULTS = {"refuse": 0.1, "cut_before": 0.01, "cut_after": 0.03, "lose": 0.01, "rubbish": 0.05, "twice": 0.05}
ANSWERS: dict[str, dict[str, Any]] = {
    "BootNotification": {"status": "Accepted", "currentTime": "2026-02-01T00:00:00Z", "interval": 300},
    "Heartbeat": {"currentTime": "2026-02-01T00:00:00Z"},
    "Authorize": {"idTagInfo": {"status": "Accepted"}},
}
Row = tuple[str, Any]


class Backend:
    """A 1.6J back end.  ``faults`` gives the chance of each misdeed; empty it for peace."""

    dialect = "ocpp1.6"

    def __init__(self, port: int, chance: random.Random) -> None:
        self.port, self.chance, self.faults = port, chance, dict(FAULTS)
        self.rows: dict[str, list[Row]] = {}
        self._known: set[tuple[str, Row]] = set()
        self.numbers: dict[str, dict[Any, int]] = {}  # of each station's starts
        self._last_number = 5_000_000
        self.copies = 0
        self._server: Any = None

    async def start(self) -> None:
        """Listen, again at the same port."""
        self._server = await serve(
            self._serve,
            "127.0.0.1",
            self.port,
            subprotocols=[self.dialect],  # type: ignore[list-item]
            process_request=self._request,  # type: ignore[list-item]
        )

    async def stop(self) -> None:
        """Go away without a word."""
        await shut(self._server, abruptly=True)

    def _happens(self, what: str) -> bool:
        return self.chance.random() < self.faults.get(what, 0)

    def _request(self, connection: ServerConnection, request: Any) -> Any:
        return connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, "no") if self._happens("refuse") else None

    async def _serve(self, socket: ServerConnection) -> None:
        assert socket.request is not None
        station = unquote(socket.request.path.rsplit("/", 1)[1])
        try:
            async for text in socket:
                frame = json.loads(text)
                if frame[0] == 2 and not await self._answer(socket, station, *frame[1:]):
                    socket.transport.abort()
                    return
        except websockets.ConnectionClosed:
            pass

    async def _answer(self, socket: ServerConnection, station: str, id: str, action: str, given: dict[str, Any]) -> bool:
        """False where the link is to be cut."""
        if self._happens("cut_before"):
            return False
        answer = self.book(station, action, given)
        if self._happens("cut_after"):
            return False
        if self._happens("rubbish"):
            await socket.send(self.chance.choice(RUBBISH))
        if not self._happens("lose"):
            for _ in range(1 + self._happens("twice")):
                await socket.send(json.dumps([3, id, answer]))
        return True

    def book(self, station: str, action: str, given: dict[str, Any]) -> dict[str, Any]:
        """Note a message once by its natural key; a start gets the same number each time."""
        keys = {
            "StartTransaction": lambda: (given["connectorId"], given["idTag"], given["timestamp"], given["meterStart"]),
            "StopTransaction": lambda: (given["transactionId"], given["timestamp"], given["meterStop"]),
            "MeterValues": lambda: (given.get("transactionId"), reading(given["meterValue"][0])),
        }
        if action not in keys:
            return ANSWERS.get(action, {})
        row = (action, keys[action]())
        if (station, row) in self._known:
            self.copies += 1
        else:
            self._known.add((station, row))
            self.rows.setdefault(station, []).append(row)
        if action != "StartTransaction":
            return {}
        mine = self.numbers.setdefault(station, {})
        if row[1] not in mine:
            self._last_number += 1
            mine[row[1]] = self._last_number
        return {"transactionId": mine[row[1]], "idTagInfo": {"status": "Accepted"}}

    def booked(self, station: str) -> list[Row]:
        """A station's rows, with the natural key of the start in place of each transaction's number."""
        starts = {number: key for key, number in self.numbers.get(station, {}).items()}
        rows = self.rows.get(station, [])
        return [(a, key if a == "StartTransaction" else (starts.get(key[0]), *key[1:])) for a, key in rows]


def reading(value: dict[str, Any]) -> tuple[str, str]:
    """When and what."""
    return value["timestamp"], value["sampledValue"][0]["value"]


class Charging:
    """Charges one transaction after the other, and notes what was acknowledged; how it is said, each kind of station knows."""

    def __init__(self, name: str, chance: random.Random) -> None:
        self.name, self.chance = name, chance
        self.acknowledged: list[Row] = []
        self.numbers: list[int] = []
        self.refusals: list[str] = []
        self._minute = self._meter = 0

    async def charge(self) -> None:
        """One transaction: a start, three readings and a stop."""
        tag, when, meter = f"TAG{len(self.numbers)}", self._now(), self._meter
        start = (1, tag, when, meter)
        number = await self.start(tag, when, meter)
        self.numbers.append(number)
        self.acknowledged.append(("StartTransaction", start))
        for _ in range(3):
            when, meter = self._now(), self._charged()
            await self.read(number, when, meter)
            self.acknowledged.append(("MeterValues", (start, (when, str(meter)))))
        when, meter = self._now(), self._charged()
        await self.stop(number, when, meter)
        self.acknowledged.append(("StopTransaction", (start, when, meter)))

    async def start(self, tag: str, when: str, meter: int) -> int:
        """Begin a transaction; the id that it is given."""
        raise NotImplementedError

    async def read(self, number: int, when: str, meter: int) -> None:
        """Tell a reading, in Wh."""
        raise NotImplementedError

    async def stop(self, number: int, when: str, meter: int) -> None:
        """End a transaction."""
        raise NotImplementedError

    def _now(self) -> str:
        self._minute += 1
        return f"2026-02-{1 + self._minute // 1440:02d}T{self._minute // 60 % 24:02d}:{self._minute % 60:02d}:00Z"

    def _charged(self) -> int:
        self._meter += self.chance.randrange(1, 500)
        return self._meter


class Station(Charging):
    """A 1.5 SOAP station that sends its messages in order, each until it is answered."""

    def __init__(self, name: str, port: int, chance: random.Random) -> None:
        super().__init__(name, chance)
        self.port = port
        self.enough = False
        self.tries = 0

    async def live(self) -> None:
        """Charge until it is enough."""
        await self.boot()
        while not self.enough:
            await self.charge()

    async def boot(self) -> None:
        """Announce itself until it is accepted."""
        boot = "<c:chargePointVendor>V</c:chargePointVendor><c:chargePointModel>M</c:chargePointModel>"
        while "Accepted" not in await self._insist("BootNotification", boot):
            await asyncio.sleep(0.2)

    async def start(self, tag: str, when: str, meter: int) -> int:
        inner = f"<c:connectorId>1</c:connectorId><c:idTag>{tag}</c:idTag><c:timestamp>{when}</c:timestamp>"
        answer = await self._insist("StartTransaction", f"{inner}<c:meterStart>{meter}</c:meterStart>")
        return int(re.findall(r"transactionId>(-?\d+)<", answer)[0])

    async def read(self, number: int, when: str, meter: int) -> None:
        values = f'<c:values><c:timestamp>{when}</c:timestamp><c:value unit="Wh">{meter}</c:value></c:values>'
        named = f"<c:connectorId>1</c:connectorId><c:transactionId>{number}</c:transactionId>"
        await self._insist("MeterValues", named + values)

    async def stop(self, number: int, when: str, meter: int) -> None:
        inner = f"<c:transactionId>{number}</c:transactionId><c:timestamp>{when}</c:timestamp><c:meterStop>{meter}</c:meterStop>"
        await self._insist("StopTransaction", inner)

    async def _insist(self, action: str, inner: str) -> str:
        while True:
            answer = await self._post(action, inner)
            if "Response xmlns" in answer:
                return answer
            if answer:
                self.refusals.append(answer)
            await asyncio.sleep(0.05 + self.chance.random() / 10)

    async def _post(self, action: str, inner: str) -> str:
        self.tries += 1
        name, id = action[0].lower() + action[1:], self.chance.getrandbits(60)
        body = ENVELOPE.format(who=self.name, id=id, action=action, name=name, inner=inner).encode()
        head = f"POST /ocpp HTTP/1.1\r\nHost: g\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        try:
            async with asyncio.timeout(4):
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
                try:
                    writer.write(head.encode() + body)
                    return (await reader.read()).decode()
                finally:
                    writer.close()
        except (OSError, TimeoutError):
            return ""


def further(stations: list[Station]) -> Callable[[], bool]:
    """Whether each station was acknowledged something since now."""
    before = [len(one.acknowledged) for one in stations]
    return lambda: all(len(one.acknowledged) > count for one, count in zip(stations, before, strict=True))


async def eventually(true: Callable[[], bool | Awaitable[bool]], seconds: float = PATIENCE) -> float:
    """Wait until it is true, or as long as that; how many seconds it took."""
    loop = asyncio.get_running_loop()
    begin = loop.time()
    while loop.time() < begin + seconds:
        found = true()
        if await found if isinstance(found, Awaitable) else found:
            break
        await asyncio.sleep(0.05)
    return loop.time() - begin


def energy(rows: list[Row]) -> int:
    """Wh of all stops."""
    return sum(key[2] - key[0][3] for action, key in rows if action == "StopTransaction" and key[0] is not None)


def compare(backend: Backend, stations: Sequence[Charging]) -> list[str]:
    """What differs between what was acknowledged and what was booked: nothing, if all is well."""
    wrong = []
    for one in stations:
        booked = backend.booked(one.name)
        pairs = zip([*booked, None], [*one.acknowledged, None], strict=False)
        first = next(((a, b) for a, b in pairs if a != b), None)
        if first is not None or len(booked) != len(one.acknowledged):
            counts = f"{len(booked)} and {len(one.acknowledged)} rows"
            wrong.append(f"{one.name}: booked {first and first[0]}, acknowledged {first and first[1]}; {counts}")
        if energy(booked) != energy(one.acknowledged):
            wrong.append(f"{one.name}: {energy(booked)} Wh booked, {energy(one.acknowledged)} Wh acknowledged")
        if len(set(one.numbers)) != len(one.numbers):
            wrong.append(f"{one.name}: a transaction id was given twice")
    return wrong
