"""Stations that are asked over HTTP: each question is a request, and what comes back is its answer.

In: bytes to send, the method and path to send them by, perhaps headers.  Out: bodies of answers, and refusals, to an `Asker`.
Not here: which question an answer belongs to, when to ask (`gateway.devices`).

Cookies that the station sets are shown to it from then on.  A question that is challenged (HTTP Digest) is asked once more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from gateway.links.client import HttpClient, Response
from gateway.links.digest import Digest
from gateway.links.streams import Peer, Receiver

_GOOD = range(200, 300)
_UNAUTHORIZED = 401
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
        digest: Digest | None = None,
    ) -> None:
        self._client, self._base, self._asker, self._within = client, base, asker, within
        self._headers, self._content_type, self._digest = list(headers), content_type, digest
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
        self._ask(data, peer, place, False)

    def _ask(self, data: bytes, peer: Peer, place: str, again: bool) -> None:
        first, *more = place.split("\n")
        method, _, path = first.partition(" ")
        headers = [*self._headers, *(_header(line) for line in more)]
        headers += [("content-type", self._content_type)] if data else []
        headers += [("cookie", "; ".join(f"{name}={value}" for name, value in self._cookies.items()))] if self._cookies else []
        shown = self._digest.header(method, path) if self._digest is not None else None
        headers += [("authorization", shown)] if shown is not None else []
        asked = self._client.ask(method, self._base + path, headers, data, self._within)
        asked.addCallbacks(self._answered, lambda failure: None, callbackArgs=(data, peer, place, again))

    def _answered(self, response: Response, data: bytes, peer: Peer, place: str, again: bool) -> None:
        if not self._open:
            return
        self._keep(response)
        challenged = response.status == _UNAUTHORIZED and self._digest is not None and self._digest.challenged(response.headers)
        if challenged and not again:
            self._ask(data, peer, place, True)
        elif response.status in _GOOD:
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
