"""A WebSocket with the texts of a protocol of its own."""

from __future__ import annotations

from typing import Any

from gateway.links.texts import Texts
from tests.links.test_streams import Far
from tests.office import Socket

PEER = ("192.0.2.7", 1)


class Plain(Socket):
    """Texts that need not be JSON."""

    def send(self, text: str) -> None:
        self.texts.append(text)


def stands() -> tuple[Texts, Far, Any, list[str]]:
    far, ended = Far(), []
    texts = Texts(far, PEER, "GET /ws/A", lambda: ended.append("over"))
    socket = Plain(texts)
    texts.opened(socket)  # type: ignore[arg-type]
    return texts, far, socket, ended


def test_texts_come_and_go_as_bytes() -> None:
    texts, far, socket, _ = stands()
    texts.text("grüße")
    texts.write("tschüß".encode(), PEER)
    assert (far.data, socket.texts) == (["grüße".encode()], ["tschüß"])


def test_it_ends_once_and_says_so_to_both() -> None:
    texts, far, _, ended = stands()
    texts.closed(1006, "lost")
    assert (far.ends, ended, texts.open_to(PEER)) == (["closed with 1006 lost"], ["over"], False)
    texts.write(b"late", PEER)
    texts.close()
    texts.abort()


def test_closing_is_polite_and_aborting_is_not() -> None:
    for how, end in (("close", (1001, "closed here")), ("abort", (0, ""))):
        texts, _, socket, _ = stands()
        getattr(texts, how)()
        assert socket.end == end
