"""A peer on a WebSocket: OCPP-J frames.

In: text frames.  Out: calls and answers to the `Owner`; frames to the peer.
Not here: what calls mean; deadlines (the session has a timer for each).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from msgspec.structs import replace

from gateway.dialects.errors import Garbled, PeerError
from gateway.dialects.ocppj import read_frame, write_frame
from gateway.ends.pieces import Pieces
from gateway.ends.voice import Owner, Voice
from gateway.links.websocket import WebSocket
from gateway.messages import Answer, Call, Error, Message, Result
from gateway.quirks.cures import Answered
from gateway.quirks.frame import with_number_id

MOST_OPEN = 64
"""Calls of ours whose answers may be outstanding or late; older ones are forgotten (a late answer is then an unknown one)."""
MOST_GARBLED = 20
"""Unreadable frames in a row after which the peer is cut off (close code 1002)."""


class FrameEnd:
    """One peer on one WebSocket.  After ``close`` it says nothing more to its owner, whatever arrives."""

    exchange = False

    def __init__(self, voice: Voice, owner: Owner) -> None:
        self.voice, self.owner = voice, owner
        self.socket: WebSocket | None = None
        self._asked: dict[str, str] = {}
        self._garbled = 0
        self._closed = False
        self._write = partial(write_frame, dialect=voice.dialect)
        self.pieces: Pieces | None = None
        """Set for a peer whose messages must be cut anew."""
        self.on_cut: Callable[[], None] = lambda: None

    # -- from the link -------------------------------------------------------------------------------------------

    def text(self, text: str) -> None:
        """A frame came."""
        if self.pieces is None:
            self._frame(text)
            return
        made = self.pieces.take(text)
        if self.pieces.cut:
            self.on_cut()
        for one in made:
            self._frame(one)

    def _frame(self, text: str) -> None:
        if self._closed:
            return
        try:
            frame = read_frame(self.voice.mend_text(text, self._asked))
        except PeerError as error:
            self._unreadable(error, text)
            return
        self._garbled = 0
        if isinstance(frame, Call):
            self._question(frame, text)
        else:
            self._answer(frame, text)

    def closed(self, code: int, reason: str) -> None:
        """The socket closed."""
        if not self._closed:
            self._closed = True
            self.owner.gone(f"closed with {code} {reason}".strip())

    # -- from the owner ------------------------------------------------------------------------------------------

    def ask(self, call: Call, within: float) -> None:
        """Send a call; its answer comes to the owner, however late."""
        while len(self._asked) >= MOST_OPEN:
            del self._asked[next(iter(self._asked))]
        self._asked[call.id] = call.action
        try:
            self._send(call)
        except Answered as done:
            del self._asked[call.id]
            self.owner.answered(Result(call.id, call.action, done.payload))

    def answer(self, answer: Answer) -> None:
        """Send an answer."""
        self._send(answer)

    def close(self, why: str) -> None:
        """Close the socket; the owner hears nothing more."""
        if not self._closed:
            self._closed = True
            if self.socket is not None:
                self.socket.close(1001, why)

    def drop(self) -> None:
        """Close without another byte."""
        if not self._closed:
            self._closed = True
            if self.socket is not None:
                self.socket.abort()

    # -- inside --------------------------------------------------------------------------------------------------

    def _send(self, message: Message) -> None:
        if self.socket is not None and not self._closed:
            text = self.voice.said(message, self._write)
            if self.voice.cures.number_ids and not isinstance(message, Call):
                text = with_number_id(text)
            self.socket.send(text)

    def _question(self, call: Call, raw: str) -> None:
        try:
            admitted = self.voice.admit(call, raw)
        except PeerError as error:
            self.voice.garbled(error, raw, call.action)
            self._send(Error(call.id, call.action, error.code, f"{error.path} {error.why}".strip()))
            return
        except Answered as done:
            self._send(Result(call.id, call.action, done.payload))
            return
        self.owner.asked(admitted, raw)

    def _answer(self, answer: Answer, raw: str) -> None:
        action = self._asked.pop(answer.id, None)
        if action is None:
            self.voice.witness.refused(self.voice, "unknown_id", "an answer to nothing that was asked", raw)
            return
        if isinstance(answer, Error):
            self.owner.answered(self._error(replace(answer, action=action), raw))
            return
        try:
            admitted = self.voice.admit(Result(answer.id, action, answer.payload), raw)
        except PeerError as error:
            self.voice.garbled(error, raw, action)
            self.owner.answered(Error(answer.id, action, error.code, f"the answer is not valid: {error}"))
            return
        self.owner.answered(admitted)

    def _error(self, error: Error, raw: str) -> Answer:
        try:
            return self.voice.heard_error(error, raw)
        except Answered as done:
            return Result(error.id, error.action, done.payload)

    def _unreadable(self, error: PeerError, raw: str) -> None:
        self.voice.garbled(error, raw)
        self._garbled += 1
        if isinstance(error, Garbled) and error.id is not None:
            self._refuse_or_fail(error.id, error)
        if self._garbled >= MOST_GARBLED and self.socket is not None:
            self.socket.close(1002, "too many unreadable frames")

    def _refuse_or_fail(self, id: str, error: Garbled) -> None:
        """An unreadable call is refused; an unreadable answer is never answered, it fails the call that waits for it."""
        if error.action != "":
            self._send(Error(id, error.action or "", error.code, error.why))
            return
        action = self._asked.pop(id, None)
        if action is not None:
            self.owner.answered(Error(id, action, error.code, f"the answer cannot be read: {error.why}"))
