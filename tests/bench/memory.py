"""Memory of the gateway for each idle station: announced, accepted, its uplink open, nothing to say.

In: processes.  Out: figures.
The first hundred stations are not counted: what they bring is code, compiled on first use.  A SOAP station at rest holds no
connection, a JSON station holds one.  A gateway of its own for each, so that nothing freed by one is used by the other.
"""

from __future__ import annotations

import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

from tests.bench.figures import Figure, figure
from tests.bench.processes import Backend, Gateway, load

WARM = 100
_MASK = b"\0\0\0\0"  # a mask that hides nothing is a mask


def measure(quick: bool) -> Iterator[Figure]:
    """KiB for each SOAP station and for each JSON station."""
    count = 300 if quick else 2000
    for name, dialect, come in (("SOAP", "ocpp1.5+http", soap_stations), ("JSON", "ocpp1.6+ws", json_stations)):
        with tempfile.TemporaryDirectory(prefix="ocpp-bench-") as folder, ExitStack() as open_:
            backend = open_.enter_context(Backend(Path(folder)))
            gateway = open_.enter_context(Gateway(Path(folder), backend, dialect))
            # The sockets must stay referenced until the last look.
            kept = come(gateway.port, Path(folder), 0, WARM)
            before = settled(gateway, lambda b=backend: b.ask("cpu")["connections"] == WARM)  # type: ignore[misc]
            kept += come(gateway.port, Path(folder), WARM, count)
            after = settled(gateway, lambda b=backend: b.ask("cpu")["connections"] == WARM + count)  # type: ignore[misc]
            yield figure(f"memory of an idle {name} station, of {count}", (after - before) / count / 1024, "KiB")
            for one in kept:
                one.close()


def settled(gateway: Gateway, ready: Callable[[], bool]) -> int:
    """Bytes that the gateway holds once it is ready and has been quiet for a moment."""
    end = time.monotonic() + 60
    while not ready():
        if time.monotonic() > end:
            raise RuntimeError(f"the uplinks do not come up: {gateway.log.read_text()[-2000:]}")
        time.sleep(0.1)
    used = -1.0
    while gateway.cpu() - used > 0.02:
        used = gateway.cpu()
        time.sleep(0.5)
    return gateway.rss()


def soap_stations(port: int, folder: Path, first: int, count: int) -> list[socket.socket]:
    """Announce stations in crowds; each crowd's connections are closed at its end."""
    for start in range(first, first + count, 200):
        crowd = min(200, first + count - start)
        load(port, folder / "stations.log", "--boot", "--stations", str(crowd), "--first", str(start))
    return []


def json_stations(port: int, folder: Path, first: int, count: int) -> list[socket.socket]:
    """Connect stations and announce them; their connections stay."""
    return [
        socket_ for start in range(first, first + count, 50) for socket_ in _crowd(port, start, min(50, first + count - start))
    ]


def _crowd(port: int, first: int, count: int) -> list[socket.socket]:
    made = [socket.create_connection(("127.0.0.1", port)) for _ in range(count)]
    for number, one in enumerate(made, first):
        one.settimeout(30)
        one.sendall(
            f"GET /ocpp/BENCH-{number:05d} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Protocol: ocpp1.6\r\n\r\n".encode()
        )
    for one in made:
        _until(one, b"\r\n\r\n")
        one.sendall(_frame(b'[2,"boot","BootNotification",{"chargePointVendor":"Bench","chargePointModel":"One"}]'))
    for one in made:
        _until(one, b'"Accepted"')
    return made


def _frame(text: bytes) -> bytes:
    return bytes((0x81, 0x80 | len(text))) + _MASK + text


def _until(one: socket.socket, wanted: bytes) -> None:
    heard = b""
    while wanted not in heard:
        data = one.recv(4096)
        if not data:
            raise RuntimeError(f"closed after {heard[-300:]!r}")
        heard += data
