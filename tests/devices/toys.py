"""A protocol as small as can be: lines ``name key=value … *sum``.  ``hello`` tells who it is; answers repeat the number ``n``."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from gateway.devices.places import Addressing, Peer
from gateway.dialects.errors import Garbled, PeerError
from gateway.wires.shapes import LinkRules, Noise, Record, Sequence

LONGEST = 200
BY_NAME = Addressing(identity={"hello": "id"}, address="src", to="dst", pool=range(1, 4), unknown="who")


def line(name: str, **fields: Any) -> bytes:
    text = " ".join([name, *(f"{key}={value}" for key, value in fields.items())])
    return f"{text} *{sum(text.encode()) % 256:02X}\n".encode()


class Framer:
    def __init__(self) -> None:
        self.buffer = bytearray()

    def feed(self, data: bytes) -> list[bytes | Noise]:
        self.buffer += data
        *whole, rest = self.buffer.split(b"\n")
        self.buffer = bytearray(rest)
        found: list[bytes | Noise] = [bytes(one) + b"\n" for one in whole]
        if len(self.buffer) > LONGEST:
            found.append(Noise(bytes(self.buffer), "too long"))
            self.buffer.clear()
        return found

    def idle(self) -> list[bytes | Noise]:
        rest, self.buffer = bytes(self.buffer), bytearray()
        return [Noise(rest, "half a frame")] if rest else []


class Wire:
    sequence = Sequence("n", 1, 9)

    def __init__(self, **rules: Any) -> None:
        kinds = ("tcp", "udp", "http", "ws")
        self.links = {kind: LinkRules(**{"within": 5, "lull": 1, "silence": 0, **rules}) for kind in kinds}
        names = ("ask", "reply", "who", "stop", "hello", "read")
        self.frames = {
            name: SimpleNamespace(asks={"n": 1, "dst": 1, "v": 1} if name in ("ask", "stop") else {}) for name in names
        }

    def framer(self, sender: str) -> Framer:
        return Framer()

    def read(self, frame: bytes, sender: str, asked: Record | None = None, place: str = "") -> Record:
        try:
            text, _, check = frame.decode("ascii").rstrip("\n").rpartition(" *")
            name, *pairs = text.split(" ")
            fields: dict[str, Any] = dict(pair.split("=", 1) for pair in pairs)
        except ValueError:
            raise Garbled("FormatViolation", "no such line") from None
        if f"{sum(text.encode()) % 256:02X}" != check:
            raise PeerError("ProtocolError", "the sum is wrong")
        return Record(name, {key: int(value) if value.isdigit() else value for key, value in fields.items()}, frame, place)

    def write(self, name: str, fields: Mapping[str, Any], sender: str | None = None) -> bytes:
        if fields.get("v") == "unfit":
            raise ValueError("v does not fit")
        return line(name, **fields)

    def place(self, name: str, fields: Mapping[str, Any]) -> str:
        return "GET /x" if name == "read" else ""

    def answers(self, heard: Record, asked: Record) -> bool:
        return heard.name == "answer" and heard.fields.get("n") == asked.fields.get("n")


class Link:
    """The far end of a line: what was written, and to whom."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, Peer]] = []
        self.shut: set[Peer] = set()
        self.ended: str | None = None

    def open_to(self, peer: Peer) -> bool:
        return peer not in self.shut

    def write(self, data: bytes, peer: Peer, place: str = "") -> None:
        self.sent.append((data.decode().partition(" *")[0], peer))

    def bad(self, peer: Peer) -> None:
        pass

    def close(self) -> None:
        self.ended = self.ended or "closed"

    def abort(self, why: str = "") -> None:
        self.ended = self.ended or why

    def taken(self) -> list[str]:
        sent, self.sent = [text for text, _ in self.sent], []
        return sent
