"""Simulated stations on Modbus, written after the register maps and not after the dialect files: registers, and who turns them.

A station is a function of frames, for a bench; its registers can stand behind a real server too.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

TABLES = {1: "coil", 2: "discrete", 3: "holding", 4: "input"}


class Registers:
    """What a Modbus server holds; a question for what is not there is refused, as real ones do."""

    def __init__(self) -> None:
        self.tables: dict[str, dict[int, int]] = {"coil": {}, "discrete": {}, "holding": {}, "input": {}}
        self.written: list[tuple[int, list[int]]] = []

    def __call__(self, frame: bytes) -> list[bytes]:
        transaction, protocol, length, unit, function = struct.unpack(">HHHBB", frame[:8])
        assert (protocol, length) == (0, len(frame) - 6)
        pdu = self.answer(function, frame[8:])
        return [struct.pack(">HHHB", transaction, 0, len(pdu) + 1, unit) + pdu]

    def answer(self, function: int, data: bytes) -> bytes:
        at, second = struct.unpack(">HH", data[:4])
        if function in TABLES:
            table = self.tables[TABLES[function]]
            if any(one not in table for one in range(at, at + second)):
                return struct.pack(">BB", function | 0x80, 2)
            values = [table[one] for one in range(at, at + second)]
            if function in (1, 2):
                bits = sum(bool(value) << number for number, value in enumerate(values))
                return struct.pack(">BB", function, (second + 7) // 8) + bits.to_bytes((second + 7) // 8, "little")
            return struct.pack(f">BB{second}H", function, 2 * second, *values)
        if function == 5:
            self.write("coil", at, [int(second == 0xFF00)])
        elif function == 6:
            self.write("holding", at, [second])
        elif function == 16:
            self.write("holding", at, list(struct.unpack(f">{second}H", data[5:])))
        else:
            return struct.pack(">BB", function | 0x80, 1)
        return struct.pack(">B", function) + data[:4]

    def write(self, table: str, at: int, values: list[int]) -> None:
        self.written.append((at, values))
        self.put(table, at, *values)

    def put(self, table: str, at: int, *values: int) -> None:
        self.tables[table].update({at + number: value for number, value in enumerate(values)})

    # -- how vendors spell numbers -------------------------------------------------------------------------------

    def u32(self, table: str, at: int, value: int, little: bool = False) -> None:
        high, low = value >> 16, value & 0xFFFF
        self.put(table, at, *((low, high) if little else (high, low)))

    def u64(self, table: str, at: int, value: int) -> None:
        self.put(table, at, *(value >> 16 * number & 0xFFFF for number in range(4)))

    def f32(self, at: int, value: float) -> None:
        self.put("holding", at, *struct.unpack(">HH", struct.pack(">f", value)))

    def f64(self, at: int, value: float) -> None:
        self.put("holding", at, *struct.unpack(">HHHH", struct.pack(">d", value)))

    def text(self, table: str, at: int, text: bytes, count: int, swapped: bool = False) -> None:
        pairs = struct.unpack(f"{'<' if swapped else '>'}{count}H", text.ljust(2 * count, b"\0"))
        self.put(table, at, *pairs)

    def read32(self, at: int) -> int:
        holding = self.tables["holding"]
        return holding[at] << 16 | holding[at + 1]


class Serial(Registers):
    """The same on a serial line, behind an adapter (Modbus RTU)."""

    def __call__(self, frame: bytes) -> list[bytes]:
        assert crc(frame) == b"\0\0"
        told = frame[:1] + self.answer(frame[1], frame[2:-2])
        return [told + crc(told)]


def crc(data: bytes) -> bytes:
    """CRC-16 of Modbus, as its specification computes it; of data with their own it is 0."""
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ 0xA001 if value & 1 else value >> 1
    return struct.pack("<H", value)


class Car:
    """A station with a car: ``see`` is told what there is after each change, to turn the registers.

    ``allowed`` gives the amperes that the station lets the car have, 0 while it pauses.
    """

    def __init__(
        self, registers: Registers, see: Callable[[Car], None], allowed: Callable[[Registers], float], usual: float
    ) -> None:
        self.registers, self.see, self._allowed = registers, see, allowed
        self.there, self.wh, self.session, self.amps = False, 85021.0, 0.0, usual
        self.see(self)

    def __call__(self, frame: bytes) -> list[bytes]:
        answers = self.registers(frame)
        self.turn()
        return answers

    @property
    def charging(self) -> bool:
        return self.there and self.amps > 0

    def turn(self) -> None:
        self.amps = self._allowed(self.registers)
        self.see(self)

    def plug(self) -> None:
        self.there, self.session = True, 0.0
        self.turn()

    def unplug(self) -> None:
        self.there = False
        self.turn()

    def charge(self, wh: float) -> None:
        self.wh, self.session = self.wh + wh, self.session + wh
        self.turn()


def abb() -> Car:
    made = Registers()
    made.text("holding", 0x4000, b"ABC12345", 4)
    made.put("holding", 0x4004, 0x0106, 0x0500)
    made.u32("holding", 0x4006, 32000)
    made.u32("holding", 0x4100, 32000)

    def see(car: Car) -> None:
        made.u32("holding", 0x4008, 0)
        made.u32("holding", 0x400A, 0x0111 if car.there else 0)
        made.u32("holding", 0x400C, (4 if car.charging else 2 if car.there else 0) << 8)
        for at in (0x4010, 0x4012, 0x4014):
            made.u32("holding", at, int(1000 * car.amps) if car.charging else 0)
        for at in (0x4016, 0x4018, 0x401A):
            made.u32("holding", at, 2300)
        made.u32("holding", 0x401C, int(690 * car.amps) if car.charging else 0)
        made.u32("holding", 0x401E, int(car.session))

    return Car(made, see, lambda registers: registers.read32(0x4100) / 1000, 32)


def alfen() -> Car:
    made = Registers()
    made.f32(1210, 32.0)
    made.put("holding", 1215, 3)

    def see(car: Car) -> None:
        made.text("holding", 1201, b"C2" if car.charging else b"B2" if car.there else b"A", 5)
        for number in range(3):
            made.f32(306 + 2 * number, 230.0)
            made.f32(320 + 2 * number, car.amps if car.charging else 0.0)
        made.put("holding", *range(344, 345), *[0] * 34)
        made.f32(344, 690 * car.amps if car.charging else 0.0)
        made.f64(374, car.wh)

    return Car(made, see, lambda registers: struct.unpack(">f", struct.pack(">I", registers.read32(1210)))[0], 32)


def bender() -> Car:
    made = Registers()
    made.text("holding", 100, b"5.22", 2)
    made.text("holding", 142, b"Amtron", 10)
    made.put("holding", 1000, 32)

    def see(car: Car) -> None:
        made.put("holding", 104, 6 if car.charging else 5 if car.there else 0)
        made.put("holding", 122, 3 if car.charging else 2 if car.there else 1)
        for at in (212, 214, 216):
            made.u32("holding", at, int(1000 * car.amps) if car.charging else 0)
        made.u32("holding", 218, int(car.wh))
        made.u32("holding", 220, int(690 * car.amps) if car.charging else 0xFFFFFFFF)
        for at in (222, 224, 226):
            made.u32("holding", at, 230)
        made.text("holding", 720, b"04A1B2C3" if car.there else b"", 10)

    return Car(made, see, lambda registers: float(registers.tables["holding"][1000]), 32)


def phoenix(wallbe: bool = False) -> Car:
    made = Registers()
    made.text("input", 105, b"1.12", 2, swapped=True)
    made.text("input", 149, b"3.20", 6, swapped=True)
    made.put("holding", 528, 160 if wallbe else 16)
    made.put("coil", 400, 1)
    made.put("coil", 419, 1)

    def see(car: Car) -> None:
        made.put("input", 100, ord("C" if car.charging else "B" if car.there else "A"))
        for at in (108, 110, 112):
            made.u32("input", at, 230, little=True)
        for at in (114, 116, 118):
            made.u32("input", at, int(car.amps) if car.charging else 0, little=True)
        made.u32("input", 120, int(690 * car.amps) if car.charging else 0, little=True)
        made.u32("holding", 904, int(car.wh), little=True)
        made.u64("holding", 2980, int(car.wh))
        made.text("holding", 606, b"04A1B2C3" if car.there else b"", 16)

    def allowed(registers: Registers) -> float:
        amps = registers.tables["holding"][528] / (10 if wallbe else 1)
        return amps if registers.tables["coil"][400] else 0.0

    return Car(made, see, allowed, 16)


def keba(product: int = 314221, version: int = 31015) -> Car:
    made, p40 = Registers(), product >= 1_000_000
    made.u32("holding", 1014, 17543999)
    made.u32("holding", 1016, product)
    made.u32("holding", 1018, version)
    made.u32("holding", 1602, 60)
    made.put("holding", 5004, 16000)
    made.put("holding", 5014, 1)

    def see(car: Car) -> None:
        made.u32("holding", 1000, 3 if car.charging else 5 if car.there else 1)
        made.u32("holding", 1004, 7 if car.there else 1)
        made.u32("holding", 1006, 0)
        for at in (1008, 1010, 1012):
            made.u32("holding", at, int(1000 * car.amps) if car.charging else 0)
        made.u32("holding", 1020, int(690_000 * car.amps) if car.charging else 0)
        made.u32("holding", 1036, int(car.wh * (1 if p40 and version < 10201 else 10)))
        made.u32("holding", 1040, 230)
        made.u32("holding", 1500, 0xE3F76B8D if car.there else 0)

    def allowed(registers: Registers) -> float:
        return registers.tables["holding"][5004] / 1000 if p40 or registers.tables["holding"][5014] else 0.0

    return Car(made, see, allowed, 16)


def webasto() -> Car:
    made = Registers()
    made.put("holding", 2002, 20)
    made.put("holding", 5004, 16)

    def see(car: Car) -> None:
        made.put("holding", 1000, 3 if car.charging else 4 if car.there else 0)
        made.put("holding", 1006, 0)
        for at in (1008, 1010, 1012):
            made.put("holding", at, int(1000 * car.amps) if car.charging else 0)
        made.u32("holding", 1020, int(690 * car.amps) if car.charging else 0)
        made.u32("holding", 1036, int(car.wh))
        made.text("holding", 1600, b"04A1B2C3" if car.there else b"", 10)

    return Car(made, see, lambda registers: float(registers.tables["holding"][5004]), 16)


def heidelberg() -> Car:
    made = Serial()
    made.put("input", 100, 16, 6)
    made.put("holding", 258, 0)
    made.put("holding", 259, 1)
    made.put("holding", 261, 160)

    def see(car: Car) -> None:
        state = 7 if car.charging else 4 if car.there else 2
        flowing = int(10 * car.amps) if car.charging else 0
        made.put("input", 5, state, flowing, flowing, flowing, 245, 230, 231, 229, 1, int(690 * car.amps) if car.charging else 0)
        made.u32("input", 17, int(car.wh))

    return Car(made, see, lambda registers: registers.tables["holding"][261] / 10, 16)


def amtron() -> Car:
    made = Registers()
    made.put("holding", 1024, 16)
    made.put("input", 776, 3, 32, 16)
    made.u32("input", 779, 1234567, little=True)

    def see(car: Car) -> None:
        made.put("input", 770, 6 if car.charging else 3 if car.there else 1, 4, 0)
        made.u32("input", 781, int(car.session), little=True)
        made.u32("input", 783, int(690 * car.amps) if car.charging else 0, little=True)

    return Car(made, see, lambda registers: float(registers.tables["holding"][1024]), 16)


def vestel() -> Car:
    made = Registers()
    for at, text, count in ((100, "7301", 25), (210, "EVC04", 5), (230, "v3.156.0", 50)):
        made.text("input", at, text.encode("utf-16-be"), count)
    made.put("holding", 2002, 20)
    made.put("holding", 5004, 32)

    def see(car: Car) -> None:
        made.put("input", 1001, int(car.charging))
        made.put("input", 1004, 3 if car.there else 1)
        for at in (1008, 1010, 1012):
            made.put("input", at, int(1000 * car.amps) if car.charging else 0)
        made.u32("input", 1020, int(690 * car.amps) if car.charging else 0)
        made.u32("input", 1502, int(car.session))
        made.text("input", 1516, ("04A1B2C3" if car.there else "").encode("utf-16-be"), 15)

    return Car(made, see, lambda registers: float(registers.tables["holding"][5004]), 32)


STATIONS: dict[str, Callable[[], Any]] = {
    "abb-terra-ac": abb,
    "alfen-ng9": alfen,
    "amtron-hcc3": amtron,
    "bender-cc612": bender,
    "heidelberg-ec": heidelberg,
    "keba-modbus": keba,
    "phoenix-ev-eth": phoenix,
    "vestel-evc04": vestel,
    "wallbe-eco": lambda: phoenix(wallbe=True),
    "webasto-next": webasto,
}
