"""The admin port: metrics and health over HTTP.

In: exchanges of `gateway.links.http`.  Out: answers.
Not here: the port itself, what is measured (`gateway.observe.metrics`).

``/livez``: the process turns.  ``/readyz``: it takes stations; a back end that is away is no reason to say no, because
the journal keeps what stations tell.  A request whose Host is not ours is refused: a web page that makes its own name
point at this machine (DNS rebinding) could otherwise read along.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable
from typing import Protocol

from gateway.observe.metrics import CONTENT_TYPE, Metrics

TEXT = "text/plain; charset=utf-8"
INDEX = """\
ocpp-gateway

/metrics  what happens here, for Prometheus
/livez    whether the process is alive
/readyz   whether it takes stations
"""


class Request(Protocol):
    """What is read of a request."""

    @property
    def method(self) -> str:
        """GET, HEAD …"""

    @property
    def path(self) -> str:
        """Without the query."""

    def header(self, name: str) -> str | None:
        """The first value of a header, by its name in lower case."""


class Exchange(Protocol):
    """What is used of an exchange."""

    @property
    def request(self) -> Request:
        """The request."""

    def respond(self, status: int, headers: Iterable[tuple[str, str]] = ..., body: bytes = ...) -> None:
        """Answer it."""


class Console:
    """Answers requests.  ``ready`` says why the gateway is not ready, or None; ``hosts`` are names it may be called by.

    ``0.0.0.0`` or ``::`` among them (the port is open everywhere) admits every numeric address, but still no other name.
    """

    def __init__(self, metrics: Metrics, ready: Callable[[], str | None], hosts: Iterable[str] = ()) -> None:
        self._metrics, self._ready = metrics, ready
        self._hosts = {host.strip("[]").lower() for host in hosts if host}
        self._everywhere = bool(self._hosts & {"0.0.0.0", "::"})  # noqa: S104 - compared, not bound
        self._pages: dict[str, Callable[[], tuple[int, str, bytes]]] = {
            "/": lambda: (200, TEXT, INDEX.encode()),
            "/metrics": self._numbers,
            "/livez": lambda: (200, TEXT, b"alive\n"),
            "/readyz": self._readiness,
        }

    def request(self, exchange: Exchange) -> None:
        """Answer one exchange."""
        status, kind, body = self._answer(exchange.request)
        headers = [("content-type", kind), ("cache-control", "no-store"), ("x-content-type-options", "nosniff")]
        if status == 405:
            headers.append(("allow", "GET"))
        exchange.respond(status, headers, body)

    def _answer(self, request: Request) -> tuple[int, str, bytes]:
        if not self._ours(request.header("host")):
            return 403, TEXT, b"this is not the host that you asked for\n"
        page = self._pages.get(request.path)
        if page is None:
            return 404, TEXT, b"there is no such page; / lists them\n"
        if request.method != "GET":
            return 405, TEXT, b"only GET\n"
        return page()

    def _numbers(self) -> tuple[int, str, bytes]:
        self._metrics.ready(self._ready() is None)
        return 200, CONTENT_TYPE, self._metrics.exposition()

    def _readiness(self) -> tuple[int, str, bytes]:
        why = self._ready()
        return (200, TEXT, b"ready\n") if why is None else (503, TEXT, f"not ready: {why}\n".encode("utf-8", "replace"))

    def _ours(self, host: str | None) -> bool:
        name = _name_of(host or "")
        return name in self._hosts or name == "localhost" or _literal(name, any_at_all=self._everywhere)


def _name_of(host: str) -> str:
    """``[::1]:9100`` → ``::1``, ``Name:80`` → ``name``."""
    host = host.strip().lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].removesuffix(".")


def _literal(name: str, any_at_all: bool) -> bool:
    """Whether the name is an address: of this machine, or any (no foreign page has an address of ours for its name)."""
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    return any_at_all or address.is_loopback
