"""A relay that looks at nothing: what the gateway's own links can carry, the baseline of the end-to-end figures.

    python -m tests.bench.relay_bare --backend ws://127.0.0.1:9000/bare/Authorize [--commit FOLDER]

The body of each POST goes as text over a WebSocket, one for each connection (so for each station); what comes back is
the answer, in order.  Server and WebSocket client are those of `gateway.links`.  With ``--commit`` one row goes to SQLite
(WAL, synchronous=FULL, all that waits in one transaction, by a thread of its own) before the body is sent on.
Prints its port, serves until SIGTERM.
"""

from __future__ import annotations

import argparse
import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from twisted.internet import reactor as _reactor

from gateway.links.http import Exchange, http_factory
from gateway.links.limits import Limits
from gateway.links.server import listen
from gateway.links.websocket import WebSocket, connect

reactor: Any = _reactor
LIMITS = Limits()
HEADERS = [("content-type", "application/soap+xml; charset=utf-8")]


class Uplink:
    """The WebSocket of one station."""

    def __init__(self, url: str) -> None:
        self.socket: WebSocket | None = None
        self.unsent: list[Exchange] = []
        self.waiting: deque[Exchange] = deque()
        connect(reactor, url, ["bare"], [], self, LIMITS, 10.0).addCallback(self._made)

    def _made(self, socket: WebSocket) -> None:
        self.socket = socket
        for exchange in self.unsent:
            self.send(exchange)

    def send(self, exchange: Exchange) -> None:
        if self.socket is None:
            self.unsent.append(exchange)
            return
        self.waiting.append(exchange)
        self.socket.send(exchange.request.body.decode())

    def text(self, text: str) -> None:
        self.waiting.popleft().respond(200, HEADERS, text.encode())

    def closed(self, code: int, reason: str) -> None:
        for exchange in self.waiting:
            exchange.drop()


class Rows:
    """One row for each body, as many in one transaction as wait."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "bare.sqlite"
        self.jobs: list[tuple[bytes, Callable[[], None]]] = []
        self.wake = threading.Condition()
        threading.Thread(target=self._work, daemon=True).start()

    def commit(self, body: bytes, done: Callable[[], None]) -> None:
        with self.wake:
            self.jobs.append((body, done))
            self.wake.notify()

    def _work(self) -> None:
        db = sqlite3.connect(self.path, isolation_level=None)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("CREATE TABLE message (seq INTEGER PRIMARY KEY, body TEXT)")
        while True:
            with self.wake:
                self.wake.wait_for(lambda: self.jobs)
                jobs, self.jobs = self.jobs, []
            db.execute("BEGIN IMMEDIATE")
            for body, _ in jobs:
                db.execute("INSERT INTO message (body) VALUES (?)", (body.decode(),))
            db.execute("COMMIT")
            for _, done in jobs:
                reactor.callFromThread(done)


class Relay:
    """All stations."""

    def __init__(self, url: str, rows: Rows | None) -> None:
        self.url, self.rows = url, rows
        self.uplinks: dict[int, Uplink] = {}

    def request(self, exchange: Exchange) -> None:
        uplink = self.uplinks.get(exchange.request.peer_port)
        if uplink is None:
            uplink = self.uplinks[exchange.request.peer_port] = Uplink(self.url)
        if self.rows is None:
            uplink.send(exchange)
        else:
            self.rows.commit(exchange.request.body, lambda: uplink.send(exchange))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--backend", required=True)
    parser.add_argument("--commit", type=Path)
    args = parser.parse_args()
    relay = Relay(args.backend, Rows(args.commit) if args.commit else None)
    factory = http_factory(reactor, relay.request, None, LIMITS, lambda word: print(word, flush=True))
    opened = listen(reactor, "127.0.0.1", 0, factory)
    opened.addCallback(lambda port: print(port.getHost().port, flush=True))
    reactor.run()


if __name__ == "__main__":
    main()
