"""A simulated YKC pile, written after the vendor's document and not after the dialect file."""

from __future__ import annotations

from typing import Any

PILE = "55031412782305"
MINUTE = 60.0


def crc(data: bytes) -> bytes:
    """CRC-16/MODBUS, low byte first, bit by bit."""
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0xA001 if value & 1 else 0)
    return bytes([value & 0xFF, value >> 8])


def frame(sequence: int, kind: int, body: bytes) -> bytes:
    inner = sequence.to_bytes(2, "little") + bytes([0, kind]) + body
    return bytes([0x68, len(inner)]) + inner + crc(inner)


def little(value: float, size: int) -> bytes:
    return round(value).to_bytes(size, "little")


def stamp(minutes: int) -> bytes:
    """A time of day in the zone of Beijing, on the 1st of January 2026."""
    return bytes([0, 0, minutes % 60, minutes // 60 % 24, 1, 1, 26])


class Pile:
    """One gun.  ``answers`` False: it is mute.  What it was told stands in ``heard`` as (type, body)."""

    def __init__(self, pile: str = PILE) -> None:
        self.pile = bytes.fromhex(pile)
        self.line: Any = None
        self.clock: Any = None
        self.heard: list[tuple[int, bytes]] = []
        self.held = bytearray()
        self.sequence = 0
        self.online = self.answers = True
        self.car = self.charging = False
        self.trade = bytes(16)
        self.card = bytes(8)
        self.ws = 0.0
        self.amps = 32
        self.work = (0, 100)
        self.offline_cards: list[bytes] = []
        self.unconfirmed: list[bytes] = []
        self.faults = 0
        self.kind = 0
        self.mute = 0

    # -- saying --------------------------------------------------------------------------------------------------

    def say(self, kind: int, body: bytes, sequence: int | None = None) -> None:
        if self.line is None:
            return
        if sequence is None:
            self.sequence = sequence = (self.sequence + 1) % 65536
        self.line.heard(frame(sequence, kind, body), ("192.0.2.9", 7090))

    def login(self) -> None:
        body = self.pile + bytes([0, 1, 0x10]) + b"V1.6.001" + bytes([1]) + bytes(10) + bytes([4])
        self.online = False
        self.say(0x01, body)

    def beat(self) -> None:
        self.say(0x03, self.pile + bytes([1, 0]))

    def realtime(self, sequence: int | None = None) -> None:
        state = 1 if self.faults else 3 if self.charging else 2
        kwh = self.ws / 3_600_000 * 10000
        body = self.trade + self.pile + bytes([1, state, 0 if self.car else 1, 1 if self.car else 0])
        body += little(3800 if self.charging else 0, 2) + little(self.amps * 10 if self.charging else 0, 2)
        body += bytes([70]) + bytes(8) + bytes([40 if self.charging else 0, 50]) + little(0, 2) + little(0, 2)
        body += little(kwh, 4) * 2 + little(0, 4) + little(self.faults, 2)
        self.say(0x13, body, sequence)

    def show(self, card: str) -> None:
        """A card is held to it."""
        self.card = bytes.fromhex(card.zfill(16))
        self.say(0x31, self.pile + bytes([1, 1, 0]) + self.card + bytes(16) + bytes(17))

    # -- what happens to it --------------------------------------------------------------------------------------

    def arrive(self) -> None:
        self.car = True
        self.realtime()

    def begin(self, trade: bytes) -> None:
        self.trade, self.charging, self.ws = trade, True, 0.0
        self.realtime()

    def charge(self, watts: float, seconds: float) -> None:
        self.ws += watts * seconds * self.work[1] / 100

    def end(self, reason: int = 0x45) -> None:
        """It stops, and sends the record until that is confirmed."""
        if not self.charging:
            return
        self.charging = False
        self.record(self.trade, self.ws, reason)
        self.trade = bytes(16)
        self.realtime()

    def record(self, trade: bytes, ws: float, reason: int) -> None:
        kwh = ws / 3_600_000 * 10000
        body = trade + self.pile + bytes([1]) + stamp(60) + stamp(90)
        body += (little(240000, 4) + little(kwh, 4) * 2 + little(0, 4)) + bytes(48)
        body += little(1234567890, 5) + little(1234567890 + kwh, 5) + little(kwh, 4) * 2 + little(0, 4)
        body += b"LB37624Z5JX016331" + bytes([2]) + stamp(90) + bytes([reason]) + self.card
        self.unconfirmed.append(body)
        self.say(0x3B, body)

    def resend(self) -> None:
        for body in self.unconfirmed:
            self.say(0x3B, body)

    def leave(self) -> None:
        self.end()
        self.car = False
        self.realtime()

    # -- hearing -------------------------------------------------------------------------------------------------

    def stream(self, data: bytes) -> None:
        """Bytes of a connection, cut as chance will have it."""
        self.held += data
        while len(self.held) > 1 and len(self.held) >= self.held[1] + 4:
            whole = bytes(self.held[: self.held[1] + 4])
            del self.held[: len(whole)]
            self.receive(whole)

    def receive(self, data: bytes) -> None:
        assert data[0] == 0x68
        assert data[1] == len(data) - 4
        assert crc(data[2:-2]) == data[-2:]
        sequence, kind, body = int.from_bytes(data[2:4], "little"), data[5], data[6:-2]
        self.heard.append((kind, body))
        if self.answers:
            answer = getattr(self, f"on_{kind:02x}", None)
            if answer is not None:
                answer(body, sequence)

    def told(self, kind: int) -> list[bytes]:
        return [body for one, body in self.heard if one == kind]

    def on_02(self, body: bytes, sequence: int) -> None:
        self.online = body[7] == 0
        if self.online:
            self.say(0x05, self.pile + bytes(2))

    def on_06(self, body: bytes, sequence: int) -> None:
        if body[9] == 1:
            self.say(0x09, self.pile)

    def on_12(self, body: bytes, sequence: int) -> None:
        self.realtime(sequence)

    def on_32(self, body: bytes, sequence: int) -> None:
        if body[36] == 1 and self.car:
            self.begin(body[:16])

    def on_34(self, body: bytes, sequence: int) -> None:
        reason = 2 if self.charging else 5 if not self.car else 0
        self.say(0x33, body[:16] + self.pile + bytes([1, 0 if reason else 1, reason]), sequence)
        if not reason:
            self.begin(body[:16])

    def on_36(self, body: bytes, sequence: int) -> None:
        self.say(0x35, self.pile + bytes([1, 1 if self.charging else 0, 0 if self.charging else 2]), sequence)
        self.end(0x40)

    def on_40(self, body: bytes, sequence: int) -> None:
        self.unconfirmed = [one for one in self.unconfirmed if one[:16] != body[:16]]

    def on_44(self, body: bytes, sequence: int) -> None:
        assert len(body) == 8 + 16 * body[7]
        self.offline_cards.append(body[16:24])
        self.say(0x43, self.pile + bytes([1, 0]), sequence)

    def on_46(self, body: bytes, sequence: int) -> None:
        card = body[8:16]
        self.offline_cards.remove(card)
        self.say(0x45, self.pile + card + bytes([1, 0]), sequence)

    def on_52(self, body: bytes, sequence: int) -> None:
        self.work = (body[7], body[8])
        self.say(0x51, self.pile + bytes([1 if 30 <= body[8] <= 100 else 0]), sequence)

    def on_56(self, body: bytes, sequence: int) -> None:
        self.say(0x55, self.pile + body[7:14], sequence)

    def on_92(self, body: bytes, sequence: int) -> None:
        self.say(0x91, self.pile + bytes([1]), sequence)

    def on_94(self, body: bytes, sequence: int) -> None:
        assert len(body) == 94
        self.say(0x93, self.pile + bytes([0]), sequence)
