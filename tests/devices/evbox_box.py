"""Boxes of EVBox on one RS485 line, as the reverse-engineered protocol has them, written without the dialect's data."""

from __future__ import annotations

from typing import Any

AGAIN = 3.0
"""Seconds until a box says something again that was not answered."""


def frame(payload: str) -> bytes:
    total, xor = 0, 0
    for byte in payload.encode():
        total, xor = total + byte, xor ^ byte
    return b"\x02" + f"{payload}{total % 256:02X}{xor:02X}".encode() + b"\x03\xff"


class Bus:
    """All boxes of a line hear everything; ``line`` is the gateway's end."""

    def __init__(self, *boxes: Box) -> None:
        self.boxes, self.line, self.clock = boxes, None, None  # type: ignore[var-annotated]
        for box in boxes:
            box.bus = self

    def receive(self, data: bytes) -> None:
        for part in data.split(b"\x02")[1:]:
            body = part.rstrip(b"\xff")
            assert body.endswith(b"\x03"), body
            payload = body[:-5].decode()
            assert frame(payload)[1:-2] == body[:-1], "the gateway's sums are right"
            for box in self.boxes:
                box.hear(payload)

    def say(self, payload: str) -> None:
        if self.line is not None:
            self.clock.callLater(0.01, self._said, frame(payload))

    def _said(self, data: bytes) -> None:
        if self.line is not None:
            self.line.heard(data, ("192.0.2.9", 7090))


class Box:
    """One box, 11 kW while it charges."""

    def __init__(self, serial: str, meter: int = 85021) -> None:
        self.serial, self.meter, self.since = serial, float(meter), 0.0
        self.bus: Any = None
        self.address = 0
        self.phase, self.card, self.session, self.wanted = "A0", "", 0, ""
        self.interval, self.amps = 0, 0
        self.verdicts: list[str] = []
        self.heard: list[str] = []
        self.waiting: dict[str, str] = {}
        self.lose: set[str] = set()  # commands whose next answer is lost

    # -- what the driver does ------------------------------------------------------------------------------------

    def power_up(self) -> None:
        self.address = 0
        self._ask("11", f"{self.serial}01250003")
        self._tick()

    def show(self, card: str) -> None:
        if self.session:
            self._end()
        else:
            self.wanted = card
            self._ask("22", f"00{len(card):02X}{card:0<22}")

    def leave(self) -> None:
        if self.session:
            self._end()
        self._state("80")
        self._state("A0")

    # -- inside --------------------------------------------------------------------------------------------------

    def _tick(self) -> None:
        self.count()
        if self.interval and self.session:
            amps = f"{1600 if self.phase == '81' else 0:04X}" * 3
            self._ask("66", "00E600E600E6" + amps + "03E803E803E8" + f"{int(self.meter):08X}")
        self.bus.clock.callLater(self.interval or 60, self._tick)

    def count(self) -> None:
        now = self.bus.clock.seconds()
        if self.phase == "81":
            self.meter += (now - self.since) * 11000 / 3600
        self.since = now

    def _ask(self, command: str, data: str) -> None:
        """Say something, again and again until it is answered."""
        self.waiting[command] = data
        self._again(command, data)

    def _again(self, command: str, data: str) -> None:
        if self.waiting.get(command) == data:
            self.bus.say(f"80{self.address:02X}{command}{data}")
            self.bus.clock.callLater(AGAIN, self._again, command, data)

    def _state(self, phase: str) -> None:
        self.count()
        self.phase = phase
        self._ask("6A", f"{phase}00")

    def _begin(self, card: str) -> None:
        self.card = card
        self.count()
        self._ask("23", f"{len(card):02X}{card:0<22}{int(self.meter):08X}")

    def _end(self) -> None:
        self.count()
        session, self.session = self.session, 0
        self._ask("24", f"{len(self.card):02X}{self.card:0<22}{int(self.meter):08X}{session:08X}00{0:08X}")
        self._state("C1")

    def hear(self, payload: str) -> None:
        to, sender, command, data = int(payload[:2], 16), payload[2:4], payload[4:6], payload[6:]
        assert sender == "80"
        if to == 0xBC and command == "11" and data[:7] == self.serial:
            self.address = int(data[7:9], 16)
            self.waiting.pop("11", None)
        elif to == 0xBC and command == "1E":
            if not self.address:
                self._ask("11", f"{self.serial}01250003")
        elif to == self.address and self.address:
            self.heard.append(payload)
            if command in self.lose:
                self.lose.discard(command)
                return
            self._mine(command, data)

    def _mine(self, command: str, data: str) -> None:
        self.waiting.pop(command, None)
        if command == "22":
            self.verdicts.append(data[:2])
            if data[:2] == "01":
                self._begin(self.wanted)
        elif command == "23":
            self.session = int(data[2:10], 16)
            self._state("A7")
        elif command == "6B":
            self.amps = int(data[6:10], 16)
            self.bus.say(f"80{self.address:02X}6B")
            if self.session and self.phase == "A7":
                self._state("81")
        elif command == "65":
            self.interval = int(data, 16)
        elif command == "31":
            self.bus.say(f"80{self.address:02X}3101")
            self._begin(data[2 : 2 + int(data[:2], 16)])
        elif command == "32":
            good = int(data, 16) == self.session
            self.bus.say(f"80{self.address:02X}32{'01' if good else '23'}")
            if good:
                self._end()
        elif command == "35":
            self.power_up()
