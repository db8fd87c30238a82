"""The bounds that every link keeps, and the ways in which a link can fail.

In: nothing.  Out: `Limits` (values), `LinkFailed` (a connection or request of ours came to nothing), `Refusal` (a peer's
input is turned away) and `REFUSED`, the closed list of words under which refused input is counted.
Not here: the code that keeps the bounds.
"""

from __future__ import annotations

from dataclasses import dataclass

REFUSED = (
    "body_too_large",
    "connections",
    "duplicate_header",
    "encoding",
    "headers_too_large",
    "http2",
    "malformed",
    "method",
    "slow_reader",
    "slow_request",
    "smuggling",
    "target",
    "unanswered",
    "upgrade",
    "version",
    "ws_binary",
    "ws_dead",
    "ws_protocol",
    "ws_text",
    "ws_too_big",
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes, times in seconds.  A time of 0 in ``ping_every`` or ``dead_after`` means never."""

    body: int = 2**20
    message: int = 2**20
    frame: int = 2**20
    fragments: int = 1024
    chunks: int = 8192
    header_bytes: int = 16 * 2**10
    header_count: int = 100
    pipelined: int = 64 * 2**10
    write_buffer: int = 256 * 2**10
    connections: int = 10_000
    handshake_deadline: float = 10.0
    request_deadline: float = 30.0
    answer_deadline: float = 60.0
    idle: float = 120.0
    stall: float = 20.0
    linger: float = 2.0
    close_wait: float = 5.0
    ping_every: float = 30.0
    dead_after: float = 90.0
    pooled: int = 2
    pooled_idle: float = 15.0


class LinkFailed(Exception):
    """What we asked of a peer came to nothing.

    ``why`` is for people; ``reached`` is true if any byte of the request may have been delivered; ``status`` is the HTTP
    status, where the peer refused with one; ``after`` is how many seconds it asks to be left alone, as it said them.
    """

    def __init__(self, why: str, reached: bool, status: int | None = None, after: float = 0.0) -> None:
        super().__init__(why)
        self.why = why
        self.reached = reached
        self.status = status
        self.after = after


class Refusal(Exception):
    """A peer's input is refused: ``status`` to answer with (0: close without a byte), ``word`` from `REFUSED`.

    ``mid_body`` is true where the peer is likely still sending, so that closing at once would destroy the answer.
    """

    def __init__(self, status: int, word: str, mid_body: bool = False) -> None:
        super().__init__(word)
        self.status = status
        self.word = word
        self.mid_body = mid_body
