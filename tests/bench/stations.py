"""The load: many 1.5 SOAP stations, each with one kept-alive connection and one request in flight.

    python -m tests.bench.stations --port 8080 --stations 64 --seconds 3 --action Authorize [--boot] [--first 0]

Prints one line of JSON: calls, seconds, errors, the CPU seconds that the load itself took, and latencies in ms.
Raw sockets and epoll, requests built beforehand, of an answer no more is read than its length and its status.
"""

from __future__ import annotations

import argparse
import json
import select
import socket
import time
from typing import Any

from tests.bench import wire

_LENGTH = b"content-length:"


class Station:
    """One connection.  ``pieces`` are the request; the counter stands between them."""

    __slots__ = ("began", "buffer", "name", "number", "pieces", "socket", "whole")

    def __init__(self, name: str, port: int) -> None:
        self.name, self.number, self.whole, self.began = name, 0, 0, 0.0
        self.pieces: list[bytes] = []
        self.buffer = b""
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, number: int) -> None:
        """Send the next request."""
        self.began = time.perf_counter()
        self.socket.sendall((b"%010d" % number).join(self.pieces))

    def heard(self) -> bytes | None:
        """The answer, if it is whole now; b"" where the connection is closed."""
        data = self.socket.recv(65536)
        if not data:
            return b""
        self.buffer += data
        if not self.whole:
            end = self.buffer.find(b"\r\n\r\n")
            if end < 0:
                return None
            head = self.buffer[:end].lower()
            at = head.find(_LENGTH) + len(_LENGTH)
            self.whole = end + 4 + int(head[at:].split(b"\r\n", 1)[0])
        if len(self.buffer) < self.whole:
            return None
        answer, self.buffer, self.whole = self.buffer[: self.whole], self.buffer[self.whole :], 0
        return answer


class Crowd:
    """All stations of one run."""

    def __init__(self, port: int, count: int, first: int) -> None:
        self.port = port
        self.stations = [Station(f"BENCH-{number:05d}", port) for number in range(first, first + count)]
        self.poll = select.epoll()
        self.by_file = {one.socket.fileno(): one for one in self.stations}
        for file in self.by_file:
            self.poll.register(file, select.EPOLLIN)
        self.number = time.time_ns() // 1_000_000 % 10**10

    def boot(self, within: float) -> None:
        """Announce each station until it is accepted; the gateway's uplinks need a moment."""
        waiting = set(self.by_file)
        self.load("BootNotification")
        end = time.monotonic() + within
        for file in waiting:
            self.by_file[file].ask(self.next())
        while waiting:
            for file, _ in self.poll.poll(1.0):
                station = self.by_file[file]
                answer = station.heard()
                if answer is None:
                    continue
                if answer == b"":
                    raise SystemExit(f"{station.name}: closed while it announced itself")
                if b">Accepted<" in answer:
                    waiting.discard(file)
                else:
                    time.sleep(0.01)
                    station.ask(self.next())
            if time.monotonic() > end:
                raise SystemExit(f"{len(waiting)} of {len(self.stations)} stations are not accepted within {within} s")

    def load(self, action: str) -> None:
        for one in self.stations:
            one.pieces = wire.post(action, one.name, self.port)

    def next(self) -> int:
        self.number += 1
        return self.number

    def run(self, action: str, seconds: float) -> dict[str, Any]:
        """Ask without pause; what is in flight at the end is waited for and not counted."""
        self.load(action)
        calls, errors, open_ = 0, 0, len(self.stations)
        took: list[float] = []
        used, begin = time.process_time(), time.perf_counter()
        end = begin + seconds
        now = begin
        for one in self.stations:
            one.ask(self.next())
        while open_:
            for file, _ in self.poll.poll(10.0) or _silent(open_):
                station = self.by_file[file]
                answer = station.heard()
                if answer is None:
                    continue
                now = time.perf_counter()
                if answer == b"":
                    errors += 1
                    open_ -= 1
                    self.poll.unregister(file)
                    continue
                if not answer.startswith(b"HTTP/1.1 200"):
                    errors += 1
                if now < end:
                    calls += 1
                    took.append(now - station.began)
                    station.ask(self.next())
                else:
                    open_ -= 1
        took.sort()
        pick = [took[int(len(took) * share)] * 1000 if took else 0.0 for share in (0.5, 0.99)]
        return {
            "calls": calls,
            "seconds": seconds,
            "errors": errors,
            "cpu": time.process_time() - used,
            "p50_ms": round(pick[0], 3),
            "p99_ms": round(pick[1], 3),
        }


def _silent(open_: int) -> list[tuple[int, int]]:
    raise SystemExit(f"{open_} stations have waited 10 s for an answer")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--stations", type=int, default=64)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--action", default="")
    parser.add_argument("--boot", action="store_true")
    args = parser.parse_args()
    crowd = Crowd(args.port, args.stations, args.first)
    if args.boot:
        crowd.boot(60.0)
    print(json.dumps(crowd.run(args.action, args.seconds) if args.action else {"booted": args.stations}), flush=True)


if __name__ == "__main__":
    main()
