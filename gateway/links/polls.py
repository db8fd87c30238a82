"""Stations that are asked over HTTP: each question is a request, and what comes back is its answer.

In: bytes to send, the method and path to send them by, perhaps headers.  Out: bodies of answers, and refusals, to an `Asker`.
Not here: which question an answer belongs to, when to ask (`gateway.devices`).

Cookies that the station sets are shown to it from then on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from gateway.links.client import HttpClient, Response
from gateway.links.streams import Peer, Receiver

_GOOD = range(200, 300)
_MOST_COOKIES = 20


class Asker(Receiver, Protocol):
    """Whoever asks."""

    def refused(self, status: int, data: bytes, peer: Peer, place: str) -> None:
        """What was asked by that method and path was answered with a status that is none of success."""


class Polls:
    """All questions to the place at ``base`` (a URL without a path).  There is no connection: it is open from ``open`` on."""

    def __init__(
        self,
        client: HttpClient,
        base: str,
        asker: Asker,
        within: float,
        headers: Sequence[tuple[str, str]] = (),
        content_type: str = "text/plain",
    ) -> None:
        self._client, self._base, self._asker, self._within = client, base, asker, within
        self._headers, self._content_type = list(headers), content_type
        self._cookies: dict[str, str] = {}
        self._open = False

    def open(self) -> None:
        """Begin."""
        if not self._open:
            self._open = True
            self._asker.opened(self)

    def shut(self) -> None:
        """End; answers that are under way are not heard."""
        if self._open:
            self._open = False
            self._asker.closed("shut")

    def open_to(self, peer: Peer) -> bool:
        """Whether something may be asked."""
        return self._open

    def write(self, data: bytes, peer: Peer, place: str = "") -> None:
        """Ask; ``place`` is the method and the path, as in ``GET /status``, then perhaps a line for each header."""
        first, *more = place.split("\n")
        method, _, path = first.partition(" ")
        headers = [*self._headers, *(_header(line) for line in more)]
        headers += [("content-type", self._content_type)] if data else []
        headers += [("cookie", "; ".join(f"{name}={value}" for name, value in self._cookies.items()))] if self._cookies else []
        asked = self._client.ask(method, self._base + path, headers, data, self._within)
        asked.addCallbacks(self._answered, lambda failure: None, callbackArgs=(peer, place))

    def _answered(self, response: Response, peer: Peer, place: str) -> None:
        if not self._open:
            return
        self._keep(response)
        if response.status in _GOOD:
            self._asker.heard(response.body, peer, place)
        else:
            self._asker.refused(response.status, response.body, peer, place)

    def _keep(self, response: Response) -> None:
        """Its cookies."""
        for name, value in response.headers:
            if name == "set-cookie":
                name, _, value = value.partition(";")[0].strip().partition("=")
                self._cookies.pop(name, None)
                if value and len(self._cookies) < _MOST_COOKIES:
                    self._cookies[name] = value

    def bad(self, peer: Peer) -> None:
        """What came could not be used: nobody is told."""

    def close(self) -> None:
        """Nothing to close."""

    def abort(self, why: str = "") -> None:
        """Nothing to close."""


def _header(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.strip(), value.strip()
