"""Stations with a protocol of their own that come over HTTP or WebSocket, through a listener that others may share.

In: exchanges and handshakes for such a listener (`gateway.doors` looks for it).  Out: lines (`gateway.lines`).
Not here: HTTP and WebSocket themselves.
"""

from __future__ import annotations

from gateway.config import Listener
from gateway.links.exchange import Exchange, Handshake
from gateway.links.posts import Posts
from gateway.links.texts import Texts
from gateway.ways import Ways

HOLD = 10.0
"""Seconds that a request is held for something to answer, where the file does not say."""


class Callers:
    """The wired listeners of one port."""

    def __init__(self, ways: Ways, listeners: list[Listener]) -> None:
        self.ways = ways
        self._ledgers = {one.name: ways.ledger(one) for one in listeners}
        self._posts = {one.name: self._post(one) for one in listeners if one.address.kind == "http"}
        for ledger in self._ledgers.values():
            ledger.load(lambda: None)

    def _post(self, listener: Listener) -> Posts:
        line = self.ways.line(listener, self._ledgers[listener.name], shared=True)
        options = line.rules.options
        posts = Posts(self.ways.reactor, line, float(options.get("hold", HOLD)), str(options.get("content_type", "text/plain")))
        line.opened(posts)
        return posts

    def request(self, exchange: Exchange, listener: Listener) -> None:
        """A request for that listener."""
        posts = self._posts.get(listener.name)
        if posts is not None:
            posts.request(exchange)
        else:
            exchange.respond(426, [("content-type", "text/plain")], b"WebSocket connections only.\n")

    def handshake(self, handshake: Handshake, listener: Listener) -> None:
        """A WebSocket for that listener."""
        line = self.ways.line(listener, self._ledgers[listener.name], accepted=True)
        wanted = line.rules.options.get("subprotocol")
        if wanted not in (None, *handshake.subprotocols):
            handshake.refuse(400, b"another sub-protocol is spoken here\n")
            return
        request = handshake.request
        texts = Texts(line, (request.peer_host, request.peer_port), f"GET {request.target}")
        texts.opened(handshake.accept(wanted, texts))

    def shut(self) -> None:
        """Say nothing more to those who posted."""
        for posts in self._posts.values():
            posts.shut()
