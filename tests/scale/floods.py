"""One bad station or stranger, as a process: says one thing over and over, and prints how often it did.

    python -m tests.scale.floods NAME --ws PORT --soap PORT --seconds S

In: one name of `FLOODS`, where the gateway listens.  Out: one line of JSON: said, links (how many it needed).
Raw sockets and frames made by hand, at the lowest priority, so that what it costs itself is not taken for the gateway's.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

PATIENCE = 10.0
"""Seconds for what the gateway may need before it hears or answers."""
REST = 1.0
"""Seconds before the first word, so that its beginning falls into the others' work."""


@dataclass(frozen=True)
class Flood:
    """So many a second (0: as fast as they are taken), each made from its number, over one WebSocket or ``each`` over a link of
    its own; ``door`` is the listener that it goes to.

    ``promised``: whether 99 of 100 messages of the others may notice nothing.  One of 1 MiB holds all up once, and in a turn of
    some seconds that is more than one of 100.
    """

    rate: float
    make: Callable[[int], bytes]
    each: bool = False
    door: str = "ws"
    promised: bool = True


def call(action: str, payload: object) -> Callable[[int], bytes]:
    """Frames with one OCPP-J call; the number is the id, and stands wherever the payload says ``#``."""
    shape = json.dumps([2, "#", action, payload], separators=(",", ":"))
    return lambda number: frame(1, shape.replace("#", str(number)).encode())


def frame(code: int, payload: bytes) -> bytes:
    """A client's frame whose mask is nought, so that its payload is sent as it is."""
    size = len(payload)
    if size < 126:
        head = struct.pack("!BB", 0x80 | code, 0x80 | size)
    elif size < 2**16:
        head = struct.pack("!BBH", 0x80 | code, 0x80 | 126, size)
    else:
        head = struct.pack("!BBQ", 0x80 | code, 0x80 | 127, size)
    return head + bytes(4) + payload


def handshake(name: str) -> bytes:
    """A WebSocket handshake that is in order."""
    return (
        f"GET /ocpp/{name} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: ocpp1.6\r\n\r\n"
    ).encode()


def _post(body: bytes) -> bytes:
    head = f"POST /ocpp HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/soap+xml\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


_STATE = {"connectorId": 1, "errorCode": "NoError", "status": "Charging", "vendorErrorCode": "#"}
_READING = {"timestamp": "2026-12-01T00:00:00Z", "sampledValue": [{"value": "1"}] * 64_000}
_SOAP = b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>%s</s:Body></s:Envelope>' % (b"<a/>" * 250_000)

FLOODS = {
    "heartbeats": Flood(5000, call("Heartbeat", {})),
    "authorizations": Flood(1000, call("Authorize", {"idTag": "T#"})),
    "states": Flood(2000, call("StatusNotification", _STATE)),
    "transfers of 64 KiB": Flood(100, call("DataTransfer", {"vendorId": "x", "data": "y" * 65_000})),
    "readings of 1 MiB": Flood(20, call("MeterValues", {"connectorId": 1, "meterValue": [_READING]}), promised=False),
    "noise": Flood(500, lambda number: frame(1, b"[" * 900)),
    "pings": Flood(5000, lambda number: frame(9, b"?")),
    "envelopes of 1 MiB": Flood(0, lambda number: _post(_SOAP), each=True, door="soap", promised=False),
    "bad handshakes": Flood(400, lambda number: b"GET /ocpp/ID%d HTTP/1.1\r\nHost: a\r\n\r\n" % number, each=True),
    "new stations": Flood(50, lambda number: handshake(f"NEW-{number}"), each=True),
}


class Flooder:
    """Says what it has to until ``end``; ``name`` is the station's, ``place`` a port."""

    def __init__(self, name: str, flood: Flood, place: int, end: float) -> None:
        self.name, self.flood, self.place, self.end = name, flood, place, end
        self.said = self.links = 0

    def run(self) -> None:
        """Again and again, over new links where the gateway cuts them."""
        self.begin = time.monotonic()
        while time.monotonic() < self.end:
            try:
                self._each() if self.flood.each else self._talk()
            except OSError:
                time.sleep(0.05)

    def _talk(self) -> None:
        with socket.create_connection(("127.0.0.1", self.place), PATIENCE) as link:
            self.links += 1
            link.sendall(handshake(self.name))
            link.recv(4096)
            link.sendall(call("BootNotification", {"chargePointVendor": "F", "chargePointModel": "F"})(0))
            link.recv(4096)
            threading.Thread(target=_swallow, args=(link,), daemon=True).start()
            while self._due():
                link.sendall(self.flood.make(self.said))
                self.said += 1

    def _each(self) -> None:
        while self._due():
            with socket.create_connection(("127.0.0.1", self.place), PATIENCE) as link:
                self.links += 1
                link.sendall(self.flood.make(self.said))
                link.recv(4096)
                self.said += 1

    def _due(self) -> bool:
        """Wait for the next; whether there is still time for it."""
        if self.flood.rate:
            time.sleep(max(0.0, self.begin + self.said / self.flood.rate - time.monotonic()))
        return time.monotonic() < self.end


def _swallow(link: socket.socket) -> None:
    """Read what is answered, so that it is not for this that the gateway stops reading."""
    try:
        link.settimeout(None)
        while link.recv(2**16):
            pass
    except OSError:
        pass


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("name", choices=FLOODS)
    parser.add_argument("--ws", type=int, required=True)
    parser.add_argument("--soap", type=int, required=True)
    parser.add_argument("--seconds", type=float, default=3.0)
    args = parser.parse_args()
    os.nice(19)
    flood = FLOODS[args.name]
    name = f"FLOOD-{args.name.replace(' ', '-')}"
    print(json.dumps("ready"), flush=True)
    time.sleep(REST)
    flooder = Flooder(name, flood, {"ws": args.ws, "soap": args.soap}[flood.door], time.monotonic() + args.seconds)
    flooder.run()
    print(json.dumps({"said": flooder.said, "links": flooder.links}), flush=True)


if __name__ == "__main__":
    main()
