"""Stations that are asked over HTTP: each question is a request, and what comes back is its answer.

In: bytes to send and the method and path to send them by.  Out: bodies of answers, to a `Receiver`.
Not here: which question an answer belongs to, when to ask (`gateway.devices`).
"""

from __future__ import annotations

from collections.abc import Sequence

from gateway.links.client import HttpClient, Response
from gateway.links.streams import Peer, Receiver

_GOOD = range(200, 300)


class Polls:
    """All questions to the place at ``base`` (a URL without a path).  There is no connection: it is open from ``open`` on."""

    def __init__(
        self,
        client: HttpClient,
        base: str,
        receiver: Receiver,
        within: float,
        headers: Sequence[tuple[str, str]] = (),
        content_type: str = "text/plain",
    ) -> None:
        self._client, self._base, self._receiver, self._within = client, base, receiver, within
        self._headers, self._content_type = list(headers), content_type
        self._open = False

    def open(self) -> None:
        """Begin."""
        if not self._open:
            self._open = True
            self._receiver.opened(self)

    def shut(self) -> None:
        """End; answers that are under way are not heard."""
        if self._open:
            self._open = False
            self._receiver.closed("shut")

    def open_to(self, peer: Peer) -> bool:
        """Whether something may be asked."""
        return self._open

    def write(self, data: bytes, peer: Peer, place: str = "") -> None:
        """Ask; ``place`` is the method and the path, as in ``GET /status``."""
        method, _, path = place.partition(" ")
        headers = [*self._headers, ("content-type", self._content_type)] if data else self._headers
        asked = self._client.ask(method, self._base + path, headers, data, self._within)
        asked.addCallbacks(self._answered, lambda failure: None, callbackArgs=(peer, place))

    def _answered(self, response: Response, peer: Peer, place: str) -> None:
        # A refusal, like a link that broke, is an answer that does not come: the question runs out of time.
        if self._open and response.status in _GOOD:
            self._receiver.heard(response.body, peer, place)

    def bad(self, peer: Peer) -> None:
        """What came could not be used: nobody is told."""

    def close(self) -> None:
        """Nothing to close."""

    def abort(self, why: str = "") -> None:
        """Nothing to close."""
