"""pymodbus' own server with a simulated station's registers behind it, on a thread of its own."""

from __future__ import annotations

import asyncio
from typing import Any

from pymodbus import FramerType
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from tests.devices.modbus_station import TABLES, Car
from tests.peers.looped import Looped, deaf

LAST = 0x4200
WRITES = {5: "coil", 6: "holding", 16: "holding"}


class Server(Looped):
    """The car may be moved from any thread: ``do``.  ``framer``: how it is spoken to, over TCP."""

    def __init__(self, car: Car, port: int, framer: FramerType = FramerType.SOCKET) -> None:
        super().__init__()
        self.car, self.port, self.framer = car, port, framer

    def start(self) -> Server:
        self.run(self._start())
        return self

    async def _start(self) -> None:
        words = [SimData(0, values=[0] * LAST, datatype=DataType.REGISTERS)]
        bits = [SimData(0, values=[False] * 500, datatype=DataType.BITS)]
        device = SimDevice(0, simdata=(bits, bits, words, words), action=self.touched)
        self.server = ModbusTcpServer(device, framer=self.framer, address=("127.0.0.1", self.port))
        await self.server.serve_forever(background=True)

    async def touched(
        self, function: int, start: int, address: int, count: int, current: list[Any], values: list[Any] | None
    ) -> None:
        """Registers are read: put in what there is.  They are written: the station does it."""
        registers = self.car.registers
        if values is not None and function in WRITES:
            registers.write(WRITES[function], address, [int(value) for value in values])
            self.car.turn()
        elif function in TABLES:
            table = registers.tables[TABLES[function]]
            for number in range(count):
                current[address - start + number] = table.get(address + number, 0)

    def end(self) -> None:
        self.run(self.server.shutdown())
        super().end()


class Rapi(Looped):
    """A serial-to-TCP adapter with an OpenEVSE behind it."""

    def __init__(self, station: Any) -> None:
        super().__init__()
        self.station, self.port = station, 0

    def start(self) -> Rapi:
        self.run(self._start())
        return self

    async def _start(self) -> None:
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                for answer in self.station(await reader.readuntil(b"\r")):
                    writer.write(answer)
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            writer.close()

    def end(self) -> None:
        self.run(deaf(self.server))
        self.do(self.server.close)
        super().end()
